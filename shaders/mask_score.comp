#version 450
/* Sums over a chunk of pixels of each channel's probability where its logit is positive: one
 * invocation per channel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Parts { float parts[]; }; /* [chunk][sum, number][channel] */
layout (binding = 1) readonly buffer Logits { float logits[]; };
layout (push_constant) uniform Push { ScorePush p; };

void
main ()
{
    int chunk = int (gl_WorkGroupID.x);
    int k = int (gl_WorkGroupID.y * 64u + gl_LocalInvocationID.x), pixels = p.height * p.width;
    int begin = pixels / p.chunks * chunk + min (chunk, pixels % p.chunks);
    int end = begin + pixels / p.chunks + int (chunk < pixels % p.chunks);
    float sum = 0.0, excess = 0.0, number = 0.0;

    if (k >= p.channels)
        return;
    for (int pixel = begin; pixel < end; pixel++) {
        Bilinear y = bilinear (pixel / p.width, p.src_height, p.height);
        Bilinear x = bilinear (pixel % p.width, p.src_width, p.width);
        int upper = p.logits + y.i0 * p.src_width * p.logits_stride + k;
        int lower = p.logits + y.i1 * p.src_width * p.logits_stride + k;
        int left = x.i0 * p.logits_stride, right = x.i1 * p.logits_stride;
        float logit = mix (mix (logits[upper + left], logits[upper + right], x.w1),
            mix (logits[lower + left], logits[lower + right], x.w1), y.w1);
        if (logit > 0.0) {
            add_exactly (sum, excess, sigmoid (logit));
            number += 1.0;
        }
    }
    parts[chunk * 2 * p.channels + k] = sum;
    parts[(chunk * 2 + 1) * p.channels + k] = number;
}

#version 450
/* Sums of mix x probability for every class, one pixel of the middle size per workgroup.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Sums { float sums[]; }; /* [row][column][class] */
layout (binding = 1) readonly buffer Logits { float logits[]; };
layout (binding = 2) readonly buffer Mix { float mix_in[]; };
layout (push_constant) uniform Push { ClassPush p; };

shared float probability[MAX_CHANNELS];

void
main ()
{
    int pixel = int (flat_group ()), id = int (gl_LocalInvocationID.x);

    if (pixel >= p.rows * p.mid_width)
        return;
    Bilinear y = bilinear (p.first_row + pixel / p.mid_width, p.src_height, p.mid_height);
    Bilinear x = bilinear (pixel % p.mid_width, p.src_width, p.mid_width);
    int upper = p.logits + y.i0 * p.src_width * p.logits_stride;
    int lower = p.logits + y.i1 * p.src_width * p.logits_stride;
    int left = x.i0 * p.logits_stride, right = x.i1 * p.logits_stride;

    for (int k = id; k < p.channels; k += 64)
        probability[k] = sigmoid (mix (
            mix (logits[upper + left + k], logits[upper + right + k], x.w1),
            mix (logits[lower + left + k], logits[lower + right + k], x.w1), y.w1));
    barrier ();
    for (int c = id; c < p.classes; c += 64) {
        float sum = 0.0;
        for (int k = 0; k < p.channels; k++)
            sum = fma (mix_in[p.mix + c * p.mix_stride + k], probability[k], sum);
        sums[pixel * p.classes + c] = sum;
    }
}

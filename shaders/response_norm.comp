#version 450
/* Second half of response_norm: a workgroup scales a few pixels by the lengths of their channels.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "reduce.glsl"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (binding = 4) readonly buffer Lengths { float lengths[]; }; /* [batch][channel] */
layout (push_constant) uniform Push { ResponsePush p; };

void
main ()
{
    int id = int (gl_LocalInvocationID.x), batch = int (gl_WorkGroupID.y);
    int begin = int (gl_WorkGroupID.x) * RESPONSE_PIXELS;
    int end = min (begin + RESPONSE_PIXELS, p.pixels);
    float sum = 0.0;

    for (int c = id; c < p.channels; c += 64)
        sum += lengths[batch * p.channels + c];
    float mean = total (sum) / float (p.channels) + p.eps;
    for (int c = id; c < p.channels; c += 64) {
        float factor = 1.0 + weight[p.weight + c] * lengths[batch * p.channels + c] / mean;

        for (int i = begin; i < end; i++) {
            int row = batch * p.pixels + i;

            dst[p.dst + row * p.dst_stride + c]
                = fma (src[p.src + row * p.src_stride + c], factor, bias[p.bias + c]);
        }
    }
}

#version 450
/* Second half of response_norm: a workgroup scales a few pixels by the lengths of their channels.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "half.glsl"
#include "reduce.glsl"

layout (local_size_x = 64) in;
layout (constant_id = 0) const int HALVES = 0;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (binding = 4) readonly buffer Lengths { float lengths[]; }; /* [batch][channel] */
layout (push_constant) uniform Push { ResponsePush p; };

const int OWN = HALVES != 0 ? 2 : 1; /* channels of an invocation */

/* What channels are multiplied by. */
float
factor_of (int batch, int c, float mean)
{
    return 1.0 + weight[p.weight + c] * lengths[batch * p.channels + c] / mean;
}

float
scaled (int row, int c, float factor)
{
    return fma (src[p.src + row * p.src_stride + c], factor, bias[p.bias + c]);
}

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
    for (int c = id * OWN; c < p.channels; c += 64 * OWN) {
        float factor = factor_of (batch, c, mean);
        float next = OWN == 1 ? 0.0 : factor_of (batch, c + 1, mean);

        for (int i = begin; i < end; i++) {
            int row = batch * p.pixels + i, to = p.dst + row * p.dst_stride + c;

            if (OWN == 1)
                dst[to] = scaled (row, c, factor);
            else
                dst_halves[to / 2] = halves_of (scaled (row, c, factor),
                    scaled (row, c + 1, next));
        }
    }
}

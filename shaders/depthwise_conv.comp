#version 450
/* A convolution of every channel by itself: one invocation per output, or per pair in fp16;
 * neighbours have neighbouring channels, so that loads are contiguous and a pixel's other readers
 * find it in the cache.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "half.glsl"
#include "activation.glsl"

layout (local_size_x = 256) in;
layout (constant_id = 0) const int HALVES = 0;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 1) readonly buffer SrcHalves { uint src_halves[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; }; /* taps first, then channels */
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { ConvPush p; };

const int OWN = (HALVES & HALVES_DST) != 0 ? 2 : 1; /* outputs of an invocation */

float
src_at (int index)
{
    return (HALVES & HALVES_SRC) != 0 ? half_in (src_halves[index >> 1], index) : src[index];
}

/* Channel c of an output pixel. */
float
convolve (int row, int c)
{
    int x = row % p.width, y = row / p.width % p.height, batch = row / p.width / p.height;
    int top = y * p.step - p.kernel / 2, left = x * p.step - p.kernel / 2;
    float sum = (p.flags & M2F_HAS_BIAS) != 0 ? bias[p.bias + c] : 0.0;

    for (int i = max (0, -top); i < min (p.kernel, p.src_height - top); i++)
        for (int j = max (0, -left); j < min (p.kernel, p.src_width - left); j++) {
            int pixel = (batch * p.src_height + top + i) * p.src_width + left + j;

            sum = fma (src_at (p.src + pixel * p.src_stride + c),
                weight[p.weight + (i * p.kernel + j) * p.channels + c], sum);
        }
    return activate (p.activation, sum);
}

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x, pieces = uint (p.channels / OWN);
    int c = int (id % pieces) * OWN, row = int (id / pieces);
    int to = p.dst + row * p.dst_stride + c;

    if (row >= p.n * p.height * p.width)
        return;
    if (OWN == 1)
        dst[to] = convolve (row, c);
    else
        dst_halves[to / 2] = halves_of (convolve (row, c), convolve (row, c + 1));
}

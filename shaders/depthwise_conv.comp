#version 450
/* A convolution of every channel by itself: one invocation per output; neighbours have neighbouring
 * channels, so that loads are contiguous and a pixel's other readers find it in the cache.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "activation.glsl"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; }; /* taps first, then channels */
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { ConvPush p; };

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x;
    int c = int (id % uint (p.channels)), row = int (id / uint (p.channels));
    int x = row % p.width, y = row / p.width % p.height, batch = row / p.width / p.height;

    if (batch >= p.n)
        return;
    int top = y * p.step - p.kernel / 2, left = x * p.step - p.kernel / 2;
    float sum = (p.flags & M2F_HAS_BIAS) != 0 ? bias[p.bias + c] : 0.0;

    for (int i = max (0, -top); i < min (p.kernel, p.src_height - top); i++)
        for (int j = max (0, -left); j < min (p.kernel, p.src_width - left); j++) {
            int pixel = (batch * p.src_height + top + i) * p.src_width + left + j;

            sum = fma (src[p.src + pixel * p.src_stride + c],
                weight[p.weight + (i * p.kernel + j) * p.channels + c], sum);
        }
    dst[p.dst + row * p.dst_stride + c] = activate (p.activation, sum);
}

#version 450
/* The greatest of 3x3 pixels, stride 2: one invocation per output; neighbours have neighbouring
 * channels.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (push_constant) uniform Push { ConvPush p; };

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x;
    int c = int (id % uint (p.channels)), row = int (id / uint (p.channels));
    int x = row % p.width, y = row / p.width % p.height, batch = row / p.width / p.height;

    if (batch >= p.n)
        return;
    int top = max (2 * y - 1, 0), bottom = min (2 * y + 2, p.src_height);
    int left = max (2 * x - 1, 0), right = min (2 * x + 2, p.src_width);
    float most = uintBitsToFloat (0xff800000u); /* minus infinity */

    for (int i = top; i < bottom; i++)
        for (int j = left; j < right; j++) {
            int pixel = (batch * p.src_height + i) * p.src_width + j;
            float value = src[p.src + pixel * p.src_stride + c];

            most = value > most || isnan (value) ? value : most;
        }
    dst[p.dst + row * p.dst_stride + c] = most;
}

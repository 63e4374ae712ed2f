#version 450
/* The channels of each head scaled to a length: one invocation per row and head.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Length { float length_of[]; };
layout (push_constant) uniform Push { HeadNormPush p; };

void
main ()
{
    uint id = flat_group () * 64u + gl_LocalInvocationID.x;
    int head = int (id % uint (p.heads)), row = int (id / uint (p.heads));
    float sum = 0.0;

    if (row >= p.rows)
        return;
    int from = p.src + row * p.src_stride + head * p.channels;
    int to = p.dst + row * p.dst_stride + head * p.channels;

    for (int c = 0; c < p.channels; c++)
        sum = fma (src[from + c], src[from + c], sum);
    float factor = length_of[p.length_of + head] / max (sqrt (sum), p.least);
    for (int c = 0; c < p.channels; c++)
        dst[to + c] = src[from + c] * factor;
}

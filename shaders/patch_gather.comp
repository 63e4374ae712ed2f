#version 450
/* Non-overlapping patches as rows: one invocation per element.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (push_constant) uniform Push { GatherPush p; };

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x;
    int column = int (id % uint (p.columns)), row = int (id / uint (p.columns));

    if (row >= p.rows)
        return;
    int x = row % p.patches_x * p.patch_width + column % p.patch_width;
    int y = row / p.patches_x % p.patches_y * p.patch_height
        + column / p.patch_width % p.patch_height;
    int c = column / (p.patch_height * p.patch_width), batch = row / (p.patches_x * p.patches_y);
    float value = 0.0;

    if (y < p.height && x < p.width)
        value = src[p.src + ((batch * p.height + y) * p.width + x) * p.src_stride + c];
    dst[p.dst + row * p.dst_stride + column] = value;
}

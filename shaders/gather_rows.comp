#version 450
/* dst row i = src row index[i]: one invocation per element.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Index { int index[]; };
layout (push_constant) uniform Push { GatherPush p; };

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x;
    int column = int (id % uint (p.columns)), row = int (id / uint (p.columns));

    if (row < p.rows)
        dst[p.dst + row * p.dst_stride + column]
            = src[p.src + index[p.index + row] * p.src_stride + column];
}

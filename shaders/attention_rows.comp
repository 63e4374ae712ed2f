#version 450
/* Finds the query rows of a mask that have a key that is not blocked: 1 or 0 per row.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Rows { int rows[]; };
layout (binding = 1) readonly buffer Mask { float mask[]; };
layout (push_constant) uniform Push { AttentionPush p; };

shared uint any_open;

void
main ()
{
    int row = int (flat_group ()), id = int (gl_LocalInvocationID.x);

    if (id == 0)
        any_open = 0u;
    barrier ();
    for (int k = id; k < p.keys; k += 64)
        if (!(mask[p.mask + row * p.mask_stride + k] < 0.0))
            atomicOr (any_open, 1u);
    barrier ();
    if (id == 0)
        rows[row] = int (any_open);
}

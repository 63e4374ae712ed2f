#version 450
/* First half of response_norm: the length of every channel of a picture.  A workgroup has 8
 * channels, 8 invocations for each.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float lengths[]; }; /* [batch][channel] */
layout (binding = 1) readonly buffer Src { float src[]; };
layout (push_constant) uniform Push { ResponsePush p; };

shared float partial[64];

void
main ()
{
    int id = int (gl_LocalInvocationID.x), batch = int (gl_WorkGroupID.y);
    int c = int (gl_WorkGroupID.x) * 8 + id % 8;
    float sum = 0.0, excess = 0.0;

    if (c < p.channels)
        for (int i = id / 8; i < p.pixels; i += 8) {
            float x = src[p.src + (batch * p.pixels + i) * p.src_stride + c];

            add_exactly (sum, excess, x * x);
        }
    partial[id] = sum;
    barrier ();
    if (id >= 8 || c >= p.channels)
        return;
    for (int i = 1; i < 8; i++)
        sum += partial[i * 8 + id];
    lengths[batch * p.channels + c] = sqrt (sum);
}

#version 450
/* Brings the slices of attention_split.comp together: one invocation per query and channel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Parts { float parts[]; };
layout (push_constant) uniform Push { AttentionPush p; };

void
main ()
{
    int id = int (flat_group () * 64u + gl_LocalInvocationID.x);
    int channel = id % p.channels, query = id / p.channels % p.queries;
    int batch = int (gl_WorkGroupID.z), dim = p.channels / p.heads, head = channel / dim;
    float top = LEAST, weight = 0.0, sum = 0.0;

    if (id >= p.queries * p.channels)
        return;
    for (int slice = 0; slice < p.splits; slice++) {
        int at = (((batch * p.heads + head) * p.splits + slice) * p.queries + query) * (dim + 2);
        float part_top = parts[at + dim], higher = max (top, part_top);
        float fade = exp (top - higher), part_fade = exp (part_top - higher);
        sum = sum * fade + parts[at + channel % dim] * part_fade;
        weight = weight * fade + parts[at + dim + 1] * part_fade;
        top = higher;
    }
    dst[p.dst + (batch * p.queries + query) * p.dst_stride + channel] = sum / weight;
}

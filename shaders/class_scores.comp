#version 450
/* Probabilities of the classes of queries: one invocation per query.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Logits { float logits[]; };
layout (push_constant) uniform Push { ScoresPush p; };

void
main ()
{
    int query = int (gl_GlobalInvocationID.x);
    int row = p.logits + query * p.logits_stride;
    float most, sum = 0.0;

    if (query >= p.queries)
        return;
    most = logits[row];
    for (int i = 1; i <= p.classes; i++)
        most = max (most, logits[row + i]);
    for (int i = 0; i <= p.classes; i++)
        sum += exp (logits[row + i] - most);
    for (int i = 0; i < p.classes; i++)
        dst[p.dst + i * p.dst_stride + query] = exp (logits[row + i] - most) / sum;
}

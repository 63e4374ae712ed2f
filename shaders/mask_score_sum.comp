#version 450
/* Adds the chunks of mask_score.comp up: one invocation per channel and kind of sum.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Sums { float sums[]; };
layout (binding = 1) readonly buffer Parts { float parts[]; };
layout (push_constant) uniform Push { ScorePush p; };

void
main ()
{
    int id = int (gl_GlobalInvocationID.x);
    float sum = 0.0, excess = 0.0;

    if (id >= 2 * p.channels)
        return;
    for (int chunk = 0; chunk < p.chunks; chunk++)
        add_exactly (sum, excess, parts[chunk * 2 * p.channels + id]);
    sums[p.sums + id / p.channels * p.sums_stride + id % p.channels] = sum;
}

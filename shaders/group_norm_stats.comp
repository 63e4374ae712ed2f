#version 450
/* First half of group norm over many pixels: the statistics of a chunk of them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "group_pixels.glsl"

layout (binding = 0) writeonly buffer Dst { vec4 stats[]; }; /* [batch][group][chunk] */

void
main ()
{
    int chunk = int (gl_WorkGroupID.x);
    int group = int (gl_WorkGroupID.z) * p.groups + int (gl_WorkGroupID.y);
    vec3 found = chunk_stats (chunk);

    if (gl_LocalInvocationID.x == 0)
        stats[group * p.chunks + chunk] = vec4 (found, 0.0);
}

#version 450
/* Second half of group norm: the chunks' statistics are merged (Chan), then applied.  With a
 * single chunk it is the first half, too.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "group_pixels.glsl"

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer Dst4 { vec4 dst4[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (binding = 4) readonly buffer Stats { vec4 stats[]; };

vec3
merge_chunks ()
{
    int group = int (gl_WorkGroupID.z) * p.groups + int (gl_WorkGroupID.y);
    float count = 0.0, mean = 0.0, squares = 0.0;

    for (int i = 0; i < p.chunks; i++) {
        vec4 part = stats[group * p.chunks + i];
        if (part.x == 0.0)
            continue;
        float both = count + part.x, delta = part.y - mean;
        mean += delta * (part.x / both);
        squares += part.z + delta * delta * (count * part.x / both);
        count = both;
    }
    return vec3 (count, mean, squares);
}

float
normalise (float value, float mean, float scale, int c)
{
    value = (value - mean) * scale * weight[p.weight + c] + bias[p.bias + c];
    return p.relu != 0 && value < 0.0 ? 0.0 : value;
}

void
main ()
{
    vec3 found = p.chunks == 1 ? chunk_stats (0) : merge_chunks ();
    float mean = found.y, scale = inversesqrt (found.z / found.x + p.eps);
    ivec2 pixels = chunk_pixels (int (gl_WorkGroupID.x));
    int vectors = pixels.y * (p.channels / p.groups) / NUMBERS;

    for (int i = int (gl_LocalInvocationID.x); i < vectors; i += REDUCED) {
        ivec2 at = locate (pixels.x, i);
        vec4 v = read_vector (p.src + at.x * p.src_stride + at.y);
        int to = p.dst + at.x * p.dst_stride + at.y;

        v.x = normalise (v.x, mean, scale, at.y);
        if (WIDE != 0)
            dst4[to / 4] = vec4 (v.x, normalise (v.y, mean, scale, at.y + 1),
                normalise (v.z, mean, scale, at.y + 2), normalise (v.w, mean, scale, at.y + 3));
        else
            dst[to] = v.x;
    }
}

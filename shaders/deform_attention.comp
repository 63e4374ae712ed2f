#version 450
/* Multi-scale deformable attention: one invocation per token, head and channel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Value { float value[]; };
layout (binding = 2) readonly buffer Offsets { float offsets[]; };
layout (binding = 3) readonly buffer Weights { float weights[]; };
layout (push_constant) uniform Push { DeformPush p; };

float
pixel (int first, int level, int y, int x)
{
    if (y < 0 || x < 0 || y >= p.height[level] || x >= p.width[level])
        return 0.0;
    return value[first + (y * p.width[level] + x) * p.value_stride];
}

float
sample_level (int first, int level, float y, float x)
{
    if (is_wild (y) || is_wild (x))
        return uintBitsToFloat (0x7fc00000u);
    /* far outside nothing is sampled; clamping keeps the conversion to int defined */
    y = clamp (y, -2.0, float (p.height[level]) + 1.0);
    x = clamp (x, -2.0, float (p.width[level]) + 1.0);
    int y0 = int (floor (y)), x0 = int (floor (x));
    float fy = y - float (y0), fx = x - float (x0);

    return pixel (first, level, y0, x0) * (1.0 - fy) * (1.0 - fx)
        + pixel (first, level, y0, x0 + 1) * (1.0 - fy) * fx
        + pixel (first, level, y0 + 1, x0) * fy * (1.0 - fx)
        + pixel (first, level, y0 + 1, x0 + 1) * fy * fx;
}

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x;
    int channel = int (id % uint (p.channels)), token = int (id / uint (p.channels));

    if (token >= p.tokens * p.batch)
        return;
    int batch = token / p.tokens, in_batch = token % p.tokens;
    int head = channel / (p.channels / p.heads), samples = p.levels * p.points;
    int weights_at = p.weights + token * p.weights_stride + head * samples;
    int offsets_at = p.offsets + token * p.offsets_stride + head * samples * 2;

    /* the token's own pixel: its centre is the reference point in every level */
    int own = 0, begin = 0;
    while (in_batch - begin >= p.height[own] * p.width[own]) {
        begin += p.height[own] * p.width[own];
        own++;
    }
    float ref_y = (float ((in_batch - begin) / p.width[own]) + 0.5) / float (p.height[own]);
    float ref_x = (float ((in_batch - begin) % p.width[own]) + 0.5) / float (p.width[own]);

    float top = weights[weights_at], total = 0.0, sum = 0.0;
    for (int i = 1; i < samples; i++)
        top = max (top, weights[weights_at + i]);
    int first = p.value + batch * p.tokens * p.value_stride + channel;
    for (int level = 0; level < p.levels; level++) {
        for (int point = 0; point < p.points; point++) {
            int i = level * p.points + point;
            float share = exp (weights[weights_at + i] - top);
            float x = ref_x * float (p.width[level]) + offsets[offsets_at + 2 * i] - 0.5;
            float y = ref_y * float (p.height[level]) + offsets[offsets_at + 2 * i + 1] - 0.5;
            sum += share * sample_level (first, level, y, x);
            total += share;
        }
        first += p.height[level] * p.width[level] * p.value_stride;
    }
    dst[p.dst + token * p.dst_stride + channel] = sum / total;
}

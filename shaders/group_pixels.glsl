/* Pixels of a group of channels, four numbers at a time where WIDE is 1; the rest of the vector is
 * not there where it is 0.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define REDUCED 256
#include "reduce.glsl"

layout (local_size_x = REDUCED) in;
layout (constant_id = 0) const int WIDE = 0;

layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 1) readonly buffer Src4 { vec4 src4[]; };
layout (push_constant) uniform Push { GroupNormPush p; };

const int NUMBERS = WIDE != 0 ? 4 : 1; /* of a vector that are there */

/* The pixels of a chunk: the first, and how many. */
ivec2
chunk_pixels (int chunk)
{
    return ivec2 (p.pixels / p.chunks * chunk + min (chunk, p.pixels % p.chunks),
        p.pixels / p.chunks + int (chunk < p.pixels % p.chunks));
}

vec4
read_vector (int at)
{
    return WIDE != 0 ? src4[at / 4] : vec4 (src[at], 0.0, 0.0, 0.0);
}

/* Where vector i of the group's channels is, from a pixel on: the pixel and the channel. */
ivec2
locate (int first, int i)
{
    int width = p.channels / p.groups, vectors = width / NUMBERS;

    return ivec2 (int (gl_WorkGroupID.z) * p.pixels + first + i / vectors,
        int (gl_WorkGroupID.y) * width + i % vectors * NUMBERS);
}

/* Number, mean and sum of squared differences from it of a chunk's numbers. */
vec3
chunk_stats (int chunk)
{
    ivec2 pixels = chunk_pixels (chunk);
    int numbers = pixels.y * (p.channels / p.groups), vectors = numbers / NUMBERS;
    vec4 sums = vec4 (0.0), squares = vec4 (0.0);

    for (int i = int (gl_LocalInvocationID.x); i < vectors; i += REDUCED) {
        ivec2 at = locate (pixels.x, i);
        sums += read_vector (p.src + at.x * p.src_stride + at.y);
    }
    float mean = total (dot (sums, vec4 (1.0))) / max (float (numbers), 1.0);
    for (int i = int (gl_LocalInvocationID.x); i < vectors; i += REDUCED) {
        ivec2 at = locate (pixels.x, i);
        vec4 d = read_vector (p.src + at.x * p.src_stride + at.y) - mean;
        squares += d * d;
    }
    return vec3 (float (numbers), mean,
        total (WIDE != 0 ? dot (squares, vec4 (1.0)) : squares.x));
}

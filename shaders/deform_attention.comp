#version 450
/* Multi-scale deformable attention: LANES invocations per token and head, four channels each.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lanes of a head share what its channels have in common: each of them finds the softmax, the
 * pixels and the weights of two samples at a time, and all of them then read these samples from
 * shared memory (14 KiB).
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"
#include "half.glsl"

layout (local_size_x = 256) in;
layout (constant_id = 0) const int LANES = 8; /* a head's, at most 64 */
layout (constant_id = 1) const int WIDE = 0;  /* 1: rows of heads of four aligned numbers */
layout (constant_id = 2) const int HALVES = 0; /* of dst only if heads have whole pairs */

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer Dst4 { vec4 dst4[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 0) writeonly buffer DstHalves4 { uvec2 dst_halves4[]; };
layout (binding = 1) readonly buffer Value { float value[]; };
layout (binding = 1) readonly buffer Value4 { vec4 value4[]; };
layout (binding = 1) readonly buffer ValueHalves { uint value_halves[]; };
layout (binding = 1) readonly buffer ValueHalves4 { uvec2 value_halves4[]; };
layout (binding = 2) readonly buffer Offsets { float offsets[]; };
layout (binding = 3) readonly buffer Weights { float weights[]; };
layout (push_constant) uniform Push { DeformPush p; };

const int HEADS = 256 / LANES; /* of a workgroup, of one or more tokens */
const int OWN = 2;             /* samples that a lane finds at a time */
const int SAMPLES = OWN * LANES;
const bool IS_HALF = (HALVES & HALVES_SRC) != 0, MAKES_HALF = (HALVES & HALVES_DST) != 0;

/* Samples, by head: the softmax's numerators; the weights of four pixels, (y, x) (0,0) (0,1) (1,0)
 * (1,1), times those; the row of the first pixel, and bits of the pixels that are in the map. */
shared float shares[HEADS * SAMPLES];
shared vec4 corners[HEADS * SAMPLES];
shared ivec2 places[HEADS * SAMPLES];

/* Leaves sample i at `at`; `token` is of the batch, `offset_at` where its offset lies. */
void
find_sample (int at, int i, int token, int offset_at, float share)
{
    int own = 0, begin = 0, level = i / p.points, first = token / p.tokens * p.tokens;
    int pixel = token % p.tokens;

    /* the token's own pixel: its centre is the reference point in every level */
    while (pixel - begin >= p.height[own] * p.width[own]) {
        begin += p.height[own] * p.width[own];
        own++;
    }
    float ref_y = (float ((pixel - begin) / p.width[own]) + 0.5) / float (p.height[own]);
    float ref_x = (float ((pixel - begin) % p.width[own]) + 0.5) / float (p.width[own]);
    for (int l = 0; l < level; l++)
        first += p.height[l] * p.width[l];

    int h = p.height[level], w = p.width[level];
    float x = ref_x * float (w) + offsets[offset_at] - 0.5;
    float y = ref_y * float (h) + offsets[offset_at + 1] - 0.5;
    shares[at] = share;
    if (is_wild (y) || is_wild (x)) {
        corners[at] = vec4 (uintBitsToFloat (0x7fc00000u));
        places[at] = ivec2 (first, 0);
        return;
    }
    /* far outside nothing is sampled; clamping keeps the conversion to int defined */
    y = clamp (y, -2.0, float (h) + 1.0);
    x = clamp (x, -2.0, float (w) + 1.0);
    int y0 = int (floor (y)), x0 = int (floor (x));
    float fy = y - float (y0), fx = x - float (x0);
    bool up = y0 >= 0 && y0 < h, down = y0 >= -1 && y0 < h - 1;
    bool left = x0 >= 0 && x0 < w, right = x0 >= -1 && x0 < w - 1;
    int inside = int (up && left) | int (up && right) << 1 | int (down && left) << 2
        | int (down && right) << 3;

    corners[at] = share * vec4 ((1.0 - fy) * (1.0 - fx), (1.0 - fy) * fx, fy * (1.0 - fx), fy * fx);
    places[at] = ivec2 (first + y0 * w + x0, inside | w << 4);
}

/* Channels c to c + 3 of a row of values, of which `n` are the head's. */
vec4
read_value (int row, int c, int n)
{
    int at = p.value + row * p.value_stride + c;
    vec4 values = vec4 (0.0);

    if (WIDE != 0)
        return IS_HALF ? floats_of (value_halves4[at / 4]) : value4[at / 4];
    [[unroll]] for (int j = 0; j < 4; j++)
        if (j < n)
            values[j] = IS_HALF ? half_in (value_halves[(at + j) >> 1], at + j) : value[at + j];
    return values;
}

/* A sample's share of channels c to c + 3. */
vec4
sample_value (int at, int c, int n)
{
    ivec2 place = places[at];
    vec4 sum = vec4 (0.0);

    [[unroll]] for (int j = 0; j < 4; j++) {
        int row = place.x + (j / 2) * (place.y >> 4) + j % 2;
        vec4 values = (place.y >> j & 1) != 0 ? read_value (row, c, n) : vec4 (0.0);
        sum += corners[at][j] * values;
    }
    return sum;
}

/* The largest logit of a head's samples. */
float
find_top (int weights_at, int samples)
{
    float top = weights[weights_at];

    for (int i = 1; i < samples; i++)
        top = max (top, weights[weights_at + i]);
    return top;
}

void
store (int at, int n, vec4 values)
{
    if (WIDE != 0 && MAKES_HALF)
        dst_halves4[at / 4] = halves_of (values);
    else if (WIDE != 0)
        dst4[at / 4] = values;
    [[unroll]] for (int j = 0; j < 4; j++) {
        if (WIDE != 0 || j >= n)
            continue;
        if (!MAKES_HALF)
            dst[at + j] = values[j];
        else if (j % 2 == 0)
            dst_halves[(at + j) / 2] = halves_of (values[j], values[j + 1]);
    }
}

void
main ()
{
    int id = int (gl_LocalInvocationID.x), lane = id % LANES, own = id / LANES;
    int number = int (flat_group ()) * HEADS + own, numbers = p.tokens * p.batch * p.heads;
    bool present = own < HEADS && number < numbers;
    int token = min (number, numbers - 1) / p.heads, head = min (number, numbers - 1) % p.heads;
    int dim = p.channels / p.heads, samples = p.levels * p.points, slot = own * SAMPLES;
    int weights_at = p.weights + token * p.weights_stride + head * samples;
    int offsets_at = p.offsets + token * p.offsets_stride + head * samples * 2;
    float top = find_top (weights_at, samples);

    /* once, but for heads of more than 256 channels */
    for (int step = 0; step < dim; step += LANES * 4) {
        int c = step + lane * 4;
        vec4 sum = vec4 (0.0);
        float total = 0.0;

        for (int first = 0; first < samples; first += SAMPLES) {
            int n = min (SAMPLES, samples - first);
            barrier ();
            for (int i = lane; i < n && present; i += LANES)
                find_sample (slot + i, first + i, token, offsets_at + 2 * (first + i),
                    exp (weights[weights_at + first + i] - top));
            barrier ();
            for (int i = slot; i < slot + n && present && c < dim; i++) {
                total += shares[i];
                sum += sample_value (i, head * dim + c, dim - c);
            }
        }
        if (present && c < dim)
            store (p.dst + token * p.dst_stride + head * dim + c, dim - c, sum / total);
    }
}

#version 450
/* Swin's (shifted-)window attention: one workgroup per window, head and element of the batch.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and values pass through shared memory in tiles.  Roll, partition, padding, relative position
 * and the regions of the shift mask are all arithmetic.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"
#include "window.glsl"

layout (local_size_x = 64) in;

layout (binding = 1) readonly buffer Qkv { float qkv[]; };
layout (binding = 1) readonly buffer QkvHalves { uint qkv_halves[]; };

#include "running_softmax.glsl"

shared int regions[KEYS];

float
projection (ivec3 at, int column)
{
    int index = at.x < 0 ? 0 : qkv_row (at) + column;

    if (at.x < 0)
        return padding (column);
    return (HALVES & HALVES_SRC) != 0 ? half_in (qkv_halves[index >> 1], index) : qkv[index];
}

/* Reads keys and values from k0 on into the tiles. */
void
load_tiles (int k0, int keys, int head)
{
    int id = int (gl_LocalInvocationID.x);

    barrier ();
    for (int i = id; i < keys * WIDTH; i += 64) {
        ivec3 at = locate (k0 + i / WIDTH);
        int column = p.channels + head * DIM + i % WIDTH;
        bool there = WIDTH == DIM || i % WIDTH < DIM;
        k_tile[i] = there ? projection (at, column) : 0.0;
        v_tile[i] = there ? projection (at, p.channels + column) : 0.0;
    }
    if (id < keys)
        regions[id] = locate (k0 + id).z;
    barrier ();
}

/* Attends to the window's keys. */
void
attend (int query, ivec3 at, int head)
{
    [[unroll]] for (int d = 0; d < OWN; d++)
        q[d] = is_own (d) ? projection (at, head * DIM + own (d)) * p.scale : 0.0;
    start ();
    for (int k0 = 0; k0 < TOKENS; k0 += KEYS) {
        int keys = min (KEYS, TOKENS - k0);
        load_tiles (k0, keys, head);
        make_scores (keys);
        for (int k = 0; k < keys; k++) {
            float score = score_of (k) + position_bias (query, k0 + k, head);
            if (regions[k] != at.z)
                score -= p.penalty;
            add_value (k, score);
        }
    }
}

void
main ()
{
    int head = int (gl_WorkGroupID.y);

    for (int first = 0; first < TOKENS; first += QUERIES) {
        int query = first + lane_query ();
        ivec3 at = locate (min (query, TOKENS - 1));
        attend (min (query, TOKENS - 1), at, head);
        if (query >= TOKENS || at.x < 0)
            continue;
        int to = dst_row (at) + head * DIM + own (0);
        [[unroll]] for (int d = 0; d < OWN; d++)
            if ((HALVES & HALVES_DST) == 0 && is_own (d))
                dst[to + d] = sum[d] / weight;
        [[unroll]] for (int d = 0; d < OWN; d += 2)
            if ((HALVES & HALVES_DST) != 0 && is_own (d))
                dst_halves[to / 2 + d / 2] = halves_of (sum[d] / weight, sum[d + 1] / weight);
    }
}

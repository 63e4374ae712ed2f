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

layout (local_size_x = 64) in;
layout (constant_id = 0) const int DIM = 32;   /* channels of a head, at most MAX_HEAD_CHANNELS */
layout (constant_id = 1) const int WINDOW = 7; /* pixels along a side */

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Qkv { float qkv[]; };
layout (binding = 2) readonly buffer Pad { float pad[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { WindowPush p; };

#include "running_softmax.glsl"

const int TOKENS = WINDOW * WINDOW;
shared int regions[KEYS];

/* Token t of this window: its pixel in the map, or y < 0 for padding; z is its region. */
ivec3
locate (int t)
{
    int padded_h = p.rows * WINDOW, padded_w = p.columns * WINDOW;
    int window = p.first_window + int (gl_WorkGroupID.x);
    int wy = window / p.columns, wx = window % p.columns;
    int y = wy * WINDOW + t / WINDOW, x = wx * WINDOW + t % WINDOW;
    int region = 0;

    if (p.shift > 0) {
        int ry = y < padded_h - WINDOW ? 0 : y < padded_h - p.shift ? 1 : 2;
        int rx = x < padded_w - WINDOW ? 0 : x < padded_w - p.shift ? 1 : 2;
        region = ry * 3 + rx;
    }
    y = (y + p.shift) % padded_h;
    x = (x + p.shift) % padded_w;
    return ivec3 (y < p.height && x < p.width ? y : -1, x, region);
}

float
projection (ivec3 at, int column)
{
    if (at.x < 0)
        return (p.flags & M2F_HAS_BIAS) != 0 ? pad[p.pad + column] : 0.0;
    int y = at.x - p.first_row + (at.x < p.first_row ? p.height : 0);
    int row = (int (gl_WorkGroupID.z) * p.height + y) * p.width + at.y;
    return qkv[p.qkv + row * p.qkv_stride + column];
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
    const int TABLE_ROW = 2 * WINDOW - 1;

    [[unroll]] for (int d = 0; d < OWN; d++)
        q[d] = is_own (d) ? projection (at, head * DIM + own (d)) * p.scale : 0.0;
    start ();
    for (int k0 = 0; k0 < TOKENS; k0 += KEYS) {
        int keys = min (KEYS, TOKENS - k0);
        load_tiles (k0, keys, head);
        make_scores (keys);
        for (int k = 0; k < keys; k++) {
            int key = k0 + k;
            int dy = query / WINDOW - key / WINDOW, dx = query % WINDOW - key % WINDOW;
            float score = score_of (k);
            score += bias[p.bias + ((dy + WINDOW - 1) * TABLE_ROW + dx + WINDOW - 1) * p.heads
                + head];
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
        if (query < TOKENS && at.x >= 0) {
            int row = (int (gl_WorkGroupID.z) * p.height + at.x) * p.width + at.y;
            [[unroll]] for (int d = 0; d < OWN; d++)
                if (is_own (d))
                    dst[p.dst + row * p.dst_stride + head * DIM + own (d)] = sum[d] / weight;
        }
    }
}

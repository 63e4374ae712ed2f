#version 450
/* Swin's (shifted-)window attention: one workgroup per window, head and element of the batch.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An invocation owns a query row; keys and values pass through shared memory in tiles, with the
 * softmax kept running (FlashAttention, algorithm 1).  Roll, partition, padding, relative position
 * and the regions of the shift mask are all arithmetic.  The size of a head is a constant: arrays
 * of an invocation that are indexed up to a variable lie in memory and not in registers.
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

const int KEYS = DIM > 32 ? 16 : 32; /* a tile of keys and values takes at most 8 KiB */
const int TOKENS = WINDOW * WINDOW;
shared float k_tile[KEYS * DIM];
shared float v_tile[KEYS * DIM];
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

void
main ()
{
    int head = int (gl_WorkGroupID.y), id = int (gl_LocalInvocationID.x);
    int table_row = 2 * WINDOW - 1;

    for (int first = 0; first < TOKENS; first += 64) {
        int query = first + id;
        ivec3 at = locate (min (query, TOKENS - 1));
        float q[DIM], sum[DIM], top = LEAST, weight = 0.0;

        [[unroll]] for (int d = 0; d < DIM; d++) {
            q[d] = projection (at, head * DIM + d) * p.scale;
            sum[d] = 0.0;
        }
        for (int k0 = 0; k0 < TOKENS; k0 += KEYS) {
            int keys = min (KEYS, TOKENS - k0);
            barrier ();
            for (int i = id; i < keys * DIM; i += 64) {
                ivec3 key_at = locate (k0 + i / DIM);
                k_tile[i] = projection (key_at, p.channels + head * DIM + i % DIM);
                v_tile[i] = projection (key_at, 2 * p.channels + head * DIM + i % DIM);
            }
            if (id < keys)
                regions[id] = locate (k0 + id).z;
            barrier ();
            for (int k = 0; k < keys; k++) {
                int key = k0 + k;
                int dy = query / WINDOW - key / WINDOW, dx = query % WINDOW - key % WINDOW;
                float score = 0.0;
                [[unroll]] for (int d = 0; d < DIM; d++)
                    score = fma (q[d], k_tile[k * DIM + d], score);
                if (query < TOKENS)
                    score += bias[p.bias + ((dy + WINDOW - 1) * table_row + dx + WINDOW - 1)
                        * p.heads + head];
                if (regions[k] != at.z)
                    score -= p.penalty;
                float higher = max (top, score), fade = exp (top - higher);
                float share = exp (score - higher);
                weight = weight * fade + share;
                [[unroll]] for (int d = 0; d < DIM; d++)
                    sum[d] = fma (share, v_tile[k * DIM + d], sum[d] * fade);
                top = higher;
            }
        }
        if (query < TOKENS && at.x >= 0) {
            int row = (int (gl_WorkGroupID.z) * p.height + at.x) * p.width + at.y;
            [[unroll]] for (int d = 0; d < DIM; d++)
                dst[p.dst + row * p.dst_stride + head * DIM + d] = sum[d] / weight;
        }
    }
}

#version 450
/* Swin's (shifted-)window attention: one workgroup per window, head and element of the batch.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An invocation owns a query row; keys and values pass through shared memory in tiles, with the
 * softmax kept running (FlashAttention, algorithm 1).  Roll, partition, padding, relative position
 * and the regions of the shift mask are all arithmetic.
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Qkv { float qkv[]; };
layout (binding = 2) readonly buffer Pad { float pad[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { WindowPush p; };

const int KEYS = 32;
shared float k_tile[KEYS][MAX_HEAD_CHANNELS + 1];
shared float v_tile[KEYS][MAX_HEAD_CHANNELS];
shared int regions[KEYS];

/* Token t of this window: its pixel in the map, or y < 0 for padding; z is its region. */
ivec3
locate (int t)
{
    int padded_h = p.rows * p.window, padded_w = p.columns * p.window;
    int wy = int (gl_WorkGroupID.x) / p.columns, wx = int (gl_WorkGroupID.x) % p.columns;
    int y = wy * p.window + t / p.window, x = wx * p.window + t % p.window;
    int region = 0;

    if (p.shift > 0) {
        int ry = y < padded_h - p.window ? 0 : y < padded_h - p.shift ? 1 : 2;
        int rx = x < padded_w - p.window ? 0 : x < padded_w - p.shift ? 1 : 2;
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
    int row = (int (gl_WorkGroupID.z) * p.height + at.x) * p.width + at.y;
    return qkv[p.qkv + row * p.qkv_stride + column];
}

void
main ()
{
    int tokens = p.window * p.window, head = int (gl_WorkGroupID.y);
    int dim = p.channels / p.heads, id = int (gl_LocalInvocationID.x);
    int table_row = 2 * p.window - 1;

    for (int first = 0; first < tokens; first += 64) {
        int query = first + id;
        ivec3 at = locate (min (query, tokens - 1));
        float q[MAX_HEAD_CHANNELS], sum[MAX_HEAD_CHANNELS], top = LEAST, weight = 0.0;

        for (int d = 0; d < dim; d++) {
            q[d] = projection (at, head * dim + d) * p.scale;
            sum[d] = 0.0;
        }
        for (int k0 = 0; k0 < tokens; k0 += KEYS) {
            int keys = min (KEYS, tokens - k0);
            barrier ();
            for (int i = id; i < keys * dim; i += 64) {
                ivec3 key_at = locate (k0 + i / dim);
                k_tile[i / dim][i % dim] = projection (key_at, p.channels + head * dim + i % dim);
                v_tile[i / dim][i % dim]
                    = projection (key_at, 2 * p.channels + head * dim + i % dim);
            }
            if (id < keys)
                regions[id] = locate (k0 + id).z;
            barrier ();
            for (int k = 0; k < keys; k++) {
                int key = k0 + k;
                int dy = query / p.window - key / p.window, dx = query % p.window - key % p.window;
                float score = 0.0;
                for (int d = 0; d < dim; d++)
                    score = fma (q[d], k_tile[k][d], score);
                if (query < tokens)
                    score += bias[p.bias + ((dy + p.window - 1) * table_row + dx + p.window - 1)
                        * p.heads + head];
                if (regions[k] != at.z)
                    score -= 100.0;
                float higher = max (top, score), fade = exp (top - higher);
                float share = exp (score - higher);
                weight = weight * fade + share;
                for (int d = 0; d < dim; d++)
                    sum[d] = fma (share, v_tile[k][d], sum[d] * fade);
                top = higher;
            }
        }
        if (query < tokens && at.x >= 0) {
            int row = (int (gl_WorkGroupID.z) * p.height + at.x) * p.width + at.y;
            for (int d = 0; d < dim; d++)
                dst[p.dst + row * p.dst_stride + head * dim + d] = sum[d] / weight;
        }
    }
}

#version 450
/* Attention over one slice of the keys, for 64 queries of one head: unnormalised sums.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hundred queries and eight heads do not fill a GPU; slices of the keys do (flash-decoding).
 * attention_merge.comp brings the slices together.
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

/* [batch][head][slice][query][dim + 2]: sum, then largest score, then total weight */
layout (binding = 0) writeonly buffer Parts { float parts[]; };
layout (binding = 1) readonly buffer Q { float q_in[]; };
layout (binding = 2) readonly buffer K { float k_in[]; };
layout (binding = 3) readonly buffer V { float v_in[]; };
layout (binding = 4) readonly buffer Mask { float mask[]; };
layout (binding = 5) readonly buffer Rows { int rows[]; };
layout (push_constant) uniform Push { AttentionPush p; };

const int KEYS = 32;
shared float k_tile[KEYS][MAX_HEAD_CHANNELS];
shared float v_tile[KEYS][MAX_HEAD_CHANNELS];

void
main ()
{
    int blocks = (p.queries + 63) / 64;
    int query = int (gl_WorkGroupID.x) % blocks * 64 + int (gl_LocalInvocationID.x);
    int slice = int (gl_WorkGroupID.x) / blocks, head = int (gl_WorkGroupID.y);
    int batch = int (gl_WorkGroupID.z), id = int (gl_LocalInvocationID.x);
    int dim = p.channels / p.heads;
    int begin = slice * ((p.keys + p.splits - 1) / p.splits);
    int end = min (begin + (p.keys + p.splits - 1) / p.splits, p.keys);
    int row = batch * p.queries + min (query, p.queries - 1);
    bool masked = (p.flags & M2F_HAS_MASK) != 0;
    float q[MAX_HEAD_CHANNELS], sum[MAX_HEAD_CHANNELS], top = LEAST, weight = 0.0;

    if (masked)
        masked = rows[row] != 0;
    for (int d = 0; d < dim; d++) {
        q[d] = q_in[p.q + row * p.q_stride + head * dim + d] * p.scale;
        sum[d] = 0.0;
    }
    for (int k0 = begin; k0 < end; k0 += KEYS) {
        int keys = min (KEYS, end - k0);
        barrier ();
        for (int i = id; i < keys * dim; i += 64) {
            int key = batch * p.keys + k0 + i / dim, column = head * dim + i % dim;
            k_tile[i / dim][i % dim] = k_in[p.k + key * p.k_stride + column];
            v_tile[i / dim][i % dim] = v_in[p.v + key * p.v_stride + column];
        }
        barrier ();
        for (int k = 0; k < keys; k++) {
            if (masked && mask[p.mask + row * p.mask_stride + k0 + k] < 0.0)
                continue;
            float score = 0.0;
            for (int d = 0; d < dim; d++)
                score = fma (q[d], k_tile[k][d], score);
            float higher = max (top, score), fade = exp (top - higher);
            float share = exp (score - higher);
            weight = weight * fade + share;
            for (int d = 0; d < dim; d++)
                sum[d] = fma (share, v_tile[k][d], sum[d] * fade);
            top = higher;
        }
    }
    if (query >= p.queries)
        return;
    int at = (((batch * p.heads + head) * p.splits + slice) * p.queries + query) * (dim + 2);
    for (int d = 0; d < dim; d++)
        parts[at + d] = sum[d];
    parts[at + dim] = top;
    parts[at + dim + 1] = weight;
}

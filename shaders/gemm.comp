#version 450
/* dst = activation (src . weight^T + bias + addend) + residual, and convolutions as the same
 * product over gathered pixels (CONV).  WEIGHT_F16: weights are pairs of halves.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The portable tier: 64 x 64 outputs per workgroup from slabs of 16 in shared memory (8.5 KiB),
 * 4 x 4 of them per invocation; nothing depends on the subgroup.  Where there are too few tiles to
 * fill a GPU, several workgroups share one, each with a part of k; the last of them adds up.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

#include "product.glsl"

const int TILE = PRODUCT_TILE, DEPTH = 16;
shared float a_tile[TILE][DEPTH + 1];
shared float b_tile[TILE][DEPTH + 1];

void
main ()
{
    int id = int (gl_LocalInvocationID.x), batch = picture ();
    int m0 = int (gl_WorkGroupID.y) * TILE, n0 = int (gl_WorkGroupID.x) * TILE;
    int tx = id % 16, ty = id / 16;
    float sum[4][4];

    [[unroll]] for (int i = 0; i < 4; i++)
        [[unroll]] for (int j = 0; j < 4; j++)
            sum[i][j] = 0.0;
    for (int k0 = first_k (); k0 < last_k (); k0 += DEPTH) {
        for (int l = 0; l < 4; l++) {
            int row = id / DEPTH + 16 * l, k = id % DEPTH;
            a_tile[row][k] = left (m0 + row, k0 + k, batch);
            b_tile[row][k] = right (n0 + row, k0 + k, batch);
        }
        barrier ();
        for (int k = 0; k < DEPTH; k++) {
            float a[4], b[4];
            for (int i = 0; i < 4; i++) {
                a[i] = a_tile[ty + 16 * i][k];
                b[i] = b_tile[tx + 16 * i][k];
            }
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++)
                    sum[i][j] = fma (a[i], b[j], sum[i][j]);
        }
        barrier ();
    }
#ifndef CONV
    if ((FLAGS & M2F_IS_SPLIT) != 0) {
        [[unroll]] for (int i = 0; i < 4; i++)
            [[unroll]] for (int j = 0; j < 4; j++)
                leave_sum ((i * 4 + j) * 256 + id, sum[i][j]);
        if (!is_last (tile (), p.splits))
            return;
        [[unroll]] for (int i = 0; i < 4; i++)
            [[unroll]] for (int j = 0; j < 4; j++)
                sum[i][j] = 0.0;
        for (int split = 0; split < p.splits; split++)
            [[unroll]] for (int i = 0; i < 4; i++)
                [[unroll]] for (int j = 0; j < 4; j++)
                    sum[i][j] += part (split, (i * 4 + j) * 256 + id);
    }
#endif
    [[unroll]] for (int i = 0; i < 4; i++)
        [[unroll]] for (int j = 0; j < 4; j++)
            put (m0 + ty + 16 * i, n0 + tx + 16 * j, batch, sum[i][j]);
#ifndef CONV
    if ((FLAGS & M2F_HAS_NORM) != 0)
        normalise_rows ();
#endif
}

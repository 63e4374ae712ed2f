#version 450
/* dst = activation (src . weight^T + bias + addend) + residual, and convolutions as the same
 * product over gathered pixels (CONV).  WEIGHT_F16: weights are pairs of halves.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The portable tier: 64 x 64 outputs or fewer per workgroup from slabs of 16 in shared memory (10
 * KiB), 4 x 4 of them per invocation; nothing depends on the subgroup.  While a slab is multiplied
 * the next one is read into registers, four numbers at a time.  Where there are too few tiles to
 * fill a GPU, several workgroups share one, each with a part of k; the last of them adds up.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256, local_size_x_id = 0) in; /* THREADS */

#define THREADS (TILE_M * TILE_N / 16)
const int DEPTH = 16;
int column_of (int place);
#include "product.glsl"

/* The output that a row of the second tile belongs to: in fp16 an invocation has neighbours. */
int
column_of (int place)
{
    const int SPAN = TILE_N / 4;
    int j = place / SPAN;

    return (HALVES & HALVES_DST) == 0 ? place : j / 2 * 2 * SPAN + place % SPAN * 2 + j % 2;
}

const int STEP = DEPTH / 4 + 1; /* rows in other banks than their neighbours */
shared vec4 a_tile[TILE_M * STEP];
shared vec4 b_tile[TILE_N * STEP];

void
share_slab ()
{
    [[unroll]] for (int i = 0; i < READS_A; i++)
        if (is_in_slab (i, TILE_M))
            a_tile[quad (i) / QUADS * STEP + quad (i) % QUADS]
                = IS_HALF ? floats_of (a_halves[i]) : a_read[i];
    [[unroll]] for (int i = 0; i < READS_B; i++)
        if (is_in_slab (i, TILE_N)) {
#ifdef WEIGHT_F16
            vec4 four = floats_of (b_read[i]);
#else
            vec4 four = b_read[i];
#endif
            b_tile[quad (i) / QUADS * STEP + quad (i) % QUADS] = four;
        }
}

/* What an invocation sums: outputs ty + i * TILE_M / 4 and tx + j * TILE_N / 4. */
float sum[4][4];

void
add_products (int tx, int ty)
{
    [[unroll]] for (int k = 0; k < QUADS; k++) {
        vec4 b[4];
        [[unroll]] for (int j = 0; j < 4; j++)
            b[j] = b_tile[(tx + j * (TILE_N / 4)) * STEP + k];
        [[unroll]] for (int i = 0; i < 4; i++) {
            vec4 a = a_tile[(ty + i * (TILE_M / 4)) * STEP + k];
            [[unroll]] for (int l = 0; l < 4; l++)
                [[unroll]] for (int j = 0; j < 4; j++)
                    sum[i][j] = fma (a[l], b[j][l], sum[i][j]);
        }
    }
}

/* Leaves the sums over this part of k in memory; whether the others are there too, which are then
 * added up. */
bool
gather_parts ()
{
    int id = int (gl_LocalInvocationIndex);

    [[unroll]] for (int i = 0; i < 16; i++)
        leave_sum (i * THREADS + id, sum[i / 4][i % 4]);
    if (!is_last (tile (), p.splits))
        return false;
    [[unroll]] for (int i = 0; i < 16; i++)
        sum[i / 4][i % 4] = 0.0;
    for (int split = 0; split < p.splits; split++)
        [[unroll]] for (int i = 0; i < 16; i++)
            sum[i / 4][i % 4] += part (split, i * THREADS + id);
    return true;
}

void
main ()
{
    int id = int (gl_LocalInvocationIndex), tx = id % (TILE_N / 4), ty = id / (TILE_N / 4);

    [[unroll]] for (int i = 0; i < 16; i++)
        sum[i / 4][i % 4] = 0.0;
    find_rows ();
    read_slab (first_k ());
    for (int k0 = first_k (); k0 < last_k (); k0 += DEPTH) {
        share_slab ();
        barrier ();
        if (k0 + DEPTH < last_k ())
            read_slab (k0 + DEPTH);
        add_products (tx, ty);
        barrier ();
    }
    if ((FLAGS & M2F_IS_SPLIT) != 0 && !gather_parts ())
        return;
    [[unroll]] for (int i = 0; i < 4; i++)
        [[unroll]] for (int j = 0; j < 4; j++) {
            int m = first_m () + ty + i * (TILE_M / 4);
            int n = first_n () + column_of (tx + j * (TILE_N / 4));
            if ((HALVES & HALVES_DST) == 0)
                put (m, n, picture (), sum[i][j]);
            else if (j % 2 == 0)
                put_pair (m, n, picture (), sum[i][j], sum[i][j + 1]);
        }
#ifndef CONV
    if ((FLAGS & M2F_HAS_NORM) != 0)
        normalise_rows ();
#endif
}

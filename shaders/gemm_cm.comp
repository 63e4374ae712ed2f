#version 450
/* gemm.comp in cooperative matrices: both factors fp16, sums fp32.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 64 x 64 outputs or fewer per workgroup of four subgroups, a quarter each, from slabs of 32 in
 * shared memory.  While a slab is multiplied the next one is read into registers, four numbers at a
 * time.  The sums go through shared memory too, so that every output meets the same epilogue and
 * the edges cost nothing (29 KiB in all).  M, N and K are what the device multiplies at a time:
 * divisors of 32 and of a subgroup's part, and at least 4.
 */
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_control_flow_attributes : require
#pragma use_vulkan_memory_model
#include "common.glsl"
#include "push.h"

layout (local_size_x_id = 0) in; /* a subgroup per part */
layout (constant_id = 1) const int M = 16;
layout (constant_id = 2) const int N = 16;
layout (constant_id = 3) const int K = 16;

layout (constant_id = 10) const int PART = 32; /* most outputs of a subgroup, in one direction */

#define THREADS int (gl_WorkGroupSize.x)
const int DEPTH = 32;
int column_of (int place) { return place; }
#include "product.glsl"

const int PART_M = TILE_M / 2 < PART ? TILE_M / 2 : PART;
const int PART_N = TILE_N / 2 < PART ? TILE_N / 2 : PART;
const int PARTS_N = TILE_N / PART_N;
const int SUMS_M = PART_M / M, SUMS_N = PART_N / N;
const int STEP = DEPTH + 8, SUM_STEP = TILE_N + 4; /* rows in other banks than their neighbours */
shared uvec2 a_tile[TILE_M * STEP / 4]; /* four halves each */
shared uvec2 b_tile[TILE_N * STEP / 4];
shared float sum_tile[TILE_M * SUM_STEP];

void
share_slab ()
{
    [[unroll]] for (int i = 0; i < READS_A; i++)
        if (is_in_slab (i, TILE_M))
            a_tile[quad (i) / QUADS * (STEP / 4) + quad (i) % QUADS]
                = IS_HALF ? a_halves[i] : halves_of (a_read[i]);
    [[unroll]] for (int i = 0; i < READS_B; i++)
        if (is_in_slab (i, TILE_N))
            b_tile[quad (i) / QUADS * (STEP / 4) + quad (i) % QUADS] = b_read[i];
}

/* Leaves the sums over this part of k in memory; whether the others are there too, which are then
 * added up. */
bool
gather_parts ()
{
    int id = int (gl_LocalInvocationIndex);

    for (int i = id; i < TILE_M * TILE_N; i += THREADS)
        leave_sum (i, sum_tile[i / TILE_N * SUM_STEP + i % TILE_N]);
    if (!is_last (tile (), p.splits))
        return false;
    for (int i = id; i < TILE_M * TILE_N; i += THREADS) {
        float total = 0.0;
        for (int split = 0; split < p.splits; split++)
            total += part (split, i);
        sum_tile[i / TILE_N * SUM_STEP + i % TILE_N] = total;
    }
    return true;
}

void
main ()
{
    int subgroup = int (gl_SubgroupID);
    int part_m = subgroup / PARTS_N * PART_M, part_n = subgroup % PARTS_N * PART_N;
    coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> sum[SUMS_M * SUMS_N];

    for (int i = 0; i < SUMS_M * SUMS_N; i++)
        sum[i] = coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> (0.0);
    find_rows ();
    read_slab (first_k ());
    for (int k0 = first_k (); k0 < last_k (); k0 += DEPTH) {
        share_slab ();
        barrier ();
        if (k0 + DEPTH < last_k ())
            read_slab (k0 + DEPTH);
        for (int k = 0; k < DEPTH; k += K)
            for (int i = 0; i < SUMS_M; i++) {
                coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> a;
                coopMatLoad (a, a_tile, uint ((part_m + i * M) * STEP + k) / 4u, uint (STEP / 4),
                    gl_CooperativeMatrixLayoutRowMajor);
                for (int j = 0; j < SUMS_N; j++) {
                    coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> b;
                    coopMatLoad (b, b_tile, uint ((part_n + j * N) * STEP + k) / 4u,
                        uint (STEP / 4), gl_CooperativeMatrixLayoutColumnMajor);
                    sum[i * SUMS_N + j] = coopMatMulAdd (a, b, sum[i * SUMS_N + j]);
                }
            }
        barrier ();
    }
    for (int i = 0; i < SUMS_M; i++)
        for (int j = 0; j < SUMS_N; j++)
            coopMatStore (sum[i * SUMS_N + j], sum_tile,
                uint ((part_m + i * M) * SUM_STEP + part_n + j * N), uint (SUM_STEP),
                gl_CooperativeMatrixLayoutRowMajor);
    barrier ();
    if ((FLAGS & M2F_IS_SPLIT) != 0 && !gather_parts ())
        return;
    if ((HALVES & HALVES_DST) == 0)
        for (int i = int (gl_LocalInvocationIndex); i < TILE_M * TILE_N; i += THREADS)
            put (first_m () + i / TILE_N, first_n () + i % TILE_N, picture (),
                sum_tile[i / TILE_N * SUM_STEP + i % TILE_N]);
    else
        for (int i = int (gl_LocalInvocationIndex); i < TILE_M * TILE_N / 2; i += THREADS) {
            int m = 2 * i / TILE_N, n = 2 * i % TILE_N, at = m * SUM_STEP + n;
            put_pair (first_m () + m, first_n () + n, picture (), sum_tile[at], sum_tile[at + 1]);
        }
#ifndef CONV
    if ((FLAGS & M2F_HAS_NORM) != 0)
        normalise_rows ();
#endif
}

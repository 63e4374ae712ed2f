#version 450
/* gemm.comp in cooperative matrices: both factors fp16, sums fp32.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 64 x 64 outputs per workgroup of four subgroups, 32 x 32 each, from slabs of 32 in shared memory.
 * While a slab is multiplied the next one is read into registers, four numbers at a time.  The sums
 * go through shared memory too, so that every output meets the same epilogue and the edges cost
 * nothing (29 KiB in all).  M, N and K are what the device multiplies at a time: divisors of 32,
 * and at least 4.
 */
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_control_flow_attributes : require
#pragma use_vulkan_memory_model
#include "common.glsl"
#include "push.h"

layout (local_size_x_id = 0) in; /* four subgroups */
layout (constant_id = 1) const int M = 16;
layout (constant_id = 2) const int N = 16;
layout (constant_id = 3) const int K = 16;

#include "product.glsl"

const int TILE = PRODUCT_TILE, DEPTH = 32;
const int PART = 32; /* outputs of a subgroup, in both directions */
const int STEP = DEPTH + 8, SUM_STEP = TILE + 4; /* rows in other banks than their neighbours */
shared uvec2 a_tile[TILE * STEP / 4]; /* four halves each */
shared uvec2 b_tile[TILE * STEP / 4];
shared float sum_tile[TILE * SUM_STEP];

/* What an invocation reads of a slab. */
const int READS = TILE * DEPTH / 4 / int (gl_WorkGroupSize.x);
vec4 a_read[READS];
uvec2 b_read[READS];

void
read_slab (int m0, int n0, int k0, int batch)
{
    [[unroll]] for (int i = 0; i < READS; i++) {
        int at = int (gl_LocalInvocationID.x) + i * int (gl_WorkGroupSize.x);
        int row = at / (DEPTH / 4), k = k0 + at % (DEPTH / 4) * 4;
        a_read[i] = left4 (m0 + row, k, batch);
        b_read[i] = right4 (n0 + row, k, batch);
    }
}

void
share_slab ()
{
    [[unroll]] for (int i = 0; i < READS; i++) {
        int at = int (gl_LocalInvocationID.x) + i * int (gl_WorkGroupSize.x);
        int to = at / (DEPTH / 4) * (STEP / 4) + at % (DEPTH / 4);
        a_tile[to] = uvec2 (packHalf2x16 (a_read[i].xy), packHalf2x16 (a_read[i].zw));
        b_tile[to] = b_read[i];
    }
}

void
main ()
{
    int id = int (gl_LocalInvocationID.x), threads = int (gl_WorkGroupSize.x);
    int batch = picture (), subgroup = int (gl_SubgroupID);
    int m0 = int (gl_WorkGroupID.y) * TILE, n0 = int (gl_WorkGroupID.x) * TILE;
    int part_m = subgroup / 2 * PART, part_n = subgroup % 2 * PART;
    coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> sum[PART / M * (PART / N)];

    for (int i = 0; i < PART / M * (PART / N); i++)
        sum[i] = coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> (0.0);
    read_slab (m0, n0, first_k (), batch);
    for (int k0 = first_k (); k0 < last_k (); k0 += DEPTH) {
        share_slab ();
        barrier ();
        if (k0 + DEPTH < last_k ())
            read_slab (m0, n0, k0 + DEPTH, batch);
        for (int k = 0; k < DEPTH; k += K)
            for (int i = 0; i < PART / M; i++) {
                coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> a;
                coopMatLoad (a, a_tile, uint ((part_m + i * M) * STEP + k) / 4u, uint (STEP / 4),
                    gl_CooperativeMatrixLayoutRowMajor);
                for (int j = 0; j < PART / N; j++) {
                    coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> b;
                    coopMatLoad (b, b_tile, uint ((part_n + j * N) * STEP + k) / 4u,
                        uint (STEP / 4), gl_CooperativeMatrixLayoutColumnMajor);
                    sum[i * (PART / N) + j] = coopMatMulAdd (a, b, sum[i * (PART / N) + j]);
                }
            }
        barrier ();
    }
    for (int i = 0; i < PART / M; i++)
        for (int j = 0; j < PART / N; j++)
            coopMatStore (sum[i * (PART / N) + j], sum_tile,
                uint ((part_m + i * M) * SUM_STEP + part_n + j * N), uint (SUM_STEP),
                gl_CooperativeMatrixLayoutRowMajor);
    barrier ();
#ifndef CONV
    if ((FLAGS & M2F_IS_SPLIT) != 0) {
        for (int i = id; i < TILE * TILE; i += threads)
            leave_sum (i, sum_tile[i / TILE * SUM_STEP + i % TILE]);
        if (!is_last (tile (), p.splits))
            return;
        for (int i = id; i < TILE * TILE; i += threads) {
            float total = 0.0;
            for (int split = 0; split < p.splits; split++)
                total += part (split, i);
            sum_tile[i / TILE * SUM_STEP + i % TILE] = total;
        }
    }
#endif
    for (int i = id; i < TILE * TILE; i += threads)
        put (m0 + i / TILE, n0 + i % TILE, batch, sum_tile[i / TILE * SUM_STEP + i % TILE]);
#ifndef CONV
    if ((FLAGS & M2F_HAS_NORM) != 0)
        normalise_rows ();
#endif
}

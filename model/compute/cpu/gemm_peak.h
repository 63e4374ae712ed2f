/* How many multiply-adds the units can do when nothing is read: what a product is compared with.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For includers of gemm_tiles.h, whose multiply_add() it repeats.
 */
#ifndef M2F_CPU_GEMM_PEAK_H
#define M2F_CPU_GEMM_PEAK_H

#include "model/compute/cpu/gemm_tiles.h"

#ifdef GEMM_PAIRS
#define PEAK_LANE_FLOPS 4
#elif defined GEMM_QUADS
#define PEAK_LANE_FLOPS 8
#else
#define PEAK_LANE_FLOPS 2
#endif

/* `rounds` multiply-adds to each of a micro-kernel's sums, all in registers; how many operations
 * those were. */
static double
peak (int64_t rounds)
{
    vf32 a = vf_set (1e-3f), b = vf_set (1e-3f), total = vf_zero ();
    vf32 sum[2 * TILE_ROWS];
    volatile float sink;

#pragma GCC unroll 24
    for (int i = 0; i < 2 * TILE_ROWS; i++)
        sum[i] = vf_set ((float) i);
    for (int64_t r = 0; r < rounds; r++) {
        __asm__ volatile ("" : "+v"(a), "+v"(b)); /* not the constants the compiler knows */
#pragma GCC unroll 24
        for (int i = 0; i < 2 * TILE_ROWS; i++)
            sum[i] = multiply_add (a, b, sum[i]);
#pragma GCC unroll 24
        for (int i = 0; i < 2 * TILE_ROWS; i++)
            __asm__ volatile ("" : "+v"(sum[i])); /* in registers, whatever type they have there */
    }
#pragma GCC unroll 24
    for (int i = 0; i < 2 * TILE_ROWS; i++)
        total += sum[i];
    sink = vf_sum (total);
    (void) sink;
    return (double) rounds * 2 * TILE_ROWS * VEC * PEAK_LANE_FLOPS;
}

#endif

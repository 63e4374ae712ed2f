/* Shared by the products of bf16 in vector units and in matrix units.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_GEMM_BF16_H
#define M2F_CPU_GEMM_BF16_H

#include "model/compute/cpu/gemm.h"

#include <stdlib.h>

#if defined __AVX512BF16__

/* `k` floats, even, as k / 2 pairs, and zeros up to a whole vector. */
static inline void
round_row (const float *src, int k, float *pairs)
{
    for (int i = 0; i < k; i += 2 * VEC, pairs += VEC) {
        vf32 low = vf_load_n (src + i, k - i);
        vf32 high = k - i > VEC ? vf_load_n (src + i + VEC, k - i - VEC) : vf_zero ();

        vf_store (pairs, (vf32) _mm512_cvtne2ps_pbh (high, low));
    }
}

#endif

/* ---- worth it? ----------------------------------------------------------------------------- */

#define TRIALS 8
#define TRIAL_SIZE 192 /* rows and columns of all three matrices: 60 us in float32 */

static inline gint64
trial_time (void (*rows) (const CpuGemm *, int, int), const CpuGemm *g)
{
    const gint64 start = g_get_monotonic_time ();

    rows (g, 0, g->m);
    return g_get_monotonic_time () - start;
}

/* Whether `rows` are faster than gemm_rows(): some processors have the instruction without a unit
 * as wide as the one for float32. */
static inline bool
bf16_pays (void (*rows) (const CpuGemm *, int, int))
{
    const size_t size = TRIAL_SIZE * TRIAL_SIZE;
    float *memory = cpu_alloc (sizeof (float) * 3 * size);
    CpuGemm floats = { .m = TRIAL_SIZE, .n = TRIAL_SIZE, .k = TRIAL_SIZE, .a = memory,
        .b = memory + size, .c = memory + 2 * size, .a_stride = TRIAL_SIZE,
        .c_stride = TRIAL_SIZE };
    CpuGemm pairs = floats;
    gint64 least_floats = G_MAXINT64, least_pairs = G_MAXINT64;

    if (memory == NULL)
        return false;
    memset (memory, 0, sizeof (float) * 3 * size);
    pairs.k = TRIAL_SIZE / 2;
    for (int i = 0; i < TRIALS; i++) { /* in turn, as neither is to have the quieter moments */
        least_floats = MIN (least_floats, trial_time (gemm_rows, &floats));
        least_pairs = MIN (least_pairs, trial_time (rows, &pairs));
    }
    free (memory);
    return 10 * least_pairs < 8 * least_floats;
}

#endif

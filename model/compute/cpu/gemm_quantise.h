/* Between float32 and int8: rows of A on their way into a product of bytes, sums on their way out.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row of A is least + step x byte with bytes from 0 to 255, a column of B is scale x byte with
 * bytes from -127 to 127, so that
 *
 *     a . b = scale x (step x sum of products of bytes + least x sum of B's bytes).
 *
 * The sum of products is exact: 255 x 127 x K stays below 2^31 up to CPU_INT8_K.  A row of equal
 * elements keeps its value, and one whose least element is 0, as after a ReLU, its zeros.  A row
 * with an element that is not finite has a step of NaN and makes a row of them.
 */
#ifndef M2F_CPU_GEMM_QUANTISE_H
#define M2F_CPU_GEMM_QUANTISE_H

#include "model/compute/cpu/gemm.h"
#include "model/compute/cpu/lanes.h"

#include "model/compute/bf16.h"

/* Values of the bytes of a quantised row of A: byte x step + least. */
typedef struct CpuRowRange {
    float least, step;
} CpuRowRange;

/* Elements [i, i + VEC) of a row of n; beyond its end the last one, again and again. */
static inline __attribute__ ((always_inline)) vf32
load_element (const void *row, M2fType type, int i, int n)
{
    if (type == M2F_BF16) {
        const uint16_t *p = (const uint16_t *) row + i;

        if (n - i >= VEC)
            return vf_load_bf16 (p);
        return vf_blend (vm_first (n - i), vf_set (m2f_bf16_to_float (p[n - i - 1])),
            vf_load_bf16_n (p, n - i));
    }

    const float *p = (const float *) row + i;

    if (n - i >= VEC)
        return vf_load (p);
    return vf_blend (vm_first (n - i), vf_set (p[n - i - 1]), vf_load_n (p, n - i));
}

/* `next` is where the row to be quantised next lies. */
static inline __attribute__ ((always_inline)) CpuRowRange
quantise (const void *src, const void *next, M2fType type, int n, uint8_t *dst)
{
    vf32 least = load_element (src, type, 0, n), most = least, wrong = vf_zero ();
    CpuRowRange range;

    for (int i = 0; i < n; i += VEC) {
        vf32 a = load_element (src, type, i, n);

        least = vf_min (least, a);
        most = vf_max (most, a);
        wrong = vf_fma (a, vf_zero (), wrong); /* 0, but for what is not finite NaN */
    }
    range.least = vf_min_lane (least);
    range.step = (vf_max_lane (most) - range.least + vf_sum (wrong)) / 255;

    /* A step too small for an inverse is as good as none; nor does a NaN get one. */
    const vf32 inverse = vf_set (range.step > 1e-30f ? 1 / range.step : 0.f);
    const vf32 first = vf_set (range.least);

    for (int i = 0; i < n; i += VEC) {
        vf32 steps = vf_fma (load_element (src, type, i, n) - first, inverse, vf_set (0.5f));

        __builtin_prefetch ((const char *) next + i * (type == M2F_BF16 ? 2 : 4));
        vi_store_u8 (dst + i, vi_from (steps), n - i);
    }
    return range;
}

/* Row `row` of A as k x 4 bytes. */
static inline CpuRowRange
quantise_row (const CpuGemm *g, int row, uint8_t *dst)
{
    const int next = MIN (row + 1, g->m - 1);

    if (g->a_type == M2F_BF16) {
        const uint16_t *a = g->a;

        return quantise (a + row * g->a_stride, a + next * g->a_stride, M2F_BF16, 4 * g->k, dst);
    }

    const float *a = g->a;

    return quantise (a + row * g->a_stride, a + next * g->a_stride, M2F_F32, 4 * g->k, dst);
}

/* Sums of products of bytes, int32 for `n` columns from `column` on, become those of what the
 * bytes stand for, and the bias is added.  Rows are `stride` apart and have room for whole
 * vectors; `range` is that of the first. */
static inline void
dequantise (const CpuGemm *g, const CpuRowRange *range, float *sums, ptrdiff_t stride, int rows,
    int column, int n)
{
    for (int j = 0; j < n; j += VEC) {
        const vf32 scale = vf_load_n (g->b_scale + column + j, n - j);
        const vf32 sum_b = vf_load_n (g->b_sum + column + j, n - j);
        const vf32 bias = g->bias != NULL ? vf_load_n (g->bias + column + j, n - j) : vf_zero ();

        for (int i = 0; i < rows; i++) {
            float *p = sums + i * stride + j;
            vf32 v = vf_from ((vi32) vf_load (p)) * vf_set (range[i].step);

            v = vf_fma (vf_set (range[i].least), sum_b, v);
            vf_store (p, vf_fma (v, scale, bias));
        }
    }
}

#endif

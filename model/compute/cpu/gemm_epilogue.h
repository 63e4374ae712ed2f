/* From a tile of sums to the elements of C.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_GEMM_EPILOGUE_H
#define M2F_CPU_GEMM_EPILOGUE_H

#include "model/compute/cpu/gemm.h"

/* x Phi (x), Phi the normal distribution.
 *
 * (Phi (x) - 1/2) / x is a smooth function of x^2; the polynomial of degree n - 1 approximates it
 * with an equal error in Phi on |x| < end, in a variable that runs from -1 to 1 so that nothing
 * cancels.  Beyond, Phi is taken for 0 or 1. */
static inline __attribute__ ((always_inline)) vf32
gelu_polynomial (vf32 x, float end, const float *c, int n)
{
    vf32 square = x * x;
    vf32 u = vf_fma (square, vf_set (2.f / (end * end)), vf_set (-1.f));
    vf32 p = vf_set (c[n - 1]);

    for (int i = n - 2; i >= 0; i--)
        p = vf_fma (p, u, vf_set (c[i]));
    p = vf_fma (p, square, vf_set (0.5f) * x);
    /* The product with 0 is NaN where x is not finite, as torch has it for minus infinity. */
    return vf_blend (vf_lt (vf_set (end * end), square), p,
        vf_fma (x, vf_zero (), vf_max (vf_zero (), x)));
}

/* To 2e-7 max (1, |x|). */
static inline vf32
gelu (vf32 x)
{
    static const float c[] = { 0.1359499841928482f, -0.06774380803108215f, 0.05002611130475998f,
        -0.03992540016770363f, 0.031962327659130096f, -0.0247634369879961f, 0.01813388243317604f,
        -0.012353411875665188f, 0.008010221645236015f, -0.005067267455160618f,
        0.0026622251607477665f, -0.0009786062873899937f, 0.000600935542024672f,
        -0.000562259170692414f, 0.00020233422401361167f };

    return gelu_polynomial (x, 5.2f, c, G_N_ELEMENTS (c));
}

/* To 1e-5 max (1, |x|), for what is rounded to bf16 then: from 0.005 on that errs by more. */
static inline vf32
gelu_rough (vf32 x)
{
    static const float c[] = { 0.16405387222766876f, -0.08003830909729004f, 0.05555978789925575f,
        -0.03971660137176514f, 0.026155486702919006f, -0.014516590163111687f,
        0.009064627811312675f, -0.007037129253149033f, 0.0027542239986360073f };

    return gelu_polynomial (x, 4.3f, c, G_N_ELEMENTS (c));
}

/* Sums of rows [row, row + rows) and columns [column, column + n) of C, bias included. */
typedef struct SumTile {
    const float *sums; /* rows `stride` apart, readable up to a whole vector */
    int stride;
    int row, rows, column, n;
} SumTile;

/* Activations but GELU are bounds. */
typedef struct Bounds {
    vf32 least, most;
} Bounds;

static inline Bounds
bounds_of (M2fActivation activation)
{
    return (Bounds) {
        vf_set (activation == M2F_NO_ACTIVATION ? -INFINITY : 0.f),
        vf_set (activation == M2F_RELU6 ? 6.f : INFINITY),
    };
}

/* How far ahead rows of C and of what is added to them are fetched, where C is too large for the
 * second-level cache: panels leave gaps between the rows that the processor does not foresee, and
 * the next tile starts no further below. */
#define PREFETCH_ROWS 32
#define PREFETCH_BYTES (2 << 20)

static inline __attribute__ ((always_inline)) void
prefetch_row (const void *p, ptrdiff_t stride, int n, size_t element, const bool write)
{
    const char *row = (const char *) p + PREFETCH_ROWS * stride * (ptrdiff_t) element;

    for (ptrdiff_t i = 0; i < n * (ptrdiff_t) element; i += 64)
        if (write) /* the builtin takes literals only */
            __builtin_prefetch (row + i, 1);
        else
            __builtin_prefetch (row + i, 0);
}

/* To the elements of C, which may be `rounded` to bf16; `whole` tiles have whole vectors. */
static inline __attribute__ ((always_inline)) void
finish_rows (const CpuGemm *g, const bool has_gelu, const bool rounded, const bool whole,
    const SumTile *t)
{
    const size_t element = rounded ? sizeof (uint16_t) : sizeof (float);
    const bool far = g->m * g->c_stride * (ptrdiff_t) element > PREFETCH_BYTES;
    const Bounds bounds = bounds_of (g->activation);
    const float *residual = g->residual, *addend = NULL;
    int addend_row = g->addend != NULL ? t->row % g->addend_rows : 0;

    for (int i = 0, row = t->row; i < t->rows; i++, row++) {
        const float *sums = t->sums + (ptrdiff_t) i * t->stride;
        const vf32 row_bias = vf_set (g->row_bias != NULL ? g->row_bias[row] : 0.f);
        const ptrdiff_t c = row * g->c_stride + t->column;

        if (g->addend != NULL)
            addend = g->addend + addend_row * g->addend_stride + t->column;
        if (++addend_row == g->addend_rows)
            addend_row = 0;
        if (g->residual != NULL)
            residual = g->residual + row * g->residual_stride + t->column;
        if (far)
            prefetch_row ((const char *) g->c + c * (ptrdiff_t) element, g->c_stride, t->n, element,
                true);
        if (far && addend != NULL)
            prefetch_row (addend, g->addend_stride, t->n, sizeof (float), false);
        if (far && residual != NULL)
            prefetch_row (residual, g->residual_stride, t->n, sizeof (float), false);
        for (int j = 0; j < t->n; j += VEC) {
            const int n = whole ? VEC : t->n - j;
            vf32 v = vf_load (sums + j) + row_bias;

            if (addend != NULL)
                v += vf_load_n (addend + j, n);
            if (has_gelu)
                v = rounded ? gelu_rough (v) : gelu (v);
            else
                v = vf_min (bounds.most, vf_max (bounds.least, v));
            if (residual != NULL)
                v += vf_load_n (residual + j, n);
            if (rounded)
                vf_store_bf16_n ((uint16_t *) g->c + c + j, v, n);
            else
                vf_store_n ((float *) g->c + c + j, v, n);
        }
    }
}

/* The same for a whole panel, without GELU and row_bias: a row is one cache line of bf16, which is
 * stored at once so that memory need not be read for the rest of it, or two of float32. */
static inline __attribute__ ((always_inline)) void
finish_panel (const CpuGemm *g, const bool rounded, const SumTile *t)
{
    const size_t element = rounded ? sizeof (uint16_t) : sizeof (float);
    const bool far = g->m * g->c_stride * (ptrdiff_t) element > PREFETCH_BYTES;
    const Bounds bounds = bounds_of (g->activation);
    int addend_row = g->addend != NULL ? t->row % g->addend_rows : 0;

    for (int i = 0, row = t->row; i < t->rows; i++, row++) {
        const float *sums = t->sums + (ptrdiff_t) i * t->stride;
        char *c = (char *) g->c + (row * g->c_stride + t->column) * (ptrdiff_t) element;
        vf32 low = vf_load (sums), high = vf_load (sums + VEC);

        if (far)
            prefetch_row (c, g->c_stride, GEMM_PANEL, element, true);
        if (g->addend != NULL) {
            const float *addend = g->addend + addend_row * g->addend_stride + t->column;

            low += vf_load (addend);
            high += vf_load (addend + VEC);
            if (far)
                prefetch_row (addend, g->addend_stride, GEMM_PANEL, sizeof (float), false);
            if (++addend_row == g->addend_rows)
                addend_row = 0;
        }
        low = vf_min (bounds.most, vf_max (bounds.least, low));
        high = vf_min (bounds.most, vf_max (bounds.least, high));
        if (g->residual != NULL) {
            const float *residual = g->residual + row * g->residual_stride + t->column;

            low += vf_load (residual);
            high += vf_load (residual + VEC);
            if (far)
                prefetch_row (residual, g->residual_stride, GEMM_PANEL, sizeof (float), false);
        }
        if (rounded) {
            vf_store_bf16_both ((uint16_t *) c, low, high);
        } else {
            vf_store ((float *) c, low);
            vf_store ((float *) c + VEC, high);
        }
    }
}

static inline void
finish (const CpuGemm *g, const float *sums, int stride, int row, int rows, int column, int n)
{
    const SumTile t = { sums, stride, row, rows, column, n };
    const bool rounded = g->c_type == M2F_BF16, whole = n % VEC == 0;
    const bool panel = n == GEMM_PANEL && g->row_bias == NULL && g->activation != M2F_GELU;

    if (panel && rounded)
        finish_panel (g, true, &t);
    else if (panel)
        finish_panel (g, false, &t);
    else if (g->activation == M2F_GELU && rounded) /* a loop of its own for each */
        finish_rows (g, true, true, false, &t);
    else if (g->activation == M2F_GELU)
        finish_rows (g, true, false, false, &t);
    else if (rounded && whole)
        finish_rows (g, false, true, true, &t);
    else if (rounded)
        finish_rows (g, false, true, false, &t);
    else if (whole)
        finish_rows (g, false, false, true, &t);
    else
        finish_rows (g, false, false, false, &t);
}

#endif

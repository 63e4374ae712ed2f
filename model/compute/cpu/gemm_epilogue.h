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

static inline vf32
activate (vf32 x, M2fActivation activation, bool rounded)
{
    switch (activation) {
    case M2F_RELU:
        return vf_max (vf_zero (), x);
    case M2F_RELU6:
        return vf_min (vf_set (6.f), vf_max (vf_zero (), x));
    case M2F_GELU:
        return rounded ? gelu_rough (x) : gelu (x);
    default:
        return x;
    }
}

/* Columns [0, n) of row `row` of C, which is `rounded` to bf16, from sums that include the bias. */
static inline void
finish_row (const CpuGemm *g, M2fActivation activation, bool rounded, const float *sums, int row,
    int column, int n)
{
    const float *addend = NULL, *residual = NULL;
    const vf32 row_bias = vf_set (g->row_bias != NULL ? g->row_bias[row] : 0.f);
    const ptrdiff_t c = row * g->c_stride + column;

    if (g->addend != NULL)
        addend = g->addend + row % g->addend_rows * g->addend_stride + column;
    if (g->residual != NULL)
        residual = g->residual + row * g->residual_stride + column;
    for (int j = 0; j < n; j += VEC) {
        vf32 v = vf_load (sums + j) + row_bias;

        if (addend != NULL)
            v += vf_load_n (addend + j, n - j);
        v = activate (v, activation, rounded);
        if (residual != NULL)
            v += vf_load_n (residual + j, n - j);
        if (rounded)
            vf_store_bf16_n ((uint16_t *) g->c + c + j, v, n - j);
        else
            vf_store_n ((float *) g->c + c + j, v, n - j);
    }
}

/* Sums of rows [row, row + rows) and columns [column, column + n) of C. */
typedef struct SumTile {
    const float *sums; /* rows `stride` apart, readable up to a whole vector */
    int stride;
    int row, rows, column, n;
} SumTile;

static inline __attribute__ ((always_inline)) void
finish_rows (const CpuGemm *g, M2fActivation activation, bool rounded, const SumTile *t)
{
    for (int i = 0; i < t->rows; i++)
        finish_row (g, activation, rounded, t->sums + (ptrdiff_t) i * t->stride, t->row + i,
            t->column, t->n);
}

static inline void
finish (const CpuGemm *g, const float *sums, int stride, int row, int rows, int column, int n)
{
    const SumTile t = { sums, stride, row, rows, column, n };
    const bool rounded = g->c_type == M2F_BF16;

    if (g->activation == M2F_GELU && rounded) /* a loop of its own for each */
        finish_rows (g, M2F_GELU, true, &t);
    else if (g->activation == M2F_GELU)
        finish_rows (g, M2F_GELU, false, &t);
    else if (g->activation == M2F_RELU)
        finish_rows (g, M2F_RELU, rounded, &t);
    else if (g->activation == M2F_RELU6)
        finish_rows (g, M2F_RELU6, rounded, &t);
    else
        finish_rows (g, M2F_NO_ACTIVATION, rounded, &t);
}

#endif

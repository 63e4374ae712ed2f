/* From a tile of sums to the elements of C.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_GEMM_EPILOGUE_H
#define M2F_CPU_GEMM_EPILOGUE_H

#include "gemm.h"

/* x Phi (x), Phi the normal distribution, to 2e-7 max (1, |x|).
 *
 * (Phi (x) - 1/2) / x is a smooth function of x^2; the polynomial approximates it with an equal
 * error in Phi on |x| < 5.2, in a variable that runs from -1 to 1 so that nothing cancels.
 * Beyond, Phi is 0 or 1 to 1e-7. */
static inline vf32
gelu (vf32 x)
{
    static const float c[] = { 0.1359499841928482f, -0.06774380803108215f, 0.05002611130475998f,
        -0.03992540016770363f, 0.031962327659130096f, -0.0247634369879961f, 0.01813388243317604f,
        -0.012353411875665188f, 0.008010221645236015f, -0.005067267455160618f,
        0.0026622251607477665f, -0.0009786062873899937f, 0.000600935542024672f,
        -0.000562259170692414f, 0.00020233422401361167f };
    const vf32 end = vf_set (5.2f * 5.2f);
    vf32 square = x * x;
    vf32 u = vf_fma (square, vf_set (2.f / (5.2f * 5.2f)), vf_set (-1.f));
    vf32 p = vf_set (c[14]);

    for (int i = 13; i >= 0; i--)
        p = vf_fma (p, u, vf_set (c[i]));
    p = vf_fma (p, square, vf_set (0.5f) * x);
    return vf_select (vf_lt (end, square), p, vf_max (vf_zero (), x));
}

static inline vf32
activate (vf32 x, M2fActivation activation)
{
    switch (activation) {
    case M2F_RELU:
        return vf_max (vf_zero (), x);
    case M2F_GELU:
        return gelu (x);
    default:
        return x;
    }
}

/* Columns [0, n) of row `row` of C from sums that include the bias. */
static inline void
finish_row (const Gemm *g, M2fActivation activation, const float *sums, int row, int column, int n)
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
        v = activate (v, activation);
        if (residual != NULL)
            v += vf_load_n (residual + j, n - j);
        if (g->c_type == M2F_BF16)
            vf_store_bf16_n ((uint16_t *) g->c + c + j, v, n - j);
        else
            vf_store_n ((float *) g->c + c + j, v, n - j);
    }
}

/* The same for `rows` rows; sums are `stride` apart and readable up to a whole vector. */
static inline void
finish (const Gemm *g, const float *sums, int stride, int row, int rows, int column, int n)
{
    switch (g->activation) { /* a loop of its own for each */
    case M2F_GELU:
        for (int i = 0; i < rows; i++)
            finish_row (g, M2F_GELU, sums + (ptrdiff_t) i * stride, row + i, column, n);
        break;
    case M2F_RELU:
        for (int i = 0; i < rows; i++)
            finish_row (g, M2F_RELU, sums + (ptrdiff_t) i * stride, row + i, column, n);
        break;
    default:
        for (int i = 0; i < rows; i++)
            finish_row (g, M2F_NO_ACTIVATION, sums + (ptrdiff_t) i * stride, row + i, column, n);
    }
}

#endif

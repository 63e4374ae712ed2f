/* Products of int8 matrices with int32 sums, by vpdpbusd.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four bytes that are neighbours along k take the place of a float32: the instruction adds four
 * products to each sum, of bytes without a sign from A and with one from B, and nothing saturates.
 * B is quantised when it is packed, column by column; A, be it float32 or bf16, a block of rows at
 * a time and once for all columns, each row by its own range.  A byte of K is a quarter of a
 * float32, so that blocks of A fit into the second-level cache without slices of k.
 */
#define GEMM_QUADS
#include "model/compute/cpu/gemm_peak.h"

/* The panel at `column` past quantised rows [begin, end). */
static void
panel_rows (const CpuGemm *g, const float *a, ptrdiff_t a_stride, const CpuRowRange *ranges,
    int begin, int end, int column)
{
    static const float zeros[GEMM_PANEL];
    const int n = MIN (GEMM_PANEL, g->n - column);
    const bool direct = n == GEMM_PANEL && is_simple (g);
    _Alignas (64) float bias[GEMM_PANEL] = { 0 };
    _Alignas (64) float hot[TILE_ROWS * GEMM_PANEL];
    TileArgs t = { .k = g->k, .a = a, .a_stride = a_stride, .start = zeros, .c = hot,
        .c_stride = GEMM_PANEL, .ranges = ranges, .scale = g->b_scale + column,
        .sum_b = g->b_sum + column, .bias = bias };
    ptrdiff_t prefetch_down;

    t.b = g->b + (ptrdiff_t) column * g->k;
    prefetch_down = look_ahead (&t, g, (end - begin + TILE_ROWS - 1) / TILE_ROWS, column);
    if (g->bias != NULL)
        for (int j = 0; j < n; j++)
            bias[j] = g->bias[column + j];
    for (int row = begin; row < end; row += TILE_ROWS) {
        const int rows = MIN (TILE_ROWS, end - row);

        if (direct)
            aim_at_c (&t, g, row, column);
        tiles[n > VEC][rows - 1] (&t);
        if (!direct)
            finish (g, hot, GEMM_PANEL, row, rows, column, n);
        t.a += TILE_ROWS * a_stride;
        t.ranges += TILE_ROWS;
        t.prefetch += (size_t) prefetch_down;
    }
}

static void
int8_rows (const CpuGemm *g, int begin, int end)
{
    const ptrdiff_t stride = block_stride (g->k);
    float *a = cpu_scratch (CPU_SCRATCH_GEMM, sizeof (float) * GEMM_BLOCK_ROWS * stride);
    CpuRowRange ranges[GEMM_BLOCK_ROWS];

    if (a == NULL)
        return;
    for (; begin < end; begin += GEMM_BLOCK_ROWS) {
        const int rows = MIN (GEMM_BLOCK_ROWS, end - begin);

        for (int i = 0; i < rows; i++)
            ranges[i] = quantise_row (g, begin + i, (uint8_t *) (a + i * stride));
        for (int column = 0; column < g->n; column += GEMM_PANEL)
            panel_rows (g, a, stride, ranges, begin, begin + rows, column);
    }
}

/* ---- weights ------------------------------------------------------------------------------- */

/* Panels, and for each of their columns a scale and a sum: gemm_use_int8(). */
static size_t
int8_weight_size (const int ne[4])
{
    return gemm_packed_size (ne[2], ne[3] / 4) + 2 * gemm_packed_size (ne[2], 1);
}

/* A column's bytes; its scale and their sum. */
static void
quantise_column (const float *src, int k, int8_t *dst, float *scale, float *sum)
{
    float largest = 0;
    int total = 0;

    for (int i = 0; i < k; i++)
        largest = MAX (largest, fabsf (src[i]));
    *scale = largest / 127;

    const float inverse = *scale > 1e-30f ? 1 / *scale : 0;

    for (int i = 0; i < k; i++) {
        dst[i] = (int8_t) lrintf (src[i] * inverse);
        total += dst[i];
    }
    *sum = (float) total;
}

static void
int8_weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int k = ne[3], quads = k / 4;
    const ptrdiff_t stride = block_stride (quads);
    float *columns = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * GEMM_PANEL * stride);
    float *scales = (float *) packed + gemm_packed_size (ne[2], quads) / sizeof (float);
    float *sums = scales + gemm_packed_size (ne[2], 1) / sizeof (float);

    if (columns == NULL)
        return;
    for (int j = 0; j < ne[2]; j += GEMM_PANEL) {
        const int n = MIN (GEMM_PANEL, ne[2] - j);

        for (int i = 0; i < n; i++)
            quantise_column (data + (ptrdiff_t) (j + i) * k, k, (int8_t *) (columns + i * stride),
                &scales[j + i], &sums[j + i]);
        gemm_pack (columns, stride, n, quads, (float *) packed + (ptrdiff_t) j * quads);
    }
}

void
ISA (cpu_init_int8) (CpuKernels *kernels)
{
    kernels->int8 = (CpuProducts) { int8_rows, { int8_weight_size, int8_weight_pack }, NULL, NULL };
    kernels->peaks.int8 = peak;
}

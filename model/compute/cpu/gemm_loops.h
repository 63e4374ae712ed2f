/* Loops of a product around micro-kernels whose sums are float32.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each panel of B is taken past a block of rows of A, in slices of k so that those stay in the
 * second-level cache; the panel stays in the first level or streams from the second, which has
 * bandwidth to spare at two vectors per TILE_ROWS multiply-adds.
 */
#ifndef M2F_CPU_GEMM_LOOPS_H
#define M2F_CPU_GEMM_LOOPS_H

#include "model/compute/cpu/gemm_tiles.h"

/* Most elements of k in a slice: a block of A is then 480 KiB, half of a common L2 cache. */
#define SLICE_K 1280
/* Returns elements [from, from + k) of rows [begin, end) of A for the micro-kernels, at most
 * SLICE_K of GEMM_BLOCK_ROWS or less of more rows: in place, or copied to `room` of BLOCK_ROOM
 * elements. */
typedef const float *(*BlockOfA) (const CpuGemm *g, int begin, int end, int from, int k,
    float *room, ptrdiff_t *stride);

#define BLOCK_ROOM (GEMM_BLOCK_ROWS * (SLICE_K + 2 * VEC))

/* Slice [from, from + k) of K for rows [begin, end) of C. */
typedef struct Slice {
    int begin, end;
    int from, k;
    const float *a; /* that slice of those rows */
    ptrdiff_t a_stride;
    float *sums;    /* sums of unfinished slices, a row for each row; unused with one slice */
    ptrdiff_t stride;
} Slice;

/* A slice of the panel at `column`. */
static void
panel_rows (const CpuGemm *g, const Slice *s, int column)
{
    const int n = MIN (GEMM_PANEL, g->n - column);
    const bool first = s->from == 0, last = s->from + s->k == g->k;
    const bool direct = last && n == GEMM_PANEL && is_simple (g);
    _Alignas (64) float bias[GEMM_PANEL] = { 0 };
    _Alignas (64) float hot[TILE_ROWS * GEMM_PANEL];
    TileArgs t = { .k = s->k, .a = s->a, .a_stride = s->a_stride, .start = bias, .c = hot,
        .c_stride = last ? GEMM_PANEL : s->stride };
    ptrdiff_t prefetch_down;

    t.b = g->b + (ptrdiff_t) column * g->k + (ptrdiff_t) s->from * GEMM_PANEL;
    prefetch_down = look_ahead (&t, g, (s->end - s->begin + TILE_ROWS - 1) / TILE_ROWS, column);
    if (first && g->bias != NULL)
        for (int j = 0; j < n; j++)
            bias[j] = g->bias[column + j];
    for (int row = s->begin; row < s->end; row += TILE_ROWS) {
        const int rows = MIN (TILE_ROWS, s->end - row);
        float *so_far
            = s->sums != NULL ? s->sums + (row - s->begin) * s->stride + column : NULL;

        if (!first) {
            t.start = so_far;
            t.start_stride = s->stride;
        }
        if (direct)
            aim_at_c (&t, g, row, column);
        else if (!last)
            t.c = so_far;
        tiles[n > VEC][rows - 1] (&t);
        if (last && !direct)
            finish (g, hot, GEMM_PANEL, row, rows, column, n);
        t.a += TILE_ROWS * s->a_stride;
        t.prefetch += (size_t) prefetch_down;
    }
}

/* `a_room`: elements block_of_a() needs. */
static void
block_rows (const CpuGemm *g, int begin, int end, BlockOfA block_of_a, ptrdiff_t a_room)
{
    const int slices = (g->k + SLICE_K - 1) / SLICE_K, slice = (g->k + slices - 1) / slices;
    const ptrdiff_t stride = (ptrdiff_t) (g->n + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL;
    const ptrdiff_t n_sums = slices > 1 ? GEMM_BLOCK_ROWS * stride : 0;
    float *room = NULL, *sums = NULL;

    if (a_room + n_sums > 0) {
        room = cpu_scratch (CPU_SCRATCH_GEMM, sizeof (float) * (a_room + n_sums));
        if (room == NULL)
            return;
        sums = room + a_room;
    }
    for (int from = 0; from < g->k; from += slice) {
        Slice s = { .begin = begin, .end = end, .from = from, .k = MIN (slice, g->k - from),
            .sums = sums, .stride = stride };

        s.a = block_of_a (g, begin, end, from, s.k, room, &s.a_stride);
        for (int column = 0; column < g->n; column += GEMM_PANEL)
            panel_rows (g, &s, column);
    }
}

/* Rows [begin, end) of C. */
static void
all_rows (const CpuGemm *g, int begin, int end, BlockOfA block_of_a, ptrdiff_t a_room)
{
    for (const int rows = gemm_block_rows (g->k); begin < end; begin += rows)
        block_rows (g, begin, MIN (end, begin + rows), block_of_a, a_room);
}

#endif

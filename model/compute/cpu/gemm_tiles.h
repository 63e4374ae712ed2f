/* Micro-kernels and loops of a product, for whichever multiply-add the includer has.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The micro-kernel keeps TILE_ROWS x GEMM_PANEL sums in registers and reads, for every k, one row
 * of a panel of B and one element of each row of A.  B is packed so that a panel is read from
 * front to back.  Each panel is taken past a block of rows of A, in slices of k so that those stay
 * in the second-level cache; the panel stays in the first level or streams from the second, which
 * has bandwidth to spare at two vectors per TILE_ROWS multiply-adds.
 *
 * An element of A and B is four bytes: a float32, or two bf16 that are neighbours along k for
 * an includer that defines GEMM_PAIRS.
 */
#ifndef M2F_CPU_GEMM_TILES_H
#define M2F_CPU_GEMM_TILES_H

#include "gemm_epilogue.h"

#if VEC == 16
#define TILE_ROWS 12 /* 24 sums, 2 of B and 1 of A in 32 registers */
#else
#define TILE_ROWS 6 /* 12 sums, 2 of B and 1 of A in 16 registers */
#endif

/* Of k, at most: a block of A is then 480 KiB, half of a common second-level cache. */
#define SLICE 1280
/* Where the micro-kernels find elements [from, from + k) of rows [begin, end) of A, at most SLICE
 * of GEMM_BLOCK_ROWS: in place, or copied to `room` of BLOCK_ROOM elements. */
typedef const float *(*BlockOfA) (const Gemm *g, int begin, int end, int from, int k, float *room,
    ptrdiff_t *stride);

#define BLOCK_ROOM (GEMM_BLOCK_ROWS * (SLICE + 2 * VEC))

/* From one copied row to the next: whole vectors and one more, lest the rows of a micro-kernel
 * fall into the same sets of the cache. */
static inline ptrdiff_t
block_stride (int k)
{
    return (k + 2 * VEC - 1) / VEC * VEC;
}

/* ---- micro-kernels ------------------------------------------------------------------------- */

/* What a micro-kernel works on: c = start + a . b. */
typedef struct TileArgs {
    int k;
    const float *a, *b;
    ptrdiff_t a_stride;
    const float *start; /* sums so far, or the bias for every row with a stride of 0 */
    ptrdiff_t start_stride;
    float *c;
    ptrdiff_t c_stride;
} TileArgs;

typedef void (*Tile) (const TileArgs *t);

static inline vf32
multiply_add (vf32 a, vf32 b, vf32 sum)
{
#ifdef GEMM_PAIRS
    return _mm512_dpbf16_ps (sum, (__m512bh) a, (__m512bh) b);
#else
    return vf_fma (a, b, sum);
#endif
}

/* For `rows` rows and `vectors` vectors of a panel. */
static inline __attribute__ ((always_inline)) void
tile (const TileArgs *t, const int rows, const int vectors)
{
    const float *a = t->a, *b = t->b;
    const ptrdiff_t a_stride = t->a_stride;
    vf32 sum[TILE_ROWS][2];

#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++)
            sum[i][j] = vf_load (t->start + i * t->start_stride + j * VEC);

    for (const float *end = a + t->k; a < end; a++, b += GEMM_PANEL) {
        vf32 column[2];

#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++)
            column[j] = vf_load (b + j * VEC);
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
            vf32 element = vf_set (a[i * a_stride]);

#pragma GCC unroll 2
            for (int j = 0; j < vectors; j++)
                sum[i][j] = multiply_add (element, column[j], sum[i][j]);
        }
    }

#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++)
            vf_store (t->c + i * t->c_stride + j * VEC, sum[i][j]);
}

#define TILE(rows, vectors) \
    static void tile_##rows##x##vectors (const TileArgs *t) \
    { \
        tile (t, rows, vectors); \
    }
#define TILES(rows) TILE (rows, 1) TILE (rows, 2)

TILES (1)
TILES (2)
TILES (3)
TILES (4)
TILES (5)
TILES (6)
#if TILE_ROWS == 12
TILES (7)
TILES (8)
TILES (9)
TILES (10)
TILES (11)
TILES (12)
#endif

/* By vectors - 1, rows - 1. */
static const Tile tiles[2][TILE_ROWS] = {
#if TILE_ROWS == 12
    { tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1, tile_7x1, tile_8x1, tile_9x1,
        tile_10x1, tile_11x1, tile_12x1 },
    { tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2, tile_7x2, tile_8x2, tile_9x2,
        tile_10x2, tile_11x2, tile_12x2 },
#else
    { tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1 },
    { tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2 },
#endif
};

/* ---- loops --------------------------------------------------------------------------------- */

/* Slice [from, from + k) of K for rows [begin, end) and the panel at `column`; `a` starts at that
 * slice of those rows.  Sums of unfinished slices lie in `sums`, a row of `stride` for each row;
 * unused if there is but one slice. */
static void
panel_rows (const Gemm *g, const float *a, ptrdiff_t a_stride, int begin, int end, int column,
    int from, int k, float *sums, ptrdiff_t stride)
{
    const int n = MIN (GEMM_PANEL, g->n - column);
    const bool first = from == 0, last = from + k == g->k;
    const bool direct = last && n == GEMM_PANEL && is_plain (g) && g->c_type == M2F_F32;
    _Alignas (64) float bias[GEMM_PANEL] = { 0 };
    _Alignas (64) float hot[TILE_ROWS * GEMM_PANEL];
    TileArgs t = { .k = k, .a = a, .a_stride = a_stride, .start = bias };

    t.b = g->b + (ptrdiff_t) column * g->k + (ptrdiff_t) from * GEMM_PANEL;
    if (first && g->bias != NULL)
        for (int j = 0; j < n; j++)
            bias[j] = g->bias[column + j];
    for (int row = begin; row < end; row += TILE_ROWS, t.a += TILE_ROWS * a_stride) {
        const int rows = MIN (TILE_ROWS, end - row);
        float *so_far = sums + (row - begin) * stride + column;

        if (!first) {
            t.start = so_far;
            t.start_stride = stride;
        }
        t.c = direct ? (float *) g->c + row * g->c_stride + column : last ? hot : so_far;
        t.c_stride = direct ? g->c_stride : last ? GEMM_PANEL : stride;
        tiles[n > VEC][rows - 1] (&t);
        if (last && !direct)
            finish (g, hot, GEMM_PANEL, row, rows, column, n);
    }
}

/* `a_room`: elements block_of_a() needs. */
static void
block_rows (const Gemm *g, int begin, int end, BlockOfA block_of_a, ptrdiff_t a_room)
{
    const int slices = (g->k + SLICE - 1) / SLICE, slice = (g->k + slices - 1) / slices;
    const ptrdiff_t stride = (ptrdiff_t) (g->n + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL;
    const ptrdiff_t n_sums = slices > 1 ? GEMM_BLOCK_ROWS * stride : 0;
    float *room = NULL, *sums = NULL;

    if (a_room + n_sums > 0) {
        room = cpu_scratch (CPU_SCRATCH_GEMM, sizeof (float) * (a_room + n_sums));
        sums = room + a_room;
    }
    for (int from = 0; from < g->k; from += slice) {
        const int k = MIN (slice, g->k - from);
        ptrdiff_t a_stride;
        const float *a = block_of_a (g, begin, end, from, k, room, &a_stride);

        for (int column = 0; column < g->n; column += GEMM_PANEL)
            panel_rows (g, a, a_stride, begin, end, column, from, k, sums, stride);
    }
}

/* Rows [begin, end) of C. */
static void
all_rows (const Gemm *g, int begin, int end, BlockOfA block_of_a, ptrdiff_t a_room)
{
    for (int row = begin; row < end; row += GEMM_BLOCK_ROWS)
        block_rows (g, row, MIN (end, row + GEMM_BLOCK_ROWS), block_of_a, a_room);
}

#endif

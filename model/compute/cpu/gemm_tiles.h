/* Micro-kernels of a product, for whichever multiply-add the includer has.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The micro-kernel keeps TILE_ROWS x GEMM_PANEL sums in registers and reads, for every k, one row
 * of a panel of B and one element of each row of A.  B is packed so that a panel is read from
 * front to back.  While it multiplies, what will be wanted next is fetched into the second-level
 * cache: A comes from memory, in TILE_ROWS streams that the processor does not foresee.
 *
 * An element of A and B is four bytes: a float32 or, as neighbours along k, two bf16 for an
 * includer that defines GEMM_PAIRS or four int8 for one that defines GEMM_QUADS, whose sums are
 * int32, carried as the bits of a float32.
 */
#ifndef M2F_CPU_GEMM_TILES_H
#define M2F_CPU_GEMM_TILES_H

#include "model/compute/cpu/gemm_epilogue.h"
#ifdef GEMM_QUADS
#include "model/compute/cpu/gemm_quantise.h"
#endif

#if VEC == 16
#define TILE_ROWS 12 /* 24 sums, 2 of B and 1 of A in 32 registers */
#else
#define TILE_ROWS 6 /* 12 sums, 2 of B and 1 of A in 16 registers */
#endif

/* From one copied row to the next: whole vectors and one more, lest the rows of a micro-kernel
 * fall into the same sets of the cache. */
static inline ptrdiff_t
block_stride (int k)
{
    return (k + 2 * VEC - 1) / VEC * VEC;
}

/* ---- micro-kernels ------------------------------------------------------------------------- */

/* Arguments of a micro-kernel: c = clamp (start + a . b) + residual, the last two if asked for.
 * Products of int8 start at 0 and are made floats, with their bias, before that. */
typedef struct TileArgs {
    int k;
    const float *a, *b;
    ptrdiff_t a_stride;
    const float *start; /* sums so far, or the bias for every row with a stride of 0 */
    ptrdiff_t start_stride;
#ifdef GEMM_QUADS
    const CpuRowRange *ranges;
    const float *scale, *sum_b, *bias; /* one element per column of the panel */
#endif
    bool clamps; /* a ReLU, or with `most` one that is bounded above */
    float most;
    const float *residual;
    ptrdiff_t residual_stride;
    void *c;
    M2fType c_type;
    ptrdiff_t c_stride;
    uintptr_t prefetch; /* next address to prefetch into the second-level cache */
    int prefetch_step;  /* bytes to advance it for every k */
} TileArgs;

typedef void (*Tile) (const TileArgs *t);

static inline vf32
multiply_add (vf32 a, vf32 b, vf32 sum)
{
#ifdef GEMM_PAIRS
    return _mm512_dpbf16_ps (sum, (__m512bh) a, (__m512bh) b);
#elif defined GEMM_QUADS && VEC == 16
    return (vf32) _mm512_dpbusd_epi32 ((__m512i) sum, (__m512i) a, (__m512i) b);
#elif defined GEMM_QUADS
    return (vf32) _mm256_dpbusd_avx_epi32 ((__m256i) sum, (__m256i) a, (__m256i) b);
#else
    return vf_fma (a, b, sum);
#endif
}

/* For every vector of sums, all of which are to stay in registers. */
#define EACH_SUM(i, j) \
    _Pragma ("GCC unroll 12") for (int i = 0; i < rows; i++) \
        _Pragma ("GCC unroll 2") for (int j = 0; j < vectors; j++)

#ifdef GEMM_QUADS

/* The asm hides the value: without it the compiler spills all sums once one is read as integers. */
static inline vf32
to_floats (vf32 sum)
{
    __asm__ ("" : "+v" (sum));
    return vf_from ((vi32) sum);
}

/* dequantise() for sums in registers; step by step, as loops with large bodies are not unrolled. */
static inline __attribute__ ((always_inline)) void
make_floats (const TileArgs *t, vf32 sum[TILE_ROWS][2], const int rows, const int vectors)
{
    EACH_SUM (i, j)
        sum[i][j] = to_floats (sum[i][j]) * vf_set (t->ranges[i].step);
    EACH_SUM (i, j)
        sum[i][j] = vf_fma (vf_set (t->ranges[i].least), vf_load (t->sum_b + j * VEC), sum[i][j]);
    EACH_SUM (i, j)
        sum[i][j] = vf_fma (sum[i][j], vf_load (t->scale + j * VEC), vf_load (t->bias + j * VEC));
}

#endif

static inline __attribute__ ((always_inline)) void
put (const TileArgs *t, vf32 sum[TILE_ROWS][2], const int rows, const int vectors)
{
    if (t->clamps)
        EACH_SUM (i, j)
            sum[i][j] = vf_min (vf_set (t->most), vf_max (vf_zero (), sum[i][j]));
    if (t->residual != NULL)
        EACH_SUM (i, j)
            sum[i][j] += vf_load (t->residual + i * t->residual_stride + j * VEC);
    if (t->c_type == M2F_BF16)
        EACH_SUM (i, j)
            vf_store_bf16 ((uint16_t *) t->c + i * t->c_stride + j * VEC, sum[i][j]);
    else
        EACH_SUM (i, j)
            vf_store ((float *) t->c + i * t->c_stride + j * VEC, sum[i][j]);
}

/* For `rows` rows and `vectors` vectors of a panel. */
static inline __attribute__ ((always_inline)) void
gemm_tile (const TileArgs *t, const int rows, const int vectors)
{
    const float *a = t->a, *b = t->b;
    const ptrdiff_t a_stride = t->a_stride;
    const int prefetch_step = t->prefetch_step;
    uintptr_t prefetch = t->prefetch;
    vf32 sum[TILE_ROWS][2];

    EACH_SUM (i, j)
        sum[i][j] = vf_load (t->start + i * t->start_stride + j * VEC);
    if (t->residual != NULL) /* is wanted all at once, and often far away */
        EACH_SUM (i, j)
            __builtin_prefetch (t->residual + i * t->residual_stride + j * VEC);
    for (const float *end = a + t->k; a < end; a++, b += GEMM_PANEL, prefetch += prefetch_step) {
        vf32 column[2];

        __builtin_prefetch ((const void *) prefetch, 0, 2);
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
#ifdef GEMM_QUADS
    make_floats (t, sum, rows, vectors);
#endif
    put (t, sum, rows, vectors);
}

#define TILE(rows, vectors) \
    static void tile_##rows##x##vectors (const TileArgs *t) \
    { \
        gemm_tile (t, rows, vectors); \
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

/* ---- what to give them ---------------------------------------------------------------------- */

/* Nothing that put() could not do.  An addend for every row is as good as a residual where nothing
 * is between them. */
static bool
is_simple (const CpuGemm *g)
{
    const bool addend_is_residual = g->addend_rows == g->m && g->residual == NULL &&
        g->activation == M2F_NO_ACTIVATION;

    return g->row_bias == NULL && (g->addend == NULL || addend_is_residual) &&
        g->activation != M2F_GELU;
}

static void
aim_at_c (TileArgs *t, const CpuGemm *g, int row, int column)
{
    const ptrdiff_t at = row * g->c_stride + column;

    t->clamps = g->activation == M2F_RELU || g->activation == M2F_RELU6;
    t->most = g->activation == M2F_RELU6 ? 6.f : INFINITY;
    if (g->residual != NULL) {
        t->residual = g->residual + row * g->residual_stride + column;
        t->residual_stride = g->residual_stride;
    } else if (g->addend != NULL) {
        t->residual = g->addend + row * g->addend_stride + column;
        t->residual_stride = g->addend_stride;
    }
    t->c = (char *) g->c + at * (ptrdiff_t) m2f_type_size (g->c_type);
    t->c_type = g->c_type;
    t->c_stride = g->c_stride;
}

/* Has the tiles of a panel fetch what comes next: those of the first panel the rows of A below
 * their own, which nothing has read yet, later ones their shares of the next panel of B.  Returns
 * how far these are apart, in bytes. */
static ptrdiff_t
look_ahead (TileArgs *t, const CpuGemm *g, int tiles_down, int column)
{
    const ptrdiff_t element = sizeof (float);

    if (column == 0) {
        const ptrdiff_t down = TILE_ROWS * t->a_stride * element;

        t->prefetch = (uintptr_t) t->a + (size_t) down;
        t->prefetch_step = 64; /* 12 rows have 48 bytes for every k */
        return down;
    }
    t->prefetch = (uintptr_t) t->b + (size_t) (GEMM_PANEL * g->k * element);
    t->prefetch_step = GEMM_PANEL * (int) element / tiles_down;
    return (ptrdiff_t) t->k * t->prefetch_step;
}

#endif

/* Products on AMX, Intel's matrix units: micro-kernels and the loops around them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tile is 16 rows of 64 bytes.  One of A holds 16 of its rows, one of B 16 of its columns, each
 * with 16 elements of k (of four bytes: two bf16 or four int8 that are neighbours along k); an
 * instruction adds their product to 16 x 16 sums in 16 cycles, a load takes 8.  So the micro-kernel
 * keeps 2 x 2 tiles of sums and loads one tile for each product.
 *
 * What it loads has to come at 64 bytes a cycle, more than the second-level cache gives.  Hence a
 * panel of B is taken past all strips of A in slices of k short enough that a slice of the panel
 * stays in the first level while the strips stream from the second.  The next slice of B, which
 * follows in memory, is fetched into the second level meanwhile.
 *
 * The matrix unit and the vector units work side by side: sums are stored to a hot tile, and what
 * is left to do with them is done between the steps of the product that comes next.
 *
 * Latencies are those of Intel's Optimization Reference Manual, "Intel AMX instruction throughput
 * and latency"; the sizes that follow from them have not been tuned on such a processor.
 */
#include "model/compute/cpu/amx.h"

#include "model/compute/cpu/gemm_epilogue.h"

#define TILE_ELEMENTS 16 /* most elements of k in a tile */
#define SLICE_STEPS 12   /* tiles along k: 24 KiB of B and as much of a strip, of 48 KiB of cache */

/* ---- tiles --------------------------------------------------------------------------------- */

/* Tiles 0 to 3 are sums (row of tiles by row), 4 and 5 are of A, 6 and 7 of B. */

/* Operand of ldtilecfg. */
typedef struct TileConfig {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} TileConfig;

/* The compiler may not know what memory tiles are loaded from. */
static inline void
memory_barrier (const void *p)
{
    __asm__ volatile ("" : : "r" (p) : "memory");
}

/* For tiles of `width` elements along k. */
static void
configure (int width)
{
    _Alignas (64) TileConfig config = { .palette = 1 };

    for (int i = 0; i < 8; i++) {
        config.rows[i] = (uint8_t) (i < 6 ? AMX_TILE_ROWS : width);
        config.row_bytes[i] = (uint16_t) (i == 4 || i == 5 ? 4 * width : 64);
    }
    memory_barrier (&config);
    _tile_loadconfig (&config);
}

/* Elements along k of a tile: the most that divide `k`. */
static int
tile_width (int k)
{
    int steps = (k + TILE_ELEMENTS - 1) / TILE_ELEMENTS;

    while (k % steps != 0)
        steps++;
    return k / steps;
}

/* ---- work for the vector units ------------------------------------------------------------- */

/* Rows of a hot tile on their way to C. */
typedef struct Pending {
    const CpuGemm *gemm;
    const CpuRowRange *ranges; /* one per row, or NULL */
    float *sums;
    int row, rows;
    int column, n;
} Pending;

static __attribute__ ((noinline)) void
finish_some (Pending *p, int rows)
{
    rows = MIN (rows, p->rows);
    if (p->ranges != NULL) {
        dequantise (p->gemm, p->ranges, p->sums, GEMM_PANEL, rows, p->column, p->n);
        p->ranges += rows;
    }
    finish (p->gemm, p->sums, GEMM_PANEL, p->row, rows, p->column, p->n);
    p->sums += rows * GEMM_PANEL;
    p->row += rows;
    p->rows -= rows;
}

/* ---- micro-kernels ------------------------------------------------------------------------- */

/* Arguments of a micro-kernel: c = start + a . b, for a strip and a panel.  Strides in bytes. */
typedef struct AmxTileArgs {
    int steps, width;   /* tiles along k, elements of each */
    const char *a, *b;
    ptrdiff_t a_stride;
    const char *start;  /* sums so far, or the bias for every row with a stride of 0 */
    ptrdiff_t start_stride;
    char *c;
    ptrdiff_t c_stride;
    int c_rows;         /* rows of c to fetch at every step */
    uintptr_t prefetch; /* next address to prefetch into the second-level cache */
    int prefetch_lines; /* number of lines to prefetch at every step */
} AmxTileArgs;

#define TILE_PITCH 64 /* bytes from the left tile of sums, or of B, to the right one */
#define B_PITCH ((ptrdiff_t) (GEMM_PANEL * sizeof (float)))

/* Tile c += a . b; numbers of tiles are part of an instruction. */
#define MULTIPLY_ADD(bytes, c, a, b)  \
    do {                              \
        if (bytes)                    \
            _tile_dpbusd (c, a, b);   \
        else                          \
            _tile_dpbf16ps (c, a, b); \
    } while (0)

typedef void (*Tile) (const AmxTileArgs *t, Pending *pending);

/* For one or two tiles of rows, of bf16 or of bytes.  Between the steps, rows of `pending`. */
static inline __attribute__ ((always_inline)) void
multiply (const AmxTileArgs *t, Pending *pending, const bool two, const bool bytes)
{
    const ptrdiff_t a_step = 4 * t->width, b_step = B_PITCH * t->width;
    const ptrdiff_t a_down = AMX_TILE_ROWS * t->a_stride;
    const ptrdiff_t start_down = AMX_TILE_ROWS * t->start_stride;
    const ptrdiff_t c_down = AMX_TILE_ROWS * t->c_stride;
    const int share = (pending->rows + t->steps - 1) / t->steps;
    const char *a = t->a, *b = t->b;
    uintptr_t prefetch = t->prefetch;
    const char *c_row = t->c;

    memory_barrier (t);
    _tile_loadd (0, t->start, t->start_stride);
    _tile_loadd (1, t->start + TILE_PITCH, t->start_stride);
    if (two) {
        _tile_loadd (2, t->start + start_down, t->start_stride);
        _tile_loadd (3, t->start + start_down + TILE_PITCH, t->start_stride);
    }
    for (int i = 0; i < t->steps; i++, a += a_step, b += b_step) {
        _tile_loadd (4, a, t->a_stride);
        _tile_loadd (6, b, B_PITCH);
        MULTIPLY_ADD (bytes, 0, 4, 6);
        _tile_loadd (7, b + TILE_PITCH, B_PITCH);
        MULTIPLY_ADD (bytes, 1, 4, 7);
        if (two) {
            _tile_loadd (5, a + a_down, t->a_stride);
            MULTIPLY_ADD (bytes, 2, 5, 6);
            MULTIPLY_ADD (bytes, 3, 5, 7);
        }
        for (int j = 0; j < t->c_rows; j++, c_row += t->c_stride) {
            __builtin_prefetch (c_row, 1);
            __builtin_prefetch (c_row + 64, 1);
        }
        for (int j = 0; j < t->prefetch_lines; j++, prefetch += 64)
            _mm_prefetch ((const char *) prefetch, _MM_HINT_T1);
        if (pending->rows > 0)
            finish_some (pending, share);
    }
    _tile_stored (0, t->c, t->c_stride);
    _tile_stored (1, t->c + TILE_PITCH, t->c_stride);
    if (two) {
        _tile_stored (2, t->c + c_down, t->c_stride);
        _tile_stored (3, t->c + c_down + TILE_PITCH, t->c_stride);
    }
}

#define TILE(name, two, bytes) \
    static void name (const AmxTileArgs *t, Pending *pending) \
    { \
        multiply (t, pending, two, bytes); \
    }

TILE (bf16_1x2, false, false)
TILE (bf16_2x2, true, false)
TILE (int8_1x2, false, true)
TILE (int8_2x2, true, true)

/* By bytes, tiles of rows - 1. */
static const Tile tiles[2][2] = { { bf16_1x2, bf16_2x2 }, { int8_1x2, int8_2x2 } };

/* ---- peaks --------------------------------------------------------------------------------- */

/* Returns the operations of so many rounds with `flops` for every element of a tile's products. */
static inline __attribute__ ((always_inline)) double
peak (int64_t rounds, const bool bytes, int flops)
{
    configure (TILE_ELEMENTS);
    for (int64_t i = 0; i < rounds; i++) {
        MULTIPLY_ADD (bytes, 0, 4, 6);
        MULTIPLY_ADD (bytes, 1, 4, 7);
        MULTIPLY_ADD (bytes, 2, 5, 6);
        MULTIPLY_ADD (bytes, 3, 5, 7);
    }
    _tile_release ();
    return (double) rounds * 4 * flops * AMX_TILE_ROWS * 16 * TILE_ELEMENTS;
}

double
amx_peak_bf16 (int64_t rounds)
{
    return peak (rounds, false, 2 * 2);
}

double
amx_peak_int8 (int64_t rounds)
{
    return peak (rounds, true, 2 * 4);
}

/* ---- loops --------------------------------------------------------------------------------- */

/* Position of a sweep over the panels and slices. */
typedef struct Sweep {
    const AmxProduct *product;
    float *sums;         /* sums of unfinished slices, strip by strip */
    int width;
    int column, n;       /* the panel */
    const char *b;       /* the slice of it */
    ptrdiff_t a_offset;  /* bytes from the start of a row of A to the slice */
    int steps;           /* tiles along k in the slice */
    bool first, last;    /* true in the first and in the last slice */
    Pending pending;
    int turn;            /* which hot tile comes next */
    _Alignas (64) float bias[GEMM_PANEL];
    _Alignas (64) float hot[2][AMX_SUMS (1)];
} Sweep;

/* Nothing but a bias, which the sums start from, so that they can go to a float32 C as they are. */
static bool
is_plain (const AmxProduct *p)
{
    const CpuGemm *g = p->gemm;

    return p->ranges == NULL && g->row_bias == NULL && g->addend == NULL && g->residual == NULL
        && g->activation == M2F_NO_ACTIVATION && g->c_type == M2F_F32;
}

/* A slice of a panel past all strips. */
static void
run_slice (Sweep *s)
{
    const AmxProduct *p = s->product;
    const CpuGemm *g = p->gemm;
    const bool plain = s->n == GEMM_PANEL && is_plain (p);
    const bool far = g->m * g->c_stride * (ptrdiff_t) sizeof (float) > PREFETCH_BYTES;
    const ptrdiff_t bytes = s->steps * s->width * B_PITCH;
    const int runs = p->n_strips * s->steps;
    AmxTileArgs t = { .steps = s->steps, .width = s->width, .b = s->b,
        .prefetch = (uintptr_t) s->b + bytes,
        .prefetch_lines = (int) ((bytes / 64 + runs - 1) / runs) };

    for (int i = 0; i < p->n_strips; i++) {
        const AmxStrip *strip = &p->strips[i];
        const bool direct = s->last && plain && strip->rows % AMX_TILE_ROWS == 0;
        float *so_far = s->sums + AMX_SUMS (i), *c = s->last ? s->hot[s->turn] : so_far;

        t.a = (const char *) strip->a + s->a_offset;
        t.a_stride = strip->a_stride;
        t.start = (const char *) (s->first ? s->bias : so_far);
        t.start_stride = s->first ? 0 : B_PITCH;
        t.c_stride = B_PITCH;
        t.c_rows = 0;
        if (direct) {
            c = (float *) g->c + strip->row * g->c_stride + s->column;
            t.c_stride = (ptrdiff_t) sizeof (float) * g->c_stride;
            t.c_rows = far ? divide_up (strip->rows, s->steps) : 0;
        }
        t.c = (char *) c;
        tiles[p->ranges != NULL][strip->rows > AMX_TILE_ROWS] (&t, &s->pending);
        t.prefetch += (uintptr_t) t.prefetch_lines * s->steps * 64;
        if (s->last && !direct) {
            s->pending = (Pending) { g, p->ranges, c, strip->row, strip->rows, s->column, s->n };
            if (p->ranges != NULL)
                s->pending.ranges += strip->row - p->strips[0].row;
            s->turn ^= 1;
        }
    }
}

static void
run_panel (Sweep *s)
{
    const AmxProduct *p = s->product;
    const CpuGemm *g = p->gemm;
    const int steps = g->k / p->parts / s->width;
    const int slices = (steps + SLICE_STEPS - 1) / SLICE_STEPS;
    const bool with_bias = g->bias != NULL && p->ranges == NULL; /* which add it later */

    s->b = (const char *) (g->b + (ptrdiff_t) s->column * g->k);
    s->n = MIN (GEMM_PANEL, g->n - s->column);
    for (int j = 0; j < GEMM_PANEL; j++)
        s->bias[j] = with_bias && j < s->n ? g->bias[s->column + j] : 0.f;
    for (int part = 0; part < p->parts; part++)
        for (int i = 0; i < slices; i++) {
            const int from = i * steps / slices;

            s->steps = (i + 1) * steps / slices - from;
            s->a_offset = part * p->part_bytes + (ptrdiff_t) 4 * from * s->width;
            s->first = part == 0 && i == 0;
            s->last = part == p->parts - 1 && i == slices - 1;
            run_slice (s);
            s->b += s->steps * s->width * B_PITCH;
        }
}

void
amx_multiply (const AmxProduct *product, float *sums)
{
    const CpuGemm *g = product->gemm;
    Sweep s = { .product = product, .sums = sums, .width = tile_width (g->k / product->parts) };

    configure (s.width);
    for (s.column = 0; s.column < g->n; s.column += GEMM_PANEL)
        run_panel (&s);
    _tile_release (); /* tiles in use cost the system time at every switch of threads */
    if (s.pending.rows > 0)
        finish_some (&s.pending, s.pending.rows);
}

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
    bool near; /* see is_near() */
} Pending;

static inline void
advance (Pending *p, int rows)
{
    p->sums += rows * GEMM_PANEL;
    p->row += rows;
    p->rows -= rows;
}

static __attribute__ ((noinline)) void
finish_some (Pending *p, int rows)
{
    rows = MIN (rows, p->rows);
    if (p->ranges != NULL) {
        dequantise (p->gemm, p->ranges, p->sums, GEMM_PANEL, rows, p->column, p->n);
        p->ranges += rows;
    }
    finish (p->gemm, p->sums, GEMM_PANEL, p->row, rows, p->column, p->n);
    advance (p, rows);
}

/* True if finish_whole() and finish_part() do what finish() does: C stays in the second-level
 * cache, and few things are done to it. */
static inline bool
is_near (const CpuGemm *g)
{
    return g->row_bias == NULL && g->addend == NULL && g->activation != M2F_GELU
        && (g->c_type == M2F_F32 || g->residual == NULL)
        && g->m * g->c_stride * (ptrdiff_t) sizeof (float) <= PREFETCH_BYTES;
}

/* For a whole panel, in few enough instructions to be inlined between others. */
static inline __attribute__ ((always_inline)) void
finish_whole (const Pending *p, int rows)
{
    const CpuGemm *g = p->gemm;
    const Bounds bounds = bounds_of (g->activation);
    const float *sums = p->sums, *residual = g->residual;
    uint16_t *halves = (uint16_t *) g->c + p->row * g->c_stride + p->column;
    float *floats = (float *) g->c + p->row * g->c_stride + p->column;

    if (residual != NULL)
        residual += p->row * g->residual_stride + p->column;
    for (int i = 0; i < rows; i++, sums += GEMM_PANEL) {
        vf32 low = vf_min (bounds.most, vf_max (bounds.least, vf_load (sums)));
        vf32 high = vf_min (bounds.most, vf_max (bounds.least, vf_load (sums + VEC)));

        if (g->c_type == M2F_BF16) {
            vf_store_bf16_both (halves, low, high);
            halves += g->c_stride;
            continue;
        }
        if (residual != NULL) {
            low += vf_load (residual);
            high += vf_load (residual + VEC);
            residual += g->residual_stride;
        }
        vf_store (floats, low);
        vf_store (floats + VEC, high);
        floats += g->c_stride;
    }
}

/* Up to a vector of the columns, from the i-th of the panel on. */
static inline __attribute__ ((always_inline)) void
finish_columns (const Pending *p, const bool rounded, int rows, int i)
{
    const CpuGemm *g = p->gemm;
    const Bounds bounds = bounds_of (g->activation);
    const vmask lanes = p->n - i >= VEC ? (vmask) -1 : vm_first (p->n - i);
    const float *residual = g->residual;
    uint16_t *halves = (uint16_t *) g->c + p->row * g->c_stride + p->column + i;
    float *floats = (float *) g->c + p->row * g->c_stride + p->column + i;

    if (residual != NULL)
        residual += p->row * g->residual_stride + p->column + i;
    for (int j = 0; j < rows; j++, halves += g->c_stride, floats += g->c_stride) {
        vf32 sum = vf_load (p->sums + j * GEMM_PANEL + i);

        sum = vf_min (bounds.most, vf_max (bounds.least, sum));
        if (residual != NULL)
            sum += vf_load_mask (residual + j * g->residual_stride, lanes);
        if (rounded)
            vf_store_bf16_mask (halves, sum, lanes);
        else
            vf_store_mask (floats, sum, lanes);
    }
}

/* For less than a panel. */
static __attribute__ ((noinline)) void
finish_part (const Pending *p, int rows)
{
    for (int i = 0; i < p->n; i += VEC)
        if (p->gemm->c_type == M2F_BF16)
            finish_columns (p, true, rows, i);
        else
            finish_columns (p, false, rows, i);
}

static inline __attribute__ ((always_inline)) void
finish_quarter (Pending *p)
{
    const int rows = MIN (AMX_STRIP_ROWS / 4, p->rows);

    if (p->n == GEMM_PANEL)
        finish_whole (p, rows);
    else
        finish_part (p, rows);
    advance (p, rows);
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

/* Micro-kernels have one or two tiles of rows, `two` if two, and of columns, `wide` if two. */

static inline __attribute__ ((always_inline)) void
load_start (const AmxTileArgs *t, const bool two, const bool wide)
{
    const char *below = t->start + AMX_TILE_ROWS * t->start_stride;

    memory_barrier (t);
    _tile_loadd (0, t->start, t->start_stride);
    if (wide)
        _tile_loadd (1, t->start + TILE_PITCH, t->start_stride);
    if (two)
        _tile_loadd (2, below, t->start_stride);
    if (two && wide)
        _tile_loadd (3, below + TILE_PITCH, t->start_stride);
}

/* The sums += a . b for one tile along k. */
static inline __attribute__ ((always_inline)) void
multiply_step (const char *a, ptrdiff_t a_stride, const char *b, const bool two, const bool wide,
    const bool bytes)
{
    _tile_loadd (4, a, a_stride);
    _tile_loadd (6, b, B_PITCH);
    MULTIPLY_ADD (bytes, 0, 4, 6);
    if (wide) {
        _tile_loadd (7, b + TILE_PITCH, B_PITCH);
        MULTIPLY_ADD (bytes, 1, 4, 7);
    }
    if (two) {
        _tile_loadd (5, a + AMX_TILE_ROWS * a_stride, a_stride);
        MULTIPLY_ADD (bytes, 2, 5, 6);
    }
    if (two && wide)
        MULTIPLY_ADD (bytes, 3, 5, 7);
}

/* Stores the sums, and finishes a quarter of `pending`, if not NULL, before each tile. */
static inline __attribute__ ((always_inline)) void
store_sums (const AmxTileArgs *t, Pending *pending, const bool two, const bool wide)
{
    char *below = t->c + AMX_TILE_ROWS * t->c_stride;

    if (pending != NULL)
        finish_quarter (pending);
    _tile_stored (0, t->c, t->c_stride);
    if (pending != NULL)
        finish_quarter (pending);
    if (wide)
        _tile_stored (1, t->c + TILE_PITCH, t->c_stride);
    if (pending != NULL)
        finish_quarter (pending);
    if (two)
        _tile_stored (2, below, t->c_stride);
    if (pending != NULL)
        finish_quarter (pending);
    if (two && wide)
        _tile_stored (3, below + TILE_PITCH, t->c_stride);
}

/* For bf16 or for bytes.  Rows of `pending` are finished between the steps, or, where that takes
 * few instructions, a quarter before each tile is stored: more than some hundred instructions in a
 * row keep the processor from looking ahead to the next tile. */
static inline __attribute__ ((always_inline)) void
multiply (const AmxTileArgs *t, Pending *pending, const bool two, const bool wide,
    const bool bytes)
{
    const ptrdiff_t a_step = 4 * t->width, b_step = B_PITCH * t->width;
    const bool quarters = pending->near && pending->rows > 0;
    const int share = (pending->rows + t->steps - 1) / t->steps;
    const char *a = t->a, *b = t->b;
    uintptr_t prefetch = t->prefetch;
    const char *c_row = t->c;

    load_start (t, two, wide);
    for (int i = 0; i < t->steps; i++, a += a_step, b += b_step) {
        multiply_step (a, t->a_stride, b, two, wide, bytes);
        for (int j = 0; j < t->c_rows; j++, c_row += t->c_stride) {
            __builtin_prefetch (c_row, 1);
            __builtin_prefetch (c_row + 64, 1);
        }
        for (int j = 0; j < t->prefetch_lines; j++, prefetch += 64)
            _mm_prefetch ((const char *) prefetch, _MM_HINT_T1);
        if (!quarters && pending->rows > 0)
            finish_some (pending, share);
    }
    if (quarters)
        store_sums (t, pending, two, wide);
    else
        store_sums (t, NULL, two, wide);
}

#define TILE(name, two, wide, bytes) \
    static void name (const AmxTileArgs *t, Pending *pending) \
    { \
        multiply (t, pending, two, wide, bytes); \
    }

TILE (bf16_1x1, false, false, false)
TILE (bf16_1x2, false, true, false)
TILE (bf16_2x1, true, false, false)
TILE (bf16_2x2, true, true, false)
TILE (int8_1x1, false, false, true)
TILE (int8_1x2, false, true, true)
TILE (int8_2x1, true, false, true)
TILE (int8_2x2, true, true, true)

/* By bytes, tiles of rows - 1, tiles of columns - 1. */
static const Tile tiles[2][2][2] = {
    { { bf16_1x1, bf16_1x2 }, { bf16_2x1, bf16_2x2 } },
    { { int8_1x1, int8_1x2 }, { int8_2x1, int8_2x2 } },
};

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
    const bool near = p->ranges == NULL && is_near (g);
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
        tiles[p->ranges != NULL][strip->rows > AMX_TILE_ROWS][s->n > VEC] (&t, &s->pending);
        t.prefetch += (uintptr_t) t.prefetch_lines * s->steps * 64;
        if (s->last && !direct) {
            s->pending = (Pending) { g, p->ranges, c, strip->row, strip->rows, s->column, s->n,
                near };
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

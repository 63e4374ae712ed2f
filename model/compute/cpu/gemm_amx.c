/* Products of bf16 and int8 matrices by matrix units.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * B is packed as for the vector units.  A that is bf16 is read where it lies, but for rows that
 * do not fill a tile at the end; float32 is rounded, and either is quantised, a block at a time.
 */
#include "model/compute/cpu/amx.h"
#include "model/compute/cpu/gemm_bf16.h"

/* Most bytes of A in a block: half of a second-level cache of 2 MiB. */
#define BLOCK_BYTES (1 << 20)
#define MAX_ROWS (AMX_MAX_STRIPS * AMX_STRIP_ROWS)
/* Multiply-adds of four bytes, some 500 a cycle, that take as long as waking a worker. */
#define SERIAL_WORK 800000

/* Bytes from one copied row of A to the next: a cache line more than a row needs, lest all rows
 * fall into the same sets of the cache. */
static ptrdiff_t
copy_stride (int k)
{
    return (sizeof (float) * k + 127) / 64 * 64;
}

/* Rows [row, row + rows) as pairs. */
static void
copy_rows (const CpuGemm *g, int row, int rows, char *room)
{
    const ptrdiff_t stride = copy_stride (g->k);

    for (int i = row; i < row + rows; i++, room += stride)
        if (g->a_type == M2F_BF16)
            memcpy (room, (const uint16_t *) g->a + i * g->a_stride, sizeof (float) * g->k);
        else
            round_row ((const float *) g->a + i * g->a_stride, 2 * g->k, (float *) room);
}

/* Scratch memory of a thread: float32 and int32 sums, then rows into which strips are copied. */
typedef struct Room {
    float *sums;
    char *rows;
} Room;

static Room
make_room (int n_strips, int n_copied, int k)
{
    const size_t sums = sizeof (float) * AMX_SUMS (n_strips);
    char *room = cpu_scratch (CPU_SCRATCH_GEMM,
        sums + (size_t) n_copied * AMX_STRIP_ROWS * (size_t) copy_stride (k));

    return (Room) { (float *) (void *) room, room != NULL ? room + sums : NULL };
}

/* Strips for rows [begin, end), with no A yet.  What else is in `product` is left as it is: zeroing
 * it takes as long as a small product. */
static void
make_strips (AmxProduct *product, const CpuGemm *g, int begin, int end)
{
    product->gemm = g;
    product->n_strips = 0;
    product->ranges = NULL;
    product->parts = 1;
    product->part_bytes = 0;
    for (int row = begin; row < end; row += AMX_STRIP_ROWS)
        product->strips[product->n_strips++]
            = (AmxStrip) { .row = row, .rows = MIN (AMX_STRIP_ROWS, end - row) };
}

static void
bf16_block (const CpuGemm *g, int begin, int end)
{
    const int n_strips = (end - begin + AMX_STRIP_ROWS - 1) / AMX_STRIP_ROWS;
    const bool in_place = g->a_type == M2F_BF16;
    Room room = make_room (n_strips, in_place ? 1 : n_strips, g->k);
    AmxProduct product;

    if (room.sums == NULL)
        return;
    make_strips (&product, g, begin, end);
    for (int i = 0; i < product.n_strips; i++) {
        AmxStrip *strip = &product.strips[i];

        if (in_place && strip->rows % AMX_TILE_ROWS == 0) {
            strip->a = (const uint16_t *) g->a + strip->row * g->a_stride;
            strip->a_stride = (ptrdiff_t) sizeof (uint16_t) * g->a_stride;
        } else {
            copy_rows (g, strip->row, strip->rows, room.rows);
            strip->a = room.rows;
            strip->a_stride = copy_stride (g->k);
            room.rows += AMX_STRIP_ROWS * strip->a_stride;
        }
    }
    amx_multiply (&product, room.sums);
}

static void
int8_block (const CpuGemm *g, int begin, int end)
{
    const int n_strips = (end - begin + AMX_STRIP_ROWS - 1) / AMX_STRIP_ROWS;
    const ptrdiff_t stride = copy_stride (g->k);
    const Room room = make_room (n_strips, n_strips, g->k);
    CpuRowRange ranges[MAX_ROWS];
    AmxProduct product;

    if (room.sums == NULL)
        return;
    make_strips (&product, g, begin, end);
    for (int row = begin; row < end; row++)
        ranges[row - begin]
            = quantise_row (g, row, (uint8_t *) room.rows + (row - begin) * stride);
    for (int i = 0; i < product.n_strips; i++) {
        product.strips[i].a = room.rows + i * AMX_STRIP_ROWS * stride;
        product.strips[i].a_stride = stride;
    }
    product.ranges = ranges;
    amx_multiply (&product, room.sums);
}

/* Whole strips of rows, whose A fills at most BLOCK_BYTES. */
static int
amx_block_rows (int k)
{
    const int strips = BLOCK_BYTES / (int) sizeof (float) / k / AMX_STRIP_ROWS;

    return CLAMP (strips, 1, AMX_MAX_STRIPS) * AMX_STRIP_ROWS;
}

static void
amx_bf16_rows (const CpuGemm *g, int begin, int end)
{
    for (const int rows = amx_block_rows (g->k); begin < end; begin += rows)
        bf16_block (g, begin, MIN (end, begin + rows));
}

static void
amx_int8_rows (const CpuGemm *g, int begin, int end)
{
    for (const int rows = amx_block_rows (g->k); begin < end; begin += rows)
        int8_block (g, begin, MIN (end, begin + rows));
}

static bool
pays (void)
{
    return bf16_pays (amx_bf16_rows);
}

static const CpuBlocking blocking = { amx_block_rows, AMX_STRIP_ROWS, SERIAL_WORK };

void
ISA (cpu_init_amx) (CpuKernels *kernels)
{
    kernels->bf16.rows = amx_bf16_rows;
    kernels->bf16.pays = pays;
    kernels->bf16.blocking = &blocking;
    kernels->int8.rows = amx_int8_rows;
    kernels->int8.blocking = &blocking;
    kernels->peaks.bf16 = amx_peak_bf16;
    kernels->peaks.int8 = amx_peak_int8;
}

/* Products of bf16 matrices with float32 sums, by matrix units.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * B is packed as for the vector units.  A that is bf16 is read where it lies, but for rows that
 * do not fill a tile at the end; float32 is rounded a block at a time.
 */
#include "amx.h"
#include "gemm_bf16.h"

/* Of A, at most, in a block: half of a second-level cache of 2 MiB. */
#define BLOCK_BYTES (1 << 20)

/* Of a row of A copied: a line more than it needs, lest its rows fall into the same sets of the
 * cache. */
static ptrdiff_t
copy_stride (int k)
{
    return (sizeof (float) * k + 127) / 64 * 64;
}

/* Rows [row, row + rows) as pairs. */
static void
copy_rows (const Gemm *g, int row, int rows, char *room)
{
    const ptrdiff_t stride = copy_stride (g->k);

    for (int i = row; i < row + rows; i++, room += stride)
        if (g->a_type == M2F_BF16)
            memcpy (room, (const uint16_t *) g->a + i * g->a_stride, sizeof (float) * g->k);
        else
            round_row ((const float *) g->a + i * g->a_stride, 2 * g->k, (float *) room);
}

static void
block_rows (const Gemm *g, int begin, int end)
{
    const int n_strips = (end - begin + AMX_STRIP_ROWS - 1) / AMX_STRIP_ROWS;
    const ptrdiff_t stride = copy_stride (g->k);
    const bool in_place = g->a_type == M2F_BF16;
    const int copied = in_place ? 1 : n_strips;
    float *sums = cpu_scratch (CPU_SCRATCH_GEMM,
        sizeof (float) * AMX_SUMS (n_strips) + copied * AMX_STRIP_ROWS * stride);
    char *room = (char *) (sums + AMX_SUMS (n_strips));
    AmxProduct product = { .gemm = g, .n_strips = n_strips, .segments = 1 };

    for (int i = 0; i < n_strips; i++) {
        AmxStrip *strip = &product.strips[i];

        strip->row = begin + i * AMX_STRIP_ROWS;
        strip->rows = MIN (AMX_STRIP_ROWS, end - strip->row);
        if (in_place && strip->rows % AMX_TILE_ROWS == 0) {
            strip->a = (const uint16_t *) g->a + strip->row * g->a_stride;
            strip->a_stride = sizeof (uint16_t) * g->a_stride;
        } else {
            copy_rows (g, strip->row, strip->rows, room);
            strip->a = room;
            strip->a_stride = stride;
            room += AMX_STRIP_ROWS * stride;
        }
    }
    amx_multiply (&product, sums);
}

static void
bf16_rows (const Gemm *g, int begin, int end)
{
    const int strips = BLOCK_BYTES / (int) sizeof (float) / g->k / AMX_STRIP_ROWS;
    const int rows = CLAMP (strips, 1, AMX_MAX_STRIPS) * AMX_STRIP_ROWS;

    for (int row = begin; row < end; row += rows)
        block_rows (g, row, MIN (end, row + rows));
}

static bool
pays (void)
{
    return bf16_pays (bf16_rows);
}

void
ISA (cpu_init_amx) (CpuKernels *kernels)
{
    kernels->bf16.rows = bf16_rows;
    kernels->bf16.pays = pays;
    kernels->peaks.bf16 = amx_peak;
}

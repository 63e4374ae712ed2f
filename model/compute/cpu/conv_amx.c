/* conv3x3 by matrix units: one product, whose A is the input itself.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block of the input is rounded to a map of bf16 with a border of a pixel around it.  The three
 * pixels of a row of the kernel are then neighbours in memory, and the pixels of the output follow
 * each other a pixel apart: a row of A is three stretches of 3 C elements, and rows overlap.
 * Multiplications cost too little here for Winograd's transforms to save anything.
 */
#include "model/compute/cpu/amx.h"
#include "model/compute/cpu/gemm_bf16.h"

#define MAP_BYTES (512 << 10) /* a quarter of a second-level cache of 2 MiB; weights stream by */
#define MAX_COLUMNS 128       /* pixels of a block across */
#define BLOCKS_PER_THREAD 4

typedef struct AmxConvJob {
    const M2fConv3x3 *args;
    int rows, columns;   /* pixels of a block */
    int down, across;    /* blocks of an image */
    size_t map_elements;
} AmxConvJob;

/* A block of the output. */
typedef struct Block {
    int batch, y, x, height, width;
} Block;

/* Row `y` of the input, from one pixel left of the block to one right of it.  May write a vector
 * more. */
static void
round_pixels (const M2fTensor *src, const Block *block, int y, uint16_t *map)
{
    const int channels = src->ne[3], height = src->ne[1], width = src->ne[2];

    for (int x = block->x - 1; x <= block->x + block->width; x++, map += channels)
        if (y < 0 || y >= height || x < 0 || x >= width)
            memset (map, 0, sizeof *map * (size_t) channels);
        else
            round_row (m2f_row_f32 (src, ((int64_t) block->batch * height + y) * width + x),
                channels, (float *) (void *) map);
}

static void
convolve_block (const AmxConvJob *job, const Block *block, uint16_t *map, float *sums)
{
    const M2fTensor *src = &job->args->src, *dst = &job->args->dst, *bias = &job->args->bias;
    const ptrdiff_t pixel = src->ne[3], row = (block->width + 2) * pixel;
    const CpuGemm g = {
        .n = dst->ne[3],
        .k = 9 * src->ne[3] / 2,
        .b = m2f_tensor_host (&job->args->weight),
        .c = m2f_tensor_host (dst),
        .c_stride = dst->stride,
        .bias = m2f_tensor_present (bias) ? m2f_row_f32 (bias, 0) : NULL,
    };
    AmxProduct product = { .gemm = &g, .parts = 3, .part_bytes = (ptrdiff_t) sizeof *map * row };

    for (int y = -1; y <= block->height; y++)
        round_pixels (src, block, block->y + y, map + (y + 1) * row);
    for (int y = 0; y < block->height; y++)
        for (int x = 0; x < block->width; x += AMX_STRIP_ROWS)
            product.strips[product.n_strips++] = (AmxStrip) {
                .a = map + y * row + x * pixel,
                .a_stride = (ptrdiff_t) sizeof *map * pixel,
                .row = (block->batch * dst->ne[1] + block->y + y) * dst->ne[2] + block->x + x,
                .rows = MIN (AMX_STRIP_ROWS, block->width - x),
            };
    amx_multiply (&product, sums);
}

static void
convolve_blocks (void *arg, int begin, int end, int thread)
{
    const AmxConvJob *job = arg;
    const M2fTensor *dst = &job->args->dst;
    float *sums = cpu_scratch (CPU_SCRATCH_THREAD,
        sizeof (float) * AMX_SUMS (AMX_MAX_STRIPS) + sizeof (uint16_t) * job->map_elements);
    uint16_t *map;

    if (sums == NULL)
        return;
    map = (uint16_t *) (void *) (sums + AMX_SUMS (AMX_MAX_STRIPS));
    for (int i = begin; i < end; i++) {
        Block block = {
            .batch = i / (job->down * job->across),
            .y = i / job->across % job->down * job->rows,
            .x = i % job->across * job->columns,
        };

        block.height = MIN (job->rows, dst->ne[1] - block.y);
        block.width = MIN (job->columns, dst->ne[2] - block.x);
        convolve_block (job, &block, map, sums);
    }
}

static void
conv3x3 (CpuDevice *device, const M2fConv3x3 *args)
{
    const int batch = args->dst.ne[0], height = args->dst.ne[1], width = args->dst.ne[2];
    const int wanted = BLOCKS_PER_THREAD * cpu_pool_threads (device->pool);
    const int pixel = (int) sizeof (uint16_t) * args->src.ne[3];
    AmxConvJob job = { .args = args, .across = divide_up (width, MAX_COLUMNS) };

    job.columns = divide_up (divide_up (width, job.across), AMX_TILE_ROWS) * AMX_TILE_ROWS;
    job.across = divide_up (width, job.columns);
    job.rows = MIN (MAP_BYTES / pixel / (job.columns + 2) - 2,
        AMX_MAX_STRIPS / divide_up (job.columns, AMX_STRIP_ROWS));
    job.rows = CLAMP (job.rows, 1, divide_up (batch * height * job.across, wanted));
    job.down = divide_up (height, job.rows);
    /* the last tile reads pixels beyond its rows, and rounding writes a vector more */
    job.map_elements = (size_t) ((job.rows + 2) * (job.columns + 2) + AMX_TILE_ROWS)
        * (size_t) args->src.ne[3] + 2 * VEC;
    cpu_parallel (device->pool, batch * job.down * job.across, 1, convolve_blocks, &job);
}

/* ---- weights ------------------------------------------------------------------------------- */

/* A weight is stored as a matrix of bf16 (N, 3 x 3 x C). */

static size_t
weight_size (const int ne[4])
{
    return gemm_packed_size (ne[0], 9 * ne[1] / 2);
}

static void
weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int n = ne[0], channels = ne[1], matrix[4] = { 1, 1, n, 9 * channels };
    float *rows = cpu_alloc (sizeof (float) * n * 9 * channels);

    if (rows == NULL)
        return;
    for (int i = 0; i < n; i++)
        for (int point = 0; point < 9; point++)
            for (int c = 0; c < channels; c++)
                rows[((size_t) i * 9 + point) * channels + c]
                    = data[((size_t) i * channels + c) * 9 + point];
    device->kernels.bf16.packing.pack (device, matrix, rows, packed);
    free (rows);
}

void
ISA (cpu_init_conv_amx) (CpuKernels *kernels)
{
    kernels->conv3x3_bf16 = (CpuConv) { conv3x3, { weight_size, weight_pack } };
}

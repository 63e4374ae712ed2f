/* depthwise_conv: a convolution of every channel by itself.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block is ROWS x COLUMNS outputs, computed a vector of channels at a time: their sums stay in
 * registers while each pixel below is loaded once for all of them, 3 loads an output in place of 9.
 * Pixels are found through an array of pointers; those beyond the edge point at zeros, so that one
 * loop serves the middle and the edges.
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#include <string.h>

#define ROWS 2
#define COLUMNS 4
#define MAX_SPAN(count, kernel, step) (((count) - 1) * (step) + (kernel))
#define MAX_PIXELS (MAX_SPAN (ROWS, 5, 2) * MAX_SPAN (COLUMNS, 5, 2))
#define JOBS_PER_THREAD 6

/* With a check at every access, compilers take minutes for the loops below when they are unrolled;
 * results are the same without. */
#if defined __SANITIZE_ADDRESS__
#define UNROLL(n)
#else
#define UNROLL(n) _Pragma (#n)
#endif

typedef struct Block {
    const void *pixel[MAX_PIXELS];  /* pixels of the source, row by row */
    void *out[ROWS * COLUMNS];      /* NULL beyond the edge */
    const float *weight;            /* taps first: a row of `stride` channels for each */
    ptrdiff_t stride;
    const float *bias;              /* may be NULL */
    float least, most;              /* the activation: results are clamped to these */
    bool to_bf16;
} Block;

/* `channels` of a block. */
typedef void (*BlockFunc) (const Block *block, int channels);

/* ---- kernels ------------------------------------------------------------------------------- */

/* Channels [c, c + n), a whole vector or less. */
static inline __attribute__ ((always_inline)) vf32
load_pixel (const void *pixel, bool bf16, int c, bool whole, int n)
{
    if (bf16)
        return whole ? vf_load_bf16 ((const uint16_t *) pixel + c)
                     : vf_load_bf16_n ((const uint16_t *) pixel + c, n);
    return whole ? vf_load ((const float *) pixel + c)
                 : vf_load_n ((const float *) pixel + c, n);
}

static inline __attribute__ ((always_inline)) void
store_results (const Block *b, vf32 sum[ROWS][COLUMNS], int c, bool whole, int n)
{
    const vf32 least = vf_set (b->least), most = vf_set (b->most);

    UNROLL (GCC unroll 8)
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        const vf32 x = vf_min (most, vf_max (least, sum[i / COLUMNS][i % COLUMNS]));

        if (b->out[i] == NULL)
            continue;
        if (b->to_bf16)
            vf_store_bf16_n ((uint16_t *) b->out[i] + c, x, whole ? VEC : n);
        else
            vf_store_n ((float *) b->out[i] + c, x, whole ? VEC : n);
    }
}

static inline __attribute__ ((always_inline)) void
convolve_vector (const Block *b, const int kernel, const int step, const bool bf16, int c,
    bool whole, int n)
{
    const int across = MAX_SPAN (COLUMNS, kernel, step), down = MAX_SPAN (ROWS, kernel, step);
    const vf32 bias = b->bias != NULL ? vf_load_n (b->bias + c, n) : vf_zero ();
    vf32 sum[ROWS][COLUMNS];

    UNROLL (GCC unroll 8)
    for (int i = 0; i < ROWS * COLUMNS; i++)
        sum[i / COLUMNS][i % COLUMNS] = bias;
    UNROLL (GCC unroll 7)
    for (int y = 0; y < down; y++)
        UNROLL (GCC unroll 11)
        for (int x = 0; x < across; x++) {
            const vf32 pixel = load_pixel (b->pixel[y * across + x], bf16, c, whole, n);

            UNROLL (GCC unroll 8)
            for (int i = 0; i < ROWS * COLUMNS; i++) {
                const int row = y - i / COLUMNS * step, column = x - i % COLUMNS * step;

                if (row >= 0 && row < kernel && column >= 0 && column < kernel)
                    sum[i / COLUMNS][i % COLUMNS] = vf_fma (pixel,
                        vf_load (b->weight + (row * kernel + column) * b->stride + c),
                        sum[i / COLUMNS][i % COLUMNS]);
            }
        }
    store_results (b, sum, c, whole, n);
}

static inline __attribute__ ((always_inline)) void
convolve (const Block *b, const int kernel, const int step, const bool bf16, int channels)
{
    int c = 0;

    for (; c + VEC <= channels; c += VEC)
        convolve_vector (b, kernel, step, bf16, c, true, VEC);
    if (c < channels)
        convolve_vector (b, kernel, step, bf16, c, false, channels - c);
}

#define CONVOLVE(kernel, step) \
    static void convolve_f32_##kernel##_##step (const Block *b, int channels) \
    { \
        convolve (b, kernel, step, false, channels); \
    } \
    static void convolve_bf16_##kernel##_##step (const Block *b, int channels) \
    { \
        convolve (b, kernel, step, true, channels); \
    }

CONVOLVE (3, 1)
CONVOLVE (3, 2)
CONVOLVE (5, 1)
CONVOLVE (5, 2)

/* By type, kernel / 2 - 1 and step - 1. */
static const BlockFunc functions[2][2][2] = {
    { { convolve_f32_3_1, convolve_f32_3_2 }, { convolve_f32_5_1, convolve_f32_5_2 } },
    { { convolve_bf16_3_1, convolve_bf16_3_2 }, { convolve_bf16_5_1, convolve_bf16_5_2 } },
};

/* ---- blocks -------------------------------------------------------------------------------- */

typedef struct DepthwiseJob {
    const M2fDepthwiseConv *args;
    Block block; /* without pointers to pixels */
    BlockFunc convolve;
    const void *zero_pixel;
    int across, down; /* pixels of the source that a block covers */
    int bands;        /* ROWS rows of outputs in a picture */
} DepthwiseJob;

/* Pointers to `rows` x `columns` pixels of a picture from (y, x) on; `outside` for those beyond its
 * edges. */
static inline void
point_at (const void **pixel, const M2fTensor *t, int picture, int y, int x, int rows, int columns,
    const void *outside)
{
    const ptrdiff_t step = t->stride * (ptrdiff_t) m2f_type_size (t->type);
    const char *line = (const char *) m2f_tensor_host (t)
        + ((ptrdiff_t) picture * t->ne[1] + y) * t->ne[2] * step;

    for (int i = y; i < y + rows; i++, line += t->ne[2] * step) {
        const bool inside = i >= 0 && i < t->ne[1];

        for (int j = x; j < x + columns; j++)
            *pixel++ = inside && j >= 0 && j < t->ne[2] ? line + j * step : outside;
    }
}

/* The block whose first output is (y, x). */
static void
convolve_block (const DepthwiseJob *job, Block *block, int picture, int y, int x)
{
    const M2fDepthwiseConv *args = job->args;
    const int padding = args->weight.ne[3] / 2;

    point_at (block->pixel, &args->src, picture, y * args->stride - padding,
        x * args->stride - padding, job->down, job->across, job->zero_pixel);
    point_at ((const void **) block->out, &args->dst, picture, y, x, ROWS, COLUMNS, NULL);
    job->convolve (block, args->dst.ne[3]);
}

static void
convolve_bands (void *arg, int begin, int end, int thread)
{
    const DepthwiseJob *job = arg;
    Block block = job->block;

    for (int i = begin; i < end; i++)
        for (int x = 0; x < job->args->dst.ne[2]; x += COLUMNS)
            convolve_block (job, &block, i / job->bands, i % job->bands * ROWS, x);
}

static void
depthwise_conv (CpuDevice *device, const M2fDepthwiseConv *args)
{
    const int channels = args->src.ne[3], kernel = args->weight.ne[3], step = args->stride;
    void *zeros = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * channels);
    const DepthwiseJob job = {
        .args = args,
        .block = {
            .weight = m2f_tensor_host (&args->weight),
            .stride = divide_up (channels, VEC) * VEC,
            .bias = m2f_tensor_present (&args->bias) ? m2f_row_f32 (&args->bias, 0) : NULL,
            .least = args->activation == M2F_NO_ACTIVATION ? -INFINITY : 0.f,
            .most = args->activation == M2F_RELU6 ? 6.f : INFINITY,
            .to_bf16 = args->dst.type == M2F_BF16,
        },
        .convolve = functions[args->src.type == M2F_BF16][kernel / 2 - 1][step - 1],
        .zero_pixel = zeros,
        .across = MAX_SPAN (COLUMNS, kernel, step),
        .down = MAX_SPAN (ROWS, kernel, step),
        .bands = divide_up (args->dst.ne[1], ROWS),
    };
    const int items = args->dst.ne[0] * job.bands;

    if (zeros == NULL)
        return;
    memset (zeros, 0, sizeof (float) * channels);
    /* neighbouring bands share rows of the source, which the cache of one thread then has */
    cpu_parallel (device->pool, items,
        divide_up (items, JOBS_PER_THREAD * cpu_pool_threads (device->pool)), convolve_bands,
        (void *) &job);
}

/* ---- weights ------------------------------------------------------------------------------- */

static size_t
weight_size (const int ne[4])
{
    return sizeof (float) * ne[2] * ne[3] * divide_up (ne[0], VEC) * VEC;
}

static void
weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int taps = ne[2] * ne[3], stride = divide_up (ne[0], VEC) * VEC;
    float *rows = packed;

    memset (packed, 0, weight_size (ne));
    for (int c = 0; c < ne[0]; c++)
        for (int tap = 0; tap < taps; tap++)
            rows[(ptrdiff_t) tap * stride + c] = data[(ptrdiff_t) c * taps + tap];
}

void
ISA (cpu_init_depthwise_conv) (CpuKernels *kernels)
{
    kernels->depthwise_conv = depthwise_conv;
    kernels->packing[M2F_DEPTHWISE_WEIGHT] = (CpuPacking) { weight_size, weight_pack };
}

/* depthwise_conv: a convolution of every channel by itself.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block is ROWS x COLUMNS outputs, computed a vector of channels at a time: their sums stay in
 * registers while each pixel below is loaded once for all of them, 3 loads an output in place of 9.
 * Pixels and outputs are found through arrays of pointers.  Pixels beyond the edge are read from a
 * pixel of zeros, outputs beyond it are written to a pixel that is not read, so that one loop
 * without conditions serves the middle and the edges.
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#include <string.h>

#define ROWS 2
#define COLUMNS 4
#define SPAN(count, kernel, step) (((count) - 1) * (step) + (kernel))
#define MAX_DOWN SPAN (ROWS, 5, 2)
#define MAX_ACROSS 12 /* SPAN (COLUMNS, 5, 2) = 11; a multiple of the pointers in a vector */
#define JOBS_PER_THREAD 6

/* With a check at every access, compilers take minutes for the loops below when they are unrolled
 * and inlined; results are the same without. */
#if defined __SANITIZE_ADDRESS__
#define UNROLL(n)
#define INLINE __attribute__ ((noinline))
#else
#define UNROLL(n) _Pragma (#n)
#define INLINE inline __attribute__ ((always_inline))
#endif

typedef struct Block {
    const char *pixel[MAX_DOWN][MAX_ACROSS]; /* of the source, row by row */
    char *out[ROWS][COLUMNS];
    const float *weight; /* taps first: a row of `stride` channels for each */
    ptrdiff_t stride;
    const float *bias;   /* may be NULL */
    float least, most;   /* the activation: results are clamped to these */
    bool to_bf16;
} Block;

/* Channels [0, channels) of a block, except those that do not fill a vector. */
typedef void (*BlockFunc) (const Block *block, int channels);

/* ---- kernels ------------------------------------------------------------------------------- */

/* n channels: a vector or fewer */
static inline __attribute__ ((always_inline)) vf32
load_pixel (const char *pixel, bool bf16, int c, int n)
{
    return bf16 ? vf_load_bf16_n ((const uint16_t *) pixel + c, n)
                : vf_load_n ((const float *) pixel + c, n);
}

static inline __attribute__ ((always_inline)) vf32
clamp (const Block *b, vf32 sum)
{
    return vf_min (vf_set (b->most), vf_max (vf_set (b->least), sum));
}

/* Rows of outputs, as bits. */
enum { FIRST = 1, SECOND = 2 };

/* Adds what row `y` of the pixels gives the rows `to` of outputs. */
static INLINE void
add_row (const Block *b, const int kernel, const int step, const bool bf16, int c, int y,
    const int to, vf32 sum[ROWS][COLUMNS])
{
    const float *first = b->weight + y * kernel * b->stride + c;
    const float *second = first - step * kernel * b->stride;

    UNROLL (GCC unroll 11)
    for (int x = 0; x < SPAN (COLUMNS, kernel, step); x++) {
        const vf32 pixel = load_pixel (b->pixel[y][x], bf16, c, VEC);

        UNROLL (GCC unroll 4)
        for (int i = 0; i < COLUMNS; i++) {
            const int tap = x - i * step;

            if ((to & FIRST) && tap >= 0 && tap < kernel)
                sum[0][i] = vf_fma (pixel, vf_load (first + tap * b->stride), sum[0][i]);
            if ((to & SECOND) && tap >= 0 && tap < kernel)
                sum[1][i] = vf_fma (pixel, vf_load (second + tap * b->stride), sum[1][i]);
        }
    }
}

static INLINE void
convolve (const Block *b, const int kernel, const int step, const bool bf16, int channels)
{
    for (int c = 0; c + VEC <= channels; c += VEC) {
        const vf32 bias = b->bias != NULL ? vf_load (b->bias + c) : vf_zero ();
        vf32 sum[ROWS][COLUMNS];
        int y = 0;

        UNROLL (GCC unroll 8)
        for (int i = 0; i < ROWS * COLUMNS; i++)
            sum[i / COLUMNS][i % COLUMNS] = bias;
        for (; y < step; y++)
            add_row (b, kernel, step, bf16, c, y, FIRST, sum);
        for (; y < kernel; y++)
            add_row (b, kernel, step, bf16, c, y, FIRST | SECOND, sum);
        for (; y < kernel + step; y++)
            add_row (b, kernel, step, bf16, c, y, SECOND, sum);
        UNROLL (GCC unroll 8)
        for (int i = 0; i < ROWS * COLUMNS; i++)
            sum[i / COLUMNS][i % COLUMNS] = clamp (b, sum[i / COLUMNS][i % COLUMNS]);
        if (b->to_bf16)
            UNROLL (GCC unroll 8)
            for (int i = 0; i < ROWS * COLUMNS; i++)
                vf_store_bf16 ((uint16_t *) b->out[i / COLUMNS][i % COLUMNS] + c,
                    sum[i / COLUMNS][i % COLUMNS]);
        else
            UNROLL (GCC unroll 8)
            for (int i = 0; i < ROWS * COLUMNS; i++)
                vf_store ((float *) b->out[i / COLUMNS][i % COLUMNS] + c,
                    sum[i / COLUMNS][i % COLUMNS]);
    }
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
    Block block; /* without pointers */
    BlockFunc convolve;
    const char *zero_pixel;
    ptrdiff_t src_step, dst_step; /* bytes from pixel to pixel */
    int across, down; /* pixels of the source that a block covers */
    int bands;        /* ROWS rows of outputs in a picture */
} DepthwiseJob;

/* Channels [c, c + n) of one output, n below VEC. */
static void
convolve_rest (const DepthwiseJob *job, const Block *b, int row, int column, int c, int n)
{
    const int kernel = job->args->weight.ne[3], step = job->args->stride;
    const bool bf16 = job->args->src.type == M2F_BF16;
    vf32 sum = b->bias != NULL ? vf_load_n (b->bias + c, n) : vf_zero ();

    for (int tap = 0; tap < kernel * kernel; tap++)
        sum = vf_fma (load_pixel (b->pixel[row * step + tap / kernel][column * step + tap % kernel],
            bf16, c, n), vf_load (b->weight + tap * b->stride + c), sum);
    if (b->to_bf16)
        vf_store_bf16_n ((uint16_t *) b->out[row][column] + c, clamp (b, sum), n);
    else
        vf_store_n ((float *) b->out[row][column] + c, clamp (b, sum), n);
}

static void
convolve_block (const DepthwiseJob *job, const Block *block)
{
    const int channels = job->args->dst.ne[3], rest = channels % VEC;

    job->convolve (block, channels);
    for (int i = 0; rest > 0 && i < ROWS * COLUMNS; i++)
        convolve_rest (job, block, i / COLUMNS, i % COLUMNS, channels - rest, rest);
}

/* The first pixel of line `y` of a picture, NULL beyond it; `step` bytes from pixel to pixel. */
static char *
line_of (const M2fTensor *t, ptrdiff_t step, int picture, int y)
{
    if (y < 0 || y >= t->ne[1])
        return NULL;
    return (char *) m2f_tensor_host (t) + ((ptrdiff_t) picture * t->ne[1] + y) * t->ne[2] * step;
}

/* Pointers to the pixels of a line from `x` on, `across` of them and more that are not read; `line`
 * may be NULL. */
static inline void
point_at_pixels (const DepthwiseJob *job, const char *line, int x, const char *pixel[MAX_ACROSS])
{
    const int width = job->args->src.ne[2];
    const ptrdiff_t step = job->src_step;

    if (line != NULL && x >= 0 && x + job->across <= width)
        for (int i = 0; i < MAX_ACROSS; i++)
            pixel[i] = line + (x + i) * step;
    else
        for (int i = 0; i < job->across; i++)
            pixel[i] = line != NULL && x + i >= 0 && x + i < width ? line + (x + i) * step
                                                                   : job->zero_pixel;
}

/* Outputs of row `y` and the next; those beyond the result go to `beyond`. */
static void
convolve_band (const DepthwiseJob *job, int picture, int y, char *beyond)
{
    const M2fTensor *src = &job->args->src, *dst = &job->args->dst;
    const int stride = job->args->stride, padding = job->args->weight.ne[3] / 2;
    const char *line[MAX_DOWN];
    char *out[ROWS];
    Block block = job->block;

    for (int i = 0; i < job->down; i++)
        line[i] = line_of (src, job->src_step, picture, y * stride - padding + i);
    for (int i = 0; i < ROWS; i++)
        out[i] = line_of (dst, job->dst_step, picture, y + i);
    for (int x = 0; x < dst->ne[2]; x += COLUMNS) {
        for (int i = 0; i < job->down; i++)
            point_at_pixels (job, line[i], x * stride - padding, block.pixel[i]);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++)
                block.out[i][j] = out[i] != NULL && x + j < dst->ne[2]
                    ? out[i] + (x + j) * job->dst_step : beyond;
        convolve_block (job, &block);
    }
}

static void
convolve_bands (void *arg, int begin, int end, int thread)
{
    const DepthwiseJob *job = arg;
    char *beyond = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * job->args->dst.ne[3]);

    if (beyond == NULL)
        return;
    for (int i = begin; i < end; i++)
        convolve_band (job, i / job->bands, i % job->bands * ROWS, beyond);
}

static void
depthwise_conv (CpuDevice *device, const M2fDepthwiseConv *args)
{
    if (args->weight.ne[3] > 5) {
        device->kernels.depthwise_wide (device, args);
        return;
    }

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
        .src_step = args->src.stride * (ptrdiff_t) m2f_type_size (args->src.type),
        .dst_step = args->dst.stride * (ptrdiff_t) m2f_type_size (args->dst.type),
        .across = SPAN (COLUMNS, kernel, step),
        .down = SPAN (ROWS, kernel, step),
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

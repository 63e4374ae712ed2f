/* depthwise_conv: a convolution of every channel by itself.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A block is ROWS x COLUMNS outputs of a vector of channels: their sums stay in registers while
 * each pixel below is loaded once for all of them, 3 loads an output or fewer in place of 9.
 * Blocks follow each other from left to right; the last one overlaps the one before it where the
 * width asks for that.  What lies beyond the edges of the map is read from a line of zeros.
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/depthwise.h"
#include "model/compute/cpu/vec.h"

#include <string.h>

#define ROWS CPU_BAND_ROWS
#define COLUMNS (VEC == 16 ? 6 : 4) /* AVX-512 has 32 registers, the others 16 */
#define SPAN(kernel, step) ((COLUMNS - 1) * (step) + (kernel)) /* pixels below a row of a block */
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

/* ---- kernels ------------------------------------------------------------------------------- */

/* n channels: a vector or fewer */
static inline __attribute__ ((always_inline)) vf32
load_pixel (const char *pixel, bool bf16, int n)
{
    return bf16 ? vf_load_bf16_n ((const uint16_t *) (const void *) pixel, n)
                : vf_load_n ((const float *) (const void *) pixel, n);
}

static inline __attribute__ ((always_inline)) void
store_pixel (char *pixel, bool bf16, int n, vf32 result)
{
    if (bf16)
        vf_store_bf16_n ((uint16_t *) (void *) pixel, result, n);
    else
        vf_store_n ((float *) (void *) pixel, result, n);
}

/* What blocks of the same channels have in common. */
typedef struct Column {
    const char *line[CPU_MAX_BAND_LINES]; /* the pixel below the left of the next block's sums */
    char *out[ROWS];                      /* the next block's first outputs */
    const float *weight;                  /* a vector for each tap */
    ptrdiff_t src_step, dst_step;
    int from, to;      /* pixels below the block that are inside the map */
    int columns;       /* outputs of a row that are inside the map */
    const char *zeros; /* a pixel */
    vf32 bias, least, most;
} Column;

/* Rows of outputs, as bits. */
enum { FIRST = 1, SECOND = 2 };

/* Adds what line `y` of the source gives the rows `to` of a block. */
static INLINE void
add_line (const Column *b, const int kernel, const int step, const bool bf16, const bool edge,
    int y, const int to, vf32 sum[ROWS][COLUMNS])
{
    const float *first = b->weight + y * kernel * VEC, *second = first - step * kernel * VEC;
    const char *pixel = b->line[y];

    UNROLL (GCC unroll 15)
    for (int i = 0; i < SPAN (kernel, step); i++, pixel += b->src_step) {
        const vf32 value = load_pixel (edge && (i < b->from || i >= b->to) ? b->zeros : pixel,
            bf16, VEC);

        UNROLL (GCC unroll 6)
        for (int j = 0; j < COLUMNS; j++) {
            const int tap = i - j * step;

            if ((to & FIRST) && tap >= 0 && tap < kernel)
                sum[0][j] = vf_fma (value, vf_load (first + tap * VEC), sum[0][j]);
            if ((to & SECOND) && tap >= 0 && tap < kernel)
                sum[1][j] = vf_fma (value, vf_load (second + tap * VEC), sum[1][j]);
        }
    }
}

static INLINE void
store_row (const Column *b, const bool edge, const bool bf16, char *out, const vf32 sum[COLUMNS])
{
    UNROLL (GCC unroll 6)
    for (int j = 0; j < COLUMNS; j++) {
        if (edge && j >= b->columns)
            return;
        store_pixel (out + j * b->dst_step, bf16, VEC,
            vf_min (b->most, vf_max (b->least, sum[j])));
    }
}

static INLINE void
convolve_block (const Column *b, const int kernel, const int step, const bool bf16,
    const bool edge, bool to_bf16)
{
    vf32 sum[ROWS][COLUMNS];

    UNROLL (GCC unroll 12)
    for (int i = 0; i < ROWS * COLUMNS; i++)
        sum[i / COLUMNS][i % COLUMNS] = b->bias;
    UNROLL (GCC unroll 7)
    for (int y = 0; y < CPU_BAND_LINES (kernel, step); y++)
        add_line (b, kernel, step, bf16, edge, y,
            (y < kernel ? FIRST : 0) | (y >= step ? SECOND : 0), sum);
    for (int i = 0; i < ROWS && b->out[i] != NULL; i++)
        if (to_bf16)
            store_row (b, edge, true, b->out[i], sum[i]);
        else
            store_row (b, edge, false, b->out[i], sum[i]);
}

typedef void (*BlockFunc) (const Column *b, bool to_bf16);

#define CONVOLVE(kernel, step, bf16) \
    static void inside_##kernel##_##step##_##bf16 (const Column *b, bool to_bf16) \
    { \
        convolve_block (b, kernel, step, bf16, false, to_bf16); \
    } \
    static void edge_##kernel##_##step##_##bf16 (const Column *b, bool to_bf16) \
    { \
        convolve_block (b, kernel, step, bf16, true, to_bf16); \
    }

CONVOLVE (3, 1, false)
CONVOLVE (3, 1, true)
CONVOLVE (3, 2, false)
CONVOLVE (3, 2, true)
CONVOLVE (5, 1, false)
CONVOLVE (5, 1, true)
CONVOLVE (5, 2, false)
CONVOLVE (5, 2, true)

#define BOTH(name) { inside_##name, edge_##name }

/* By kernel / 2 - 1, step - 1, whether the source is bf16, and whether the block is at an edge. */
static const BlockFunc functions[2][2][2][2] = {
    { { BOTH (3_1_false), BOTH (3_1_true) }, { BOTH (3_2_false), BOTH (3_2_true) } },
    { { BOTH (5_1_false), BOTH (5_1_true) }, { BOTH (5_2_false), BOTH (5_2_true) } },
};

/* Channels [c, c + VEC) of a band. */
static void
convolve_channels (const CpuDepthwise *d, const CpuBand *band, int c)
{
    const BlockFunc *function
        = functions[d->kernel / 2 - 1][d->stride - 1][d->src_type == M2F_BF16];
    const ptrdiff_t src = c * (ptrdiff_t) m2f_type_size (d->src_type);
    const ptrdiff_t dst = c * (ptrdiff_t) m2f_type_size (d->dst_type);
    const bool to_bf16 = d->dst_type == M2F_BF16;
    Column b = {
        .weight = d->weight + c * d->kernel * d->kernel,
        .src_step = d->src_step, .dst_step = d->dst_step,
        .bias = d->bias != NULL ? vf_load (d->bias + c) : vf_zero (),
        .least = vf_set (d->least), .most = vf_set (d->most),
        .columns = MIN (COLUMNS, d->dst_width), .zeros = d->zeros,
    };

    for (int x = 0; x < d->dst_width; x += COLUMNS) {
        const int left = MAX (0, MIN (x, d->dst_width - COLUMNS));
        const int first = left * d->stride - d->kernel / 2;

        for (int y = 0; y < CPU_BAND_LINES (d->kernel, d->stride); y++)
            b.line[y] = band->line[y] + src + first * b.src_step;
        for (int i = 0; i < ROWS; i++)
            b.out[i] = band->out[i] != NULL ? band->out[i] + dst + left * b.dst_step : NULL;
        b.from = -first;
        b.to = d->src_width - first;
        function[b.from > 0 || b.to < SPAN (d->kernel, d->stride) || b.columns < COLUMNS](&b,
            to_bf16);
    }
}

/* Channels [c, c + n) of output `x` of a row, n below VEC. */
static void
convolve_output (const CpuDepthwise *d, const CpuBand *band, int row, int x, int c, int n)
{
    const int first = x * d->stride - d->kernel / 2;
    const int from = MAX (0, -first), to = MIN (d->kernel, d->src_width - first);
    const ptrdiff_t src = c * (ptrdiff_t) m2f_type_size (d->src_type);
    const ptrdiff_t dst = c * (ptrdiff_t) m2f_type_size (d->dst_type);
    const bool bf16 = d->src_type == M2F_BF16;
    const float *weight = d->weight + c * d->kernel * d->kernel;
    vf32 sum = d->bias != NULL ? vf_load_n (d->bias + c, n) : vf_zero ();

    for (int y = 0; y < d->kernel; y++, weight += d->kernel * VEC) {
        const char *line = band->line[row * d->stride + y] + src;

        for (int i = from; i < to; i++)
            sum = vf_fma (load_pixel (line + (first + i) * d->src_step, bf16, n),
                vf_load (weight + i * VEC), sum);
    }
    store_pixel (band->out[row] + dst + x * d->dst_step, d->dst_type == M2F_BF16, n,
        vf_min (vf_set (d->most), vf_max (vf_set (d->least), sum)));
}

static void
depthwise_band (const CpuDepthwise *d, const CpuBand *band)
{
    int c = 0;

    for (; c + VEC <= d->channels; c += VEC)
        convolve_channels (d, band, c);
    if (c < d->channels)
        for (int i = 0; i < ROWS && band->out[i] != NULL; i++)
            for (int x = 0; x < d->dst_width; x++)
                convolve_output (d, band, i, x, c, d->channels - c);
}

/* ---- the op -------------------------------------------------------------------------------- */

typedef struct DepthwiseJob {
    const M2fDepthwiseConv *args;
    CpuDepthwise layer;
    int bands;   /* number in a picture */
} DepthwiseJob;

/* The first pixel of line `y` of a picture, `beyond` if there is no such line; `step` bytes from
 * pixel to pixel. */
static char *
line_of (const M2fTensor *t, ptrdiff_t step, int picture, int y, char *beyond)
{
    if (y < 0 || y >= t->ne[1])
        return beyond;
    return (char *) m2f_tensor_host (t) + ((ptrdiff_t) picture * t->ne[1] + y) * t->ne[2] * step;
}

static void
convolve_bands (void *arg, int begin, int end, int thread)
{
    const DepthwiseJob *job = arg;
    const CpuDepthwise *d = &job->layer;

    for (int i = begin; i < end; i++) {
        const int picture = i / job->bands, y = i % job->bands * ROWS;
        const int top = y * d->stride - d->kernel / 2;
        CpuBand band;

        for (int j = 0; j < CPU_BAND_LINES (d->kernel, d->stride); j++)
            band.line[j] = line_of (&job->args->src, d->src_step, picture, top + j, d->zeros);
        for (int j = 0; j < ROWS; j++)
            band.out[j] = line_of (&job->args->dst, d->dst_step, picture, y + j, NULL);
        depthwise_band (d, &band);
    }
}

static void
depthwise_conv (CpuDevice *device, const M2fDepthwiseConv *args)
{
    if (args->weight.ne[3] > 5) {
        device->kernels.depthwise_wide (device, args);
        return;
    }

    const M2fTensor *src = &args->src, *dst = &args->dst;
    const size_t line = (size_t) src->ne[2] * (size_t) src->stride * m2f_type_size (src->type);
    char *zeros = cpu_scratch (CPU_SCRATCH_OP, line);
    const DepthwiseJob job = {
        .args = args,
        .layer = {
            .zeros = zeros,
            .kernel = args->weight.ne[3],
            .stride = args->stride,
            .channels = dst->ne[3],
            .weight = m2f_tensor_host (&args->weight),
            .bias = m2f_tensor_present (&args->bias) ? m2f_row_f32 (&args->bias, 0) : NULL,
            .least = args->activation == M2F_NO_ACTIVATION ? -INFINITY : 0.f,
            .most = args->activation == M2F_RELU6 ? 6.f : INFINITY,
            .src_type = src->type,
            .dst_type = dst->type,
            .src_step = src->stride * (ptrdiff_t) m2f_type_size (src->type),
            .dst_step = dst->stride * (ptrdiff_t) m2f_type_size (dst->type),
            .src_width = src->ne[2],
            .dst_width = dst->ne[2],
        },
        .bands = divide_up (dst->ne[1], ROWS),
    };
    const int items = dst->ne[0] * job.bands;

    if (zeros == NULL)
        return;
    memset (zeros, 0, line);
    /* neighbouring bands share rows of the source, which the cache of one thread then has */
    cpu_parallel (device->pool, items,
        divide_up (items, JOBS_PER_THREAD * cpu_pool_threads (device->pool)), convolve_bands,
        (void *) &job);
}

/* ---- weights ------------------------------------------------------------------------------- */

/* By vectors of channels, and for each of those by taps. */
static size_t
weight_size (const int ne[4])
{
    return sizeof (float) * ne[2] * ne[3] * divide_up (ne[0], VEC) * VEC;
}

static void
weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int taps = ne[2] * ne[3];
    float *vectors = packed;

    memset (packed, 0, weight_size (ne));
    for (int c = 0; c < ne[0]; c++)
        for (int tap = 0; tap < taps; tap++)
            vectors[((ptrdiff_t) c / VEC * taps + tap) * VEC + c % VEC]
                = data[(ptrdiff_t) c * taps + tap];
}

void
ISA (cpu_init_depthwise_conv) (CpuKernels *kernels)
{
    kernels->depthwise_conv = depthwise_conv;
    kernels->depthwise_band = depthwise_band;
    kernels->packing[M2F_DEPTHWISE_WEIGHT] = (CpuPacking) { weight_size, weight_pack };
}

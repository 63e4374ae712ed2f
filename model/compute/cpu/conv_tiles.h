/* Winograd's convolution, for products of float32 or, with CONV_BF16 defined, of bf16.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015: an OUT x OUT tile of the
 * output comes from an IN x IN tile of the input as A^T [(G g G^T) (B^T d B)] A, whose middle is,
 * over all channels, IN x IN products of matrices.
 *
 * A job is a block of tiles: transformed input, products and transformed output stay with one
 * thread, so that only the weights are read by all.
 */
#ifndef M2F_CPU_CONV_TILES_H
#define M2F_CPU_CONV_TILES_H

#include "model/compute/cpu/gemm.h"

#include <string.h>

/* OUT is the side of an output tile; COLUMNS are the output channels that are computed before they
 * are transformed, a multiple of GEMM_PANEL. */
#ifdef CONV_BF16
#define OUT 2
#define COLUMNS 64 /* a block's sums stay in the second-level cache */
#define ELEMENT_TYPE M2F_BF16
#define ELEMENTS_OF_B 2 /* in four bytes of packed weights */
#define STORE_ELEMENTS vf_store_bf16
typedef uint16_t Element; /* element of the transformed input */
#else
#define OUT 4
#define COLUMNS 256
#define ELEMENT_TYPE M2F_F32
#define ELEMENTS_OF_B 1
#define STORE_ELEMENTS vf_store
typedef float Element;
#endif

#define IN (OUT + 2) /* side of an input tile */
#define POINTS (IN * IN)
#define MIN_TILES (2 * GEMM_ROW_STEP) /* in a block */
#define MAX_TILES GEMM_BLOCK_ROWS

typedef struct WinogradJob {
    const M2fConv3x3 *args;
    const float *zero_pixel; /* [channels] of zeros: a pixel beyond the edge */
    void (*rows) (const CpuGemm *gemm, int begin, int end);
    int down, across;     /* tiles of an image */
    int tiles;            /* in a block */
    int in_stride;        /* input channels, rounded up to whole vectors */
    int columns;          /* COLUMNS, or what there are in whole panels */
} WinogradJob;

/* ---- transforms, of one vector of channels ------------------------------------------------- */

#if OUT == 4

/* The points of interpolation are 0, +-sqrt (1/2), +-sqrt (2) and infinity: a quarter of the error
 * that 0, +-1, +-2 have, and half of the constants are powers of two. */

#define HALF_SQRT 0.70710678118654752440
#define SQRT_TWO 1.41421356237309504880

/* G */
static const double weight_matrix[IN][3] = { { 1, 0, 0 },
    { -2 / 3., -2 / 3. * HALF_SQRT, -1 / 3. }, { -2 / 3., 2 / 3. * HALF_SQRT, -1 / 3. },
    { 1 / 6., 1 / 6. * SQRT_TWO, 1 / 3. }, { 1 / 6., -1 / 6. * SQRT_TWO, 1 / 3. },
    { 0, 0, 1 } };

/* B^T d */
static inline void
transform_input (vf32 out[IN], const vf32 d[IN])
{
    const vf32 half_sqrt = vf_set ((float) HALF_SQRT), sqrt_two = vf_set ((float) SQRT_TWO);
    vf32 even1 = vf_fnma (vf_set (2.f), d[2], d[4]);
    vf32 odd1 = vf_fnma (sqrt_two, d[1], half_sqrt * d[3]);
    vf32 even2 = vf_fnma (vf_set (0.5f), d[2], d[4]);
    vf32 odd2 = vf_fnma (half_sqrt, d[1], sqrt_two * d[3]);

    out[0] = vf_fnma (vf_set (2.5f), d[2], d[0] + d[4]);
    out[1] = even1 + odd1;
    out[2] = even1 - odd1;
    out[3] = even2 + odd2;
    out[4] = even2 - odd2;
    out[5] = vf_fnma (vf_set (2.5f), d[3], d[1] + d[5]);
}

/* A^T m */
static inline void
transform_output (vf32 out[OUT], const vf32 m[IN])
{
    vf32 even1 = m[1] + m[2], odd1 = m[1] - m[2];
    vf32 even2 = m[3] + m[4], odd2 = m[3] - m[4];

    out[0] = m[0] + even1 + even2;
    out[1] = vf_fma (vf_set ((float) HALF_SQRT), odd1, vf_set ((float) SQRT_TWO) * odd2);
    out[2] = vf_fma (vf_set (0.5f), even1, vf_set (2.f) * even2);
    out[3] = vf_fma (vf_set ((float) HALF_SQRT / 2), odd1,
        vf_fma (vf_set ((float) SQRT_TWO * 2), odd2, m[5]));
}

#else /* the points 0, +-1 and infinity */

/* G */
static const double weight_matrix[IN][3] = {
    { 1, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.5, -0.5, 0.5 }, { 0, 0, 1 }
};

/* B^T d */
static inline void
transform_input (vf32 out[IN], const vf32 d[IN])
{
    out[0] = d[0] - d[2];
    out[1] = d[1] + d[2];
    out[2] = d[2] - d[1];
    out[3] = d[1] - d[3];
}

/* A^T m */
static inline void
transform_output (vf32 out[OUT], const vf32 m[IN])
{
    out[0] = m[0] + m[1] + m[2];
    out[1] = m[1] - m[2] - m[3];
}

#endif

/* All lanes, or the first n of them. */
static inline __attribute__ ((always_inline)) vf32
load_lanes (const float *p, bool whole, int n)
{
    return whole ? vf_load (p) : vf_load_mask (p, vm_first (n));
}

static inline __attribute__ ((always_inline)) void
input_vector (const float *const pixel[POINTS], int c, bool whole, int n, Element *out,
    ptrdiff_t step)
{
    vf32 half[IN][IN];

#pragma GCC unroll 6
    for (int x = 0; x < IN; x++) {
        vf32 d[IN], t[IN];

#pragma GCC unroll 6
        for (int y = 0; y < IN; y++)
            d[y] = load_lanes (pixel[y * IN + x] + c, whole, n);
        transform_input (t, d);
#pragma GCC unroll 6
        for (int y = 0; y < IN; y++)
            half[y][x] = t[y];
    }
#pragma GCC unroll 6
    for (int y = 0; y < IN; y++) {
        vf32 t[IN];

        transform_input (t, half[y]);
#pragma GCC unroll 6
        for (int x = 0; x < IN; x++)
            STORE_ELEMENTS (out + (y * IN + x) * step + c, t[x]);
    }
}

/* out[p * step + c] for the points p of a tile, from the pixels of the input tile. */
static void
input_tile (const float *const pixel[POINTS], int channels, Element *out, ptrdiff_t step)
{
    int c = 0;

    for (; c + VEC <= channels; c += VEC)
        input_vector (pixel, c, true, VEC, out, step);
    if (c < channels)
        input_vector (pixel, c, false, channels - c, out, step);
}

static inline __attribute__ ((always_inline)) void
output_vector (const float *in, ptrdiff_t step, float *const pixel[OUT * OUT], int c, int n,
    vf32 bias)
{
    vf32 half[OUT][IN];

#pragma GCC unroll 6
    for (int x = 0; x < IN; x++) {
        vf32 m[IN], t[OUT];

#pragma GCC unroll 6
        for (int y = 0; y < IN; y++)
            m[y] = vf_load (in + (y * IN + x) * step + c);
        transform_output (t, m);
#pragma GCC unroll 4
        for (int y = 0; y < OUT; y++)
            half[y][x] = t[y];
    }
#pragma GCC unroll 4
    for (int y = 0; y < OUT; y++) {
        vf32 t[OUT];

        transform_output (t, half[y]);
#pragma GCC unroll 4
        for (int x = 0; x < OUT; x++)
            if (pixel[y * OUT + x] != NULL)
                vf_store_n (pixel[y * OUT + x] + c, t[x] + bias, n);
    }
}

/* Into channels [0, channels) of the pixels of the output tile; those beyond the edge are NULL. */
static void
output_tile (const float *in, ptrdiff_t step, float *const pixel[OUT * OUT], int channels,
    const float *bias)
{
    for (int c = 0; c < channels; c += VEC)
        output_vector (in, step, pixel, c, channels - c,
            bias != NULL ? vf_load_n (bias + c, channels - c) : vf_zero ());
}

/* ---- blocks of tiles ----------------------------------------------------------------------- */

/* Pixel (y, x) of the batch element tile `tile` is in, or NULL beyond its edge; the top left pixel
 * of the tile's output is (0, 0). */
static float *
tile_pixel (const WinogradJob *job, const M2fTensor *t, int tile, int y, int x)
{
    const int per_image = job->down * job->across;
    const int batch = tile / per_image, in_image = tile % per_image;

    y += in_image / job->across * OUT;
    x += in_image % job->across * OUT;
    if (y < 0 || y >= t->ne[1] || x < 0 || x >= t->ne[2])
        return NULL;
    return m2f_row_f32 (t, ((int64_t) batch * t->ne[1] + y) * t->ne[2] + x);
}

static void
transform_inputs (const WinogradJob *job, int first, int tiles, Element *out, ptrdiff_t step)
{
    const M2fTensor *src = &job->args->src;

    for (int i = 0; i < tiles; i++) {
        const float *pixel[POINTS];

        for (int p = 0; p < POINTS; p++) {
            pixel[p] = tile_pixel (job, src, first + i, p / IN - 1, p % IN - 1);
            if (pixel[p] == NULL)
                pixel[p] = job->zero_pixel;
        }
        input_tile (pixel, src->ne[3], out + (ptrdiff_t) i * job->in_stride, step);
    }
}

/* Transforms output channels [column, column + n). */
static void
transform_outputs (const WinogradJob *job, int first, int tiles, int column, int n, const float *in,
    ptrdiff_t step)
{
    const M2fTensor *dst = &job->args->dst, *bias = &job->args->bias;

    for (int i = 0; i < tiles; i++) {
        float *pixel[OUT * OUT];

        for (int p = 0; p < OUT * OUT; p++) {
            pixel[p] = tile_pixel (job, dst, first + i, p / OUT, p % OUT);
            if (pixel[p] != NULL)
                pixel[p] += column;
        }
        output_tile (in + (ptrdiff_t) i * job->columns, step, pixel, n,
            m2f_tensor_present (bias) ? m2f_row_f32 (bias, 0) + column : NULL);
    }
}

/* Four-byte elements of a point's packed weights. */
static size_t
point_size (int n, int channels)
{
    return gemm_packed_size (n, channels / ELEMENTS_OF_B) / sizeof (float);
}

/* Every point's product, for output channels [column, column + n). */
static void
multiply_points (const WinogradJob *job, int tiles, int column, int n, const Element *in,
    ptrdiff_t in_step, float *out, ptrdiff_t out_step)
{
    const M2fConv3x3 *args = job->args;
    const int channels = args->src.ne[3], k = channels / ELEMENTS_OF_B;
    const float *weights = (const float *) m2f_tensor_host (&args->weight)
        + (ptrdiff_t) column * k;

    for (int p = 0; p < POINTS; p++) {
        const CpuGemm g = {
            .m = tiles,
            .n = n,
            .k = k,
            .a = in + p * in_step,
            .a_type = ELEMENT_TYPE,
            .a_stride = job->in_stride,
            .b = weights + p * point_size (args->dst.ne[3], channels),
            .c = out + p * out_step,
            .c_stride = job->columns,
        };

        job->rows (&g, 0, tiles);
    }
}

static void
convolve_blocks (void *arg, int begin, int end, int thread)
{
    const WinogradJob *job = arg;
    const M2fConv3x3 *args = job->args;
    const int n = args->dst.ne[3], all = args->dst.ne[0] * job->down * job->across;
    /* a line more than needed, lest the points' streams fall on the same lines of the cache */
    const ptrdiff_t in_step = (ptrdiff_t) job->tiles * job->in_stride + 64 / sizeof (Element);
    const ptrdiff_t out_step = (ptrdiff_t) job->tiles * job->columns + VEC;
    float *out = cpu_scratch (CPU_SCRATCH_THREAD,
        POINTS * (out_step * sizeof *out + in_step * sizeof (Element)));
    Element *in;

    if (out == NULL)
        return;
    in = (Element *) (out + POINTS * out_step);
    for (int i = begin; i < end; i++) {
        const int first = i * job->tiles, tiles = MIN (job->tiles, all - first);

        transform_inputs (job, first, tiles, in, in_step);
        for (int column = 0; column < n; column += job->columns) {
            const int columns = MIN (job->columns, n - column);

            multiply_points (job, tiles, column, columns, in, in_step, out, out_step);
            transform_outputs (job, first, tiles, column, columns, out, out_step);
        }
    }
}

static int
round_up (int a, int step)
{
    return (a + step - 1) / step * step;
}

static void
convolve (CpuDevice *device, const M2fConv3x3 *args,
    void (*rows) (const CpuGemm *gemm, int begin, int end))
{
    const int channels = args->src.ne[3];
    float *zero_pixel = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * channels);
    WinogradJob job = {
        .args = args,
        .zero_pixel = zero_pixel,
        .rows = rows,
        .down = (args->dst.ne[1] + OUT - 1) / OUT,
        .across = (args->dst.ne[2] + OUT - 1) / OUT,
        .in_stride = round_up (channels, VEC),
        .columns = MIN (COLUMNS, round_up (args->dst.ne[3], GEMM_PANEL)),
    };
    const int all = args->dst.ne[0] * job.down * job.across;

    if (zero_pixel == NULL)
        return;
    memset (zero_pixel, 0, sizeof (float) * channels);
    job.tiles = CLAMP (round_up (all / (3 * cpu_pool_threads (device->pool)), MIN_TILES),
        MIN_TILES, MAX_TILES);
    cpu_parallel (device->pool, (all + job.tiles - 1) / job.tiles, 1, convolve_blocks, &job);
}

/* ---- weights ------------------------------------------------------------------------------- */

static size_t
conv_weight_size (const int ne[4])
{
    return POINTS * point_size (ne[0], ne[1]) * sizeof (float);
}

/* u = G g G^T, in double: this is done once. */
static void
transform_weight (const float g[9], double u[POINTS])
{
    for (int y = 0; y < IN; y++) {
        double row[3];

        for (int x = 0; x < 3; x++)
            row[x] = weight_matrix[y][0] * g[x] + weight_matrix[y][1] * g[3 + x]
                + weight_matrix[y][2] * g[6 + x];
        for (int x = 0; x < IN; x++)
            u[y * IN + x] = weight_matrix[x][0] * row[0] + weight_matrix[x][1] * row[1]
                + weight_matrix[x][2] * row[2];
    }
}

/* The weights of every point, (POINTS, N, C), for free(); NULL if there is no memory. */
static float *
transform_weights (const int ne[4], const float *data)
{
    const size_t size = (size_t) ne[0] * ne[1];
    float *points = cpu_alloc (sizeof (float) * POINTS * size);

    for (size_t i = 0; points != NULL && i < size; i++) {
        double u[POINTS];

        transform_weight (data + i * 9, u);
        for (int p = 0; p < POINTS; p++)
            points[p * size + i] = (float) u[p];
    }
    return points;
}

#endif

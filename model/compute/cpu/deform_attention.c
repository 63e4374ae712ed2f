/* Multi-scale deformable attention: where a head looks is computed for all its points at once,
 * then the value rows are summed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu.h"

#include "lanes.h"

/* Queries are taken in square tiles of the picture, from all levels together: what neighbours look
 * at overlaps, so that a tile's values come from memory once.  Pixels of the finest level; the
 * smaller one where the larger would leave threads without work. */
#define LARGE_TILE 16
#define SMALL_TILE 8

/* Channels summed in one pass over the points, and independent sums per channel. */
#if VEC == 16
#define PASS_VECS 2
#define PASS_SUMS 4
#else
#define PASS_VECS 4
#define PASS_SUMS 2
#endif

typedef struct DeformJob {
    const M2fDeformAttention *args;
    int head_dim;
    int points, padded; /* levels x points of a head, and as whole vectors */
    /* Of each point's level, [padded]: size in pixels, first row of the value tensor. */
    const float *width, *height;
    const int32_t *start;
    int down, across; /* tiles */
} DeformJob;

/* The samples of one head of one query: four corners of every point. */
typedef struct Samples {
    float *weight;   /* [4][padded] */
    int32_t *offset; /* [4][padded]: elements from the first value row */
} Samples;

/* Softmax, not yet divided by its sum; returns what to multiply with. */
static inline float
softmax (const DeformJob *job, const float *logits, float *weight)
{
    vf32 max = vf_set (-INFINITY), sum = vf_zero ();

    for (int i = 0; i < job->padded; i += VEC) {
        vf32 x = vf_load_n (logits + i, job->points - i);

        if (job->points - i < VEC)
            x = vf_select (vm_first (job->points - i), vf_set (-INFINITY), x);
        vf_store (weight + i, x);
        max = vf_max (max, x);
    }
    max = vf_set (vf_max_lane (max));
    for (int i = 0; i < job->padded; i += VEC) {
        vf32 e = vf_exp_weight (vf_load (weight + i) - max);

        vf_store (weight + i, e);
        sum += e;
    }
    return 1 / vf_sum (sum);
}

/* The two neighbours of a coordinate on one axis: indices inside [0, size) and weights, 0 for a
 * neighbour outside.  `at` may be anything. */
typedef struct Neighbours {
    vi32 i0, i1;
    vf32 w0, w1;
} Neighbours;

static inline Neighbours
neighbours (vf32 at, vf32 size)
{
    vf32 zero = vf_zero (), one = vf_set (1);
    /* Where nothing is inside any more, so that the conversion is defined. */
    vf32 x = vf_min (vf_max (at, -one), size);
    vf32 low = vf_floor (x), high = low + one;
    vf32 fraction = x - low, last = size - one;
    vmask low_in = vm_and (vf_le (zero, low), vf_le (low, last));
    vmask high_in = vm_and (vf_le (zero, high), vf_le (high, last));

    return (Neighbours) {
        .i0 = vi_from (vf_min (vf_max (low, zero), last)),
        .i1 = vi_from (vf_min (vf_max (high, zero), last)),
        .w0 = vf_select (low_in, zero, one - fraction),
        .w1 = vf_select (high_in, zero, fraction),
    };
}

/* x and y: the query's place, 0..1. */
static inline void
find_samples (const DeformJob *job, const float *offsets, const float *logits, float x, float y,
    Samples *samples)
{
    int padded = job->padded, stride = job->args->value.stride;
    float inverse = softmax (job, logits, samples->weight);

    for (int i = 0; i < padded; i += VEC) {
        vf32 a = vf_load_n (offsets + 2 * i, 2 * (job->points - i));
        vf32 b = vf_zero ();
        vf32 w = vf_load (job->width + i), h = vf_load (job->height + i);
        vf32 weight = vf_load (samples->weight + i) * vf_set (inverse);
        vf32 half = vf_set (0.5f);

        if (2 * (job->points - i) > VEC)
            b = vf_load_n (offsets + 2 * i + VEC, 2 * (job->points - i) - VEC);

        Neighbours nx = neighbours (vf_fma (vf_set (x), w, vf_even (a, b) - half), w);
        Neighbours ny = neighbours (vf_fma (vf_set (y), h, vf_odd (a, b) - half), h);
        vi32 row = vi_load (job->start + i), wi = vi_from (w);
        vi32 row0 = row + ny.i0 * wi, row1 = row + ny.i1 * wi;

        ny.w0 *= weight;
        ny.w1 *= weight;
        vf_store (samples->weight + i, ny.w0 * nx.w0);
        vf_store (samples->weight + padded + i, ny.w0 * nx.w1);
        vf_store (samples->weight + 2 * padded + i, ny.w1 * nx.w0);
        vf_store (samples->weight + 3 * padded + i, ny.w1 * nx.w1);
        vi_store (samples->offset + i, (row0 + nx.i0) * stride);
        vi_store (samples->offset + padded + i, (row0 + nx.i1) * stride);
        vi_store (samples->offset + 2 * padded + i, (row1 + nx.i0) * stride);
        vi_store (samples->offset + 3 * padded + i, (row1 + nx.i1) * stride);
    }
}

/* dst = sum of weighted value rows, `vecs` vectors of them, the last of n elements. */
static inline __attribute__ ((always_inline)) void
sum_rows (float *dst, const float *value, const DeformJob *job, const Samples *samples, int vecs,
    int n)
{
    vf32 acc[PASS_SUMS][PASS_VECS];
    int padded = job->padded;

#pragma GCC unroll 4
    for (int s = 0; s < PASS_SUMS; s++)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++)
            acc[s][v] = vf_zero ();
    for (int i = 0; i < job->points; i++) {
#pragma GCC unroll 4
        for (int corner = 0; corner < 4; corner++) {
            vf32 weight = vf_set (samples->weight[corner * padded + i]);
            const float *row = value + samples->offset[corner * padded + i];

#pragma GCC unroll 4
            for (int v = 0; v < vecs; v++)
                acc[corner % PASS_SUMS][v] = vf_fma (weight,
                    vf_load_n (row + v * VEC, v < vecs - 1 ? VEC : n),
                    acc[corner % PASS_SUMS][v]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++) {
#pragma GCC unroll 4
        for (int s = 1; s < PASS_SUMS; s++)
            acc[0][v] += acc[s][v];
        vf_store_n (dst + v * VEC, acc[0][v], v < vecs - 1 ? VEC : n);
    }
}

static inline void
attend (const DeformJob *job, int batch, int token, int head, float x, float y, Samples *samples)
{
    const M2fDeformAttention *a = job->args;
    int tokens = a->dst.ne[2], dim = job->head_dim, c = 0;
    int64_t row = (int64_t) batch * tokens + token;
    const float *value = m2f_row_f32 (&a->value, (int64_t) batch * tokens) + head * dim;
    float *dst = m2f_row_f32 (&a->dst, row) + head * dim;

    find_samples (job, m2f_row_f32 (&a->offsets, row) + head * job->points * 2,
        m2f_row_f32 (&a->weights, row) + head * job->points, x, y, samples);
    for (; c + PASS_VECS * VEC <= dim; c += PASS_VECS * VEC)
        sum_rows (dst + c, value + c, job, samples, PASS_VECS, VEC);
    for (; c + VEC <= dim; c += VEC)
        sum_rows (dst + c, value + c, job, samples, 1, VEC);
    if (c < dim)
        sum_rows (dst + c, value + c, job, samples, 1, dim - c);
}

/* Queries [first, last) of `size` that part `part` of `parts` has. */
static inline int
share (int part, int parts, int size)
{
    return (int) ((int64_t) part * size / parts);
}

/* An item is a tile: its share of every level. */
static void
tile_items (void *arg, int begin, int end, int thread)
{
    const DeformJob *job = arg;
    const M2fDeformAttention *a = job->args;
    Samples samples;

    samples.weight = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * 8 * job->padded);
    samples.offset = (int32_t *) (samples.weight + 4 * job->padded);
    for (int item = begin; item < end; item++) {
        int batch = item / (job->down * job->across), tile = item % (job->down * job->across);
        int row = tile / job->across, column = tile % job->across, token = 0;

        for (int l = 0; l < a->levels; l++) {
            int h = a->level[l].height, w = a->level[l].width;
            int y1 = share (row + 1, job->down, h), x0 = share (column, job->across, w);
            int x1 = share (column + 1, job->across, w);

            for (int y = share (row, job->down, h); y < y1; y++)
                for (int x = x0; x < x1; x++)
                    for (int head = 0; head < a->heads; head++)
                        attend (job, batch, token + y * w + x, head,
                            ((float) x + 0.5f) / (float) w, ((float) y + 0.5f) / (float) h,
                            &samples);
            token += h * w;
        }
    }
}

static void
deform_attention (CpuDevice *device, const M2fDeformAttention *args)
{
    int points = args->levels * args->points, padded = (points + VEC - 1) / VEC * VEC;
    float *width = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * 3 * padded);
    float *height = width + padded;
    int32_t *start = (int32_t *) (height + padded);
    DeformJob job = {
        .args = args,
        .head_dim = args->dst.ne[3] / args->heads,
        .points = points, .padded = padded,
        .width = width, .height = height, .start = start,
    };
    int token = 0, rows = 0, columns = 0, side = LARGE_TILE;

    for (int i = 0; i < padded; i++) {
        width[i] = height[i] = 1;
        start[i] = 0;
    }
    for (int l = 0; l < args->levels; l++) {
        M2fLevel level = args->level[l];

        for (int i = l * args->points; i < (l + 1) * args->points; i++) {
            width[i] = (float) level.width;
            height[i] = (float) level.height;
            start[i] = token;
        }
        token += level.height * level.width;
        rows = MAX (rows, level.height);
        columns = MAX (columns, level.width);
    }
    if (rows * columns < LARGE_TILE * LARGE_TILE * 4 * cpu_pool_threads (device->pool))
        side = SMALL_TILE;
    job.down = (rows + side - 1) / side;
    job.across = (columns + side - 1) / side;
    cpu_parallel (device->pool, args->dst.ne[0] * job.down * job.across, 1, tile_items, &job);
}

void
ISA (cpu_init_deform_attention) (CpuKernels *kernels)
{
    kernels->deform_attention = deform_attention;
}

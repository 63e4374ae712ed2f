/* Layer norm, group norm and patch merging.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Variances are sums of squared distances from the mean, never E[x^2] - E[x]^2: a feature map whose
 * mean is a thousand deviations away would lose them.
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#include <string.h>

#define NORM_ROWS 32 /* rows at a time */

/* ---- layer norm ---------------------------------------------------------------------------- */

#define GROUP 4 /* rows at a time, as each is a chain: two sums, a root and a quotient */

/* Sums over a row of distances from `mean`, which are what rounding has left of it, and of their
 * squares. */
typedef struct Distances {
    vf32 sum, squares;
} Distances;

static inline void
add_distance (Distances *sums, vf32 d)
{
    sums->sum += d;
    sums->squares = vf_fma (d, d, sums->squares);
}

/* Destinations of a row: either or both. */
typedef struct RowOut {
    float *floats;
    uint16_t *bf16_copy;
} RowOut;

/* In place allowed. */
typedef struct Row {
    const float *src;
    RowOut dst;
} Row;

static inline RowOut
row_out (const M2fTensor *dst, const M2fTensor *copy, int64_t row)
{
    if (dst->type == M2F_BF16)
        return (RowOut) { .bf16_copy = m2f_row_bf16 (dst, row) };
    return (RowOut) { m2f_row_f32 (dst, row),
        copy != NULL && m2f_tensor_present (copy) ? m2f_row_bf16 (copy, row) : NULL };
}

static inline void
store (const RowOut *out, int j, vf32 x, int n)
{
    if (out->floats != NULL)
        vf_store_n (out->floats + j, x, n - j);
    if (out->bf16_copy != NULL)
        vf_store_bf16_n (out->bf16_copy + j, x, n - j);
}

/* The transformation of a row: (x - mean) * scale + offset. */
typedef struct RowScale {
    vf32 mean, scale, offset;
} RowScale;

static inline RowScale
row_scale (vf32 mean, const Distances *far, float share, float eps)
{
    const float rest = vf_sum (far->sum) * share;
    const float variance = vf_sum (far->squares) * share - rest * rest;
    const float scale = 1.f / sqrtf (MAX (variance, 0.f) + eps);

    return (RowScale) { mean, vf_set (scale), vf_set (-rest * scale) };
}

/* Three passes over rows that the first one has brought into the first-level cache. */
static inline __attribute__ ((always_inline)) void
norm_group (const Row *row, const int rows, const float *weight, const float *bias, int n,
    float eps)
{
    const int whole = n / VEC * VEC;
    const vmask tail = vm_first (n - whole);
    const float share = 1.f / (float) n;
    vf32 sum[GROUP];
    Distances far[GROUP];
    RowScale scale[GROUP];

    for (int i = 0; i < rows; i++) {
        sum[i] = whole < n ? vf_load_mask (row[i].src + whole, tail) : vf_zero ();
        far[i] = (Distances) { vf_zero (), vf_zero () };
    }
    for (int j = 0; j < whole; j += VEC)
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
            sum[i] += vf_load (row[i].src + j);
    for (int i = 0; i < rows; i++)
        sum[i] = vf_set (vf_sum (sum[i]) * share); /* the mean from here on */

    for (int j = 0; j < whole; j += VEC)
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
            add_distance (&far[i], vf_load (row[i].src + j) - sum[i]);
    for (int i = 0; i < rows; i++) {
        if (whole < n)
            add_distance (&far[i], vf_blend (tail, vf_zero (),
                vf_load_mask (row[i].src + whole, tail) - sum[i]));
        scale[i] = row_scale (sum[i], &far[i], share, eps);
    }

    for (int j = 0; j < n; j += VEC) {
        const vf32 w = vf_load_n (weight + j, n - j), b = vf_load_n (bias + j, n - j);

#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) {
            const RowScale *s = &scale[i];
            vf32 x = vf_load_n (row[i].src + j, n - j) - s->mean;

            store (&row[i].dst, j, vf_fma (vf_fma (x, s->scale, s->offset), w, b), n);
        }
    }
}

static void
norm_rows (const Row *row, int rows, const float *weight, const float *bias, int n, float eps)
{
    for (; rows >= GROUP; rows -= GROUP, row += GROUP)
        norm_group (row, GROUP, weight, bias, n, eps);
    for (; rows > 0; rows--, row++)
        norm_group (row, 1, weight, bias, n, eps);
}

static void
layer_norm_rows (void *arg, int begin, int end, int thread)
{
    const M2fLayerNorm *args = arg;

    for (int i = begin; i < end; i += GROUP) {
        const int rows = MIN (GROUP, end - i);
        Row row[GROUP];

        for (int r = 0; r < rows; r++)
            row[r] = (Row) { m2f_row_f32 (&args->src, i + r),
                row_out (&args->dst, &args->bf16_copy, i + r) };
        norm_rows (row, rows, m2f_row_f32 (&args->weight, 0), m2f_row_f32 (&args->bias, 0),
            args->dst.ne[3], args->eps);
    }
}

static void
layer_norm (CpuDevice *device, const M2fLayerNorm *args)
{
    cpu_parallel (device->pool, (int) m2f_tensor_rows (&args->dst), NORM_ROWS, layer_norm_rows,
        (void *) args);
}

/* ---- patch merging ------------------------------------------------------------------------- */

/* The four pixels from (2 y, 2 x) on, zeros beyond the map. */
static void
merge_pixels (const M2fTensor *src, int batch, int y, int x, float *merged)
{
    const int channels = src->ne[3];

    for (int k = 0; k < 4; k++, merged += channels) {
        const int sy = 2 * y + k % 2, sx = 2 * x + k / 2;

        if (sy < src->ne[1] && sx < src->ne[2])
            memcpy (merged, m2f_row_f32 (src,
                ((int64_t) batch * src->ne[1] + sy) * src->ne[2] + sx),
                sizeof (float) * channels);
        else
            memset (merged, 0, sizeof (float) * channels);
    }
}

static void
merge_rows (void *arg, int begin, int end, int thread)
{
    const M2fPatchMerge *args = arg;
    const M2fTensor *dst = &args->dst;
    const int n = dst->ne[3], width = dst->ne[2];
    float *room = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * GROUP * n);

    if (room == NULL)
        return;
    for (int i = begin; i < end; i++)
        for (int x = 0; x < width; x += GROUP) {
            const int rows = MIN (GROUP, width - x);
            Row row[GROUP];

            for (int r = 0; r < rows; r++) {
                float *merged = room + (ptrdiff_t) r * n;

                merge_pixels (&args->src, i / dst->ne[1], i % dst->ne[1], x + r, merged);
                row[r] = (Row) { merged, row_out (dst, NULL, (int64_t) i * width + x + r) };
            }
            norm_rows (row, rows, m2f_row_f32 (&args->weight, 0), m2f_row_f32 (&args->bias, 0), n,
                args->eps);
        }
}

static void
patch_merge (CpuDevice *device, const M2fPatchMerge *args)
{
    cpu_parallel (device->pool, args->dst.ne[0] * args->dst.ne[1], 1, merge_rows, (void *) args);
}

/* ---- group norm ---------------------------------------------------------------------------- */

#define CHUNK 64 /* pixels whose statistics are taken together: the second pass finds them cached */
#define STRIP 4  /* vectors of channels at a time */

typedef struct GroupJob {
    const M2fGroupNorm *args;
    int batch, pixels, chunks;
    int stride;   /* channels, rounded up to whole vectors */
    float *sums;  /* [chunk][mean, rest, squares][stride]: of each channel over the chunk */
    double *channel_mean, *channel_squares; /* [stride]: of each channel over the picture */
    float *mean, *scale, *bias; /* [stride]: dst = (src - mean) * scale + bias */
} GroupJob;

/* Means of a chunk; the mean of a channel is mean + rest / pixels. */
static float *
chunk_mean (const GroupJob *job, int chunk)
{
    return job->sums + (ptrdiff_t) chunk * 3 * job->stride;
}

/* The row of a pixel. */
static int64_t
pixel_row (const GroupJob *job, int i)
{
    return (int64_t) job->batch * job->pixels + i;
}

/* Computes means, sums of distances from them and sums of squared distances, a stride apart, over
 * some pixels, for `vectors` vectors of channels that have all their lanes or the first n. */
static inline __attribute__ ((always_inline)) void
strip_sums (const M2fTensor *src, const float *first, int pixels, int vectors, bool whole, int n,
    float *sums, int stride)
{
    const vmask lanes = vm_first (whole ? 0 : n);
    const vf32 share = vf_set (1.f / (float) pixels);
    const float *p = first;
    vf32 mean[STRIP], rest[STRIP], squares[STRIP];

    for (int v = 0; v < vectors; v++)
        mean[v] = rest[v] = squares[v] = vf_zero ();
    for (int i = 0; i < pixels; i++, p += src->stride)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            mean[v] += whole ? vf_load (p + v * VEC) : vf_load_mask (p, lanes);
    for (int v = 0; v < vectors; v++)
        mean[v] *= share;
    p = first;
    for (int i = 0; i < pixels; i++, p += src->stride)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            vf32 d = (whole ? vf_load (p + v * VEC) : vf_load_mask (p, lanes)) - mean[v];

            rest[v] += d;
            squares[v] = vf_fma (d, d, squares[v]);
        }
    for (int v = 0; v < vectors; v++) {
        vf_store (sums + v * VEC, mean[v]);
        vf_store (sums + stride + v * VEC, rest[v]);
        vf_store (sums + 2 * stride + v * VEC, squares[v]);
    }
}

static void
chunk_sums (void *arg, int begin, int end, int thread)
{
    const GroupJob *job = arg;
    const M2fTensor *src = &job->args->src;
    const int channels = src->ne[3];

    for (int i = begin; i < end; i++) {
        const int pixels = MIN (CHUNK, job->pixels - i * CHUNK);
        const float *first = m2f_row_f32 (src, pixel_row (job, i * CHUNK));
        float *sums = chunk_mean (job, i);
        int c = 0;

        for (; c + STRIP * VEC <= channels; c += STRIP * VEC)
            strip_sums (src, first + c, pixels, STRIP, true, 0, sums + c, job->stride);
        for (; c + VEC <= channels; c += VEC)
            strip_sums (src, first + c, pixels, 1, true, 0, sums + c, job->stride);
        if (c < channels)
            strip_sums (src, first + c, pixels, 1, false, channels - c, sums + c, job->stride);
    }
}

/* Merges the chunks: the mean of every channel, and its sum of squares around that.  With d the
 * distance of a chunk's mean from the common one, the squares around the latter are
 * sum (x - mean)^2 + 2 d sum (x - mean) + pixels d^2.  Loops over channels become vectors. */
static void
merge_chunks (const GroupJob *job)
{
    double *restrict mean = job->channel_mean, *restrict squares = job->channel_squares;

    for (int c = 0; c < job->stride; c++)
        mean[c] = squares[c] = 0;
    for (int i = 0; i < job->chunks; i++) {
        const double pixels = MIN (CHUNK, job->pixels - i * CHUNK);
        const float *restrict means = chunk_mean (job, i), *restrict rests = means + job->stride;

        for (int c = 0; c < job->stride; c++)
            mean[c] += pixels * means[c] + rests[c];
    }
    for (int c = 0; c < job->stride; c++)
        mean[c] /= job->pixels;
    for (int i = 0; i < job->chunks; i++) {
        const double pixels = MIN (CHUNK, job->pixels - i * CHUNK);
        const float *restrict means = chunk_mean (job, i), *restrict rests = means + job->stride;

        for (int c = 0; c < job->stride; c++) {
            const double d = means[c] - mean[c];

            squares[c] += rests[job->stride + c] + d * (2 * rests[c] + pixels * d);
        }
    }
}

/* Merges channels [first, first + count), likewise, and prepares what normalises them. */
static void
merge_group (const GroupJob *job, int first, int count)
{
    const float *weight = m2f_row_f32 (&job->args->weight, 0);
    const float *bias = m2f_row_f32 (&job->args->bias, 0);
    double mean = 0, squares = 0;

    for (int c = first; c < first + count; c++)
        mean += job->channel_mean[c] / count;
    for (int c = first; c < first + count; c++) {
        const double d = job->channel_mean[c] - mean;

        squares += job->channel_squares[c] + job->pixels * d * d;
    }
    for (int c = first; c < first + count; c++) {
        const double variance = MAX (squares, 0) / ((double) job->pixels * count);
        const double scale = weight[c] / sqrt (variance + job->args->eps);

        job->mean[c] = (float) mean;
        job->scale[c] = (float) scale;
        job->bias[c] = (float) (bias[c] + (job->mean[c] - mean) * scale);
    }
}

static void
apply_pixels (void *arg, int begin, int end, int thread)
{
    const GroupJob *job = arg;
    const M2fGroupNorm *args = job->args;
    const int channels = args->dst.ne[3];
    const vf32 least = vf_set (args->relu ? 0.f : -INFINITY);

    for (int i = begin; i < end; i++) {
        const int64_t row = pixel_row (job, i);
        const float *src = m2f_row_f32 (&args->src, row);
        const RowOut dst = row_out (&args->dst, &args->bf16_copy, row);

        for (int c = 0; c < channels; c += VEC) {
            vf32 x = vf_load_n (src + c, channels - c) - vf_load (job->mean + c);

            x = vf_fma (x, vf_load (job->scale + c), vf_load (job->bias + c));
            store (&dst, c, vf_max (least, x), channels);
        }
    }
}

static void
group_norm (CpuDevice *device, const M2fGroupNorm *args)
{
    const int count = args->src.ne[3] / args->groups;
    GroupJob job = { .args = args, .pixels = args->src.ne[1] * args->src.ne[2] };
    double *scratch;

    job.chunks = (job.pixels + CHUNK - 1) / CHUNK;
    job.stride = (args->src.ne[3] + VEC - 1) / VEC * VEC;
    scratch = cpu_scratch (CPU_SCRATCH_OP,
        job.stride * (2 * sizeof (double) + sizeof (float) * (3 * job.chunks + 3)));
    if (scratch == NULL)
        return;
    job.channel_mean = scratch;
    job.channel_squares = scratch + job.stride;
    job.mean = (float *) (scratch + 2 * job.stride);
    job.scale = job.mean + job.stride;
    job.bias = job.scale + job.stride;
    job.sums = job.bias + job.stride;
    for (; job.batch < args->src.ne[0]; job.batch++) {
        cpu_parallel (device->pool, job.chunks, 1, chunk_sums, &job);
        merge_chunks (&job);
        for (int g = 0; g < args->groups; g++)
            merge_group (&job, g * count, count);
        cpu_parallel (device->pool, job.pixels, CHUNK, apply_pixels, &job);
    }
}

void
ISA (cpu_init_norm) (CpuKernels *kernels)
{
    kernels->layer_norm = layer_norm;
    kernels->group_norm = group_norm;
    kernels->patch_merge = patch_merge;
}

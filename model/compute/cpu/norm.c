/* Layer norm, group norm and patch merging.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Variances are sums of squared distances from the mean, never E[x^2] - E[x]^2: a feature map whose
 * mean is a thousand deviations away would lose them.
 */
#include "cpu.h"
#include "vec.h"

#include <string.h>

#define NORM_ROWS 32 /* rows at a time */

/* ---- layer norm ---------------------------------------------------------------------------- */

static inline vf32
square_distance (vf32 sum, vf32 x, vf32 mean)
{
    return vf_fma (x - mean, x - mean, sum);
}

/* In place allowed.  Three passes over a row that the first one has brought into the first-level
 * cache. */
static void
norm_row (float *dst, const float *src, const float *weight, const float *bias, int n, float eps)
{
    const int whole = n / VEC * VEC;
    const vmask tail = vm_first (n - whole);
    vf32 sum[2] = { vf_zero (), vf_zero () };
    int j = 0;

    for (; j + 2 * VEC <= whole; j += 2 * VEC) {
        sum[0] += vf_load (src + j);
        sum[1] += vf_load (src + j + VEC);
    }
    if (j < whole)
        sum[0] += vf_load (src + j);
    if (whole < n)
        sum[1] += vf_load_mask (src + whole, tail);

    const vf32 mean = vf_set (vf_sum (sum[0] + sum[1]) / (float) n);

    sum[0] = sum[1] = vf_zero ();
    for (j = 0; j + 2 * VEC <= whole; j += 2 * VEC) {
        sum[0] = square_distance (sum[0], vf_load (src + j), mean);
        sum[1] = square_distance (sum[1], vf_load (src + j + VEC), mean);
    }
    if (j < whole)
        sum[0] = square_distance (sum[0], vf_load (src + j), mean);
    if (whole < n)
        sum[1] = vf_select (tail, sum[1],
            square_distance (sum[1], vf_load_mask (src + whole, tail), mean));

    const vf32 scale = vf_set (1.f / sqrtf (vf_sum (sum[0] + sum[1]) / (float) n + eps));

    for (j = 0; j < whole; j += VEC)
        vf_store (dst + j, vf_fma ((vf_load (src + j) - mean) * scale, vf_load (weight + j),
            vf_load (bias + j)));
    if (whole < n)
        vf_store_mask (dst + whole, vf_fma ((vf_load_mask (src + whole, tail) - mean) * scale,
            vf_load_mask (weight + whole, tail), vf_load_mask (bias + whole, tail)), tail);
}

static void
layer_norm_rows (void *arg, int begin, int end, int thread)
{
    const M2fLayerNorm *args = arg;

    for (int i = begin; i < end; i++)
        norm_row (m2f_row_f32 (&args->dst, i), m2f_row_f32 (&args->src, i),
            m2f_row_f32 (&args->weight, 0), m2f_row_f32 (&args->bias, 0), args->dst.ne[3],
            args->eps);
}

static void
layer_norm (CpuDevice *device, const M2fLayerNorm *args)
{
    cpu_parallel (device->pool, (int) m2f_tensor_rows (&args->dst), NORM_ROWS, layer_norm_rows,
        (void *) args);
}

/* ---- patch merging ------------------------------------------------------------------------- */

static void
merge_rows (void *arg, int begin, int end, int thread)
{
    const M2fPatchMerge *args = arg;
    const M2fTensor *src = &args->src, *dst = &args->dst;
    const int channels = src->ne[3];

    for (int i = begin; i < end; i++) {
        const int batch = i / dst->ne[1], top = i % dst->ne[1] * 2;

        for (int x = 0; x < dst->ne[2]; x++) {
            float *row = m2f_row_f32 (dst, (int64_t) i * dst->ne[2] + x);

            for (int k = 0; k < 4; k++) {
                const int sy = top + k % 2, sx = 2 * x + k / 2;
                float *part = row + (ptrdiff_t) k * channels;

                if (sy < src->ne[1] && sx < src->ne[2])
                    memcpy (part, m2f_row_f32 (src,
                        ((int64_t) batch * src->ne[1] + sy) * src->ne[2] + sx),
                        sizeof (float) * channels);
                else
                    memset (part, 0, sizeof (float) * channels);
            }
            norm_row (row, row, m2f_row_f32 (&args->weight, 0), m2f_row_f32 (&args->bias, 0),
                4 * channels, args->eps);
        }
    }
}

static void
patch_merge (CpuDevice *device, const M2fPatchMerge *args)
{
    cpu_parallel (device->pool, args->dst.ne[0] * args->dst.ne[1], 1, merge_rows, (void *) args);
}

/* ---- group norm ---------------------------------------------------------------------------- */

/* Pixels whose statistics are taken together: a strip of channels of them fits the first-level
 * cache, where the second pass finds it. */
#define CHUNK 128
#define STRIP (4 * VEC) /* channels */

typedef struct GroupJob {
    const M2fGroupNorm *args;
    int batch, pixels, chunks;
    int stride;   /* channels, rounded up to whole vectors */
    float *sums;  /* [chunk][mean, squares][stride]: of each channel over the chunk */
    float *mean, *scale, *bias; /* [stride]: dst = (src - mean) * scale + bias */
} GroupJob;

static float *
pixel (const M2fTensor *t, const GroupJob *job, int i)
{
    return m2f_row_f32 (t, (int64_t) job->batch * job->pixels + i);
}

/* Means and sums of squared distances of channels [c, c + STRIP) over pixels [begin, end). */
static void
strip_sums (const GroupJob *job, int begin, int end, int c, float *mean, float *squares)
{
    const M2fTensor *src = &job->args->src;
    const float *first = pixel (src, job, begin) + c;
    const vf32 share = vf_set (1.f / (float) (end - begin));
    const int n = src->ne[3] - c;

    for (int v = 0; v < STRIP && v < n; v += VEC) {
        const float *p = first + v;
        const vmask lanes = vm_first (MIN (n - v, VEC - 1));
        const bool whole = n - v >= VEC;
        vf32 sum[2] = { vf_zero (), vf_zero () };

        for (int i = begin; i < end; i++, p += src->stride)
            sum[i & 1] += whole ? vf_load (p) : vf_load_mask (p, lanes);

        const vf32 m = (sum[0] + sum[1]) * share;

        sum[0] = sum[1] = vf_zero ();
        p = first + v;
        for (int i = begin; i < end; i++, p += src->stride)
            sum[i & 1] = square_distance (sum[i & 1],
                whole ? vf_load (p) : vf_load_mask (p, lanes), m);
        vf_store (mean + v, m);
        vf_store (squares + v, sum[0] + sum[1]);
    }
}

static void
chunk_sums (void *arg, int begin, int end, int thread)
{
    const GroupJob *job = arg;

    for (int i = begin; i < end; i++) {
        float *mean = job->sums + (ptrdiff_t) i * 2 * job->stride;

        for (int c = 0; c < job->args->src.ne[3]; c += STRIP)
            strip_sums (job, i * CHUNK, MIN (job->pixels, (i + 1) * CHUNK), c, mean + c,
                mean + job->stride + c);
    }
}

/* Merges what chunks and channels have found (Chan, Golub, LeVeque 1979) and prepares what
 * normalises channels [first, first + count). */
static void
merge_group (const GroupJob *job, int first, int count)
{
    const float *weight = m2f_row_f32 (&job->args->weight, 0);
    const float *bias = m2f_row_f32 (&job->args->bias, 0);
    double n = 0, mean = 0, squares = 0;

    for (int i = 0; i < job->chunks; i++) {
        const float *sums = job->sums + (ptrdiff_t) i * 2 * job->stride;
        const double add = MIN (CHUNK, job->pixels - i * CHUNK);

        for (int c = first; c < first + count; c++) {
            const double distance = sums[c] - mean;

            squares += sums[job->stride + c] + distance * distance * n * add / (n + add);
            mean += distance * add / (n + add);
            n += add;
        }
    }
    for (int c = first; c < first + count; c++) {
        job->mean[c] = (float) mean;
        job->scale[c] = (float) (weight[c] / sqrt (squares / n + job->args->eps));
        job->bias[c] = bias[c];
    }
}

static void
apply_pixels (void *arg, int begin, int end, int thread)
{
    const GroupJob *job = arg;
    const int channels = job->args->dst.ne[3];
    const vf32 least = vf_set (job->args->relu ? 0.f : -INFINITY);

    for (int i = begin; i < end; i++) {
        const float *src = pixel (&job->args->src, job, i);
        float *dst = pixel (&job->args->dst, job, i);

        for (int c = 0; c < channels; c += VEC) {
            vf32 x = vf_load_n (src + c, channels - c) - vf_load (job->mean + c);

            x = vf_fma (x, vf_load (job->scale + c), vf_load (job->bias + c));
            vf_store_n (dst + c, vf_max (least, x), channels - c);
        }
    }
}

static void
group_norm (CpuDevice *device, const M2fGroupNorm *args)
{
    const int count = args->src.ne[3] / args->groups;
    GroupJob job = { .args = args, .pixels = args->src.ne[1] * args->src.ne[2] };
    float *scratch;

    job.chunks = (job.pixels + CHUNK - 1) / CHUNK;
    job.stride = (args->src.ne[3] + VEC - 1) / VEC * VEC;
    scratch = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * job.stride * (2 * job.chunks + 3));
    job.mean = scratch;
    job.scale = scratch + job.stride;
    job.bias = scratch + 2 * job.stride;
    job.sums = scratch + 3 * job.stride;
    for (; job.batch < args->src.ne[0]; job.batch++) {
        cpu_parallel (device->pool, job.chunks, 1, chunk_sums, &job);
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

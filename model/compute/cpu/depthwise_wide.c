/* depthwise_conv with kernels of 7x7 and more, one row of outputs at a time.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sums of COLUMNS neighbours stay in registers while each weight is loaded once for all of
 * them.  Outputs whose pixels reach beyond the left or right edge are computed one by one.
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#define COLUMNS 8
#define ITEMS_PER_THREAD 6

typedef struct WideJob {
    const M2fDepthwiseConv *args;
    const float *weight; /* by vectors of channels, and for each of those by taps */
    float least, most;   /* the activation: results are clamped to these */
} WideJob;

/* The row of outputs being computed. */
typedef struct WideRow {
    const WideJob *job;
    int64_t out;     /* row of the result that its first output is */
    int64_t pixels;  /* row of the source that pixel (top, 0) would be */
    int top;         /* first line that the kernel covers, maybe above the map */
} WideRow;

/* The taps of each line of the kernel that lie inside the map. */
typedef struct Taps {
    int from, to;
} Taps;

static inline __attribute__ ((always_inline)) vf32
load_pixel (const M2fTensor *src, int64_t row, const bool bf16, int c, int n)
{
    return bf16 ? vf_load_bf16_n (m2f_row_bf16 (src, row) + c, n)
                : vf_load_n (m2f_row_f32 (src, row) + c, n);
}

/* Adds the products of the taps, for `count` outputs from `x` on. */
static inline __attribute__ ((always_inline)) void
add_taps (const WideRow *r, const bool bf16, int x, const int count, Taps taps, int c, int n,
    vf32 *sum)
{
    const M2fDepthwiseConv *args = r->job->args;
    const M2fTensor *src = &args->src;
    const int kernel = args->weight.ne[3], step = args->stride;
    const int first = MAX (0, -r->top), last = MIN (kernel, src->ne[1] - r->top);

    for (int y = first; y < last; y++) {
        const int64_t line = r->pixels + (int64_t) y * src->ne[2] - kernel / 2 + (int64_t) x * step;
        const float *weight = r->job->weight + (c * kernel + y * VEC) * kernel;

        for (int tap = taps.from; tap < taps.to; tap++) {
            const vf32 w = vf_load (weight + tap * VEC);

            for (int i = 0; i < count; i++)
                sum[i] = vf_fma (load_pixel (src, line + tap + i * step, bf16, c, n), w, sum[i]);
        }
    }
}

/* Channels [c, c + n) of `count` outputs from `x` on. */
static inline __attribute__ ((always_inline)) void
convolve (const WideRow *r, const bool bf16, int x, const int count, Taps taps, int c, int n)
{
    const WideJob *job = r->job;
    const M2fTensor *bias = &job->args->bias, *dst = &job->args->dst;
    vf32 sum[COLUMNS];

    for (int i = 0; i < count; i++)
        sum[i] = m2f_tensor_present (bias) ? vf_load_n (m2f_row_f32 (bias, 0) + c, n) : vf_zero ();
    add_taps (r, bf16, x, count, taps, c, n, sum);
    for (int i = 0; i < count; i++) {
        const vf32 y = vf_min (vf_set (job->most), vf_max (vf_set (job->least), sum[i]));

        if (dst->type == M2F_BF16)
            vf_store_bf16_n (m2f_row_bf16 (dst, r->out + x + i) + c, y, n);
        else
            vf_store_n (m2f_row_f32 (dst, r->out + x + i) + c, y, n);
    }
}

static inline __attribute__ ((always_inline)) void
convolve_row (const WideRow *r, const bool bf16)
{
    const M2fDepthwiseConv *args = r->job->args;
    const int width = args->dst.ne[2], channels = args->dst.ne[3];
    const int kernel = args->weight.ne[3], step = args->stride;

    for (int x = 0; x < width;) {
        const int left = x * step - kernel / 2;
        const bool inside = x + COLUMNS <= width && left >= 0
            && left + (COLUMNS - 1) * step + kernel <= args->src.ne[2];
        const Taps all = { 0, kernel };
        const Taps some = { MAX (0, -left), MIN (kernel, args->src.ne[2] - left) };

        for (int c = 0; c < channels; c += VEC) {
            const int n = MIN (VEC, channels - c);

            if (inside && n == VEC)
                convolve (r, bf16, x, COLUMNS, all, c, VEC);
            else if (inside)
                convolve (r, bf16, x, COLUMNS, all, c, n);
            else if (n == VEC)
                convolve (r, bf16, x, 1, some, c, VEC);
            else
                convolve (r, bf16, x, 1, some, c, n);
        }
        x += inside ? COLUMNS : 1;
    }
}

static void
convolve_rows (void *arg, int begin, int end, int thread)
{
    const WideJob *job = arg;
    const M2fTensor *src = &job->args->src, *dst = &job->args->dst;

    for (int i = begin; i < end; i++) {
        const int batch = i / dst->ne[1], y = i % dst->ne[1];
        const int top = y * job->args->stride - job->args->weight.ne[3] / 2;
        const WideRow row = {
            .job = job,
            .out = (int64_t) i * dst->ne[2],
            .pixels = ((int64_t) batch * src->ne[1] + top) * src->ne[2],
            .top = top,
        };

        if (src->type == M2F_BF16)
            convolve_row (&row, true);
        else
            convolve_row (&row, false);
    }
}

static void
depthwise_wide (CpuDevice *device, const M2fDepthwiseConv *args)
{
    const WideJob job = {
        .args = args,
        .weight = m2f_tensor_host (&args->weight),
        .least = args->activation == M2F_NO_ACTIVATION ? -INFINITY : 0.f,
        .most = args->activation == M2F_RELU6 ? 6.f : INFINITY,
    };
    const int items = args->dst.ne[0] * args->dst.ne[1];

    /* neighbouring rows share lines of the source, which the cache of one thread then has */
    cpu_parallel (device->pool, items,
        divide_up (items, ITEMS_PER_THREAD * cpu_pool_threads (device->pool)), convolve_rows,
        (void *) &job);
}

void
ISA (cpu_init_depthwise_wide) (CpuKernels *kernels)
{
    kernels->depthwise_wide = depthwise_wide;
}

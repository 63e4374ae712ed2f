/* response_norm: channels scaled by how strong they are in the picture.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#include <math.h>

#define STRIP 64 /* channels whose squares are summed at a time */
#define ROWS 4   /* rows of pixels to scale at a time */

typedef struct ResponseJob {
    const M2fResponseNorm *args;
    int strips;    /* of a picture */
    float *factor; /* [batch][channels]: the length of a channel, then its factor */
} ResponseJob;

/* The lengths of the channels [c, c + n) of a picture.  The sums of a line are added up by
 * themselves first, so that the sum of all does not outgrow what is added to it. */
static void
measure_strip (const ResponseJob *job, int batch, int c, int n)
{
    const M2fTensor *src = &job->args->src;
    float *length = job->factor + (ptrdiff_t) batch * src->ne[3] + c;
    float sum[STRIP] = { 0 };

    for (int y = 0; y < src->ne[1]; y++) {
        float line[STRIP] = { 0 };

        for (int x = 0; x < src->ne[2]; x++) {
            const float *p
                = m2f_row_f32 (src, ((int64_t) batch * src->ne[1] + y) * src->ne[2] + x) + c;

            for (int i = 0; i < n; i++)
                line[i] += p[i] * p[i];
        }
        for (int i = 0; i < n; i++)
            sum[i] += line[i];
    }
    for (int i = 0; i < n; i++)
        length[i] = sqrtf (sum[i]);
}

static void
measure_strips (void *arg, int begin, int end, int thread)
{
    const ResponseJob *job = arg;

    for (int i = begin; i < end; i++) {
        const int c = i % job->strips * STRIP;

        measure_strip (job, i / job->strips, c, MIN (STRIP, job->args->src.ne[3] - c));
    }
}

/* Turns the lengths of a picture's channels into factors. */
static void
find_factors (const M2fResponseNorm *args, float *factor)
{
    const float *weight = m2f_row_f32 (&args->weight, 0);
    const int channels = args->src.ne[3];
    double mean = 0;

    for (int c = 0; c < channels; c++)
        mean += factor[c];
    mean = mean / channels + (double) args->eps;
    for (int c = 0; c < channels; c++)
        factor[c] = (float) (1 + weight[c] * factor[c] / mean);
}

static void
scale_rows (void *arg, int begin, int end, int thread)
{
    const ResponseJob *job = arg;
    const M2fTensor *src = &job->args->src, *dst = &job->args->dst;
    const float *bias = m2f_row_f32 (&job->args->bias, 0);
    const int channels = src->ne[3];

    for (int64_t i = (int64_t) begin * src->ne[2]; i < (int64_t) end * src->ne[2]; i++) {
        const float *factor
            = job->factor + (ptrdiff_t) (i / ((int64_t) src->ne[1] * src->ne[2])) * channels;
        const float *p = m2f_row_f32 (src, i);

        for (int c = 0; c < channels; c += VEC) {
            const int n = MIN (VEC, channels - c);
            const vf32 y = vf_fma (vf_load_n (p + c, n), vf_load_n (factor + c, n),
                vf_load_n (bias + c, n));

            if (dst->type == M2F_BF16)
                vf_store_bf16_n (m2f_row_bf16 (dst, i) + c, y, n);
            else
                vf_store_n (m2f_row_f32 (dst, i) + c, y, n);
        }
    }
}

static void
response_norm (CpuDevice *device, const M2fResponseNorm *args)
{
    const int batch = args->src.ne[0], channels = args->src.ne[3];
    ResponseJob job = {
        .args = args,
        .strips = divide_up (channels, STRIP),
        .factor = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * batch * channels),
    };

    if (job.factor == NULL)
        return;
    cpu_parallel (device->pool, batch * job.strips, 1, measure_strips, &job);
    for (int b = 0; b < batch; b++)
        find_factors (args, job.factor + (ptrdiff_t) b * channels);
    cpu_parallel (device->pool, batch * args->src.ne[1], ROWS, scale_rows, &job);
}

void
ISA (cpu_init_response_norm) (CpuKernels *kernels)
{
    kernels->response_norm = response_norm;
}

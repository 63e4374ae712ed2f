/* head_norm: the channels of each head scaled to a length.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#include <math.h>

#define ROWS 16 /* at a time */

static void
scale_head (const float *src, float *dst, int channels, float length)
{
    vf32 sum = vf_zero ();

    for (int c = 0; c < channels; c += VEC) {
        const vf32 x = vf_load_n (src + c, MIN (VEC, channels - c));

        sum = vf_fma (x, x, sum);
    }

    const vf32 factor = vf_set (length / MAX (sqrtf (vf_sum (sum)), M2F_HEAD_NORM_LEAST));

    for (int c = 0; c < channels; c += VEC) {
        const int n = MIN (VEC, channels - c);

        vf_store_n (dst + c, vf_load_n (src + c, n) * factor, n);
    }
}

static void
scale_rows (void *arg, int begin, int end, int thread)
{
    const M2fHeadNorm *args = arg;
    const int heads = args->length.ne[3], channels = args->dst.ne[3] / heads;
    const float *length = m2f_row_f32 (&args->length, 0);

    for (int i = begin; i < end; i++)
        for (int h = 0; h < heads; h++)
            scale_head (m2f_row_f32 (&args->src, i) + h * channels,
                m2f_row_f32 (&args->dst, i) + h * channels, channels, length[h]);
}

static void
head_norm (CpuDevice *device, const M2fHeadNorm *args)
{
    cpu_parallel (device->pool, (int) m2f_tensor_rows (&args->dst), ROWS, scale_rows,
        (void *) args);
}

void
ISA (cpu_init_head_norm) (CpuKernels *kernels)
{
    kernels->head_norm = head_norm;
}

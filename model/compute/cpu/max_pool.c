/* max_pool: the greatest of 3x3 pixels, stride 2.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#define KERNEL 3
#define STEP 2
#define ROWS 2 /* of the result at a time, which share a row of the source */

/* Pixels of the source that are inside the map, around (STEP y, STEP x). */
static int
find_pixels (const M2fTensor *src, int batch, int y, int x, const float *pixel[KERNEL * KERNEL])
{
    const int top = MAX (STEP * y - 1, 0), bottom = MIN (STEP * y + 2, src->ne[1]);
    const int left = MAX (STEP * x - 1, 0), right = MIN (STEP * x + 2, src->ne[2]);
    int n = 0;

    for (int i = top; i < bottom; i++)
        for (int j = left; j < right; j++)
            pixel[n++] = m2f_row_f32 (src, ((int64_t) batch * src->ne[1] + i) * src->ne[2] + j);
    return n;
}

/* A NaN stays. */
static inline float
greater (float most, float value)
{
    return value > most || value != value ? value : most;
}

static void
pool_pixel (const float *const *pixel, int n, int channels, float *restrict dst)
{
    for (int c = 0; c < channels; c++)
        dst[c] = pixel[0][c];
    for (int i = 1; i < n; i++) {
        const float *restrict src = pixel[i];

        for (int c = 0; c < channels; c++)
            dst[c] = greater (dst[c], src[c]);
    }
}

static void
pool_rows (void *arg, int begin, int end, int thread)
{
    const M2fMaxPool *args = arg;
    const int *ne = args->dst.ne;
    const float *pixel[KERNEL * KERNEL];

    for (int row = begin; row < end; row++)
        for (int x = 0; x < ne[2]; x++) {
            const int n = find_pixels (&args->src, row / ne[1], row % ne[1], x, pixel);

            pool_pixel (pixel, n, ne[3], m2f_row_f32 (&args->dst, (int64_t) row * ne[2] + x));
        }
}

static void
max_pool (CpuDevice *device, const M2fMaxPool *args)
{
    cpu_parallel (device->pool, args->dst.ne[0] * args->dst.ne[1], ROWS, pool_rows, (void *) args);
}

void
ISA (cpu_init_max_pool) (CpuKernels *kernels)
{
    kernels->max_pool = max_pool;
}

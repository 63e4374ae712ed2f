/* conv3x3 by Winograd's F(4 x 4, 3 x 3).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A quarter of the multiplications; the transforms cost a few per cent of the time, and the error
 * of float32 grows five times.
 */
#define OUT 4
#define COLUMNS 256
#include "conv_tiles.h"

/* The points of interpolation are 0, +-sqrt (1/2), +-sqrt (2) and infinity: a quarter of the error
 * that 0, +-1, +-2 have, and half of the constants are powers of two. */

#define HALF_SQRT 0.70710678118654752440
#define SQRT_TWO 1.41421356237309504880

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

static void
conv3x3 (CpuDevice *device, const M2fConv3x3 *args)
{
    if (args->weight.type == M2F_BF16)
        device->kernels.conv3x3_bf16.run (device, args);
    else
        convolve (device, args, gemm_rows);
}

static void
weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int n = ne[0], k = ne[1];
    float *points = transform_weights (ne, data);

    for (int p = 0; p < POINTS; p++)
        gemm_pack (points + (size_t) p * n * k, k, n, k, (float *) packed + p * point_size (n, k));
    g_free (points);
}

void
ISA (cpu_init_conv) (CpuKernels *kernels)
{
    kernels->conv3x3 = conv3x3;
    kernels->packing[M2F_CONV3X3_WEIGHT] = (CpuPacking) { weight_size, weight_pack };
}

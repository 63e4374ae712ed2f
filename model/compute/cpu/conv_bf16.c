/* conv3x3 by Winograd's F(2 x 2, 3 x 3), with products of bf16.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four of nine multiplications, and an error of (5/3)^2 in variance of that of a direct convolution
 * with rounded operands: 5/3 for a row, where m0 + m1 + m2 has the variances 2 + 3/2 + 3/2 in place
 * of 1 + 1 + 1.  F(4 x 4) would lose a digit, which bf16 does not have.
 */
#define CONV_BF16
#include "model/compute/cpu/conv_tiles.h"

static void
conv3x3 (CpuDevice *device, const M2fConv3x3 *args)
{
    convolve (device, args, device->kernels.bf16.rows);
}

static void
conv_weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int n = ne[0], k = ne[1], point[4] = { 1, 1, n, k };
    float *points = transform_weights (ne, data);

    for (int p = 0; points != NULL && p < POINTS; p++)
        device->kernels.bf16.packing.pack (device, point, points + (size_t) p * n * k,
            (float *) packed + p * point_size (n, k));
    free (points);
}

void
ISA (cpu_init_conv_bf16) (CpuKernels *kernels)
{
    kernels->conv3x3_bf16 = (CpuConv) { conv3x3, { conv_weight_size, conv_weight_pack } };
}

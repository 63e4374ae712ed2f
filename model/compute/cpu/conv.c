/* conv3x3 by Winograd's F(4 x 4, 3 x 3).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A quarter of the multiplications; the transforms cost a few per cent of the time, and the error
 * of float32 grows five times.
 */
#include "model/compute/cpu/conv_tiles.h"

static void
conv3x3 (CpuDevice *device, const M2fConv3x3 *args)
{
    if (args->weight.type == M2F_BF16)
        device->kernels.conv3x3_bf16.run (device, args);
    else
        convolve (device, args, gemm_rows);
}

static void
conv_weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int n = ne[0], k = ne[1];
    float *points = transform_weights (ne, data);

    for (int p = 0; points != NULL && p < POINTS; p++)
        gemm_pack (points + (size_t) p * n * k, k, n, k, (float *) packed + p * point_size (n, k));
    free (points);
}

void
ISA (cpu_init_conv) (CpuKernels *kernels)
{
    kernels->conv3x3 = conv3x3;
    kernels->packing[M2F_CONV3X3_WEIGHT] = (CpuPacking) { conv_weight_size, conv_weight_pack };
}

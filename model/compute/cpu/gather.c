/* Ops that only move rows about: patch_gather and gather_rows; and weights that are kept as they
 * are.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include <string.h>

#define PATCH_ROWS 4   /* rows of patches at a time */
#define GATHER_ROWS 32 /* rows at a time */

/* One whole patch, pixel by pixel: dst[(c height + y) width + x]. */
static inline __attribute__ ((always_inline)) void
gather_whole (float *dst, const M2fTensor *src, const float *first, M2fLevel patch, int channels)
{
    for (int y = 0; y < patch.height; y++) {
        const float *p = first + (ptrdiff_t) y * src->ne[2] * src->stride;

        for (int c = 0; c < channels; c++)
#pragma GCC unroll 4
            for (int x = 0; x < patch.width; x++)
                dst[(c * patch.height + y) * patch.width + x] = p[x * src->stride + c];
    }
}

/* The patch whose top left pixel is (top, left) of an image whose first row is `image_row`. */
static void
gather_patch (const M2fPatchGather *args, float *dst, int64_t image_row, int top, int left)
{
    const M2fTensor *src = &args->src;
    const M2fLevel patch = args->patch;
    const int channels = src->ne[3], rows = MIN (patch.height, src->ne[1] - top);
    const int columns = MIN (patch.width, src->ne[2] - left);
    const float *first = m2f_row_f32 (src, (image_row + top) * src->ne[2] + left);

    if (rows == patch.height && columns == patch.width) {
        if (patch.height == 4 && patch.width == 4 && channels == 3) /* every published Swin */
            gather_whole (dst, src, first, (M2fLevel) { 4, 4 }, 3);
        else
            gather_whole (dst, src, first, patch, channels);
        return;
    }
    memset (dst, 0, sizeof *dst * channels * patch.height * patch.width);
    for (int y = 0; y < rows; y++, first += (ptrdiff_t) src->ne[2] * src->stride)
        for (int x = 0; x < columns; x++)
            for (int c = 0; c < channels; c++)
                dst[(c * patch.height + y) * patch.width + x]
                    = first[(ptrdiff_t) x * src->stride + c];
}

static void
patch_rows (void *arg, int begin, int end, int thread)
{
    const M2fPatchGather *args = arg;
    const M2fTensor *dst = &args->dst;

    for (int i = begin; i < end; i++) {
        int batch = i / dst->ne[1], y = i % dst->ne[1];

        for (int x = 0; x < dst->ne[2]; x++)
            gather_patch (args, m2f_row_f32 (dst, (int64_t) i * dst->ne[2] + x),
                (int64_t) batch * args->src.ne[1], y * args->patch.height,
                x * args->patch.width);
    }
}

static void
patch_gather (CpuDevice *device, const M2fPatchGather *args)
{
    cpu_parallel (device->pool, args->dst.ne[0] * args->dst.ne[1], PATCH_ROWS, patch_rows,
        (void *) args);
}

static void
copy_rows (void *arg, int begin, int end, int thread)
{
    const M2fGatherRows *args = arg;
    const int32_t *index = m2f_tensor_host (&args->index);

    for (int i = begin; i < end; i++)
        memcpy (m2f_row_f32 (&args->dst, i), m2f_row_f32 (&args->src, index[i]),
            sizeof (float) * args->dst.ne[3]);
}

static void
gather_rows (CpuDevice *device, const M2fGatherRows *args)
{
    cpu_parallel (device->pool, args->dst.ne[2], GATHER_ROWS, copy_rows, (void *) args);
}

static size_t
plain_size (const int ne[4])
{
    return sizeof (float) * ne[0] * ne[1] * ne[2] * ne[3];
}

static void
plain_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    memcpy (packed, data, plain_size (ne));
}

void
ISA (cpu_init_gather) (CpuKernels *kernels)
{
    kernels->patch_gather = patch_gather;
    kernels->gather_rows = gather_rows;
    kernels->packing[M2F_PLAIN] = (CpuPacking) { plain_size, plain_pack };
}

/* Bilinear resizing of maps, whose channels lie side by side.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

#include "model/compute/bilinear.h"

typedef struct ResizeJob {
    const M2fResize *args;
    const M2fBilinear *column; /* one per output column */
} ResizeJob;

/* dst = the four corners weighted, plus addend unless that is NULL. */
static inline void
blend (float *dst, const float *const corner[4], const float weight[4], const float *addend, int n)
{
    const vf32 w[4] = { vf_set (weight[0]), vf_set (weight[1]), vf_set (weight[2]),
        vf_set (weight[3]) };

    for (int c = 0; c < n; c += VEC) {
        vf32 top = vf_load_n (corner[0] + c, n - c) * w[0];
        vf32 bottom = vf_load_n (corner[2] + c, n - c) * w[2];

        top = vf_fma (vf_load_n (corner[1] + c, n - c), w[1], top);
        bottom = vf_fma (vf_load_n (corner[3] + c, n - c), w[3], bottom);
        top += bottom;
        if (addend != NULL)
            top += vf_load_n (addend + c, n - c);
        vf_store_n (dst + c, top, n - c);
    }
}

static void
resize_rows (void *arg, int begin, int end, int thread)
{
    const ResizeJob *job = arg;
    const M2fResize *args = job->args;
    const M2fTensor *dst = &args->dst, *src = &args->src;
    const bool add = m2f_tensor_present (&args->addend);

    for (int i = begin; i < end; i++) {
        const M2fBilinear v = m2f_bilinear (i % dst->ne[1], src->ne[1], dst->ne[1]);
        const int64_t first = (int64_t) (i / dst->ne[1]) * src->ne[1];
        const float *top = m2f_row_f32 (src, (first + v.i0) * src->ne[2]);
        const float *bottom = m2f_row_f32 (src, (first + v.i1) * src->ne[2]);

        for (int x = 0; x < dst->ne[2]; x++) {
            const M2fBilinear h = job->column[x];
            const ptrdiff_t left = (ptrdiff_t) h.i0 * src->stride;
            const ptrdiff_t right = (ptrdiff_t) h.i1 * src->stride;
            const int64_t row = (int64_t) i * dst->ne[2] + x;
            const float *const corner[4] = { top + left, top + right, bottom + left,
                bottom + right };
            const float weight[4] = { v.w0 * h.w0, v.w0 * h.w1, v.w1 * h.w0, v.w1 * h.w1 };

            blend (m2f_row_f32 (dst, row), corner, weight,
                add ? m2f_row_f32 (&args->addend, row) : NULL, dst->ne[3]);
        }
    }
}

static void
resize (CpuDevice *device, const M2fResize *args)
{
    const int width = args->dst.ne[2];
    M2fBilinear *column = cpu_scratch (CPU_SCRATCH_OP, sizeof *column * width);
    ResizeJob job = { args, column };

    if (column == NULL)
        return;
    for (int x = 0; x < width; x++)
        column[x] = m2f_bilinear (x, args->src.ne[2], width);
    cpu_parallel (device->pool, args->dst.ne[0] * args->dst.ne[1], 1, resize_rows, &job);
}

void
ISA (cpu_init_resize) (CpuKernels *kernels)
{
    kernels->resize = resize;
}

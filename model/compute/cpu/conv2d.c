/* conv2d: pixels gathered to rows of a matrix, block by block, and a product.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row of A has the kernel's pixels one after another, so that the weight is a matrix
 * (N, kernel x kernel x C) and each row of the kernel one run of the source.  A block of A stays in
 * the second-level cache of the thread that gathers and multiplies it.  Each group of channels is a
 * product with its own columns of the weight.
 */
#include "model/compute/cpu/gemm.h"

#include <string.h>

#define BLOCK_BYTES (256 << 10) /* most bytes of A in a block */
#define MAX_BLOCK_ROWS 192 /* a stem's A then fits the first-level cache */
#define BLOCKS_PER_THREAD 4

typedef struct ConvJob {
    const M2fConv2d *args;
    CpuGemm gemm; /* without a */
    void (*rows) (const CpuGemm *gemm, int begin, int end);
    int block_rows;
    ptrdiff_t a_stride; /* elements; whole vectors */
    int groups, channels; /* channels of a group */
} ConvJob;

/* ---- rows of A ----------------------------------------------------------------------------- */

/* `n` elements from the source's type to that of A. */
static inline void
copy_elements (const void *src, M2fType src_type, void *dst, M2fType dst_type, int n)
{
    if (src_type == M2F_BF16 && dst_type == M2F_BF16)
        memcpy (dst, src, n * sizeof (uint16_t));
    else if (src_type == M2F_BF16)
        for (int i = 0; i < n; i += VEC)
            vf_store_n ((float *) dst + i, vf_load_bf16_n ((const uint16_t *) src + i, n - i),
                n - i);
    else if (dst_type == M2F_BF16)
        for (int i = 0; i < n; i += VEC)
            vf_store_bf16_n ((uint16_t *) dst + i, vf_load_n ((const float *) src + i, n - i),
                n - i);
    else
        for (int i = 0; i < n; i += VEC)
            vf_store_n ((float *) dst + i, vf_load_n ((const float *) src + i, n - i), n - i);
}

/* Pixels [x, x + count) of the line of the source that starts at `line`; zeros beyond its ends. */
static inline void
gather_pixels (const ConvJob *job, const char *line, int x, int count, char *dst)
{
    const M2fTensor *src = &job->args->src;
    const int channels = job->channels, left = CLAMP (-x, 0, count);
    const int right = CLAMP (src->ne[2] - x, left, count);
    const ptrdiff_t step = src->stride * (ptrdiff_t) m2f_type_size (src->type);
    const size_t pixel = m2f_type_size (job->gemm.a_type) * channels;
    const bool dense = src->stride == channels;
    const int together = dense ? right - left : 1; /* pixels */

    line += (x + left) * step;
    if (left > 0)
        memset (dst, 0, left * pixel);
    for (int i = left; i < right; i += together, line += step)
        copy_elements (line, src->type, dst + i * pixel, job->gemm.a_type, together * channels);
    if (right < count)
        memset (dst + right * pixel, 0, (count - right) * pixel);
}

/* `count` runs of a vector or less, `step` elements apart. */
static inline void
gather_runs (const float *src, int step, int count, vmask lanes, float *dst, ptrdiff_t stride)
{
    for (int i = 0; i < count; i++, src += step, dst += stride)
        vf_store_mask (dst, vf_load_mask (src, lanes), lanes);
}

/* Part of the rows of A: what a line of the source gives outputs [first, first + count) of a row of
 * the result, `kernel` pixels each. */
static void
gather_line (const ConvJob *job, const char *line, int first, int count, char *a)
{
    const M2fConv2d *args = job->args;
    const M2fTensor *src = &args->src;
    const int kernel = args->weight.ne[3], run = kernel * job->channels;
    const ptrdiff_t stride = job->a_stride * (ptrdiff_t) m2f_type_size (job->gemm.a_type);
    const bool short_runs = run <= VEC && src->stride == job->channels && src->type == M2F_F32
        && job->gemm.a_type == M2F_F32; /* a stem's: one vector each */
    const vmask lanes = vm_first (short_runs ? run : 0);

    for (int i = 0; i < count; i++, a += stride) {
        const int x = (first + i) * args->stride - kernel / 2;
        int inside = short_runs && x >= 0 ? (src->ne[2] - kernel - x) / args->stride + 1 : 0;

        if (inside <= 0 || x + kernel > src->ne[2]) {
            gather_pixels (job, line, x, kernel, a);
            continue;
        }
        inside = MIN (inside, count - i);
        gather_runs ((const float *) (const void *) line + x * job->channels,
            args->stride * job->channels, inside, lanes, (float *) (void *) a, job->a_stride);
        i += inside - 1;
        a += (inside - 1) * stride;
    }
}

/* Rows of A for outputs [x, x + count) of row `y` of the result; the source starts at `picture`. */
static void
gather_outputs (const ConvJob *job, const char *picture, int y, int x, int count, char *a)
{
    const M2fTensor *src = &job->args->src;
    const int kernel = job->args->weight.ne[3], top = y * job->args->stride - kernel / 2;
    const size_t element = m2f_type_size (job->gemm.a_type);
    const size_t run = element * kernel * job->channels;
    const ptrdiff_t line
        = (ptrdiff_t) src->ne[2] * src->stride * (ptrdiff_t) m2f_type_size (src->type);

    for (int i = top; i < top + kernel; i++, a += run) {
        if (i >= 0 && i < src->ne[1]) {
            gather_line (job, picture + i * line, x, count, a);
            continue;
        }
        for (int j = 0; j < count; j++)
            memset (a + j * job->a_stride * (ptrdiff_t) element, 0, run);
    }
}

/* Rows of A for outputs [first, first + rows) of a group. */
static void
gather_rows (const ConvJob *job, int group, int first, int rows, char *a)
{
    const M2fTensor *src = &job->args->src;
    const char *data = (const char *) m2f_tensor_host (src)
        + (size_t) group * job->channels * m2f_type_size (src->type);
    const int *ne = job->args->dst.ne;
    const ptrdiff_t size = (ptrdiff_t) src->ne[1] * src->ne[2] * src->stride
        * (ptrdiff_t) m2f_type_size (src->type);
    const ptrdiff_t stride = job->a_stride * (ptrdiff_t) m2f_type_size (job->gemm.a_type);

    for (int count; rows > 0; first += count, rows -= count, a += count * stride) {
        const int x = first % ne[2], line = first / ne[2];

        count = MIN (rows, ne[2] - x);
        gather_outputs (job, data + line / ne[1] * size, line % ne[1], x, count, a);
    }
}

/* ---- the product --------------------------------------------------------------------------- */

static void
convolve_blocks (void *arg, int begin, int end, int thread)
{
    const ConvJob *job = arg;
    const ptrdiff_t stride = job->a_stride * (ptrdiff_t) m2f_type_size (job->gemm.a_type);
    const int filters = job->gemm.n / job->groups;
    char *a = cpu_scratch (CPU_SCRATCH_THREAD, stride * job->block_rows);

    if (a == NULL)
        return;
    for (int i = begin; i < end; i++) {
        const int group = i % job->groups, first = i / job->groups * job->block_rows;
        const int rows = MIN (job->block_rows, job->gemm.m - first);
        CpuGemm block = gemm_columns (job->gemm, group * filters, filters);

        gather_rows (job, group, first, rows, a);
        block.m = rows;
        block.a = a;
        if (block.addend != NULL)
            block.addend += first * block.addend_stride;
        block.c = (char *) block.c
            + first * block.c_stride * (ptrdiff_t) m2f_type_size (block.c_type);
        job->rows (&block, 0, rows);
    }
}

static void
conv2d (CpuDevice *device, const M2fConv2d *args)
{
    const int kernel = args->weight.ne[3], channels = args->weight.ne[1];
    const int k = kernel * kernel * channels;
    const bool bf16 = args->weight.type == M2F_BF16;
    ConvJob job = {
        .args = args,
        .gemm = {
            .m = (int) m2f_tensor_rows (&args->dst),
            .n = args->dst.ne[3],
            .k = bf16 ? k / 2 : k,
            .a_type = bf16 ? M2F_BF16 : M2F_F32,
            .b = m2f_tensor_host (&args->weight),
            .c = m2f_tensor_host (&args->dst),
            .c_type = args->dst.type,
            .c_stride = args->dst.stride,
            .bias = m2f_tensor_present (&args->bias) ? m2f_row_f32 (&args->bias, 0) : NULL,
            .addend = m2f_tensor_present (&args->addend) ? m2f_row_f32 (&args->addend, 0) : NULL,
            .addend_rows = (int) m2f_tensor_rows (&args->dst),
            .addend_stride = args->addend.stride,
            .activation = args->activation,
        },
        .rows = bf16 ? device->kernels.bf16.rows : gemm_rows,
        .a_stride = (ptrdiff_t) divide_up (k, 2 * VEC) * 2 * VEC,
        .groups = args->src.ne[3] / channels,
        .channels = channels,
    };
    const int most = BLOCK_BYTES / (int) m2f_type_size (job.gemm.a_type) / (int) job.a_stride;
    const int share = divide_up (job.gemm.m, BLOCKS_PER_THREAD * cpu_pool_threads (device->pool));
    const int steps = MIN (MIN (most, MAX_BLOCK_ROWS), share) / (2 * GEMM_ROW_STEP);

    job.gemm.a_stride = job.a_stride;
    job.block_rows = MAX (steps, 1) * 2 * GEMM_ROW_STEP;
    cpu_parallel (device->pool, divide_up (job.gemm.m, job.block_rows) * job.groups, 1,
        convolve_blocks, &job);
}

/* ---- weights ------------------------------------------------------------------------------- */

/* The weight as a matrix (N, kernel x kernel x C), for free(); NULL if there is no memory. */
static float *
taps_first (const int ne[4], const float *data)
{
    const int channels = ne[1], taps = ne[2] * ne[3];
    float *rows = cpu_alloc (sizeof (float) * ne[0] * channels * taps);

    if (rows == NULL)
        return NULL;
    for (int n = 0; n < ne[0]; n++)
        for (int c = 0; c < channels; c++)
            for (int tap = 0; tap < taps; tap++)
                rows[((size_t) n * taps + tap) * channels + c]
                    = data[((size_t) n * channels + c) * taps + tap];
    return rows;
}

static size_t
weight_size (const int ne[4])
{
    return gemm_packed_size (ne[0], ne[1] * ne[2] * ne[3]);
}

static void
weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int k = ne[1] * ne[2] * ne[3];
    float *rows = taps_first (ne, data);

    if (rows != NULL)
        gemm_pack (rows, k, ne[0], k, packed);
    free (rows);
}

static size_t
weight_size_bf16 (const int ne[4])
{
    return gemm_packed_size (ne[0], ne[1] * ne[2] * ne[3] / 2);
}

static void
weight_pack_bf16 (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int matrix[4] = { 1, 1, ne[0], ne[1] * ne[2] * ne[3] };
    float *rows = taps_first (ne, data);

    if (rows != NULL)
        device->kernels.bf16.packing.pack (device, matrix, rows, packed);
    free (rows);
}

void
ISA (cpu_init_conv2d) (CpuKernels *kernels)
{
    kernels->conv2d = conv2d;
    kernels->packing[M2F_CONV2D_WEIGHT] = (CpuPacking) { weight_size, weight_pack };
    kernels->conv2d_bf16 = (CpuPacking) { weight_size_bf16, weight_pack_bf16 };
}

/* inverted_residual: what is expanded stays in caches until it has been convolved.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A strip is a few rows of the result, computed by one thread: some of its channels at a time are
 * expanded for the rows of the source below and convolved from there, then the strip is projected.
 * Neighbouring strips expand the rows that both read.
 */
#include "model/compute/cpu/depthwise.h"
#include "model/compute/cpu/gemm.h"

#include <string.h>

#define PART_CHANNELS 96      /* channels expanded at a time; a multiple of every GEMM_PANEL */
#define STRIP_BYTES (1 << 20) /* most bytes between the layers of a strip: half of a 2 MiB cache */

typedef struct StripsJob {
    const M2fInvertedResidual *args;
    CpuGemmRows expand_rows, project_rows; /* the first is NULL if nothing is expanded */
    CpuGemm expand, project;               /* without rows */
    CpuDepthwiseFunc convolve;
    CpuDepthwise depthwise;
    ptrdiff_t line;        /* bytes from row to row of what is convolved */
    int rows, strips;      /* rows of the result in a strip; strips in a picture */
    bool rounds;           /* the source is float32, its product one of bf16 */
    size_t rounded_bytes, expanded_bytes, filtered_bytes; /* scratch memory of a strip */
} StripsJob;

/* Rows [y, y + rows) of the result, and the rows of the source below them that there are. */
typedef struct Strip {
    int picture, y, rows;
    int top, height;
} Strip;

/* ---- a strip ------------------------------------------------------------------------------- */

static Strip
find_strip (const StripsJob *job, int index)
{
    const CpuDepthwise *d = &job->depthwise;
    Strip s = { .picture = index / job->strips, .y = index % job->strips * job->rows };
    const int top = s.y * d->stride - d->kernel / 2;

    s.rows = MIN (job->rows, job->args->dst.ne[1] - s.y);
    s.top = MAX (top, 0);
    s.height = MIN (job->args->src.ne[1], top + (s.rows - 1) * d->stride + d->kernel) - s.top;
    return s;
}

/* Where the strip starts in the source. */
static const void *
strip_source (const StripsJob *job, const Strip *s)
{
    const M2fTensor *src = &job->args->src;
    const int64_t row = ((int64_t) s->picture * src->ne[1] + s->top) * src->ne[2];

    return (const char *) m2f_tensor_host (src)
        + row * src->stride * (ptrdiff_t) m2f_type_size (src->type);
}

/* Rounds the pixels of a strip, once for all parts of the channels. */
static void
round_pixels (const StripsJob *job, const Strip *s, uint16_t *rounded)
{
    const M2fTensor *src = &job->args->src;
    const float *pixel = strip_source (job, s);

    for (int i = 0; i < s->height * src->ne[2]; i++) {
        for (int c = 0; c < src->ne[3]; c += VEC)
            vf_store_bf16_n (rounded + c, vf_load_n (pixel + c, src->ne[3] - c), src->ne[3] - c);
        pixel += src->stride;
        rounded += job->expand.a_stride;
    }
}

/* Convolves the channels of `part`.  `source` starts with row `top`. */
static void
filter (const StripsJob *job, const Strip *s, const CpuDepthwise *part, const char *source,
    char *filtered)
{
    const ptrdiff_t row = part->dst_width * part->dst_step;

    for (int y = 0; y < s->rows; y += CPU_BAND_ROWS) {
        const int top = (s->y + y) * part->stride - part->kernel / 2 - s->top;
        CpuBand band;

        for (int i = 0; i < CPU_BAND_LINES (part->kernel, part->stride); i++)
            band.line[i] = top + i >= 0 && top + i < s->height ? source + (top + i) * job->line
                                                                : part->zeros;
        for (int i = 0; i < CPU_BAND_ROWS; i++)
            band.out[i] = y + i < s->rows ? filtered + (y + i) * row : NULL;
        job->convolve (part, &band);
    }
}

static void
expand_and_filter (const StripsJob *job, const Strip *s, const void *source, char *expanded,
    char *filtered)
{
    const int channels = job->depthwise.channels, kernel = job->depthwise.kernel;

    if (job->expand_rows == NULL) {
        filter (job, s, &job->depthwise, source, filtered);
        return;
    }
    for (int first = 0; first < channels; first += PART_CHANNELS) {
        CpuDepthwise part = job->depthwise;
        CpuGemm gemm;

        part.channels = MIN (PART_CHANNELS, channels - first);
        part.weight += first * kernel * kernel;
        if (part.bias != NULL)
            part.bias += first;
        gemm = gemm_columns (job->expand, first, part.channels);
        gemm.m = s->height * job->args->src.ne[2];
        gemm.a = source;
        gemm.c = expanded;
        job->expand_rows (&gemm, 0, gemm.m);
        filter (job, s, &part, expanded,
            filtered + first * (ptrdiff_t) m2f_type_size (part.dst_type));
    }
}

static void
project (const StripsJob *job, const Strip *s, const char *filtered)
{
    const M2fTensor *dst = &job->args->dst, *residual = &job->args->residual;
    const int64_t first = ((int64_t) s->picture * dst->ne[1] + s->y) * dst->ne[2];
    CpuGemm gemm = job->project;

    gemm.m = s->rows * dst->ne[2];
    gemm.a = filtered;
    gemm.c = (char *) m2f_tensor_host (dst)
        + first * dst->stride * (ptrdiff_t) m2f_type_size (dst->type);
    if (m2f_tensor_present (residual))
        gemm.residual = m2f_row_f32 (residual, first);
    job->project_rows (&gemm, 0, gemm.m);
}

static void
compute_strips (void *arg, int begin, int end, int thread)
{
    const StripsJob *job = arg;
    char *rounded = cpu_scratch (CPU_SCRATCH_THREAD,
        job->rounded_bytes + job->expanded_bytes + job->filtered_bytes);
    char *expanded = rounded + job->rounded_bytes, *filtered = expanded + job->expanded_bytes;

    if (rounded == NULL)
        return;
    for (int i = begin; i < end; i++) {
        const Strip s = find_strip (job, i);

        if (job->rounds)
            round_pixels (job, &s, (uint16_t *) (void *) rounded);
        expand_and_filter (job, &s, job->rounds ? rounded : strip_source (job, &s), expanded,
            filtered);
        project (job, &s, filtered);
    }
}

/* ---- the op -------------------------------------------------------------------------------- */

static const float *
vector_or_null (const M2fTensor *t)
{
    return m2f_tensor_present (t) ? m2f_row_f32 (t, 0) : NULL;
}

/* Makes the strips as few as threads and memory ask for: the rows between them are expanded twice,
 * and each reads all weights. */
static void
choose_strips (StripsJob *job, int threads)
{
    const CpuDepthwise *d = &job->depthwise;
    const int *src = job->args->src.ne, *dst = job->args->dst.ne;
    const ptrdiff_t expanded = job->expand_rows != NULL ? job->line : 0;
    const ptrdiff_t filtered = dst[2] * d->dst_step;
    const int fitting = (int) ((STRIP_BYTES - (d->kernel - d->stride) * expanded)
        / (d->stride * expanded + filtered));
    const int strips = divide_up (divide_up (dst[1], MAX (fitting, 1)), threads) * threads;

    job->rows = divide_up (divide_up (dst[1], strips), CPU_BAND_ROWS) * CPU_BAND_ROWS;
    job->strips = divide_up (dst[1], job->rows);
    const size_t height = (size_t) MIN (src[1], (job->rows - 1) * d->stride + d->kernel);
    if (job->rounds)
        job->rounded_bytes = sizeof (uint16_t) * height * (size_t) (src[2] * job->expand.a_stride);
    job->expanded_bytes = divide_up (height * (size_t) expanded, 64) * 64;
    job->filtered_bytes = (size_t) job->rows * (size_t) filtered;
}

/* The convolution of all channels from `step` elements of `type` for each pixel. */
static CpuDepthwise
depthwise_of (const M2fInvertedResidual *args, M2fType type, int step, M2fType dst_type)
{
    const int channels = args->project.ne[3];

    return (CpuDepthwise) {
        .kernel = args->depthwise.ne[3],
        .stride = args->stride,
        .channels = channels,
        .weight = m2f_tensor_host (&args->depthwise),
        .bias = vector_or_null (&args->depthwise_bias),
        .least = args->activation == M2F_NO_ACTIVATION ? -INFINITY : 0.f,
        .most = args->activation == M2F_RELU6 ? 6.f : INFINITY,
        .src_type = type,
        .dst_type = dst_type,
        .src_step = step * (ptrdiff_t) m2f_type_size (type),
        .dst_step = channels * (ptrdiff_t) m2f_type_size (dst_type),
        .src_width = args->src.ne[2],
        .dst_width = args->dst.ne[2],
    };
}

/* A product with a weight, without rows. */
static CpuGemm
product_of (const M2fTensor *weight, const M2fTensor *bias)
{
    return (CpuGemm) {
        .n = weight->ne[2],
        .k = weight->ne[3],
        .b = m2f_tensor_host (weight),
        .bias = vector_or_null (bias),
    };
}

static void
prepare_expand (StripsJob *job, const CpuDevice *device, M2fType type, int step)
{
    const M2fInvertedResidual *args = job->args;

    job->expand = product_of (&args->expand, &args->expand_bias);
    job->rounds = args->src.type == M2F_F32 && args->expand.type == M2F_BF16;
    job->expand.a_type = job->rounds ? M2F_BF16 : args->src.type;
    job->expand.a_stride = job->rounds ? divide_up (job->expand.k, 32) * 32 : args->src.stride;
    job->expand.c_type = type;
    job->expand.c_stride = step;
    job->expand.activation = args->activation;
    job->expand_rows = gemm_use_type (device, &job->expand, args->expand.type);
}

static void
prepare_project (StripsJob *job, const CpuDevice *device, M2fType operand)
{
    const M2fInvertedResidual *args = job->args;

    job->project = product_of (&args->project, &args->project_bias);
    job->project.a_type = operand;
    job->project.a_stride = job->project.k;
    job->project.c_type = args->dst.type;
    job->project.c_stride = args->dst.stride;
    job->project.residual_stride = args->residual.stride;
    job->project_rows = gemm_use_type (device, &job->project, args->project.type);
}

static void
inverted_residual (CpuDevice *device, const M2fInvertedResidual *args)
{
    const M2fTensor *src = &args->src;
    const bool expands = m2f_tensor_present (&args->expand);
    const M2fType operand = args->project.type == M2F_BF16 ? M2F_BF16 : M2F_F32;
    const M2fType type = expands ? operand : src->type;
    const int step = expands ? MIN (args->project.ne[3], PART_CHANNELS) : src->stride;
    StripsJob job = {
        .args = args,
        .convolve = device->kernels.depthwise_band,
        .depthwise = depthwise_of (args, type, step, operand),
        .line = src->ne[2] * step * (ptrdiff_t) m2f_type_size (type),
    };

    job.depthwise.zeros = cpu_scratch (CPU_SCRATCH_OP, (size_t) job.line);
    if (job.depthwise.zeros == NULL)
        return;
    memset (job.depthwise.zeros, 0, (size_t) job.line);
    if (expands)
        prepare_expand (&job, device, type, step);
    prepare_project (&job, device, operand);
    choose_strips (&job, cpu_pool_threads (device->pool));
    cpu_parallel (device->pool, args->dst.ne[0] * job.strips, 1, compute_strips, &job);
}

void
ISA (cpu_init_inverted_residual) (CpuKernels *kernels)
{
    kernels->inverted_residual = inverted_residual;
}

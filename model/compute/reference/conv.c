/* Convolutions, and the gathers that stand for those whose kernel is as large as their stride.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/reference/reference.h"

#include <math.h>

void
m2f_reference_conv3x3 (M2fPlan *plan, const M2fConv3x3 *args)
{
    const int *ne = args->dst.ne;
    int C = args->src.ne[3];
    const float *weight = m2f_tensor_host (&args->weight);

    for (int b = 0; b < ne[0]; b++) {
        for (int y = 0; y < ne[1]; y++) {
            for (int x = 0; x < ne[2]; x++) {
                for (int n = 0; n < ne[3]; n++) {
                    double sum = m2f_tensor_present (&args->bias)
                        ? m2f_row_f32 (&args->bias, 0)[n] : 0;

                    for (int k = 0; k < 9; k++) {
                        int sy = y + k / 3 - 1, sx = x + k % 3 - 1;

                        if (sy < 0 || sy >= ne[1] || sx < 0 || sx >= ne[2])
                            continue;
                        for (int c = 0; c < C; c++)
                            sum += (double) ref_pixel (&args->src, b, sy, sx)[c]
                                * weight[((gsize) n * C + c) * 9 + k];
                    }
                    ref_pixel (&args->dst, b, y, x)[n] = (float) sum;
                }
            }
        }
    }
}

/* Sum over the kernel, for filter `n` of `count` input channels from `first` on: output (y, x) of
 * picture b. */
static double
convolve (const M2fTensor *src, const M2fTensor *weight, const int at[3], int stride, int n,
    int first)
{
    const int count = weight->ne[1], kernel = weight->ne[3];
    const float *w = (const float *) m2f_tensor_host (weight)
        + (gsize) n * count * kernel * kernel;
    double sum = 0;

    for (int k = 0; k < kernel * kernel; k++) {
        int y = at[1] * stride + k / kernel - kernel / 2;
        int x = at[2] * stride + k % kernel - kernel / 2;

        if (y < 0 || y >= src->ne[1] || x < 0 || x >= src->ne[2])
            continue;
        for (int c = 0; c < count; c++)
            sum += (double) ref_pixel (src, at[0], y, x)[first + c] * w[c * kernel * kernel + k];
    }
    return sum;
}

void
m2f_reference_conv2d (M2fPlan *plan, const M2fConv2d *args)
{
    const int *ne = args->dst.ne, channels = args->weight.ne[1];
    const int group = ne[3] / (args->src.ne[3] / channels);
    M2fBuffer room = { 0 };
    const M2fTensor src = ref_widen (plan, &args->src, &room);

    for (int64_t row = 0; m2f_tensor_present (&src) && row < m2f_tensor_rows (&args->dst); row++) {
        const int at[3] = { (int) (row / ne[2] / ne[1]), (int) (row / ne[2] % ne[1]),
            (int) (row % ne[2]) };

        for (int n = 0; n < ne[3]; n++) {
            double x = convolve (&src, &args->weight, at, args->stride, n, n / group * channels);

            if (m2f_tensor_present (&args->bias))
                x += m2f_row_f32 (&args->bias, 0)[n];
            if (m2f_tensor_present (&args->addend))
                x += m2f_row_f32 (&args->addend, row)[n];
            ref_store (&args->dst, row, n, m2f_reference_activate (args->activation, x));
        }
    }
    g_free (room.host);
}

void
m2f_reference_depthwise_conv (M2fPlan *plan, const M2fDepthwiseConv *args)
{
    const int *ne = args->dst.ne;
    M2fBuffer room = { 0 };
    const M2fTensor src = ref_widen (plan, &args->src, &room);

    for (int64_t row = 0; m2f_tensor_present (&src) && row < m2f_tensor_rows (&args->dst); row++) {
        const int at[3] = { (int) (row / ne[2] / ne[1]), (int) (row / ne[2] % ne[1]),
            (int) (row % ne[2]) };

        for (int c = 0; c < ne[3]; c++) {
            double x = convolve (&src, &args->weight, at, args->stride, c, c);

            if (m2f_tensor_present (&args->bias))
                x += m2f_row_f32 (&args->bias, 0)[c];
            ref_store (&args->dst, row, c, m2f_reference_activate (args->activation, x));
        }
    }
    g_free (room.host);
}

/* A dense map of float32 in memory of its own, for g_free(); absent if there is none. */
static M2fTensor
make_map (M2fPlan *plan, const int like[4], int channels, M2fBuffer *room)
{
    M2fTensor map = {
        .ne = { like[0], like[1], like[2], channels }, .stride = channels, .buffer = room,
    };

    room->host = ref_alloc (plan, (size_t) m2f_tensor_rows (&map) * (size_t) channels,
        sizeof (float));
    return room->host ? map : (M2fTensor) { 0 };
}

/* Layer by layer. */
void
m2f_reference_inverted_residual (M2fPlan *plan, const M2fInvertedResidual *args)
{
    const int hidden = args->project.ne[3];
    const bool expands = m2f_tensor_present (&args->expand);
    M2fBuffer room[2] = { 0 };
    M2fTensor expanded = args->src, filtered = make_map (plan, args->dst.ne, hidden, &room[0]);

    if (expands)
        expanded = make_map (plan, args->src.ne, hidden, &room[1]);
    if (m2f_tensor_present (&expanded) && m2f_tensor_present (&filtered)) {
        if (expands)
            m2f_reference_linear (plan, &(M2fLinear) { .dst = expanded, .src = args->src,
                .weight = args->expand, .bias = args->expand_bias,
                .activation = args->activation });
        m2f_reference_depthwise_conv (plan, &(M2fDepthwiseConv) { .dst = filtered,
            .src = expanded, .weight = args->depthwise, .bias = args->depthwise_bias,
            .stride = args->stride, .activation = args->activation });
        m2f_reference_linear (plan, &(M2fLinear) { .dst = args->dst, .src = filtered,
            .weight = args->project, .bias = args->project_bias, .residual = args->residual });
    }
    g_free (room[0].host);
    g_free (room[1].host);
}

/* The greatest of the pixels around (2 y, 2 x) that are inside the map; NaN if one of them is. */
static float
greatest (const M2fTensor *src, int b, int y, int x, int c)
{
    float most = -INFINITY;

    for (int k = 0; k < 9; k++) {
        const int sy = 2 * y + k / 3 - 1, sx = 2 * x + k % 3 - 1;

        if (sy < 0 || sy >= src->ne[1] || sx < 0 || sx >= src->ne[2])
            continue;
        const float value = ref_pixel (src, b, sy, sx)[c];

        if (isnan (value))
            return value;
        most = value > most ? value : most;
    }
    return most;
}

void
m2f_reference_max_pool (M2fPlan *plan, const M2fMaxPool *args)
{
    const int *ne = args->dst.ne;

    for (int b = 0; b < ne[0]; b++)
        for (int y = 0; y < ne[1]; y++)
            for (int x = 0; x < ne[2]; x++)
                for (int c = 0; c < ne[3]; c++)
                    ref_pixel (&args->dst, b, y, x)[c] = greatest (&args->src, b, y, x, c);
}

void
m2f_reference_patch_gather (M2fPlan *plan, const M2fPatchGather *args)
{
    const int *ne = args->dst.ne;
    const int h = args->patch.height, w = args->patch.width;

    for (int b = 0; b < ne[0]; b++) {
        for (int y = 0; y < ne[1]; y++) {
            for (int x = 0; x < ne[2]; x++) {
                for (int i = 0; i < ne[3]; i++) {
                    int c = i / (h * w), sy = y * h + i / w % h, sx = x * w + i % w;
                    bool inside = sy < args->src.ne[1] && sx < args->src.ne[2];

                    ref_pixel (&args->dst, b, y, x)[i]
                        = inside ? ref_pixel (&args->src, b, sy, sx)[c] : 0;
                }
            }
        }
    }
}

/* transformers: SwinPatchMerging.forward. */
void
m2f_reference_patch_merge (M2fPlan *plan, const M2fPatchMerge *args)
{
    const int *ne = args->dst.ne;
    int C = args->src.ne[3];
    g_autofree float *merged = ref_alloc (plan, 4 * (size_t) C, sizeof *merged);

    if (!merged)
        return;
    for (int b = 0; b < ne[0]; b++) {
        for (int y = 0; y < ne[1]; y++) {
            for (int x = 0; x < ne[2]; x++) {
                for (int i = 0; i < 4; i++) {
                    int sy = 2 * y + i % 2, sx = 2 * x + i / 2;
                    bool inside = sy < args->src.ne[1] && sx < args->src.ne[2];

                    for (int c = 0; c < C; c++)
                        merged[i * C + c] = inside ? ref_pixel (&args->src, b, sy, sx)[c] : 0;
                }
                m2f_reference_norm_row (merged, merged, m2f_row_f32 (&args->weight, 0),
                    m2f_row_f32 (&args->bias, 0), 4 * C, args->eps);
                ref_store_row (&args->dst, ((int64_t) b * ne[1] + y) * ne[2] + x, merged);
            }
        }
    }
}

void
m2f_reference_gather_rows (M2fPlan *plan, const M2fGatherRows *args)
{
    const gint32 *index = m2f_tensor_host (&args->index);

    for (int i = 0; i < args->dst.ne[2]; i++)
        for (int c = 0; c < args->dst.ne[3]; c++)
            m2f_row_f32 (&args->dst, i)[c] = m2f_row_f32 (&args->src, index[i])[c];
}

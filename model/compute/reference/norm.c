/* The norms but patch_merge, which is with the convolutions.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/reference/reference.h"

#include <math.h>

void
m2f_reference_norm_row (float *dst, const float *src, const float *weight, const float *bias,
    int n, double eps)
{
    double mean = 0, variance = 0;

    for (int i = 0; i < n; i++)
        mean += src[i];
    mean /= n;
    for (int i = 0; i < n; i++)
        variance += (src[i] - mean) * (src[i] - mean);
    variance /= n;
    for (int i = 0; i < n; i++)
        dst[i] = (float) ((src[i] - mean) / sqrt (variance + eps) * weight[i] + bias[i]);
}

void
m2f_reference_layer_norm (M2fPlan *plan, const M2fLayerNorm *args)
{
    const int n = args->dst.ne[3];
    g_autofree float *row = ref_alloc (plan, (size_t) n, sizeof *row);

    if (!row)
        return;
    for (int64_t i = 0; i < m2f_tensor_rows (&args->dst); i++) {
        m2f_reference_norm_row (row, m2f_row_f32 (&args->src, i),
            m2f_row_f32 (&args->weight, 0), m2f_row_f32 (&args->bias, 0), n, args->eps);
        ref_store_row (&args->dst, i, row);
        if (m2f_tensor_present (&args->bf16_copy))
            ref_store_row (&args->bf16_copy, i, row);
    }
}

/* Channels [first, first + count) of all pixels of batch element `b`. */
static void
norm_group (const M2fGroupNorm *args, int b, int first, int count)
{
    const float *weight = m2f_row_f32 (&args->weight, 0);
    const float *bias = m2f_row_f32 (&args->bias, 0);
    int64_t pixels = (int64_t) args->src.ne[1] * args->src.ne[2];
    double mean = 0, variance = 0;

    for (int64_t i = 0; i < pixels; i++)
        for (int c = first; c < first + count; c++)
            mean += m2f_row_f32 (&args->src, b * pixels + i)[c];
    mean /= (double) pixels * count;

    for (int64_t i = 0; i < pixels; i++) {
        for (int c = first; c < first + count; c++) {
            double x = m2f_row_f32 (&args->src, b * pixels + i)[c] - mean;

            variance += x * x;
        }
    }
    variance /= (double) pixels * count;

    for (int64_t i = 0; i < pixels; i++) {
        for (int c = first; c < first + count; c++) {
            double x = m2f_row_f32 (&args->src, b * pixels + i)[c] - mean;

            x = x / sqrt (variance + args->eps) * weight[c] + bias[c];
            if (args->relu && x < 0)
                x = 0;
            ref_store (&args->dst, b * pixels + i, c, x);
            if (m2f_tensor_present (&args->bf16_copy))
                ref_store (&args->bf16_copy, b * pixels + i, c, x);
        }
    }
}

void
m2f_reference_group_norm (M2fPlan *plan, const M2fGroupNorm *args)
{
    int count = args->src.ne[3] / args->groups;

    for (int b = 0; b < args->src.ne[0]; b++)
        for (int g = 0; g < args->groups; g++)
            norm_group (args, b, g * count, count);
}

void
m2f_reference_response_norm (M2fPlan *plan, const M2fResponseNorm *args)
{
    const int channels = args->src.ne[3];
    const int64_t pixels = (int64_t) args->src.ne[1] * args->src.ne[2];
    const float *weight = m2f_row_f32 (&args->weight, 0), *bias = m2f_row_f32 (&args->bias, 0);
    g_autofree double *length = ref_alloc (plan, (size_t) channels, sizeof *length);

    for (int b = 0; length && b < args->src.ne[0]; b++) {
        double mean = 0;

        for (int c = 0; c < channels; c++) {
            double squares = 0;

            for (int64_t i = 0; i < pixels; i++)
                squares += pow (m2f_row_f32 (&args->src, b * pixels + i)[c], 2);
            length[c] = sqrt (squares);
            mean += length[c] / channels;
        }
        for (int64_t i = b * pixels; i < (b + 1) * pixels; i++)
            for (int c = 0; c < channels; c++) {
                const double x = m2f_row_f32 (&args->src, i)[c];

                ref_store (&args->dst, i, c,
                    x + weight[c] * x * length[c] / (mean + args->eps) + bias[c]);
            }
    }
}

void
m2f_reference_head_norm (M2fPlan *plan, const M2fHeadNorm *args)
{
    const int heads = args->length.ne[3], channels = args->dst.ne[3] / heads;

    for (int64_t i = 0; i < m2f_tensor_rows (&args->dst); i++)
        for (int h = 0; h < heads; h++) {
            const float *src = m2f_row_f32 (&args->src, i) + h * channels;
            float *dst = m2f_row_f32 (&args->dst, i) + h * channels;
            double squares = 0;

            for (int c = 0; c < channels; c++)
                squares += pow (src[c], 2);

            const double factor = m2f_row_f32 (&args->length, 0)[h]
                / fmax (sqrt (squares), (double) M2F_HEAD_NORM_LEAST);

            for (int c = 0; c < channels; c++)
                dst[c] = (float) (src[c] * factor);
        }
}

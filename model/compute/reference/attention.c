/* Masked multi-head attention, and the softmax of all kinds of attention.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/plan.h"
#include "model/compute/reference/reference.h"

#include <math.h>

void
m2f_reference_softmax (double *row, int n)
{
    double max = row[0], sum = 0;

    for (int i = 1; i < n; i++)
        max = fmax (max, row[i]);
    for (int i = 0; i < n; i++)
        sum += row[i] = exp (row[i] - max);
    for (int i = 0; i < n; i++)
        row[i] /= sum;
}

/* Channels [first, first + size) of query `i`: one head.  `score` has room for every key. */
static void
attend (const M2fAttention *args, int b, int i, int first, int size, double *score)
{
    const float *q = ref_token (&args->q, b, i) + first;
    const float *mask = m2f_tensor_present (&args->mask) ? ref_token (&args->mask, b, i) : NULL;
    int L = args->k.ne[2];
    bool all_blocked = true;

    for (int j = 0; j < L; j++)
        if (!mask || !(mask[j] < 0))
            all_blocked = false;

    for (int j = 0; j < L; j++) {
        const float *k = ref_token (&args->k, b, j) + first;

        score[j] = ref_dot (q, k, size) / sqrt (size);
        if (mask && mask[j] < 0 && !all_blocked)
            score[j] = -INFINITY;
    }
    m2f_reference_softmax (score, L);

    for (int c = 0; c < size; c++) {
        double sum = 0;

        for (int j = 0; j < L; j++)
            sum += score[j] * (ref_token (&args->v, b, j) + first)[c];
        ref_store (&args->dst, (int64_t) b * args->dst.ne[2] + i, first + c, sum);
    }
}

void
m2f_reference_attention (M2fPlan *plan, const M2fAttention *args)
{
    int size = args->dst.ne[3] / args->heads;
    g_autofree double *score = ref_alloc (plan, (size_t) args->k.ne[2], sizeof *score);
    M2fBuffer room[3] = { 0 };
    M2fAttention wide = *args;

    wide.q = ref_widen (plan, &args->q, &room[0]);
    wide.k = ref_widen (plan, &args->k, &room[1]);
    wide.v = ref_widen (plan, &args->v, &room[2]);
    for (int b = 0; b < args->dst.ne[0] && !m2f_plan_failed (plan); b++)
        for (int i = 0; i < args->dst.ne[2]; i++)
            for (int h = 0; h < args->heads; h++)
                attend (&wide, b, i, h * size, size, score);
    for (int i = 0; i < 3; i++)
        g_free (room[i].host);
}

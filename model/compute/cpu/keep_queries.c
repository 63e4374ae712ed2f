/* The queries that show an object.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include <math.h>

/* The probability of class `best` of a row of logits. */
static float
probability_of (const float *row, int n, int best)
{
    float sum = 0;

    for (int i = 0; i < n; i++)
        sum += expf (row[i] - row[best]);
    return 1 / sum;
}

static void
keep_queries (CpuDevice *device, const M2fKeepQueries *args)
{
    const int queries = args->logits.ne[2], classes = args->logits.ne[3];
    const float threshold = *m2f_row_f32 (&args->threshold, 0);
    int32_t *query = m2f_tensor_host (&args->kept), *label = query + args->kept.stride;
    float *score = m2f_row_f32 (&args->score, 0);
    int n = 0;

    for (int i = 0; i < queries; i++) {
        const float *row = m2f_row_f32 (&args->logits, i);
        int best = 0;

        for (int c = 1; c < classes; c++)
            best = row[c] > row[best] ? c : best;
        const float p = probability_of (row, classes, best);
        if (best == classes - 1 || !(p > threshold))
            continue;
        query[n] = i;
        label[n] = best;
        score[n++] = p;
    }
    for (int i = n; i < queries; i++) {
        query[i] = 0;
        label[i] = -1;
        score[i] = i > 0 ? -1 : 0;
    }
}

void
ISA (cpu_init_keep_queries) (CpuKernels *kernels)
{
    kernels->keep_queries = keep_queries;
}

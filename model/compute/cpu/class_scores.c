/* Probabilities of the classes of queries.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include <math.h>

static void
class_scores (CpuDevice *device, const M2fClassScores *args)
{
    const int classes = args->dst.ne[2];

    for (int q = 0; q < args->dst.ne[3]; q++) {
        const float *row = m2f_row_f32 (&args->logits, q);
        float most = row[0], sum = 0;

        for (int c = 1; c <= classes; c++)
            most = MAX (most, row[c]);
        for (int c = 0; c <= classes; c++)
            sum += expf (row[c] - most);
        for (int c = 0; c < classes; c++)
            m2f_row_f32 (&args->dst, c)[q] = expf (row[c] - most) / sum;
    }
}

void
ISA (cpu_init_class_scores) (CpuKernels *kernels)
{
    kernels->class_scores = class_scores;
}

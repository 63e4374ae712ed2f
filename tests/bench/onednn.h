/* Products by oneDNN, for gemm-bench to compare ours with.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BENCH_ONEDNN_H
#define M2F_BENCH_ONEDNN_H

#include "model/compute/compute.h"

typedef struct OnednnShape {
    int m, n, k;
    bool gelu;
} OnednnShape;

typedef struct Onednn Onednn;

/* C (M, N) = A (M, K) . B (N, K)^T + bias, and GELU of it if asked; C and bias are float32, A and B
 * are converted beforehand, B to the layout oneDNN likes best.  At int8, A is some bytes and the
 * sums are scaled by column.  NULL if oneDNN has no such product.  Free with onednn_free(). */
Onednn *onednn_new (const OnednnShape *shape, M2fPrecision precision, const float *a,
    const float *b, const float *bias, int threads);
void onednn_run (Onednn *product);
/* C, of the last run. */
const float *onednn_result (const Onednn *product);
void onednn_free (Onednn *product);

#endif

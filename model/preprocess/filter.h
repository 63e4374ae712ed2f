/* Filters of a separable resize, as torchvision computes them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_FILTER_H
#define M2F_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/checkpoint/processor_config.h"

/* One direction of a separable resize: output i is the sum over t < taps of weight[i x taps + t]
 * times source pixel first[i] + t.  Every source pixel named lies inside the source. */
typedef struct M2fFilter {
    int size, taps;
    int32_t *first;
    float *weight;
} M2fFilter;

/* torchvision's antialiased resize (triangle, Keys cubic with a = -0.5, Lanczos 3; the support
 * grows with the reduction) with its weights for bytes, and `nearest-exact` for
 * M2F_RESAMPLE_NEAREST.  False if there is no memory; what there is is freed as always. */
bool m2f_filter_init (M2fFilter *filter, M2fResample resample, int source, int size);
/* Frees the weights of a filter, which may be all zeros. */
void m2f_filter_clear (M2fFilter *filter);

#endif

/* Filters of a separable resize, as torchvision computes them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/filter.h"

#include <math.h>

static double
triangle (double x)
{
    return MAX (1 - fabs (x), 0);
}

static double
keys_cubic (double x)
{
    const double a = -0.5;

    x = fabs (x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double
sinc (double x)
{
    return x == 0 ? 1 : sin (G_PI * x) / (G_PI * x);
}

static double
lanczos3 (double x)
{
    return fabs (x) < 3 ? sinc (x) * sinc (x / 3) : 0;
}

static const struct {
    double (*weight) (double x);
    double support;
} kernels[] = {
    [M2F_RESAMPLE_LANCZOS] = { lanczos3, 3 },
    [M2F_RESAMPLE_BILINEAR] = { triangle, 1 },
    [M2F_RESAMPLE_BICUBIC] = { keys_cubic, 2 },
};

static bool
nearest_init (M2fFilter *filter, int source)
{
    filter->taps = 1;
    filter->weight = g_try_new (float, filter->size);
    if (!filter->weight)
        return false;
    for (int i = 0; i < filter->size; i++) {
        filter->first[i] = (int) MIN ((i + 0.5) * source / filter->size, source - 1);
        filter->weight[i] = 1;
    }
    return true;
}

/* Rounds the weights to the 16-bit fixed point that ATen's uint8 kernels compute in: as many bits
 * as the largest weight leaves room for.  Results are then torchvision's to the last bit. */
static void
quantise (const double *weight, size_t n, float *out)
{
    double largest = 0;
    int bits = 0;

    for (size_t i = 0; i < n; i++)
        largest = MAX (largest, weight[i]);
    while (bits < 22 && (int) (0.5 + largest * (1 << (bits + 1))) < 1 << 15)
        bits++;
    for (size_t i = 0; i < n; i++)
        out[i] = (float) (round (weight[i] * (1 << bits)) / (1 << bits));
}

/* ATen's HelperInterpBase::_compute_indices_min_size_weights_aa() and
 * _compute_index_ranges_int16_weights(), which are Pillow's precompute_coeffs() and
 * normalize_coeffs_8bpc(). */
bool
m2f_filter_init (M2fFilter *filter, M2fResample resample, int source, int size)
{
    double scale = (double) source / size, stretch = MAX (scale, 1);

    filter->size = size;
    filter->first = g_try_new (int32_t, size);
    if (!filter->first)
        return false;
    if (resample == M2F_RESAMPLE_NEAREST)
        return nearest_init (filter, source);

    double support = kernels[resample].support * stretch;
    int taps = (int) MIN (ceil (support) * 2 + 1, source);
    g_autofree double *weights = g_try_new0 (double, (size_t) size * taps);

    filter->taps = taps;
    filter->weight = g_try_new (float, (size_t) size * taps);
    if (!weights || !filter->weight)
        return false;
    for (int i = 0; i < size; i++) {
        double center = scale * (i + 0.5), sum = 0;
        int first = MAX ((int) (center - support + 0.5), 0);
        int end = MIN ((int) (center + support + 0.5), source);
        int base = MIN (first, source - taps); /* the row's idle taps stay inside too */
        double *weight = weights + (size_t) i * taps + (first - base);

        filter->first[i] = base;
        for (int j = first; j < end; j++)
            sum += weight[j - first] = kernels[resample].weight ((j - center + 0.5) / stretch);
        for (int j = first; j < end; j++)
            weight[j - first] /= sum;
    }
    quantise (weights, (size_t) size * taps, filter->weight);
    return true;
}

void
m2f_filter_clear (M2fFilter *filter)
{
    g_clear_pointer (&filter->first, g_free);
    g_clear_pointer (&filter->weight, g_free);
}

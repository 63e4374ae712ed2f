/* The bicubic interpolation of learned position embeddings (torch.nn.functional.interpolate).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/bicubic.h"

#include <glib.h>
#include <math.h>

/* Keys' cubic convolution kernel with parameter `a`; 0 beyond a distance of 2. */
static double
cubic (double distance, double a)
{
    const double x = fabs (distance);

    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
}

/* Weights of the four neighbours of an output; those beyond the edges count for the outermost. */
static void
weigh_neighbours (double center, int in, float *weights)
{
    const int first = (int) floor (center - 0.5) - 1;

    for (int i = first; i < first + 4; i++)
        weights[CLAMP (i, 0, in - 1)] += (float) cubic (i + 0.5 - center, -0.75);
}

/* Weights of all inputs that a filter as wide as `scale` outputs reaches, which sum to 1. */
static void
weigh_reached (double center, double scale, int in, float *weights)
{
    const double stretch = MAX (scale, 1);
    double sum = 0;

    for (int i = 0; i < in; i++)
        sum += cubic ((i + 0.5 - center) / stretch, -0.5);
    for (int i = 0; i < in; i++)
        weights[i] = (float) (cubic ((i + 0.5 - center) / stretch, -0.5) / sum);
}

/* The weights of `in` inputs for each of `out` outputs, (out, in); NULL if there is no memory. */
static float *
weigh (int in, int out, bool antialias)
{
    const double scale = (double) in / out;
    float *weights = g_try_new0 (float, (size_t) in * out);

    for (int i = 0; weights && i < out; i++) {
        const double center = (i + 0.5) * scale;

        if (antialias)
            weigh_reached (center, scale, in, weights + (size_t) i * in);
        else
            weigh_neighbours (center, in, weights + (size_t) i * in);
    }
    return weights;
}

/* dst row i (count floats) = sum over j of weights[i][j] x src row j */
static void
combine_rows (const float *weights, int in, int out, const float *src, size_t count, float *dst)
{
    for (int i = 0; i < out; i++, dst += count) {
        for (size_t c = 0; c < count; c++)
            dst[c] = 0;
        for (int j = 0; j < in; j++) {
            const float weight = weights[(size_t) i * in + j];
            const float *row = src + (size_t) j * count;

            for (size_t c = 0; weight != 0 && c < count; c++)
                dst[c] += weight * row[c];
        }
    }
}

bool
m2f_interpolate_bicubic (const float *src, int side, int channels, bool antialias, float *dst,
    int height, int width)
{
    const size_t row = (size_t) side * channels;
    g_autofree float *vertical = weigh (side, height, antialias);
    g_autofree float *horizontal = weigh (side, width, antialias);
    g_autofree float *tall = g_try_new (float, (size_t) height * row); /* (height, side, C) */

    if (!vertical || !horizontal || !tall)
        return false;
    combine_rows (vertical, side, height, src, row, tall);
    for (int y = 0; y < height; y++)
        combine_rows (horizontal, side, width, tall + (size_t) y * row, (size_t) channels,
            dst + (size_t) y * width * channels);
    return true;
}

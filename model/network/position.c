/* Sine position embeddings after the projection that reads them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first half of an embedding's channels depends only on the row, the second half only on the
 * column.  So each of the height x width projected embeddings is the sum of two projected halves,
 * of which there are only height + width.
 */
#include "model/network/position.h"

#include <math.h>

#define TEMPERATURE 10000.0
#define EPS 1e-6

/* Embeddings of the positions 1..n along one axis, scaled to (0, 2 pi]: n x channels, which are
 * pairs of sine and cosine with falling frequencies.  NULL if there is no memory. */
static float *
embed_axis (int n, int channels)
{
    float *p = g_try_new (float, (size_t) n * channels);

    if (!p)
        return NULL;
    for (int i = 0; i < n; i++)
        for (int c = 0; c < channels; c++) {
            const double angle = (i + 1) / (n + EPS) * 2 * G_PI
                / pow (TEMPERATURE, (double) (c / 2 * 2) / channels);
            p[(size_t) i * channels + c] = (float) (c % 2 ? cos (angle) : sin (angle));
        }
    return p;
}

/* Input channels [first, first + l->k / 2) of a layer, without its bias. */
static M2fHostLinear
half_of (const M2fHostLinear *l, int first)
{
    const int k = l->k / 2;
    M2fHostLinear half = { .n = l->n, .k = k, .weight = g_try_new (float, (size_t) l->n * k) };

    for (int n = 0; half.weight && n < l->n; n++)
        for (int c = 0; c < k; c++)
            half.weight[(size_t) n * k + c] = l->weight[(size_t) n * l->k + first + c];
    return half;
}

/* The projected half embeddings of one axis: n x l->n.  NULL if there is no memory. */
static float *
project_axis (const M2fHostLinear *l, int first, int n)
{
    g_auto (M2fHostLinear) half = half_of (l, first);
    g_autofree float *embedding = embed_axis (n, half.k);
    float *projected = g_try_new (float, (size_t) n * l->n);

    if (!half.weight || !embedding)
        g_clear_pointer (&projected, g_free);
    m2f_host_linear_apply (&half, embedding, n, projected);
    return projected;
}

bool
m2f_project_positions (const M2fHostLinear *l, int height, int width, float *dst)
{
    g_autofree float *rows = project_axis (l, 0, height);           /* (height, n) */
    g_autofree float *columns = project_axis (l, l->k / 2, width);  /* (width, n) */

    if (!rows || !columns)
        return false;
    for (int y = 0; y < height && l->bias; y++)
        for (int n = 0; n < l->n; n++)
            rows[(size_t) y * l->n + n] += l->bias[n];
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, dst += l->n) {
            const float *row = rows + (size_t) y * l->n;
            const float *column = columns + (size_t) x * l->n;
            for (int n = 0; n < l->n; n++)
                dst[n] = row[n] + column[n];
        }
    return true;
}

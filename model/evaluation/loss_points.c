/* The points at which masks are compared for the loss.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/evaluation/loss_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/error.h"

bool
m2f_random_draw (M2fRandomStream *stream, float *numbers, size_t n, GError **error)
{
    if (stream->numbers && n > stream->n - stream->used) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "random: %zu numbers, expected more: as many as transformers draws", stream->n);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        numbers[i] = stream->numbers ? stream->numbers[stream->used + i]
                                     : (float) g_rand_double (stream->own);
    stream->used += n;
    return true;
}

/* A pixel of the map, 0 beyond its edge. */
static double
pixel (const M2fLossMap *map, int y, int x)
{
    if (y < 0 || x < 0 || y >= map->height || x >= map->width)
        return 0;
    return map->data[(size_t) y * map->width + x];
}

double
m2f_sample_point (const M2fLossMap *map, const float *point)
{
    const double x = (double) point[0] * map->width - 0.5, left = floor (x), right = x - left;
    const double y = (double) point[1] * map->height - 0.5, top = floor (y), bottom = y - top;
    const int i = (int) top, j = (int) left;

    return (1 - bottom) * ((1 - right) * pixel (map, i, j) + right * pixel (map, i, j + 1))
        + bottom * ((1 - right) * pixel (map, i + 1, j) + right * pixel (map, i + 1, j + 1));
}

void
m2f_dense_points (int height, int width, float *points)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            *points++ = (float) ((x + 0.5) / width);
            *points++ = (float) ((y + 0.5) / height);
        }
}

/* A point, and how far its logit is from 0. */
typedef struct Candidate {
    double distance;
    const float *point;
} Candidate;

static int
compare_candidates (const void *a, const void *b)
{
    const double left = ((const Candidate *) a)->distance;
    const double right = ((const Candidate *) b)->distance;

    return left < right ? -1 : left > right;
}

bool
m2f_uncertain_points (const M2fPointRules *rules, const M2fLossMap *maps, int n_maps,
    M2fRandomStream *stream, float *points, GError **error)
{
    const size_t sampled = (size_t) (rules->n * rules->oversample_ratio);
    const size_t chosen = (size_t) (rules->importance_sample_ratio * rules->n);
    const size_t rest = (size_t) rules->n - chosen;
    const size_t size = (2 * sampled * (size_t) n_maps + 1) * sizeof (float);
    g_autofree float *random = g_try_malloc (size);
    g_autofree Candidate *candidates = g_try_new (Candidate, sampled + 1);

    if (!random || !candidates)
        return m2f_no_memory (error, size, "random points");
    if (!m2f_random_draw (stream, random, 2 * sampled * n_maps, error))
        return false;
    for (int i = 0; i < n_maps; i++) {
        const float *of_map = random + 2 * sampled * i;

        for (size_t j = 0; j < sampled; j++)
            candidates[j] = (Candidate) {
                fabs (m2f_sample_point (&maps[i], of_map + 2 * j)), of_map + 2 * j
            };
        qsort (candidates, sampled, sizeof *candidates, compare_candidates);
        for (size_t j = 0; j < chosen; j++)
            memcpy (points + 2 * ((size_t) i * rules->n + j), candidates[j].point,
                2 * sizeof (float));
    }
    for (int i = 0; i < n_maps; i++)
        if (!m2f_random_draw (stream, points + 2 * ((size_t) i * rules->n + chosen), 2 * rest,
                error))
            return false;
    return true;
}

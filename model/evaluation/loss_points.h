/* The points at which masks are compared for the loss.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_LOSS_POINTS_H
#define M2F_LOSS_POINTS_H

#include <stdbool.h>

#include "model/m2f.h"

/* A map of numbers, row by row. */
typedef struct M2fLossMap {
    const float *data;
    int height, width;
} M2fLossMap;

/* Numbers from 0 to 1: the caller's, or our own. */
typedef struct M2fRandomStream {
    const float *numbers; /* NULL: our own */
    size_t n, used;
    GRand *own;
} M2fRandomStream;

/* Draws `n` numbers; M2F_ERROR_ARGUMENT if the caller's have run out. */
bool m2f_random_draw (M2fRandomStream *stream, float *numbers, size_t n, GError **error);

/* The value of a map at a point, x and y from 0 to 1, as torch's grid_sample() has it: bilinear,
 * with zeros beyond the edge and align_corners false. */
double m2f_sample_point (const M2fLossMap *map, const float *point);

/* Fills in the centres of all pixels of a map, x and y in turns. */
void m2f_dense_points (int height, int width, float *points);

/* How many points there are, and how they are chosen. */
typedef struct M2fPointRules {
    int n;
    double oversample_ratio, importance_sample_ratio;
} M2fPointRules;

/* transformers' sample_points_using_uncertainty() for n_maps maps of logits at once: of n x
 * oversample_ratio random points the n x importance_sample_ratio where the logit is nearest to 0,
 * and random ones for the rest.  `points` has room for n_maps x rules->n points.  False with an
 * error if random numbers or memory have run out. */
bool m2f_uncertain_points (const M2fPointRules *rules, const M2fLossMap *maps, int n_maps,
    M2fRandomStream *stream, float *points, GError **error);

#endif

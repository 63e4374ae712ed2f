/* How much the segments of one label map and those of another overlap.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_OVERLAP_H
#define M2F_OVERLAP_H

#include <stdbool.h>

#include "model/m2f.h"

/* Most columns and rows at which maps are looked at: the overlap need not be exact, but quick. */
#define M2F_OVERLAP_GRID 512

/* Pixels in common, counted on a grid. */
typedef struct M2fOverlap {
    int n_a, n_b;
    int *both;      /* n_a x n_b: pixels in a segment of the one and in a segment of the other */
    int *area_a;    /* pixels of each segment of the one map */
    int *area_b;
} M2fOverlap;

/* Counts for the segments that have the ids `ids_a` in map `a` and `ids_b` in `b`, which may differ
 * in size and show the same picture.  An id of -1 is in no pixel.  False if there is no memory. */
bool m2f_overlap_init (M2fOverlap *overlap, const M2fLabelMap *a, const int *ids_a, int n_a,
    const M2fLabelMap *b, const int *ids_b, int n_b);
void m2f_overlap_clear (M2fOverlap *overlap);
/* Intersection over union of segment a of the one map and segment b of the other; 0 if neither has
 * a pixel. */
double m2f_overlap_iou (const M2fOverlap *overlap, int a, int b);

/* A copy of the map of at most M2F_OVERLAP_GRID columns and rows, of 2 bytes per pixel, for which
 * m2f_overlap_init() counts the same; `*memory` is grown as needed and owned by the caller. */
M2fLabelMap m2f_overlap_shrink (const M2fLabelMap *map, uint16_t **memory);

#endif

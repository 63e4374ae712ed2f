/* Counts of pixels by segment of the truth and segment found.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_EVALUATION_PAIRS_H
#define M2F_EVALUATION_PAIRS_H

#include "model/evaluation/panoptic.h"

/* The segments of all frames of a clip, each listed once. */
typedef struct M2fSegmentList {
    M2fPanopticSegment *segments;
    int n;
    GHashTable *index; /* id to its place in the list, from 1 */
    int64_t *area;     /* pixels of each; area[n]: of void */
} M2fSegmentList;

typedef struct M2fPairs {
    M2fSegmentList truth, found;
    int64_t *common; /* (truth.n + 1) x (found.n + 1): pixels in both; the last of each is void */
} M2fPairs;

/* False if there is no memory; clear it all the same. */
bool m2f_pairs_init (M2fPairs *pairs, const M2fPanoptic *truth, const M2fPanoptic *found,
    int n_frames);
void m2f_pairs_clear (M2fPairs *pairs);
/* Pixels in segment t of the truth and in f of what was found. */
static inline int64_t
m2f_pairs_common (const M2fPairs *pairs, int t, int f)
{
    return pairs->common[(size_t) t * (pairs->found.n + 1) + f];
}

#endif

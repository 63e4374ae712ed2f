/* One object of a stream: what is remembered of it, and how much a segment resembles it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TRACK_H
#define M2F_TRACK_H

#include "model/m2f.h"

typedef struct M2fTrack {
    uint64_t id;
    int label_id;
    int segment_id;   /* its id in the latest result; -1 if it was not in that one */
    double seen;      /* when it was seen last, in seconds */
    int x, y, width, height; /* its box then, in pixels of a map of map_width x map_height */
    int map_width, map_height;
    float *embedding; /* mean of its embeddings, late ones counting more; of length 1; or NULL */
} M2fTrack;

/* Remembers how the object looks in this result and where it is. */
void m2f_track_see (M2fTrack *track, const M2fResult *result, const M2fSegment *segment,
    int embedding_size, double seconds);
void m2f_track_clear (M2fTrack *track);

/* How sure it is that the segment shows the object; 0 or less if it may not be taken for it.  `iou`
 * is the overlap with the object's mask in the latest result, unused if it was not in that one. */
double m2f_track_affinity (const M2fTrack *track, const M2fResult *result,
    const M2fSegment *segment, M2fTracking tracking, int embedding_size, double iou);

#endif

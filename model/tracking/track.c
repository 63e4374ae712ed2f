/* One object of a stream: what is remembered of it, and how much a segment resembles it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A query's embedding after the decoder's shared norm, from which class and mask are predicted,
 * hardly changes from frame to frame for the same object and differs between objects, although the
 * network was trained on single pictures: Huang, Yu, Anandkumar, "MinVIS: A Minimal Video Instance
 * Segmentation Framework without Video-based Training", NeurIPS 2022.  MinVIS pairs all queries of
 * neighbouring frames by the cosine alone; here only segments are paired, and overlap adds to it.
 */
#include "model/tracking/track.h"

#include <math.h>
#include <stdbool.h>

#define NEWEST_SHARE 0.5f /* of the newest embedding in the mean */
#define IOU_WEIGHT 0.5    /* of the overlap beside the cosine */
#define LEAST_QUERY 0.8   /* cosine and weighted overlap that a pair has at least */
#define LEAST_IOU 0.2     /* overlap that a pair has at least where it counts alone */
#define LOST_WEIGHT 0.5   /* of the overlap with where an object was before it was lost */

/* ---- embeddings ---------------------------------------------------------------------------- */

static double
product (const float *a, const float *b, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (double) a[i] * (double) b[i];
    return sum;
}

/* 0 if there is no direction to compare. */
static double
cosine (const float *a, const float *b, int n)
{
    double lengths = sqrt (product (a, a, n) * product (b, b, n));

    return lengths > 0 ? product (a, b, n) / lengths : 0;
}

static void
blend (M2fTrack *track, const float *embedding, int n)
{
    const double length = sqrt (product (embedding, embedding, n));

    if (!(length > 0 && isfinite (length)))
        return;
    const float scale = (float) (1 / length), old = track->embedding ? 1 - NEWEST_SHARE : 0;

    if (!track->embedding)
        track->embedding = g_new0 (float, n);
    for (int i = 0; i < n; i++)
        track->embedding[i] = old * track->embedding[i] + (1 - old) * scale * embedding[i];

    const double sum = sqrt (product (track->embedding, track->embedding, n));
    for (int i = 0; sum > 0 && i < n; i++)
        track->embedding[i] /= (float) sum;
}

/* ---- boxes --------------------------------------------------------------------------------- */

/* Pixels that two stretches have in common. */
static double
common (double a, double a_length, double b, double b_length)
{
    return MAX (MIN (a + a_length, b + b_length) - MAX (a, b), 0);
}

/* Intersection over union of the box where the object was seen last and the segment's. */
static double
box_iou (const M2fTrack *t, const M2fResult *result, const M2fSegment *s)
{
    const double sx = (double) result->map_width / t->map_width;
    const double sy = (double) result->map_height / t->map_height;
    const double both = common (t->x * sx, t->width * sx, s->x, s->width)
        * common (t->y * sy, t->height * sy, s->y, s->height);
    const double either
        = t->width * sx * t->height * sy + (double) s->width * s->height - both;

    return either > 0 ? both / either : 0;
}

/* ---- tracks -------------------------------------------------------------------------------- */

void
m2f_track_see (M2fTrack *track, const M2fResult *result, const M2fSegment *segment,
    int embedding_size, double seconds)
{
    track->segment_id = segment->id;
    track->seen = seconds;
    track->x = segment->x;
    track->y = segment->y;
    track->width = segment->width;
    track->height = segment->height;
    track->map_width = result->map_width;
    track->map_height = result->map_height;
    if (segment->embedding)
        blend (track, segment->embedding, embedding_size);
}

void
m2f_track_clear (M2fTrack *track)
{
    g_clear_pointer (&track->embedding, g_free);
}

double
m2f_track_affinity (const M2fTrack *track, const M2fResult *result, const M2fSegment *segment,
    M2fTracking tracking, int embedding_size, double iou)
{
    const bool in_sight = track->segment_id >= 0;

    if (track->label_id != segment->label_id)
        return 0;
    if (tracking == M2F_TRACKING_QUERY && track->embedding && segment->embedding)
        return cosine (track->embedding, segment->embedding, embedding_size)
            + (in_sight ? IOU_WEIGHT * iou : 0) - LEAST_QUERY;
    return (in_sight ? iou : LOST_WEIGHT * box_iou (track, result, segment)) - LEAST_IOU;
}

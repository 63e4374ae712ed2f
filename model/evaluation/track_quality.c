/* Segmentation and tracking quality.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * STQ = sqrt (AQ SQ).  SQ is the mean IoU of classes.  AQ is the mean over the objects g of the
 * truth of 1 / |g| times the sum, over the tracks p that meet it, of |p and g| IoU (p, g), with
 * sizes in pixels of the whole clip.  As in deeplab2, pixels of a thing without an object are a
 * crowd, in which no track is counted.
 */
#include <math.h>

#include "model/evaluation/mean_iou.h"
#include "model/evaluation/pairs.h"
#include "model/evaluation/panoptic.h"

struct M2fTrackQuality {
    bool *is_thing;
    int n_classes;
    M2fClassPixels *classes;
    double association; /* sum over objects */
    int64_t n_objects;
};

M2fTrackQuality *
m2f_track_quality_new (const bool *is_thing, int n_classes)
{
    M2fTrackQuality *q = g_new0 (M2fTrackQuality, 1);

    q->is_thing = g_memdup2 (is_thing, (gsize) n_classes * sizeof *is_thing);
    q->n_classes = n_classes;
    q->classes = g_new0 (M2fClassPixels, n_classes);
    return q;
}

void
m2f_track_quality_free (M2fTrackQuality *q)
{
    if (!q)
        return;
    g_free (q->is_thing);
    g_free (q->classes);
    g_free (q);
}

/* The class of a segment, -1 of void. */
static int
class_of (const M2fSegmentList *list, int i)
{
    return i < list->n ? list->segments[i].label_id : -1;
}

static bool
is_crowd (const M2fTrackQuality *q, const M2fSegmentList *truth, int i)
{
    return i < truth->n && truth->segments[i].is_crowd && q->is_thing[truth->segments[i].label_id];
}

/* Pixels of a track, without those in crowds. */
static int64_t
track_area (const M2fTrackQuality *q, const M2fPairs *p, int f)
{
    int64_t area = p->found.area[f];

    for (int t = 0; t < p->truth.n; t++)
        if (is_crowd (q, &p->truth, t))
            area -= m2f_pairs_common (p, t, f);
    return area;
}

static void
add_association (M2fTrackQuality *q, const M2fPairs *p)
{
    for (int t = 0; t < p->truth.n; t++) {
        const M2fPanopticSegment *g = &p->truth.segments[t];
        double sum = 0;

        if (!q->is_thing[g->label_id] || g->is_crowd || p->truth.area[t] == 0)
            continue;
        for (int f = 0; f < p->found.n; f++) {
            const double both = (double) m2f_pairs_common (p, t, f);

            if (both > 0 && q->is_thing[p->found.segments[f].label_id])
                sum += both * both
                    / ((double) (p->truth.area[t] + track_area (q, p, f)) - both);
        }
        q->association += sum / (double) p->truth.area[t];
        q->n_objects++;
    }
}

bool
m2f_track_quality_add (M2fTrackQuality *q, const M2fPanoptic *truth, const M2fPanoptic *found,
    int n_frames)
{
    M2fPairs p;
    const bool ok = m2f_pairs_init (&p, truth, found, n_frames);

    for (int t = 0; ok && t <= p.truth.n; t++)
        for (int f = 0; f <= p.found.n; f++)
            m2f_class_pixels_add (q->classes, q->n_classes, class_of (&p.truth, t),
                class_of (&p.found, f), m2f_pairs_common (&p, t, f));
    if (ok)
        add_association (q, &p);
    m2f_pairs_clear (&p);
    return ok;
}

double
m2f_track_quality_get (const M2fTrackQuality *q, double *association, double *segmentation)
{
    *association = q->n_objects > 0 ? q->association / (double) q->n_objects : (double) NAN;
    *segmentation = m2f_mean_iou (q->classes, q->n_classes);
    return sqrt (*association * *segmentation);
}

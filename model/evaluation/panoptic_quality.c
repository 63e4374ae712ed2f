/* Panoptic quality of pictures and of tubes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "model/evaluation/pairs.h"
#include "model/evaluation/panoptic.h"

/* IoU of a pair, of which the part found in void does not count. */
static double
pair_iou (const M2fPairs *p, int t, int f)
{
    const int64_t both = m2f_pairs_common (p, t, f);
    const int64_t either = p->truth.area[t] + p->found.area[f] - both
        - m2f_pairs_common (p, p->truth.n, f);

    return either > 0 ? (double) both / (double) either : 0;
}

/* Pixels found that nobody can call wrong: in void or in a crowd of the same class. */
static int64_t
excused (const M2fPairs *p, int f)
{
    int64_t pixels = m2f_pairs_common (p, p->truth.n, f);

    for (int t = 0; t < p->truth.n; t++)
        if (p->truth.segments[t].is_crowd
            && p->truth.segments[t].label_id == p->found.segments[f].label_id)
            pixels += m2f_pairs_common (p, t, f);
    return pixels;
}

/* More than half of both is in common, so that neither can match another. */
static void
match (const M2fPairs *p, M2fQuality *classes, bool *truth_matched, bool *found_matched)
{
    for (int t = 0; t < p->truth.n; t++)
        for (int f = 0; f < p->found.n; f++) {
            const M2fPanopticSegment *a = &p->truth.segments[t], *b = &p->found.segments[f];
            const double iou = a->label_id == b->label_id && !a->is_crowd ? pair_iou (p, t, f) : 0;

            if (iou <= 0.5)
                continue;
            classes[a->label_id].true_positives++;
            classes[a->label_id].iou += iou;
            truth_matched[t] = found_matched[f] = true;
        }
}

/* False if there is no memory. */
static bool
add_frames (M2fQuality *classes, const M2fPanoptic *truth, const M2fPanoptic *found, int n_frames)
{
    M2fPairs p;

    if (!m2f_pairs_init (&p, truth, found, n_frames)) {
        m2f_pairs_clear (&p);
        return false;
    }
    g_autofree bool *truth_matched = g_new0 (bool, p.truth.n);
    g_autofree bool *found_matched = g_new0 (bool, p.found.n);
    match (&p, classes, truth_matched, found_matched);
    for (int t = 0; t < p.truth.n; t++)
        if (!truth_matched[t] && !p.truth.segments[t].is_crowd)
            classes[p.truth.segments[t].label_id].false_negatives++;
    for (int f = 0; f < p.found.n; f++)
        if (!found_matched[f] && p.found.area[f] > 0
            && (double) excused (&p, f) / (double) p.found.area[f] <= 0.5)
            classes[p.found.segments[f].label_id].false_positives++;
    m2f_pairs_clear (&p);
    return true;
}

bool
m2f_quality_add (M2fQuality *classes, const M2fPanoptic *truth, const M2fPanoptic *found)
{
    return add_frames (classes, truth, found, 1);
}

bool
m2f_quality_add_tubes (M2fQuality *classes, const M2fPanoptic *truth, const M2fPanoptic *found,
    int n_frames, int length)
{
    bool ok = true;

    for (int t = 0; ok && t + length <= n_frames; t++)
        ok = add_frames (classes, truth + t, found + t, length);
    return ok;
}

M2fMeanQuality
m2f_quality_mean (const M2fQuality *classes, int n_classes, const bool *chosen)
{
    M2fMeanQuality mean = { 0 };

    for (int i = 0; i < n_classes; i++) {
        const M2fQuality *q = &classes[i];
        const double n = (double) q->true_positives
            + 0.5 * (double) (q->false_positives + q->false_negatives);

        if (n == 0 || (chosen && !chosen[i]))
            continue;
        mean.n_classes++;
        mean.pq += q->iou / n;
        mean.sq += q->true_positives > 0 ? q->iou / (double) q->true_positives : 0;
        mean.rq += (double) q->true_positives / n;
    }
    const double n = mean.n_classes > 0 ? mean.n_classes : (double) NAN;
    mean.pq /= n;
    mean.sq /= n;
    mean.rq /= n;
    return mean;
}

/* Average precision of instance masks, as COCO computes it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The steps are those of COCOeval in pycocotools, for masks of any area.
 */
#include "model/evaluation/average_precision.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define RECALLS 101 /* points of the precision-recall curve: 0, 0.01, ... 1 */

/* An instance that was found, judged. */
typedef struct Judged {
    double score;
    int order;                       /* of its addition: ties stay in it */
    bool matched[M2F_AP_THRESHOLDS];
    bool ignored[M2F_AP_THRESHOLDS]; /* it matched a crowd */
} Judged;

typedef struct ClassInstances {
    GArray *judged; /* Judged */
    int64_t truth;  /* instances that are no crowd */
} ClassInstances;

struct M2fAveragePrecision {
    int n_classes;
    ClassInstances *classes;
};

M2fAveragePrecision *
m2f_average_precision_new (int n_classes)
{
    M2fAveragePrecision *ap = g_new (M2fAveragePrecision, 1);

    *ap = (M2fAveragePrecision) { n_classes, g_new0 (ClassInstances, n_classes) };
    for (int i = 0; i < n_classes; i++)
        ap->classes[i].judged = g_array_new (FALSE, FALSE, sizeof (Judged));
    return ap;
}

void
m2f_average_precision_free (M2fAveragePrecision *ap)
{
    if (!ap)
        return;
    for (int i = 0; i < ap->n_classes; i++)
        g_array_unref (ap->classes[i].judged);
    g_free (ap->classes);
    g_free (ap);
}

/* ---- matching ------------------------------------------------------------------------------ */

/* The instances of one class in one picture. */
typedef struct Picture {
    const M2fInstance **truth; /* crowds last */
    int n_truth;
    const M2fInstance **found; /* best first */
    int n_found;
    double *iou;               /* n_found x n_truth */
} Picture;

static int
crowds_last (const void *a, const void *b)
{
    const M2fInstance *x = *(const M2fInstance *const *) a, *y = *(const M2fInstance *const *) b;

    return x->is_crowd != y->is_crowd ? x->is_crowd - y->is_crowd : (x > y) - (x < y);
}

static int
best_first (const void *a, const void *b)
{
    const M2fInstance *x = *(const M2fInstance *const *) a, *y = *(const M2fInstance *const *) b;

    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : (x > y) - (x < y);
}

static const M2fInstance **
choose (const M2fInstance *all, int n_all, int label_id, int *n)
{
    const M2fInstance **chosen = g_new (const M2fInstance *, n_all);

    *n = 0;
    for (int i = 0; i < n_all; i++)
        if (all[i].label_id == label_id)
            chosen[(*n)++] = &all[i];
    return chosen;
}

/* A crowd's own pixels do not count against what was found in it. */
static double
mask_iou (const M2fInstance *found, const M2fInstance *truth)
{
    const double both = (double) m2f_rle_common (found->mask, truth->mask);
    const double area = (double) m2f_rle_area (found->mask);
    const double either
        = truth->is_crowd ? area : area + (double) m2f_rle_area (truth->mask) - both;

    return either > 0 ? both / either : 0;
}

/* The best free instance of the truth for one that was found, -1 if none fits well enough.  Crowds
 * are never taken and only come in question if nothing else does. */
static int
find_match (const Picture *p, int f, double threshold, const bool *taken)
{
    double best = MIN (threshold, 1 - 1e-10);
    int match = -1;

    for (int t = 0; t < p->n_truth; t++) {
        if (taken[t] && !p->truth[t]->is_crowd)
            continue;
        if (match >= 0 && !p->truth[match]->is_crowd && p->truth[t]->is_crowd)
            break;
        if (p->iou[f * p->n_truth + t] < best)
            continue;
        best = p->iou[f * p->n_truth + t];
        match = t;
    }
    return match;
}

static void
judge (const Picture *p, ClassInstances *class)
{
    const guint first = class->judged->len;
    g_autofree bool *taken = g_new (bool, p->n_truth);

    for (int f = 0; f < p->n_found; f++) {
        const Judged judged = { .score = p->found[f]->score, .order = (int) first + f };

        g_array_append_val (class->judged, judged);
    }
    for (int k = 0; k < M2F_AP_THRESHOLDS; k++) {
        for (int t = 0; t < p->n_truth; t++)
            taken[t] = false;
        for (int f = 0; f < p->n_found; f++) {
            Judged *judged = &g_array_index (class->judged, Judged, first + (guint) f);
            const int t = find_match (p, f, 0.5 + k * ((0.95 - 0.5) / 9), taken);

            if (t < 0)
                continue;
            judged->matched[k] = true;
            judged->ignored[k] = p->truth[t]->is_crowd;
            taken[t] = true;
        }
    }
    for (int t = 0; t < p->n_truth; t++)
        class->truth += !p->truth[t]->is_crowd;
}

bool
m2f_average_precision_add (M2fAveragePrecision *ap, const M2fInstance *truth, int n_truth,
    const M2fInstance *found, int n_found)
{
    bool ok = true;

    for (int label = 0; ok && label < ap->n_classes; label++) {
        Picture p = { 0 };

        p.truth = choose (truth, n_truth, label, &p.n_truth);
        p.found = choose (found, n_found, label, &p.n_found);
        qsort (p.truth, (size_t) p.n_truth, sizeof *p.truth, crowds_last);
        qsort (p.found, (size_t) p.n_found, sizeof *p.found, best_first);
        p.n_found = MIN (p.n_found, M2F_AP_MAX_FOUND);
        p.iou = g_try_new (double, MAX ((gsize) p.n_found * p.n_truth, 1));
        ok = p.iou != NULL;
        for (int f = 0; ok && f < p.n_found; f++)
            for (int t = 0; t < p.n_truth; t++)
                p.iou[f * p.n_truth + t] = mask_iou (p.found[f], p.truth[t]);
        if (ok)
            judge (&p, &ap->classes[label]);
        g_free (p.truth);
        g_free (p.found);
        g_free (p.iou);
    }
    return ok;
}

/* ---- curves -------------------------------------------------------------------------------- */

static int
by_score (gconstpointer a, gconstpointer b)
{
    const Judged *x = a, *y = b;

    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : x->order - y->order;
}

/* The area under the curve of one class: the mean of the best precision at each recall or above. */
static double
area_under_curve (const GArray *sorted, int64_t truth, int threshold)
{
    const guint n = sorted->len;
    g_autofree double *recall = g_new (double, n);
    g_autofree double *precision = g_new (double, n + 1);
    double right = 0, wrong = 0, sum = 0;
    guint at = 0;

    for (guint i = 0; i < n; i++) {
        const Judged *j = &g_array_index (sorted, Judged, i);

        right += j->matched[threshold] && !j->ignored[threshold];
        wrong += !j->matched[threshold] && !j->ignored[threshold];
        recall[i] = right / (double) truth;
        precision[i] = right / (right + wrong + DBL_EPSILON);
    }
    precision[n] = 0; /* at a recall that is not reached */
    for (guint i = n; i > 1; i--)
        precision[i - 2] = MAX (precision[i - 2], precision[i - 1]);
    for (int r = 0; r < RECALLS; r++) {
        while (at < n && recall[at] < r * (1.0 / (RECALLS - 1)))
            at++;
        sum += precision[at];
    }
    return sum / RECALLS;
}

double
m2f_average_precision_get (const M2fAveragePrecision *ap, double by_threshold[M2F_AP_THRESHOLDS])
{
    double sums[M2F_AP_THRESHOLDS] = { 0 }, sum = 0;
    int n = 0;

    for (int i = 0; i < ap->n_classes; i++) {
        const ClassInstances *class = &ap->classes[i];

        if (class->truth == 0)
            continue;
        g_autoptr (GArray) sorted = g_array_copy (class->judged);
        g_array_sort (sorted, by_score);
        for (int k = 0; k < M2F_AP_THRESHOLDS; k++)
            sums[k] += area_under_curve (sorted, class->truth, k);
        n++;
    }
    for (int k = 0; k < M2F_AP_THRESHOLDS; k++) {
        sum += sums[k];
        if (by_threshold)
            by_threshold[k] = n > 0 ? sums[k] / n : (double) NAN;
    }
    return n > 0 ? sum / (n * M2F_AP_THRESHOLDS) : (double) NAN;
}

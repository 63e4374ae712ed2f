/* Average precision of instance masks, as COCO computes it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_EVALUATION_AVERAGE_PRECISION_H
#define M2F_EVALUATION_AVERAGE_PRECISION_H

#include <glib.h>
#include <stdbool.h>

#include "model/postprocess/rle.h"

#define M2F_AP_THRESHOLDS 10    /* IoU 0.5, 0.55, ... 0.95 */
#define M2F_AP_MAX_FOUND 100    /* instances of a class in a picture that count, the best first */

/* An instance of the truth, or one that was found. */
typedef struct M2fInstance {
    int label_id;
    double score;     /* of one that was found */
    bool is_crowd;    /* of the truth: many in one mask; what matches it does not count */
    const M2fRle *mask;
} M2fInstance;

typedef struct M2fAveragePrecision M2fAveragePrecision;

M2fAveragePrecision *m2f_average_precision_new (int n_classes);
/* Accepts NULL. */
void m2f_average_precision_free (M2fAveragePrecision *ap);
/* Adds the instances of a picture; masks are only read during the call.  False if there is no
 * memory. */
bool m2f_average_precision_add (M2fAveragePrecision *ap, const M2fInstance *truth, int n_truth,
    const M2fInstance *found, int n_found);
/* The mean over the classes that are there, and over the thresholds.  Sets by_threshold
 * (may be NULL) to the mean over classes for each.  NAN if the truth has no instance. */
double m2f_average_precision_get (const M2fAveragePrecision *ap,
    double by_threshold[M2F_AP_THRESHOLDS]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fAveragePrecision, m2f_average_precision_free)

#endif

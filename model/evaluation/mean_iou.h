/* Mean IoU of classes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_EVALUATION_MEAN_IOU_H
#define M2F_EVALUATION_MEAN_IOU_H

#include <stddef.h>
#include <stdint.h>

/* Pixels of one class. */
typedef struct M2fClassPixels {
    int64_t both, truth, found;
} M2fClassPixels;

/* Counts a pixel, or n of them; a class outside 0..n_classes - 1 is none.  Pixels whose truth is
 * none are left out, pixels for which none was found are wrong. */
static inline void
m2f_class_pixels_add (M2fClassPixels *classes, int n_classes, int truth, int found, int64_t n)
{
    if (truth < 0 || truth >= n_classes)
        return;
    classes[truth].truth += n;
    if (found == truth)
        classes[truth].both += n;
    if (found >= 0 && found < n_classes)
        classes[found].found += n;
}

/* Mean over the classes that are there or were found; NAN if there are none. */
double m2f_mean_iou (const M2fClassPixels *classes, int n_classes);

#endif

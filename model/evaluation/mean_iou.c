/* Mean IoU of classes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/evaluation/mean_iou.h"

#include <math.h>

double
m2f_mean_iou (const M2fClassPixels *classes, int n_classes)
{
    double sum = 0;
    int n = 0;

    for (int i = 0; i < n_classes; i++) {
        const int64_t either = classes[i].truth + classes[i].found - classes[i].both;

        if (either == 0)
            continue;
        sum += (double) classes[i].both / (double) either;
        n++;
    }
    return n > 0 ? sum / n : (double) NAN;
}

/* A picture's planes on a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PLANES_H
#define M2F_PLANES_H

#include <stdbool.h>

#include "model/compute/compute.h"
#include "model/m2f.h"

/* Planes of pictures of one format and size. */
typedef struct M2fPlanes M2fPlanes;

/* Sets `plane` to what the planes of the first picture will be as a rule.  A M2F_COMPUTE_ERROR if
 * the device's memory does not hold them. */
M2fPlanes *m2f_planes_new (M2fDevice *device, M2fFormat format, int height, int width,
    M2fTensor plane[3], GError **error);
/* Accepts a pointer to NULL. */
void m2f_planes_free (M2fPlanes **planes);
/* Sets `plane` to a picture's planes, until the next one; all of its data is there.  True if they
 * are not where they were. */
bool m2f_planes_set (M2fPlanes *planes, const M2fImage *image, M2fTensor plane[3]);

#endif

/* Pictures in memory: planes of a format, and whether a picture can be read.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PICTURE_H
#define M2F_PICTURE_H

#include <stdbool.h>

#include "model/compute/ops.h"
#include "model/m2f.h"

/* How the pixels of a format lie in memory, and what range their samples have. */
typedef struct M2fFormatInfo {
    int planes; /* that are read: one of alpha is not */
    int bits;   /* of a sample */
    int shift;  /* bits below them in a sample of 16 */
    M2fPixels pixels;
} M2fFormatInfo;

const M2fFormatInfo *m2f_format_info (M2fFormat format);
/* Whether the picture can be read: M2F_ERROR_ARGUMENT says what is wrong with it. */
bool m2f_image_check (const M2fImage *image, GError **error);

#endif

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

/* How the pixels of a format lie. */
typedef struct M2fFormatInfo {
    M2fPixels pixels;
    int planes;
    /* Only of M2F_PIXELS_PACKED: bytes per pixel, and the byte of each channel in it. */
    int stride, r, g, b;
} M2fFormatInfo;

const M2fFormatInfo *m2f_format_info (M2fFormat format);
/* Bytes of a row and rows of plane `index` of a picture; false if the format has no such plane. */
bool m2f_plane_size (M2fFormat format, int height, int width, int index, int *row_bytes,
    int *rows);
/* Whether the picture can be read: M2F_ERROR_ARGUMENT says what is wrong with it. */
bool m2f_image_check (const M2fImage *image, GError **error);

#endif

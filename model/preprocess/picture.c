/* Pictures in memory: planes of a format, and whether a picture can be read.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/picture.h"

#include "model/error.h"
#include "model/preprocess/dmabuf.h"
#include "model/preprocess/size.h"

/* Bytes r, g and b of every `step` ones. */
#define PACKED(step, r, g, b) \
    { 1, 8, 0, { { { 0, step, r }, { 0, step, g }, { 0, step, b } }, .sample_bytes = 1 } }
/* Planes of R, G and B. */
#define PLANES(r, g, b) \
    { 3, 8, 0, { { { r, 1, 0 }, { g, 1, 0 }, { b, 1, 0 } }, .sample_bytes = 1 } }
/* Y, U and V, { plane, step, offset } each, and the shifts of U and V. */
#define YUV(planes, y, u, v, x_shift, y_shift) \
    { planes, 8, 0, { { y, u, v }, true, 1, x_shift, y_shift } }
#define YUV10(planes, shift, y, u, v, x_shift, y_shift) \
    { planes, 10, shift, { { y, u, v }, true, 2, x_shift, y_shift } }
#define AT(plane, step, offset) { plane, step, offset }

static const M2fFormatInfo formats[] = {
    [M2F_FORMAT_RGB] = PACKED (3, 0, 1, 2),
    [M2F_FORMAT_BGR] = PACKED (3, 2, 1, 0),
    [M2F_FORMAT_RGBA] = PACKED (4, 0, 1, 2),
    [M2F_FORMAT_BGRA] = PACKED (4, 2, 1, 0),
    [M2F_FORMAT_ARGB] = PACKED (4, 1, 2, 3),
    [M2F_FORMAT_ABGR] = PACKED (4, 3, 2, 1),
    [M2F_FORMAT_GRAY8] = PACKED (1, 0, 0, 0),
    [M2F_FORMAT_RGBP] = PLANES (0, 1, 2),
    [M2F_FORMAT_BGRP] = PLANES (2, 1, 0),
    [M2F_FORMAT_GBR] = PLANES (2, 0, 1),
    [M2F_FORMAT_GBRA] = PLANES (2, 0, 1),
    [M2F_FORMAT_NV12] = YUV (2, AT (0, 1, 0), AT (1, 2, 0), AT (1, 2, 1), 1, 1),
    [M2F_FORMAT_NV21] = YUV (2, AT (0, 1, 0), AT (1, 2, 1), AT (1, 2, 0), 1, 1),
    [M2F_FORMAT_I420] = YUV (3, AT (0, 1, 0), AT (1, 1, 0), AT (2, 1, 0), 1, 1),
    [M2F_FORMAT_YV12] = YUV (3, AT (0, 1, 0), AT (2, 1, 0), AT (1, 1, 0), 1, 1),
    [M2F_FORMAT_Y42B] = YUV (3, AT (0, 1, 0), AT (1, 1, 0), AT (2, 1, 0), 1, 0),
    [M2F_FORMAT_Y444] = YUV (3, AT (0, 1, 0), AT (1, 1, 0), AT (2, 1, 0), 0, 0),
    [M2F_FORMAT_YUY2] = YUV (1, AT (0, 2, 0), AT (0, 4, 1), AT (0, 4, 3), 1, 0),
    [M2F_FORMAT_UYVY] = YUV (1, AT (0, 2, 1), AT (0, 4, 0), AT (0, 4, 2), 1, 0),
    [M2F_FORMAT_P010_10LE] = YUV10 (2, 6, AT (0, 2, 0), AT (1, 4, 0), AT (1, 4, 2), 1, 1),
    [M2F_FORMAT_I420_10LE] = YUV10 (3, 0, AT (0, 2, 0), AT (1, 2, 0), AT (2, 2, 0), 1, 1),
};

const M2fFormatInfo *
m2f_format_info (M2fFormat format)
{
    return &formats[format];
}

gboolean
m2f_format_plane_size (M2fFormat format, int plane, int width, int height, int *row_bytes,
    int *rows)
{
    *row_bytes = *rows = 0;
    if ((unsigned) format >= G_N_ELEMENTS (formats))
        return FALSE;

    const M2fPixels *pixels = &formats[format].pixels;

    for (int c = 0; c < 3; c++) {
        const M2fComponent at = pixels->component[c];

        if (at.plane != plane)
            continue;
        *row_bytes = MAX (*row_bytes, m2f_pixels_columns (pixels, c, width) * at.step);
        *rows = MAX (*rows, m2f_pixels_rows (pixels, c, height));
    }
    return *rows > 0;
}

bool
m2f_image_check (const M2fImage *image, GError **error)
{
    bool host_has_it = true;
    int row_bytes, rows;

    if (!image || (unsigned) image->format >= G_N_ELEMENTS (formats)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "image: expected a M2fFormat below %zu, found %d", G_N_ELEMENTS (formats),
            image ? (int) image->format : -1);
        return false;
    }
    if (image->width < 1 || image->height < 1 || image->width > M2F_MAX_SIDE
        || image->height > M2F_MAX_SIDE) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "image: expected width and height from 1 to %d, found %d and %d", M2F_MAX_SIDE,
            image->width, image->height);
        return false;
    }
    if ((unsigned) image->matrix > M2F_MATRIX_BT2020) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "image: expected a M2fMatrix up to %d, found %d", M2F_MATRIX_BT2020,
            (int) image->matrix);
        return false;
    }
    for (int i = 0; m2f_format_plane_size (image->format, i, image->width, image->height,
             &row_bytes, &rows);
         i++) {
        host_has_it &= image->data[i] != NULL;
        if (!image->data[i] && !image->dmabuf) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT,
                "image: plane %d of %d of a %s picture is NULL", i, formats[image->format].planes,
                m2f_format_name (image->format));
            return false;
        }
        if (image->stride[i] < row_bytes) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT,
                "image: stride of plane %d is %d, expected at least the %d bytes of a row of %d "
                "%s pixels",
                i, image->stride[i], row_bytes, image->width, m2f_format_name (image->format));
            return false;
        }
    }
    return host_has_it || m2f_dmabuf_check (image, error);
}

/* Pictures in memory: planes of a format, and whether a picture can be read.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/picture.h"

#include "model/preprocess/size.h"

static const M2fFormatInfo formats[] = {
    [M2F_FORMAT_RGB] = { M2F_PIXELS_PACKED, 1, 3, 0, 1, 2 },
    [M2F_FORMAT_BGR] = { M2F_PIXELS_PACKED, 1, 3, 2, 1, 0 },
    [M2F_FORMAT_RGBA] = { M2F_PIXELS_PACKED, 1, 4, 0, 1, 2 },
    [M2F_FORMAT_BGRA] = { M2F_PIXELS_PACKED, 1, 4, 2, 1, 0 },
    [M2F_FORMAT_ARGB] = { M2F_PIXELS_PACKED, 1, 4, 1, 2, 3 },
    [M2F_FORMAT_ABGR] = { M2F_PIXELS_PACKED, 1, 4, 3, 2, 1 },
    [M2F_FORMAT_GRAY8] = { M2F_PIXELS_PACKED, 1, 1, 0, 0, 0 },
    [M2F_FORMAT_NV12] = { M2F_PIXELS_NV12, 2 },
    [M2F_FORMAT_I420] = { M2F_PIXELS_I420, 3 },
};

const M2fFormatInfo *
m2f_format_info (M2fFormat format)
{
    return &formats[format];
}

bool
m2f_plane_size (M2fFormat format, int height, int width, int index, int *row_bytes, int *rows)
{
    if (index >= formats[format].planes)
        return false;
    if (index == 0) {
        *row_bytes = formats[format].pixels == M2F_PIXELS_PACKED ? width * formats[format].stride
                                                                 : width;
        *rows = height;
    } else {
        *row_bytes = (width + 1) / 2 * (formats[format].pixels == M2F_PIXELS_NV12 ? 2 : 1);
        *rows = (height + 1) / 2;
    }
    return true;
}

bool
m2f_image_check (const M2fImage *image, GError **error)
{
    int row_bytes, rows;

    if (!image || (unsigned) image->format >= G_N_ELEMENTS (formats)) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "image: expected a M2fFormat below %zu, found %d", G_N_ELEMENTS (formats),
            image ? (int) image->format : -1);
        return false;
    }
    if (image->width < 1 || image->height < 1 || image->width > M2F_MAX_SIDE
        || image->height > M2F_MAX_SIDE) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "image: expected width and height from 1 to %d, found %d and %d", M2F_MAX_SIDE,
            image->width, image->height);
        return false;
    }
    if ((unsigned) image->matrix > M2F_MATRIX_BT2020) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "image: expected a M2fMatrix up to %d, found %d", M2F_MATRIX_BT2020,
            (int) image->matrix);
        return false;
    }
    for (int i = 0; m2f_plane_size (image->format, image->height, image->width, i, &row_bytes,
             &rows);
         i++) {
        if (!image->data[i]) {
            g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
                "image: plane %d of %d of a %s picture is NULL", i, formats[image->format].planes,
                m2f_format_name (image->format));
            return false;
        }
        if (image->stride[i] < row_bytes) {
            g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
                "image: stride of plane %d is %d, expected at least the %d bytes of a row of %d "
                "%s pixels",
                i, image->stride[i], row_bytes, image->width, m2f_format_name (image->format));
            return false;
        }
    }
    return true;
}

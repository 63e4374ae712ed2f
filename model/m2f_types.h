/* libmask2former: its version, errors and pictures.  Programs include m2f.h.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TYPES_H
#define M2F_TYPES_H

#include <glib.h>
#include <glib-object.h>
#include <stdint.h>

G_BEGIN_DECLS

/* ---- version ------------------------------------------------------------------------------- */

/* The version of this header. */
#define M2F_VERSION_MAJOR 0
#define M2F_VERSION_MINOR 1
#define M2F_VERSION_MICRO 0

/**
 * M2F_CHECK_VERSION:
 * @major: first number of the wanted version
 * @minor: second number of the wanted version
 * @micro: third number of the wanted version
 *
 * True if this header is of the wanted version or a later one; for use with #if.
 */
#define M2F_CHECK_VERSION(major, minor, micro) \
    (M2F_VERSION_MAJOR > (major) \
        || (M2F_VERSION_MAJOR == (major) && M2F_VERSION_MINOR > (minor)) \
        || (M2F_VERSION_MAJOR == (major) && M2F_VERSION_MINOR == (minor) \
            && M2F_VERSION_MICRO >= (micro)))

/**
 * m2f_version:
 *
 * Returns: the version of the library that runs, "0.1.0"
 */
const char *m2f_version (void);

/* ---- errors -------------------------------------------------------------------------------- */

/**
 * M2F_ERROR:
 *
 * The error domain of the library; its codes are #M2fError.
 */
#define M2F_ERROR (m2f_error_quark ())
GQuark m2f_error_quark (void);

/**
 * M2fError:
 * @M2F_ERROR_NOT_FOUND: a file of the checkpoint does not exist
 * @M2F_ERROR_READ: a file cannot be opened or read
 * @M2F_ERROR_FORMAT: a file is not what its name says: its JSON or safetensors is broken
 * @M2F_ERROR_CONFIG: a key of a JSON file has a value that cannot be
 * @M2F_ERROR_WEIGHTS: tensors are missing or have the wrong shape, type or values
 * @M2F_ERROR_UNSUPPORTED: valid, but not something this library runs
 * @M2F_ERROR_ARGUMENT: an argument of the call makes no sense
 * @M2F_ERROR_DEVICE: the device cannot be used or failed, or there is no memory; the message says
 * how
 * @M2F_ERROR_CANCELLED: m2f_session_cancel() was called
 * @M2F_ERROR_BUSY: the session has no room before m2f_session_finish() is called
 *
 * Codes of errors in the domain %M2F_ERROR.
 */
typedef enum M2fError {
    M2F_ERROR_NOT_FOUND, M2F_ERROR_READ, M2F_ERROR_FORMAT, M2F_ERROR_CONFIG, M2F_ERROR_WEIGHTS,
    M2F_ERROR_UNSUPPORTED, M2F_ERROR_ARGUMENT, M2F_ERROR_DEVICE, M2F_ERROR_CANCELLED,
    M2F_ERROR_BUSY,
} M2fError;

/* ---- images -------------------------------------------------------------------------------- */

/**
 * M2fFormat:
 * @M2F_FORMAT_RGB: 3 bytes per pixel
 * @M2F_FORMAT_BGR: 3 bytes per pixel
 * @M2F_FORMAT_RGBA: 4 bytes per pixel; alpha is ignored
 * @M2F_FORMAT_BGRA: 4 bytes per pixel; alpha is ignored
 * @M2F_FORMAT_ARGB: 4 bytes per pixel; alpha is ignored
 * @M2F_FORMAT_ABGR: 4 bytes per pixel; alpha is ignored
 * @M2F_FORMAT_GRAY8: 1 byte per pixel
 * @M2F_FORMAT_NV12: planes Y and interleaved UV, chroma at half the width and height
 * @M2F_FORMAT_I420: planes Y, U and V, chroma at half the width and height
 * @M2F_FORMAT_RGBP: planes R, G and B
 * @M2F_FORMAT_BGRP: planes B, G and R
 * @M2F_FORMAT_GBR: planes G, B and R
 * @M2F_FORMAT_GBRA: planes G, B and R, and one of alpha, which is not read
 * @M2F_FORMAT_NV21: planes Y and interleaved VU, chroma at half the width and height
 * @M2F_FORMAT_YV12: planes Y, V and U, chroma at half the width and height
 * @M2F_FORMAT_Y42B: planes Y, U and V, chroma at half the width
 * @M2F_FORMAT_Y444: planes Y, U and V
 * @M2F_FORMAT_YUY2: Y0 U Y1 V for two pixels
 * @M2F_FORMAT_UYVY: U Y0 V Y1 for two pixels
 * @M2F_FORMAT_P010_10LE: like NV12, little-endian words whose upper 10 bits count
 * @M2F_FORMAT_I420_10LE: like I420, little-endian words whose lower 10 bits count
 *
 * How the pixels of a picture lie in memory, bytes in the order of the name; GStreamer's names.
 */
typedef enum M2fFormat {
    M2F_FORMAT_RGB,
    M2F_FORMAT_BGR,
    M2F_FORMAT_RGBA,
    M2F_FORMAT_BGRA,
    M2F_FORMAT_ARGB,
    M2F_FORMAT_ABGR,
    M2F_FORMAT_GRAY8,
    M2F_FORMAT_NV12,
    M2F_FORMAT_I420,
    M2F_FORMAT_RGBP,
    M2F_FORMAT_BGRP,
    M2F_FORMAT_GBR,
    M2F_FORMAT_GBRA,
    M2F_FORMAT_NV21,
    M2F_FORMAT_YV12,
    M2F_FORMAT_Y42B,
    M2F_FORMAT_Y444,
    M2F_FORMAT_YUY2,
    M2F_FORMAT_UYVY,
    M2F_FORMAT_P010_10LE,
    M2F_FORMAT_I420_10LE,
} M2fFormat;

/**
 * m2f_format_name:
 * @format: a format
 *
 * Returns: (nullable): "RGB", "NV12" and so on; %NULL if @format is not a #M2fFormat
 */
const char *m2f_format_name (M2fFormat format);
/**
 * m2f_format_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @format: (out): the format of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_format_from_name (const char *name, M2fFormat *format, GError **error);
/**
 * m2f_format_plane_size:
 * @format: a format
 * @plane: number of the plane, from 0
 * @width: pixels of the picture
 * @height: pixels of the picture
 * @row_bytes: (out): bytes of a row
 * @rows: (out): number of rows
 *
 * Returns: %FALSE if pictures of that format have no such plane, or it is not read
 */
gboolean m2f_format_plane_size (M2fFormat format, int plane, int width, int height, int *row_bytes,
    int *rows);

/**
 * M2fMatrix:
 * @M2F_MATRIX_BT709: high definition
 * @M2F_MATRIX_BT601: standard definition
 * @M2F_MATRIX_BT2020: ultra-high definition, non-constant luminance
 *
 * How Y, U and V of a picture become R, G and B.
 */
typedef enum M2fMatrix {
    M2F_MATRIX_BT709,
    M2F_MATRIX_BT601,
    M2F_MATRIX_BT2020,
} M2fMatrix;

/**
 * M2fDmabuf:
 * @fd: file descriptor of each plane's memory; planes may share one
 * @offset: bytes from the start of that memory to each plane's first row
 * @modifier: DRM format modifier of the pixels; 0, which is DRM_FORMAT_MOD_LINEAR, is read
 *
 * Planes of a picture in memory that devices share, as decoders and cameras export it on Linux. The
 * file descriptors stay the caller's and are not kept after the call. What a device still writes is
 * waited for.
 */
typedef struct M2fDmabuf {
    int fd[3];
    gsize offset[3];
    guint64 modifier;
    /*< private >*/
    gpointer reserved[2];
} M2fDmabuf;

/**
 * M2fImage:
 * @format: how the pixels lie in memory
 * @width: pixels
 * @height: pixels
 * @data: first byte of each plane's first row; may be %NULL where @dmabuf is given
 * @stride: bytes from row to row of each plane, at least a row's bytes
 * @matrix: for the YUV formats
 * @full_range: for the YUV formats: true if Y, U and V use 0..255 (0..1023 of 10 bits) rather than
 * 16..235 and 16..240 (64..940 and 64..960)
 * @limited_range: for the RGB formats and GRAY8: true if they use 16..235 rather than 0..255
 * @dmabuf: (nullable): the same planes in memory that devices share; a GPU that can reads them
 * there. Otherwise @data is read or, where some of that is %NULL, the memory as it is mapped.
 *
 * A picture in the caller's memory, which is not modified and not kept after the call.
 */
typedef struct M2fImage {
    M2fFormat format;
    int width, height;
    const uint8_t *data[3];
    int stride[3];
    M2fMatrix matrix;
    gboolean full_range;
    gboolean limited_range;
    const M2fDmabuf *dmabuf;
    /*< private >*/
    GBytes *bytes; /* of m2f_image_new_from_bytes() */
    gpointer reserved[2];
} M2fImage;

/* ---- label maps ---------------------------------------------------------------------------- */

/**
 * M2fLabelMap:
 * @data: first byte of the first row
 * @width: pixels
 * @height: pixels
 * @stride: bytes from row to row, at least a row's bytes
 * @depth: bytes per pixel: 1, or 2 in the machine's byte order
 *
 * A map of segment ids in somebody else's memory, such as that of a result.
 */
typedef struct M2fLabelMap {
    const uint8_t *data;
    int width, height;
    int stride;
    int depth;
    /*< private >*/
    gpointer reserved[2];
} M2fLabelMap;

/**
 * m2f_label_map_value: (skip)
 * @map: a label map
 * @x: column
 * @y: row
 *
 * Returns: the value of a pixel
 */
static inline int
m2f_label_map_value (const M2fLabelMap *map, int x, int y)
{
    const uint8_t *row = map->data + (size_t) y * (size_t) map->stride;

    return map->depth == 1 ? row[x] : ((const uint16_t *) (const void *) row)[x];
}

G_END_DECLS

#endif

/* m2f: reads pictures with gdk-pixbuf.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/picture_file.h"
#include "model/tool/tool.h"

#include <string.h>
#include <unistd.h>

#include "model/checkpoint/file.h"
#include "model/error.h"

#define MAX_FILE_SIZE (1u << 30)  /* bytes */
#define MAX_SIDE 32768            /* pixels; as long as a side may be for the library */
#define MAX_PIXELS (1 << 28)

/* State of a loader. */
typedef struct Progress {
    int width, height;
    bool too_large;
    GByteArray *rows; /* 1 for each row that has been decoded */
} Progress;

/* Comes before memory is allocated for the pixels; a loader that is asked for none stops. */
static void
on_size (GdkPixbufLoader *loader, int width, int height, Progress *progress)
{
    progress->width = width;
    progress->height = height;
    progress->too_large
        = width > MAX_SIDE || height > MAX_SIDE || (gint64) width * height > MAX_PIXELS;
    if (progress->too_large)
        gdk_pixbuf_loader_set_size (loader, 0, 0);
}

static void
on_rows (GdkPixbufLoader *loader, int x, int y, int width, int height, Progress *progress)
{
    const guint end = (guint) (y + height), had = progress->rows->len;

    if (y < 0 || height < 0 || end > MAX_SIDE)
        return;
    if (end > had) {
        g_byte_array_set_size (progress->rows, end);
        memset (progress->rows->data + had, 0, end - had);
    }
    memset (progress->rows->data + y, 1, (gsize) height);
}

/* True if some rows of the picture were reported and others were not.  Formats that are also
 * animated report the part of the picture that moves. */
static bool
lacks_rows (const Progress *progress, const char *format, int height)
{
    const GByteArray *rows = progress->rows;

    if (rows->len == 0 || strcmp (format, "gif") == 0 || strcmp (format, "webp") == 0)
        return false;
    return (int) rows->len < height || memchr (rows->data, 0, (gsize) height) != NULL;
}

/* The decoded picture, if it is whole, with its orientation as the option that gdk-pixbuf has for
 * it. */
static GdkPixbuf *
check_picture (GdkPixbufLoader *loader, const Progress *progress, const char *path,
    const guint8 *data, gsize size, GError **error)
{
    GdkPixbuf *picture = gdk_pixbuf_loader_get_pixbuf (loader);
    g_autofree char *format = gdk_pixbuf_format_get_name (gdk_pixbuf_loader_get_format (loader));

    if (!picture || lacks_rows (progress, format, gdk_pixbuf_get_height (picture))
        || !tool_picture_is_complete (format, data, size)) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected a whole picture, found one that is damaged or cut off (%s)", path,
            format);
        return NULL;
    }

    const int orientation = tool_picture_orientation (format, data, size);

    if (orientation > 0 && !gdk_pixbuf_get_option (picture, "orientation")) {
        const char digit[] = { (char) ('0' + orientation), '\0' };
        gdk_pixbuf_set_option (picture, "orientation", digit);
    }
    return g_object_ref (picture);
}

static GdkPixbuf *
decode (const char *path, const guint8 *data, gsize size, GError **error)
{
    g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
    g_autoptr (GByteArray) rows = g_byte_array_new ();
    g_autoptr (GError) failure = NULL;
    Progress progress = { .rows = rows };

    g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size), &progress);
    g_signal_connect (loader, "area-updated", G_CALLBACK (on_rows), &progress);
    if (gdk_pixbuf_loader_write (loader, data, size, &failure))
        gdk_pixbuf_loader_close (loader, &failure);
    else
        gdk_pixbuf_loader_close (loader, NULL); /* which must be called, and fails again */

    if (progress.too_large) {
        m2f_set_error (error, M2F_ERROR_UNSUPPORTED,
            "%s: expected a picture of at most %d million pixels and %d on a side, found %dx%d",
            path, MAX_PIXELS / 1000000, MAX_SIDE, progress.width, progress.height);
        return NULL;
    }
    if (failure) {
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: %s", path,
            g_strchomp (failure->message));
        return NULL;
    }
    return check_picture (loader, &progress, path, data, size, error);
}

/* The bytes of a regular file; free with g_free(). */
static guint8 *
read_file (const char *path, uint64_t *size, GError **error)
{
    const int fd = m2f_file_open (path, size, error);
    guint8 *data = NULL;

    if (fd < 0)
        return NULL;
    if (*size > MAX_FILE_SIZE)
        m2f_set_error (error, M2F_ERROR_READ,
            "%s: expected a picture of at most %u bytes, found %" G_GUINT64_FORMAT, path,
            MAX_FILE_SIZE, *size);
    else
        data = m2f_file_load (fd, path, 0, *size, error);
    close (fd);
    return data;
}

GdkPixbuf *
tool_load_picture (const char *path, M2fImage *image, GError **error)
{
    uint64_t size;
    g_autofree guint8 *data = read_file (path, &size, error);
    g_autoptr (GdkPixbuf) stored = data ? decode (path, data, size, error) : NULL;
    GdkPixbuf *picture = stored ? gdk_pixbuf_apply_embedded_orientation (stored) : NULL;

    if (!picture) {
        if (stored)
            m2f_set_error (error, M2F_ERROR_READ, "%s: no memory to turn %zu bytes",
                path, gdk_pixbuf_get_byte_length (stored));
        return NULL;
    }
    *image = (M2fImage) {
        .format = gdk_pixbuf_get_has_alpha (picture) ? M2F_FORMAT_RGBA : M2F_FORMAT_RGB,
        .width = gdk_pixbuf_get_width (picture),
        .height = gdk_pixbuf_get_height (picture),
        .data = { gdk_pixbuf_read_pixels (picture) },
        .stride = { gdk_pixbuf_get_rowstride (picture) },
    };
    return picture;
}

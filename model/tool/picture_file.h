/* The structure of picture files: what gdk-pixbuf does not say about them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PICTURE_FILE_H
#define M2F_PICTURE_FILE_H

#include <glib.h>
#include <stdbool.h>

/* True if the file has the end that its format demands.  `format` is the name that gdk-pixbuf has
 * for it; files of formats without an end are complete. */
bool tool_picture_is_complete (const char *format, const guint8 *data, gsize size);

/* The Exif orientation, 1 to 8, of a PNG or WebP file; 0 if the file does not say.  gdk-pixbuf
 * itself reads that of JPEG and TIFF. */
int tool_picture_orientation (const char *format, const guint8 *data, gsize size);

#endif

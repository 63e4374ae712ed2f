/* PNG files whose pixels are numbers rather than colours.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOOL_LABEL_PNG_H
#define M2F_TOOL_LABEL_PNG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads the number of every pixel, row by row (g_free): grey levels of up to 16 bits and indices of
 * a palette as they are, colours as R + 256 G + 65536 B. */
uint32_t *tool_read_label_png (const char *path, int *width, int *height, GError **error);
/* Pixels of a picture: 1 byte of grey, 3 of red, green and blue, or these and alpha. */
typedef struct ToolPixels {
    const uint8_t *data;
    int width, height, stride, channels;
} ToolPixels;

/* Writes a PNG.  Whatever stands at the path is written to, and stays there if that fails. */
bool tool_write_png (const char *path, const ToolPixels *pixels, GError **error);

#endif

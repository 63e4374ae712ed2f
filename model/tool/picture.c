/* m2f: writes pictures.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/tool.h"

#include <string.h>

#include "model/error.h"
#include "model/tool/label_png.h"

#define FILL_ALPHA 115 /* opacity of segments; 255 = opaque */
#define BORDER_ALPHA 230

static bool
no_memory (const char *path, const M2fResult *result, GError **error)
{
    m2f_set_error (error, M2F_ERROR_READ, "%s: no memory for a picture of %dx%d", path,
        result->map_width, result->map_height);
    return false;
}

/* True for a pixel that has a neighbour with another id; the picture's edge is no border. */
static bool
is_border (const M2fResult *result, int x, int y, int id)
{
    static const int step[4][2] = { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } };

    for (int i = 0; i < 4; i++) {
        int nx = x + step[i][0], ny = y + step[i][1];
        if (nx >= 0 && ny >= 0 && nx < result->map_width && ny < result->map_height
            && m2f_result_id (result, nx, ny) != id)
            return true;
    }
    return false;
}

/* Colours as 0xffRRGGBB, indexed by id; 0 for an id without a segment or of the background. */
static GArray *
colours_by_id (const M2fResult *result)
{
    GArray *colours = g_array_new (FALSE, TRUE, sizeof (guint32));

    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *segment = &result->segments[i];
        uint8_t rgb[3];

        if (m2f_label_is_background (segment->label))
            continue;
        m2f_palette_colour (M2F_PALETTE_DATASET, segment, rgb);
        if (segment->id >= (int) colours->len)
            g_array_set_size (colours, (guint) segment->id + 1);
        g_array_index (colours, guint32, segment->id)
            = 0xff000000u | (guint32) rgb[0] << 16 | (guint32) rgb[1] << 8 | rgb[2];
    }
    return colours;
}

bool
tool_save_overlay (const char *path, const GdkPixbuf *picture, const M2fResult *result,
    GError **error)
{
    g_autoptr (GdkPixbuf) copy = gdk_pixbuf_copy (picture);
    if (!copy)
        return no_memory (path, result, error);

    g_autoptr (GArray) colours = colours_by_id (result);
    int channels = gdk_pixbuf_get_n_channels (copy), stride = gdk_pixbuf_get_rowstride (copy);
    guchar *pixels = gdk_pixbuf_get_pixels (copy);

    for (int y = 0; y < result->map_height; y++) {
        for (int x = 0; x < result->map_width; x++) {
            int id = m2f_result_id (result, x, y);
            bool known = id >= 0 && id < (int) colours->len;
            guint32 colour = known ? g_array_index (colours, guint32, id) : 0;
            guchar *p = pixels + (gsize) y * (gsize) stride + (gsize) x * (gsize) channels;

            if (colour == 0)
                continue;
            int alpha = is_border (result, x, y, id) ? BORDER_ALPHA : FILL_ALPHA;
            for (int c = 0; c < 3; c++) {
                int wanted = (int) (colour >> (16 - 8 * c) & 0xff);
                p[c] = (guchar) ((p[c] * (255 - alpha) + wanted * alpha + 127) / 255);
            }
        }
    }
    return tool_write_png (path, &(ToolPixels) { pixels, gdk_pixbuf_get_width (copy),
        gdk_pixbuf_get_height (copy), stride, channels }, error);
}

bool
tool_save_labels (const char *path, const M2fResult *result, GError **error)
{
    const gsize width = (gsize) result->map_width, height = (gsize) result->map_height;

    if (result->map_depth != 1) {
        m2f_set_error (error, M2F_ERROR_UNSUPPORTED,
            "%s: an 8-bit PNG cannot hold the ids of more than 255 segments", path);
        return false;
    }
    g_autofree guint8 *rgb = g_try_malloc_n (width * height, 3);
    if (!rgb)
        return no_memory (path, result, error);
    for (gsize y = 0; y < height; y++)
        for (gsize x = 0; x < width; x++)
            memset (rgb + 3 * (y * width + x), m2f_result_id (result, (int) x, (int) y), 3);
    return tool_write_png (path, &(ToolPixels) { rgb, (int) width, (int) height, 3 * (int) width,
        3 }, error);
}

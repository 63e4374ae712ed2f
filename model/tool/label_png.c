/* PNG files whose pixels are numbers rather than colours.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With libpng, as gdk-pixbuf makes 8-bit colours of everything.
 */
#include "model/tool/label_png.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "model/checkpoint/file.h"
#include "model/error.h"

#define MAX_SIDE 32768
#define MAX_PIXELS (1 << 28)

/* What is open while libpng works, which leaves its functions by longjmp(). */
typedef struct PngFile {
    const char *path;
    FILE *file;
    png_structp png;
    png_infop info;
    png_bytep row;
    uint32_t *ids;
    char message[128];
} PngFile;

static void
on_error (png_structp png, png_const_charp message)
{
    PngFile *p = png_get_error_ptr (png);

    g_strlcpy (p->message, message, sizeof p->message);
    png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp message)
{
    (void) png;
    g_debug ("libpng: %s", message);
}

static uint32_t
number_at (const png_byte *row, int x, int channels, int depth)
{
    const png_byte *p = row + (size_t) x * channels * depth / 8;

    if (channels >= 3)
        return p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16;
    return depth == 16 ? (uint32_t) p[0] << 8 | p[1] : p[0];
}

/* Runs below setjmp(): all that is to be freed lies in *p. */
static void
read_pixels (PngFile *p, int *width, int *height)
{
    png_init_io (p->png, p->file);
    png_set_user_limits (p->png, MAX_SIDE, MAX_SIDE);
    png_read_info (p->png, p->info);

    const int w = (int) png_get_image_width (p->png, p->info);
    const int h = (int) png_get_image_height (p->png, p->info);
    const int channels = png_get_channels (p->png, p->info);

    if ((gint64) w * h > MAX_PIXELS)
        png_error (p->png, "too many pixels");
    if (channels >= 3)
        png_set_strip_16 (p->png);
    png_set_packing (p->png); /* a byte for each pixel of less than 8 bits, not scaled */
    if (png_set_interlace_handling (p->png) != 1)
        png_error (p->png, "interlaced label maps are not read");
    png_read_update_info (p->png, p->info);

    const int depth = png_get_bit_depth (p->png, p->info);
    p->row = g_try_malloc (png_get_rowbytes (p->png, p->info));
    p->ids = g_try_new (uint32_t, (gsize) w * (gsize) h);
    if (!p->row || !p->ids)
        png_error (p->png, "no memory");
    for (int y = 0; y < h; y++) {
        png_read_row (p->png, p->row, NULL);
        for (int x = 0; x < w; x++)
            p->ids[(gsize) y * (gsize) w + (gsize) x] = number_at (p->row, x, channels, depth);
    }
    png_read_end (p->png, NULL);
    *width = w;
    *height = h;
}

uint32_t *
tool_read_label_png (const char *path, int *width, int *height, GError **error)
{
    uint64_t size;
    PngFile p = { .path = path, .file = m2f_file_open_stream (path, &size, error) };

    if (!p.file)
        return NULL;
    p.png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &p, on_error, on_warning);
    p.info = png_create_info_struct (p.png);
    if (setjmp (png_jmpbuf (p.png)) == 0) {
        read_pixels (&p, width, height);
    } else {
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected a PNG: %s", path,
            p.message);
        g_clear_pointer (&p.ids, g_free);
    }
    png_destroy_read_struct (&p.png, &p.info, NULL);
    g_free (p.row);
    fclose (p.file);
    return p.ids;
}

/* Where the path names a device that takes no more, png_image_write_to_file() would remove it. */
bool
tool_write_png (const char *path, const ToolPixels *pixels, GError **error)
{
    static const png_uint_32 formats[] = { [1] = PNG_FORMAT_GRAY, [3] = PNG_FORMAT_RGB,
        [4] = PNG_FORMAT_RGBA };
    png_image image = { .version = PNG_IMAGE_VERSION, .width = (png_uint_32) pixels->width,
        .height = (png_uint_32) pixels->height, .format = formats[pixels->channels] };
    FILE *file = fopen (path, "wbe");
    bool ok = file
        && png_image_write_to_stdio (&image, file, 0, pixels->data, pixels->stride, NULL);
    const char *reason = file ? image.message : g_strerror (errno);

    if (file && fclose (file) != 0 && ok) {
        ok = false;
        reason = g_strerror (errno);
    }
    if (!ok)
        m2f_set_error (error, M2F_ERROR_READ, "%s: cannot write: %s", path, reason);
    return ok;
}

/* The structure of picture files: what gdk-pixbuf does not say about them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gdk-pixbuf makes a picture of what there is of a file, with grey or black for the rest.  Files
 * that were cut off are recognised by what must stand at their end.
 */
#include "model/tool/picture_file.h"

#include <string.h>

/* ---- numbers in bytes ----------------------------------------------------------------------- */

typedef struct Bytes {
    const guint8 *data;
    gsize size;
    bool big_endian;
} Bytes;

/* Bytes from `at` on, at most `size` of them; empty behind the end. */
static Bytes
part (const Bytes *b, gsize at, gsize size)
{
    at = MIN (at, b->size);
    return (Bytes) { b->data + at, MIN (size, b->size - at), b->big_endian };
}

/* The number of `n` bytes at `at`; 0 where there is none. */
static guint32
number (const Bytes *b, gsize at, int n)
{
    guint32 value = 0;

    if (at > b->size || b->size - at < (gsize) n)
        return 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | b->data[at + (gsize) (b->big_endian ? i : n - 1 - i)];
    return value;
}

static bool
starts_with (const Bytes *b, const char *text, gsize length)
{
    return b->size >= length && memcmp (b->data, text, length) == 0;
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* PNG: signature, then chunks of length, name, content and checksum. */
static bool
png_chunk (const Bytes *file, const char *name, Bytes *content)
{
    for (gsize at = 8; at < file->size;) {
        const Bytes rest = part (file, at, file->size);
        const guint32 length = number (&rest, 0, 4);

        if (rest.size < 12 || length > rest.size - 12)
            return false;
        if (memcmp (rest.data + 4, name, 4) == 0) {
            *content = part (&rest, 8, length);
            return true;
        }
        at += 12 + (gsize) length;
    }
    return false;
}

/* WebP: "RIFF", length, "WEBP", then chunks of name, length and content, padded to even lengths. */
static bool
webp_chunk (const Bytes *file, const char *name, Bytes *content)
{
    for (gsize at = 12; at < file->size;) {
        const Bytes rest = part (file, at, file->size);
        const guint32 length = number (&rest, 4, 4);

        if (rest.size < 8 || length > rest.size - 8)
            return false;
        if (memcmp (rest.data, name, 4) == 0) {
            *content = part (&rest, 8, length);
            return true;
        }
        at += 8 + (gsize) length + (length & 1);
    }
    return false;
}

/* ---- ends ----------------------------------------------------------------------------------- */

static bool
png_is_complete (const guint8 *data, gsize size)
{
    Bytes end;

    return png_chunk (&(Bytes) { data, size, true }, "IEND", &end);
}

static bool
webp_is_complete (const guint8 *data, gsize size)
{
    const Bytes file = { data, size, false };

    return size >= 8 && number (&file, 4, 4) <= size - 8;
}

/* Segments have a length, which is skipped with what is embedded in them; between segments are
 * coded rows, in which 0xff is followed by 0 or a restart marker. */
static bool
jpeg_is_complete (const guint8 *data, gsize size)
{
    const Bytes file = { data, size, true };

    for (gsize at = 2; at + 2 <= size;) {
        const guint8 marker = data[at + 1];

        if (data[at] != 0xff || marker == 0xff)
            at++;
        else if (marker == 0xd9)
            return true;
        else if (marker < 0x02 || (marker >= 0xd0 && marker <= 0xd8))
            at += 2;
        else
            at += 2 + number (&file, at + 2, 2);
    }
    return false;
}

/* Skips blocks of up to 255 bytes, each behind its length, to behind the empty one. */
static gsize
skip_gif_blocks (const Bytes *file, gsize at)
{
    while (number (file, at, 1) > 0)
        at += 1 + number (file, at, 1);
    return at + 1;
}

/* Bytes of the colour table that flags announce. */
static gsize
gif_colours (guint32 flags)
{
    return flags & 0x80 ? 3u << ((flags & 7) + 1) : 0;
}

static bool
gif_is_complete (const guint8 *data, gsize size)
{
    const Bytes file = { data, size, false };
    gsize at = 13 + gif_colours (number (&file, 10, 1));

    while (at < size) {
        switch (data[at]) {
        case ';':
            return true;
        case '!': /* extension: its kind, blocks */
            at = skip_gif_blocks (&file, at + 2);
            break;
        case ',': /* picture: place and flags, colours, bits per code, blocks */
            at = skip_gif_blocks (&file, at + 11 + gif_colours (number (&file, at + 9, 1)));
            break;
        default:
            return false;
        }
    }
    return false;
}

bool
tool_picture_is_complete (const char *format, const guint8 *data, gsize size)
{
    static const struct {
        const char *format;
        bool (*is_complete) (const guint8 *data, gsize size);
    } ends[] = {
        { "jpeg", jpeg_is_complete },
        { "png", png_is_complete },
        { "gif", gif_is_complete },
        { "webp", webp_is_complete },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
        if (strcmp (format, ends[i].format) == 0)
            return ends[i].is_complete (data, size);
    return true;
}

/* ---- orientation ---------------------------------------------------------------------------- */

/* Exif is a TIFF file without pictures: byte order, 42, where the entries start; their number and
 * 12 bytes for each: tag, type, count, value. */
static int
exif_orientation (Bytes exif)
{
    enum { ORIENTATION = 0x112, SHORT = 3 };

    if (starts_with (&exif, "Exif\0\0", 6))
        exif = part (&exif, 6, exif.size);
    exif.big_endian = starts_with (&exif, "MM", 2);
    if (!exif.big_endian && !starts_with (&exif, "II", 2))
        return 0;

    const gsize start = number (&exif, 4, 4);

    for (guint32 i = 0; i < number (&exif, start, 2); i++) {
        const Bytes entry = part (&exif, start + 2 + 12 * (gsize) i, 12);
        const guint32 value = number (&entry, 8, 2);

        if (number (&entry, 0, 2) == ORIENTATION && number (&entry, 2, 2) == SHORT)
            return value >= 1 && value <= 8 ? (int) value : 0;
    }
    return 0;
}

int
tool_picture_orientation (const char *format, const guint8 *data, gsize size)
{
    Bytes exif;

    if (strcmp (format, "png") == 0 && png_chunk (&(Bytes) { data, size, true }, "eXIf", &exif))
        return exif_orientation (exif);
    if (strcmp (format, "webp") == 0 && webp_chunk (&(Bytes) { data, size, false }, "EXIF", &exif))
        return exif_orientation (exif);
    return 0;
}

/* Takes a fuzzer's bytes apart into numbers and texts.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes that are missing are zeros, so every input means something.
 */
#ifndef M2F_FUZZ_INPUT_H
#define M2F_FUZZ_INPUT_H

#include <glib.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct FuzzInput {
    const uint8_t *data;
    size_t size;
} FuzzInput;

/* The next bytes as an integer, the first of them the lowest. */
static inline uint64_t
fuzz_bits (FuzzInput *in, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes && in->size > 0; i++, in->data++, in->size--)
        value |= (uint64_t) *in->data << 8 * i;
    return value;
}

/* A number from min to max, of as many bytes as the range needs. */
static inline int
fuzz_int (FuzzInput *in, int min, int max)
{
    uint64_t range = (uint64_t) ((int64_t) max - min) + 1;

    return (int) (min + (int64_t) (fuzz_bits (in, range <= 256 ? 1 : 4) % range));
}

/* Any int, mostly a small one or one at the edge of a range. */
static inline int
fuzz_any_int (FuzzInput *in)
{
    static const int edges[] = { 0, 1, -1, 2, 255, 256, 65535, 65536, 1 << 20, (1 << 20) + 1,
        INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1, 1 << 30, -(1 << 30) };
    int kind = fuzz_int (in, 0, 3);

    if (kind == 0)
        return edges[fuzz_int (in, 0, (int) G_N_ELEMENTS (edges) - 1)];
    return kind == 1 ? (int) (uint32_t) fuzz_bits (in, 4) : fuzz_int (in, 0, 255) - 32;
}

static inline guint64
fuzz_any_uint64 (FuzzInput *in)
{
    return fuzz_int (in, 0, 1) ? fuzz_bits (in, 8) : (guint64) (gint64) fuzz_any_int (in);
}

/* A float of each kind: in logits' range, huge, tiny, or no number. */
static inline float
fuzz_any_float (FuzzInput *in)
{
    static const float edges[] = { 0, -0.f, 1, -1, 88, -88, 1e9f, -1e9f, -1e30f, 3.4e38f,
        -3.4e38f, 1e-40f, (float) INFINITY, -(float) INFINITY, (float) NAN, 0.5f };
    int byte = fuzz_int (in, 0, 255);

    return byte < 16 ? edges[byte] : (float) (byte - 136) / 8;
}

/* Text of at most `max` bytes, one of which gives the length (g_free); not always UTF-8. */
static inline char *
fuzz_text (FuzzInput *in, int max)
{
    size_t length = (size_t) fuzz_int (in, 0, max);

    length = MIN (length, in->size);
    in->data += length;
    in->size -= length;
    return g_strndup ((const char *) in->data - length, length);
}

/* The same as UTF-8, which is what GStreamer takes (g_free). */
static inline char *
fuzz_utf8 (FuzzInput *in, int max)
{
    g_autofree char *text = fuzz_text (in, max);

    return g_utf8_make_valid (text, -1);
}

#endif

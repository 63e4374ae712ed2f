/* Fuzzes the decoders of masks: compressed runs, COCO's polygons, rings.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first two bytes are the size of the mask, the rest is text, coordinates or corners.
 */
#include <string.h>

#include "model/postprocess/rle.h"
#include "tests/fuzz/fuzz.h"

static void
decode_text (const char *text, int width, int height)
{
    GError *error = NULL;
    M2fRle *rle = m2f_rle_from_text (text, width, height, &error);

    fuzz_check_error (rle != NULL, error);
    if (!rle)
        return;
    g_autofree uint8_t *mask = g_malloc ((gsize) width * height + 1); /* of no pixels, too */
    const M2fLabelMap map = { .data = mask, .width = width, .height = height, .stride = width,
        .depth = 1 };
    m2f_rle_write_mask (rle, mask);
    g_autoptr (M2fRle) again = m2f_rle_from_map (&map, 1);
    g_assert_cmpint (m2f_rle_common (rle, again), ==, m2f_rle_area (again));
    g_assert_cmpint (m2f_rle_area (rle), ==, m2f_rle_area (again));
    m2f_rle_free (rle);
}

static void
decode_polygon (const uint8_t *data, size_t size, int width, int height)
{
    const size_t n = size / (2 * sizeof (double));
    g_autofree double *points = g_memdup2 (data, 2 * n * sizeof (double));
    GError *error = NULL;
    M2fRle *rle = m2f_rle_from_polygon (points, n, width, height, &error);

    fuzz_check_error (rle != NULL, error);
    if (rle)
        g_assert_cmpint (m2f_rle_area (rle), <=, width * height);
    m2f_rle_free (rle);
}

static void
decode_rings (const uint8_t *data, size_t size, int width, int height)
{
    g_autofree int *points = g_memdup2 (data, size);
    g_autofree uint8_t *mask = g_malloc ((gsize) width * height + 1); /* of no pixels, too */
    g_autoptr (GPtrArray) rings = g_ptr_array_new ();
    M2fRing ring = { .n_points = (int) (size / (2 * sizeof (int))), .points = points };

    g_ptr_array_add (rings, &ring);
    m2f_polygons_to_mask (rings, width, height, mask);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const int width = data[0] % 64, height = data[1] % 64;
    g_autofree char *text = g_strndup ((const char *) data + 2, size - 2);

    decode_text (text, width, height);
    decode_polygon (data + 2, size - 2, width, height);
    decode_rings (data + 2, size - 2, width, height);
    return 0;
}

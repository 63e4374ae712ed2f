/* Run-length encoded masks and outlines.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "model/postprocess/rle.h"
#include "tests/unit/rle_expected.h"
#include "tests/unit/scratch.h"

#define MAX_SIDE 150

/* A mask with its id 1 in `mask`, all others 0. */
typedef struct Mask {
    int width, height;
    uint8_t pixels[MAX_SIDE * MAX_SIDE];
} Mask;

static M2fLabelMap
map_of (const Mask *mask)
{
    return (M2fLabelMap) { .data = mask->pixels, .width = mask->width, .height = mask->height,
        .stride = mask->width, .depth = 1 };
}

/* Noise, or a few rectangles that are set or cleared one over another. */
static void
draw (Mask *mask, GRand *rand, bool noise)
{
    mask->width = g_rand_int_range (rand, 1, noise ? 12 : MAX_SIDE);
    mask->height = g_rand_int_range (rand, 1, noise ? 12 : MAX_SIDE);
    for (int i = 0; i < mask->width * mask->height; i++)
        mask->pixels[i] = noise && g_rand_int_range (rand, 0, 2);
    for (int i = 0; i < 12 && !noise; i++) {
        int x0 = g_rand_int_range (rand, 0, mask->width);
        int y0 = g_rand_int_range (rand, 0, mask->height);
        int x1 = g_rand_int_range (rand, x0, mask->width + 1);
        int y1 = g_rand_int_range (rand, y0, mask->height + 1);

        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                mask->pixels[y * mask->width + x] = i % 3 != 2;
    }
}

/* ---- run-length encoding ------------------------------------------------------------------- */

/* The example of pycocotools' documentation. */
START_TEST (test_rle_known)
{
    static const int64_t runs[] = { 6, 1, 40, 4, 5, 4, 5, 4, 21 };
    g_autoptr (M2fRle) rle = m2f_rle_from_runs (runs, G_N_ELEMENTS (runs), 10, 9, NULL);
    g_autofree char *text = m2f_rle_to_text (rle);
    uint8_t mask[90];

    ck_assert_str_eq (text, "61X13mN000`0");
    ck_assert_int_eq (m2f_rle_area (rle), 13);
    ck_assert (m2f_rle_to_mask (text, 10, 9, mask, NULL));
    for (int i = 0; i < 90; i++) {
        int place = i % 10 * 9 + i / 10, sum = 0;
        guint run = 0;

        while ((sum += (int) runs[run]) <= place)
            run++;
        ck_assert_int_eq (mask[i], run % 2);
    }
}
END_TEST

START_TEST (test_rle_round_trips)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (1);
    static Mask mask, other;
    static uint8_t back[MAX_SIDE * MAX_SIDE];

    for (int i = 0; i < 400; i++) {
        int64_t area = 0, common = 0, either = 0;

        draw (&mask, rand, i % 2);
        draw (&other, rand, i % 2);
        other.width = mask.width;
        other.height = mask.height;
        const M2fLabelMap map = map_of (&mask), other_map = map_of (&other);
        g_autoptr (M2fRle) rle = m2f_rle_from_map (&map, 1);
        g_autoptr (M2fRle) other_rle = m2f_rle_from_map (&other_map, 1);
        g_autoptr (M2fRle) both = m2f_rle_union (rle, other_rle);
        g_autofree char *text = m2f_label_map_rle (&map, 1);

        ck_assert (m2f_rle_to_mask (text, mask.width, mask.height, back, NULL));
        ck_assert_int_eq (memcmp (back, mask.pixels, (size_t) mask.width * mask.height), 0);
        m2f_rle_write_mask (both, back);
        for (int j = 0; j < mask.width * mask.height; j++) {
            area += mask.pixels[j];
            common += mask.pixels[j] && other.pixels[j];
            either += mask.pixels[j] || other.pixels[j];
            ck_assert_int_eq (back[j], mask.pixels[j] || other.pixels[j]);
        }
        ck_assert_int_eq (m2f_rle_area (rle), area);
        ck_assert_int_eq (m2f_rle_common (rle, other_rle), common);
        ck_assert_int_eq (m2f_rle_area (both), either);
    }
}
END_TEST

/* A map of 2 bytes per pixel whose rows have padding. */
START_TEST (test_rle_of_wide_map)
{
    const uint16_t pixels[] = { 300, 7, 300, 9, /**/ 300, 300, 7, 9 };
    const M2fLabelMap map = { .data = (const uint8_t *) pixels, .width = 3, .height = 2,
        .stride = 8, .depth = 2 };
    g_autofree char *text = m2f_label_map_rle (&map, 300);
    uint8_t mask[6];

    ck_assert (m2f_rle_to_mask (text, 3, 2, mask, NULL));
    ck_assert_int_eq (memcmp (mask, (uint8_t[]) { 1, 0, 1, 1, 1, 0 }, 6), 0);
}
END_TEST

START_TEST (test_rle_hostile)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        { "", "0 pixels in all|6" }, { "5", "5 pixels in all" }, { "7", "run 0|7" },
        { "61", "run 1|0 to 0" }, { "N", "run 0|-2" }, { "V", "found byte 0" },
        { "6 ", "found byte 32" }, { "6p", "found byte 112" }, { "6\377", "found byte 255" },
        { "oooooooo", "35 bits" }, { "ooooooO", "run 0" },
    };
    uint8_t mask[6];
    GError *error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        ck_assert (!m2f_rle_to_mask (bad[i].text, 3, 2, mask, &error));
        check_error (&error, M2F_ERROR_FORMAT, bad[i].words);
    }
    ck_assert (!m2f_rle_to_mask ("6", 0, 2, mask, &error));
    check_error (&error, M2F_ERROR_FORMAT, "0 x 2");
    ck_assert (!m2f_rle_to_mask ("6", 1 << 16, 1 << 16, mask, &error));
    check_error (&error, M2F_ERROR_FORMAT, "65536 x 65536");
    ck_assert_ptr_null (m2f_rle_from_runs ((int64_t[]) { 3, G_MAXINT64 }, 2, 3, 2, &error));
    check_error (&error, M2F_ERROR_FORMAT, "run 1");
    ck_assert_ptr_null (m2f_rle_from_runs ((int64_t[]) { -1, 7 }, 2, 3, 2, &error));
    check_error (&error, M2F_ERROR_FORMAT, "run 0");
}
END_TEST

/* ---- polygons of COCO ---------------------------------------------------------------------- */

START_TEST (test_rle_of_polygons)
{
    for (guint i = 0; i < G_N_ELEMENTS (polygons); i++) {
        g_autoptr (M2fRle) rle = m2f_rle_from_polygon (polygons[i].points,
            (size_t) polygons[i].n, RLE_WIDTH, RLE_HEIGHT, NULL);
        g_autofree char *text = m2f_rle_to_text (rle);

        ck_assert_str_eq (text, polygons[i].text);
    }
}
END_TEST

START_TEST (test_rle_of_bad_polygons)
{
    const double far[] = { 0, 0, 1e9, 0, 3, 3 }, none[] = { 0, NAN, 1, 1, 2, 0 };
    g_autofree double *zigzag = g_new (double, 20000);
    GError *error = NULL;

    ck_assert_ptr_null (m2f_rle_from_polygon (far, 3, 8, 8, &error));
    check_error (&error, M2F_ERROR_FORMAT, "coordinate 2|1e+09");
    ck_assert_ptr_null (m2f_rle_from_polygon (none, 3, 8, 8, &error));
    check_error (&error, M2F_ERROR_FORMAT, "coordinate 1|nan");
    ck_assert_ptr_null (m2f_rle_from_polygon (far, 1, 0, 8, &error));
    check_error (&error, M2F_ERROR_FORMAT, "0 x 8");
    for (int i = 0; i < 20000; i++)
        zigzag[i] = i % 4 < 2 ? -1e6 : 1e6;
    ck_assert_ptr_null (m2f_rle_from_polygon (zigzag, 10000, 8, 8, &error));
    check_error (&error, M2F_ERROR_FORMAT, "too long");
    g_autoptr (M2fRle) empty = m2f_rle_from_polygon (far, 0, 8, 8, &error);
    ck_assert_int_eq (m2f_rle_area (empty), 0);
}
END_TEST

/* ---- outlines ------------------------------------------------------------------------------ */

static double
ring_area (const M2fRing *ring)
{
    double sum = 0;

    for (int i = 0; i < ring->n_points; i++) {
        const int *a = ring->points + 2 * i, *b = ring->points + 2 * ((i + 1) % ring->n_points);

        sum += ((double) a[0] * b[1] - (double) b[0] * a[1]) / 2;
    }
    return sum;
}

/* Rings are the right way round, outer ones first; all of them together give the mask back. */
START_TEST (test_outline_round_trips)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (2);
    static Mask mask;
    static uint8_t back[MAX_SIDE * MAX_SIDE];

    for (int i = 0; i < 300; i++) {
        double area = 0;
        int pixels = 0;

        draw (&mask, rand, i % 2);
        const M2fLabelMap map = map_of (&mask);
        g_autoptr (GPtrArray) rings = m2f_label_map_polygons (&map, 1, 0);
        m2f_polygons_to_mask (rings, mask.width, mask.height, back);
        ck_assert_int_eq (memcmp (back, mask.pixels, (size_t) mask.width * mask.height), 0);
        for (guint j = 0; j < rings->len; j++) {
            const M2fRing *ring = rings->pdata[j];

            ck_assert (j > 0 || !ring->is_hole);
            ck_assert (ring->is_hole == (ring_area (ring) < 0));
            area += ring_area (ring);
        }
        for (int j = 0; j < mask.width * mask.height; j++)
            pixels += mask.pixels[j];
        ck_assert_double_eq (area, pixels);
    }
}
END_TEST

static double
distance_to_ring (const M2fRing *ring, double x, double y)
{
    double least = INFINITY;

    for (int i = 0; i < ring->n_points; i++) {
        const int *a = ring->points + 2 * i, *b = ring->points + 2 * ((i + 1) % ring->n_points);
        double dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
        double t = CLAMP (((x - a[0]) * dx + (y - a[1]) * dy) / length, 0, 1);

        least = MIN (least, hypot (x - a[0] - t * dx, y - a[1] - t * dy));
    }
    return least;
}

/* As many rings as without a tolerance, none of whose corners lies farther off than that. */
START_TEST (test_outline_tolerance)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (3);
    static Mask mask;

    for (int i = 0; i < 60; i++) {
        const double tolerance = i % 2 ? 1.5 : 6;

        draw (&mask, rand, i % 4 == 3);
        const M2fLabelMap map = map_of (&mask);
        g_autoptr (GPtrArray) all = m2f_label_map_polygons (&map, 1, 0);
        g_autoptr (GPtrArray) some = m2f_label_map_polygons (&map, 1, tolerance);
        ck_assert_uint_eq (some->len, all->len);
        for (guint j = 0; j < all->len; j++) {
            const M2fRing *before = all->pdata[j], *after = some->pdata[j];

            ck_assert_int_ge (after->n_points, 3);
            ck_assert_int_le (after->n_points, before->n_points);
            ck_assert (after->is_hole == before->is_hole
                && after->is_hole == (ring_area (after) < 0));
            for (int p = 0; p < before->n_points; p++)
                ck_assert_double_le (distance_to_ring (after, before->points[2 * p],
                    before->points[2 * p + 1]), tolerance + 1e-9);
        }
    }
}
END_TEST

/* A frame, an island in its hole, and the island's own hole of one pixel. */
START_TEST (test_outline_nesting)
{
    Mask mask = { .width = 9, .height = 9 };
    static const bool holes[] = { false, true, false, true };
    static const int corners[] = { 0, 1, 2, 3 };

    for (int i = 0; i < 81; i++) {
        int x = i % 9, y = i / 9, ring = MIN (MIN (x, 8 - x), MIN (y, 8 - y));

        mask.pixels[i] = ring == 0 || ring == 2 || ring == 3;
    }
    const M2fLabelMap map = map_of (&mask);
    const double tolerances[] = { 0, 2, 1000, INFINITY, NAN };
    for (guint t = 0; t < G_N_ELEMENTS (tolerances); t++) {
        g_autoptr (GPtrArray) rings = m2f_label_map_polygons (&map, 1, tolerances[t]);

        ck_assert_uint_eq (rings->len, 4);
        for (guint i = 0; i < 4; i++) {
            const M2fRing *ring = rings->pdata[i];
            int least = G_MAXINT;

            for (int p = 0; p < ring->n_points; p++)
                least = MIN (least, ring->points[2 * p]);
            ck_assert (ring->is_hole == holes[i]);
            ck_assert_int_eq (least, i < 3 ? corners[i] : 4);
        }
    }
}
END_TEST

/* Parts and holes without number take no longer than the pixels do. */
START_TEST (test_outline_of_many)
{
    const int side = 501;
    g_autofree uint8_t *pixels = g_malloc ((gsize) side * side);
    const M2fLabelMap map = { .data = pixels, .width = side, .height = side, .stride = side,
        .depth = 1 };

    for (int i = 0; i < side * side; i++)
        pixels[i] = i % 2 == 0; /* a board of single pixels */
    g_autoptr (GPtrArray) parts = m2f_label_map_polygons (&map, 1, 1);
    ck_assert_uint_eq (parts->len, (guint) (side * side + 1) / 2);

    for (int i = 0; i < side * side; i++)
        pixels[i] = !(i % side % 2 && i / side % 2); /* a grate */
    g_autoptr (GPtrArray) grate = m2f_label_map_polygons (&map, 1, 1);
    ck_assert_uint_eq (grate->len, 1 + (guint) (side / 2) * (side / 2));
    for (guint i = 0; i < grate->len; i++)
        ck_assert (((M2fRing *) grate->pdata[i])->is_hole == (i > 0));
}
END_TEST

START_TEST (test_outline_hostile)
{
    int points[] = { G_MININT, G_MININT, G_MAXINT, G_MININT, G_MAXINT, G_MAXINT, 3, 3 };
    M2fRing ring = { .n_points = 4, .points = points }, empty = { 0 };
    g_autoptr (GPtrArray) rings = g_ptr_array_new ();
    uint8_t mask[12];

    g_ptr_array_add (rings, &ring);
    g_ptr_array_add (rings, &empty);
    m2f_polygons_to_mask (rings, 4, 3, mask);
    for (int i = 0; i < 12; i++)
        ck_assert_int_le (mask[i], 1);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("masks", test_rle_known, test_rle_round_trips, test_rle_of_wide_map,
        test_rle_hostile, test_rle_of_polygons, test_rle_of_bad_polygons,
        test_outline_round_trips, test_outline_tolerance, test_outline_nesting,
        test_outline_of_many, test_outline_hostile);
}

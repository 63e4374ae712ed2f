/* Outlines of segments, and masks of outlines.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An outline runs along the sides of pixels with the segment on its right hand (rows count
 * downwards).  Lines are simplified by the method of Ramer, Douglas and Peucker.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/m2f.h"

/* ---- tracing ------------------------------------------------------------------------------- */

typedef struct Trace {
    const M2fLabelMap *map;
    int id;
    uint8_t *traced; /* by pixel: its upper side is part of a ring already */
} Trace;

static bool
is_inside (const Trace *t, int x, int y)
{
    return x >= 0 && y >= 0 && x < t->map->width && y < t->map->height
        && m2f_label_map_value (t->map, x, y) == t->id;
}

/* Twice the area that a ring surrounds, in pixels; negative if it runs anticlockwise. */
static int64_t
twice_area (const int *points, int n)
{
    int64_t sum = 0;

    for (int i = 0; i < n; i++) {
        const int *a = points + 2 * i, *b = points + 2 * ((i + 1) % n);

        sum += (int64_t) a[0] * b[1] - (int64_t) b[0] * a[1];
    }
    return sum;
}

/* Follows the ring that has the upper side of a pixel, from the side's left end; its corners. */
static GArray *
trace_ring (Trace *t, int x, int y)
{
    /* right, down, left, up; the pixels ahead on the left and on the right of a corner */
    static const int step[4][2] = { { 1, 0 }, { 0, 1 }, { -1, 0 }, { 0, -1 } };
    static const int left[4][2] = { { 0, -1 }, { 0, 0 }, { -1, 0 }, { -1, -1 } };
    static const int right[4][2] = { { 0, 0 }, { -1, 0 }, { -1, -1 }, { 0, -1 } };
    GArray *points = g_array_new (FALSE, FALSE, sizeof (int));
    const int start_x = x, start_y = y;
    int way = 0;

    do {
        const int before = way;

        if (way == 0)
            t->traced[(size_t) y * t->map->width + x] = 1;
        x += step[way][0];
        y += step[way][1];
        if (!is_inside (t, x + right[way][0], y + right[way][1]))
            way = (way + 1) % 4;
        else if (is_inside (t, x + left[way][0], y + left[way][1]))
            way = (way + 3) % 4;
        if (way != before)
            g_array_append_vals (points, (int[]) { x, y }, 2);
    } while (x != start_x || y != start_y || way != 0);
    return points;
}

/* ---- simplifying --------------------------------------------------------------------------- */

static double
distance (const int *p, const int *a, const int *b)
{
    const double dx = b[0] - a[0], dy = b[1] - a[1], px = p[0] - a[0], py = p[1] - a[1];
    const double length = dx * dx + dy * dy;
    const double along = length > 0 ? CLAMP ((px * dx + py * dy) / length, 0, 1) : 0;

    return hypot (px - along * dx, py - along * dy);
}

/* Marks the corners that are kept between `first` and `last`, both of which are.  The stack holds
 * pairs of corners, in place of a recursion that could be deep. */
static void
keep_between (const int *points, int n, int first, int last, double tolerance, bool *keep)
{
    g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (int));

    g_array_append_vals (stack, (int[]) { first, last }, 2);
    while (stack->len > 0) {
        const int a = g_array_index (stack, int, stack->len - 2);
        const int b = g_array_index (stack, int, stack->len - 1);
        double most = tolerance;
        int farthest = -1;

        g_array_set_size (stack, stack->len - 2);
        for (int i = a + 1; i < b; i++) {
            double d = distance (points + 2 * i, points + 2 * a, points + 2 * (b % n));

            if (d > most) {
                most = d;
                farthest = i;
            }
        }
        if (farthest < 0)
            continue;
        keep[farthest] = true;
        g_array_append_vals (stack, (int[]) { a, farthest, farthest, b }, 4);
    }
}

/* The corners that are left of a ring. */
static GArray *
keep_corners (const GArray *ring, double tolerance)
{
    const int *points = (const int *) (const void *) ring->data;
    const int n = (int) ring->len / 2;
    g_autofree bool *keep = g_new0 (bool, n);
    GArray *kept = g_array_new (FALSE, FALSE, sizeof (int));
    int far = 0;

    for (int i = 1; i < n; i++)
        if (hypot (points[2 * i] - points[0], points[2 * i + 1] - points[1])
            > hypot (points[2 * far] - points[0], points[2 * far + 1] - points[1]))
            far = i;
    keep[0] = keep[far] = true;
    keep_between (points, n, 0, far, tolerance, keep);
    keep_between (points, n, far, n, tolerance, keep);
    for (int i = 0; i < n; i++)
        if (keep[i])
            g_array_append_vals (kept, points + 2 * i, 2);
    return kept;
}

/* Simplifies a ring, less where otherwise nothing or its inside out would be left. */
static GArray *
simplify (GArray *ring, double tolerance)
{
    const int64_t area = twice_area ((int *) (void *) ring->data, (int) ring->len / 2);

    for (tolerance = MIN (tolerance, G_MAXUINT16); tolerance >= 0.25; tolerance /= 2) {
        GArray *kept = keep_corners (ring, tolerance);
        int64_t left = twice_area ((int *) (void *) kept->data, (int) kept->len / 2);

        if (left != 0 && (left > 0) == (area > 0)) {
            g_array_unref (ring);
            return kept;
        }
        g_array_unref (kept);
    }
    return ring;
}

/* ---- rings --------------------------------------------------------------------------------- */

static void
free_ring (gpointer data)
{
    M2fRing *ring = data;

    g_free (ring->points);
    g_free (ring);
}

/* A ring as it was traced. */
typedef struct Traced {
    GArray *points; /* not simplified */
    int64_t area;   /* of twice_area() */
    int x, y;       /* a pixel inside the segment beside the ring */
} Traced;

static void
clear_traced (gpointer data)
{
    g_array_unref (((Traced *) data)->points);
}

/* Whether a ring surrounds the middle of a pixel. */
static bool
surrounds (const GArray *ring, int x, int y)
{
    const int *points = (const int *) (const void *) ring->data;
    const int n = (int) ring->len / 2;
    bool inside = false;

    for (int i = 0; i < n; i++) { /* sides are upright or level: upright ones on the left count */
        const int *a = points + 2 * i, *b = points + 2 * ((i + 1) % n);

        if (a[0] == b[0] && a[0] <= x && MIN (a[1], b[1]) <= y && y < MAX (a[1], b[1]))
            inside = !inside;
    }
    return inside;
}

/* The outer ring of the part that a hole is in: the smallest that surrounds the hole's edge. */
static guint
find_outer (const GArray *rings, const Traced *hole)
{
    guint found = 0;
    int64_t least = G_MAXINT64;

    for (guint i = 0; i < rings->len; i++) {
        const Traced *r = &g_array_index (rings, Traced, i);

        if (r->area > 0 && r->area < least && surrounds (r->points, hole->x, hole->y)) {
            least = r->area;
            found = i;
        }
    }
    return found;
}

static void
add_ring (GPtrArray *out, Traced *traced, double tolerance)
{
    M2fRing *ring = g_new0 (M2fRing, 1);
    guint length;

    traced->points = simplify (traced->points, tolerance);
    length = traced->points->len;
    ring->is_hole = traced->area < 0;
    ring->n_points = (int) length / 2;
    ring->points = g_memdup2 (traced->points->data, length * sizeof (int));
    g_ptr_array_add (out, ring);
}

/* NULL if there is no memory for a byte per pixel. */
static GArray *
trace_rings (const M2fLabelMap *map, int id)
{
    GArray *rings = g_array_new (FALSE, FALSE, sizeof (Traced));
    Trace trace = { map, id, g_try_malloc0_n ((gsize) map->width, (gsize) map->height) };

    if (!trace.traced && map->width > 0 && map->height > 0) {
        g_array_unref (rings);
        return NULL;
    }
    g_array_set_clear_func (rings, clear_traced);
    for (int y = 0; y < map->height; y++)
        for (int x = 0; x < map->width; x++) {
            if (m2f_label_map_value (map, x, y) != id || is_inside (&trace, x, y - 1)
                || trace.traced[(size_t) y * map->width + x])
                continue;
            Traced traced = { .points = trace_ring (&trace, x, y), .x = x, .y = y };

            traced.area = twice_area ((int *) (void *) traced.points->data,
                (int) traced.points->len / 2);
            g_array_append_val (rings, traced);
        }
    g_free (trace.traced);
    return rings;
}

GPtrArray *
m2f_label_map_polygons (const M2fLabelMap *map, int id, double tolerance)
{
    g_autoptr (GArray) rings = trace_rings (map, id);
    g_autofree guint *outer = rings ? g_new (guint, rings->len) : NULL;
    GPtrArray *out = rings ? g_ptr_array_new_with_free_func (free_ring) : NULL;

    if (!rings)
        return NULL;
    for (guint i = 0; i < rings->len; i++) {
        const Traced *r = &g_array_index (rings, Traced, i);

        outer[i] = r->area > 0 ? i : find_outer (rings, r);
    }
    for (guint i = 0; i < rings->len; i++) {
        if (outer[i] != i)
            continue;
        add_ring (out, &g_array_index (rings, Traced, i), tolerance);
        for (guint j = 0; j < rings->len; j++)
            if (outer[j] == i && j != i)
                add_ring (out, &g_array_index (rings, Traced, j), tolerance);
    }
    return out;
}

/* ---- filling ------------------------------------------------------------------------------- */

/* Changes the pixels of a row to the right of an edge, if it passes the row's middle. */
static void
pass_edge (const int *a, const int *b, int y, int width, uint8_t *row)
{
    const double middle = y + 0.5;

    if ((a[1] > middle) == (b[1] > middle))
        return;
    const double x = a[0] + (middle - a[1]) / ((double) b[1] - a[1]) * ((double) b[0] - a[0]);
    for (int i = (int) CLAMP (ceil (x - 0.5), 0, width); i < width; i++)
        row[i] ^= 1;
}

void
m2f_polygons_to_mask (const GPtrArray *rings, int width, int height, uint8_t *mask)
{
    memset (mask, 0, (size_t) width * height);
    for (guint i = 0; i < rings->len; i++) {
        const M2fRing *ring = g_ptr_array_index (rings, i);

        for (int p = 0; p < ring->n_points; p++) {
            const int *a = ring->points + 2 * p;
            const int *b = ring->points + 2 * ((p + 1) % ring->n_points);
            const int end = MIN (MAX (a[1], b[1]), height);

            for (int y = MAX (MIN (a[1], b[1]), 0); y < end; y++)
                pass_edge (a, b, y, width, mask + (size_t) y * width);
        }
    }
}

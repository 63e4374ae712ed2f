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
#include "model/postprocess/list.h"

/* ---- parts --------------------------------------------------------------------------------- */

/* Pixels of the segment that follow one another in a row. */
typedef struct Run {
    int y, start, end;
    size_t same; /* number of a run of the same part before this one, or its own number */
    size_t ring; /* number of the part's outer ring, in the part's first run */
} Run;

/* The first run of the part that run i is of; shortens the way for the next time. */
static size_t
first_run (Run *runs, size_t i)
{
    while (runs[i].same != i)
        i = runs[i].same = runs[runs[i].same].same;
    return i;
}

static void
join_runs (Run *runs, size_t i, size_t j)
{
    const size_t a = first_run (runs, i), b = first_run (runs, j);

    runs[MAX (a, b)].same = MIN (a, b);
}

/* Adds the runs of a row, each joined with those of the row before that it touches, which are
 * `above` to `below`. */
static void
add_runs (const M2fLabelMap *map, int id, int y, size_t above, M2fList *runs)
{
    const size_t below = runs->n;

    for (int x = 0; x < map->width && !runs->failed; x++) {
        Run run = { .y = y, .start = x, .same = runs->n };

        while (x < map->width && m2f_label_map_value (map, x, y) == id)
            x++;
        if (x == run.start)
            continue;
        run.end = x;
        m2f_list_add (runs, &run, sizeof run);
        Run *all = runs->data;
        while (above < below && all[above].end <= run.start)
            above++;
        for (size_t i = above; i < below && !runs->failed && all[i].start < run.end; i++)
            join_runs (all, i, run.same);
    }
}

/* ---- tracing ------------------------------------------------------------------------------- */

/* A ring as it was traced. */
typedef struct Traced {
    M2fList points; /* int: x and y of every corner */
    int64_t area;   /* of twice_area() */
    size_t next;    /* number of the next hole of the same part; 0: none */
    size_t last;    /* of an outer ring: number of the last hole so far, or its own */
} Traced;

typedef struct Trace {
    const M2fLabelMap *map;
    int id;
    uint8_t *traced; /* by pixel: its upper side is part of a ring already */
    M2fList rings;   /* Traced, in the order of their first upper side */
    M2fList runs;
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
static M2fList
trace_ring (Trace *t, int x, int y)
{
    /* right, down, left, up; the pixels ahead on the left and on the right of a corner */
    static const int step[4][2] = { { 1, 0 }, { 0, 1 }, { -1, 0 }, { 0, -1 } };
    static const int left[4][2] = { { 0, -1 }, { 0, 0 }, { -1, 0 }, { -1, -1 } };
    static const int right[4][2] = { { 0, 0 }, { -1, 0 }, { -1, -1 }, { 0, -1 } };
    M2fList points = { 0 };
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
            m2f_list_add (&points, (int[]) { x, y }, 2 * sizeof (int));
    } while (x != start_x || y != start_y || way != 0);
    return points;
}

/* Traces a ring from a pixel of a run; an outer ring, or the next hole of one. */
static void
add_ring (Trace *t, int x, size_t run)
{
    Run *runs = t->runs.data, *first = &runs[first_run (runs, run)];
    const size_t number = t->rings.n;
    Traced ring = { .points = trace_ring (t, x, runs[run].y), .last = number };

    ring.area = twice_area (ring.points.data, (int) ring.points.n);
    m2f_list_add (&t->rings, &ring, sizeof ring);
    if (ring.points.failed || t->rings.failed) {
        if (t->rings.failed)
            g_free (ring.points.data);
        t->rings.failed = true;
        return;
    }
    if (ring.area > 0) {
        first->ring = number;
    } else {
        Traced *rings = t->rings.data, *outer = &rings[first->ring];

        rings[outer->last].next = number;
        outer->last = number;
    }
}

/* Finds all rings; false if there is no memory. */
static bool
trace_rings (Trace *t)
{
    const M2fLabelMap *map = t->map;
    size_t above = 0;

    t->traced = g_try_malloc0_n ((gsize) MAX (map->width, 1), (gsize) MAX (map->height, 1));
    for (int y = 0; t->traced && y < map->height && !t->runs.failed; y++) {
        const size_t row = t->runs.n;

        add_runs (map, t->id, y, above, &t->runs);
        above = row;
    }
    for (size_t i = 0; t->traced && !t->runs.failed && i < t->runs.n; i++) {
        const Run *run = &((Run *) t->runs.data)[i];

        for (int x = run->start; x < run->end && !t->rings.failed; x++)
            if (!is_inside (t, x, run->y - 1)
                && !t->traced[(size_t) run->y * map->width + x])
                add_ring (t, x, i);
    }
    return t->traced && !t->runs.failed && !t->rings.failed;
}

static void
clear_trace (Trace *t)
{
    Traced *rings = t->rings.data;

    for (size_t i = 0; i < t->rings.n; i++)
        g_free (rings[i].points.data);
    g_free (rings);
    g_free (t->runs.data);
    g_free (t->traced);
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

/* A ring of n corners, and what is kept of it. */
typedef struct Simplified {
    const int *points;
    int n;
    bool *keep;  /* by corner */
    int *stack;  /* pairs of corners, in place of a recursion that could be deep */
    int *kept;   /* x and y of the corners that are kept */
    int n_kept;
} Simplified;

/* Marks the corners that are kept between `first` and `last`, both of which are. */
static void
keep_between (Simplified *s, int first, int last, double tolerance)
{
    const int *points = s->points;
    int n_stacked = 2;

    s->stack[0] = first;
    s->stack[1] = last;
    while (n_stacked > 0) {
        const int b = s->stack[--n_stacked], a = s->stack[--n_stacked];
        double most = tolerance;
        int farthest = -1;

        for (int i = a + 1; i < b; i++) {
            double d = distance (points + 2 * i, points + 2 * a, points + 2 * (b % s->n));

            if (d > most) {
                most = d;
                farthest = i;
            }
        }
        if (farthest < 0)
            continue;
        s->keep[farthest] = true;
        /* parts are apart, so that there are never more than corners */
        s->stack[n_stacked++] = a;
        s->stack[n_stacked++] = farthest;
        s->stack[n_stacked++] = farthest;
        s->stack[n_stacked++] = b;
    }
}

/* Chooses the corners that are left of a ring. */
static void
keep_corners (Simplified *s, double tolerance)
{
    const int *points = s->points;
    int far = 0;

    for (int i = 1; i < s->n; i++)
        if (hypot (points[2 * i] - points[0], points[2 * i + 1] - points[1])
            > hypot (points[2 * far] - points[0], points[2 * far + 1] - points[1]))
            far = i;
    memset (s->keep, 0, (size_t) s->n * sizeof (bool));
    s->keep[0] = s->keep[far] = true;
    keep_between (s, 0, far, tolerance);
    keep_between (s, far, s->n, tolerance);
    s->n_kept = 0;
    for (int i = 0; i < s->n; i++)
        if (s->keep[i]) {
            s->kept[2 * s->n_kept] = points[2 * i];
            s->kept[2 * s->n_kept++ + 1] = points[2 * i + 1];
        }
}

/* Leaves out corners, fewer where otherwise a line or the inside out would be left, or none. */
static void
simplify (Simplified *s, int64_t area, double tolerance)
{
    for (tolerance = MIN (tolerance, G_MAXUINT16); tolerance >= 0.25; tolerance /= 2) {
        keep_corners (s, tolerance);
        int64_t left = twice_area (s->kept, s->n_kept);

        if (left != 0 && (left > 0) == (area > 0))
            return;
    }
    memcpy (s->kept, s->points, 2 * (size_t) s->n * sizeof (int));
    s->n_kept = s->n;
}

/* ---- rings --------------------------------------------------------------------------------- */

static void
free_ring (gpointer data)
{
    M2fRing *ring = data;

    g_free (ring->points);
    g_free (ring);
}

/* Appends a ring, simplified; false if there is no memory. */
static bool
append_ring (GPtrArray *out, const Traced *traced, double tolerance)
{
    const size_t n = traced->points.n;
    g_autofree bool *keep = g_try_malloc_n (n, sizeof (bool));
    g_autofree int *stack = g_try_malloc_n (n + 1, 2 * sizeof (int));
    g_autofree int *kept = g_try_malloc_n (n, 2 * sizeof (int));
    M2fRing *ring = g_try_malloc (sizeof *ring);

    if (!keep || !stack || !kept || !ring) {
        g_free (ring);
        return false;
    }
    Simplified s = { traced->points.data, (int) n, keep, stack, kept, 0 };
    simplify (&s, traced->area, tolerance);
    *ring = (M2fRing) { .is_hole = traced->area < 0, .n_points = s.n_kept,
        .points = g_try_malloc_n ((gsize) s.n_kept, 2 * sizeof (int)) };
    if (ring->points)
        memcpy (ring->points, kept, 2 * (size_t) s.n_kept * sizeof (int));
    g_ptr_array_add (out, ring);
    return ring->points;
}

GPtrArray *
m2f_label_map_polygons (const M2fLabelMap *map, int id, double tolerance)
{
    Trace trace = { .map = map, .id = id };
    GPtrArray *out = g_ptr_array_new_with_free_func (free_ring);
    bool ok = trace_rings (&trace);
    const Traced *rings = trace.rings.data;

    for (size_t i = 0; ok && i < trace.rings.n; i++) {
        if (rings[i].area < 0)
            continue;
        ok = append_ring (out, &rings[i], tolerance);
        for (size_t hole = rings[i].next; ok && hole > 0; hole = rings[hole].next)
            ok = append_ring (out, &rings[hole], tolerance);
    }
    clear_trace (&trace);
    if (!ok)
        g_clear_pointer (&out, g_ptr_array_unref);
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

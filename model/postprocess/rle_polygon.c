/* From the polygons of COCO's annotations to masks.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules are those of rleFrPoly() of pycocotools, rounding included, as every figure on COCO was
 * made with them: the outline is walked in steps of a fifth of a pixel; where it passes the middle
 * of a column, the column changes from outside to inside or back.
 */
#include <math.h>
#include <stdlib.h>

#include "model/error.h"
#include "model/postprocess/rle.h"

#define FINE 5                 /* steps per pixel */
#define FARTHEST (1 << 20)     /* pixels that a corner may lie from the picture's corner */
#define MAX_CROSSINGS (1 << 24)
#define MAX_STEPS (INT64_C (1) << 26)

/* The outline on its way round. */
typedef struct Outline {
    int width, height;
    int x, y;          /* of the last step, in fifths of a pixel */
    bool begun;
    int64_t steps;     /* so far */
    M2fList crossings; /* uint32_t: pixels, counted column by column, before which columns change */
} Outline;

/* Takes the next step and notes where it passes the middle of a column. */
static void
step (Outline *o, int x, int y)
{
    const int before_x = o->x, before_y = o->y;
    const bool passes = o->begun && x != before_x;

    o->x = x;
    o->y = y;
    o->begun = true;
    if (!passes)
        return;
    const double column = ((x < before_x ? x : x - 1) + 0.5) / FINE - 0.5;
    if (floor (column) != column || column < 0 || column > o->width - 1)
        return;
    const double row = ceil (CLAMP ((MIN (y, before_y) + 0.5) / FINE - 0.5, 0, o->height));
    const uint32_t pixel = (uint32_t) column * (uint32_t) o->height + (uint32_t) row;
    m2f_list_add (&o->crossings, &pixel, sizeof pixel);
}

/* Walks along an edge; the middle coordinate is rounded the same in either direction. */
static void
walk (Outline *o, int from_x, int from_y, int to_x, int to_y)
{
    const int dx = abs (to_x - from_x), dy = abs (to_y - from_y), n = MAX (dx, dy);
    const bool flip = dx >= dy ? from_x > to_x : from_y > to_y;
    const int x = flip ? to_x : from_x, y = flip ? to_y : from_y;
    const int end_x = flip ? from_x : to_x, end_y = flip ? from_y : to_y;
    const double slope = n == 0 ? 0 : dx >= dy ? (double) (end_y - y) / dx
                                               : (double) (end_x - x) / dy;

    o->steps += n + 1;
    for (int i = 0; i <= n; i++) {
        const int at = flip ? n - i : i;

        if (dx >= dy)
            step (o, x + at, (int) (y + slope * at + 0.5));
        else
            step (o, (int) (x + slope * at + 0.5), y + at);
    }
}

static int
compare (const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}

/* Runs from crossing to crossing; two at the same place undo each other. */
static M2fRle *
fill (Outline *o)
{
    M2fRle *rle = g_new (M2fRle, 1);
    const uint32_t end = (uint32_t) o->width * (uint32_t) o->height;
    uint32_t before = 0;

    *rle = (M2fRle) { .width = o->width, .height = o->height };
    m2f_list_add (&o->crossings, &end, sizeof end);
    uint32_t *crossings = o->crossings.data;
    if (!o->crossings.failed)
        qsort (crossings, o->crossings.n, sizeof *crossings, compare);
    for (size_t i = 0; !o->crossings.failed && !rle->runs.failed && i < o->crossings.n; i++) {
        uint32_t run = crossings[i] - before;

        before += run;
        if (run > 0 || i == 0) {
            m2f_list_add (&rle->runs, &run, sizeof run);
        } else if (++i < o->crossings.n) {
            run = crossings[i] - before;
            before += run;
            ((uint32_t *) rle->runs.data)[rle->runs.n - 1] += run;
        }
    }
    if (o->crossings.failed || rle->runs.failed)
        g_clear_pointer (&rle, m2f_rle_free);
    return rle;
}

static bool
check_polygon (const double *points, size_t n, int width, int height, GError **error)
{
    if (width <= 0 || height <= 0 || (int64_t) width * height > M2F_RLE_MAX_PIXELS) {
        m2f_set_error (error, M2F_ERROR_FORMAT, "polygon: expected a mask of 1 to %d pixels, "
            "found %d x %d", M2F_RLE_MAX_PIXELS, width, height);
        return false;
    }
    for (size_t i = 0; i < 2 * n; i++)
        if (!(fabs (points[i]) <= FARTHEST)) {
            m2f_set_error (error, M2F_ERROR_FORMAT,
                "polygon: coordinate %zu is %g, expected -%d to %d", i, points[i], FARTHEST,
                FARTHEST);
            return false;
        }
    return true;
}

M2fRle *
m2f_rle_from_polygon (const double *points, size_t n, int width, int height, GError **error)
{
    if (!check_polygon (points, n, width, height, error))
        return NULL;

    Outline o = { .width = width, .height = height };
    M2fRle *rle = NULL;

    for (size_t i = 0; i < n && o.steps <= MAX_STEPS && o.crossings.n <= MAX_CROSSINGS; i++) {
        const double *from = points + 2 * i, *to = points + 2 * ((i + 1) % n);

        walk (&o, (int) (FINE * from[0] + 0.5), (int) (FINE * from[1] + 0.5),
            (int) (FINE * to[0] + 0.5), (int) (FINE * to[1] + 0.5));
    }
    if (o.steps > MAX_STEPS || o.crossings.n > MAX_CROSSINGS)
        m2f_set_error (error, M2F_ERROR_FORMAT, "polygon: %zu corners make an outline that is too "
            "long", n);
    else if (!(rle = fill (&o)))
        m2f_no_memory (error, 2 * o.crossings.n * sizeof (uint32_t), "polygon");
    g_free (o.crossings.data);
    return rle;
}

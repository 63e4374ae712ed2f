/* What moves in front of a still camera, as a result: no network, but as good as one for this.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/bench/moving.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS_APART 24         /* of luma, from the empty scene */
#define RADIUS 2                /* pixels of the window that smooths the difference */
#define LEAST_AREA 400          /* pixels of a thing */
#define MAX_THINGS 200
#define SCENE 1                 /* id of the rest; things follow */

struct Moving {
    int width, height;
    GPtrArray *learned;         /* luma of frames, tight */
    guint8 *scene;              /* NULL: to be made of `learned` */
    guint8 *map;                /* of the last result */
    M2fSegment segments[MAX_THINGS + 1];
    int *stack;                 /* of pixels */
};

Moving *
moving_new (void)
{
    Moving *moving = g_new0 (Moving, 1);

    moving->learned = g_ptr_array_new_with_free_func (g_free);
    return moving;
}

void
moving_free (Moving *moving)
{
    g_ptr_array_unref (moving->learned);
    g_free (moving->scene);
    g_free (moving->map);
    g_free (moving->stack);
    g_free (moving);
}

static guint8 *
copy_luma (const GstVideoFrame *frame)
{
    int width = frame->info.width, height = frame->info.height;
    guint8 *luma = g_malloc ((size_t) width * height);

    for (int y = 0; y < height; y++)
        memcpy (luma + (size_t) y * width, (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, 0)
            + (size_t) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0), width);
    return luma;
}

void
moving_learn (Moving *moving, const GstVideoFrame *frame)
{
    moving->width = frame->info.width;
    moving->height = frame->info.height;
    g_ptr_array_add (moving->learned, copy_luma (frame));
    g_clear_pointer (&moving->scene, g_free);
}

static int
compare (const void *a, const void *b)
{
    return *(const guint8 *) a - *(const guint8 *) b;
}

static void
make_scene (Moving *moving)
{
    size_t size = (size_t) moving->width * moving->height;
    guint n = moving->learned->len;
    g_autofree guint8 *values = g_malloc (n);

    moving->scene = g_malloc (size);
    for (size_t i = 0; i < size; i++) {
        for (guint k = 0; k < n; k++)
            values[k] = ((const guint8 *) g_ptr_array_index (moving->learned, k))[i];
        qsort (values, n, 1, compare);
        moving->scene[i] = values[n / 2];
    }
    moving->map = g_realloc (moving->map, size);
    moving->stack = g_renew (int, moving->stack, size);
}

/* Marks pixels around which the mean difference is large with 0, all others with SCENE. */
static void
mark_difference (const Moving *moving, const guint8 *luma, guint8 *map)
{
    int width = moving->width, height = moving->height;

    memset (map, SCENE, (size_t) width * height);
    for (int y = RADIUS; y < height - RADIUS; y++)
        for (int x = RADIUS; x < width - RADIUS; x++) {
            int sum = 0;

            for (int v = y - RADIUS; v <= y + RADIUS; v++)
                for (int u = x - RADIUS; u <= x + RADIUS; u++)
                    sum += abs (luma[v * width + u] - moving->scene[v * width + u]);
            if (sum > LEVELS_APART * (2 * RADIUS + 1) * (2 * RADIUS + 1))
                map[y * width + x] = 0;
        }
}

static M2fSegment
make_segment (int id)
{
    return (M2fSegment) { .id = id, .label_id = id > SCENE, .label = id > SCENE ? "thing" : "scene",
        .score = 1, .is_thing = id > SCENE, .query = -1 };
}

/* Gives the marked pixels that hang together with `start` the id `to`; returns their number. */
static int
fill (Moving *moving, guint8 *map, int start, guint8 from, guint8 to)
{
    int n = 0, area = 0;

    map[start] = to;
    moving->stack[n++] = start;
    while (n > 0) {
        int at = moving->stack[--n];
        /* marks keep away from the edges */
        const int around[] = { at - 1, at + 1, at - moving->width, at + moving->width };

        area++;
        for (int i = 0; i < 4; i++)
            if (map[around[i]] == from) {
                map[around[i]] = to;
                moving->stack[n++] = around[i];
            }
    }
    return area;
}

M2fResult
moving_find (Moving *moving, const GstVideoFrame *frame)
{
    g_autofree guint8 *luma = copy_luma (frame);

    if (!moving->scene)
        make_scene (moving);
    guint8 *map = moving->map;
    M2fSegment *segments = moving->segments;
    int size = moving->width * moving->height, n = 0;

    mark_difference (moving, luma, map);
    segments[n++] = make_segment (SCENE);
    for (int i = 0; i < size; i++) {
        if (map[i] != 0)
            continue;
        int id = SCENE + MIN (n, MAX_THINGS), area = fill (moving, map, i, 0, id);

        if (area < LEAST_AREA || n > MAX_THINGS) {
            fill (moving, map, i, id, SCENE);
            continue;
        }
        segments[n] = make_segment (id);
        segments[n++].area = area;
    }
    for (int i = 0; i < size; i++)      /* boxes: only their lower edges are of use here */
        segments[map[i] - SCENE].height = i / moving->width + 1;
    return (M2fResult) { .map = map, .map_width = moving->width, .map_height = moving->height,
        .map_stride = moving->width, .map_depth = 1, .segments = segments, .n_segments = n };
}

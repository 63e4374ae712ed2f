/* How much the segments of one label map and those of another overlap.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tracking/overlap.h"

/* Columns or rows of the grid along a side of a map. */
static int
grid_side (int side)
{
    return MIN (side, M2F_OVERLAP_GRID);
}

/* The pixel of a side of `pixels` that lies under the middle of cell i of n. */
static int
pixel_of (int i, int n, int pixels)
{
    return (int) ((2 * (int64_t) i + 1) * pixels / (2 * (int64_t) n));
}

/* The index of each id in `ids`, n for ids that are not in it. */
static int *
index_ids (const int *ids, int n, int depth)
{
    const int n_ids = depth == 1 ? 1 << 8 : 1 << 16;
    int *index = g_new (int, n_ids);

    for (int id = 0; id < n_ids; id++)
        index[id] = n;
    for (int i = n - 1; i >= 0; i--)
        if (ids[i] >= 0 && ids[i] < n_ids)
            index[ids[i]] = i;
    return index;
}

/* Columns of a map that lie under the columns of the grid. */
static int *
grid_columns (const M2fLabelMap *map, int n)
{
    int *columns = g_new (int, n);

    for (int i = 0; i < n; i++)
        columns[i] = pixel_of (i, n, map->width);
    return columns;
}

bool
m2f_overlap_init (M2fOverlap *o, const M2fLabelMap *a, const int *ids_a, int n_a,
    const M2fLabelMap *b, const int *ids_b, int n_b)
{
    const int width = grid_side (b->width), height = grid_side (b->height);
    /* one more of each for the pixels that belong to no segment asked for */
    g_autofree int *both = g_try_new0 (int, (size_t) (n_a + 1) * (n_b + 1));

    *o = (M2fOverlap) { .n_a = n_a, .n_b = n_b, .both = g_try_new0 (int, (size_t) n_a * n_b),
        .area_a = g_new0 (int, n_a), .area_b = g_new0 (int, n_b) };
    if (n_a == 0 || n_b == 0 || a->width == 0 || a->height == 0)
        return true;
    if (!both || !o->both) {
        m2f_overlap_clear (o);
        return false;
    }

    g_autofree int *index_a = index_ids (ids_a, n_a, a->depth);
    g_autofree int *index_b = index_ids (ids_b, n_b, b->depth);
    g_autofree int *columns_a = grid_columns (a, width);
    g_autofree int *columns_b = grid_columns (b, width);
    for (int y = 0; y < height; y++) {
        const int row_a = pixel_of (y, height, a->height), row_b = pixel_of (y, height, b->height);

        for (int x = 0; x < width; x++) {
            int i = index_a[m2f_label_map_value (a, columns_a[x], row_a)];
            int j = index_b[m2f_label_map_value (b, columns_b[x], row_b)];

            both[i * (n_b + 1) + j]++;
        }
    }
    for (int i = 0; i <= n_a; i++)
        for (int j = 0; j <= n_b; j++) {
            int n = both[i * (n_b + 1) + j];

            if (i < n_a)
                o->area_a[i] += n;
            if (j < n_b)
                o->area_b[j] += n;
            if (i < n_a && j < n_b)
                o->both[i * n_b + j] = n;
        }
    return true;
}

void
m2f_overlap_clear (M2fOverlap *o)
{
    g_free (o->both);
    g_free (o->area_a);
    g_free (o->area_b);
    *o = (M2fOverlap) { 0 };
}

double
m2f_overlap_iou (const M2fOverlap *o, int a, int b)
{
    const int both = o->both[a * o->n_b + b], either = o->area_a[a] + o->area_b[b] - both;

    return either > 0 ? (double) both / either : 0;
}

M2fLabelMap
m2f_overlap_shrink (const M2fLabelMap *map, uint16_t **memory)
{
    const int width = grid_side (map->width), height = grid_side (map->height);
    g_autofree int *columns = grid_columns (map, width);
    uint16_t *cell = *memory = g_renew (uint16_t, *memory, (size_t) width * height);

    for (int y = 0; y < height; y++) {
        const int row = pixel_of (y, height, map->height);

        for (int x = 0; x < width; x++)
            *cell++ = (uint16_t) m2f_label_map_value (map, columns[x], row);
    }
    return (M2fLabelMap) { .data = (const uint8_t *) *memory, .width = width, .height = height,
        .stride = 2 * width, .depth = 2 };
}

/* The label map: from channels to ids, with areas and boxes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Maps are walked run by run: neighbours are mostly equal.
 */
#include <string.h>

#include "model/postprocess/postprocess.h"
#include "model/result.h"

/* Where the run of equal channels that starts at x ends. */
static int
run_end (const void *row, bool bytes, int x, int width)
{
    if (!bytes) {
        const uint16_t *p = row;
        uint16_t value = p[x];

        while (x < width && p[x] == value)
            x++;
        return x;
    }

    const uint8_t *p = row;
    uint64_t same = p[x] * UINT64_C (0x0101010101010101), next;
    for (; x + 8 <= width; x += 8) {
        memcpy (&next, p + x, 8);
        next = GUINT64_FROM_LE (next) ^ same;
        if (next != 0)
            return x + __builtin_ctzll (next) / 8; /* the first byte that differs */
    }
    while (x < width && p[x] == (uint8_t) same)
        x++;
    return x;
}

static bool
winner_bytes (const M2fPostprocessor *post)
{
    return post->winner_tensor.type == M2F_U8;
}

static const void *
winner_row (const M2fPostprocessor *post, int y)
{
    return (const char *) post->winner
        + (size_t) y * post->winner_tensor.stride * m2f_type_size (post->winner_tensor.type);
}

static int
winner_at (const void *row, bool bytes, int x)
{
    return bytes ? ((const uint8_t *) row)[x] : ((const uint16_t *) row)[x];
}

static void
region_add_run (M2fRegion *r, int y, int x, int end)
{
    if (r->area == 0)
        *r = (M2fRegion) { 0, x, y, end - 1, y };
    r->area += end - x;
    r->left = MIN (r->left, x);
    r->right = MAX (r->right, end - 1);
    r->bottom = y;
}

static void
region_add (M2fRegion *sum, const M2fRegion *r)
{
    if (r->area == 0)
        return;
    if (sum->area == 0) {
        *sum = *r;
        return;
    }
    sum->area += r->area;
    sum->left = MIN (sum->left, r->left);
    sum->top = MIN (sum->top, r->top);
    sum->right = MAX (sum->right, r->right);
    sum->bottom = MAX (sum->bottom, r->bottom);
}

void
m2f_post_scan (M2fPostprocessor *post)
{
    int width = post->setup.map_width;
    bool bytes = winner_bytes (post);

    memset (post->regions, 0, sizeof *post->regions * (size_t) post->n_channels);
    for (int y = 0; y < post->setup.map_height; y++) {
        const void *row = winner_row (post, y);

        for (int x = 0, end; x < width; x = end) {
            int channel = winner_at (row, bytes, x);

            end = run_end (row, bytes, x, width);
            if (channel < post->n_channels)
                region_add_run (&post->regions[channel], y, x, end);
        }
    }
}

static void
fill_run (M2fResult *result, int y, int x, int end, int value)
{
    uint8_t *row = result->map + (size_t) y * result->map_stride;

    if (result->map_depth == 1) {
        memset (row + x, value, (size_t) (end - x));
        return;
    }
    for (uint16_t *p = (uint16_t *) (void *) row; x < end; x++)
        p[x] = (uint16_t) value;
}

void
m2f_post_write_map (M2fPostprocessor *post, M2fResult *result, int none)
{
    int width = post->setup.map_width;
    bool bytes = winner_bytes (post);

    memset (post->regions, 0, sizeof *post->regions * (size_t) post->n_channels);
    for (int y = 0; y < post->setup.map_height; y++) {
        const void *row = winner_row (post, y);

        for (int x = 0, end; x < width; x = end) {
            int channel = winner_at (row, bytes, x), id = M2F_NO_ID;

            end = run_end (row, bytes, x, width);
            if (channel < post->n_channels) {
                id = post->ids[channel];
                region_add_run (&post->regions[channel], y, x, end);
            }
            fill_run (result, y, x, end, id == M2F_NO_ID ? none : id);
        }
    }
}

void
m2f_post_fill_map (M2fResult *result, int value)
{
    for (int y = 0; y < result->map_height; y++)
        fill_run (result, y, 0, result->map_width, value);
}

void
m2f_post_measure (M2fPostprocessor *post, M2fResult *result)
{
    M2fSegment *segments = (M2fSegment *) (void *) result->segment_array->data;
    guint n = result->segment_array->len;

    for (guint i = 0; i < n; i++)
        post->by_id[segments[i].id] = (M2fRegion) { 0 };
    for (int i = 0; i < post->n_channels; i++)
        if (post->ids[i] != M2F_NO_ID)
            region_add (&post->by_id[post->ids[i]], &post->regions[i]);
    for (guint i = 0; i < n; i++) {
        const M2fRegion *r = &post->by_id[segments[i].id];

        if (r->area == 0)
            continue;
        segments[i].area = r->area;
        segments[i].x = r->left;
        segments[i].y = r->top;
        segments[i].width = r->right - r->left + 1;
        segments[i].height = r->bottom - r->top + 1;
    }
}

void
m2f_post_mask_of_id (const M2fResult *result, int id, uint8_t *mask)
{
    for (int y = 0; y < result->map_height; y++, mask += result->map_width) {
        const uint8_t *row = result->map + (size_t) y * result->map_stride;
        const uint16_t *wide = (const uint16_t *) (const void *) row;

        for (int x = 0; x < result->map_width; x++)
            mask[x] = (result->map_depth == 1 ? row[x] : wide[x]) == id;
    }
}

void
m2f_post_mask_of_channel (const M2fPostprocessor *post, int channel, uint8_t *mask)
{
    int width = post->setup.map_width;
    bool bytes = winner_bytes (post);

    for (int y = 0; y < post->setup.map_height; y++, mask += width) {
        const void *row = winner_row (post, y);

        for (int x = 0; x < width; x++)
            mask[x] = winner_at (row, bytes, x) == channel;
    }
}

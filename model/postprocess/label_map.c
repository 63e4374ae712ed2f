/* The label map: from the winner of each pixel to the id of its segment, with areas and boxes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows are read in runs of equal pixels, because neighbours are mostly equal.
 */
#include "model/postprocess/label_map.h"

#include <string.h>

/* End of the run of equal channels that starts at x. */
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

static const void *
winner_row (const M2fWinners *winners, int y)
{
    return (const char *) winners->map + (size_t) y * winners->stride;
}

static int
value_at (const void *row, bool bytes, int x)
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

static void
clear_regions (M2fMasks *masks)
{
    for (int i = 0; i < masks->n; i++)
        masks->candidates[i].region = (M2fRegion) { 0 };
}

void
m2f_winners_measure (const M2fWinners *winners, M2fMasks *masks)
{
    clear_regions (masks);
    for (int y = 0; y < winners->height; y++) {
        const void *row = winner_row (winners, y);

        for (int x = 0, end; x < winners->width; x = end) {
            int channel = value_at (row, winners->bytes, x);

            end = run_end (row, winners->bytes, x, winners->width);
            if (channel < masks->n)
                region_add_run (&masks->candidates[channel].region, y, x, end);
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
m2f_winners_write (const M2fWinners *winners, M2fMasks *masks, int none, M2fResult *result)
{
    clear_regions (masks);
    for (int y = 0; y < winners->height; y++) {
        const void *row = winner_row (winners, y);

        for (int x = 0, end; x < winners->width; x = end) {
            int channel = value_at (row, winners->bytes, x), id = M2F_NO_ID;

            end = run_end (row, winners->bytes, x, winners->width);
            if (channel < masks->n) {
                id = masks->candidates[channel].id;
                region_add_run (&masks->candidates[channel].region, y, x, end);
            }
            fill_run (result, y, x, end, id == M2F_NO_ID ? none : id);
        }
    }
}

void
m2f_winners_mask (const M2fWinners *winners, int channel, uint8_t *mask)
{
    for (int y = 0; y < winners->height; y++, mask += winners->width) {
        const void *row = winner_row (winners, y);

        for (int x = 0; x < winners->width; x++)
            mask[x] = value_at (row, winners->bytes, x) == channel;
    }
}

void
m2f_label_map_fill (M2fResult *result, int value)
{
    for (int y = 0; y < result->map_height; y++)
        fill_run (result, y, 0, result->map_width, value);
}

void
m2f_label_map_mask (const M2fResult *result, int id, uint8_t *mask)
{
    for (int y = 0; y < result->map_height; y++, mask += result->map_width) {
        const uint8_t *row = result->map + (size_t) y * result->map_stride;

        for (int x = 0; x < result->map_width; x++)
            mask[x] = value_at (row, result->map_depth == 1, x) == id;
    }
}

void
m2f_segments_measure (const M2fMasks *masks, M2fRegion *by_id, M2fResult *result)
{
    M2fSegment *segments = (M2fSegment *) (void *) result->segment_array->data;
    guint n = result->segment_array->len;

    for (guint i = 0; i < n; i++)
        by_id[segments[i].id] = (M2fRegion) { 0 };
    for (int i = 0; i < masks->n; i++)
        if (masks->candidates[i].id != M2F_NO_ID)
            region_add (&by_id[masks->candidates[i].id], &masks->candidates[i].region);
    for (guint i = 0; i < n; i++) {
        const M2fRegion *r = &by_id[segments[i].id];

        if (r->area == 0)
            continue;
        segments[i].area = r->area;
        segments[i].x = r->left;
        segments[i].y = r->top;
        segments[i].width = r->right - r->left + 1;
        segments[i].height = r->bottom - r->top + 1;
    }
}

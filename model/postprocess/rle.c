/* Run-length encoded masks as COCO has them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/postprocess/rle.h"

#include <string.h>

#include "model/error.h"

#define COLUMNS 64 /* columns that are turned into rows at a time: whole cache lines */

static M2fRle *
new_rle (int width, int height)
{
    M2fRle *rle = g_new (M2fRle, 1);

    *rle = (M2fRle) { .width = width, .height = height };
    return rle;
}

void
m2f_rle_free (M2fRle *rle)
{
    if (!rle)
        return;
    g_free (rle->runs.data);
    g_free (rle);
}

static uint32_t
run_at (const M2fRle *rle, size_t i)
{
    return ((const uint32_t *) rle->runs.data)[i];
}

/* ---- building ------------------------------------------------------------------------------ */

/* The run that is being counted. */
typedef struct Counter {
    M2fRle *rle;
    uint32_t run;
    uint8_t inside;
} Counter;

static void
count_to (Counter *c, uint8_t inside, uint32_t n)
{
    if (inside != c->inside) {
        m2f_list_add (&c->rle->runs, &c->run, sizeof c->run);
        c->run = 0;
        c->inside = inside;
    }
    c->run += n;
}

/* The mask, NULL if there was no memory for it. */
static M2fRle *
finish (Counter *c)
{
    m2f_list_add (&c->rle->runs, &c->run, sizeof c->run);
    if (c->rle->runs.failed)
        g_clear_pointer (&c->rle, m2f_rle_free);
    return c->rle;
}

/* Marks the pixels with the id in columns x to x + n as rows of `height` bytes. */
static void
turn (const M2fLabelMap *map, int id, int x, int n, uint8_t *turned)
{
    for (int y = 0; y < map->height; y++)
        for (int i = 0; i < n; i++)
            turned[(size_t) i * map->height + y] = m2f_label_map_value (map, x + i, y) == id;
}

M2fRle *
m2f_rle_from_map (const M2fLabelMap *map, int id)
{
    g_autofree uint8_t *turned = g_try_malloc_n ((gsize) MAX (map->height, 1), COLUMNS);

    if (!turned)
        return NULL;
    Counter counter = { new_rle (map->width, map->height), 0, 0 };
    for (int x = 0; x < map->width; x += COLUMNS) {
        const int n = MIN (COLUMNS, map->width - x);

        turn (map, id, x, n, turned);
        for (size_t i = 0; i < (size_t) n * map->height; i++)
            count_to (&counter, turned[i], 1);
    }
    return finish (&counter);
}

/* Takes the runs of both masks in turns, and tells `visit` of each stretch in which neither
 * changes. */
static void
visit_stretches (const M2fRle *a, const M2fRle *b,
    void (*visit) (bool in_a, bool in_b, uint32_t n, void *data), void *data)
{
    uint32_t left_a = 0, left_b = 0;
    size_t i = 0, j = 0;

    for (;;) {
        while (left_a == 0 && i < a->runs.n)
            left_a = run_at (a, i++);
        while (left_b == 0 && j < b->runs.n)
            left_b = run_at (b, j++);
        const uint32_t n = MIN (left_a, left_b);
        if (n == 0)
            return;
        visit (i % 2 == 0, j % 2 == 0, n, data);
        left_a -= n;
        left_b -= n;
    }
}

static void
count_either (bool in_a, bool in_b, uint32_t n, void *counter)
{
    count_to (counter, in_a || in_b, n);
}

M2fRle *
m2f_rle_union (const M2fRle *a, const M2fRle *b)
{
    Counter counter = { new_rle (a->width, a->height), 0, 0 };

    visit_stretches (a, b, count_either, &counter);
    return finish (&counter);
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool
check_size (int width, int height, GError **error)
{
    if (width > 0 && height > 0 && (int64_t) width * height <= M2F_RLE_MAX_PIXELS)
        return true;
    m2f_set_error (error, M2F_ERROR_FORMAT, "mask: expected 1 to %d pixels, found %d x %d",
        M2F_RLE_MAX_PIXELS, width, height);
    return false;
}

/* Adds a run, which must leave the sum within the mask. */
static bool
add_run (M2fRle *rle, int64_t run, int64_t *sum, GError **error)
{
    const int64_t pixels = (int64_t) rle->width * rle->height;
    const uint32_t length = (uint32_t) run;

    if (run < 0 || run > pixels - *sum) {
        m2f_set_error (error, M2F_ERROR_FORMAT, "mask: run %zu has %" G_GINT64_FORMAT
            " pixels, expected 0 to %" G_GINT64_FORMAT, rle->runs.n, (gint64) run,
            (gint64) (pixels - *sum));
        return false;
    }
    *sum += run;
    m2f_list_add (&rle->runs, &length, sizeof length);
    return !rle->runs.failed
        || m2f_no_memory (error, 2 * rle->runs.n * sizeof length, "mask: runs");
}

/* The mask if its runs fill it, else an error. */
static M2fRle *
check_sum (M2fRle *rle, int64_t sum, GError **error)
{
    const int64_t pixels = (int64_t) rle->width * rle->height;

    if (sum == pixels)
        return rle;
    m2f_set_error (error, M2F_ERROR_FORMAT, "mask: runs of %" G_GINT64_FORMAT
        " pixels in all, expected %" G_GINT64_FORMAT, (gint64) sum, (gint64) pixels);
    m2f_rle_free (rle);
    return NULL;
}

M2fRle *
m2f_rle_from_runs (const int64_t *runs, size_t n, int width, int height, GError **error)
{
    int64_t sum = 0;

    if (!check_size (width, height, error))
        return NULL;
    M2fRle *rle = new_rle (width, height);
    for (size_t i = 0; i < n; i++)
        if (!add_run (rle, runs[i], &sum, error)) {
            m2f_rle_free (rle);
            return NULL;
        }
    return check_sum (rle, sum, error);
}

/* Reads a number of groups of 5 bits, the lowest first, one a character from '0' on; 0x20 marks all
 * but the last, whose 0x10 is the sign.  Moves *text behind it. */
static bool
read_number (const char **text, int64_t *number, GError **error)
{
    int64_t value = 0;

    for (int shift = 0; shift < 35; shift += 5) {
        const int c = **text - '0';

        if (c < 0 || c > 0x3f) {
            m2f_set_error (error, M2F_ERROR_FORMAT,
                "mask: expected another character from '0' to 'o' in the counts, found byte %d",
                (int) (unsigned char) **text);
            return false;
        }
        (*text)++;
        value |= (int64_t) (c & 0x1f) << shift;
        if (!(c & 0x20)) {
            *number = c & 0x10 ? value - (INT64_C (1) << (shift + 5)) : value;
            return true;
        }
    }
    m2f_set_error (error, M2F_ERROR_FORMAT, "mask: a number of the counts has over 35 bits");
    return false;
}

M2fRle *
m2f_rle_from_text (const char *text, int width, int height, GError **error)
{
    int64_t run, sum = 0;

    if (!check_size (width, height, error))
        return NULL;
    M2fRle *rle = new_rle (width, height);
    while (*text) {
        const size_t n = rle->runs.n;

        if (!read_number (&text, &run, error)
            || !add_run (rle, n > 2 ? run + run_at (rle, n - 2) : run, &sum, error)) {
            m2f_rle_free (rle);
            return NULL;
        }
    }
    return check_sum (rle, sum, error);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Writes a number as read_number() reads it; returns how many characters it has. */
static size_t
write_number (int64_t value, char text[8])
{
    size_t n = 0;
    bool more;

    do {
        int c = (int) (value & 0x1f);

        value = (value - c) / 32; /* rounded down */
        more = value != (c & 0x10 ? -1 : 0);
        text[n++] = (char) ('0' + (c | (more ? 0x20 : 0)));
    } while (more);
    return n;
}

/* Writes the counts to `text`, unless that is NULL; returns how many characters they have. */
static size_t
write_counts (const M2fRle *rle, char *text)
{
    char number[8];
    size_t length = 0;

    for (size_t i = 0; i < rle->runs.n; i++) {
        const size_t n = write_number ((int64_t) run_at (rle, i)
            - (i > 2 ? run_at (rle, i - 2) : 0), number);

        if (text)
            memcpy (text + length, number, n);
        length += n;
    }
    return length;
}

char *
m2f_rle_to_text (const M2fRle *rle)
{
    const size_t length = write_counts (rle, NULL);
    char *text = g_try_malloc (length + 1);

    if (!text)
        return NULL;
    write_counts (rle, text);
    text[length] = '\0';
    return text;
}

void
m2f_rle_write_mask (const M2fRle *rle, uint8_t *mask)
{
    int x = 0, y = 0;

    for (size_t i = 0; i < rle->runs.n; i++)
        for (uint32_t n = run_at (rle, i); n > 0; n--) {
            mask[(size_t) y * rle->width + x] = i % 2;
            if (++y == rle->height) {
                y = 0;
                x++;
            }
        }
}

/* ---- measures ------------------------------------------------------------------------------ */

int64_t
m2f_rle_area (const M2fRle *rle)
{
    int64_t area = 0;

    for (size_t i = 1; i < rle->runs.n; i += 2)
        area += run_at (rle, i);
    return area;
}

static void
sum_common (bool in_a, bool in_b, uint32_t n, void *sum)
{
    if (in_a && in_b)
        *(int64_t *) sum += n;
}

int64_t
m2f_rle_common (const M2fRle *a, const M2fRle *b)
{
    int64_t sum = 0;

    visit_stretches (a, b, sum_common, &sum);
    return sum;
}

/* ---- the library's functions --------------------------------------------------------------- */

char *
m2f_label_map_rle (const M2fLabelMap *map, int id)
{
    g_autoptr (M2fRle) rle = m2f_rle_from_map (map, id);

    return rle ? m2f_rle_to_text (rle) : NULL;
}

gboolean
m2f_rle_to_mask (const char *counts, int width, int height, uint8_t *mask, GError **error)
{
    g_autoptr (M2fRle) rle = m2f_rle_from_text (counts, width, height, error);

    if (!rle)
        return FALSE;
    m2f_rle_write_mask (rle, mask);
    return TRUE;
}

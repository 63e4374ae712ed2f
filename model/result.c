/* M2fResult: storage, run-length encoding, JSON.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/result.h"

#include <jansson.h>
#include <stdlib.h>

#include "model/error.h"

/* ---- storage ------------------------------------------------------------------------------- */

bool
m2f_result_begin (M2fResult *result, int width, int height, int depth, GError **error)
{
    const size_t size = (size_t) width * height * depth;

    if (!result->segment_array) {
        result->segment_array = g_array_new (FALSE, TRUE, sizeof (M2fSegment));
        result->embeddings = g_array_new (FALSE, FALSE, sizeof (float));
        result->masks = g_byte_array_new ();
    }
    if (result->map_capacity < size) {
        g_free (result->map);
        result->map = g_try_malloc (size);
        result->map_capacity = result->map ? size : 0;
        if (!result->map)
            width = height = 0;
    }
    result->map_width = width;
    result->map_height = height;
    result->map_stride = width * depth;
    result->map_depth = depth;
    result->all_void = FALSE;
    result->non_finite = FALSE;
    result->segments = NULL;
    result->n_segments = 0;
    result->timings = (M2fTimings) { 0 };
    g_array_set_size (result->segment_array, 0);
    g_array_set_size (result->embeddings, 0);
    g_byte_array_set_size (result->masks, 0);
    return size <= result->map_capacity || m2f_no_memory (error, size, "label map");
}

M2fSegment *
m2f_result_add (M2fResult *result, const float *embedding, int size)
{
    guint n = result->segment_array->len;

    if (embedding)
        g_array_append_vals (result->embeddings, embedding, (guint) size);
    g_array_set_size (result->segment_array, n + 1);
    return m2f_result_segment (result, (int) n);
}

M2fSegment *
m2f_result_segment (M2fResult *result, int index)
{
    return &g_array_index (result->segment_array, M2fSegment, index);
}

uint8_t *
m2f_result_add_masks (M2fResult *result, GError **error)
{
    size_t size = (size_t) result->map_width * result->map_height * result->segment_array->len;
    guint8 *masks = g_try_malloc (MAX (size, 1));

    if (!masks) {
        m2f_no_memory (error, size, "binary maps");
        return NULL;
    }
    g_byte_array_unref (result->masks);
    result->masks = g_byte_array_new_take (masks, size);
    return result->masks->data;
}

void
m2f_result_end (M2fResult *result)
{
    size_t pixels = (size_t) result->map_width * result->map_height;
    guint n = result->segment_array->len;
    guint width = n > 0 ? result->embeddings->len / n : 0;

    result->segments = (M2fSegment *) (void *) result->segment_array->data;
    result->n_segments = (int) n;
    for (guint i = 0; i < n; i++) {
        result->segments[i].label = g_intern_string (result->segments[i].label);
        if (width > 0)
            result->segments[i].embedding = &g_array_index (result->embeddings, float, i * width);
        if (result->masks->len > 0)
            result->segments[i].mask = result->masks->data + i * pixels;
    }
}

void
m2f_result_count_from_one (M2fResult *result)
{
    for (int y = 0; y < result->map_height; y++) {
        uint8_t *row = result->map + (size_t) y * result->map_stride;

        if (result->map_depth == 1)
            for (int x = 0; x < result->map_width; x++)
                row[x]++;
        else
            for (int x = 0; x < result->map_width; x++)
                ((uint16_t *) (void *) row)[x]++;
    }
    for (int i = 0; i < result->n_segments; i++)
        result->segments[i].id++;
}

void
m2f_result_clear (M2fResult *result)
{
    if (!result)
        return;
    g_free (result->map);
    g_clear_pointer (&result->segment_array, g_array_unref);
    g_clear_pointer (&result->embeddings, g_array_unref);
    g_clear_pointer (&result->masks, g_byte_array_unref);
    *result = (M2fResult) { 0 };
}

/* ---- run-length encoding ------------------------------------------------------------------- */

GArray *
m2f_result_rle (const M2fResult *result, int id)
{
    GArray *runs = g_array_new (FALSE, FALSE, sizeof (int));
    int start = 0, position = 1; /* start of the open run, 0 = none; next pixel, from 1 */

    if (!result->map)
        return runs;
    if (id == M2F_NO_SEGMENT (result))
        id = -1;
    for (int y = 0; y < result->map_height; y++) {
        for (int x = 0; x < result->map_width; x++, position++) {
            bool inside = m2f_result_id (result, x, y) == id;
            if (inside && start == 0) {
                start = position;
            } else if (!inside && start != 0) {
                int run[] = { start, position - start };
                g_array_append_vals (runs, run, 2);
                start = 0;
            }
        }
    }
    if (start != 0) {
        int run[] = { start, position - start };
        g_array_append_vals (runs, run, 2);
    }
    return runs;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

/* To `digits` decimals as Python's round() does: the nearest decimal, exactly decided. */
static json_t *
rounded (double value, int digits)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE + 64], format[8];

    g_snprintf (format, sizeof format, "%%.%df", digits);
    g_ascii_formatd (text, sizeof text, format, value);
    return json_real (g_ascii_strtod (text, NULL));
}

static json_t *
segment_json (const M2fSegment *s)
{
    return json_pack ("{s:i, s:i, s:s, s:b, s:o, s:I, s:[iiii], s:b, s:b, s:i}", "id", s->id,
        "label_id", s->label_id, "label", s->label, "was_fused", s->was_fused, "score",
        rounded ((double) s->score, 6), "area", (json_int_t) s->area, "box", s->x, s->y, s->width,
        s->height, "is_thing", s->is_thing, "is_background", m2f_label_is_background (s->label),
        "query", s->query);
}

char *
m2f_result_to_json (const M2fResult *result)
{
    const M2fTimings *t = &result->timings;
    json_t *segments = json_array ();

    for (int i = 0; i < result->n_segments; i++)
        json_array_append_new (segments, segment_json (&result->segments[i]));

    json_t *root = json_pack ("{s:i, s:i, s:b, s:o, s:{s:o, s:o, s:o, s:o, s:o, s:o}}", "width",
        result->map_width, "height", result->map_height, "all_void", result->all_void,
        "segments", segments, "milliseconds", "preprocess", rounded (t->preprocess, 3),
        "backbone", rounded (t->backbone, 3), "pixel_decoder", rounded (t->pixel_decoder, 3),
        "decoder", rounded (t->decoder, 3), "postprocess", rounded (t->postprocess, 3), "total",
        rounded (t->total, 3));
    char *text = json_dumps (root, JSON_COMPACT | JSON_REAL_PRECISION (15));
    char *copy = g_strdup (text);

    json_decref (root);
    free (text);
    return copy;
}

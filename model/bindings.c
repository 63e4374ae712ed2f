/* For other languages: types that can be copied, objects on the heap.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/m2f_bindings.h"

#include <stdbool.h>
#include <string.h>

#include "model/error.h"
#include "model/preprocess/picture.h"
#include "model/result.h"

G_DEFINE_BOXED_TYPE (M2fModel, m2f_model, m2f_model_ref, m2f_model_unref)

M2fModel *
m2f_model_load_path (const char *path, const char *device, const char *precision, int threads,
    GError **error)
{
    const M2fLoadOptions options
        = { .path = path, .device = device, .precision = precision, .threads = threads };

    return m2f_model_load (&options, error);
}

/* ---- images -------------------------------------------------------------------------------- */

static M2fImage *
copy_image (M2fImage *image)
{
    M2fImage *copy = g_memdup2 (image, sizeof *image);

    if (copy->bytes)
        g_bytes_ref (copy->bytes);
    return copy;
}

void
m2f_image_free (M2fImage *image)
{
    if (!image)
        return;
    g_clear_pointer (&image->bytes, g_bytes_unref);
    g_free (image);
}

G_DEFINE_BOXED_TYPE (M2fImage, m2f_image, copy_image, m2f_image_free)

M2fImage *
m2f_image_new_from_bytes (M2fFormat format, int width, int height, int stride, GBytes *bytes,
    GError **error)
{
    gsize size;
    const M2fImage image = {
        .format = format,
        .width = width,
        .height = height,
        .data = { g_bytes_get_data (bytes, &size) },
        .stride = { stride },
        .bytes = bytes,
    };
    int row_bytes, rows;

    if (!m2f_image_check (&image, error))
        return NULL;
    m2f_format_plane_size (format, 0, width, height, &row_bytes, &rows);

    gsize needed = (gsize) stride * (gsize) (rows - 1) + (gsize) row_bytes;
    if (size < needed) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "image: expected %" G_GSIZE_FORMAT " bytes for %dx%d pixels of %s, found %"
            G_GSIZE_FORMAT, needed, width, height, m2f_format_name (format), size);
        return NULL;
    }
    return copy_image ((M2fImage *) &image);
}

/* ---- parameters ---------------------------------------------------------------------------- */

M2fParams *
m2f_params_new (const M2fModel *model)
{
    M2fParams *params = g_new (M2fParams, 1);

    m2f_params_init (params, model);
    return params;
}

static M2fParams *
copy_params (M2fParams *params)
{
    return g_memdup2 (params, sizeof *params);
}

void
m2f_params_free (M2fParams *params)
{
    g_free (params);
}

G_DEFINE_BOXED_TYPE (M2fParams, m2f_params, copy_params, m2f_params_free)

/* ---- results ------------------------------------------------------------------------------- */

/* The copy may outlive the result, which owns the embedding and the mask. */
static M2fSegment *
copy_segment (M2fSegment *segment)
{
    M2fSegment *copy = g_memdup2 (segment, sizeof *segment);

    copy->embedding = NULL;
    copy->mask = NULL;
    return copy;
}

G_DEFINE_BOXED_TYPE (M2fSegment, m2f_segment, copy_segment, g_free)

M2fResult *
m2f_result_new (void)
{
    return g_new0 (M2fResult, 1);
}

/* NULL if there are none, or no memory for them (g_free). */
static guint8 *
copy_bytes (const guint8 *bytes, gsize size)
{
    guint8 *copy = size > 0 ? g_try_malloc (size) : NULL;

    return copy ? memcpy (copy, bytes, size) : NULL;
}

M2fResult *
m2f_result_copy (const M2fResult *result)
{
    M2fResult *copy = g_memdup2 (result, sizeof *result);

    if (!result->segment_array)
        return copy;
    copy->map_capacity = (size_t) result->map_stride * (size_t) result->map_height;
    copy->map = copy_bytes (result->map, copy->map_capacity);
    if (!copy->map) {
        copy->map_capacity = 0;
        copy->map_width = copy->map_height = 0;
    }
    copy->segment_array = g_array_copy (result->segment_array);
    copy->embeddings = g_array_copy (result->embeddings);
    guint8 *masks = copy_bytes (result->masks->data, result->masks->len);
    copy->masks = masks ? g_byte_array_new_take (masks, result->masks->len) : g_byte_array_new ();
    m2f_result_end (copy);
    return copy;
}

void
m2f_result_free (M2fResult *result)
{
    m2f_result_clear (result);
    g_free (result);
}

static M2fResult *
copy_result (M2fResult *result)
{
    return m2f_result_copy (result);
}

G_DEFINE_BOXED_TYPE (M2fResult, m2f_result, copy_result, m2f_result_free)

const M2fSegment *
m2f_result_get_segment (const M2fResult *result, int index)
{
    return index >= 0 && index < result->n_segments ? &result->segments[index] : NULL;
}

GBytes *
m2f_result_get_map (const M2fResult *result)
{
    const gsize size = result->map ? (gsize) result->map_stride * (gsize) result->map_height : 0;
    guint8 *copy = copy_bytes (result->map, size);

    return g_bytes_new_take (copy, copy ? size : 0);
}

/* A picture to the network's input, on a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/preprocess.h"

#include <string.h>

#include "model/compute/ops.h"
#include "model/device_error.h"
#include "model/error.h"
#include "model/preprocess/colour.h"
#include "model/preprocess/filter.h"
#include "model/preprocess/picture.h"
#include "model/preprocess/planes.h"

struct M2fPreprocessor {
    M2fDevice *device;
    M2fFormat format;
    M2fInputSize size;
    M2fPlanes *planes;
    M2fPreprocess args; /* all but dst */
    float scale[3], offset[3]; /* of bytes that use 0..255 */
    M2fMatrix matrix;
    gboolean full_range, limited_range;
    bool padded;
    M2fTensor pixels;   /* padded: (1, 1, inner pixels + 1, 3), the last stays 0 */
    M2fTensor pad_index; /* padded: pixel of `pixels` for each of the input's */
};

static bool
new_table (M2fDevice *device, const M2fFilter *filter, M2fTensor *first, M2fTensor *weight,
    GError **error)
{
    if (!m2f_tensor_new (device, first, "filter positions", M2F_I32,
            M2F_SHAPE (1, 1, 1, filter->size), error)
        || !m2f_tensor_new (device, weight, "filter weights", M2F_F32,
            M2F_SHAPE (1, 1, filter->size, filter->taps), error))
        return false;
    m2f_tensor_write (device, first, filter->first);
    m2f_tensor_write (device, weight, filter->weight);
    return true;
}

static bool
new_tables (M2fPreprocessor *p, M2fResample resample, GError **error)
{
    M2fPreprocess *args = &p->args;
    M2fFilter x = { 0 }, y = { 0 };

    bool ok = m2f_filter_init (&x, resample, args->width, p->size.inner_width)
        && m2f_filter_init (&y, resample, args->height, p->size.inner_height);
    if (!ok)
        m2f_no_memory (error, ((size_t) args->width + args->height) * sizeof (float),
            "filters of a resize");
    ok = ok && new_table (p->device, &x, &args->x_first, &args->x_weight, error)
        && new_table (p->device, &y, &args->y_first, &args->y_weight, error);
    m2f_filter_clear (&x);
    m2f_filter_clear (&y);
    return ok;
}

/* Padding is a gather: pixels outside the picture all read the zero pixel behind its last one. */
static bool
new_padding (M2fPreprocessor *p, GError **error)
{
    const M2fInputSize *s = &p->size;
    int inside = s->inner_height * s->inner_width;

    p->padded = s->height != s->inner_height || s->width != s->inner_width;
    if (!p->padded)
        return true;
    if (!m2f_tensor_new (p->device, &p->pixels, "pixels", M2F_F32,
            M2F_SHAPE (1, 1, inside + 1, 3), error)
        || !m2f_tensor_new (p->device, &p->pad_index, "padding", M2F_I32,
            M2F_SHAPE (1, 1, 1, s->height * s->width), error))
        return false;

    const size_t pixels = (size_t) s->height * s->width;
    g_autofree int32_t *index = g_try_new (int32_t, pixels);
    if (!index)
        return m2f_no_memory (error, pixels * sizeof *index, "padding");
    for (int y = 0, i = 0; y < s->height; y++)
        for (int x = 0; x < s->width; x++, i++)
            index[i] = y < s->inner_height && x < s->inner_width ? y * s->inner_width + x : inside;
    m2f_tensor_write (p->device, &p->pad_index, index);
    return true;
}

/* The arguments that depend on the picture's colorimetry. */
static void
set_colours (M2fPreprocessor *p)
{
    const M2fFormatInfo *info = m2f_format_info (p->format);
    M2fPreprocess *args = &p->args;

    m2f_yuv_matrix (p->matrix, p->full_range, info->bits, info->shift, args->yuv_to_rgb);
    memcpy (args->scale, p->scale, sizeof p->scale);
    memcpy (args->offset, p->offset, sizeof p->offset);
    if (p->limited_range)
        m2f_limit_range (p->scale, p->offset, args->scale, args->offset);
}

M2fPreprocessor *
m2f_preprocessor_new (M2fDevice *device, const M2fProcessorConfig *config, M2fFormat format,
    int height, int width, const M2fInputSize *size, GError **error)
{
    M2fPreprocessor *p = g_new0 (M2fPreprocessor, 1);
    GError *failure = NULL;

    p->device = m2f_device_ref (device);
    p->format = format;
    p->size = *size;
    p->args = (M2fPreprocess) {
        .pixels = m2f_format_info (format)->pixels,
        .height = height,
        .width = width,
    };
    m2f_normalisation (config, p->scale, p->offset);
    set_colours (p);
    p->planes = m2f_planes_new (device, format, height, width, p->args.plane, &failure);
    if (!p->planes || !new_tables (p, config->resample, &failure)
        || !new_padding (p, &failure)) {
        m2f_propagate_device_error (error, failure);
        m2f_preprocessor_free (&p);
    }
    return p;
}

void
m2f_preprocessor_free (M2fPreprocessor **preprocessor)
{
    M2fPreprocessor *p = g_steal_pointer (preprocessor);

    if (!p)
        return;
    M2fTensor *const tensors[] = { &p->args.x_first, &p->args.x_weight, &p->args.y_first,
        &p->args.y_weight, &p->pixels, &p->pad_index };
    for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (p->device, tensors[i]);
    m2f_planes_free (&p->planes);
    m2f_device_unref (&p->device);
    g_free (p);
}

/* Takes over the picture's colorimetry; true if it is not the last one's. */
static bool
change_colours (M2fPreprocessor *p, const M2fImage *image)
{
    bool is_yuv = p->args.pixels.is_yuv;

    if (is_yuv ? image->matrix == p->matrix && image->full_range == p->full_range
               : image->limited_range == p->limited_range)
        return false;
    p->matrix = image->matrix;
    p->full_range = image->full_range;
    p->limited_range = !is_yuv && image->limited_range;
    set_colours (p);
    return true;
}

bool
m2f_preprocessor_set_image (M2fPreprocessor *p, const M2fImage *image)
{
    const bool changed = change_colours (p, image);

    return m2f_planes_set (p->planes, image, p->args.plane) || changed;
}

void
m2f_preprocessor_run (const M2fPreprocessor *p, M2fPlan *plan, M2fTensor values)
{
    const M2fInputSize *s = &p->size;
    M2fPreprocess args = p->args;

    if (!p->padded) {
        args.dst = values;
        m2f_op_preprocess (plan, &args);
        return;
    }
    args.dst = m2f_tensor_reshape (
        m2f_tensor_tokens (p->pixels, 0, s->inner_height * s->inner_width), 1, s->inner_height,
        s->inner_width, 3);
    m2f_op_preprocess (plan, &args);
    m2f_gather_rows (plan, .dst = m2f_tensor_reshape (values, 1, 1, s->height * s->width, 3),
        .src = p->pixels, .index = p->pad_index);
}

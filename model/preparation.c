/* Compares what is built with what a picture and its parameters need.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preparation.h"

#include <math.h>

#include "model/error.h"
#include "model/preprocess/picture.h"

/* The size from which that of the network's input follows: the picture's with square pixels. */
static void
display_size (const M2fPreparation *p, const M2fParams *params, int *height, int *width)
{
    double ratio = params->pixel_aspect_ratio;

    *height = p->height;
    *width = p->width;
    if (ratio > 1)
        *width = (int) lround (*width * ratio);
    else if (ratio > 0)
        *height = (int) lround (*height / ratio);
}

static bool
check_channels (const M2fConfig *config, GError **error)
{
    if (config->backbone.num_channels == 3)
        return true;
    m2f_set_error (error, M2F_ERROR_UNSUPPORTED, "num_channels: the network's input has %d, "
        "expected 3 for pictures", config->backbone.num_channels);
    return false;
}

bool
m2f_preparation_init (M2fPreparation *p, const M2fModel *model, const M2fImage *image,
    const M2fParams *params, GError **error)
{
    int height = image ? image->height : 0, width = image ? image->width : 0;

    if (!check_channels (model->config, error) || !m2f_image_check (image, error)
        || !m2f_params_check (params, model->config->n_labels, error))
        return false;

    *p = (M2fPreparation) {
        .format = image->format,
        .height = image->height,
        .width = image->width,
    };
    if (model->processor.do_resize || params->input_height > 0)
        display_size (p, params, &height, &width);
    if (!m2f_input_size (&model->processor, height, width, params->input_height,
            params->input_width, &p->size, error))
        return false;
    p->crop = params->postprocess == M2F_POSTPROCESS_PAPER
        && (p->size.height != p->size.inner_height || p->size.width != p->size.inner_width);
    p->map = m2f_map_setup (params, p->height, p->width, p->size.inner_height,
        p->size.inner_width);
    return true;
}

static bool
equal_sizes (const M2fInputSize *a, const M2fInputSize *b)
{
    return a->height == b->height && a->width == b->width && a->inner_height == b->inner_height
        && a->inner_width == b->inner_width;
}

bool
m2f_preparation_equal (const M2fPreparation *a, const M2fPreparation *b)
{
    return a->format == b->format && a->height == b->height && a->width == b->width
        && a->crop == b->crop && equal_sizes (&a->size, &b->size)
        && m2f_map_setup_equal (&a->map, &b->map);
}

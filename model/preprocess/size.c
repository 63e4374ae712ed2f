/* The size of the network's input, as transformers computes it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/size.h"

#include <math.h>

#include "model/error.h"

/* Coarsest stride of the network; sides are rounded up to it where only input_height is given. */
#define STRIDE 32

/* transformers' get_size_with_aspect_ratio(); max_size 0 = none.  Python's int() cuts off and its
 * round() goes to even, hence no integer arithmetic here. */
static void
edges_size (int height, int width, int shortest, int longest, double *out_height,
    double *out_width)
{
    double short_side = MIN (height, width), long_side = MAX (height, width);
    double size = shortest, raw = shortest;

    if (longest > 0 && long_side / short_side * shortest > longest) {
        raw = longest * short_side / long_side;
        size = nearbyint (raw);
    }
    if (short_side == size) {
        *out_height = height;
        *out_width = width;
    } else if (width < height) {
        *out_width = size;
        *out_height = trunc (raw * height / width);
    } else {
        *out_height = size;
        *out_width = trunc (raw * width / height);
    }
}

static double
round_up (double side, int divisor)
{
    side = MAX (side, 1); /* transformers fails where a side vanishes */
    return divisor > 1 ? ceil (side / divisor) * divisor : side;
}

bool
m2f_input_size (const M2fProcessorConfig *config, int height, int width, int input_height,
    int input_width, M2fInputSize *size, GError **error)
{
    double h = height, w = width;
    int divisor = config->size_divisor;
    bool pad = config->pad_height > 0 && config->pad_width > 0 && input_height == 0;

    if (input_height > 0 && input_width > 0) {
        h = input_height;
        w = input_width;
        divisor = 1;
    } else if (input_height > 0) {
        edges_size (height, width, input_height, 0, &h, &w);
        divisor = STRIDE;
    } else if (!config->do_resize) {
        divisor = 1;
    } else if (config->size_mode == M2F_SIZE_EDGES) {
        edges_size (height, width, config->shortest_edge, config->longest_edge, &h, &w);
    } else if (config->size_mode == M2F_SIZE_FIT) {
        double scale = MIN ((double) config->height / height, (double) config->width / width);
        h = trunc (height * scale);
        w = trunc (width * scale);
    } else {
        h = config->height;
        w = config->width;
    }
    h = round_up (h, divisor);
    w = round_up (w, divisor);

    double full_h = pad ? config->pad_height : h, full_w = pad ? config->pad_width : w;
    if (full_h < h || full_w < w) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "picture of %dx%d: resized to %.0fx%.0f, which pad_size %dx%d of "
            "preprocessor_config.json does not hold (all height x width)",
            height, width, h, w, config->pad_height, config->pad_width);
        return false;
    }
    if (full_h > M2F_MAX_SIDE || full_w > M2F_MAX_SIDE || full_h * full_w > M2F_MAX_INPUT_PIXELS) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "picture of %dx%d: the network's input would be %.0fx%.0f (height x width), expected "
            "sides up to %d and %d pixels at most",
            height, width, full_h, full_w, M2F_MAX_SIDE, M2F_MAX_INPUT_PIXELS);
        return false;
    }
    *size = (M2fInputSize) {
        .height = (int) full_h,
        .width = (int) full_w,
        .inner_height = (int) h,
        .inner_width = (int) w,
    };
    return true;
}

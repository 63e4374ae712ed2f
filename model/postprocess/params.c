/* M2fParams checked, and the label map that they ask for.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/postprocess/params.h"

#include "model/error.h"
#include "model/preprocess/size.h"

static bool
refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static bool
refuse (GError **error, const char *format, ...)
{
    va_list args;

    va_start (args, format);
    g_autofree char *text = g_strdup_vprintf (format, args);
    va_end (args);
    m2f_set_error (error, M2F_ERROR_ARGUMENT, "%s", text);
    return false;
}

static bool
check_fraction (const char *name, double value, GError **error)
{
    if (value >= 0 && value <= 1)
        return true;
    return refuse (error, "params: %s is %g, expected 0 to 1", name, value);
}

/* Two sides are both set or both 0; if `height_alone`, the height may be set without the width. */
static bool
check_size (const char *what, int height, int width, bool height_alone, GError **error)
{
    bool pair = (height > 0) == (width > 0) || (height_alone && height > 0);

    if (pair && height >= 0 && width >= 0 && height <= M2F_MAX_SIDE && width <= M2F_MAX_SIDE)
        return true;
    return refuse (error, "params: %s size is %dx%d (height x width), expected %s up to %d", what,
        height, width, height_alone ? "zeros, a height or both sides" : "zeros or both sides",
        M2F_MAX_SIDE);
}

static bool
check_fuse (const M2fParams *params, int n_labels, GError **error)
{
    if (params->n_label_ids_to_fuse == M2F_FUSE_DEFAULT)
        return true;
    if (params->n_label_ids_to_fuse < 0
        || (params->n_label_ids_to_fuse > 0 && !params->label_ids_to_fuse))
        return refuse (error, "params: n_label_ids_to_fuse is %d, but label_ids_to_fuse is %s",
            params->n_label_ids_to_fuse, params->label_ids_to_fuse ? "set" : "NULL");
    for (int i = 0; i < params->n_label_ids_to_fuse; i++)
        if (params->label_ids_to_fuse[i] < 0 || params->label_ids_to_fuse[i] >= n_labels)
            return refuse (error, "params: label_ids_to_fuse has %d, expected 0 to %d",
                params->label_ids_to_fuse[i], n_labels - 1);
    return true;
}

bool
m2f_params_check (const M2fParams *params, int n_labels, GError **error)
{
    if (!params)
        return refuse (error, "params: NULL");
    if ((unsigned) params->task > M2F_TASK_PANOPTIC)
        return refuse (error, "params: task is %d, expected a M2fTask", (int) params->task);
    if ((unsigned) params->postprocess > M2F_POSTPROCESS_TRANSFORMERS)
        return refuse (error, "params: postprocess is %d, expected a M2fPostprocess",
            (int) params->postprocess);
    if (params->no_target_size && params->postprocess != M2F_POSTPROCESS_TRANSFORMERS)
        return refuse (error, "params: no_target_size goes with M2F_POSTPROCESS_TRANSFORMERS only");
    if (params->pixel_aspect_ratio != 0
        && !(params->pixel_aspect_ratio >= 0.01 && params->pixel_aspect_ratio <= 100))
        return refuse (error, "params: pixel_aspect_ratio is %g, expected 0 or 0.01 to 100",
            params->pixel_aspect_ratio);
    if (n_labels < 1 && params->task != M2F_TASK_PANOPTIC)
        return refuse (error, "params: expected M2F_TASK_PANOPTIC for a network without classes, "
            "which has nothing to find in other tasks");
    return check_fraction ("threshold", params->threshold, error)
        && check_fraction ("mask_threshold", params->mask_threshold, error)
        && check_fraction ("overlap_mask_area_threshold", params->overlap_mask_area_threshold,
            error)
        && check_size ("input", params->input_height, params->input_width, true, error)
        && check_size ("target", params->target_height, params->target_width, false, error)
        && check_fuse (params, n_labels, error);
}

M2fMapSetup
m2f_map_setup (const M2fParams *params, int height, int width, int input_height, int input_width)
{
    M2fMapSetup setup = {
        .task = params->task,
        .postprocess = params->postprocess,
        .map_height = params->target_height > 0 ? params->target_height : height,
        .map_width = params->target_width > 0 ? params->target_width : width,
        .input_height = input_height,
        .input_width = input_width,
    };

    if (params->no_target_size)
        setup.map_height = setup.map_width = M2F_TRANSFORMERS_SIDE;
    return setup;
}

bool
m2f_map_setup_equal (const M2fMapSetup *a, const M2fMapSetup *b)
{
    return a->task == b->task && a->postprocess == b->postprocess
        && a->map_height == b->map_height && a->map_width == b->map_width
        && a->input_height == b->input_height && a->input_width == b->input_width;
}

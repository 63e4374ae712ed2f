/* Names of the values of the enumerations, as command lines and files write them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdbool.h>

#include "model/error.h"

/* Every list ends with NULL. */
static const char *const tasks[] = {
    [M2F_TASK_SEMANTIC] = "semantic",
    [M2F_TASK_INSTANCE] = "instance",
    [M2F_TASK_PANOPTIC] = "panoptic",
    NULL,
};

static const char *const postprocesses[] = {
    [M2F_POSTPROCESS_PAPER] = "paper",
    [M2F_POSTPROCESS_TRANSFORMERS] = "transformers",
    NULL,
};

static const char *const trackings[] = {
    [M2F_TRACKING_NONE] = "none",
    [M2F_TRACKING_QUERY] = "query",
    [M2F_TRACKING_IOU] = "iou",
    NULL,
};

static const char *const palettes[] = {
    [M2F_PALETTE_DATASET] = "dataset",
    [M2F_PALETTE_VIVID] = "vivid",
    [M2F_PALETTE_PASTEL] = "pastel",
    [M2F_PALETTE_COLOUR_BLIND] = "colour-blind",
    NULL,
};

static const char *const formats[] = {
    [M2F_FORMAT_RGB] = "RGB",
    [M2F_FORMAT_BGR] = "BGR",
    [M2F_FORMAT_RGBA] = "RGBA",
    [M2F_FORMAT_BGRA] = "BGRA",
    [M2F_FORMAT_ARGB] = "ARGB",
    [M2F_FORMAT_ABGR] = "ABGR",
    [M2F_FORMAT_GRAY8] = "GRAY8",
    [M2F_FORMAT_NV12] = "NV12",
    [M2F_FORMAT_I420] = "I420",
    [M2F_FORMAT_RGBP] = "RGBP",
    [M2F_FORMAT_BGRP] = "BGRP",
    [M2F_FORMAT_GBR] = "GBR",
    [M2F_FORMAT_GBRA] = "GBRA",
    [M2F_FORMAT_NV21] = "NV21",
    [M2F_FORMAT_YV12] = "YV12",
    [M2F_FORMAT_Y42B] = "Y42B",
    [M2F_FORMAT_Y444] = "Y444",
    [M2F_FORMAT_YUY2] = "YUY2",
    [M2F_FORMAT_UYVY] = "UYVY",
    [M2F_FORMAT_P010_10LE] = "P010_10LE",
    [M2F_FORMAT_I420_10LE] = "I420_10LE",
    NULL,
};

static const char *
name_of (const char *const *names, int value)
{
    int n = (int) g_strv_length ((char **) names);

    return value >= 0 && value < n ? names[value] : NULL;
}

/* The index of `name`, or -1 with an error that lists the names. */
static int
value_of (const char *const *names, const char *what, const char *name, GError **error)
{
    for (int i = 0; names[i]; i++)
        if (name && g_ascii_strcasecmp (name, names[i]) == 0)
            return i;

    g_autofree char *list = g_strjoinv (", ", (char **) names);
    m2f_set_error (error, M2F_ERROR_ARGUMENT, "%s: expected one of %s, found '%s'", what,
        list, name ? name : "");
    return -1;
}

const char *
m2f_task_name (M2fTask task)
{
    return name_of (tasks, (int) task);
}

gboolean
m2f_task_from_name (const char *name, M2fTask *task, GError **error)
{
    int value = value_of (tasks, "task", name, error);

    if (value >= 0)
        *task = (M2fTask) value;
    return value >= 0;
}

const char *
m2f_postprocess_name (M2fPostprocess postprocess)
{
    return name_of (postprocesses, (int) postprocess);
}

gboolean
m2f_postprocess_from_name (const char *name, M2fPostprocess *postprocess, GError **error)
{
    int value = value_of (postprocesses, "postprocess", name, error);

    if (value >= 0)
        *postprocess = (M2fPostprocess) value;
    return value >= 0;
}

const char *
m2f_tracking_name (M2fTracking tracking)
{
    return name_of (trackings, (int) tracking);
}

gboolean
m2f_tracking_from_name (const char *name, M2fTracking *tracking, GError **error)
{
    int value = value_of (trackings, "tracking", name, error);

    if (value >= 0)
        *tracking = (M2fTracking) value;
    return value >= 0;
}

const char *
m2f_palette_name (M2fPalette palette)
{
    return name_of (palettes, (int) palette);
}

gboolean
m2f_palette_from_name (const char *name, M2fPalette *palette, GError **error)
{
    int value = value_of (palettes, "palette", name, error);

    if (value >= 0)
        *palette = (M2fPalette) value;
    return value >= 0;
}

const char *
m2f_format_name (M2fFormat format)
{
    return name_of (formats, (int) format);
}

gboolean
m2f_format_from_name (const char *name, M2fFormat *format, GError **error)
{
    int value = value_of (formats, "format", name, error);

    if (value >= 0)
        *format = (M2fFormat) value;
    return value >= 0;
}

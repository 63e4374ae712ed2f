/* Fuzzes the texts that properties and functions take: sizes, class numbers, devices, names, and
 * what gst-launch-1.0 writes behind a property's name.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/gst.h>

#include "gst/segstate.h"
#include "gst/parse.h"
#include "model/compute/compute.h"
#include "model/device_error.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

static void
try_input_size (const char *text)
{
    GError *error = NULL;
    int height, width;
    gboolean ok = gst_mask2former_parse_input_size (text, &height, &width, &error);

    fuzz_check_error (ok, error);
    g_assert_true (!ok || (height >= 0 && width >= 0 && (height > 0 || width == 0)));
}

static void
try_label_ids (const char *text, int n_labels)
{
    GError *error = NULL;
    g_autoptr (GArray) ids = gst_mask2former_parse_label_ids (text, n_labels, &error);

    fuzz_check_error (ids != NULL, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        g_assert_cmpint (g_array_index (ids, int, i), >=, 0);
        g_assert_cmpint (g_array_index (ids, int, i), <, n_labels);
    }
}

static void
try_names (const char *text)
{
    M2fPalette palette;
    M2fTask task;
    GError *error = NULL;
    gboolean ok = m2f_palette_from_name (text, &palette, &error);

    fuzz_check_error (ok, error);
    g_assert_true (!ok || g_ascii_strcasecmp (m2f_palette_name (palette), text) == 0);
    error = NULL;
    ok = m2f_task_from_name (text, &task, &error);
    fuzz_check_error (ok, error);
    g_assert_true (!ok || g_ascii_strcasecmp (m2f_task_name (task), text) == 0);
    g_assert_true (m2f_label_is_background (text) == TRUE
        || m2f_label_is_background (text) == FALSE);
}

/* No GPU: its driver would be loaded, and leaks. */
static void
try_device (const char *text)
{
    GError *found = NULL, *error = NULL;

    if (g_str_equal (text, "auto") || g_str_has_prefix (text, "vulkan"))
        return;
    M2fDevice *device = m2f_device_open (text, M2F_PRECISION_FP32, 1, &found);
    if (found)
        m2f_propagate_device_error (&error, found);
    fuzz_check_error (device != NULL, error);
    m2f_device_unref (&device);
}

/* Sets a property as gst-launch-1.0 does; it is read back as it was understood.  Those of every
 * GstObject are GStreamer's, which makes a new name of none. */
static void
try_property (FuzzInput *in, const char *text)
{
    static guint n_properties;
    static GParamSpec **properties;
    g_autoptr (GstElement) element
        = gst_object_ref_sink (g_object_new (gst_mask2former_seg_get_type (), NULL));
    GValue value = G_VALUE_INIT, again = G_VALUE_INIT;

    if (!properties)
        properties = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n_properties);
    GParamSpec *property = properties[fuzz_int (in, 0, (int) n_properties - 1)];
    if (!(property->flags & G_PARAM_WRITABLE) || !(property->flags & G_PARAM_READABLE)
        || property->owner_type == GST_TYPE_OBJECT)
        return;
    g_value_init (&value, property->value_type);
    if (gst_value_deserialize_with_pspec (&value, text, property)) {
        g_param_value_validate (property, &value);
        g_object_set_property (G_OBJECT (element), property->name, &value);
        g_value_init (&again, property->value_type);
        g_object_get_property (G_OBJECT (element), property->name, &again);
        g_assert_cmpint (g_param_values_cmp (property, &value, &again), ==, 0);
        g_value_unset (&again);
    }
    g_value_unset (&value);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
    g_setenv ("GST_REGISTRY_DISABLE", "yes", FALSE);
    gst_init (argc, argv);
    g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
    return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    const int kind = fuzz_int (&in, 0, 4), n_labels = fuzz_int (&in, 1, 256);
    g_autofree char *text = g_strndup ((const char *) in.data, in.size);

    switch (kind) {
    case 0: try_input_size (text); break;
    case 1: try_label_ids (text, n_labels); break;
    case 2: try_names (text); break;
    case 3: try_device (text); break;
    default: try_property (&(FuzzInput) { data + 1, size - 1 }, text); break;
    }
    return 0;
}

/* m2f: parses the command line and sets the parameters of a model.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/tool.h"

#include <stdio.h>
#include <string.h>

#include "model/error.h"

static void
add_common_options (GOptionContext *context, ToolOptions *o)
{
    const GOptionEntry entries[] = {
        { "device", 0, 0, G_OPTION_ARG_STRING, &o->device,
            "device to compute on: auto (default), cpu, vulkan, vulkan:N, reference", "DEVICE" },
        { "precision", 0, 0, G_OPTION_ARG_STRING, &o->precision,
            "precision of the network: auto (default), fp32, bf16, fp16, int8", "P" },
        { "threads", 0, 0, G_OPTION_ARG_INT, &o->threads,
            "number of CPU threads (default: one per core)", "N" },
        { "input-size", 0, 0, G_OPTION_ARG_STRING, &o->input_size,
            "size of the network's input: HxW, or N for the short edge (default: from the "
            "checkpoint)", "SIZE" },
        { "task", 0, 0, G_OPTION_ARG_STRING, &o->task,
            "semantic, instance or panoptic segmentation (default: from the checkpoint)", "T" },
        { "postprocess", 0, 0, G_OPTION_ARG_STRING, &o->postprocess,
            "rules of post-processing: paper (default), transformers", "P" },
        { "threshold", 0, 0, G_OPTION_ARG_DOUBLE, &o->threshold,
            "lowest score of a segment, for instance and panoptic (default: 0.5)", "X" },
        { "mask-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &o->mask_threshold,
            "lowest probability of a pixel in a mask, for panoptic (default: 0.5)", "X" },
        { "overlap-mask-area-threshold", 0, 0, G_OPTION_ARG_DOUBLE,
            &o->overlap_mask_area_threshold,
            "lowest visible share of a mask, for panoptic (default: 0.8)", "X" },
        { "label-ids-to-fuse", 0, 0, G_OPTION_ARG_STRING, &o->label_ids_to_fuse,
            "numbers of the classes whose segments become one, for panoptic: 0,1,2 or none "
            "(default: the classes of stuff; none with --postprocess=transformers)", "IDS" },
        { NULL },
    };
    g_option_context_add_main_entries (context, entries, NULL);
}

bool
tool_parse (int argc, char **argv, const char *usage, const GOptionEntry *own, int n_positional,
    char **positional, ToolOptions *options, GError **error)
{
    g_autoptr (GOptionContext) context = g_option_context_new (usage);

    *options = (ToolOptions) { .threshold = -1, .mask_threshold = -1,
        .overlap_mask_area_threshold = -1 };
    add_common_options (context, options);
    if (own)
        g_option_context_add_main_entries (context, own, NULL);
    if (!g_option_context_parse (context, &argc, &argv, error))
        return false;
    int least = strchr (usage, '[') ? n_positional - 1 : n_positional;
    if (argc <= least || argc > n_positional + 1) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "expected %s, got %d argument%s",
            usage, argc - 1, argc == 2 ? "" : "s");
        return false;
    }
    for (int i = 0; i < n_positional; i++)
        positional[i] = i + 1 < argc ? argv[i + 1] : NULL;
    return true;
}

void
tool_options_clear (ToolOptions *options)
{
    g_free (options->device);
    g_free (options->precision);
    g_free (options->input_size);
    g_free (options->postprocess);
    g_free (options->task);
    g_free (options->label_ids_to_fuse);
    g_clear_pointer (&options->fused, g_array_unref);
}

M2fModel *
tool_load (const char *dir, const ToolOptions *options, GError **error)
{
    M2fModel *model = m2f_model_load (&(M2fLoadOptions) { .path = dir,
                                          .device = options->device,
                                          .precision = options->precision,
                                          .threads = options->threads },
        error);

    for (const char *const *line = model ? m2f_model_warnings (model) : NULL; line && *line; line++)
        fprintf (stderr, "m2f: %s\n", *line);
    return model;
}

bool
tool_parse_size (const char *text, const char *what, int *height, int *width, GError **error)
{
    char *end = NULL;
    guint64 h = g_ascii_strtoull (text, &end, 10), w = 0;

    if (end != text && *end == 'x') {
        const char *second = end + 1;
        w = g_ascii_strtoull (second, &end, 10);
        if (end != second && *end == '\0' && h >= 1 && w >= 1 && h <= 65536 && w <= 65536) {
            *height = (int) h;
            *width = (int) w;
            return true;
        }
    }
    m2f_set_error (error, M2F_ERROR_ARGUMENT, "%s: expected HxW in pixels, got '%s'", what,
        text);
    return false;
}

static bool
apply_threshold (const char *what, double value, double *threshold, GError **error)
{
    if (value == -1)
        return true;
    if (!(value >= 0 && value <= 1)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "%s: expected 0..1, got %g", what,
            value);
        return false;
    }
    *threshold = value;
    return true;
}

static bool
apply_input_size (const char *text, M2fParams *params, GError **error)
{
    char *end = NULL;
    guint64 edge = g_ascii_strtoull (text, &end, 10);

    if (end != text && *end == '\0' && edge >= 1 && edge <= 65536) {
        params->input_height = (int) edge;
        params->input_width = 0;
        return true;
    }
    return tool_parse_size (text, "--input-size", &params->input_height, &params->input_width,
        error);
}

/* "none", or numbers of classes separated by commas. */
static bool
apply_label_ids (ToolOptions *o, int n_labels, M2fParams *params, GError **error)
{
    bool none = g_strcmp0 (o->label_ids_to_fuse, "none") == 0;
    g_auto (GStrv) words = none ? g_new0 (char *, 1) : g_strsplit (o->label_ids_to_fuse, ",", -1);
    guint n = g_strv_length (words);

    g_clear_pointer (&o->fused, g_array_unref);
    o->fused = g_array_new (FALSE, FALSE, sizeof (int));
    for (guint i = 0; i < n; i++) {
        guint64 id;

        if (!g_ascii_string_to_unsigned (g_strstrip (words[i]), 10, 0, (guint64) n_labels - 1, &id,
                NULL))
            break;
        g_array_append_vals (o->fused, &(int) { (int) id }, 1);
    }
    if (!none && (n == 0 || o->fused->len < n)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "--label-ids-to-fuse: expected none or numbers from 0 to %d separated by commas, got "
            "'%s'", n_labels - 1, o->label_ids_to_fuse);
        return false;
    }
    params->label_ids_to_fuse = (const int *) (void *) o->fused->data;
    params->n_label_ids_to_fuse = (int) o->fused->len;
    return true;
}

bool
tool_params (const M2fModel *model, ToolOptions *o, M2fParams *params, GError **error)
{
    m2f_params_init (params, model);
    if (o->task && !m2f_task_from_name (o->task, &params->task, error))
        return false;
    if (o->postprocess
        && !m2f_postprocess_from_name (o->postprocess, &params->postprocess, error))
        return false;
    if (o->input_size && !apply_input_size (o->input_size, params, error))
        return false;
    if (o->label_ids_to_fuse
        && !apply_label_ids (o, m2f_model_n_labels (model), params, error))
        return false;
    return apply_threshold ("--threshold", o->threshold, &params->threshold, error)
        && apply_threshold ("--mask-threshold", o->mask_threshold, &params->mask_threshold, error)
        && apply_threshold ("--overlap-mask-area-threshold", o->overlap_mask_area_threshold,
            &params->overlap_mask_area_threshold, error);
}

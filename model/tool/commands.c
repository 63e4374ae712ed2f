/* The commands info, devices, run, forward and postprocess of m2f.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/tool.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/checkpoint/safetensors_write.h"
#include "model/tool/label_png.h"
#include "model/error.h"

#define MAX_PICTURES 4096 /* of logits */

bool
tool_info (int argc, char **argv, GError **error)
{
    ToolOptions options;
    char *dir;
    M2fModel *model = NULL;

    if (tool_parse (argc, argv, "DIR", NULL, 1, &dir, &options, error))
        model = tool_load (dir, &options, error);
    tool_options_clear (&options);
    if (!model)
        return false;
    g_autofree char *json = m2f_model_to_json (model);
    m2f_model_unref (model);
    return tool_write_text (NULL, json, error);
}

/* Takes no options: what there is does not depend on a model. */
bool
tool_devices (int argc, char **argv, GError **error)
{
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    if (!g_option_context_parse (context, &argc, &argv, error))
        return false;
    if (argc != 1) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "expected no arguments, got %d",
            argc - 1);
        return false;
    }
    g_autofree char *json = m2f_devices_to_json ();
    return tool_write_text (NULL, g_strchomp (json), error);
}

/* The files that `m2f run` writes, NULL for those not asked for. */
typedef struct RunOutputs {
    char *overlay, *labels, *json;
    char *masks; /* a folder */
    gboolean rle;
} RunOutputs;

/* The runs of pixels of one id, start and length in turns. */
static json_t *
runs_json (const M2fResult *result, int id)
{
    g_autoptr (GArray) runs = m2f_result_rle (result, id);
    json_t *list = json_array ();

    for (guint i = 0; i < runs->len; i++)
        json_array_append_new (list, json_integer (g_array_index (runs, int, i)));
    return list;
}

/* transformers' return_coco_annotation: the runs of every value of the label map, void's too, the
 * lowest first. */
static json_t *
map_runs_json (const M2fResult *result)
{
    g_autofree bool *present = g_new0 (bool, 1 + (1 << 16)); /* by value + 1 */
    json_t *list = json_array ();

    for (int y = 0; y < result->map_height; y++)
        for (int x = 0; x < result->map_width; x++)
            present[1 + m2f_result_id (result, x, y)] = true;
    for (int id = -1; id < 1 << 16; id++)
        if (present[1 + id])
            json_array_append_new (list, runs_json (result, id));
    return list;
}

/* The result as JSON; with the runs as its member "segmentation" if asked for. */
static char *
result_json (const RunOutputs *outputs, const M2fResult *result)
{
    char *text = m2f_result_to_json (result);

    if (!outputs->rle)
        return text;
    json_t *root = json_loads (text, 0, NULL);
    json_object_set_new (root, "segmentation", map_runs_json (result));
    char *with_runs = json_dumps (root, JSON_COMPACT | JSON_REAL_PRECISION (15));

    g_free (text);
    text = g_strdup (with_runs);
    free (with_runs);
    json_decref (root);
    return text;
}

/* transformers' return_binary_maps: a picture 0.png, 1.png ... for each segment, in the order of
 * the JSON; its pixels are white. */
static bool
write_masks (const char *folder, const M2fResult *result, GError **error)
{
    const size_t pixels = (size_t) result->map_width * result->map_height;
    g_autofree uint8_t *white = g_try_malloc (pixels);
    const ToolPixels mask = { white, result->map_width, result->map_height, result->map_width, 1 };

    if (!white)
        return m2f_no_memory (error, pixels, folder);
    if (g_mkdir_with_parents (folder, 0777) != 0) {
        m2f_set_error (error, M2F_ERROR_READ, "%s: cannot make the folder", folder);
        return false;
    }
    for (int i = 0; i < result->n_segments; i++) {
        g_autofree char *name = g_strdup_printf ("%d.png", i);
        g_autofree char *path = g_build_filename (folder, name, NULL);

        for (size_t j = 0; j < pixels; j++)
            white[j] = result->segments[i].mask[j] ? 255 : 0;
        if (!tool_write_png (path, &mask, error))
            return false;
    }
    return true;
}

static bool
write_outputs (const RunOutputs *outputs, const GdkPixbuf *picture, const M2fResult *result,
    GError **error)
{
    g_autofree char *json = result_json (outputs, result);

    if (outputs->overlay && !tool_save_overlay (outputs->overlay, picture, result, error))
        return false;
    if (outputs->labels && !tool_save_labels (outputs->labels, result, error))
        return false;
    if (outputs->masks && !write_masks (outputs->masks, result, error))
        return false;
    return tool_write_text (outputs->json, json, error);
}

static bool
run_picture (const char *dir, const char *path, ToolOptions *options,
    const RunOutputs *outputs, GError **error)
{
    M2fImage image;
    M2fParams params;
    g_auto (M2fResult) result = { 0 };
    g_autoptr (GdkPixbuf) picture = tool_load_picture (path, &image, error);
    M2fModel *model = picture ? tool_load (dir, options, error) : NULL;
    M2fSession *session = NULL;
    bool ok = false;

    if (model && tool_params (model, options, &params, error)) {
        params.binary_maps = outputs->masks != NULL;
        session = m2f_session_new (model);
        ok = m2f_session_run (session, &image, &params, &result, error);
        if (ok && result.non_finite)
            fputs ("m2f: the network's output is not finite: the weights overflow or are damaged; "
                "segments mean nothing\n", stderr);
        ok = ok && write_outputs (outputs, picture, &result, error);
    }
    m2f_session_free (session);
    m2f_model_unref (model);
    return ok;
}

bool
tool_run (int argc, char **argv, GError **error)
{
    RunOutputs outputs = { 0 };
    ToolOptions options;
    char *words[2];
    const GOptionEntry own[] = {
        { "overlay", 0, 0, G_OPTION_ARG_FILENAME, &outputs.overlay,
            "write the picture with the segments drawn over it", "O.png" },
        { "labels", 0, 0, G_OPTION_ARG_FILENAME, &outputs.labels,
            "write the label map, segment ids as grey levels", "O.png" },
        { "json", 0, 0, G_OPTION_ARG_FILENAME, &outputs.json,
            "write the segments to this file (default: standard output)", "O.json" },
        { "rle", 0, 0, G_OPTION_ARG_NONE, &outputs.rle,
            "add the label map to the JSON as runs of pixels, for each id start and length in "
            "turns, counted row by row from 1", NULL },
        { "binary-masks", 0, 0, G_OPTION_ARG_FILENAME, &outputs.masks,
            "write the mask of every segment to FOLDER/0.png, 1.png ...", "FOLDER" },
        { NULL },
    };
    bool ok = tool_parse (argc, argv, "DIR IMAGE", own, 2, words, &options, error)
        && run_picture (words[0], words[1], &options, &outputs, error);

    tool_options_clear (&options);
    g_free (outputs.overlay);
    g_free (outputs.labels);
    g_free (outputs.json);
    g_free (outputs.masks);
    return ok;
}

static bool
write_stages (const char *path, const GPtrArray *stages, GError **error)
{
    g_autofree M2fSafetensorOut *out = g_new0 (M2fSafetensorOut, stages->len);

    for (guint i = 0; i < stages->len; i++) {
        const M2fHostTensor *stage = stages->pdata[i];
        out[i] = (M2fSafetensorOut) { .name = stage->name, .dtype = M2F_DTYPE_F32,
            .n_dims = stage->n_dims, .shape = stage->shape, .data = stage->data };
    }
    return m2f_safetensors_write (path, out, (int) stages->len, error);
}

/* What `m2f forward` reads and writes. */
typedef struct ForwardFiles {
    char *pixel_values; /* NULL: a picture */
    char *dump;
    gboolean attentions;
} ForwardFiles;

static bool
forward_picture (const char *dir, const char *path, const ForwardFiles *files,
    ToolOptions *options, GError **error)
{
    M2fImage image;
    M2fParams params;
    M2fHostTensor *values = NULL;
    g_autoptr (GPtrArray) stages = NULL;
    g_autoptr (GdkPixbuf) picture = NULL;

    if (files->pixel_values)
        values = tool_read_tensor (files->pixel_values, "pixel_values", error);
    else
        picture = tool_load_picture (path, &image, error);
    if (!values && !picture)
        return false;
    M2fModel *model = tool_load (dir, options, error);
    if (model && tool_params (model, options, &params, error)) {
        params.attentions = files->attentions;
        stages = m2f_model_forward (model, values ? NULL : &image, &params, values, error);
    }
    m2f_model_unref (model);
    m2f_host_tensor_free (values);
    return stages && write_stages (files->dump, stages, error);
}

bool
tool_forward (int argc, char **argv, GError **error)
{
    ForwardFiles files = { 0 };
    ToolOptions options;
    char *words[2];
    const GOptionEntry own[] = {
        { "dump", 0, 0, G_OPTION_ARG_FILENAME, &files.dump,
            "write the tensors of all stages to this file (required)", "OUT.safetensors" },
        { "pixel-values", 0, 0, G_OPTION_ARG_FILENAME, &files.pixel_values,
            "use the tensor `pixel_values` of this file as input; IMAGE is not read then",
            "IN.safetensors" },
        { "attentions", 0, 0, G_OPTION_ARG_NONE, &files.attentions,
            "write the weights of all attentions, too", NULL },
        { NULL },
    };
    bool ok = tool_parse (argc, argv, "DIR [IMAGE]", own, 2, words, &options, error);

    if (ok && !files.pixel_values && !words[1]) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "expected IMAGE or --pixel-values IN.safetensors, got neither");
        ok = false;
    }
    if (ok && !files.dump) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "--dump OUT.safetensors is required");
        ok = false;
    }
    ok = ok && forward_picture (words[0], words[1], &files, &options, error);
    tool_options_clear (&options);
    g_free (files.pixel_values);
    g_free (files.dump);
    return ok;
}

/* Writes the label maps, all of one size, as the tensor "labels" (height, width), or (pictures,
 * height, width) of several, with -1 where there is no segment. */
static bool
write_labels (const char *path, const M2fResult *results, int n_results, GError **error)
{
    const int64_t shape[3] = { n_results, results->map_height, results->map_width };
    const gsize n = (gsize) shape[0] * (gsize) shape[1] * (gsize) shape[2];
    g_autofree gint32 *ids = g_try_new (gint32, n);
    gsize i = 0;

    if (!ids) {
        m2f_set_error (error, M2F_ERROR_READ, "%s: no memory for %zu ids", path, n);
        return false;
    }
    for (int k = 0; k < n_results; k++)
        for (int y = 0; y < shape[1]; y++)
            for (int x = 0; x < shape[2]; x++)
                ids[i++] = m2f_result_id (&results[k], x, y);
    const bool single = n_results == 1;
    M2fSafetensorOut out = { .name = "labels", .dtype = M2F_DTYPE_I32, .n_dims = single ? 2 : 3,
        .shape = single ? shape + 1 : shape, .data = ids };
    return m2f_safetensors_write (path, &out, 1, error);
}

/* Writes the segments: an object, or a list of an object for each of several pictures. */
static bool
write_results (const char *path, const M2fResult *results, int n_results, GError **error)
{
    g_autoptr (GString) json = g_string_new (n_results > 1 ? "[" : "");

    for (int i = 0; i < n_results; i++) {
        g_autofree char *text = m2f_result_to_json (&results[i]);
        g_string_append_printf (json, "%s%s", i > 0 ? ",\n" : "", text);
    }
    if (n_results > 1)
        g_string_append_c (json, ']');
    return tool_write_text (path, json->str, error);
}

/* Without a size, transformers leaves the label map at 384x384. */
static bool
set_target_size (M2fParams *params, const char *size, GError **error)
{
    if (size)
        return tool_parse_size (size, "--size", &params->target_height, &params->target_width,
            error);
    params->no_target_size = params->postprocess == M2F_POSTPROCESS_TRANSFORMERS;
    if (!params->no_target_size)
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "--size HxW is required unless --postprocess=transformers");
    return params->no_target_size;
}

/* Logits of another shape are refused as those of one picture. */
static int
count_pictures (const M2fHostTensor *logits)
{
    const int64_t n = logits->shape[0];

    return logits->n_dims == 3 && n > 1 && n <= MAX_PICTURES ? (int) n : 1;
}

static bool
postprocess_logits (const char *dir, const char *path, const char *size, const char *json_path,
    const char *labels_path, ToolOptions *options, GError **error)
{
    M2fParams params;
    M2fHostTensor *classes = tool_read_tensor (path, "class_queries_logits", error);
    M2fHostTensor *masks = classes ? tool_read_tensor (path, "masks_queries_logits", error) : NULL;
    M2fModel *model = masks ? tool_load (dir, options, error) : NULL;
    bool ok = model && tool_params (model, options, &params, error);

    ok = ok && set_target_size (&params, size, error);
    const int n = ok ? count_pictures (classes) : 0;
    M2fResult *results = g_new0 (M2fResult, n);
    M2fParams *each = g_new (M2fParams, n);
    for (int i = 0; i < n; i++)
        each[i] = params;
    ok = ok && (n == 1 ? m2f_model_postprocess (model, classes, masks, each, results, error)
        : m2f_model_postprocess_batch (model, classes, masks, each, results, n, error));
    ok = ok && write_results (json_path, results, n, error)
        && (!labels_path || write_labels (labels_path, results, n, error));
    for (int i = 0; i < n; i++)
        m2f_result_clear (&results[i]);
    g_free (each);
    g_free (results);
    m2f_model_unref (model);
    m2f_host_tensor_free (masks);
    m2f_host_tensor_free (classes);
    return ok;
}

bool
tool_postprocess (int argc, char **argv, GError **error)
{
    g_autofree char *size = NULL;
    g_autofree char *json = NULL;
    g_autofree char *labels = NULL;
    ToolOptions options;
    char *words[2];
    const GOptionEntry own[] = {
        { "size", 0, 0, G_OPTION_ARG_STRING, &size,
            "size of the label map (with --postprocess=transformers, default: 384x384)", "HxW" },
        { "json", 0, 0, G_OPTION_ARG_FILENAME, &json,
            "write the segments to this file (default: standard output)", "O.json" },
        { "labels-safetensors", 0, 0, G_OPTION_ARG_FILENAME, &labels,
            "write the label map as the int32 tensor `labels`", "O.safetensors" },
        { NULL },
    };
    bool ok = tool_parse (argc, argv, "DIR LOGITS.safetensors", own, 2, words, &options, error)
        && postprocess_logits (words[0], words[1], size, json, labels, &options, error);

    tool_options_clear (&options);
    return ok;
}

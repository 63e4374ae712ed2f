/* m2f eval: how good a checkpoint is on labelled pictures.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/error.h"
#include "model/tool/scores.h"
#include "model/tool/tool.h"

#define RATE 10.0 /* frames of a video per second, unless told otherwise */

typedef struct Eval {
    char *format, *images, *json, *tracking;
    double rate;
    int ignore_index;
    gboolean labels_from_zero;
    ToolDataset dataset;
    ToolScores scores;
    M2fTracker *tracker;
    double ms; /* of all results */
} Eval;

/* ---- progress ------------------------------------------------------------------------------ */

static void
show_progress (guint done, guint all, gint64 start)
{
    static const char *const clear = "\r\033[K";
    const double seconds = (double) (g_get_monotonic_time () - start) / 1e6;
    const int left = (int) ceil (seconds / done * (all - done));

    if (!isatty (STDERR_FILENO))
        return;
    fprintf (stderr, "%s%u of %u, %.1f per second, %d:%02d left", clear, done, all,
        done / MAX (seconds, 1e-6), left / 60, left % 60);
    if (done == all)
        fputs (clear, stderr);
}

/* ---- running ------------------------------------------------------------------------------- */

static bool
evaluate_picture (Eval *e, guint i, int frame, M2fSession *session, const M2fParams *params,
    GError **error)
{
    const ToolLabelled *picture = e->dataset.pictures->pdata[i];
    g_auto (M2fResult) result = { 0 };
    M2fImage image;
    g_autoptr (GdkPixbuf) pixels = tool_load_picture (picture->image, &image, error);

    if (!pixels || !m2f_session_run (session, &image, params, &result, error))
        return false;
    e->ms += result.timings.total;
    if (picture->video >= 0)
        m2f_tracker_update (e->tracker, &result, frame / e->rate, NULL);
    return tool_scores_add (&e->scores, &e->dataset, picture, &result, error);
}

static bool
evaluate_pictures (Eval *e, M2fModel *model, const M2fParams *params, GError **error)
{
    const guint n = e->dataset.pictures->len;
    g_autoptr (M2fSession) session = m2f_session_new (model);
    const gint64 start = g_get_monotonic_time ();
    int video = -1, frame = 0;

    for (guint i = 0; i < n; i++) {
        const ToolLabelled *picture = e->dataset.pictures->pdata[i];

        if (picture->video != video) {
            m2f_tracker_reset (e->tracker);
            frame = 0;
        }
        video = picture->video;
        if (!evaluate_picture (e, i, frame++, session, params, error))
            return false;
        show_progress (i + 1, n, start);
    }
    return true;
}

static char *
report (Eval *e, const M2fModel *model, const M2fParams *params)
{
    const guint n = e->dataset.pictures->len;
    json_t *root = json_pack ("{s:s, s:s, s:s, s:i, s:f}", "device", m2f_model_device (model),
        "precision", m2f_model_precision (model), "task", m2f_task_name (params->task),
        "pictures", (int) n, "ms_per_picture", e->ms / n);

    tool_scores_to_json (&e->scores, root);

    char *text = json_dumps (root, JSON_COMPACT | JSON_REAL_PRECISION (10));
    char *copy = g_strdup (text);
    json_decref (root);
    free (text);
    return copy;
}

/* Datasets of one kind of labels decide the task. */
static bool
choose_task (const Eval *e, const ToolOptions *options, M2fParams *params, GError **error)
{
    const ToolDatasetFormat format = e->dataset.format;

    if (!options->task && format == TOOL_COCO)
        params->task = M2F_TASK_INSTANCE;
    if (!options->task && format == TOOL_ADE20K)
        params->task = M2F_TASK_SEMANTIC;
    if ((format == TOOL_COCO && params->task != M2F_TASK_INSTANCE)
        || (format == TOOL_ADE20K && params->task != M2F_TASK_SEMANTIC)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "--task: expected the one that labels of format %s are of, got %s", e->format,
            m2f_task_name (params->task));
        return false;
    }
    params->ids_from_one = TRUE;
    if (params->task == M2F_TASK_INSTANCE) { /* masks as they were found, the weak ones as well */
        params->binary_maps = TRUE;
        if (options->threshold < 0)
            params->threshold = 0;
    }
    return true;
}

static bool
evaluate (Eval *e, M2fModel *model, const char *path, ToolOptions *options, GError **error)
{
    M2fTracking tracking = M2F_TRACKING_QUERY;
    M2fParams params;

    if (!tool_params (model, options, &params, error)
        || !tool_dataset_format (e->format ? e->format : "coco-panoptic", &e->dataset.format,
            error)
        || (e->tracking && !m2f_tracking_from_name (e->tracking, &tracking, error))
        || !choose_task (e, options, &params, error))
        return false;
    if (!(e->rate > 0)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "--rate: expected more than 0 frames per second, got %g", e->rate);
        return false;
    }
    e->dataset.model = model;
    e->dataset.ignore_index = e->ignore_index;
    e->dataset.labels_from_zero = e->labels_from_zero;
    if (!tool_dataset_open (&e->dataset, path, e->images, error))
        return false;
    e->tracker = m2f_tracker_new (tracking, m2f_model_embedding_size (model));
    tool_scores_init (&e->scores, model, params.task);
    bool ok = evaluate_pictures (e, model, &params, error) && tool_scores_end (&e->scores, error);
    if (ok) {
        g_autofree char *json = report (e, model, &params);
        ok = tool_write_text (e->json, json, error);
    }
    tool_scores_clear (&e->scores);
    m2f_tracker_free (e->tracker);
    return ok;
}

bool
tool_eval (int argc, char **argv, GError **error)
{
    Eval e = { .rate = RATE, .ignore_index = 255 };
    ToolOptions options;
    char *words[2];
    const GOptionEntry own[] = {
        { "format", 0, 0, G_OPTION_ARG_STRING, &e.format,
            "layout of the dataset: coco-panoptic (default; also VIPSeg's, of videos), coco, "
            "ade20k, cityscapes", "F" },
        { "images", 0, 0, G_OPTION_ARG_FILENAME, &e.images,
            "folder of the pictures (default: that of the JSON file, or the dataset's own)",
            "FOLDER" },
        { "ignore-index", 0, 0, G_OPTION_ARG_INT, &e.ignore_index,
            "ade20k: number of pixels that do not count (default: 255)", "N" },
        { "labels-from-zero", 0, 0, G_OPTION_ARG_NONE, &e.labels_from_zero,
            "ade20k: 0 is the first class (default: 0 does not count, 1 is the first)", NULL },
        { "tracking", 0, 0, G_OPTION_ARG_STRING, &e.tracking,
            "videos: how objects are found again: query (default), iou", "T" },
        { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &e.rate,
            "videos: frames per second (default: 10)", "R" },
        { "json", 0, 0, G_OPTION_ARG_FILENAME, &e.json,
            "write the figures to this file (default: standard output)", "O.json" },
        { NULL },
    };
    bool ok = tool_parse (argc, argv, "DIR DATASET", own, 2, words, &options, error);
    M2fModel *model = ok ? tool_load (words[0], &options, error) : NULL;

    ok = model && evaluate (&e, model, words[1], &options, error);
    tool_dataset_clear (&e.dataset);
    m2f_model_unref (model);
    tool_options_clear (&options);
    g_free (e.format);
    g_free (e.images);
    g_free (e.json);
    g_free (e.tracking);
    return ok;
}

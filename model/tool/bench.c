/* m2f bench: measures the time that a picture takes, stage by stage.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/error.h"

typedef enum Figure {
    PREPROCESS, BACKBONE, PIXEL_DECODER, DECODER, FORWARD, POSTPROCESS, TOTAL, N_FIGURES
} Figure;

static const char *const figure_names[N_FIGURES]
    = { "preprocess", "backbone", "pixel_decoder", "decoder", "forward", "postprocess", "total" };

typedef struct Bench {
    int height, width, runs, warmup;
    M2fFormat format;
    double *ms[N_FIGURES]; /* `runs` times each */
    double median[N_FIGURES];
    gboolean wants_profile;
    ToolProfile profile;
} Bench;

/* A picture of seeded noise: the same in every measurement, and the hardest on caches.  *memory is
 * NULL if there is none for it. */
static M2fImage
noise_frame (const Bench *bench, guchar **memory)
{
    M2fImage image
        = { .format = bench->format, .width = bench->width, .height = bench->height };
    gsize start[G_N_ELEMENTS (image.data)], size = 0;
    guint32 state = 1;
    int n_planes = 0, rows;

    for (; n_planes < 3 && m2f_format_plane_size (image.format, n_planes, image.width,
             image.height, &image.stride[n_planes], &rows);
         n_planes++) {
        start[n_planes] = size;
        size += (gsize) image.stride[n_planes] * (gsize) rows;
    }
    *memory = g_try_malloc (size);
    for (gsize i = 0; *memory && i < size; i++) {
        state = state * 1664525u + 1013904223u;
        (*memory)[i] = (guchar) (state >> 24);
    }
    for (int i = 0; *memory && i < n_planes; i++)
        image.data[i] = *memory + start[i];
    return image;
}

static int
compare_ms (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static bool
measure (Bench *bench, M2fSession *session, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error)
{
    for (int i = -bench->warmup; i < bench->runs; i++) {
        if (bench->wants_profile)
            tool_profile_begin (&bench->profile);
        if (!m2f_session_run (session, image, params, result, error))
            return false;
        const M2fTimings *t = &result->timings;
        if (bench->wants_profile)
            tool_profile_end (&bench->profile, t);
        const double ms[N_FIGURES] = { t->preprocess, t->backbone, t->pixel_decoder, t->decoder,
            t->backbone + t->pixel_decoder + t->decoder, t->postprocess, t->total };
        for (int f = 0; f < N_FIGURES && i >= 0; f++)
            bench->ms[f][i] = ms[f];
    }
    return true;
}

static void
add_figure (Bench *bench, int figure, GString *json)
{
    double *ms = bench->ms[figure];
    const int n = bench->runs;

    qsort (ms, (size_t) n, sizeof *ms, compare_ms);
    bench->median[figure] = (ms[(n - 1) / 2] + ms[n / 2]) / 2;
    g_string_append_printf (json, ", \"%s_ms\": {", figure_names[figure]);
    tool_add_number (json, "median", "%.3f", bench->median[figure]);
    tool_add_number (json, "min", "%.3f", ms[0]);
    tool_add_number (json, "max", "%.3f", ms[n - 1]);
    g_string_append_c (json, '}');
}

static char *
report (Bench *bench, M2fModel *model, M2fSession *session, const M2fResult *result,
    double load_ms)
{
    g_autoptr (GString) json = g_string_new (NULL);
    g_autofree char *device = g_strescape (m2f_model_device (model), NULL);
    int height, width;

    m2f_session_input_size (session, &height, &width);
    g_string_append_printf (json,
        "{\"device\": \"%s\", \"precision\": \"%s\", \"input\": [%d, %d], \"frame\": [%d, %d], "
        "\"format\": \"%s\", \"runs\": %d, \"segments\": %d",
        device, m2f_model_precision (model), height, width, bench->height, bench->width,
        m2f_format_name (bench->format), bench->runs, result->n_segments);
    for (int f = 0; f < N_FIGURES; f++)
        add_figure (bench, f, json);
    tool_add_number (json, "total_over_forward", "%.4f",
        bench->median[TOTAL] / bench->median[FORWARD]);
    tool_add_number (json, "load_ms", "%.1f", load_ms);
    tool_add_number (json, "peak_memory_mb", "%.1f", tool_peak_memory ());
    if (bench->wants_profile) {
        tool_profile_finish (&bench->profile); /* after the peak memory, which it would raise */
        tool_profile_to_json (&bench->profile, json);
    }
    g_string_append_c (json, '}');
    return g_string_free (g_steal_pointer (&json), FALSE);
}

static bool
bench_model (const char *dir, Bench *bench, ToolOptions *options, GError **error)
{
    g_autofree guchar *memory = NULL;
    g_autofree char *json = NULL;
    g_auto (M2fResult) result = { 0 };
    M2fParams params;
    M2fSession *session = NULL;
    gint64 start = g_get_monotonic_time ();
    M2fModel *model = tool_load (dir, options, error);
    double load_ms = (g_get_monotonic_time () - start) / 1e3;
    bool ok = model && tool_params (model, options, &params, error);

    if (ok) {
        M2fImage image = noise_frame (bench, &memory);
        /* 0 keeps every query that is not "no object": the slowest case, whatever the weights. */
        if (options->threshold < 0)
            params.threshold = 0;
        if (bench->wants_profile)
            tool_profile_init (&bench->profile, model);
        session = m2f_session_new (model);
        ok = measure (bench, session, &image, &params, &result, error);
    }
    if (ok) {
        json = report (bench, model, session, &result, load_ms);
        ok = tool_write_text (NULL, json, error);
        if (bench->wants_profile)
            tool_profile_print (&bench->profile, stderr);
    }
    tool_profile_clear (&bench->profile);
    m2f_session_free (session);
    m2f_model_unref (model);
    return ok;
}

bool
tool_bench (int argc, char **argv, GError **error)
{
    Bench bench = { .height = 1080, .width = 1920, .runs = 10, .warmup = 2 };
    g_autofree char *frame = NULL;
    g_autofree char *format = NULL;
    ToolOptions options;
    char *dir;
    const GOptionEntry own[] = {
        { "frame", 0, 0, G_OPTION_ARG_STRING, &frame,
            "size of the picture (default: 1080x1920)", "HxW" },
        { "format", 0, 0, G_OPTION_ARG_STRING, &format,
            "pixel format of the picture: RGB (default), BGRA, NV12 ...", "NAME" },
        { "runs", 0, 0, G_OPTION_ARG_INT, &bench.runs,
            "number of measured runs, after two that are not measured (default: 10)", "N" },
        { "profile", 0, 0, G_OPTION_ARG_NONE, &bench.wants_profile,
            "also measure every op and the peak rates of the device; adds them to the JSON, and "
            "prints a table on standard error", NULL },
        { NULL },
    };
    bool ok = tool_parse (argc, argv, "DIR", own, 1, &dir, &options, error)
        && (!format || m2f_format_from_name (format, &bench.format, error))
        && (!frame || tool_parse_size (frame, "--frame", &bench.height, &bench.width, error));

    if (ok && (bench.runs < 1 || bench.runs > 100000)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "--runs: expected 1..100000, got %d",
            bench.runs);
        ok = false;
    }
    for (int f = 0; ok && f < N_FIGURES; f++)
        bench.ms[f] = g_new0 (double, bench.runs);
    ok = ok && bench_model (dir, &bench, &options, error);
    for (int f = 0; f < N_FIGURES; f++)
        g_free (bench.ms[f]);
    tool_options_clear (&options);
    return ok;
}

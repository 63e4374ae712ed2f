/* Compares the label maps of a reduced precision with those of fp32, on real pictures.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     agreement [OPTION...] CHECKPOINT PICTURE...
 *
 * Prints a row per task and picture.  Exit status: 0 if the maps agree, 1 if they do not, 77 if the
 * device does not have the precision.
 */
#include "model/m2f.h"
#include "tests/ops/amx-emulation.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdbool.h>
#include <stdio.h>

/* Lowest values over all pictures. */
#define LEAST_PIXELS 0.99 /* share of pixels that keep their class */
#define LEAST_IOU 0.97    /* mean IoU of matched segments */
#define LEAST_MATCHED 0.9 /* share of fp32's segments that are matched; one whose score is near the
                           * threshold may be lost */

static char *opt_device = "cpu", *opt_precision = "bf16";

static const GOptionEntry options[] = {
    { "device", 0, 0, G_OPTION_ARG_STRING, &opt_device,
        "device, as for m2f (default: cpu)", "SPEC" },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &opt_precision,
        "precision to compare with fp32 (default: bf16)", "NAME" },
    { NULL }
};

static const struct {
    const char *name;
    M2fTask task;
} tasks[] = { { "semantic", M2F_TASK_SEMANTIC }, { "panoptic", M2F_TASK_PANOPTIC } };

/* A model in both precisions, fp32 first. */
typedef struct Pair {
    M2fModel *model[2];
    M2fSession *session[2];
} Pair;

typedef struct Agreement {
    int64_t pixels;
    int64_t same;  /* pixels of the same class in both; void counts as a class */
    int segments;  /* segments of fp32 */
    int matched;   /* those with one of the same class and an IoU over 0.5 in the other map */
    double iou;    /* sum over the matched segments */
} Agreement;

/* ---- comparing ----------------------------------------------------------------------------- */

static int
id_at (const M2fResult *r, int x, int y)
{
    const uint8_t *row = r->map + (size_t) y * (size_t) r->map_stride;

    return r->map_depth == 1 ? row[x] : ((const uint16_t *) row)[x];
}

/* Index of the segment for every id, -1 for void; free with g_free(). */
static int *
segments_by_id (const M2fResult *r)
{
    int *index = g_new (int, 65536);

    memset (index, -1, sizeof *index * 65536);
    for (int i = 0; i < r->n_segments; i++)
        index[r->segments[i].id] = i;
    return index;
}

static int
label_of (const M2fResult *r, int segment)
{
    return segment < 0 ? -1 : r->segments[segment].label_id;
}

/* Both maps have the same size.  At most one segment can have an IoU over 0.5 with another. */
static Agreement
compare (const M2fResult *a, const M2fResult *b)
{
    Agreement total = { .pixels = (int64_t) a->map_width * a->map_height,
        .segments = a->n_segments };
    g_autofree int *of_a = segments_by_id (a), *of_b = segments_by_id (b);
    g_autofree int64_t *shared = g_new0 (int64_t, a->n_segments * b->n_segments + 1);

    for (int y = 0; y < a->map_height; y++)
        for (int x = 0; x < a->map_width; x++) {
            const int i = of_a[id_at (a, x, y)], j = of_b[id_at (b, x, y)];

            total.same += label_of (a, i) == label_of (b, j);
            if (i >= 0 && j >= 0)
                shared[i * b->n_segments + j]++;
        }
    for (int i = 0; i < a->n_segments; i++)
        for (int j = 0; j < b->n_segments; j++) {
            const int64_t both = shared[i * b->n_segments + j];
            const int64_t either = a->segments[i].area + b->segments[j].area - both;

            if (2 * both > either && label_of (a, i) == label_of (b, j)) {
                total.matched++;
                total.iou += (double) both / (double) either;
            }
        }
    return total;
}

static void
add (Agreement *to, const Agreement *a)
{
    to->pixels += a->pixels;
    to->same += a->same;
    to->segments += a->segments;
    to->matched += a->matched;
    to->iou += a->iou;
}

static double
same_share (const Agreement *a)
{
    return (double) a->same / (double) MAX (a->pixels, 1);
}

static double
mean_iou (const Agreement *a)
{
    return a->iou / MAX (a->matched, 1);
}

static void
print_row (const char *task, const char *picture, const Agreement *a)
{
    printf ("%-10s %-28s %9.3f %% %8.4f %5d of %d\n", task, picture, 100 * same_share (a),
        mean_iou (a), a->matched, a->segments);
}

/* ---- running ------------------------------------------------------------------------------- */

static bool
open_pair (Pair *pair, const char *path, GError **error)
{
    const char *const precisions[2] = { "fp32", opt_precision };

    for (int i = 0; i < 2; i++) {
        pair->model[i] = m2f_model_load (&(M2fLoadOptions) { .path = path, .device = opt_device,
            .precision = precisions[i] }, error);
        if (!pair->model[i])
            return false;
        pair->session[i] = m2f_session_new (pair->model[i]);
    }
    return true;
}

static void
close_pair (Pair *pair)
{
    for (int i = 0; i < 2; i++) {
        m2f_session_free (pair->session[i]);
        m2f_model_unref (pair->model[i]);
    }
}

static bool
compare_picture (const Pair *pair, M2fTask task, const char *path, Agreement *agreement,
    GError **error)
{
    g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new_from_file (path, error);
    M2fResult results[2] = { { 0 }, { 0 } };
    bool ok = picture != NULL;

    for (int i = 0; i < 2 && ok; i++) {
        const M2fImage image = {
            .format = gdk_pixbuf_get_has_alpha (picture) ? M2F_FORMAT_RGBA : M2F_FORMAT_RGB,
            .width = gdk_pixbuf_get_width (picture),
            .height = gdk_pixbuf_get_height (picture),
            .data = { gdk_pixbuf_read_pixels (picture) },
            .stride = { gdk_pixbuf_get_rowstride (picture) },
        };
        M2fParams params;

        m2f_params_init (&params, pair->model[i]);
        params.task = task;
        ok = m2f_session_run (pair->session[i], &image, &params, &results[i], error);
    }
    if (ok)
        *agreement = compare (&results[0], &results[1]);
    m2f_result_clear (&results[0]);
    m2f_result_clear (&results[1]);
    return ok;
}

/* Compares all pictures for a task: 1 if they agree, 0 if not, -1 with an error. */
static int
judge_task (const Pair *pair, int task, char **pictures, GError **error)
{
    Agreement total = { 0 };

    for (char **path = pictures; *path; path++) {
        g_autofree char *name = g_path_get_basename (*path);
        Agreement agreement;

        if (!compare_picture (pair, tasks[task].task, *path, &agreement, error))
            return -1;
        print_row (tasks[task].name, name, &agreement);
        add (&total, &agreement);
    }
    print_row (tasks[task].name, "all", &total);
    return total.segments > 0 && same_share (&total) >= LEAST_PIXELS
        && mean_iou (&total) >= LEAST_IOU && total.matched >= LEAST_MATCHED * total.segments;
}

int
main (int argc, char **argv)
{
    g_autoptr (GOptionContext) context = g_option_context_new ("CHECKPOINT PICTURE...");
    g_autoptr (GError) error = NULL;
    Pair pair = { 0 };
    int agrees = 1;

    g_option_context_add_main_entries (context, options, NULL);
    if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 3) {
        fprintf (stderr, "agreement: %s\n", error ? error->message : "no checkpoint or no picture");
        return 1;
    }
    amx_emulate_if_asked ();
    if (!open_pair (&pair, argv[1], &error)) {
        fprintf (stderr, "agreement: %s\n", error->message);
        close_pair (&pair);
        return g_error_matches (error, M2F_ERROR, M2F_ERROR_DEVICE) ? 77 : 1;
    }
    printf ("%s on %s against fp32\n", opt_precision, m2f_model_device (pair.model[1]));
    printf ("%-10s %-28s %11s %8s  matched\n", "task", "picture", "same class", "IoU");
    for (size_t i = 0; i < G_N_ELEMENTS (tasks) && agrees >= 0; i++) {
        const int task_agrees = judge_task (&pair, (int) i, argv + 2, &error);

        agrees = task_agrees < 0 ? -1 : agrees && task_agrees;
    }
    if (agrees < 0)
        fprintf (stderr, "agreement: %s\n", error->message);
    else
        puts (agrees ? "agrees" : "does not agree");
    close_pair (&pair);
    return agrees == 1 ? 0 : 1;
}

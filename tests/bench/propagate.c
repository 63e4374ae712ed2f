/* How well results that follow the picture agree with those of the frame itself, on a real clip.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     build/tests/bench/propagate FILE [FRAMES [CHECKPOINT]]
 *
 * Every frame has a result of its own: the network's, or, without a checkpoint, what moves in front
 * of a camera that stands still. That of every tenth is carried on for ten frames, once as it is
 * and once with the motion of the picture, and compared with each frame's own:
 *
 *     class IoU   of all pixels of a class of things, mean over the classes present
 *     thing IoU   of a thing with the one of its class that fits best, mean over things
 *     boundary F  of the borders of things, counting as met within TOLERANCE pixels
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gst/analyser.h"
#include "gst/propagate.h"
#include "tests/bench/moving.h"

#define AGES 10
#define TOLERANCE 3
#define LEAST_AREA 400          /* pixels of a thing below which it is not counted */
#define LEARNED 20               /* frames from one to the next of which the scene is learned */

typedef struct {
    double class_iou, thing_iou, boundary_f;
    int classes, things, frames;
} Score;

/* ---- overlaps ---- */

static const GstPanopticSegment *
find_segment (const GstPanopticView *view, guint id)
{
    for (guint i = 0; i < view->n_segments; i++)
        if (view->segments[i].id == id)
            return &view->segments[i];
    return NULL;
}

/* Class of a pixel's thing, or -1. */
static int
thing_class (const GstPanopticView *view, guint id)
{
    const GstPanopticSegment *segment = find_segment (view, id);

    return segment && segment->is_thing ? (int) segment->label_id : -1;
}

/* Number of pixels of each pair of ids, of which each view has at most 256. */
static void
count_pairs (const GstPanopticView *a, const GstPanopticView *b, int pairs[256][256])
{
    memset (pairs, 0, 256 * sizeof *pairs);
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            pairs[gst_panoptic_view_id (a, x, y) & 255][gst_panoptic_view_id (b, x, y) & 255]++;
}

static void
score_things (Score *score, const GstPanopticView *truth, const GstPanopticView *carried,
    int pairs[256][256])
{
    for (guint i = 0; i < truth->n_segments; i++) {
        const GstPanopticSegment *t = &truth->segments[i];
        double best = 0;

        if (!t->is_thing || t->area < LEAST_AREA)
            continue;
        for (guint j = 0; j < carried->n_segments; j++) {
            const GstPanopticSegment *c = &carried->segments[j];
            double both = pairs[t->id][c->id];

            if (c->is_thing && c->label_id == t->label_id)
                best = MAX (best, both / ((double) t->area + c->area - both));
        }
        score->thing_iou += best;
        score->things++;
    }
}

static void
score_classes (Score *score, const GstPanopticView *truth, const GstPanopticView *carried,
    int pairs[256][256])
{
    double both[256] = { 0 }, either[256] = { 0 };
    int truth_class[256], carried_class[256];

    for (int i = 0; i < 256; i++) {
        truth_class[i] = thing_class (truth, i);
        carried_class[i] = thing_class (carried, i);
    }
    for (int t = 0; t < 256; t++)
        for (int c = 0; c < 256; c++) {
            int a = truth_class[t], b = carried_class[c];

            if (a >= 0)
                either[a & 255] += pairs[t][c];
            if (b >= 0 && b != a)
                either[b & 255] += pairs[t][c];
            if (a >= 0 && a == b)
                both[a & 255] += pairs[t][c];
        }
    for (int i = 0; i < 256; i++)
        if (either[i] > LEAST_AREA) {
            score->class_iou += both[i] / either[i];
            score->classes++;
        }
}

/* ---- borders ---- */

/* Marks pixels of things that have a neighbour of another segment. */
static void
mark_borders (const GstPanopticView *view, guint8 *marks)
{
    gboolean is_thing[256];

    for (int i = 0; i < 256; i++)
        is_thing[i] = thing_class (view, i) >= 0;
    memset (marks, 0, (size_t) view->width * view->height);
    for (int y = 1; y < view->height; y++)
        for (int x = 1; x < view->width; x++) {
            guint8 id = gst_panoptic_view_id (view, x, y);
            guint8 left = gst_panoptic_view_id (view, x - 1, y);
            guint8 up = gst_panoptic_view_id (view, x, y - 1);

            marks[y * view->width + x] = (id != left && (is_thing[id] || is_thing[left]))
                || (id != up && (is_thing[id] || is_thing[up]));
        }
}

/* Part of the marks that have one of the others within TOLERANCE. */
static double
part_met (const guint8 *marks, const guint8 *others, int width, int height)
{
    int met = 0, all = 0;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            gboolean found = FALSE;

            if (!marks[y * width + x])
                continue;
            for (int v = MAX (y - TOLERANCE, 0); v <= MIN (y + TOLERANCE, height - 1); v++)
                for (int u = MAX (x - TOLERANCE, 0); u <= MIN (x + TOLERANCE, width - 1); u++)
                    found |= others[v * width + u];
            met += found;
            all++;
        }
    return all ? (double) met / all : 1;
}

static void
score_borders (Score *score, const GstPanopticView *truth, const GstPanopticView *carried)
{
    size_t size = (size_t) truth->width * truth->height;
    g_autofree guint8 *a = g_malloc (size), *b = g_malloc (size);

    mark_borders (truth, a);
    mark_borders (carried, b);
    double recall = part_met (a, b, truth->width, truth->height);
    double precision = part_met (b, a, truth->width, truth->height);

    score->boundary_f += recall + precision > 0
        ? 2 * recall * precision / (recall + precision) : 0;
    score->frames++;
}

static void
compare (Score *score, const GstPanopticView *truth, const GstPanopticView *carried)
{
    static int pairs[256][256];

    count_pairs (truth, carried, pairs);
    score_things (score, truth, carried, pairs);
    score_classes (score, truth, carried, pairs);
    score_borders (score, truth, carried);
}

/* ---- the clip ---- */

typedef struct {
    GstMask2FormerAnalyser *analyser;   /* or NULL, and */
    Moving *moving;
    GstMask2FormerMotion *motion;
    GstMask2FormerPropagator *propagator;
    M2fResult result;           /* of the analyser */
    guint8 *source_map;         /* a copy */
    GstPanopticView source_view;
    Score as_it_is[AGES + 1], moved[AGES + 1];
    int age;
} Bench;

/* What is done with a frame, number t. */
typedef gboolean (*TakeFrame) (Bench *bench, const GstVideoFrame *frame, int t);

static gboolean
learn_frame (Bench *bench, const GstVideoFrame *frame, int t)
{
    if (t % LEARNED == 0)
        moving_learn (bench->moving, frame);
    return TRUE;
}

/* The frame's own result, which the view borrows. */
static gboolean
segment_frame (Bench *bench, const GstVideoFrame *frame, GstPanopticView *view)
{
    const GstMask2FormerThresholds thresholds = { .score = 0.5, .mask = 0.5,
        .overlap_mask_area = 0.8 };
    g_autoptr (GError) error = NULL;
    M2fResult found;

    if (!bench->analyser) {
        found = moving_find (bench->moving, frame);
    } else if (gst_mask2former_analyser_run (bench->analyser, frame, &thresholds,
            &bench->result, &error)) {
        found = bench->result;
    } else {
        fprintf (stderr, "%s\n", error->message);
        return FALSE;
    }
    gst_panoptic_view_set_result (view, &found, M2F_TASK_PANOPTIC, frame->info.width,
        frame->info.height, 0);
    return TRUE;
}

/* Lets the truth of this frame be what is carried from now on. */
static void
take_result (Bench *bench, GstPanopticView *truth, guint64 number)
{
    GstPanopticView last = bench->source_view;

    bench->source_view = *truth;
    *truth = last;
    bench->age = 0;
    g_free (bench->source_map);
    bench->source_map = g_memdup2 (bench->source_view.map,
        (gsize) bench->source_view.stride * bench->source_view.height);
    bench->source_view.map = bench->source_map;
    gst_mask2former_propagator_set_result (bench->propagator, bench->motion, &bench->source_view,
        number);
}

static gboolean
compare_frame (Bench *bench, const GstVideoFrame *frame, int t)
{
    g_auto (GstPanopticView) truth = { 0 }, carried = { 0 };
    guint64 number;

    if (!gst_mask2former_motion_push (bench->motion, frame, &number)
        || !segment_frame (bench, frame, &truth))
        return FALSE;
    if (t > 0) {
        bench->age++;
        gst_mask2former_propagator_carry (bench->propagator, bench->motion, &carried);
        compare (&bench->moved[bench->age], &truth, &carried);
        compare (&bench->as_it_is[bench->age], &truth, &bench->source_view);
    }
    if (t == 0 || bench->age == AGES)
        take_result (bench, &truth, number);
    return TRUE;
}

static gboolean
take_sample (Bench *bench, GstSample *sample, TakeFrame take, int t)
{
    GstVideoInfo info;
    GstVideoFrame frame;

    if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
        || !gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample), GST_MAP_READ))
        return FALSE;
    gboolean ok = take (bench, &frame, t);

    gst_video_frame_unmap (&frame);
    return ok;
}

/* True if the pipeline has failed. */
static gboolean
print_error (GstElement *pipeline)
{
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    if (!message)
        return FALSE;
    gst_message_parse_error (message, &error, NULL);
    fprintf (stderr, "%s\n", error->message);
    return TRUE;
}

static gboolean
play (Bench *bench, const char *file, int frames, TakeFrame take)
{
    g_autofree char *launch = g_strdup_printf ("filesrc location=\"%s\" ! decodebin"
        " ! videoconvert ! video/x-raw,format=NV12 ! appsink name=sink sync=false", file);
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
    gboolean ok = TRUE;

    if (!pipeline) {
        fprintf (stderr, "%s\n", error->message);
        return FALSE;
    }
    g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    for (int i = 0; ok && i < frames; i++) {
        GstSample *sample = NULL;

        g_signal_emit_by_name (sink, "try-pull-sample", (guint64) 10 * GST_SECOND, &sample);
        if (!sample) {
            ok = !print_error (pipeline);
            break;
        }
        ok = take_sample (bench, sample, take, i);
        gst_sample_unref (sample);
    }
    gst_element_set_state (pipeline, GST_STATE_NULL);
    return ok;
}

static void
print_scores (const Bench *bench)
{
    printf ("age   class IoU: as it is, moved   thing IoU: as it is, moved"
        "   boundary F: as it is, moved\n");
    for (int age = 1; age <= AGES; age++) {
        const Score *a = &bench->as_it_is[age], *b = &bench->moved[age];

        printf ("%3d %20.3f %7.3f %21.3f %7.3f %22.3f %7.3f\n", age,
            a->class_iou / MAX (a->classes, 1), b->class_iou / MAX (b->classes, 1),
            a->thing_iou / MAX (a->things, 1), b->thing_iou / MAX (b->things, 1),
            a->boundary_f / MAX (a->frames, 1), b->boundary_f / MAX (b->frames, 1));
    }
    printf ("%d things at age 1, %d results carried\n", bench->moved[1].things,
        bench->moved[1].frames);
}

static GstMask2FormerAnalyser *
make_analyser (const char *checkpoint, GError **error)
{
    GstMask2FormerSettings settings;

    gst_mask2former_settings_init (&settings);
    g_free (settings.model);
    settings.model = g_strdup (checkpoint);
    GstMask2FormerAnalyser *analyser = gst_mask2former_analyser_new (&settings, error);

    gst_mask2former_settings_clear (&settings);
    return analyser;
}

int
main (int argc, char **argv)
{
    g_autoptr (GError) error = NULL;
    static Bench bench;

    gst_init (&argc, &argv);
    if (argc < 2) {
        fprintf (stderr, "usage: %s FILE [FRAMES [CHECKPOINT]]\n", argv[0]);
        return 2;
    }
    int frames = argc > 2 ? atoi (argv[2]) : G_MAXINT;

    if (argc > 3 && !(bench.analyser = make_analyser (argv[3], &error))) {
        fprintf (stderr, "%s\n", error->message);
        return 1;
    }
    bench.moving = moving_new ();
    bench.motion = gst_mask2former_motion_new ();
    bench.propagator = gst_mask2former_propagator_new ();
    gboolean ok = (bench.analyser || play (&bench, argv[1], G_MAXINT, learn_frame))
        && play (&bench, argv[1], frames, compare_frame);

    print_scores (&bench);
    gst_panoptic_view_clear (&bench.source_view);
    g_free (bench.source_map);
    gst_mask2former_propagator_free (bench.propagator);
    gst_mask2former_motion_free (bench.motion);
    moving_free (bench.moving);
    m2f_result_clear (&bench.result);
    gst_mask2former_analyser_free (bench.analyser);
    return ok ? 0 : 1;
}

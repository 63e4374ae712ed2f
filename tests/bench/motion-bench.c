/* How long results take to follow the picture: the motion of a 1080p frame, and the label map.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     meson test -C build --benchmark motion --verbose
 *
 * Times are those of the thread's own clock, so that what else the machine does counts less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <gst/check/gstharness.h>

#include "gst/gstmask2formerseg.h"
#include "gst/propagate.h"
#include "tests/clip/clip.h"
#include "tests/gst/perfect.h"

#define WIDTH 1920
#define HEIGHT 1080
#define FRAMES 8                /* of the clip, played to and fro */
#define RUNS 200
#define LATE 12                 /* frames by which a result comes late */

static const GstVideoFormat formats[] = {
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_RGB,
};

static const ClipShape shapes[] = {
    { TRUE, 300, 500, 120, 300, 12, 2 }, { TRUE, 700, 520, 130, 320, -10, 0 },
    { FALSE, 1100, 700, 300, 180, 20, 0 }, { FALSE, 1500, 650, 260, 160, -15, 1 },
    { TRUE, 900, 400, 80, 200, 5, 0 }, { TRUE, 1700, 420, 70, 190, -6, 1 },
};

static const Clip clip = {
    .width = WIDTH, .height = HEIGHT, .dx = 3, .dy = 1, .noise = 6,
    .shapes = shapes, .n_shapes = G_N_ELEMENTS (shapes),
};

static double
milliseconds (void)
{
    struct timespec t;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int
compare (const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
report (const char *what, GstVideoFormat format, double *ms)
{
    qsort (ms, RUNS, sizeof *ms, compare);
    printf ("%-5s %s: median %.3f ms, least %.3f ms\n", gst_video_format_to_string (format), what,
        ms[RUNS / 2], ms[0]);
}

/* The frame of the clip that is played as number i. */
static int
at (int i)
{
    int t = i % (2 * FRAMES - 2);

    return t < FRAMES ? t : 2 * FRAMES - 2 - t;
}

/* Frames in their format, mapped for reading. */
static void
make_frames (GstVideoFormat format, guint8 *const *drawn, GstVideoFrame *frames)
{
    GstVideoInfo rgb, info;

    gst_video_info_set_format (&rgb, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
    gst_video_info_set_format (&info, format, WIDTH, HEIGHT);
    GstVideoConverter *converter = gst_video_converter_new (&rgb, &info, NULL);

    for (int i = 0; i < FRAMES; i++) {
        GstBuffer *from = gst_buffer_new_wrapped_full (0, drawn[i], rgb.size, 0, rgb.size, NULL,
            NULL);
        GstBuffer *to = gst_buffer_new_allocate (NULL, info.size, NULL);
        GstVideoFrame in;

        if (!gst_video_frame_map (&in, &rgb, from, GST_MAP_READ)
            || !gst_video_frame_map (&frames[i], &info, to, GST_MAP_READWRITE))
            exit (1);
        gst_video_converter_frame (converter, &in, &frames[i]);
        gst_video_frame_unmap (&in);
        gst_buffer_unref (from);
        gst_buffer_unref (to);
    }
    gst_video_converter_free (converter);
}

/* Taking a result and bringing it to a frame that is newer than its own. */
static void
time_late_results (const GstVideoFrame *frames)
{
    g_autoptr (GstMask2FormerMotion) motion = gst_mask2former_motion_new ();
    g_autoptr (GstMask2FormerPropagator) propagator = gst_mask2former_propagator_new ();
    M2fResult result = clip_result (&clip, 0);
    g_auto (GstPanopticView) view = { 0 }, carried = { 0 };
    static double catches[RUNS];
    guint64 number;

    gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH, HEIGHT, 0);
    for (int i = 0; i < LATE + RUNS; i++) {
        gst_mask2former_motion_push (motion, &frames[at (i)], &number);
        if (i < LATE)
            continue;
        double start = milliseconds ();

        gst_mask2former_propagator_set_result (propagator, motion, &view, number - LATE);
        gst_mask2former_propagator_carry (propagator, motion, &carried);
        catches[i - LATE] = milliseconds () - start;
    }
    report ("catching up with 12 frames", GST_VIDEO_FORMAT_NV12, catches);
    clip_result_clear (&result);
}

/* What a frame spends in the element in latest mode while the model is at another: it is offered to
 * the model, the result of the first frame follows the picture to it and is drawn and attached. */
static void
time_element (GstVideoFormat format, const GstVideoFrame *frames)
{
    GstHarness *h = gst_harness_new_parse ("mask2formerseg mode=latest model=" MODEL);
    static double passes[RUNS];
    GstVideoInfo info = frames[0].info;

    info.fps_n = 30;
    info.fps_d = 1;
    gst_harness_set_src_caps (h, gst_video_info_to_caps (&info));
    perfect_start (&clip);
    for (int i = -2; i < RUNS; i++) {
        GstBuffer *frame = gst_buffer_copy_deep (frames[at (i + 2)].buffer);

        GST_BUFFER_PTS (frame) = (guint64) (i + 2) * GST_SECOND / 30;
        if (i == 0)
            perfect_finish_run ();      /* with the first; the second takes forever */
        double start = milliseconds ();

        gst_harness_push (h, frame);
        if (i >= 0)
            passes[i] = milliseconds () - start;
        gst_buffer_unref (gst_harness_pull (h));
        if (i == -2)
            perfect_wait_begun (1);
    }
    report ("a frame in the element", format, passes);
    gst_harness_teardown (h);
}

static void
time_format (GstVideoFormat format, guint8 *const *drawn)
{
    g_autoptr (GstMask2FormerMotion) motion = gst_mask2former_motion_new ();
    g_autoptr (GstMask2FormerPropagator) propagator = gst_mask2former_propagator_new ();
    M2fResult result = clip_result (&clip, 0);
    g_auto (GstPanopticView) view = { 0 }, carried = { 0 };
    GstVideoFrame frames[FRAMES];
    static double pushes[RUNS], results[RUNS], carries[RUNS];
    guint64 number;

    make_frames (format, drawn, frames);
    gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH, HEIGHT, 0);
    for (int i = 0; i < RUNS; i++) {
        int t = at (i);
        double start = milliseconds ();

        gst_mask2former_motion_push (motion, &frames[t], &number);
        double pushed = milliseconds ();

        if (t == 0)
            gst_mask2former_propagator_set_result (propagator, motion, &view, number);
        double set = milliseconds ();

        gst_mask2former_propagator_carry (propagator, motion, &carried);
        pushes[i] = pushed - start;
        carries[i] = milliseconds () - set;
        results[i] = t == 0 ? set - pushed : results[i - 1];
    }
    report ("motion of a frame", format, pushes);
    report ("taking a result", format, results);
    report ("carrying it to a frame", format, carries);
    if (format == GST_VIDEO_FORMAT_NV12)
        time_late_results (frames);
    time_element (format, frames);
    for (int i = 0; i < FRAMES; i++)
        gst_video_frame_unmap (&frames[i]);
    clip_result_clear (&result);
}

int
main (int argc, char **argv)
{
    guint8 *drawn[FRAMES];

    gst_init (&argc, &argv);
    GST_ELEMENT_REGISTER (mask2formerseg, NULL);
    for (int i = 0; i < FRAMES; i++) {
        drawn[i] = g_malloc (WIDTH * HEIGHT * 3);
        clip_draw (&clip, i, drawn[i], WIDTH * 3);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
        time_format (formats[i], drawn);
    for (int i = 0; i < FRAMES; i++)
        g_free (drawn[i]);
    return 0;
}

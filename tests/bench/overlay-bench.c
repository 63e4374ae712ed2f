/* How long the overlay takes to draw, and each effect of panopticoverlay: a 1080p frame with
 * sixteen segments, in each kind of format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     meson test -C build --benchmark overlay --verbose
 *     build/tests/bench/overlay-bench [NAME [FORMAT]]      # only what has this name and format
 */
#include "gst/effects.h"
#include "gst/overlay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 1920
#define HEIGHT 1080
#define SEGMENTS 16
#define RUNS 200

static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGRx,
  GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_P010_10LE,
};

/* Blobs with wavy borders: cells of a tilted grid. */
static void
fill_map (M2fResult *result)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int column = (int) (x + 40 * sin (y / 37.)) / 480;
            int row = (int) (y + 30 * sin (x / 53.)) / 270;

            result->map[y * WIDTH + x] = (uint8_t) (1 + (column & 3) + 4 * (row & 3));
        }
}

/* Of this thread: what others do meanwhile does not count. */
static gint64
now_us (void)
{
    struct timespec now;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static int
compare (const void *a, const void *b)
{
    const gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

    return (x > y) - (x < y);
}

static const char *only_name, *only_format; /* or NULL */

static GstMask2FormerOverlay *overlay;
static GstMask2FormerEffects *effects;

/* Draws or applies; `settings` may be NULL. */
static void
run (GstVideoFrame *frame, const GstPanopticView *view,
     const GstMask2FormerEffectSettings *settings)
{
    const GstMask2FormerLook look = { .opacity = 0.5, .outlines = TRUE };

    if (settings)
        gst_mask2former_effects_apply (effects, frame, view, settings);
    else
        gst_mask2former_overlay_draw (overlay, frame, view, &look);
}

static void
measure (const char *name, GstVideoFormat format, const GstPanopticView *view,
         const GstMask2FormerEffectSettings *settings)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    gint64 us[RUNS];

    if (only_name && strcmp (name, only_name) != 0)
        return;
    if (only_format && strcmp (gst_video_format_to_string (format), only_format) != 0)
        return;
    gst_video_info_set_format (&info, format, WIDTH, HEIGHT);
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
    gst_buffer_memset (buffer, 0, 100, info.size);
    if (!gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE))
        exit (1);
    for (int i = 0; i < RUNS; i++) {
        gint64 start = now_us ();

        run (&frame, view, settings);
        us[i] = now_us () - start;
    }
    qsort (us, RUNS, sizeof *us, compare);
    printf ("%-18s %-9s %d x %d: median %.3f ms, least %.3f ms\n", name,
        gst_video_format_to_string (format), WIDTH, HEIGHT, (double) us[RUNS / 2] / 1e3,
        (double) us[0] / 1e3);
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (buffer);
}

/* Every effect on a quarter of the frame: four of the sixteen segments. */
static void
measure_effects (const GstPanopticView *view)
{
    static const GstVideoFormat some[] = { GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_BGRx };
    GEnumClass *class = g_type_class_ref (GST_TYPE_MASK2FORMER_EFFECT);
    GstPanopticView four = *view;

    four.segments += 4;
    four.n_segments = 4;
    for (guint i = 0; i < class->n_values; i++)
        for (gsize f = 0; f < G_N_ELEMENTS (some); f++) {
            const GstMask2FormerEffectSettings settings = {
                .effect = class->values[i].value,
                .look = { .opacity = 0.5, .outlines = TRUE },
                .feather = -1,
            };

            measure (class->values[i].value_nick, some[f], &four, &settings);
        }
    g_type_class_unref (class);
}

int
main (int argc, char **argv)
{
    M2fSegment segments[SEGMENTS];
    M2fResult result = {
        .map = g_malloc (WIDTH * HEIGHT), .map_width = WIDTH, .map_height = HEIGHT,
        .map_stride = WIDTH, .map_depth = 1, .segments = segments, .n_segments = SEGMENTS,
    };
    GstPanopticView view = { 0 };

    gst_init (&argc, &argv);
    only_name = argc > 1 ? argv[1] : NULL;
    only_format = argc > 2 ? argv[2] : NULL;
    overlay = gst_mask2former_overlay_new ();
    effects = gst_mask2former_effects_new ();
    fill_map (&result);
    for (int i = 0; i < SEGMENTS; i++)
        segments[i] = (M2fSegment) {
            .id = i + 1, .label_id = i, .label = "thing", .width = WIDTH,
            .y = i / 4 * 270 - (i >= 4) * 31, .height = 270 + (i >= 4) * 31,
        };
    gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH, HEIGHT, 0);
    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++)
        measure ("overlay", formats[f], &view, NULL);
    measure_effects (&view);
    gst_panoptic_view_clear (&view);
    gst_mask2former_overlay_free (overlay);
    gst_mask2former_effects_free (effects);
    g_free (result.map);
    return 0;
}

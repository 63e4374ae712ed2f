/* How long the overlay takes to draw: a 1080p frame with sixteen segments, in each kind of format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     meson test -C build --benchmark overlay --verbose
 */
#include "gst/overlay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

static int
compare (const void *a, const void *b)
{
    const gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

    return (x > y) - (x < y);
}

int
main (int argc, char **argv)
{
    M2fSegment segments[SEGMENTS];
    M2fResult result = {
        .map = g_malloc (WIDTH * HEIGHT), .map_width = WIDTH, .map_height = HEIGHT,
        .map_stride = WIDTH, .map_depth = 1, .segments = segments, .n_segments = SEGMENTS,
    };
    const GstMask2FormerLook look = { .opacity = 0.5, .outlines = TRUE };
    GstPanopticView view = { 0 };
    GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();

    gst_init (&argc, &argv);
    fill_map (&result);
    for (int i = 0; i < SEGMENTS; i++)
        segments[i] = (M2fSegment) { .id = i + 1, .label_id = i, .label = "thing" };
    gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH, HEIGHT, 0);
    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
        GstVideoInfo info;
        GstVideoFrame frame;
        gint64 us[RUNS];

        gst_video_info_set_format (&info, formats[f], WIDTH, HEIGHT);
        GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
        gst_buffer_memset (buffer, 0, 100, info.size);
        if (!gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE))
            return 1;
        for (int i = 0; i < RUNS; i++) {
            gint64 start = g_get_monotonic_time ();

            gst_mask2former_overlay_draw (overlay, &frame, &view, &look);
            us[i] = g_get_monotonic_time () - start;
        }
        qsort (us, RUNS, sizeof *us, compare);
        printf ("%-9s %d x %d: median %.3f ms, least %.3f ms\n",
            gst_video_format_to_string (formats[f]), WIDTH, HEIGHT,
            (double) us[RUNS / 2] / 1e3, (double) us[0] / 1e3);
        gst_video_frame_unmap (&frame);
        gst_buffer_unref (buffer);
    }
    gst_panoptic_view_clear (&view);
    gst_mask2former_overlay_free (overlay);
    g_free (result.map);
    return 0;
}

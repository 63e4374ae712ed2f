/* Drawing where there is no memory: each allocation fails once.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The linker puts the function below in the place of the one that the plugin calls
 * (-Wl,--wrap=NAME).
 */
#include "tests/gst/common.h"

#include "gst/overlay.h"

static gint countdown = G_MAXINT;       /* allocations until the one that fails */

gpointer __real_g_try_malloc_n (gsize n, gsize size);
gpointer __wrap_g_try_malloc_n (gsize n, gsize size);

gpointer
__wrap_g_try_malloc_n (gsize n, gsize size)
{
  return --countdown == 0 ? NULL : __real_g_try_malloc_n (n, size);
}

#define WIDTH 90
#define HEIGHT 60

GST_START_TEST (test_drawing)
{
  const GstMask2FormerLook look = {.opacity = 0.5,.outlines = TRUE,.labels =
        TRUE
  };
  static guint8 map[WIDTH / 2 * HEIGHT / 2];
  M2fSegment segment = {.label = "road",.area = G_N_ELEMENTS (map),
    .width = WIDTH / 2,.height = HEIGHT / 2
  };
  const M2fResult result = {.map = map,.map_width = WIDTH / 2,
    .map_height = HEIGHT / 2,.map_stride = WIDTH / 2,.map_depth = 1,
    .segments = &segment,.n_segments = 1
  };
  g_auto (GstPanopticView) view = { 0 };
  GstVideoInfo info;
  gboolean drawn = FALSE;
  gint n;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_NV12, WIDTH, HEIGHT);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, GST_CLOCK_TIME_NONE);
  for (n = 1; !drawn; n++) {
    GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
    GstBuffer *buffer = empty_frame (&info, TRUE, 100);
    GstVideoFrame frame;

    fail_unless (gst_video_frame_map (&frame, &info, buffer,
            GST_MAP_READWRITE));
    countdown = n;
    drawn = gst_mask2former_overlay_draw (overlay, &frame, &view, &look);
    fail_unless_equals_int (drawn, countdown > 0);
    countdown = G_MAXINT;
    /* the same overlay draws when there is memory again */
    fail_unless (gst_mask2former_overlay_draw (overlay, &frame, &view, &look));
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (buffer);
    gst_mask2former_overlay_free (overlay);
  }
  /* paints, colours, boxes, columns, rows, keys; the order, ids and distances of labels */
  fail_unless_equals_int (n, 9 + 2);
}

GST_END_TEST;

static Suite *
no_memory_suite (void)
{
  Suite *suite = suite_create ("no-memory");
  TCase *tcase = tcase_create ("drawing");

  tcase_add_test (tcase, test_drawing);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (no_memory);

/* overlay=composition: left to downstream where it promises to draw, else drawn into the frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#define WIDTH 90
#define HEIGHT 120

#define FEATURE "meta:GstVideoOverlayComposition"
#define WITH "video/x-raw(memory:SystemMemory, " FEATURE ")"

/* A harness with a downstream that takes the metadata and promises to draw it, or does not. */
static GstHarness *
drawing_harness (const gchar * properties, const gchar * caps, gboolean draws)
{
  GstHarness *h = seg_harness (properties);

  gst_harness_set_sink_caps_str (h, caps);
  if (draws)
    gst_harness_add_propose_allocation_meta (h,
        GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  return h;
}

static gboolean
is_marked (GstHarness * h)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);

  return gst_caps_features_contains (gst_caps_get_features (caps, 0), FEATURE);
}

/* The segments of a frame that came out, or NULL. */
static GstVideoOverlayComposition *
composition (GstBuffer * buffer)
{
  GstVideoOverlayCompositionMeta *meta =
      gst_buffer_get_video_overlay_composition_meta (buffer);

  return meta ? meta->overlay : NULL;
}

static gboolean
equals_picture (GstBuffer * buffer)
{
  GstVideoInfo info;
  GstBuffer *original = picture (&info);
  GstMapInfo map;
  gboolean same;

  gst_buffer_map (original, &map, GST_MAP_READ);
  same = gst_buffer_memcmp (buffer, 0, map.data, map.size) == 0;
  gst_buffer_unmap (original, &map);
  gst_buffer_unref (original);
  return same;
}

/* Draws the composition into the frame, as sinks do. */
static void
blend (GstBuffer ** buffer)
{
  GstVideoInfo info;
  GstVideoFrame frame;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  *buffer = gst_buffer_make_writable (*buffer);
  fail_unless (gst_video_frame_map (&frame, &info, *buffer, GST_MAP_READWRITE));
  fail_unless (gst_video_overlay_composition_blend (composition (*buffer),
          &frame));
  gst_video_frame_unmap (&frame);
}

static void
fail_unless_similar (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map_a, map_b;
  gsize i;

  gst_buffer_map (a, &map_a, GST_MAP_READ);
  gst_buffer_map (b, &map_b, GST_MAP_READ);
  fail_unless_equals_uint64 (map_a.size, map_b.size);
  for (i = 0; i < map_a.size; i++)
    fail_unless (ABS (map_a.data[i] - map_b.data[i]) <= 4, "byte %"
        G_GSIZE_FORMAT ": %d and %d", i, map_a.data[i], map_b.data[i]);
  gst_buffer_unmap (b, &map_b);
  gst_buffer_unmap (a, &map_a);
}

GST_START_TEST (test_attached)
{
  GstHarness *h = drawing_harness ("overlay=composition draw-labels=true",
      WITH "; video/x-raw", TRUE);
  GstHarness *blends = seg_harness ("overlay=blend draw-labels=true");
  GstVideoInfo info;
  GstBuffer *frame, *drawn;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  set_caps (blends, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  frame = push_frame (h, picture (&info));
  drawn = push_frame (blends, picture (&info));
  fail_unless (is_marked (h));
  fail_unless (equals_picture (frame));
  fail_unless (composition (frame) != NULL);
  fail_unless (composition (drawn) == NULL);
  fail_unless (!equals_picture (drawn));
  blend (&frame);
  fail_unless_similar (frame, drawn);
  gst_buffer_unref (frame);
  gst_buffer_unref (drawn);
  gst_harness_teardown (blends);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Caps of a downstream, whether it promises to draw, and whether it is left to it. */
static const struct
{
  const gchar *caps;
  gboolean draws, expected;
} downstreams[] = {
  {WITH "; video/x-raw", FALSE, FALSE},
  {"video/x-raw; " WITH, TRUE, TRUE},
  {"video/x-raw", TRUE, FALSE},
  {"ANY", FALSE, FALSE},
  {"ANY", TRUE, TRUE},
  {WITH, FALSE, TRUE},
};

GST_START_TEST (test_negotiation)
{
  GstHarness *h = drawing_harness ("overlay=composition",
      downstreams[__i__].caps, downstreams[__i__].draws);
  GstVideoInfo info;
  GstBuffer *frame;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  frame = push_frame (h, picture (&info));
  fail_unless_equals_int (is_marked (h), downstreams[__i__].expected);
  fail_unless_equals_int (composition (frame) != NULL,
      downstreams[__i__].expected);
  fail_unless_equals_int (equals_picture (frame), downstreams[__i__].expected);
  gst_buffer_unref (frame);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* The number of the pixels that sinks keep by it. */
static guint
pixels_number (GstBuffer * frame, guint index)
{
  return gst_video_overlay_rectangle_get_seqnum
      (gst_video_overlay_composition_get_rectangle (composition (frame),
          index));
}

/* Carried results are uploaded once; another look is drawn anew. */
GST_START_TEST (test_carried)
{
  GstHarness *h = drawing_harness ("overlay=composition propagate=false "
      "inference-interval=4",
      WITH "; video/x-raw", TRUE);
  g_autoptr (GstElement) seg = gst_harness_find_element (h, "mask2formerseg");
  GstVideoInfo info;
  GstBuffer *frames[4];
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  for (i = 0; i < 4; i++) {
    if (i == 3)
      g_object_set (seg, "opacity", 0.25, NULL);
    frames[i] = push_frame (h, picture (&info));
    fail_unless_equals_int (gst_video_overlay_composition_n_rectangles
        (composition (frames[i])), 1);
  }
  fail_unless_equals_int (pixels_number (frames[1], 0), pixels_number (frames[0],
          0));
  fail_unless_equals_int (pixels_number (frames[2], 0), pixels_number (frames[0],
          0));
  fail_unless (pixels_number (frames[3], 0) != pixels_number (frames[0], 0));
  for (i = 0; i < 4; i++)
    gst_buffer_unref (frames[i]);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_switched)
{
  GstHarness *h = drawing_harness ("overlay=blend", WITH "; video/x-raw", TRUE);
  g_autoptr (GstElement) seg = gst_harness_find_element (h, "mask2formerseg");
  static const gchar *const modes[] = {
    "blend", "composition", "none", "composition", "blend", "composition"
  };
  GstVideoInfo info;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    gboolean composed = g_str_equal (modes[i], "composition");
    GstBuffer *frame;

    gst_util_set_object_arg (G_OBJECT (seg), "overlay", modes[i]);
    frame = push_frame (h, picture (&info));
    fail_unless_equals_int (composition (frame) != NULL, composed);
    fail_unless_equals_int (is_marked (h), composed);
    fail_unless_equals_int (equals_picture (frame), !g_str_equal (modes[i],
            "blend"));
    gst_buffer_unref (frame);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A white rectangle from upstream. */
static GstBuffer *
composed_picture (void)
{
  GstVideoInfo info;
  GstBuffer *frame = picture (&info), *pixels;
  GstVideoOverlayRectangle *rectangle;
  GstVideoOverlayComposition *upstream;

  pixels = gst_buffer_new_allocate (NULL, 4 * 8 * 8, NULL);
  gst_buffer_memset (pixels, 0, 0xff, 4 * 8 * 8);
  gst_buffer_add_video_meta (pixels, 0,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 8, 8);
  rectangle = gst_video_overlay_rectangle_new_raw (pixels, 3, 4, 8, 8,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
  upstream = gst_video_overlay_composition_new (rectangle);
  gst_buffer_add_video_overlay_composition_meta (frame, upstream);
  gst_video_overlay_composition_unref (upstream);
  gst_video_overlay_rectangle_unref (rectangle);
  gst_buffer_unref (pixels);
  return frame;
}

/* What upstream wants drawn is kept, whoever draws the segments. */
GST_START_TEST (test_upstream)
{
  static const gchar *const modes[] = { "none", "blend", "composition" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree gchar *property = g_strdup_printf ("overlay=%s", modes[i]);
    GstHarness *h = drawing_harness (property, WITH "; video/x-raw", TRUE);
    GstBuffer *frame;

    gst_harness_set_src_caps_str (h, WITH ", format=RGB, width=90, height=120,"
        " framerate=25/1");
    frame = push_frame (h, composed_picture ());
    fail_unless (is_marked (h));
    fail_unless_equals_int (gst_video_overlay_composition_n_rectangles
        (composition (frame)), i == 2 ? 2 : 1);
    gst_buffer_unref (frame);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

static Suite *
composition_suite (void)
{
  Suite *suite = suite_create ("composition");
  TCase *tcase = tcase_create ("composition");

  tcase_add_test (tcase, test_attached);
  tcase_add_loop_test (tcase, test_negotiation, 0, G_N_ELEMENTS (downstreams));
  tcase_add_test (tcase, test_carried);
  tcase_add_test (tcase, test_switched);
  tcase_add_test (tcase, test_upstream);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (composition);

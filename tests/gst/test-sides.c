/* The request pads: segment ids and the overlay on nothing, and that nobody waits for them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include "gst/sidepad.h"

#define WIDTH 90
#define HEIGHT 120

static GstBuffer *
numbered_picture (guint n)
{
  GstVideoInfo info;
  GstBuffer *buffer = picture (&info);

  GST_BUFFER_PTS (buffer) = n * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

/* A harness whose source pad is a request pad of the element in another. */
static GstHarness *
side_harness (GstHarness * h, const gchar * name)
{
  g_autoptr (GstElement) seg = gst_harness_find_element (h, "mask2formerseg");

  return gst_harness_new_with_element (seg, NULL, name);
}

static void
fail_unless_caps (GstHarness * side, GstVideoFormat format)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (side->sinkpad);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&info), format);
  fail_unless_equals_int (info.width, WIDTH);
  fail_unless_equals_int (info.height, HEIGHT);
  fail_unless_equals_int (info.fps_n, 25);
}

/* ---- what they show ---- */

static void
check_mask (GstBuffer * mask, GstBuffer * frame, guint depth)
{
  gint width, height, i;
  g_autofree guint8 *ids =
      label_map_bytes (gst_buffer_get_panoptic_meta (frame), &width, &height);
  GstVideoInfo info;
  GstVideoFrame pixels;
  guint8 used = 0;

  fail_unless_equals_uint64 (GST_BUFFER_PTS (mask), GST_BUFFER_PTS (frame));
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (mask),
      GST_BUFFER_DURATION (frame));
  fail_unless_equals_int (width, WIDTH);
  gst_video_info_set_format (&info, depth == 1 ? GST_VIDEO_FORMAT_GRAY8 :
      GST_VIDEO_FORMAT_GRAY16_LE, WIDTH, HEIGHT);
  fail_unless (gst_video_frame_map (&pixels, &info, mask, GST_MAP_READ));
  for (i = 0; i < WIDTH * HEIGHT; i++) {
    const guint8 *pixel = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&pixels, 0) +
        i / WIDTH * GST_VIDEO_FRAME_PLANE_STRIDE (&pixels, 0) +
        i % WIDTH * depth;

    fail_unless_equals_int (depth == 1 ? *pixel : GST_READ_UINT16_LE (pixel),
        ids[i]);
    used |= ids[i];
  }
  fail_unless (used != 0);
  gst_video_frame_unmap (&pixels);
}

GST_START_TEST (test_mask)
{
  GstHarness *h = seg_harness (""), *side = side_harness (h, "mask");
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  for (i = 0; i < 3; i++) {
    GstBuffer *frame = push_frame (h, numbered_picture (i));
    GstBuffer *mask = gst_harness_pull (side);

    check_mask (mask, frame, 1);
    gst_buffer_unref (mask);
    gst_buffer_unref (frame);
  }
  fail_unless_caps (side, GST_VIDEO_FORMAT_GRAY8);
  gst_harness_teardown (side);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Downstream decides how wide ids are. */
GST_START_TEST (test_wide_mask)
{
  GstHarness *h = seg_harness (""), *side = side_harness (h, "mask");
  GstBuffer *frame, *mask;

  gst_harness_set_sink_caps_str (side, "video/x-raw, format=GRAY16_LE");
  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  frame = push_frame (h, numbered_picture (0));
  mask = gst_harness_pull (side);
  check_mask (mask, frame, 2);
  fail_unless_caps (side, GST_VIDEO_FORMAT_GRAY16_LE);
  gst_buffer_unref (mask);
  gst_buffer_unref (frame);
  gst_harness_teardown (side);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Laid over the picture, the overlay is what is drawn into frames. */
GST_START_TEST (test_overlay)
{
  GstHarness *h = seg_harness ("draw-outlines=true draw-labels=true");
  GstHarness *side = side_harness (h, "overlay");
  GstVideoInfo rgb, rgba;
  GstVideoFrame plain, drawn, overlay;
  GstBuffer *original = picture (&rgb), *frame, *over;
  guint i, c, covered = 0;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  frame = push_frame (h, numbered_picture (0));
  over = gst_harness_pull (side);
  fail_unless_caps (side, GST_VIDEO_FORMAT_RGBA);

  gst_video_info_set_format (&rgba, GST_VIDEO_FORMAT_RGBA, WIDTH, HEIGHT);
  fail_unless (gst_video_frame_map (&plain, &rgb, original, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&drawn, &rgb, frame, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&overlay, &rgba, over, GST_MAP_READ));
  for (i = 0; i < WIDTH * HEIGHT; i++) {
    guint x = i % WIDTH, y = i / WIDTH;
    const guint8 *in = (guint8 *) plain.data[0] +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&plain, 0) + 3 * x;
    const guint8 *out = (guint8 *) drawn.data[0] +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&drawn, 0) + 3 * x;
    const guint8 *above = (guint8 *) overlay.data[0] +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&overlay, 0) + 4 * x;

    covered += above[3] > 0;
    for (c = 0; c < 3; c++) {
      gint mixed = (in[c] * (255 - above[3]) + above[c] * above[3]) / 255;

      fail_unless (ABS (mixed - out[c]) <= 3, "%u, %u: %d, drawn %d", x, y,
          mixed, out[c]);
    }
  }
  fail_unless (covered > WIDTH * HEIGHT / 4);
  gst_video_frame_unmap (&overlay);
  gst_video_frame_unmap (&drawn);
  gst_video_frame_unmap (&plain);
  gst_buffer_unref (original);
  gst_buffer_unref (over);
  gst_buffer_unref (frame);
  gst_harness_teardown (side);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Frames without segments of their own: gaps where nothing is looked at. */
GST_START_TEST (test_pass_through)
{
  GstHarness *h = seg_harness ("pass-through=true");
  GstHarness *side = side_harness (h, "mask");
  gboolean gap = FALSE;
  GstEvent *event;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  gst_buffer_unref (gst_harness_push_and_pull (h, numbered_picture (5)));
  while (!gap) {
    event = gst_harness_pull_event (side);
    fail_unless (event != NULL);
    if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
      GstClockTime pts, duration;

      gst_event_parse_gap (event, &pts, &duration);
      fail_unless_equals_uint64 (pts, 200 * GST_MSECOND);
      fail_unless_equals_uint64 (duration, 40 * GST_MSECOND);
      gap = TRUE;
    }
    gst_event_unref (event);
  }
  gst_harness_teardown (side);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- who waits ---- */

static GstPadProbeReturn
hold (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;      /* and keep blocking */
}

/* A pad that takes nothing keeps nobody waiting; then it gets the newest frames and the end. */
GST_START_TEST (test_slow)
{
  GstHarness *h = seg_harness (""), *side = side_harness (h, "mask");
  g_autoptr (GstPad) pad = gst_pad_get_peer (side->sinkpad);
  GstClockTime last = 0;
  gboolean discont = FALSE;
  guint i, n = 0;
  gulong probe;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, hold, NULL, NULL);
  for (i = 0; i < 30; i++)
    gst_buffer_unref (push_frame (h, numbered_picture (i)));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  gst_pad_remove_probe (pad, probe);

  while (last != 29 * 40 * GST_MSECOND) {
    GstBuffer *mask = gst_harness_pull (side);

    fail_unless (mask != NULL);
    fail_unless (n == 0 || GST_BUFFER_PTS (mask) > last);
    last = GST_BUFFER_PTS (mask);
    discont |= n > 0 && GST_BUFFER_FLAG_IS_SET (mask, GST_BUFFER_FLAG_DISCONT);
    gst_buffer_unref (mask);
    n++;
  }
  fail_unless (discont);
  /* those that waited, and the one that was blocked */
  fail_unless (n <= GST_MASK2FORMER_SIDE_PAD_MAX_WAITING + 1, "%u", n);
  for (i = 0; i < 100 && !GST_PAD_IS_EOS (side->sinkpad); i++)
    g_usleep (G_USEC_PER_SEC / 50);
  fail_unless (GST_PAD_IS_EOS (side->sinkpad));
  gst_harness_teardown (side);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A seek empties the pads, and frames go on behind it. */
GST_START_TEST (test_flush)
{
  GstHarness *h = seg_harness (""), *side = side_harness (h, "overlay");
  GstSegment segment;
  GstBuffer *over;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  for (i = 0; i < 10; i++) {
    gst_buffer_unref (push_frame (h, numbered_picture (i)));
    fail_unless (gst_harness_push_event (h, gst_event_new_flush_start ()));
    fail_unless (gst_harness_push_event (h, gst_event_new_flush_stop (TRUE)));
    gst_segment_init (&segment, GST_FORMAT_TIME);
    fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
    /* what got through before the flush */
    while ((over = gst_harness_try_pull (side)))
      gst_buffer_unref (over);
  }
  gst_buffer_unref (push_frame (h, numbered_picture (77)));
  over = gst_harness_pull (side);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (over), 77 * 40 * GST_MSECOND);
  gst_buffer_unref (over);
  gst_harness_teardown (side);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- coming and going ---- */

GST_START_TEST (test_one_of_each)
{
  GstElement *seg = gst_element_factory_make ("mask2formerseg", NULL);
  GstPad *mask = gst_element_request_pad_simple (seg, "mask");
  GstPad *overlay = gst_element_request_pad_simple (seg, "overlay");

  fail_unless (mask && overlay);
  fail_unless (gst_element_request_pad (seg, GST_PAD_PAD_TEMPLATE (mask),
          NULL, NULL) == NULL);
  gst_element_release_request_pad (seg, mask);
  gst_object_unref (mask);
  mask = gst_element_request_pad_simple (seg, "mask");
  fail_unless (mask != NULL);
  gst_element_release_request_pad (seg, mask);
  gst_object_unref (mask);
  gst_object_unref (overlay);
  gst_object_unref (seg);
}

GST_END_TEST;

static void
count_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer n)
{
  g_atomic_int_inc ((gint *) n);
}

static GstElement *
counting_sink (gint * n)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", FALSE, "async", FALSE, "signal-handoffs", TRUE,
      NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (count_frame), n);
  return sink;
}

/* Requests the pad, waits for frames, unlinks it and lets it go. */
static void
visit (GstElement * pipeline, GstElement * seg, const gchar * name)
{
  gint n = 0;
  GstElement *sink = counting_sink (&n);
  GstPad *pad = gst_element_request_pad_simple (seg, name);
  GstPad *peer = gst_element_get_static_pad (sink, "sink");

  gst_bin_add (GST_BIN (pipeline), gst_object_ref (sink));
  fail_unless (gst_element_sync_state_with_parent (sink));
  fail_unless_equals_int (gst_pad_link (pad, peer), GST_PAD_LINK_OK);
  while (g_atomic_int_get (&n) < 2)
    g_usleep (1000);
  fail_unless (gst_pad_unlink (pad, peer));
  gst_element_release_request_pad (seg, pad);
  gst_object_unref (pad);
  gst_object_unref (peer);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (pipeline), sink);
  gst_object_unref (sink);
}

GST_START_TEST (test_come_and_go)
{
  GstElement *pipeline =
      gst_parse_launch ("videotestsrc pattern=ball "
      "! video/x-raw, format=I420, width=64, height=48 "
      "! mask2formerseg name=seg model=" SQUARE " precision=fp32 ! fakesink "
      "name=main signal-handoffs=true sync=false", NULL);
  g_autoptr (GstElement) seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  g_autoptr (GstElement) main_sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "main");
  gint n = 0, before;
  guint i;

  g_signal_connect (main_sink, "handoff", G_CALLBACK (count_frame), &n);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (i = 0; i < 10; i++)
    visit (pipeline, seg, i % 2 ? "mask" : "overlay");
  before = g_atomic_int_get (&n);
  while (g_atomic_int_get (&n) < before + 3)
    g_usleep (1000);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

GST_END_TEST;

static Suite *
sides_suite (void)
{
  Suite *suite = suite_create ("sides");
  TCase *tcase = tcase_create ("sides");

  tcase_add_test (tcase, test_mask);
  tcase_add_test (tcase, test_wide_mask);
  tcase_add_test (tcase, test_overlay);
  tcase_add_test (tcase, test_pass_through);
  tcase_add_test (tcase, test_slow);
  tcase_add_test (tcase, test_flush);
  tcase_add_test (tcase, test_one_of_each);
  tcase_add_test (tcase, test_come_and_go);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (sides);

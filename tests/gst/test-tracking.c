/* Track ids of segments in the element; the tracker has tests of its own.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#define MAX_SEGMENTS 64

/* The track ids of a frame by the position of its segments. */
typedef struct
{
  guint n;
  guint64 id[MAX_SEGMENTS];
} Tracks;

static Tracks
push_tracks (GstHarness * h, GstClockTime pts)
{
  GstVideoInfo info;
  GstBuffer *in = picture (&info), *out;
  const GstStructure *meta;
  Tracks tracks;
  guint i;

  GST_BUFFER_PTS (in) = pts;
  out = push_frame (h, in);
  meta = gst_buffer_get_panoptic_meta (out);
  tracks.n = gst_panoptic_meta_get_n_segments (meta);
  fail_unless (tracks.n > 1 && tracks.n <= MAX_SEGMENTS);
  for (i = 0; i < tracks.n; i++) {
    GstPanopticSegment segment;

    fail_unless (gst_panoptic_meta_get_segment (meta, i, &segment));
    tracks.id[i] = segment.track_id;
  }
  gst_buffer_unref (out);
  return tracks;
}

static void
fail_unless_same (const Tracks * a, const Tracks * b)
{
  guint i;

  fail_unless_equals_int (a->n, b->n);
  for (i = 0; i < a->n; i++)
    fail_unless_equals_uint64 (a->id[i], b->id[i]);
}

static void
flush (GstHarness * h, gboolean reset_time)
{
  GstSegment segment;

  fail_unless (gst_harness_push_event (h, gst_event_new_flush_start ()));
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_stop
          (reset_time)));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
}

static const gchar *const trackings[] = { "", "tracking=iou" };

/* Whatever does not move keeps its id, also over a flush that does not reset the time; another
 * stream begins with 1. */
GST_START_TEST (test_ids)
{
  GstHarness *h = seg_harness (trackings[__i__]);
  Tracks seen, other;
  guint i, k;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  seen = push_tracks (h, 0);
  for (i = 0; i < seen.n; i++) {
    fail_unless (seen.id[i] >= 1 && seen.id[i] <= seen.n);
    for (k = 0; k < i; k++)
      fail_unless (seen.id[i] != seen.id[k]);
  }
  for (i = 1; i < 4; i++) {
    other = push_tracks (h, i * 40 * GST_MSECOND);
    fail_unless_same (&seen, &other);
  }
  flush (h, FALSE);
  other = push_tracks (h, 200 * GST_MSECOND);
  fail_unless_same (&seen, &other);
  flush (h, TRUE);
  other = push_tracks (h, 0);
  fail_unless_same (&seen, &other);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* An object that was out of sight for longer than the window is another one, with a new id. */
GST_START_TEST (test_window)
{
  GstHarness *h = seg_harness ("track-window=1");
  g_autoptr (GstElement) seg = gst_harness_find_element (h, "mask2formerseg");
  Tracks seen, again;
  GstVideoInfo info;
  GstBuffer *empty;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  seen = push_tracks (h, 0);
  for (i = 0; i < 2; i++) {
    GstClockTime start = (1 + 3 * i) * GST_SECOND;

    /* a frame in which nothing is sure enough */
    g_object_set (seg, "threshold", 1.0, "track-window", i ? 5.0 : 1.0, NULL);
    empty = picture (&info);
    GST_BUFFER_PTS (empty) = start;
    gst_buffer_unref (push_frame (h, empty));
    g_object_set (seg, "threshold", 0.0, NULL);
    again = push_tracks (h, start + GST_SECOND + GST_SECOND / 2);
    if (i == 0) {
      fail_unless_equals_int (again.n, seen.n);
      fail_unless (again.id[0] > seen.n);
      seen = again;
    } else {
      fail_unless_same (&seen, &again);
    }
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_none)
{
  GstHarness *h = seg_harness ("tracking=none");
  Tracks tracks;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  tracks = push_tracks (h, 0);
  for (i = 0; i < tracks.n; i++)
    fail_unless (tracks.id[i] == GST_PANOPTIC_NO_TRACK);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
tracking_suite (void)
{
  Suite *suite = suite_create ("tracking");
  TCase *tcase = tcase_create ("tracking");

  tcase_add_loop_test (tcase, test_ids, 0, G_N_ELEMENTS (trackings));
  tcase_add_test (tcase, test_window);
  tcase_add_test (tcase, test_none);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (tracking);

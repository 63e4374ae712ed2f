/* Results that frames carry, found by a perfect model that takes as long as the test says.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include "gst/motion.h"
#include "gst/segmenter.h"
#include "tests/gst/perfect.h"

#define WIDTH 384
#define HEIGHT 216
#define FRAME (40 * GST_MSECOND)

/* ---- a stream ---- */

static Clip clip;
static GstMask2FormerSegmenter *segmenter;
static GstMask2FormerPolicy policy;
static GstMask2FormerOutcome outcome;   /* of the newest frame, */
static gint newest;             /* which has this number */

static const ClipShape shapes[] = {
  {TRUE, 120, 110, 54, 72, 5, 1.5},
  {FALSE, 270, 150, 50, 60, -4, 0},
};

static void
setup (void)
{
  GstMask2FormerSettings settings;
  g_autoptr (M2fModel) model = NULL;

  clip = (Clip) { WIDTH, HEIGHT,.shapes = shapes,.n_shapes = 2 };
  perfect_start (&clip);
  policy = (GstMask2FormerPolicy) {.interval = 1,.propagates = TRUE };
  gst_mask2former_settings_init (&settings);
  g_free (settings.model);
  settings.model = g_strdup (SQUARE);
  settings.source_id = g_strdup ("test");
  segmenter = gst_mask2former_segmenter_new ();
  model = gst_mask2former_segmenter_start (segmenter, &settings, NULL);
  fail_unless (model != NULL);
  gst_mask2former_settings_clear (&settings);
}

static void
teardown (void)
{
  gst_mask2former_segmenter_free (segmenter);
}

static void
push (gint t)
{
  GstMask2FormerJob job = {
    .thresholds.score = t,.pts = t * FRAME,.running_time = t * FRAME,
    .arrival = t * FRAME
  };
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, clip.width,
      clip.height);
  buffer = empty_frame (&info, FALSE, 0);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  clip_draw (&clip, t, frame.data[0], info.stride[0]);
  fail_unless (gst_mask2former_segmenter_process (segmenter, &frame, &job,
          &policy, &outcome, NULL));
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  newest = t;
}

static void
push_up_to (gint t)
{
  while (newest < t)
    push (newest + 1);
}

/* Pushes frame 0 and lets the model begin with it. */
static void
push_first (void)
{
  push (0);
  perfect_wait_begun (1);
}

/* The newest frame carries the result of frame t. */
static void
check_source (gint t)
{
  fail_unless (outcome.view != NULL);
  fail_unless_equals_uint64 (outcome.view->pts, t * FRAME);
  fail_unless_equals_uint64 (outcome.view->age, (newest - t) * FRAME);
  fail_unless_equals_string (outcome.view->source_id, "test");
}

/* Overlap of a segment of the frame's view with what it is in frame t. */
static gdouble
overlap (gint t, guint id)
{
  gint width = clip.width, height = clip.height;
  g_autofree guint8 *truth = g_malloc (width * height);

  clip_label (&clip, t, truth);
  return clip_iou (outcome.view->map, outcome.view->stride, truth, width, width,
      height, id);
}

/* Both shapes have followed the picture: at most half of each would be right if they had not. */
static void
check_follows (void)
{
  guint id;

  fail_unless (outcome.was_moved);
  fail_if (outcome.same_map);
  for (id = CLIP_SHAPES; id < CLIP_SHAPES + 2; id++)
    fail_unless (overlap (newest, id) >= 0.8, "segment %u at frame %d: %g", id,
        newest, overlap (newest, id));
}

/* The view is that of the frame it was found in. */
static void
check_stays (void)
{
  gint source = outcome.view->pts / FRAME;
  guint id;

  fail_if (outcome.was_moved);
  for (id = CLIP_SKY; id < CLIP_SHAPES + clip.n_shapes; id++)
    fail_unless_equals_float (overlap (source, id), 1);
}

/* ---- tests ---- */

/* A result that comes 11 frames late is where the picture is by then, at once. */
GST_START_TEST (test_latest)
{
  push_first ();
  push_up_to (10);
  fail_if (outcome.view);
  perfect_finish_run ();
  push (11);
  check_source (0);
  fail_unless (outcome.finding != NULL);
  check_follows ();
  /* nobody has seen what was behind the shape */
  fail_unless_equals_int (gst_panoptic_view_id (outcome.view, 110, 110), 0);
  push (12);
  check_source (0);
  fail_if (outcome.finding);
  check_follows ();

  perfect_finish_run ();
  push (13);
  check_source (10);
  fail_unless (outcome.finding != NULL);
  fail_unless (outcome.was_moved);
  fail_unless (overlap (13, CLIP_SHAPES) >= 0.8);
}

GST_END_TEST;

/* One that comes 31 frames late catches up by some frames at a time; until then frames carry the
 * one before. */
GST_START_TEST (test_catch_up)
{
  push_first ();
  push (1);
  perfect_finish_run ();
  push (2);
  check_source (0);
  push_up_to (31);
  perfect_finish_run ();                /* with frame 1 */
  for (;;) {
    push (newest + 1);
    /* it is known at once as it was in its frame */
    fail_unless_equals_int (outcome.finding != NULL, newest == 32);
    if (outcome.finding)
      fail_unless_equals_uint64 (outcome.found->pts, FRAME);
    if (outcome.view->pts > 0)
      break;
    fail_unless (newest < 40);
    check_source (0);
  }
  fail_unless (newest > 32);
  check_source (1);
  check_follows ();
}

GST_END_TEST;

/* The next scene has nothing of the one before, whether that was shown already or comes late. */
GST_START_TEST (test_cut)
{
  gint late;

  for (late = 0; late < 2; late++) {
    setup ();
    clip.cut = 6;
    push_first ();
    push_up_to (late ? 6 : 4);
    perfect_finish_run ();
    push_up_to (7);
    check_source (0);
    fail_if (outcome.was_moved);
    fail_unless_equals_int (outcome.view->n_segments, 0);
    fail_unless (overlap (7, 0) == 0 && overlap (7, CLIP_SKY) == 0);
    perfect_finish_run ();
    push (8);
    perfect_finish_run ();
    push (9);
    fail_unless (outcome.view->pts >= 6 * FRAME);
    fail_unless (outcome.was_moved);
    fail_unless (overlap (9, CLIP_SHAPES) >= 0.8);
    teardown ();
  }
}

GST_END_TEST;

/* A result that is older than the history stays where it was. */
GST_START_TEST (test_too_late)
{
  clip.width = 40;
  clip.height = 30;
  clip.n_shapes = 0;
  push_first ();
  push_up_to (GST_MASK2FORMER_MOTION_HISTORY);
  perfect_finish_run ();
  push (newest + 1);
  check_source (0);
  check_stays ();
}

GST_END_TEST;

/* Results stay where they were while they are told so, and share their map. */
GST_START_TEST (test_switch)
{
  policy.propagates = FALSE;
  push_first ();
  push_up_to (3);
  perfect_finish_run ();
  push (4);
  check_source (0);
  check_stays ();
  fail_if (outcome.same_map);
  push (5);
  check_stays ();
  fail_unless (outcome.same_map);

  policy.propagates = TRUE;
  push (6);
  check_source (0);
  check_stays ();               /* nobody knows how it got here */
  perfect_finish_run ();
  push (7);
  check_source (3);
  perfect_finish_run ();
  push (8);
  check_source (6);
  fail_unless (outcome.was_moved);

  policy.propagates = FALSE;
  push (9);
  check_source (6);
  check_stays ();
  fail_if (outcome.same_map);
}

GST_END_TEST;

/* Frames in between two that are analysed. */
GST_START_TEST (test_interval)
{
  policy.waits = TRUE;
  policy.interval = 9;
  perfect_permit (G_MAXINT);
  push (0);
  check_source (0);
  check_stays ();
  push_up_to (8);
  check_source (0);
  fail_unless (outcome.was_moved);
  fail_unless (overlap (8, CLIP_SHAPES) >= 0.8);
  fail_unless (overlap (0, CLIP_SHAPES) <= 0.5);
  push (9);
  check_source (9);
  check_stays ();
  fail_unless_equals_int (perfect_begun (), 2);
}

GST_END_TEST;

/* ---- track ids ---- */

#define CAR 9

/* Two of a class that cross.  From one result to the next each moves by nearly its width. */
static const ClipShape cars[] = {
  {TRUE, 60, 100, 54, 72, 5, 1.5,.label_id = CAR},
  {FALSE, 300, 150, 50, 60, -5, 0,.label_id = CAR},
};

/* The track ids of the shapes in the result that came with the newest frame. */
static void
read_tracks (guint64 tracks[2])
{
  guint i;

  fail_unless (outcome.finding != NULL);
  fail_unless_equals_int (outcome.found->n_segments, CLIP_SHAPES - 1 + 2);
  for (i = 0; i < outcome.found->n_segments; i++) {
    const GstPanopticSegment *segment = &outcome.found->segments[i];

    if (segment->id >= CLIP_SHAPES)
      tracks[segment->id - CLIP_SHAPES] = segment->track_id;
  }
}

/* Lets every ninth frame be analysed, each before it goes on or while the next nine do; returns how
 * often a shape has another id than in the result before. */
static gint
count_switches (gboolean waits)
{
  guint64 before[2], now[2];
  gint n = 0, results = 0, t, i;

  clip.shapes = cars;
  policy.waits = waits;
  policy.interval = waits ? 9 : 1;
  policy.tracking = M2F_TRACKING_IOU;
  policy.track_window = 2;
  if (waits)
    perfect_permit (G_MAXINT);
  push_first ();
  for (t = waits ? 0 : 9; t <= 45; t += 9) {
    push_up_to (t);
    if (!waits) {
      perfect_finish_run ();
      push (t + 1);
    }
    read_tracks (now);
    for (i = 0; i < 2 && results > 0; i++)
      n += before[i] != now[i];
    memcpy (before, now, sizeof before);
    results++;
  }
  return n;
}

/* Ids by place alone stay with two that cross if the masks they had are moved with the picture. */
GST_START_TEST (test_tracks)
{
  gboolean waits = __i__;

  fail_unless_equals_int (count_switches (waits), 0);
  teardown ();
  setup ();
  policy.propagates = FALSE;
  fail_unless (count_switches (waits) > 0);
}

GST_END_TEST;

/* Nothing that was found before a flush comes after it, and there is no motion across it. */
GST_START_TEST (test_forget)
{
  push_first ();
  push_up_to (3);
  perfect_finish_run ();
  gst_mask2former_segmenter_forget (segmenter);
  push (4);
  fail_if (outcome.view);
  perfect_wait_begun (3);
  push (5);
  perfect_finish_run ();
  push (6);
  check_source (4);
  fail_unless (outcome.was_moved);
}

GST_END_TEST;

static Suite *
segmenter_suite (void)
{
  Suite *suite = suite_create ("segmenter");
  TCase *tcase = tcase_create ("segmenter"), *scenes = tcase_create ("scenes");

  tcase_add_checked_fixture (tcase, setup, teardown);
  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_latest);
  tcase_add_test (tcase, test_catch_up);
  tcase_add_test (tcase, test_too_late);
  tcase_add_test (tcase, test_switch);
  tcase_add_test (tcase, test_interval);
  tcase_add_loop_test (tcase, test_tracks, 0, 2);
  tcase_add_test (tcase, test_forget);
  suite_add_tcase (suite, scenes);
  tcase_add_test (scenes, test_cut);
  return suite;
}

GST_CHECK_MAIN (segmenter);

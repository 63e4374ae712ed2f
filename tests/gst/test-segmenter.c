/* Results that frames carry, found by a perfect model that takes as long as the test says.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include "gst/motion.h"
#include "gst/segmenter.h"
#include "tests/clip/clip.h"

#define WIDTH 384
#define HEIGHT 216
#define FRAME (40 * GST_MSECOND)

/* ---- the model ---- */

/* Knows the clip.  A run waits for a permit. */
struct _GstMask2FormerAnalyser
{
  M2fModel *model;
};

static struct
{
  GMutex lock;
  GCond changed;
  Clip clip;
  gint begun;                   /* runs */
  gint permits;
  gboolean is_cancelled;
} perfect;

GstMask2FormerAnalyser *
gst_mask2former_analyser_new (const GstMask2FormerSettings * settings,
    GError ** error)
{
  M2fModel *model =
      m2f_model_load (&(M2fLoadOptions) {.path = SQUARE,.device = "cpu" },
      error);
  GstMask2FormerAnalyser *analyser = g_new (GstMask2FormerAnalyser, 1);

  fail_unless (model != NULL);
  analyser->model = model;
  return analyser;
}

void
gst_mask2former_analyser_free (GstMask2FormerAnalyser * analyser)
{
  if (analyser)
    m2f_model_unref (analyser->model);
  g_free (analyser);
}

M2fModel *
gst_mask2former_analyser_get_model (const GstMask2FormerAnalyser * analyser)
{
  return analyser->model;
}

M2fTask
gst_mask2former_analyser_get_task (const GstMask2FormerAnalyser * analyser)
{
  return M2F_TASK_PANOPTIC;
}

gboolean
gst_mask2former_analyser_prepare (GstMask2FormerAnalyser * analyser,
    const GstVideoInfo * info, GError ** error)
{
  return TRUE;
}

/* The number of the frame comes as its threshold. */
gboolean
gst_mask2former_analyser_run (GstMask2FormerAnalyser * analyser,
    const GstVideoFrame * frame, const GstMask2FormerThresholds * thresholds,
    M2fResult * result, GError ** error)
{
  M2fResult found;
  gboolean is_cancelled;

  g_mutex_lock (&perfect.lock);
  perfect.begun++;
  g_cond_broadcast (&perfect.changed);
  while (perfect.permits == 0 && !perfect.is_cancelled)
    g_cond_wait (&perfect.changed, &perfect.lock);
  is_cancelled = perfect.is_cancelled;
  perfect.permits -= !is_cancelled;
  g_mutex_unlock (&perfect.lock);
  if (is_cancelled) {
    g_set_error (error, M2F_ERROR, M2F_ERROR_CANCELLED, "cancelled");
    return FALSE;
  }

  found = clip_result (&perfect.clip, thresholds->score);
  m2f_result_clear (result);
  result->map = g_steal_pointer (&found.map);
  result->map_width = result->map_stride = found.map_width;
  result->map_height = found.map_height;
  result->map_depth = 1;
  result->segment_array = g_array_new (FALSE, FALSE, sizeof (M2fSegment));
  g_array_append_vals (result->segment_array, found.segments, found.n_segments);
  result->segments = (M2fSegment *) result->segment_array->data;
  result->n_segments = found.n_segments;
  clip_result_clear (&found);
  return TRUE;
}

static void
set_cancelled (gboolean is_cancelled)
{
  g_mutex_lock (&perfect.lock);
  perfect.is_cancelled = is_cancelled;
  g_cond_broadcast (&perfect.changed);
  g_mutex_unlock (&perfect.lock);
}

void
gst_mask2former_analyser_cancel (GstMask2FormerAnalyser * analyser)
{
  set_cancelled (TRUE);
}

void
gst_mask2former_analyser_uncancel (GstMask2FormerAnalyser * analyser)
{
  set_cancelled (FALSE);
}

/* ---- a stream ---- */

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

  memset (&perfect, 0, sizeof (perfect));
  g_mutex_init (&perfect.lock);
  g_cond_init (&perfect.changed);
  perfect.clip = (Clip) { WIDTH, HEIGHT,.shapes = shapes,.n_shapes = 2 };
  policy = (GstMask2FormerPolicy) {.interval = 1,.propagates = TRUE };
  gst_mask2former_settings_init (&settings);
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
  g_mutex_clear (&perfect.lock);
  g_cond_clear (&perfect.changed);
}

static void
permit (gint runs)
{
  g_mutex_lock (&perfect.lock);
  perfect.permits += runs;
  g_cond_broadcast (&perfect.changed);
  g_mutex_unlock (&perfect.lock);
}

/* Waits until the model is at its nth run; what it found in the others can be taken then. */
static void
wait_begun (gint n)
{
  g_mutex_lock (&perfect.lock);
  while (perfect.begun < n)
    g_cond_wait (&perfect.changed, &perfect.lock);
  g_mutex_unlock (&perfect.lock);
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

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, perfect.clip.width,
      perfect.clip.height);
  buffer = empty_frame (&info, FALSE, 0);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  clip_draw (&perfect.clip, t, frame.data[0], info.stride[0]);
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
  wait_begun (1);
}

/* Lets the model finish with one frame, and begin with the newest. */
static void
finish_run (void)
{
  gint begun;

  g_mutex_lock (&perfect.lock);
  begun = perfect.begun;
  g_mutex_unlock (&perfect.lock);
  permit (1);
  wait_begun (begun + 1);
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
  gint width = perfect.clip.width, height = perfect.clip.height;
  g_autofree guint8 *truth = g_malloc (width * height);

  clip_label (&perfect.clip, t, truth);
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
  for (id = CLIP_SKY; id < CLIP_SHAPES + perfect.clip.n_shapes; id++)
    fail_unless_equals_float (overlap (source, id), 1);
}

/* ---- tests ---- */

/* A result that comes 11 frames late is where the picture is by then, at once. */
GST_START_TEST (test_latest)
{
  push_first ();
  push_up_to (10);
  fail_if (outcome.view);
  finish_run ();
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

  finish_run ();
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
  finish_run ();
  push (2);
  check_source (0);
  push_up_to (31);
  finish_run ();                /* with frame 1 */
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
    perfect.clip.cut = 6;
    push_first ();
    push_up_to (late ? 6 : 4);
    finish_run ();
    push_up_to (7);
    check_source (0);
    fail_if (outcome.was_moved);
    fail_unless_equals_int (outcome.view->n_segments, 0);
    fail_unless (overlap (7, 0) == 0 && overlap (7, CLIP_SKY) == 0);
    finish_run ();
    push (8);
    finish_run ();
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
  perfect.clip.width = 40;
  perfect.clip.height = 30;
  perfect.clip.n_shapes = 0;
  push_first ();
  push_up_to (GST_MASK2FORMER_MOTION_HISTORY);
  finish_run ();
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
  finish_run ();
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
  finish_run ();
  push (7);
  check_source (3);
  finish_run ();
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
  permit (G_MAXINT);
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
  fail_unless_equals_int (perfect.begun, 2);
}

GST_END_TEST;

/* Nothing that was found before a flush comes after it, and there is no motion across it. */
GST_START_TEST (test_forget)
{
  push_first ();
  push_up_to (3);
  finish_run ();
  gst_mask2former_segmenter_forget (segmenter);
  push (4);
  fail_if (outcome.view);
  wait_begun (3);
  push (5);
  finish_run ();
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
  tcase_add_test (tcase, test_forget);
  suite_add_tcase (suite, scenes);
  tcase_add_test (scenes, test_cut);
  return suite;
}

GST_CHECK_MAIN (segmenter);

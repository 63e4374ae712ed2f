/* The worker, with an analyser that takes as long as the test says.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>

#include "gst/worker.h"

#define WIDTH 6
#define HEIGHT 4

/* An analyser whose every run waits for a permit, and whose result is as wide as the value of the
 * frame's first pixel says. */
typedef struct
{
  GMutex lock;
  GCond changed;
  gint begun, ended;            /* runs */
  gint permits;
  gboolean is_cancelled;
  gconstpointer pixels;         /* of the newest frame */
} Fake;

static gboolean
fake_analyse (gpointer user_data, const GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds, M2fResult * result,
    GError ** error)
{
  Fake *fake = user_data;
  const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gboolean is_cancelled;

  g_mutex_lock (&fake->lock);
  fake->begun++;
  fake->pixels = pixels;
  g_cond_broadcast (&fake->changed);
  while (fake->permits == 0 && !fake->is_cancelled)
    g_cond_wait (&fake->changed, &fake->lock);
  is_cancelled = fake->is_cancelled;
  if (!is_cancelled)
    fake->permits--;
  fake->ended++;
  g_mutex_unlock (&fake->lock);

  result->map_width = pixels[0];
  if (is_cancelled || thresholds->score == 1) {
    g_set_error (error, M2F_ERROR, is_cancelled ? M2F_ERROR_CANCELLED :
        M2F_ERROR_DEVICE, "frame %d", pixels[0]);
    return FALSE;
  }
  return TRUE;
}

static void
set_cancelled (Fake * fake, gboolean is_cancelled)
{
  g_mutex_lock (&fake->lock);
  fake->is_cancelled = is_cancelled;
  g_cond_broadcast (&fake->changed);
  g_mutex_unlock (&fake->lock);
}

static void
fake_cancel (gpointer fake)
{
  set_cancelled (fake, TRUE);
}

static void
fake_uncancel (gpointer fake)
{
  set_cancelled (fake, FALSE);
}

static const GstMask2FormerWorkerFuncs fake_funcs = {
  fake_analyse, fake_cancel, fake_uncancel
};

static void
permit (Fake * fake, gint runs)
{
  g_mutex_lock (&fake->lock);
  fake->permits += runs;
  g_cond_broadcast (&fake->changed);
  g_mutex_unlock (&fake->lock);
}

/* Waits until the analyser was called for the nth time. */
static void
wait_begun (Fake * fake, gint n)
{
  g_mutex_lock (&fake->lock);
  while (fake->begun < n)
    g_cond_wait (&fake->changed, &fake->lock);
  g_mutex_unlock (&fake->lock);
}

static Fake fake;
static GstMask2FormerWorker *worker;
static guint8 pixels[WIDTH * HEIGHT];
static GstVideoFrame frame;

static void
setup (void)
{
  memset (&fake, 0, sizeof (fake));
  g_mutex_init (&fake.lock);
  g_cond_init (&fake.changed);
  memset (&frame, 0, sizeof (frame));
  gst_video_info_set_format (&frame.info, GST_VIDEO_FORMAT_GRAY8, WIDTH,
      HEIGHT);
  frame.info.stride[0] = WIDTH;
  frame.data[0] = pixels;
  worker = gst_mask2former_worker_new (&fake_funcs, &fake);
  fail_unless (gst_mask2former_worker_start (worker, NULL));
}

static void
teardown (void)
{
  gst_mask2former_worker_free (worker);
  g_mutex_clear (&fake.lock);
  g_cond_clear (&fake.changed);
}

/* A frame's pixels have the value that its pts has. */
static GstMask2FormerJob
draw (gint number)
{
  memset (pixels, number, sizeof (pixels));
  return (GstMask2FormerJob) { .pts = number };
}

static void
offer (gint number)
{
  GstMask2FormerJob job = draw (number);

  fail_unless (gst_mask2former_worker_offer (worker, &frame, &job, NULL));
  memset (pixels, 0xee, sizeof (pixels));       /* it was copied */
}

static void
check_take (gint number)
{
  g_auto (GstMask2FormerFinding) finding = { 0 };

  fail_unless (gst_mask2former_worker_take (worker, &finding));
  fail_unless_equals_uint64 (finding.job.pts, number);
  fail_unless_equals_int (finding.result.map_width, number);
  g_assert_no_error (finding.error);
}

static void
check_nothing_to_take (void)
{
  g_auto (GstMask2FormerFinding) finding = { 0 };

  fail_if (gst_mask2former_worker_take (worker, &finding));
}

/* Frames that arrive while another is analysed replace one another, and so do findings. */
GST_START_TEST (test_newest)
{
  offer (1);
  wait_begun (&fake, 1);
  check_nothing_to_take ();
  offer (2);
  offer (3);
  offer (4);
  permit (&fake, 1);
  wait_begun (&fake, 2);
  check_take (1);
  check_nothing_to_take ();

  permit (&fake, 1);
  gst_mask2former_worker_wait (worker);
  offer (5);
  permit (&fake, 1);
  gst_mask2former_worker_wait (worker);
  check_take (5);
  check_nothing_to_take ();
  fail_unless_equals_int (fake.begun, 3);
}

GST_END_TEST;

/* run() hands over the caller's pixels, and its own finding, for frames of any size in turn. */
GST_START_TEST (test_run)
{
  gint i;

  permit (&fake, 200);
  for (i = 0; i < 200; i++) {
    GstMask2FormerJob job = draw (i);

    gst_video_info_set_format (&frame.info, GST_VIDEO_FORMAT_GRAY8, 4,
        1 + i % 4);
    if (i % 3 == 0)
      offer (i + 1);
    draw (i);
    fail_unless (gst_mask2former_worker_run (worker, &frame, &job));
    fail_unless (fake.pixels == pixels);
    check_take (i);
    if (i % 3 == 0)
      permit (&fake, 1);
  }
}

GST_END_TEST;

/* Nothing of before a flush comes out after it, whether it was running, waiting or finished. */
GST_START_TEST (test_flush)
{
  gint i;

  for (i = 0; i < 20; i++) {
    gint begun = fake.begun;

    offer (1);
    wait_begun (&fake, begun + 1);
    offer (2);
    gst_mask2former_worker_set_flushing (worker, TRUE);
    offer (3);
    gst_mask2former_worker_set_flushing (worker, FALSE);
    check_nothing_to_take ();
    offer (4);
    permit (&fake, 1);
    gst_mask2former_worker_wait (worker);
    fail_unless_equals_int (fake.begun, begun + 2);
    if (i % 2)
      check_take (4);
    gst_mask2former_worker_forget (worker);
    check_nothing_to_take ();
  }
}

GST_END_TEST;

static gpointer
run_frame (gpointer unused)
{
  GstMask2FormerJob job = draw (7);

  return GINT_TO_POINTER (gst_mask2former_worker_run (worker, &frame, &job));
}

/* Flushing ends a run() that waits, but not before the analyser has let go of the frame. */
GST_START_TEST (test_flush_ends_run)
{
  GThread *thread = g_thread_new ("stream", run_frame, NULL);

  wait_begun (&fake, 1);
  gst_mask2former_worker_set_flushing (worker, TRUE);
  fail_if (GPOINTER_TO_INT (g_thread_join (thread)));
  fail_unless_equals_int (fake.ended, 1);
  fail_if (GPOINTER_TO_INT (run_frame (NULL)));
  fail_unless_equals_int (fake.begun, 1);

  gst_mask2former_worker_set_flushing (worker, FALSE);
  permit (&fake, 1);
  fail_unless (GPOINTER_TO_INT (run_frame (NULL)));
  check_take (7);
}

GST_END_TEST;

/* Stopping cancels what is running; the worker can be started again. */
GST_START_TEST (test_stop)
{
  gint i;

  for (i = 0; i < 200; i++) {
    gint begun = fake.begun;

    offer (1);
    if (i % 2)
      wait_begun (&fake, begun + 1);
    gst_mask2former_worker_stop (worker);
    check_nothing_to_take ();
    fail_unless (gst_mask2former_worker_start (worker, NULL));
  }
  permit (&fake, 1);
  offer (2);
  gst_mask2former_worker_wait (worker);
  check_take (2);
}

GST_END_TEST;

/* A failure is a finding; the next frame is analysed all the same. */
GST_START_TEST (test_error)
{
  g_auto (GstMask2FormerFinding) finding = { 0 };
  GstMask2FormerJob job = draw (3);

  permit (&fake, 2);
  job.thresholds.score = 1;
  fail_unless (gst_mask2former_worker_run (worker, &frame, &job));
  fail_unless (gst_mask2former_worker_take (worker, &finding));
  fail_unless (g_error_matches (finding.error, M2F_ERROR, M2F_ERROR_DEVICE));
  fail_unless_equals_string (finding.error->message, "frame 3");

  job.thresholds.score = 0;
  fail_unless (gst_mask2former_worker_run (worker, &frame, &job));
  fail_unless (gst_mask2former_worker_take (worker, &finding));
  g_assert_no_error (finding.error);
}

GST_END_TEST;

/* A stream that is flushed all the time, as GStreamer does it: the stream lock is held for every
 * frame, and taken by who flushes before frames may flow again. */
typedef struct
{
  GMutex stream_lock;
  gint flushes;                 /* so far; under the lock */
} Storm;

#define N_FLUSHES 100

static gpointer
flush (gpointer data)
{
  Storm *storm = data;
  gint i;

  for (i = 0; i < N_FLUSHES; i++) {
    gst_mask2former_worker_set_flushing (worker, TRUE);
    g_mutex_lock (&storm->stream_lock);
    storm->flushes++;
    gst_mask2former_worker_set_flushing (worker, FALSE);
    g_mutex_unlock (&storm->stream_lock);
    g_thread_yield ();
  }
  return NULL;
}

GST_START_TEST (test_flush_storm)
{
  g_auto (GstMask2FormerFinding) finding = { 0 };
  Storm storm = { 0 };
  GThread *thread;
  GstClockTime last = 0;
  gint i, flushes = 0;

  g_mutex_init (&storm.stream_lock);
  permit (&fake, G_MAXINT);
  thread = g_thread_new ("flush", flush, &storm);
  for (i = 1; flushes < N_FLUSHES; i++) {
    GstMask2FormerJob job = draw (i & 0x7f);

    g_mutex_lock (&storm.stream_lock);
    flushes = storm.flushes;
    job.running_time = flushes;
    job.arrival = i;
    if (i % 2)
      fail_unless (gst_mask2former_worker_offer (worker, &frame, &job, NULL));
    else
      gst_mask2former_worker_run (worker, &frame, &job);
    if (gst_mask2former_worker_take (worker, &finding)) {
      g_assert_no_error (finding.error);
      fail_unless_equals_uint64 (finding.job.running_time, flushes);
      fail_unless_equals_int (finding.result.map_width, finding.job.pts);
      fail_unless (finding.job.arrival > last);
      last = finding.job.arrival;
    }
    g_mutex_unlock (&storm.stream_lock);
    g_thread_yield ();
  }
  g_thread_join (thread);
  g_mutex_clear (&storm.stream_lock);
}

GST_END_TEST;

static Suite *
worker_suite (void)
{
  Suite *suite = suite_create ("worker");
  TCase *tcase = tcase_create ("worker");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_newest);
  tcase_add_test (tcase, test_run);
  tcase_add_test (tcase, test_flush);
  tcase_add_test (tcase, test_flush_ends_run);
  tcase_add_test (tcase, test_stop);
  tcase_add_test (tcase, test_error);
  tcase_add_test (tcase, test_flush_storm);
  return suite;
}

GST_CHECK_MAIN (worker);

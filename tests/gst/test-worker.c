/* The worker, with an analyser that takes as long as the test says.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>

#include "gst/worker.h"

#define WIDTH 6
#define HEIGHT 4

/* An analyser that waits for a permit before each frame is computed, and whose result is as wide as
 * the value of the frame's first pixel says. */
typedef struct
{
  gint first_pixel;
  gboolean fails;
} FakeFrame;

typedef struct
{
  GMutex lock;
  GCond changed;
  gint room;                    /* frames that can be started */
  FakeFrame started[2];
  gint n_started;
  gint busy;                    /* starts without room */
  gint begun, ended;            /* frames */
  gint begun_before_end;        /* those begun when the newest ended */
  gint permits;
  gboolean is_cancelled;
  gconstpointer pixels;         /* of the newest frame */
} Fake;

static gboolean
fake_start (gpointer user_data, const GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds, GError ** error)
{
  Fake *fake = user_data;
  const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gboolean has_room, is_refused;

  g_mutex_lock (&fake->lock);
  has_room = fake->n_started < fake->room;
  is_refused = has_room && thresholds->score == 2;
  if (has_room && !is_refused) {
    fake->started[fake->n_started].first_pixel = pixels[0];
    fake->started[fake->n_started++].fails = thresholds->score == 1;
    fake->begun++;
    fake->pixels = pixels;
  }
  fake->busy += !has_room;
  g_cond_broadcast (&fake->changed);
  g_mutex_unlock (&fake->lock);
  if (!has_room)
    g_set_error (error, M2F_ERROR, M2F_ERROR_BUSY, "no room for %d", pixels[0]);
  if (is_refused)
    g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT, "start %d", pixels[0]);
  return has_room && !is_refused;
}

/* Called with the lock held. */
static void
wait_for_permit (Fake * fake)
{
  while (fake->permits == 0 && !fake->is_cancelled)
    g_cond_wait (&fake->changed, &fake->lock);
}

static void
fake_wait (gpointer user_data)
{
  Fake *fake = user_data;

  g_mutex_lock (&fake->lock);
  if (fake->n_started > 0)
    wait_for_permit (fake);
  g_mutex_unlock (&fake->lock);
}

static gboolean
fake_finish (gpointer user_data, M2fResult * result, GError ** error)
{
  Fake *fake = user_data;
  FakeFrame frame;
  gboolean is_cancelled;

  g_mutex_lock (&fake->lock);
  wait_for_permit (fake);
  is_cancelled = fake->is_cancelled;
  if (!is_cancelled)
    fake->permits--;
  fake->ended++;
  fake->begun_before_end = fake->begun;
  frame = fake->started[0];
  fake->started[0] = fake->started[1];
  fake->n_started--;
  g_mutex_unlock (&fake->lock);

  result->map_width = frame.first_pixel;
  if (is_cancelled || frame.fails) {
    g_set_error (error, M2F_ERROR, is_cancelled ? M2F_ERROR_CANCELLED :
        M2F_ERROR_DEVICE, "frame %d", frame.first_pixel);
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
  fake_start, fake_wait, fake_finish, fake_cancel, fake_uncancel
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
  fake.room = 1;
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

/* With room for two, the newest frame is started when the device is done with the one before it,
 * no sooner, and before the segments of that are found. */
GST_START_TEST (test_room_for_two)
{
  g_auto (GstMask2FormerFinding) finding = { 0 };

  fake.room = 2;
  offer (1);
  wait_begun (&fake, 1);
  offer (2);
  offer (3);
  fail_unless_equals_int (fake.begun, 1);
  permit (&fake, 1);
  wait_begun (&fake, 2);
  offer (4);
  offer (5);
  permit (&fake, 1);
  wait_begun (&fake, 3);
  permit (&fake, 1);
  gst_mask2former_worker_wait (worker);
  check_take (5);
  check_nothing_to_take ();
  fail_unless_equals_int (fake.begun, 3);
  fail_unless_equals_int (fake.busy, 0);

  /* frame 6 ends when frame 7 is begun */
  offer (6);
  wait_begun (&fake, 4);
  offer (7);
  permit (&fake, 1);
  wait_begun (&fake, 5);
  while (!gst_mask2former_worker_take (worker, &finding))
    g_thread_yield ();
  fail_unless_equals_uint64 (finding.job.pts, 6);
  fail_unless_equals_int (fake.begun_before_end, 5);
  permit (&fake, 1);
  gst_mask2former_worker_wait (worker);
  check_take (7);
}

GST_END_TEST;

/* run() hands over the caller's pixels, and its own finding, for frames of any size in turn. */
GST_START_TEST (test_run)
{
  gint i;

  fake.room = 1 + __i__;
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

  fake.room = 1 + __i__;
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
  GThread *thread;

  fake.room = 1 + __i__;
  thread = g_thread_new ("stream", run_frame, NULL);
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

  fake.room = 1 + __i__;
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

  job.thresholds.score = 2;
  fail_unless (gst_mask2former_worker_run (worker, &frame, &job));
  fail_unless (gst_mask2former_worker_take (worker, &finding));
  fail_unless (g_error_matches (finding.error, M2F_ERROR, M2F_ERROR_ARGUMENT));
  fail_unless_equals_string (finding.error->message, "start 3");

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

  fake.room = 1 + __i__;
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
  tcase_add_test (tcase, test_room_for_two);
  tcase_add_loop_test (tcase, test_run, 0, 2);
  tcase_add_loop_test (tcase, test_flush, 0, 2);
  tcase_add_loop_test (tcase, test_flush_ends_run, 0, 2);
  tcase_add_loop_test (tcase, test_stop, 0, 2);
  tcase_add_test (tcase, test_error);
  tcase_add_loop_test (tcase, test_flush_storm, 0, 2);
  return suite;
}

GST_CHECK_MAIN (worker);

/* The segments of every frame of a stream: found in it, or carried from an earlier frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/segmenter.h"

#include "gst/schedule.h"

struct _GstMask2FormerSegmenter
{
  GMutex lock;
  GstMask2FormerSchedule schedule;      /* under the lock */

  GstMask2FormerWorker *worker;
  /* from start to stop: */
  GstMask2FormerAnalyser *analyser;     /* run by the worker */
  gchar *source_id;

  /* only for the stream's thread: */
  GstMask2FormerFinding newest;
  gboolean has_newest;
  GstPanopticView view;         /* of it */
};

static gboolean
analyse (gpointer user_data, const GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds, M2fResult * result,
    GError ** error)
{
  GstMask2FormerSegmenter *segmenter = user_data;

  return gst_mask2former_analyser_run (segmenter->analyser, frame, thresholds,
      result, error);
}

static void
cancel (gpointer user_data)
{
  GstMask2FormerSegmenter *segmenter = user_data;

  gst_mask2former_analyser_cancel (segmenter->analyser);
}

static void
uncancel (gpointer user_data)
{
  GstMask2FormerSegmenter *segmenter = user_data;

  gst_mask2former_analyser_uncancel (segmenter->analyser);
}

static const GstMask2FormerWorkerFuncs worker_funcs = {
  analyse, cancel, uncancel
};

GstMask2FormerSegmenter *
gst_mask2former_segmenter_new (void)
{
  GstMask2FormerSegmenter *segmenter = g_new0 (GstMask2FormerSegmenter, 1);

  g_mutex_init (&segmenter->lock);
  segmenter->worker = gst_mask2former_worker_new (&worker_funcs, segmenter);
  return segmenter;
}

void
gst_mask2former_segmenter_free (GstMask2FormerSegmenter * segmenter)
{
  gst_mask2former_segmenter_stop (segmenter);
  gst_mask2former_worker_free (segmenter->worker);
  g_mutex_clear (&segmenter->lock);
  g_free (segmenter);
}

M2fModel *
gst_mask2former_segmenter_start (GstMask2FormerSegmenter * segmenter,
    const GstMask2FormerSettings * settings, GError ** error)
{
  segmenter->analyser = gst_mask2former_analyser_new (settings, error);
  if (!segmenter->analyser)
    return NULL;
  segmenter->source_id = g_utf8_make_valid (settings->source_id, -1);
  gst_mask2former_worker_start (segmenter->worker);
  return
      m2f_model_ref (gst_mask2former_analyser_get_model (segmenter->analyser));
}

void
gst_mask2former_segmenter_stop (GstMask2FormerSegmenter * segmenter)
{
  gst_mask2former_worker_stop (segmenter->worker);
  gst_mask2former_segmenter_forget (segmenter);
  gst_panoptic_view_clear (&segmenter->view);
  gst_mask2former_finding_clear (&segmenter->newest);
  g_clear_pointer (&segmenter->analyser, gst_mask2former_analyser_free);
  g_clear_pointer (&segmenter->source_id, g_free);
}

void
gst_mask2former_segmenter_set_flushing (GstMask2FormerSegmenter * segmenter,
    gboolean flushing)
{
  gst_mask2former_worker_set_flushing (segmenter->worker, flushing);
}

void
gst_mask2former_segmenter_qos (GstMask2FormerSegmenter * segmenter,
    GstEvent * event)
{
  g_mutex_lock (&segmenter->lock);
  gst_mask2former_schedule_event (&segmenter->schedule, event);
  g_mutex_unlock (&segmenter->lock);
}

void
gst_mask2former_segmenter_forget (GstMask2FormerSegmenter * segmenter)
{
  gst_mask2former_worker_forget (segmenter->worker);
  segmenter->has_newest = FALSE;

  g_mutex_lock (&segmenter->lock);
  gst_mask2former_schedule_reset (&segmenter->schedule);
  g_mutex_unlock (&segmenter->lock);
}

gboolean
gst_mask2former_segmenter_prepare (GstMask2FormerSegmenter * segmenter,
    const GstVideoInfo * info, GError ** error)
{
  gst_mask2former_worker_wait (segmenter->worker);
  return gst_mask2former_analyser_prepare (segmenter->analyser, info, error);
}

/* ---- frames ---- */

static GstMask2FormerChoice
choose (GstMask2FormerSegmenter * segmenter, GstClockTime time, guint interval,
    GstMask2FormerOutcome * outcome)
{
  GstMask2FormerChoice choice;

  g_mutex_lock (&segmenter->lock);
  choice = gst_mask2former_schedule_frame (&segmenter->schedule, time,
      interval);
  outcome->jitter = segmenter->schedule.jitter;
  outcome->proportion = segmenter->schedule.proportion;
  g_mutex_unlock (&segmenter->lock);
  outcome->is_late = choice == GST_MASK2FORMER_SCHEDULE_LATE;
  return choice;
}

/* Time between two frames of the stream. */
static GstClockTime
distance (const GstMask2FormerJob * a, const GstMask2FormerJob * b)
{
  if (GST_CLOCK_TIME_IS_VALID (a->running_time) &&
      GST_CLOCK_TIME_IS_VALID (b->running_time))
    return MAX (a->running_time, b->running_time) -
        MIN (a->running_time, b->running_time);
  return b->arrival - a->arrival;
}

/* Takes the finding that the worker has ready, if any. */
static gboolean
take (GstMask2FormerSegmenter * segmenter, const GstVideoFrame * frame,
    GstMask2FormerOutcome * outcome, GError ** error)
{
  GstMask2FormerFinding *newest = &segmenter->newest;

  if (!gst_mask2former_worker_take (segmenter->worker, newest))
    return TRUE;
  segmenter->has_newest = !newest->error;
  if (newest->error) {
    g_propagate_error (error, g_steal_pointer (&newest->error));
    return FALSE;
  }
  gst_panoptic_view_set_result (&segmenter->view, &newest->result,
      gst_mask2former_analyser_get_task (segmenter->analyser),
      GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame),
      newest->job.pts);
  segmenter->view.source_id = segmenter->source_id;
  outcome->result = &newest->result;
  return TRUE;
}

gboolean
gst_mask2former_segmenter_process (GstMask2FormerSegmenter * segmenter,
    const GstVideoFrame * frame, const GstMask2FormerJob * job,
    const GstMask2FormerPolicy * policy, GstMask2FormerOutcome * outcome,
    GError ** error)
{
  *outcome = (GstMask2FormerOutcome) { 0 };
  if (choose (segmenter, job->running_time, policy->interval, outcome) ==
      GST_MASK2FORMER_SCHEDULE_ANALYSE) {
    if (!policy->waits)
      gst_mask2former_worker_offer (segmenter->worker, frame, job);
    else if (!gst_mask2former_worker_run (segmenter->worker, frame, job))
      return FALSE;
  }
  if (!take (segmenter, frame, outcome, error))
    return FALSE;

  if (segmenter->has_newest) {
    segmenter->view.age = distance (&segmenter->newest.job, job);
    outcome->view = &segmenter->view;
  }
  return TRUE;
}

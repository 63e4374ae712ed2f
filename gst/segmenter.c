/* The segments of every frame of a stream: found in it, or carried from an earlier frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/segmenter.h"

#include "gst/motion.h"
#include "gst/propagate.h"
#include "gst/schedule.h"

/* Number of frames that a late result catches up with while one frame passes: at 1080p they take
 * 4 to 5 ms of one core. */
#define CATCH_UP 12

/* A result, and how far it has followed the picture. */
typedef struct
{
  GstMask2FormerFinding finding;
  GstPanopticView view;         /* of it, in its own frame */
  GstMask2FormerPropagator *propagator;
} Found;

struct _GstMask2FormerSegmenter
{
  GMutex lock;
  GstMask2FormerSchedule schedule;      /* under the lock */

  GstMask2FormerWorker *worker;
  /* from start to stop: */
  GstMask2FormerAnalyser *analyser;     /* run by the worker */
  gchar *source_id;
  GstMask2FormerMotion *motion;
  M2fTracker *tracker;

  /* only for the stream's thread: */
  Found shown;                  /* what frames carry */
  gboolean has_shown;
  Found coming;                 /* a newer one that catches up with the stream */
  gboolean has_coming;
  GstPanopticView moved;        /* the shown one, as the newest frame shows it */
  gboolean is_first;            /* the frame before did not carry the shown one as it was */
  gboolean is_tracked_shown;    /* the shown one is the newest that the tracker has seen */
};

static gboolean
start (gpointer user_data, const GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds, GError ** error)
{
  GstMask2FormerSegmenter *segmenter = user_data;

  return gst_mask2former_analyser_start (segmenter->analyser, frame,
      thresholds, error);
}

static void
wait_for_device (gpointer user_data)
{
  GstMask2FormerSegmenter *segmenter = user_data;

  gst_mask2former_analyser_wait (segmenter->analyser);
}

static gboolean
finish (gpointer user_data, M2fResult * result, GError ** error)
{
  GstMask2FormerSegmenter *segmenter = user_data;

  return gst_mask2former_analyser_finish (segmenter->analyser, result, error);
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
  start, wait_for_device, finish, cancel, uncancel
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
  if (!gst_mask2former_worker_start (segmenter->worker, error)) {
    g_clear_pointer (&segmenter->analyser, gst_mask2former_analyser_free);
    return NULL;
  }
  segmenter->source_id = g_utf8_make_valid (settings->source_id, -1);
  segmenter->motion = gst_mask2former_motion_new ();
  segmenter->tracker = m2f_tracker_new (M2F_TRACKING_NONE,
      m2f_model_embedding_size (gst_mask2former_analyser_get_model
          (segmenter->analyser)));
  segmenter->shown.propagator = gst_mask2former_propagator_new ();
  segmenter->coming.propagator = gst_mask2former_propagator_new ();
  return
      m2f_model_ref (gst_mask2former_analyser_get_model (segmenter->analyser));
}

static void
found_clear (Found * found)
{
  g_clear_pointer (&found->propagator, gst_mask2former_propagator_free);
  gst_panoptic_view_clear (&found->view);
  gst_mask2former_finding_clear (&found->finding);
}

void
gst_mask2former_segmenter_stop (GstMask2FormerSegmenter * segmenter)
{
  gst_mask2former_worker_stop (segmenter->worker);
  gst_mask2former_segmenter_forget (segmenter);
  gst_panoptic_view_clear (&segmenter->moved);
  found_clear (&segmenter->shown);
  found_clear (&segmenter->coming);
  g_clear_pointer (&segmenter->motion, gst_mask2former_motion_free);
  g_clear_pointer (&segmenter->tracker, m2f_tracker_free);
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
  segmenter->has_shown = segmenter->has_coming = FALSE;
  segmenter->is_tracked_shown = FALSE;
  if (segmenter->motion)
    gst_mask2former_motion_reset (segmenter->motion);

  g_mutex_lock (&segmenter->lock);
  gst_mask2former_schedule_reset (&segmenter->schedule);
  g_mutex_unlock (&segmenter->lock);
}

void
gst_mask2former_segmenter_start_stream (GstMask2FormerSegmenter * segmenter)
{
  gst_mask2former_segmenter_forget (segmenter);
  if (segmenter->tracker)
    m2f_tracker_reset (segmenter->tracker);
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

/* The number of a frame in the history of motion, if its result, or that of an earlier one, may
 * have to be moved. */
static guint64
number_frame (GstMask2FormerSegmenter * segmenter, const GstVideoFrame * frame,
    const GstMask2FormerPolicy * policy)
{
  guint64 number;

  if (policy->propagates && (!policy->waits || policy->interval > 1) &&
      gst_mask2former_motion_push (segmenter->motion, frame, &number))
    return number;
  return GST_MASK2FORMER_NO_FRAME;
}

/* The label map of the result that was tracked last, moved to where its segments are in a later
 * frame.  FALSE if that is not known. */
static gboolean
predict (GstMask2FormerSegmenter * segmenter, guint64 number, M2fLabelMap * map)
{
  GstPanopticView *view = &segmenter->moved;

  if (!segmenter->is_tracked_shown || number == GST_MASK2FORMER_NO_FRAME ||
      segmenter->shown.finding.job.number == GST_MASK2FORMER_NO_FRAME ||
      !gst_mask2former_propagator_carry_to (segmenter->shown.propagator,
          segmenter->motion, number, view))
    return FALSE;
  *map = (M2fLabelMap) {
    .data = view->map,
    .width = view->width,
    .height = view->height,
    .stride = view->stride,
    .depth = view->depth,
  };
  return TRUE;
}

/* Gives the segments their track ids. */
static void
track (GstMask2FormerSegmenter * segmenter, GstMask2FormerFinding * finding,
    const GstMask2FormerPolicy * policy)
{
  const GstMask2FormerJob *job = &finding->job;
  GstClockTime time = GST_CLOCK_TIME_IS_VALID (job->running_time) ?
      job->running_time : job->arrival;
  gboolean tracks = policy->tracking != M2F_TRACKING_NONE;
  M2fLabelMap carried;
  gboolean is_predicted = tracks && predict (segmenter, job->number, &carried);

  m2f_tracker_set_tracking (segmenter->tracker, policy->tracking);
  m2f_tracker_set_window (segmenter->tracker, policy->track_window);
  m2f_tracker_update (segmenter->tracker, &finding->result,
      (gdouble) time / GST_SECOND, is_predicted ? &carried : NULL);
  segmenter->is_tracked_shown = FALSE;
}

/* Takes the finding that the worker has ready, if any; it is coming then. */
static gboolean
take (GstMask2FormerSegmenter * segmenter, const GstVideoFrame * frame,
    const GstMask2FormerPolicy * policy, gboolean * is_new, GError ** error)
{
  Found *coming = &segmenter->coming;
  GstMask2FormerFinding *finding = &coming->finding;

  *is_new = gst_mask2former_worker_take (segmenter->worker, finding);
  if (!*is_new)
    return TRUE;
  segmenter->has_coming = !finding->error;
  if (finding->error) {
    segmenter->has_shown = FALSE;
    g_propagate_error (error, g_steal_pointer (&finding->error));
    return FALSE;
  }
  track (segmenter, finding, policy);
  gst_panoptic_view_set_result (&coming->view, &finding->result,
      gst_mask2former_analyser_get_task (segmenter->analyser),
      GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame),
      finding->job.pts);
  coming->view.source_id = segmenter->source_id;
  gst_mask2former_propagator_set_result (coming->propagator, segmenter->motion,
      &coming->view, finding->job.number);
  return TRUE;
}

/* Lets the result that is coming be shown if it has caught up with the frame. */
static void
catch_up (GstMask2FormerSegmenter * segmenter, gboolean moves)
{
  Found found = segmenter->shown;

  if (!segmenter->has_coming)
    return;
  if (moves && !gst_mask2former_propagator_follow (segmenter->coming.propagator,
          segmenter->motion, CATCH_UP))
    return;
  segmenter->shown = segmenter->coming;
  segmenter->coming = found;
  segmenter->has_shown = segmenter->is_tracked_shown = TRUE;
  segmenter->has_coming = FALSE;
  segmenter->is_first = TRUE;
}

/* Lets the outcome show the newest result as it is in this frame. */
static void
show (GstMask2FormerSegmenter * segmenter, const GstMask2FormerJob * job,
    GstMask2FormerOutcome * outcome)
{
  Found *shown = &segmenter->shown;
  GstClockTime age = distance (&shown->finding.job, job);
  GstPanopticView *view = &shown->view;

  if (age > 0 && job->number != GST_MASK2FORMER_NO_FRAME &&
      shown->finding.job.number != GST_MASK2FORMER_NO_FRAME) {
    view = &segmenter->moved;
    outcome->was_moved = gst_mask2former_propagator_carry (shown->propagator,
        segmenter->motion, view);
    view->source_id = segmenter->source_id;
  }
  outcome->same_map = view == &shown->view && !segmenter->is_first;
  segmenter->is_first = view == &segmenter->moved;
  view->age = age;
  outcome->view = view;
}

/* Lets a frame be analysed if it is its turn.  FALSE, and no error if flushing cut that short. */
static gboolean
analyse_frame (GstMask2FormerSegmenter * segmenter, const GstVideoFrame * frame,
    const GstMask2FormerJob * job, const GstMask2FormerPolicy * policy,
    GstMask2FormerOutcome * outcome, GError ** error)
{
  if (choose (segmenter, job->running_time, policy->interval, outcome) !=
      GST_MASK2FORMER_SCHEDULE_ANALYSE)
    return TRUE;
  if (policy->waits)
    return gst_mask2former_worker_run (segmenter->worker, frame, job);
  return gst_mask2former_worker_offer (segmenter->worker, frame, job, error);
}

gboolean
gst_mask2former_segmenter_process (GstMask2FormerSegmenter * segmenter,
    const GstVideoFrame * frame, const GstMask2FormerJob * job,
    const GstMask2FormerPolicy * policy, GstMask2FormerOutcome * outcome,
    GError ** error)
{
  GstMask2FormerJob numbered = *job;
  GstClockTime start = gst_util_get_timestamp (), pushed, analysed;
  gboolean is_new;

  *outcome = (GstMask2FormerOutcome) { 0 };
  numbered.number = number_frame (segmenter, frame, policy);
  pushed = gst_util_get_timestamp ();
  if (!analyse_frame (segmenter, frame, &numbered, policy, outcome, error))
    return FALSE;

  analysed = gst_util_get_timestamp ();
  if (!take (segmenter, frame, policy, &is_new, error))
    return FALSE;
  catch_up (segmenter, numbered.number != GST_MASK2FORMER_NO_FRAME);
  if (is_new) {
    const Found *found =
        segmenter->has_coming ? &segmenter->coming : &segmenter->shown;

    outcome->finding = &found->finding;
    outcome->found = &found->view;
    gst_mask2former_analyser_get_input_size (segmenter->analyser,
        &outcome->input_height, &outcome->input_width);
  }
  if (segmenter->has_shown)
    show (segmenter, &numbered, outcome);
  outcome->motion = pushed - start + gst_util_get_timestamp () - analysed;
  return TRUE;
}

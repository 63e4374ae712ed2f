/* What mask2formerseg does with a frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/segframe.h"

#include "gst/frame.h"
#include "gst/layout.h"
#include "gst/messages.h"

#define GST_CAT_DEFAULT mask2formerseg_debug

/* Counts a frame that goes on without metadata, and says why unless it was said before. */
static void
skip_frame (GstMask2FormerSeg * self, const GError * error)
{
  GST_OBJECT_LOCK (self);
  self->stats.unusable_frames++;
  GST_OBJECT_UNLOCK (self);

  if (gst_mask2former_seg_is_first (self, 1u << error->code))
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("%s", error->message),
        ("Such frames go on without metadata; stats counts them"));
  else
    GST_DEBUG_OBJECT (self, "no metadata: %s", error->message);
}

/* What one frame is to go through. */
typedef struct
{
  GstMask2FormerJob job;
  GstMask2FormerPolicy policy;
  GstMask2FormerLook look;
  gboolean blends;              /* segments into the frame */
  gboolean cannot_blend;        /* though it should */
  gboolean composes;            /* segments for downstream to draw */
  guint max_id;                 /* most that ids of segments can be */
  gboolean posts_results;
} Task;

/* Most that ids of segments can be.  Called with the object lock held. */
static guint
max_id (GstMask2FormerSeg * self)
{
  return self->model ? MAX (m2f_model_n_queries (self->model),
      m2f_model_n_labels (self->model)) : 0;
}

/* True if the caps of frames that leave say that they have an overlay. */
static gboolean
marks_composition (GstPad * pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return caps && gst_mask2former_composition_in_caps (caps);
}

/* Fills it in from the frame and the properties as they are now. */
static void
set_task (GstMask2FormerSeg * self, Task * task, GstBuffer * buffer)
{
  gboolean is_marked =
      marks_composition (GST_BASE_TRANSFORM_SRC_PAD (self));
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  gboolean timed = segment->format == GST_FORMAT_TIME;

  GST_OBJECT_LOCK (self);
  *task = (Task) {
    .job = {
      .thresholds = self->settings.thresholds,
      .pts = pts,
      .running_time = timed ? gst_segment_to_running_time (segment,
          GST_FORMAT_TIME, pts) : GST_CLOCK_TIME_NONE,
      .stream_time = timed ? gst_segment_to_stream_time (segment,
          GST_FORMAT_TIME, pts) : GST_CLOCK_TIME_NONE,
      .arrival = gst_util_get_timestamp (),
    },
    .policy = {
      .waits = gst_mask2former_seg_waits (self),
      .interval = self->settings.inference_interval,
      .propagates = self->settings.propagate,
      .tracking = self->settings.tracking,
      .track_window = self->settings.track_window,
    },
    .look = self->settings.look,
    .composes = gst_mask2former_seg_composes (self) && is_marked,
    .max_id = max_id (self),
    .posts_results = self->settings.post_messages,
  };
  task->blends = self->settings.overlay != GST_MASK2FORMER_OVERLAY_NONE &&
      !task->composes;
  task->cannot_blend = task->blends && self->images;
  task->blends &= !task->cannot_blend;
  if (task->policy.waits != self->waits)
    gst_mask2former_run_stats_reset_latency (&self->stats);
  GST_OBJECT_UNLOCK (self);
  self->waits = task->policy.waits;
}

/* Tells the application of a frame that was not analysed because the stream is late. */
static void
post_late (GstMask2FormerSeg * self, GstBuffer * buffer,
    const GstMask2FormerOutcome * outcome)
{
  guint64 analysed, late;
  gboolean live;

  GST_OBJECT_LOCK (self);
  analysed = self->stats.inferences;
  late = ++self->stats.late_frames;
  live = self->live;
  GST_OBJECT_UNLOCK (self);
  gst_mask2former_post_late (GST_ELEMENT (self), buffer,
      &GST_BASE_TRANSFORM (self)->segment, live, outcome, analysed, late);
}

/* Takes note of what was found. */
static void
note_finding (GstMask2FormerSeg * self, const Task * task,
    const GstMask2FormerOutcome * outcome)
{
  const M2fResult *result = &outcome->finding->result;
  GstPanopticView view = *outcome->found;
  GstStructure *description;

  GST_OBJECT_LOCK (self);
  gst_mask2former_run_stats_add_inference (&self->stats, &result->timings);
  self->stats.input_height = outcome->input_height;
  self->stats.input_width = outcome->input_width;
  GST_OBJECT_UNLOCK (self);
  if (result->non_finite &&
      gst_mask2former_seg_is_first (self, GST_MASK2FORMER_WARNED_NON_FINITE))
    GST_ELEMENT_WARNING (self, LIBRARY, FAILED,
        ("The network's output is not finite: weights overflow"), (NULL));
  if (!task->posts_results)
    return;

  view.age = 0;
  description = gst_panoptic_writer_describe (self->writer, &view,
      GST_MASK2FORMER_RESULT_MESSAGE);
  if (description)
    gst_mask2former_post_result (GST_ELEMENT (self), description,
        outcome->finding);
  else
    GST_WARNING_OBJECT (self, "there is no memory to post a result");
}

static void
count_frame (GstMask2FormerSeg * self, const Task * task,
    const GstMask2FormerOutcome * outcome, GstClockTime drawing)
{
  const GstMask2FormerFrameTimes times = {
    .age = outcome->view->age,
    .motion = outcome->motion,
    .overlay = drawing,
    .arrival = task->job.arrival,
    .departure = gst_util_get_timestamp (),
  };
  gboolean changed = FALSE;

  GST_OBJECT_LOCK (self);
  self->stats.carried_frames += outcome->view->age > 0;
  self->stats.moved_frames += outcome->was_moved;
  gst_mask2former_run_stats_add_frame (&self->stats, &times);
  /* a frame that needed not wait says nothing about those that do */
  if (outcome->finding || !task->policy.waits)
    changed = gst_mask2former_run_stats_add_latency (&self->stats,
        times.arrival, times.departure);
  GST_OBJECT_UNLOCK (self);

  if (!changed)
    return;
  GST_DEBUG_OBJECT (self, "frames now take up to %" GST_TIME_FORMAT,
      GST_TIME_ARGS (self->stats.latency));
  gst_mask2former_seg_post_latency (self);
}

/* Finds the segments of a mapped frame, its own or older ones, and draws them.  `drawing` gets the
 * time that took. */
static GstFlowReturn
process (GstMask2FormerSeg * self, GstVideoFrame * frame, const Task * task,
    GstMask2FormerOutcome * outcome, GstClockTime * drawing)
{
  g_autoptr (GError) error = NULL;
  GstClockTime start;

  while (!gst_mask2former_segmenter_process (self->segmenter, frame,
          &task->job, &task->policy, outcome, &error)) {
    if (!error)
      return GST_FLOW_FLUSHING;
    if (!gst_mask2former_seg_fall_back (self, error)) {
      gst_mask2former_seg_post_error (self, error);
      return GST_FLOW_ERROR;
    }
    g_clear_error (&error);
  }
  start = gst_util_get_timestamp ();
  if (outcome->view && task->blends
      && !gst_mask2former_overlay_draw (self->overlay, frame, outcome->view,
          &task->look)
      && gst_mask2former_seg_is_first (self, GST_MASK2FORMER_WARNED_NO_MEMORY))
    GST_ELEMENT_WARNING (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no memory for drawing into a frame of %d x %d pixels",
            GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame)),
        (NULL));
  *drawing = gst_util_get_timestamp () - start;
  return GST_FLOW_OK;
}

/* Draws what does not go into the frame itself. */
static gboolean
draw_beside (GstMask2FormerSeg * self, GstBuffer * buffer, const Task * task,
    const GstMask2FormerOutcome * outcome)
{
  const GstMask2FormerSideFrame frame = {
    &self->info, outcome->view, &task->look, task->max_id
  };

  gst_mask2former_sides_push (self->sides, buffer, &frame);
  if (!task->composes)
    g_clear_pointer (&self->composer, gst_mask2former_composer_free);
  if (!task->composes || !outcome->view)
    return TRUE;
  if (!self->composer)
    self->composer = gst_mask2former_composer_new ();
  return gst_mask2former_composer_attach (self->composer, buffer, &self->info,
      outcome->view, &task->look, outcome->same_map);
}

/* Attaches the segments and counts the frame. */
static GstFlowReturn
finish (GstMask2FormerSeg * self, GstBuffer * buffer, const Task * task,
    const GstMask2FormerOutcome * outcome, GstClockTime drawing)
{
  if (!gst_panoptic_writer_attach (self->writer, buffer, outcome->view,
          outcome->same_map)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no memory for the label map of a frame"), (NULL));
    return GST_FLOW_ERROR;
  }
  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": %u segments of %" GST_TIME_FORMAT
      " before%s in %.1f ms, of which %.1f for drawing",
      GST_TIME_ARGS (task->job.pts), outcome->view->n_segments,
      GST_TIME_ARGS (outcome->view->age),
      outcome->was_moved ? ", moved," : "",
      gst_mask2former_seg_milliseconds_since (task->job.arrival),
      (gdouble) drawing / GST_MSECOND);
  count_frame (self, task, outcome, drawing);
  return GST_FLOW_OK;
}

void
gst_mask2former_seg_pass_frame (GstMask2FormerSeg * self, GstBuffer * buffer)
{
  GstMask2FormerSideFrame frame = {.info = &self->info };

  GST_OBJECT_LOCK (self);
  frame.max_id = max_id (self);
  GST_OBJECT_UNLOCK (self);
  gst_mask2former_sides_skip (self->sides, buffer, &frame);
}

/* Maps the frame, or a copy if it is in Vulkan images. */
static gboolean
map_frame (GstMask2FormerSeg * self, const Task * task, GstBuffer * buffer,
    GstVideoFrame * frame, GError ** error)
{
  if (task->cannot_blend &&
      gst_mask2former_seg_is_first (self, GST_MASK2FORMER_WARNED_IMAGES))
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("The overlay is not drawn into frames in Vulkan images: they go on as "
            "they are, with metadata"), (NULL));
  if (self->images)
    buffer = gst_mask2former_image_reader_read (self->images, buffer,
        &self->info, error);
  return buffer && gst_mask2former_frame_map (frame, &self->info, buffer,
      task->blends ? GST_MAP_READWRITE : GST_MAP_READ, error);
}

GstFlowReturn
gst_mask2former_seg_process_frame (GstMask2FormerSeg * self, GstBuffer * buffer)
{
  GstMask2FormerOutcome outcome;
  g_autoptr (GError) error = NULL;
  GstClockTime drawing, start;
  GstVideoFrame frame;
  GstFlowReturn flow;
  Task task;

  set_task (self, &task, buffer);
  if (!map_frame (self, &task, buffer, &frame, &error)) {
    skip_frame (self, error);
    gst_mask2former_seg_pass_frame (self, buffer);
    return GST_FLOW_OK;
  }
  flow = process (self, &frame, &task, &outcome, &drawing);
  gst_video_frame_unmap (&frame);
  if (flow != GST_FLOW_OK)
    return flow;

  if (outcome.finding)
    note_finding (self, &task, &outcome);
  if (outcome.is_late)
    post_late (self, buffer, &outcome);
  start = gst_util_get_timestamp ();
  if (!draw_beside (self, buffer, &task, &outcome)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no memory for the overlay of a frame"), (NULL));
    return GST_FLOW_ERROR;
  }
  drawing += gst_util_get_timestamp () - start;
  return outcome.view ? finish (self, buffer, &task, &outcome, drawing) :
      GST_FLOW_OK;
}

/* What is known of one frame as a JSON object.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/jsonframe.h"

#include <math.h>

/* Of the object; panopticjson.schema.json says what it means. */
#define SCHEMA_VERSION 1

static json_t *
time_to_json (GstClockTime time)
{
  return GST_CLOCK_TIME_IS_VALID (time) ? json_integer (time) : json_null ();
}

/* JSON has no NaN and no infinity. */
static json_t *
number_to_json (gdouble number)
{
  return isfinite (number) ? json_real (number) : json_null ();
}

static json_t *
segment_to_json (const GstPanopticView * view,
    const GstPanopticSegment * segment)
{
  GstVideoRectangle box = gst_panoptic_view_frame_box (view, segment);
  json_t *json = json_pack ("{sI ss sI so sI s[iiii] sb sb sb}",
      "id", (json_int_t) segment->id,
      "label", segment->label,
      "label_id", (json_int_t) segment->label_id,
      "score", number_to_json (segment->score),
      "area", (json_int_t) gst_panoptic_view_frame_area (view, segment),
      "box", box.x, box.y, box.w, box.h,
      "is_thing", segment->is_thing, "was_fused", segment->was_fused,
      "is_background", segment->is_background);

  if (segment->track_id <= G_MAXINT64)  /* NO_TRACK is greater */
    json_object_set_new (json, "track_id",
        json_integer ((json_int_t) segment->track_id));
  return json;
}

/* NULL if there is no memory for all of them. */
static json_t *
segments_to_json (const GstMask2FormerJsonFrame * frame)
{
  const GstPanopticView *view = frame->view;
  json_t *segments = json_array ();
  GstMask2FormerJsonMasks *masks = gst_mask2former_json_masks_new (view,
      frame->width, frame->height, frame->masks, frame->tolerance);
  guint i;

  for (i = 0; segments && i < view->n_segments; i++) {
    json_t *segment = segment_to_json (view, &view->segments[i]);
    gboolean ok = frame->masks == GST_MASK2FORMER_MASKS_NONE ||
        json_object_set_new (segment, "mask",
        gst_mask2former_json_masks_get (masks, view->segments[i].id)) == 0;

    if (json_array_append_new (segments, segment) != 0 || !ok)
      g_clear_pointer (&segments, json_decref);
  }
  gst_mask2former_json_masks_free (masks);
  return segments;
}

/* The time that a camera or a recorder stamped on the frame, and by which clock, or null. */
static json_t *
reference_time_to_json (GstBuffer * buffer)
{
  GstReferenceTimestampMeta *meta =
      gst_buffer_get_reference_timestamp_meta (buffer, NULL);
  g_autofree gchar *clock = NULL;

  if (!meta || !GST_CLOCK_TIME_IS_VALID (meta->timestamp))
    return json_null ();
  clock = gst_caps_to_string (meta->reference);
  return json_pack ("{ss sI}", "clock", clock, "time",
      (json_int_t) meta->timestamp);
}

json_t *
gst_mask2former_json_frame (const GstMask2FormerJsonFrame * frame)
{
  GstClockTime pts = GST_BUFFER_PTS (frame->buffer);
  GstClockTime running = GST_CLOCK_TIME_NONE, stream = GST_CLOCK_TIME_NONE;
  const GstPanopticView *view = frame->view;

  if (GST_CLOCK_TIME_IS_VALID (pts) &&
      frame->segment->format == GST_FORMAT_TIME) {
    running = gst_segment_to_running_time (frame->segment, GST_FORMAT_TIME,
        pts);
    stream = gst_segment_to_stream_time (frame->segment, GST_FORMAT_TIME, pts);
  }
  return json_pack ("{si so so so so si si ss? ss? so so}",
      "version", SCHEMA_VERSION,
      "pts", time_to_json (pts),
      "running_time", time_to_json (running),
      "stream_time", time_to_json (stream),
      "reference_time", reference_time_to_json (frame->buffer),
      "width", frame->width, "height", frame->height,
      "source_id", view ? view->source_id : NULL,
      "task", view ? m2f_task_name (view->task) : NULL,
      "age", time_to_json (view ? view->age : GST_CLOCK_TIME_NONE),
      "segments", view ? segments_to_json (frame) : json_null ());
}

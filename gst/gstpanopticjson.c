/* panopticjson: panoptic metadata as JSON lines.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-panopticjson
 * @title: panopticjson
 *
 * Turns the panoptic metadata of video frames into text: one JSON object a line for every frame,
 * with the frame's times in nanoseconds (null where there is none), its size, and its segments
 * with their boxes [x, y, width, height] and areas in pixels of the frame. A frame without
 * metadata has null for segments, a frame in which nothing was found an empty list. Where several
 * mask2formerseg attached metadata the newest is written, or that of #GstPanopticJson:source-id.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! videoconvert \
 *     ! videoflip video-direction=auto ! mask2formerseg overlay=none ! panopticjson \
 *     ! filesink location=street.jsonl
 * ]| Writes what is seen in every frame of a film.
 */

#include "gst/gstpanopticjson.h"

#include <gst/video/video.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "gst/view.h"

GST_DEBUG_CATEGORY_STATIC (panopticjson_debug);
#define GST_CAT_DEFAULT panopticjson_debug

enum
{
  PROP_0,
  PROP_SOURCE_ID,
};

struct _GstPanopticJson
{
  GstBaseTransform parent;

  gchar *source_id;             /* under the object lock */
  GstVideoInfo info;            /* of the frames; only the streaming thread uses it */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-json"));

#define gst_panoptic_json_parent_class parent_class
G_DEFINE_TYPE (GstPanopticJson, gst_panoptic_json, GST_TYPE_BASE_TRANSFORM);
GST_ELEMENT_REGISTER_DEFINE (panopticjson, "panopticjson", GST_RANK_NONE,
    GST_TYPE_PANOPTIC_JSON);

static void gst_panoptic_json_finalize (GObject * object);
static void gst_panoptic_json_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);
static void gst_panoptic_json_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec);
static GstCaps *gst_panoptic_json_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter);
static gboolean gst_panoptic_json_set_caps (GstBaseTransform * trans,
    GstCaps * incaps, GstCaps * outcaps);
static GstFlowReturn gst_panoptic_json_generate_output (GstBaseTransform *
    trans, GstBuffer ** outbuf);

/**
 * GstPanopticJson:source-id:
 *
 * The property source-id of the mask2formerseg, or the name that it stands for. Frames without
 * metadata from there are frames without metadata.
 *
 * Since: 0.1
 */

static void
gst_panoptic_json_class_init (GstPanopticJsonClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (panopticjson_debug, "panopticjson", 0,
      "panoptic metadata as JSON lines");
  gobject_class->finalize = gst_panoptic_json_finalize;
  gobject_class->set_property = gst_panoptic_json_set_property;
  gobject_class->get_property = gst_panoptic_json_get_property;
  g_object_class_install_property (gobject_class, PROP_SOURCE_ID,
      g_param_spec_string ("source-id", "Source id",
          "Element whose metadata is written, where there are several "
          "(default: the newest)", NULL, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));

  gst_element_class_set_static_metadata (element_class,
      "Panoptic metadata to JSON", "Filter/Converter/Metadata",
      "Replaces every frame by a line of JSON that lists its segments",
      "The gst-mask2former authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_panoptic_json_transform_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_panoptic_json_set_caps);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_panoptic_json_generate_output);
}

static void
gst_panoptic_json_init (GstPanopticJson * self)
{
  gst_video_info_init (&self->info);
}

static void
gst_panoptic_json_finalize (GObject * object)
{
  g_free (GST_PANOPTIC_JSON (object)->source_id);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_panoptic_json_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (object);

  if (prop_id != PROP_SOURCE_ID) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_free (self->source_id);
  self->source_id = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_panoptic_json_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (object);

  if (prop_id != PROP_SOURCE_ID) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_set_string (value, self->source_id);
  GST_OBJECT_UNLOCK (self);
}

static GstCaps *
gst_panoptic_json_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstCaps *other = gst_static_pad_template_get_caps (direction == GST_PAD_SINK
      ? &src_template : &sink_template);

  if (filter) {
    GstCaps *both =
        gst_caps_intersect_full (filter, other, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (other);
    other = both;
  }
  return other;
}

static gboolean
gst_panoptic_json_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);

  GST_DEBUG_OBJECT (self, "frames are %" GST_PTR_FORMAT, incaps);
  return gst_video_info_from_caps (&self->info, incaps);
}

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

  return json_pack ("{sI ss sI so sI s[iiii] sb sb sb}",
      "id", (json_int_t) segment->id,
      "label", segment->label,
      "label_id", (json_int_t) segment->label_id,
      "score", number_to_json (segment->score),
      "area", (json_int_t) gst_panoptic_view_frame_area (view, segment),
      "box", box.x, box.y, box.w, box.h,
      "is_thing", segment->is_thing, "was_fused", segment->was_fused,
      "is_background", segment->is_background);
}

static json_t *
segments_to_json (const GstPanopticView * view)
{
  json_t *segments = json_array ();
  guint i;

  for (i = 0; i < view->n_segments; i++)
    json_array_append_new (segments, segment_to_json (view,
            &view->segments[i]));
  return segments;
}

/* FALSE if the frame has no metadata or none that can be used. */
static gboolean
view_frame (GstPanopticJson * self, GstBuffer * frame, GstPanopticView * view)
{
  const GstStructure *meta;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  meta = gst_buffer_get_panoptic_meta_from (frame,
      self->source_id && *self->source_id ? self->source_id : NULL);
  GST_OBJECT_UNLOCK (self);
  if (!meta)
    return FALSE;
  if (gst_panoptic_view_set_meta (view, meta, &error))
    return TRUE;
  GST_WARNING_OBJECT (self, "%s", error->message);
  return FALSE;
}

static json_t *
frame_to_json (GstPanopticJson * self, GstBuffer * buffer)
{
  GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  g_auto (GstPanopticView) view = { 0 };
  gboolean found = view_frame (self, buffer, &view);
  GstClockTime running = GST_CLOCK_TIME_NONE;

  if (GST_BUFFER_PTS_IS_VALID (buffer) && segment->format == GST_FORMAT_TIME)
    running = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": %u segments%s",
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), view.n_segments,
      found ? "" : ", no metadata to read");
  return json_pack ("{so so si si ss? ss? so so}",
      "pts", time_to_json (GST_BUFFER_PTS (buffer)),
      "running_time", time_to_json (running),
      "width", GST_VIDEO_INFO_WIDTH (&self->info),
      "height", GST_VIDEO_INFO_HEIGHT (&self->info),
      "source_id", found ? view.source_id : NULL,
      "task", found ? m2f_task_name (view.task) : NULL,
      "age", found ? json_integer (view.age) : json_null (),
      "segments", found ? segments_to_json (&view) : json_null ());
}

/* A line of text per frame: the only size that is known is that of the text. */
static GstFlowReturn
gst_panoptic_json_generate_output (GstBaseTransform * trans,
    GstBuffer ** outbuf)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);
  GstBuffer *frame = trans->queued_buf;
  json_t *json;
  gchar *text, *line;

  trans->queued_buf = NULL;
  *outbuf = NULL;
  if (!frame)
    return GST_FLOW_OK;

  json = frame_to_json (self, frame);
  text = json_dumps (json, JSON_COMPACT | JSON_REAL_PRECISION (6));
  json_decref (json);
  line = g_strconcat (text, "\n", NULL);
  free (text);
  *outbuf = gst_buffer_new_wrapped (line, strlen (line));
  gst_buffer_copy_into (*outbuf, frame,
      GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_FLAGS, 0, -1);
  gst_buffer_unref (frame);
  return GST_FLOW_OK;
}

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
 * with their boxes [x, y, width, height], areas and, with #GstPanopticJson:masks, their shapes in
 * pixels of the frame. A frame without metadata has null for segments, a frame in which nothing was
 * found an empty list. Where several mask2formerseg attached metadata the newest is written, or
 * that of #GstPanopticJson:source-id.
 *
 * panopticjson.schema.json, a JSON Schema that is installed with the plugin, describes a line.
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

#include "gst/jsonmasks.h"
#include "gst/view.h"

GST_DEBUG_CATEGORY_STATIC (panopticjson_debug);
#define GST_CAT_DEFAULT panopticjson_debug

enum
{
  PROP_0,
  PROP_SOURCE_ID,
  PROP_MASKS,
  PROP_TOLERANCE,
};

/* Of the lines; panopticjson.schema.json says what it means. */
#define SCHEMA_VERSION 1

#define DEFAULT_MASKS GST_MASK2FORMER_MASKS_NONE
#define DEFAULT_TOLERANCE 1.0

struct _GstPanopticJson
{
  GstBaseTransform parent;

  /* under the object lock: */
  gchar *source_id;
  GstMask2FormerMasks masks;
  gdouble tolerance;

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

/**
 * GstPanopticJson:masks:
 *
 * "rle" is COCO's compressed run-length encoding, an object with size, [height, width], and counts,
 * which pycocotools reads. "polygons" is a list of outlines, objects with the corners' coordinates
 * in points, x and y in turns, and a boolean hole: an outer outline is followed by those of the
 * holes in it.
 *
 * Since: 0.1
 */

/**
 * GstPanopticJson:tolerance:
 *
 * 0 keeps every corner. Small parts and holes are kept whatever the tolerance.
 *
 * Since: 0.1
 */

#define TYPE_MASKS (masks_get_type ())
static GType
masks_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MASK2FORMER_MASKS_NONE, "Boxes only", "none"},
    {GST_MASK2FORMER_MASKS_RLE, "COCO's compressed run-length encoding", "rle"},
    {GST_MASK2FORMER_MASKS_POLYGONS, "Outlines, holes included", "polygons"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstPanopticJsonMasks", values));
  return type;
}

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
  g_object_class_install_property (gobject_class, PROP_MASKS,
      g_param_spec_enum ("masks", "Masks", "How the shapes of segments are "
          "written", TYPE_MASKS, DEFAULT_MASKS, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_TOLERANCE,
      g_param_spec_double ("tolerance", "Tolerance", "Pixels by which corners "
          "that polygons leave out may lie beside them", 0, 1000,
          DEFAULT_TOLERANCE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_PLAYING));

  gst_type_mark_as_plugin_api (TYPE_MASKS, 0);
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
  self->masks = DEFAULT_MASKS;
  self->tolerance = DEFAULT_TOLERANCE;
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

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_SOURCE_ID:
      g_free (self->source_id);
      self->source_id = g_value_dup_string (value);
      break;
    case PROP_MASKS:
      self->masks = g_value_get_enum (value);
      break;
    case PROP_TOLERANCE:
      self->tolerance = g_value_get_double (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_panoptic_json_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_SOURCE_ID:
      g_value_set_string (value, self->source_id);
      break;
    case PROP_MASKS:
      g_value_set_enum (value, self->masks);
      break;
    case PROP_TOLERANCE:
      g_value_set_double (value, self->tolerance);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
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
  json_t *json;

  json = json_pack ("{sI ss sI so sI s[iiii] sb sb sb}",
      "id", (json_int_t) segment->id,
      "label", segment->label,
      "label_id", (json_int_t) segment->label_id,
      "score", number_to_json (segment->score),
      "area", (json_int_t) gst_panoptic_view_frame_area (view, segment),
      "box", box.x, box.y, box.w, box.h,
      "is_thing", segment->is_thing, "was_fused", segment->was_fused,
      "is_background", segment->is_background);
  if (segment->track_id != GST_PANOPTIC_NO_TRACK)
    json_object_set_new (json, "track_id",
        json_integer ((json_int_t) segment->track_id));
  return json;
}

static json_t *
segments_to_json (GstPanopticJson * self, const GstPanopticView * view)
{
  json_t *segments = json_array ();
  GstMask2FormerJsonMasks *masks;
  GstMask2FormerMasks kind;
  gdouble tolerance;
  guint i;

  GST_OBJECT_LOCK (self);
  kind = self->masks;
  tolerance = self->tolerance;
  GST_OBJECT_UNLOCK (self);
  masks = gst_mask2former_json_masks_new (view,
      GST_VIDEO_INFO_WIDTH (&self->info), GST_VIDEO_INFO_HEIGHT (&self->info),
      kind, tolerance);
  for (i = 0; i < view->n_segments; i++) {
    json_t *segment = segment_to_json (view, &view->segments[i]);

    if (kind != GST_MASK2FORMER_MASKS_NONE)
      json_object_set_new (segment, "mask",
          gst_mask2former_json_masks_get (masks, view->segments[i].id));
    json_array_append_new (segments, segment);
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
  GstClockTime running = GST_CLOCK_TIME_NONE, stream = GST_CLOCK_TIME_NONE;

  if (GST_BUFFER_PTS_IS_VALID (buffer) && segment->format == GST_FORMAT_TIME) {
    running = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
    stream = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  }
  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": %u segments%s",
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), view.n_segments,
      found ? "" : ", no metadata to read");
  return json_pack ("{si so so so so si si ss? ss? so so}",
      "version", SCHEMA_VERSION,
      "pts", time_to_json (GST_BUFFER_PTS (buffer)),
      "running_time", time_to_json (running),
      "stream_time", time_to_json (stream),
      "reference_time", reference_time_to_json (buffer),
      "width", GST_VIDEO_INFO_WIDTH (&self->info),
      "height", GST_VIDEO_INFO_HEIGHT (&self->info),
      "source_id", found ? view.source_id : NULL,
      "task", found ? m2f_task_name (view.task) : NULL,
      "age", found ? json_integer (view.age) : json_null (),
      "segments", found ? segments_to_json (self, &view) : json_null ());
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

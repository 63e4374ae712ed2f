/* panopticjson: panoptic metadata as JSON.
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
 * panopticjson.schema.json, a JSON Schema that is installed with the plugin, describes a line. With
 * #GstPanopticJson:batch a line is an array of several frames.
 *
 * With #GstPanopticJson:format coco-panoptic the text is one JSON object in the layout of COCO's
 * panoptic annotations, complete at the end of the stream, and the segments of every frame are a
 * PNG file in #GstPanopticJson:location.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! videoconvert \
 *     ! videoflip video-direction=auto ! mask2formerseg overlay=none ! panopticjson \
 *     ! filesink location=street.jsonl
 * ]| Writes what is seen in every frame of a film.
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! videoconvert \
 *     ! mask2formerseg overlay=none ! tee name=t \
 *     t. ! queue ! panopticjson format=coco-panoptic location=street \
 *     ! filesink location=street.json \
 *     t. ! queue ! jpegenc ! multifilesink location=images/%012d.jpg
 * ]| Makes a dataset of a film, which "m2f eval DIR street.json --images images" reads.
 */

#include "gst/gstpanopticjson.h"

#include <gst/video/video.h>

#include "gst/cocopanoptic.h"
#include "gst/jsonbatch.h"
#include "gst/jsonframe.h"
#include "gst/latency.h"
#include "gst/settings.h"

GST_DEBUG_CATEGORY_STATIC (panopticjson_debug);
#define GST_CAT_DEFAULT panopticjson_debug

enum
{
  PROP_0,
  PROP_SOURCE_ID,
  PROP_MASKS,
  PROP_TOLERANCE,
  PROP_BATCH,
  PROP_FORMAT,
  PROP_LOCATION,
};

typedef enum
{
  FORMAT_LINES,
  FORMAT_COCO_PANOPTIC,
} Format;

#define DEFAULT_MASKS GST_MASK2FORMER_MASKS_NONE
#define DEFAULT_TOLERANCE 1.0
#define DEFAULT_BATCH 1
#define DEFAULT_FORMAT FORMAT_LINES

struct _GstPanopticJson
{
  GstBaseTransform parent;

  /* under the object lock: */
  gchar *source_id;
  GstMask2FormerMasks masks;
  gdouble tolerance;
  guint batch;
  Format format;
  gchar *location;
  GstVideoInfo info;            /* of the frames; only the streaming thread changes it */

  /* only for the streaming thread: */
  GstMask2FormerCocoPanoptic *coco;     /* from start to stop, in that format */
  GstMask2FormerJsonBatch gathered;     /* not pushed yet */
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
static gboolean gst_panoptic_json_start (GstBaseTransform * trans);
static gboolean gst_panoptic_json_stop (GstBaseTransform * trans);
static gboolean gst_panoptic_json_query (GstBaseTransform * trans,
    GstPadDirection direction, GstQuery * query);
static gboolean gst_panoptic_json_sink_event (GstBaseTransform * trans,
    GstEvent * event);
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

/**
 * GstPanopticJson:batch:
 *
 * A buffer has the text of so many frames, or of fewer before a gap, a new segment and the end of
 * the stream. With more than 1 a line is an array of what is a line else: one message for a broker
 * that counts them. Live pipelines have a latency of so many frames but one.
 *
 * Since: 0.1
 */

/**
 * GstPanopticJson:format:
 *
 * "coco-panoptic" is the layout that panopticapi and m2f eval read: an object with annotations,
 * images and categories, which are the classes that occurred, their ids those of the checkpoint.
 * Images are called 000000000000.jpg and so on, as multifilesink location=%012d.jpg would call
 * them, their annotations .png. Ids in the files are those of the frame's label map. The object is
 * complete when the stream has ended, so let that happen, as by gst-launch-1.0 -e. A flush, as of a
 * seek, begins it anew; frames are counted on.
 *
 * Since: 0.1
 */

/**
 * GstPanopticJson:location:
 *
 * It is made if it is not there.
 *
 * Since: 0.1
 */

#define TYPE_FORMAT (format_get_type ())
static GType
format_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {FORMAT_LINES, "An object for each frame", "lines"},
    {FORMAT_COCO_PANOPTIC, "COCO's panoptic annotations, and PNG files",
        "coco-panoptic"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstPanopticJsonFormat", values));
  return type;
}

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
  g_object_class_install_property (gobject_class, PROP_BATCH,
      g_param_spec_uint ("batch", "Batch", "Number of frames in a buffer and, "
          "above 1, in a line", 1, 10000, DEFAULT_BATCH, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_FORMAT,
      g_param_spec_enum ("format", "Format", "Layout of the text", TYPE_FORMAT,
          DEFAULT_FORMAT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "Directory for the PNG "
          "files of format=coco-panoptic", NULL, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));

  gst_type_mark_as_plugin_api (TYPE_FORMAT, 0);
  gst_type_mark_as_plugin_api (TYPE_MASKS, 0);
  gst_element_class_set_static_metadata (element_class,
      "Panoptic metadata to JSON", "Filter/Converter/Metadata",
      "Replaces every frame by JSON that lists its segments",
      "The gst-mask2former authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_panoptic_json_transform_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_panoptic_json_set_caps);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_panoptic_json_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_panoptic_json_stop);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_panoptic_json_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_panoptic_json_sink_event);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_panoptic_json_generate_output);
}

static void
gst_panoptic_json_init (GstPanopticJson * self)
{
  gst_video_info_init (&self->info);
  self->masks = DEFAULT_MASKS;
  self->tolerance = DEFAULT_TOLERANCE;
  self->batch = DEFAULT_BATCH;
  self->format = DEFAULT_FORMAT;
}

static void
gst_panoptic_json_finalize (GObject * object)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (object);

  g_free (self->source_id);
  g_free (self->location);
  gst_mask2former_json_batch_clear (&self->gathered);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
post_latency (GstPanopticJson * self)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

/* FALSE if there is no such property. */
static gboolean
set_value (GstPanopticJson * self, guint prop_id, const GValue * value)
{
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
    case PROP_BATCH:
      self->batch = g_value_get_uint (value);
      break;
    case PROP_FORMAT:
      self->format = g_value_get_enum (value);
      break;
    case PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

static void
gst_panoptic_json_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (object);
  gboolean known = TRUE, may_change;
  guint batch;

  GST_OBJECT_LOCK (self);
  batch = self->batch;
  may_change = gst_mask2former_settings_may_change (GST_ELEMENT (self), pspec);
  if (may_change)
    known = set_value (self, prop_id, value);
  batch -= self->batch;
  GST_OBJECT_UNLOCK (self);
  if (batch != 0)
    post_latency (self);
  if (!may_change)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("The property %s can be changed in the states NULL and READY only, "
            "and keeps its value", pspec->name), (NULL));
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
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
    case PROP_BATCH:
      g_value_set_uint (value, self->batch);
      break;
    case PROP_FORMAT:
      g_value_set_enum (value, self->format);
      break;
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
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
  GstVideoInfo info;
  gboolean gathers;

  GST_DEBUG_OBJECT (self, "frames are %" GST_PTR_FORMAT, incaps);
  if (!gst_video_info_from_caps (&info, incaps))
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->info = info;
  gathers = self->batch > 1;
  GST_OBJECT_UNLOCK (self);
  if (gathers)                  /* the rate may be another */
    post_latency (self);
  return TRUE;
}

/* ---- states ---- */

static gboolean
gst_panoptic_json_start (GstBaseTransform * trans)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);
  g_autofree gchar *location = NULL;
  g_autoptr (GError) error = NULL;
  Format format;

  GST_OBJECT_LOCK (self);
  gst_video_info_init (&self->info);
  format = self->format;
  location = g_strdup (self->location);
  GST_OBJECT_UNLOCK (self);
  if (format != FORMAT_COCO_PANOPTIC)
    return TRUE;
  if (!location || !*location) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("location: expected a "
            "directory for the PNG files of format=coco-panoptic, got none"),
        (NULL));
    return FALSE;
  }
  self->coco = gst_mask2former_coco_panoptic_new (location, &error);
  if (!self->coco)
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, ("location: %s",
            error->message), (NULL));
  return self->coco != NULL;
}

static gboolean
gst_panoptic_json_stop (GstBaseTransform * trans)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);

  gst_mask2former_json_batch_clear (&self->gathered);
  g_clear_pointer (&self->coco, gst_mask2former_coco_panoptic_free);
  return TRUE;
}

/* ---- gathering ---- */

/* Number of frames that are gathered. */
static guint
get_batch (GstPanopticJson * self)
{
  guint batch;

  GST_OBJECT_LOCK (self);
  batch = self->batch;
  GST_OBJECT_UNLOCK (self);
  return batch;
}

/* A buffer of the text that was gathered, NULL if there is none. */
static GstBuffer *
take_gathered (GstPanopticJson * self)
{
  return gst_mask2former_json_batch_take (&self->gathered, self->coco ? "" :
      self->gathered.is_array ? "]\n" : "\n");
}

static void
push_gathered (GstPanopticJson * self)
{
  GstBuffer *buffer = take_gathered (self);
  GstFlowReturn ret = buffer ?
      gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), buffer) : GST_FLOW_OK;

  if (ret != GST_FLOW_OK)
    GST_DEBUG_OBJECT (self, "downstream says %s", gst_flow_get_name (ret));
}

static void
post_no_memory (GstPanopticJson * self)
{
  GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, ("There is no memory for "
          "more text behind %" G_GSIZE_FORMAT " bytes",
          self->gathered.text.len), (NULL));
}

/* Ends the text of coco-panoptic, once frames could have come. */
static void
end_text (GstPanopticJson * self)
{
  gboolean began = GST_BASE_TRANSFORM (self)->segment.format !=
      GST_FORMAT_UNDEFINED && GST_VIDEO_INFO_WIDTH (&self->info) > 0;

  if (self->coco && began &&
      !gst_mask2former_coco_panoptic_end (self->coco, &self->gathered.text))
    post_no_memory (self);
}

static gboolean
gst_panoptic_json_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_EOS:
      end_text (self);
      push_gathered (self);
      break;
    case GST_EVENT_GAP:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_STREAM_START:
      push_gathered (self);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_mask2former_json_batch_clear (&self->gathered);
      if (self->coco)
        gst_mask2former_coco_panoptic_restart (self->coco);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

/* Time from the first frame of a batch to the last. */
static GstClockTime
batch_duration (GstPanopticJson * self)
{
  GstClockTime duration = 0;

  GST_OBJECT_LOCK (self);
  if (GST_VIDEO_INFO_FPS_N (&self->info) > 0)
    duration = gst_util_uint64_scale (self->batch - 1,
        GST_SECOND * GST_VIDEO_INFO_FPS_D (&self->info),
        GST_VIDEO_INFO_FPS_N (&self->info));
  GST_OBJECT_UNLOCK (self);
  return duration;
}

static gboolean
gst_panoptic_json_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);

  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction, query))
    return FALSE;
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    gst_mask2former_latency_add (query, batch_duration (self));
  return TRUE;
}

/* ---- frames ---- */

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

/* Appends the line of a frame, or its element of the array.  FALSE if there is no memory. */
static gboolean
append_line (GstPanopticJson * self, GstBuffer * buffer,
    const GstPanopticView * view)
{
  GstMask2FormerJsonFrame frame = {
    .buffer = buffer,
    .segment = &GST_BASE_TRANSFORM (self)->segment,
    .width = GST_VIDEO_INFO_WIDTH (&self->info),
    .height = GST_VIDEO_INFO_HEIGHT (&self->info),
    .view = view,
  };

  GST_OBJECT_LOCK (self);
  frame.masks = self->masks;
  frame.tolerance = self->tolerance;
  GST_OBJECT_UNLOCK (self);
  return gst_mask2former_json_text_append_json (&self->gathered.text,
      gst_mask2former_json_frame (&frame));
}

/* Appends the text of a frame; FALSE after an error message. */
static gboolean
append_text (GstPanopticJson * self, GstBuffer * frame)
{
  g_auto (GstPanopticView) view = { 0 };
  gboolean found = view_frame (self, frame, &view), ok;
  g_autoptr (GError) error = NULL;

  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": %u segments%s",
      GST_TIME_ARGS (GST_BUFFER_PTS (frame)), view.n_segments,
      found ? "" : ", no metadata to read");
  ok = gst_mask2former_json_batch_begin (&self->gathered, frame,
      !self->coco && get_batch (self) > 1, self->coco ? "" : ",");
  if (ok && self->coco)
    ok = gst_mask2former_coco_panoptic_add (self->coco, found ? &view : NULL,
        GST_VIDEO_INFO_WIDTH (&self->info),
        GST_VIDEO_INFO_HEIGHT (&self->info), &self->gathered.text, &error);
  else if (ok)
    ok = append_line (self, frame, found ? &view : NULL);
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, ("%s", error->message),
        (NULL));
  else if (error)
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s", error->message), (NULL));
  else if (!ok)
    post_no_memory (self);
  return ok;
}

/* Text in place of the frame: the only size that is known is that of the text. */
static GstFlowReturn
gst_panoptic_json_generate_output (GstBaseTransform * trans,
    GstBuffer ** outbuf)
{
  GstPanopticJson *self = GST_PANOPTIC_JSON (trans);
  g_autoptr (GstBuffer) frame = g_steal_pointer (&trans->queued_buf);

  *outbuf = NULL;
  if (!frame)
    return GST_FLOW_OK;
  if (!append_text (self, frame)) {
    gst_mask2former_json_batch_clear (&self->gathered);
    return GST_FLOW_ERROR;
  }
  if (self->gathered.n_frames >= get_batch (self))
    *outbuf = take_gathered (self);
  return GST_FLOW_OK;
}

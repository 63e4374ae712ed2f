/* mask2formerseg: finds segments in video with Mask2Former, describes and draws them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-mask2formerseg
 * @title: mask2formerseg
 *
 * Runs a Mask2Former checkpoint, a directory as published by its authors, on every frame. Frames
 * leave with #GstCustomMeta "GstPanopticMeta" (see panopticmeta.h), one
 * #GstVideoRegionOfInterestMeta per countable object, and, unless #GstMask2FormerSeg:overlay is
 * none, with the segments drawn into them. With overlay=none pixels are neither copied nor touched.
 *
 * Without #GstMask2FormerSeg:model the small street-scene checkpoint that comes with the plugin is
 * used; uninstalled, the environment variable MASK2FORMER_CHECKPOINTS says in which directory
 * checkpoints are.
 *
 * Elements that ask for the same checkpoint, device, precision and threads share one model. In
 * live pipelines the time that frames take is added to the latency.
 *
 * The network knows a world that stands upright: videoflip turns films and pictures by their tag,
 * and without it a WARNING says that frames lie on their side.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! videoconvert \
 *     ! videoflip video-direction=auto ! mask2formerseg ! videoconvert ! autovideosink
 * ]| Draws the segments of a street scene.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert \
 *     ! mask2formerseg model=mask2former-swin-tiny-coco-panoptic input-size=384 threshold=0.7 \
 *     ! videoconvert ! autovideosink
 * ]| A camera, with a checkpoint from Hugging Face in a directory here and a smaller input than it
 * was trained for.
 */

#include "gst/gstmask2formerseg.h"

#include <gst/video/video.h>

#include "gst/analyser.h"
#include "gst/frame.h"
#include "gst/layout.h"
#include "gst/orientation.h"
#include "gst/overlay.h"
#include "gst/panopticwriter.h"
#include "gst/runstats.h"
#include "gst/scaling.h"
#include "gst/settings.h"

GST_DEBUG_CATEGORY_STATIC (mask2formerseg_debug);
#define GST_CAT_DEFAULT mask2formerseg_debug

enum
{
  PROP_PASS_THROUGH = GST_MASK2FORMER_N_SETTINGS + 1,
  PROP_STATS,
};

struct _GstMask2FormerSeg
{
  GstBaseTransform parent;

  /* under the object lock: */
  GstMask2FormerSettings settings;
  GstMask2FormerRunStats stats;
  gboolean live;                /* upstream's answer to the last latency query */
  guint warned;                 /* bit 1 << GstMask2FormerLayoutError: this stream had it */

  /* set by load() and stop() under the object lock; in between the streaming thread runs it, and
   * others only ask for its model */
  GstMask2FormerAnalyser *analyser;

  /* from start() to stop(), only for the streaming thread: */
  gchar *source_id;             /* of the metadata; UTF-8 */
  GstVideoOrientationMethod orientation;        /* that the stream's tags ask for */
  gboolean failed;              /* an ERROR was posted, and no caps were accepted since */
  GstVideoInfo info;
  gboolean prepared;            /* the analyser is there, and prepared for `info` */
  gboolean warned_interlaced;
  gboolean reads_layouts;       /* downstream takes frames as their GstVideoMeta says */
  GstBufferPool *packed_pool;   /* for frames it would misread, or NULL */
  M2fResult result;             /* of the newest frame */
  gboolean warned_non_finite;   /* of results that are not finite */
  GstPanopticView view;         /* of that result */
  GstMask2FormerOverlay *overlay;
  GstPanopticWriter *writer;

  gint ask;                     /* atomic: whether `reads_layouts` has to be asked again */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_MASK2FORMER_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_MASK2FORMER_FORMATS)));

#define gst_mask2former_seg_parent_class parent_class
G_DEFINE_TYPE (GstMask2FormerSeg, gst_mask2former_seg, GST_TYPE_BASE_TRANSFORM);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (mask2formerseg, "mask2formerseg",
    GST_RANK_NONE, GST_TYPE_MASK2FORMER_SEG,
    (void) gst_panoptic_meta_register ());

static void gst_mask2former_seg_finalize (GObject * object);
static void gst_mask2former_seg_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);
static void gst_mask2former_seg_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec);
static gboolean gst_mask2former_seg_start (GstBaseTransform * trans);
static gboolean gst_mask2former_seg_stop (GstBaseTransform * trans);
static gboolean gst_mask2former_seg_set_caps (GstBaseTransform * trans,
    GstCaps * incaps, GstCaps * outcaps);
static gboolean gst_mask2former_seg_query (GstBaseTransform * trans,
    GstPadDirection direction, GstQuery * query);
static gboolean gst_mask2former_seg_sink_event (GstBaseTransform * trans,
    GstEvent * event);
static gboolean gst_mask2former_seg_propose_allocation (GstBaseTransform *
    trans, GstQuery * decide_query, GstQuery * query);
static gboolean gst_mask2former_seg_src_event (GstBaseTransform * trans,
    GstEvent * event);
static void gst_mask2former_seg_before_transform (GstBaseTransform * trans,
    GstBuffer * buffer);
static GstFlowReturn gst_mask2former_seg_prepare_output_buffer (GstBaseTransform
    * trans, GstBuffer * input, GstBuffer ** output);
static GstFlowReturn gst_mask2former_seg_transform_ip (GstBaseTransform * trans,
    GstBuffer * buffer);

/**
 * GstMask2FormerSeg:pass-through:
 *
 * Changing it while playing changes the latency of live pipelines. An element that starts with it
 * loads its model when it is switched off, with the next frame: what is wrong with the model or the
 * other properties is then an error of the stream.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:stats:
 *
 * A structure of
 *
 * - `frames` (guint64): frames since the element started, those passed through included
 * - `inferences` (guint64): frames that were segmented
 * - `unusable-frames` (guint64): frames that went on without metadata, because they were too short,
 *   described themselves wrongly or could not be mapped; the first of a kind gave a WARNING
 * - `latency` (guint64): nanoseconds that the element adds to the latency of live pipelines
 * - `preprocess`, `backbone`, `pixel-decoder`, `decoder`, `postprocess`, `overlay` and `total`,
 *   each with `-last`, `-mean` and `-max` (gdouble): milliseconds of the newest inference, and the
 *   mean and the maximum since the element started
 * - `model`, `device`, `precision` (strings, while a model is loaded): directory of the checkpoint,
 *   what it runs on and what it computes in
 *
 * Since: 0.1
 */

static void
gst_mask2former_seg_class_init (GstMask2FormerSegClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (mask2formerseg_debug, "mask2formerseg", 0,
      "Mask2Former segmentation");

  gobject_class->finalize = gst_mask2former_seg_finalize;
  gobject_class->set_property = gst_mask2former_seg_set_property;
  gobject_class->get_property = gst_mask2former_seg_get_property;
  gst_mask2former_settings_install (gobject_class);
  g_object_class_install_property (gobject_class, PROP_PASS_THROUGH,
      g_param_spec_boolean ("pass-through", "Pass through",
          "Pass frames on unchanged, without inference and metadata", FALSE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Number of frames, inferences and unusable frames, milliseconds per "
          "stage (last, mean, max), latency in ns, model, device and precision",
          GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_set_static_metadata (element_class,
      "Mask2Former segmentation", "Filter/Analyzer/Video",
      "Segments every frame with a Mask2Former checkpoint, attaches the "
      "segments as metadata and draws them",
      "The gst-mask2former authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_mask2former_seg_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_mask2former_seg_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_mask2former_seg_set_caps);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_mask2former_seg_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_mask2former_seg_sink_event);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_propose_allocation);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_mask2former_seg_src_event);
  trans_class->prepare_output_buffer =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_prepare_output_buffer);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_before_transform);
  trans_class->transform_ip =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_transform_ip);
  trans_class->transform_ip_on_passthrough = FALSE;
  trans_class->passthrough_on_same_caps = FALSE;
}

static void
gst_mask2former_seg_init (GstMask2FormerSeg * self)
{
  gst_mask2former_settings_init (&self->settings);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  /* a late frame would be dropped whole */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
}

static void
gst_mask2former_seg_finalize (GObject * object)
{
  gst_mask2former_settings_clear (&GST_MASK2FORMER_SEG (object)->settings);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
post_latency (GstMask2FormerSeg * self)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

static void
set_pass_through (GstMask2FormerSeg * self, gboolean pass_through)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  gboolean live;

  if (gst_base_transform_is_passthrough (trans) == pass_through)
    return;
  gst_base_transform_set_passthrough (trans, pass_through);

  GST_OBJECT_LOCK (self);
  live = self->live;
  GST_OBJECT_UNLOCK (self);
  if (live)
    post_latency (self);
}

/* Under the object lock. */
static gboolean
may_change (GstMask2FormerSeg * self, const GParamSpec * pspec)
{
  return (pspec->flags & GST_PARAM_MUTABLE_PLAYING) ||
      MAX (GST_STATE (self), GST_STATE_NEXT (self)) <= GST_STATE_READY;
}

static void
gst_mask2former_seg_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (object);
  gboolean known = TRUE, changed;

  if (prop_id == PROP_PASS_THROUGH) {
    set_pass_through (self, g_value_get_boolean (value));
    return;
  }

  GST_OBJECT_LOCK (self);
  changed = may_change (self, pspec);
  if (changed)
    known = gst_mask2former_settings_set (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("The property %s can be changed in the states NULL and READY only, "
            "and keeps its value", pspec->name), (NULL));
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static GstStructure *
make_stats (GstMask2FormerSeg * self)
{
  GstStructure *stats = gst_mask2former_run_stats_to_structure (&self->stats);
  M2fModel *model = self->analyser ?
      gst_mask2former_analyser_get_model (self->analyser) : NULL;

  if (model)
    gst_structure_set (stats,
        "model", G_TYPE_STRING, m2f_model_path (model),
        "device", G_TYPE_STRING, m2f_model_device (model),
        "precision", G_TYPE_STRING, m2f_model_precision (model), NULL);
  return stats;
}

static void
gst_mask2former_seg_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (object);
  gboolean known = TRUE;

  if (prop_id == PROP_PASS_THROUGH) {
    g_value_set_boolean (value,
        gst_base_transform_is_passthrough (GST_BASE_TRANSFORM (self)));
    return;
  }

  GST_OBJECT_LOCK (self);
  if (prop_id == PROP_STATS)
    g_value_take_boxed (value, make_stats (self));
  else
    known = gst_mask2former_settings_get (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static gdouble
milliseconds_since (GstClockTime start)
{
  return (gdouble) (gst_util_get_timestamp () - start) / GST_MSECOND;
}

/* Posts the library's error as the one ERROR message of a failure: caps that were refused come
 * again with the next frame. */
static void
post_error (GstMask2FormerSeg * self, const GError * error)
{
  if (self->failed) {
    GST_INFO_OBJECT (self, "again: %s", error->message);
    return;
  }
  self->failed = TRUE;
  switch (error->code) {
    case M2F_ERROR_NOT_FOUND:
      GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("%s", error->message),
          (NULL));
      break;
    case M2F_ERROR_READ:
      GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", error->message),
          (NULL));
      break;
    case M2F_ERROR_ARGUMENT:
      GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message),
          (NULL));
      break;
    default:
      GST_ELEMENT_ERROR (self, RESOURCE, FAILED, ("%s", error->message),
          (NULL));
      break;
  }
}

static GstMask2FormerAnalyser *
make_analyser (GstMask2FormerSeg * self)
{
  GstMask2FormerAnalyser *analyser;
  GstMask2FormerSettings settings;
  const gchar *const *warning;
  g_autoptr (GError) error = NULL;
  M2fModel *model;

  GST_OBJECT_LOCK (self);
  gst_mask2former_settings_copy (&settings, &self->settings);
  GST_OBJECT_UNLOCK (self);
  analyser = gst_mask2former_analyser_new (&settings, &error);
  gst_mask2former_settings_clear (&settings);
  if (!analyser) {
    post_error (self, error);
    return NULL;
  }

  model = gst_mask2former_analyser_get_model (analyser);
  GST_INFO_OBJECT (self, "%s runs on %s, %s", m2f_model_path (model),
      m2f_model_device (model), m2f_model_precision (model));
  for (warning = m2f_model_warnings (model); *warning; warning++)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", *warning), (NULL));
  return analyser;
}

static gboolean
load (GstMask2FormerSeg * self)
{
  GstMask2FormerAnalyser *analyser = make_analyser (self);

  GST_OBJECT_LOCK (self);
  self->analyser = analyser;
  GST_OBJECT_UNLOCK (self);
  return analyser != NULL;
}

/* Warns once that a frame of two moments is segmented as one picture. */
static void
check_interlacing (GstMask2FormerSeg * self)
{
  if (!GST_VIDEO_INFO_IS_INTERLACED (&self->info) || self->warned_interlaced)
    return;
  self->warned_interlaced = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("The video is interlaced (%s): put deinterlace before %s, or moving "
          "objects are found with ragged edges",
          gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE
              (&self->info)), GST_OBJECT_NAME (self)), (NULL));
}

/* Makes sure that the next frame can be segmented; posts an error if it cannot. */
static gboolean
prepare (GstMask2FormerSeg * self)
{
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GError) error = NULL;

  if (self->prepared)
    return TRUE;
  if (!self->analyser && !load (self))
    return FALSE;
  if (!gst_mask2former_analyser_prepare (self->analyser, &self->info, &error)) {
    post_error (self, error);
    return FALSE;
  }
  GST_DEBUG_OBJECT (self, "prepared in %.1f ms",
      milliseconds_since (start));
  check_interlacing (self);
  self->prepared = TRUE;
  self->failed = FALSE;
  return TRUE;
}

static gboolean
gst_mask2former_seg_start (GstBaseTransform * trans)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  const gchar *id;

  if (!gst_panoptic_meta_register ()) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("Another plugin has registered "
            GST_PANOPTIC_META_NAME " as metadata of its own"), (NULL));
    return FALSE;
  }
  self->failed = FALSE;
  self->orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  if (!gst_base_transform_is_passthrough (trans) && !load (self))
    return FALSE;

  GST_OBJECT_LOCK (self);
  id = self->settings.source_id;
  self->source_id = g_utf8_make_valid (id && *id ? id : GST_OBJECT_NAME (self),
      -1);
  self->stats = (GstMask2FormerRunStats) { 0 };
  self->warned = self->warned_non_finite = 0;
  GST_OBJECT_UNLOCK (self);
  self->warned_interlaced = FALSE;
  self->overlay = gst_mask2former_overlay_new ();
  self->writer = gst_panoptic_writer_new ();
  gst_panoptic_scaling_add_source (GST_BASE_TRANSFORM_SRC_PAD (trans));
  return TRUE;
}

static gboolean
gst_mask2former_seg_stop (GstBaseTransform * trans)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstMask2FormerAnalyser *analyser;

  gst_panoptic_scaling_remove_source (GST_BASE_TRANSFORM_SRC_PAD (trans));
  g_clear_pointer (&self->packed_pool, gst_mask2former_packed_pool_free);
  g_clear_pointer (&self->writer, gst_panoptic_writer_free);
  g_clear_pointer (&self->source_id, g_free);
  g_clear_pointer (&self->overlay, gst_mask2former_overlay_free);
  self->prepared = FALSE;
  gst_panoptic_view_clear (&self->view);
  m2f_result_clear (&self->result);

  GST_OBJECT_LOCK (self);
  analyser = g_steal_pointer (&self->analyser);
  self->live = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_mask2former_analyser_free (analyser);
  return TRUE;
}

static gboolean
gst_mask2former_seg_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);

  self->prepared = FALSE;
  if (!gst_video_info_from_caps (&self->info, incaps)) {
    GST_ERROR_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  g_clear_pointer (&self->packed_pool, gst_mask2former_packed_pool_free);
  g_atomic_int_set (&self->ask, TRUE);

  GST_OBJECT_LOCK (self);
  gst_mask2former_run_stats_reset_latency (&self->stats);
  GST_OBJECT_UNLOCK (self);
  return gst_base_transform_is_passthrough (trans) || prepare (self);
}

/* Adds the time that this element takes for a frame to upstream's latency. */
static gboolean
query_latency (GstMask2FormerSeg * self, GstQuery * query)
{
  gboolean pass_through =
      gst_base_transform_is_passthrough (GST_BASE_TRANSFORM (self));
  GstClockTime min, max, own;
  gboolean live;

  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->query (GST_BASE_TRANSFORM
          (self), GST_PAD_SRC, query))
    return FALSE;

  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self);
  self->live = live;
  own = live && !pass_through ? self->stats.latency : 0;
  GST_OBJECT_UNLOCK (self);

  GST_DEBUG_OBJECT (self, "adding %" GST_TIME_FORMAT " to the latency",
      GST_TIME_ARGS (own));
  min += own;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += own;
  gst_query_set_latency (query, live, min, max);
  return TRUE;
}

/* The network has not learned to see a world that lies on its side. */
static void
check_orientation (GstMask2FormerSeg * self, GstTagList * tags)
{
  g_autofree gchar *tag =
      gst_mask2former_orientation_update (&self->orientation, tags,
      GST_BASE_TRANSFORM_SINK_PAD (self));

  if (tag)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Frames are turned or mirrored: their image-orientation is %s. Put "
            "\"videoflip video-direction=auto\" before %s", tag,
            GST_OBJECT_NAME (self)), (NULL));
}

static gboolean
gst_mask2former_seg_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstTagList *tags;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      self->orientation = GST_VIDEO_ORIENTATION_IDENTITY;
      break;
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      check_orientation (self, tags);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

static gboolean
gst_mask2former_seg_query (GstBaseTransform * trans,
    GstPadDirection direction, GstQuery * query)
{
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return query_latency (GST_MASK2FORMER_SEG (trans), query);

  return GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction,
      query);
}

static gboolean
gst_mask2former_seg_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  /* frames leave in the memory they came in: downstream is asked, and nothing but its answer goes
   * upstream */
  gboolean answered =
      GST_BASE_TRANSFORM_CLASS (parent_class)->propose_allocation (trans,
      decide_query, query);
  guint crop;

  /* the network would see, and metadata describe, what is cropped away */
  if (gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE,
          &crop))
    gst_query_remove_nth_allocation_meta (query, crop);
  return answered;
}

static gboolean
gst_mask2former_seg_src_event (GstBaseTransform * trans, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    g_atomic_int_set (&GST_MASK2FORMER_SEG (trans)->ask, TRUE);

  return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (trans, event);
}

/* True if downstream takes frames that are not packed. */
static gboolean
downstream_reads_layouts (GstMask2FormerSeg * self)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  GstCaps *caps;
  GstQuery *query;

  if (!g_atomic_int_compare_and_exchange (&self->ask, TRUE, FALSE))
    return self->reads_layouts;

  caps = gst_pad_get_current_caps (pad);
  query = gst_query_new_allocation (caps, FALSE);
  self->reads_layouts = gst_pad_peer_query (pad, query) &&
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  GST_DEBUG_OBJECT (self, "downstream %s", self->reads_layouts ?
      "reads GstVideoMeta" : "needs packed frames");
  gst_query_unref (query);
  gst_clear_caps (&caps);
  return self->reads_layouts;
}

static GstFlowReturn
pack (GstMask2FormerSeg * self, const GstVideoFrame * frame, GstBuffer ** output)
{
  if (!self->packed_pool)
    self->packed_pool = gst_mask2former_packed_pool_new (&self->info);
  *output = self->packed_pool ? gst_mask2former_frame_pack (frame, &self->info,
      self->packed_pool) : NULL;
  if (*output)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
      ("There is no memory for a packed copy of a frame"), (NULL));
  return GST_FLOW_ERROR;
}

/* Frames that downstream would misread are replaced by packed copies.  Those that are passed
 * through, whose layout downstream agreed to with upstream, and those that cannot be used go on. */
static GstFlowReturn
gst_mask2former_seg_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * input, GstBuffer ** output)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstVideoFrame frame;
  GstFlowReturn flow;

  if (gst_base_transform_is_passthrough (trans) ||
      gst_mask2former_frame_is_packed (input, &self->info) ||
      downstream_reads_layouts (self) ||
      !gst_mask2former_frame_map (&frame, &self->info, input, GST_MAP_READ,
          NULL))
    return GST_BASE_TRANSFORM_CLASS (parent_class)->prepare_output_buffer
        (trans, input, output);

  flow = pack (self, &frame, output);
  gst_video_frame_unmap (&frame);
  return flow;
}

static void
gst_mask2former_seg_before_transform (GstBaseTransform * trans,
    GstBuffer * buffer)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;

  if (trans->segment.format == GST_FORMAT_TIME)
    stream_time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (stream_time))
    gst_object_sync_values (GST_OBJECT (self), stream_time);

  GST_OBJECT_LOCK (self);
  self->stats.frames++;
  GST_OBJECT_UNLOCK (self);
}

/* Counts a frame that goes on without metadata, and says why unless it was said before. */
static void
skip_frame (GstMask2FormerSeg * self, const GError * error)
{
  guint kind = 1u << error->code;
  gboolean is_first;

  GST_OBJECT_LOCK (self);
  self->stats.unusable_frames++;
  is_first = !(self->warned & kind);
  self->warned |= kind;
  GST_OBJECT_UNLOCK (self);

  if (is_first)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("%s", error->message),
        ("Such frames go on without metadata; stats counts them"));
  else
    GST_DEBUG_OBJECT (self, "no metadata: %s", error->message);
}

/* Finds the segments of a mapped frame and, with a look, draws them.  `times` gets the ends of
 * both. */
static GstFlowReturn
analyse (GstMask2FormerSeg * self, GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds,
    const GstMask2FormerLook * look, GstClockTime times[2])
{
  g_autoptr (GError) error = NULL;

  if (!gst_mask2former_analyser_run (self->analyser, frame, thresholds,
          &self->result, &error)) {
    post_error (self, error);
    return GST_FLOW_ERROR;
  }
  if (self->result.non_finite && !self->warned_non_finite)
    GST_ELEMENT_WARNING (self, LIBRARY, FAILED,
        ("The network's output is not finite: weights overflow"), (NULL));
  self->warned_non_finite |= self->result.non_finite;
  times[0] = gst_util_get_timestamp ();
  gst_panoptic_view_set_result (&self->view, &self->result,
      gst_mask2former_analyser_get_task (self->analyser), self->info.width,
      self->info.height, GST_BUFFER_PTS (frame->buffer));
  self->view.source_id = self->source_id;
  if (look)
    gst_mask2former_overlay_draw (self->overlay, frame, &self->view, look);
  times[1] = gst_util_get_timestamp ();
  return GST_FLOW_OK;
}

static void
count_frame (GstMask2FormerSeg * self, GstClockTime drawing,
    GstClockTime arrival)
{
  GstClockTime latency;
  gboolean changed, live;

  GST_OBJECT_LOCK (self);
  changed = gst_mask2former_run_stats_add (&self->stats,
      &self->result.timings, drawing, arrival, gst_util_get_timestamp ());
  latency = self->stats.latency;
  live = self->live;
  GST_OBJECT_UNLOCK (self);

  if (!changed)
    return;
  GST_DEBUG_OBJECT (self, "frames now take up to %" GST_TIME_FORMAT,
      GST_TIME_ARGS (latency));
  if (live)
    post_latency (self);
}

static GstFlowReturn
gst_mask2former_seg_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstClockTime arrival, times[2];
  GstMask2FormerThresholds thresholds;
  GstMask2FormerLook look;
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;
  GstFlowReturn flow;
  gboolean draw;

  GST_OBJECT_LOCK (self);
  thresholds = self->settings.thresholds;
  look = self->settings.look;
  draw = self->settings.overlay != GST_MASK2FORMER_OVERLAY_NONE;
  GST_OBJECT_UNLOCK (self);

  if (!prepare (self))
    return GST_FLOW_ERROR;
  arrival = gst_util_get_timestamp ();
  if (!gst_mask2former_frame_map (&frame, &self->info, buffer,
          draw ? GST_MAP_READWRITE : GST_MAP_READ, &error)) {
    skip_frame (self, error);
    return GST_FLOW_OK;
  }
  flow = analyse (self, &frame, &thresholds, draw ? &look : NULL, times);
  gst_video_frame_unmap (&frame);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!gst_panoptic_writer_attach (self->writer, buffer, &self->view)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no memory for the label map of a frame"), (NULL));
    return GST_FLOW_ERROR;
  }

  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": %u segments in %.1f ms, of "
      "which %.1f for drawing", GST_TIME_ARGS (GST_BUFFER_PTS (buffer)),
      self->view.n_segments, milliseconds_since (arrival),
      (gdouble) (times[1] - times[0]) / GST_MSECOND);
  count_frame (self, times[1] - times[0], arrival);
  return GST_FLOW_OK;
}

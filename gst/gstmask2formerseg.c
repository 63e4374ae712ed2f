/* mask2formerseg: finds segments in video with Mask2Former, describes and draws them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-mask2formerseg
 * @title: mask2formerseg
 *
 * Runs a Mask2Former checkpoint, a directory as published by its authors, on video. Frames leave
 * with #GstCustomMeta "GstPanopticMeta" (see panopticmeta.h), one #GstVideoRegionOfInterestMeta per
 * countable object, and, unless #GstMask2FormerSeg:overlay is none, with the segments drawn.
 *
 * Without #GstMask2FormerSeg:model the small street-scene checkpoint that comes with the plugin is
 * used; uninstalled, the environment variable MASK2FORMER_CHECKPOINTS says in which directory
 * checkpoints are.
 *
 * Each frame waits for its own result, unless the source is live: then frames never wait for a
 * model slower than the camera, but carry its newest result, moved as the picture has moved since,
 * and say how old that is, see #GstMask2FormerSeg:mode and #GstMask2FormerSeg:propagate. No frame
 * is dropped or gets another time. Frames too late by the sink's QoS events are not looked at,
 * unless the property qos is off: they carry the newest result, too, and a QOS message counts them.
 *
 * The request pads "mask" and "overlay" have the ids of the segments, as they stand in the
 * metadata, and the drawing on transparent RGBA, with the times of the frames. They may be
 * requested, linked and released at any time and never keep the main pad waiting: where they are
 * not read fast enough, frames are missing in them. A queue behind them takes care of short delays.
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

#include "gst/dmabuf.h"
#include "gst/frame.h"
#include "gst/latency.h"
#include "gst/messages.h"
#include "gst/orientation.h"
#include "gst/scaling.h"
#include "gst/segframe.h"
#include "gst/segstate.h"
#include "gst/vulkanimages.h"
#include "model/text.h"

GST_DEBUG_CATEGORY (mask2formerseg_debug);
#define GST_CAT_DEFAULT mask2formerseg_debug

enum
{
  PROP_PASS_THROUGH = GST_MASK2FORMER_N_SETTINGS + 1,
  PROP_STATS,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_MASK2FORMER_COMPOSITION_CAPS
        (GST_MASK2FORMER_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_MASK2FORMER_COMPOSITION_CAPS
        (GST_MASK2FORMER_FORMATS)));

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
static GstStateChangeReturn gst_mask2former_seg_change_state (GstElement *
    element, GstStateChange transition);
static GstPad *gst_mask2former_seg_request_new_pad (GstElement * element,
    GstPadTemplate * templ, const gchar * name, const GstCaps * caps);
static void gst_mask2former_seg_release_pad (GstElement * element,
    GstPad * pad);
static gboolean gst_mask2former_seg_start (GstBaseTransform * trans);
static gboolean gst_mask2former_seg_stop (GstBaseTransform * trans);
static GstCaps *gst_mask2former_seg_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter);
static GstCaps *gst_mask2former_seg_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps);
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

static void
add_pad_template (GstElementClass * klass, GstStaticPadTemplate * pad)
{
  GstCaps *caps = gst_caps_make_writable (gst_static_pad_template_get_caps
      (pad));

  gst_caps_append (caps, gst_mask2former_dmabuf_caps (caps));
  gst_caps_append (caps, gst_mask2former_vulkan_caps ());
  gst_element_class_add_pad_template (klass,
      gst_pad_template_new (pad->name_template, pad->direction, pad->presence,
          caps));
  gst_caps_unref (caps);
}

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
      gst_mask2former_run_stats_param_spec ());

  gst_element_class_set_static_metadata (element_class,
      "Mask2Former segmentation", "Filter/Effect/Analyzer/Video",
      "Segments video with a Mask2Former checkpoint, attaches the segments as "
      "metadata and draws them",
      "The gst-mask2former authors");
  add_pad_template (element_class, &sink_template);
  add_pad_template (element_class, &src_template);
  gst_mask2former_sides_add_templates (element_class);

  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_change_state);
  element_class->request_new_pad =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_request_new_pad);
  element_class->release_pad =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_release_pad);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_mask2former_seg_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_mask2former_seg_stop);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_transform_caps);
  trans_class->fixate_caps =
      GST_DEBUG_FUNCPTR (gst_mask2former_seg_fixate_caps);
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
  self->segmenter = gst_mask2former_segmenter_new ();
  self->sides = gst_mask2former_sides_new (GST_BASE_TRANSFORM (self));
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_mask2former_seg_finalize (GObject * object)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (object);

  gst_mask2former_segmenter_free (self->segmenter);
  gst_mask2former_sides_free (self->sides);
  gst_mask2former_settings_clear (&self->settings);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
set_pass_through (GstMask2FormerSeg * self, gboolean pass_through)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  if (gst_base_transform_is_passthrough (trans) == pass_through)
    return;
  gst_base_transform_set_passthrough (trans, pass_through);
  gst_mask2former_seg_post_latency (self);
}

static void
gst_mask2former_seg_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (object);
  gboolean known = TRUE, changed, composes;

  if (prop_id == PROP_PASS_THROUGH) {
    set_pass_through (self, g_value_get_boolean (value));
    return;
  }

  GST_OBJECT_LOCK (self);
  composes = gst_mask2former_seg_composes (self);
  changed = gst_mask2former_settings_may_change (GST_ELEMENT (self),
      pspec);
  if (changed)
    known = gst_mask2former_settings_set (&self->settings, prop_id, value);
  composes = composes != gst_mask2former_seg_composes (self);
  GST_OBJECT_UNLOCK (self);
  if (composes)                 /* other caps are possible now */
    gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
  if (!changed)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("The property %s can be changed in the states NULL and READY only, "
            "and keeps its value", pspec->name), (NULL));
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
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
    g_value_take_boxed (value, gst_mask2former_run_stats_to_structure
        (&self->stats, self->model, gst_mask2former_seg_waits (self)));
  else
    known = gst_mask2former_settings_get (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

/* Loads the model; a device other than NULL takes the place of the property's. */
static gboolean
load (GstMask2FormerSeg * self, const gchar * device)
{
  GstMask2FormerSettings settings;
  const gchar *const *warning;
  g_autoptr (GError) error = NULL;
  g_autoptr (M2fModel) model = NULL;
  g_autofree gchar *path = NULL;

  GST_OBJECT_LOCK (self);
  gst_mask2former_settings_copy (&settings, &self->settings);
  if (!settings.source_id || !*settings.source_id) {
    g_free (settings.source_id);
    settings.source_id = g_strdup (GST_OBJECT_NAME (self));
  }
  GST_OBJECT_UNLOCK (self);
  if (device) {
    g_free (settings.device);
    settings.device = g_strdup (device);
  }
  model = gst_mask2former_segmenter_start (self->segmenter, &settings, &error);
  gst_mask2former_settings_clear (&settings);
  if (!model) {
    gst_mask2former_seg_post_error (self, error);
    return FALSE;
  }

  path = m2f_printable (m2f_model_path (model));
  GST_INFO_OBJECT (self, "%s runs on %s, %s", path, m2f_model_device (model),
      m2f_model_precision (model));
  for (warning = m2f_model_warnings (model); *warning; warning++)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", *warning), (NULL));

  GST_OBJECT_LOCK (self);
  self->model = g_steal_pointer (&model);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
unload (GstMask2FormerSeg * self)
{
  M2fModel *model;

  gst_mask2former_segmenter_stop (self->segmenter);
  GST_OBJECT_LOCK (self);
  model = g_steal_pointer (&self->model);
  GST_OBJECT_UNLOCK (self);
  m2f_model_unref (model);
}

/* True if the property leaves the choice of a device to the library, which has found a GPU. */
static gboolean
has_chosen_gpu (GstMask2FormerSeg * self)
{
  gboolean result;

  GST_OBJECT_LOCK (self);
  result = (!self->settings.device || !*self->settings.device ||
      g_str_equal (self->settings.device, "auto")) &&
      !g_str_has_prefix (m2f_model_device (self->model), "cpu");
  GST_OBJECT_UNLOCK (self);
  return result;
}

gboolean
gst_mask2former_seg_fall_back (GstMask2FormerSeg * self, const GError * error)
{
  if (!g_error_matches (error, M2F_ERROR, M2F_ERROR_DEVICE) ||
      !has_chosen_gpu (self))
    return FALSE;
  GST_ELEMENT_WARNING (self, RESOURCE, FAILED, ("%s; using cpu instead",
          error->message), (NULL));
  unload (self);
  return load (self, "cpu");
}

/* Asks upstream whether it is live.  TRUE if frames then wait for their result. */
static gboolean
choose_mode (GstMask2FormerSeg * self)
{
  gboolean result, live =
      gst_mask2former_latency_ask_live (GST_BASE_TRANSFORM_SINK_PAD (self));

  GST_OBJECT_LOCK (self);
  self->live = live;
  result = gst_mask2former_seg_waits (self);
  gst_mask2former_run_stats_reset_latency (&self->stats);
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (self, "upstream is %slive, frames %s", live ? "" : "not ",
      result ? "wait for their result" : "carry the newest result");
  return result;
}

/* Makes sure that the next frame can be segmented; posts an error if it cannot. */
static gboolean
prepare (GstMask2FormerSeg * self)
{
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GError) error = NULL;

  if (self->prepared)
    return TRUE;
  if (!self->model && !load (self, NULL))
    return FALSE;
  while (choose_mode (self) && !gst_mask2former_segmenter_prepare
      (self->segmenter, &self->info, &error)) {
    if (!gst_mask2former_seg_fall_back (self, error)) {
      gst_mask2former_seg_post_error (self, error);
      return FALSE;
    }
    g_clear_error (&error);
  }
  GST_DEBUG_OBJECT (self, "prepared in %.1f ms",
      gst_mask2former_seg_milliseconds_since (start));
  if (GST_VIDEO_INFO_IS_INTERLACED (&self->info) &&
      gst_mask2former_seg_is_first (self,
          GST_MASK2FORMER_WARNED_INTERLACED))
    gst_mask2former_post_interlaced (GST_ELEMENT (self), &self->info);
  self->prepared = TRUE;
  self->failed = FALSE;
  return TRUE;
}

static gboolean
gst_mask2former_seg_start (GstBaseTransform * trans)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  gboolean draws_labels;

  if (!gst_panoptic_meta_register ()) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("Another plugin has registered "
            GST_PANOPTIC_META_NAME " as metadata of its own"), (NULL));
    return FALSE;
  }
  self->failed = FALSE;
  self->orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  if (!gst_base_transform_is_passthrough (trans) && !load (self, NULL))
    return FALSE;

  GST_OBJECT_LOCK (self);
  self->stats = (GstMask2FormerRunStats) { 0 };
  self->warned = 0;
  draws_labels = self->settings.overlay == GST_MASK2FORMER_OVERLAY_BLEND &&
      self->settings.look.labels;
  GST_OBJECT_UNLOCK (self);
  self->overlay = gst_mask2former_overlay_new ();
  if (draws_labels)
    gst_mask2former_overlay_prepare_labels (self->overlay);
  self->writer = gst_panoptic_writer_new ();
  gst_panoptic_scaling_add_source (GST_BASE_TRANSFORM_SRC_PAD (trans));
  return TRUE;
}

static gboolean
gst_mask2former_seg_stop (GstBaseTransform * trans)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);

  unload (self);
  gst_panoptic_scaling_remove_source (GST_BASE_TRANSFORM_SRC_PAD (trans));
  gst_mask2former_packer_clear (&self->packer);
  g_clear_pointer (&self->images, gst_mask2former_image_reader_free);
  g_clear_pointer (&self->writer, gst_panoptic_writer_free);
  g_clear_pointer (&self->overlay, gst_mask2former_overlay_free);
  g_clear_pointer (&self->composer, gst_mask2former_composer_free);
  self->prepared = FALSE;

  GST_OBJECT_LOCK (self);
  self->live = FALSE;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static GstStateChangeReturn
gst_mask2former_seg_change_state (GstElement * element,
    GstStateChange transition)
{
  /* else the pads would wait for a frame that waits for its result */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_mask2former_segmenter_set_flushing (GST_MASK2FORMER_SEG
        (element)->segmenter, TRUE);

  return GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
}

static GstPad *
gst_mask2former_seg_request_new_pad (GstElement * element,
    GstPadTemplate * templ, const gchar * name, const GstCaps * caps)
{
  return gst_mask2former_sides_request (GST_MASK2FORMER_SEG (element)->sides,
      templ);
}

static void
gst_mask2former_seg_release_pad (GstElement * element, GstPad * pad)
{
  gst_mask2former_sides_release (GST_MASK2FORMER_SEG (element)->sides, pad);
}

/* Frames leave as they came, but those with an overlay for downstream to draw are marked. */
static GstCaps *
gst_mask2former_seg_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstCaps *other, *all;
  gboolean composes;

  GST_OBJECT_LOCK (self);
  composes = gst_mask2former_seg_composes (self);
  GST_OBJECT_UNLOCK (self);
  all = composes ? gst_mask2former_composition_transform_caps (caps,
      direction) : gst_caps_ref (caps);
  if (!filter)
    return all;
  other = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (all);
  return other;
}

static GstCaps *
gst_mask2former_seg_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  gboolean composes;

  GST_OBJECT_LOCK (self);
  composes = gst_mask2former_seg_composes (self);
  GST_OBJECT_UNLOCK (self);
  if (composes && direction == GST_PAD_SINK)
    return gst_mask2former_composition_choose
        (GST_BASE_TRANSFORM_SRC_PAD (trans), caps, othercaps);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->fixate_caps (trans,
      direction, caps, othercaps);
}

static gboolean
gst_mask2former_seg_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);

  self->prepared = FALSE;
  if (!gst_mask2former_dmabuf_info_from_caps (&self->info, incaps)) {
    GST_ERROR_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  gst_mask2former_packer_set_format (&self->packer, &self->info);
  g_clear_pointer (&self->images, gst_mask2former_image_reader_free);
  if (gst_mask2former_vulkan_in_caps (incaps))
    self->images = gst_mask2former_image_reader_new ();

  gst_mask2former_segmenter_forget (self->segmenter);
  return gst_base_transform_is_passthrough (trans) || prepare (self);
}

/* Adds the time that this element takes for a frame to upstream's latency. */
static gboolean
gst_mask2former_seg_query (GstBaseTransform * trans,
    GstPadDirection direction, GstQuery * query)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstClockTime own;

  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction, query))
    return FALSE;
  if (direction != GST_PAD_SRC || GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return TRUE;

  GST_OBJECT_LOCK (self);
  gst_query_parse_latency (query, &self->live, NULL, NULL);
  own = self->stats.latency;
  GST_OBJECT_UNLOCK (self);
  if (gst_base_transform_is_passthrough (trans))
    own = 0;
  GST_DEBUG_OBJECT (self, "adding %" GST_TIME_FORMAT " to the latency if live",
      GST_TIME_ARGS (own));
  gst_mask2former_latency_add (query, own);
  return TRUE;
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

/* Warns of a stream whose tags say that it should be turned. */
static void
check_orientation (GstMask2FormerSeg * self, GstEvent * event)
{
  g_autofree gchar *tag = NULL;
  GstTagList *tags;

  gst_event_parse_tag (event, &tags);
  tag = gst_mask2former_orientation_update (&self->orientation, tags,
      GST_BASE_TRANSFORM_SINK_PAD (self));
  if (tag)
    gst_mask2former_post_turned (GST_ELEMENT (self), tag);
}

static gboolean
gst_mask2former_seg_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  gboolean reset_time;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      gst_mask2former_segmenter_set_flushing (self->segmenter, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_event_parse_flush_stop (event, &reset_time);
      if (reset_time)
        gst_mask2former_segmenter_start_stream (self->segmenter);
      else
        gst_mask2former_segmenter_forget (self->segmenter);
      gst_mask2former_segmenter_set_flushing (self->segmenter, FALSE);
      break;
    case GST_EVENT_STREAM_START:
      gst_mask2former_segmenter_start_stream (self->segmenter);
      self->orientation = GST_VIDEO_ORIENTATION_IDENTITY;
      break;
    case GST_EVENT_TAG:
      check_orientation (self, event);
      break;
    default:
      break;
  }
  gst_mask2former_sides_event (self->sides, event);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

static gboolean
gst_mask2former_seg_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    gst_mask2former_packer_reconfigure (&self->packer);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS &&
      gst_base_transform_is_qos_enabled (trans)) {
    gst_mask2former_segmenter_qos (self->segmenter, event);
    /* the base class would drop late frames */
    return gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (trans), event);
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (trans, event);
}

/* Frames that downstream would misread are replaced by packed copies.  Those that are passed
 * through, whose layout downstream agreed to with upstream, and those that cannot be used go on. */
static GstFlowReturn
gst_mask2former_seg_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * input, GstBuffer ** output)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);
  GstBuffer *packed = NULL;

  if (!gst_base_transform_is_passthrough (trans) &&
      !gst_mask2former_packer_pack (&self->packer,
          GST_BASE_TRANSFORM_SRC_PAD (trans), input, &packed)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no memory for a packed copy of a frame"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (!packed)
    return GST_BASE_TRANSFORM_CLASS (parent_class)->prepare_output_buffer
        (trans, input, output);
  *output = packed;
  return GST_FLOW_OK;
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

  if (gst_base_transform_is_passthrough (trans)) {
    gst_mask2former_segmenter_forget (self->segmenter);
    gst_mask2former_seg_pass_frame (self, buffer);
  }
  GST_OBJECT_LOCK (self);
  self->stats.frames++;
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
gst_mask2former_seg_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMask2FormerSeg *self = GST_MASK2FORMER_SEG (trans);

  return prepare (self) ? gst_mask2former_seg_process_frame (self, buffer) :
      GST_FLOW_ERROR;
}

/* panopticoverlay: effects on the segments that panoptic metadata describes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-panopticoverlay
 * @title: panopticoverlay
 *
 * Changes video frames where their panoptic metadata says that segments are: draws segments in
 * colours, or hides them by their exact shape, or hides all else. It works from the metadata alone,
 * in the format of the frames, and may follow mask2formerseg at once or behind other elements that
 * keep the metadata, as videoscale does.
 *
 * #GstPanopticOverlay:labels, #GstPanopticOverlay:segments and #GstPanopticOverlay:track-ids say
 * which segments are meant: those that fit all of them. Several elements in a row, each with an
 * effect of its own, do several things to a frame.
 *
 * A frame of which nothing is known, as it came before the first result, its metadata cannot be
 * read or its result has expired, may have anything in it. Effects that hide something therefore
 * hide the whole of it, unless #GstPanopticOverlay:hide-unknown is off; colour and outline leave it
 * as it is. A frame that cannot be changed at all is dropped rather than shown.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! videoconvert \
 *     ! videoflip video-direction=auto ! mask2formerseg overlay=none \
 *     ! panopticoverlay effect=blur labels=person,rider dilate=8 \
 *     ! videoconvert ! autovideosink
 * ]| Blurs people by their shape, with 8 pixels to spare. What a blur leaves may be enough to tell
 * who somebody is: fill leaves nothing.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! mask2formerseg overlay=none \
 *     ! panopticoverlay effect=background-blur labels=person ! videoconvert ! autovideosink
 * ]| A camera that shows people sharp and all else blurred.
 */

#include "gst/gstpanopticoverlay.h"

#include "gst/backdrop.h"
#include "gst/cutout.h"
#include "gst/frame.h"
#include "gst/layout.h"
#include "gst/overlaysettings.h"
#include "gst/packer.h"
#include "gst/scratch.h"

GST_DEBUG_CATEGORY_STATIC (panopticoverlay_debug);
#define GST_CAT_DEFAULT panopticoverlay_debug

/* Number of frames without metadata after which a warning says that there is none. */
#define MANY_FRAMES 100

/* What was said once on the bus. */
typedef enum
{
  WARNED_METADATA = 1 << 0,
  WARNED_NO_MEMORY = 1 << 1,
  WARNED_LAYOUT = 1 << 2,
} Warned;

struct _GstPanopticOverlay
{
  GstBaseTransform parent;

  GstMask2FormerOverlaySettings settings;       /* under the object lock */

  /* for the streaming thread: */
  GstVideoInfo info;
  GstVideoFormat out_format;    /* of frames that leave; alpha may take the place of padding */
  GstMask2FormerPacker packer;
  GstMask2FormerEffects *effects;
  GstMask2FormerBackdrop *backdrop;     /* or NULL */
  GstPanopticView view;
  GstMask2FormerList selected;  /* GstPanopticSegment: of the view */
  guint warned;                 /* Warned */
  guint n_without;              /* frames since the start; MANY_FRAMES once one has metadata */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_MASK2FORMER_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_MASK2FORMER_FORMATS)));

#define gst_panoptic_overlay_parent_class parent_class
G_DEFINE_TYPE (GstPanopticOverlay, gst_panoptic_overlay,
    GST_TYPE_BASE_TRANSFORM);
GST_ELEMENT_REGISTER_DEFINE (panopticoverlay, "panopticoverlay", GST_RANK_NONE,
    GST_TYPE_PANOPTIC_OVERLAY);

static void gst_panoptic_overlay_finalize (GObject * object);
static void gst_panoptic_overlay_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);
static void gst_panoptic_overlay_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec);
static gboolean gst_panoptic_overlay_start (GstBaseTransform * trans);
static gboolean gst_panoptic_overlay_stop (GstBaseTransform * trans);
static GstCaps *gst_panoptic_overlay_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter);
static gboolean gst_panoptic_overlay_set_caps (GstBaseTransform * trans,
    GstCaps * incaps, GstCaps * outcaps);
static gboolean gst_panoptic_overlay_src_event (GstBaseTransform * trans,
    GstEvent * event);
static GstFlowReturn
gst_panoptic_overlay_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * input, GstBuffer ** output);
static void gst_panoptic_overlay_before_transform (GstBaseTransform * trans,
    GstBuffer * buffer);
static GstFlowReturn gst_panoptic_overlay_transform_ip (GstBaseTransform *
    trans, GstBuffer * buffer);

/* ---- properties ---- */

/**
 * GstPanopticOverlay:labels:
 *
 * Names of classes with commas between them, as the checkpoint has them (`m2f info` lists them);
 * upper and lower case are the same. A class with several names, as "windowpane, window", has each
 * of them. Without names the effect is on segments of every class but one called background or the
 * like.
 *
 * Since: 0.1
 */

/**
 * GstPanopticOverlay:source-id:
 *
 * The property source-id of the mask2formerseg, or the name that it stands for. Nothing is known of
 * frames without metadata from there.
 *
 * Since: 0.1
 */

/**
 * GstPanopticOverlay:dilate:
 *
 * What is to be hidden for certain needs some: masks are right to a few pixels only, and results
 * that were carried over from an earlier frame to more.
 *
 * Since: 0.1
 */

/**
 * GstPanopticOverlay:feather:
 *
 * Edges of what stays follow the picture, so that hair and wheels look right; those of what is
 * hidden are soft outwards only, and give nothing away. Colour and outline have sharp edges.
 *
 * Since: 0.1
 */

/**
 * GstPanopticOverlay:effect:
 *
 * The effect cutout needs alpha: it takes and gives formats of RGB with alpha, and takes those with
 * padding in its place, too; others go through videoconvert first. Changing to it or from it while
 * playing negotiates new caps.
 *
 * Since: 0.1
 */

/**
 * GstPanopticOverlay:expire:
 *
 * Nothing is known of a frame whose result was found in a frame that is older than this.
 *
 * Since: 0.1
 */

/**
 * GstPanopticOverlay:hide-unknown:
 *
 * Switch it off where a frame that shows too much does less harm than one that shows too little.
 *
 * Since: 0.1
 */

static void
gst_panoptic_overlay_class_init (GstPanopticOverlayClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (panopticoverlay_debug, "panopticoverlay", 0,
      "effects on segments");
  gobject_class->finalize = gst_panoptic_overlay_finalize;
  gobject_class->set_property = gst_panoptic_overlay_set_property;
  gobject_class->get_property = gst_panoptic_overlay_get_property;
  gst_mask2former_overlay_settings_install (gobject_class);

  gst_type_mark_as_plugin_api (GST_TYPE_MASK2FORMER_EFFECT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MASK2FORMER_KIND, 0);
  gst_element_class_set_static_metadata (element_class,
      "Panoptic overlay", "Filter/Effect/Visualization/Video",
      "Draws, hides or cuts out the segments that panoptic metadata describes",
      "The gst-mask2former authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_panoptic_overlay_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_panoptic_overlay_stop);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_panoptic_overlay_transform_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_panoptic_overlay_set_caps);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_panoptic_overlay_src_event);
  trans_class->prepare_output_buffer =
      GST_DEBUG_FUNCPTR (gst_panoptic_overlay_prepare_output_buffer);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_panoptic_overlay_before_transform);
  trans_class->transform_ip =
      GST_DEBUG_FUNCPTR (gst_panoptic_overlay_transform_ip);
  trans_class->passthrough_on_same_caps = FALSE;
}

static void
gst_panoptic_overlay_init (GstPanopticOverlay * self)
{
  gst_video_info_init (&self->info);
  gst_mask2former_overlay_settings_init (&self->settings);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_panoptic_overlay_finalize (GObject * object)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (object);

  gst_mask2former_overlay_settings_clear (&self->settings);
  g_free (self->selected.data);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

/* Called with the object lock held. */
static gboolean
cuts_out (GstPanopticOverlay * self)
{
  return self->settings.effects.effect == GST_MASK2FORMER_EFFECT_CUTOUT;
}

/* Other caps are possible now. */
static void
renegotiate (GstPanopticOverlay * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) caps =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (trans));
  GstVideoInfo info;

  gst_base_transform_reconfigure_sink (trans);
  /* frames that are under way may not have alpha yet */
  if (caps && gst_video_info_from_caps (&info, caps) &&
      gst_mask2former_cutout_can_be (GST_VIDEO_INFO_FORMAT (&info)))
    gst_base_transform_reconfigure_src (trans);
}

static void
gst_panoptic_overlay_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (object);
  g_autoptr (GError) error = NULL;
  gboolean known, cut, running;

  GST_OBJECT_LOCK (self);
  cut = cuts_out (self);
  known = gst_mask2former_overlay_settings_set (&self->settings, prop_id,
      value, &error);
  cut = cut != cuts_out (self);
  running = GST_STATE (self) > GST_STATE_READY;
  if (running) {
    g_clear_error (&self->settings.refused_labels);
    g_clear_error (&self->settings.refused_track_ids);
  }
  GST_OBJECT_UNLOCK (self);
  if (cut)
    renegotiate (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  if (error && running)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", error->message),
        ("The property keeps its value"));
}

static void
gst_panoptic_overlay_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = gst_mask2former_overlay_settings_get (&self->settings, prop_id,
      value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

/* ---- the stream ---- */

/* Reads the picture of the background if there is a new one.  FALSE if it cannot be read: the one
 * before stays. */
static gboolean
update_backdrop (GstPanopticOverlay * self, GError ** error)
{
  GstMask2FormerBackdrop *backdrop = NULL;
  g_autofree gchar *path = NULL;

  GST_OBJECT_LOCK (self);
  if (!self->settings.has_new_background) {
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  self->settings.has_new_background = FALSE;
  path = g_strdup (self->settings.background_picture);
  GST_OBJECT_UNLOCK (self);
  if (path && *path && !(backdrop = gst_mask2former_backdrop_new (path, error)))
    return FALSE;
  g_clear_pointer (&self->backdrop, gst_mask2former_backdrop_free);
  self->backdrop = backdrop;
  return TRUE;
}

static gboolean
gst_panoptic_overlay_start (GstBaseTransform * trans)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);
  g_autoptr (GError) error = NULL;
  const GError *refused;
  gboolean draws_labels;

  self->warned = self->n_without = 0;
  GST_OBJECT_LOCK (self);
  refused = self->settings.refused_labels ? self->settings.refused_labels :
      self->settings.refused_track_ids;
  if (refused)
    error = g_error_copy (refused);
  GST_OBJECT_UNLOCK (self);
  if (error) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  self->settings.has_new_background = TRUE;
  if (!update_backdrop (self, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", error->message),
        (NULL));
    return FALSE;
  }
  self->effects = gst_mask2former_effects_new ();
  GST_OBJECT_LOCK (self);
  draws_labels = self->settings.effects.look.labels &&
      gst_mask2former_effect_draws (self->settings.effects.effect);
  GST_OBJECT_UNLOCK (self);
  if (draws_labels)
    gst_mask2former_effects_prepare_labels (self->effects);
  return TRUE;
}

static gboolean
gst_panoptic_overlay_stop (GstBaseTransform * trans)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);

  g_clear_pointer (&self->effects, gst_mask2former_effects_free);
  g_clear_pointer (&self->backdrop, gst_mask2former_backdrop_free);
  gst_panoptic_view_clear (&self->view);
  gst_mask2former_packer_clear (&self->packer);
  return TRUE;
}

/* Frames leave as they came, but what is cut out has alpha. */
static GstCaps *
gst_panoptic_overlay_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);
  GstCaps *other, *all;
  gboolean cut;

  GST_OBJECT_LOCK (self);
  cut = cuts_out (self);
  GST_OBJECT_UNLOCK (self);
  all = cut ? gst_mask2former_cutout_transform_caps (caps, direction) :
      gst_caps_ref (caps);
  if (!filter)
    return all;
  other = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (all);
  return other;
}

static gboolean
gst_panoptic_overlay_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);
  GstVideoInfo out;

  if (!gst_video_info_from_caps (&self->info, incaps) ||
      !gst_video_info_from_caps (&out, outcaps)) {
    GST_ERROR_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  self->out_format = GST_VIDEO_INFO_FORMAT (&out);
  gst_mask2former_packer_set_format (&self->packer, &self->info);
  return TRUE;
}

static gboolean
gst_panoptic_overlay_src_event (GstBaseTransform * trans, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    gst_mask2former_packer_reconfigure (&GST_PANOPTIC_OVERLAY (trans)->packer);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (trans, event);
}

/* Frames that downstream would misread are replaced by packed copies. */
static GstFlowReturn
gst_panoptic_overlay_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * input, GstBuffer ** output)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);

  if (!gst_mask2former_packer_pack (&self->packer,
          GST_BASE_TRANSFORM_SRC_PAD (trans), input, output)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no memory for a packed copy of a frame"), (NULL));
    return GST_FLOW_ERROR;
  }
  return *output ? GST_FLOW_OK : GST_BASE_TRANSFORM_CLASS
      (parent_class)->prepare_output_buffer (trans, input, output);
}

static void
gst_panoptic_overlay_before_transform (GstBaseTransform * trans,
    GstBuffer * buffer)
{
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;

  if (trans->segment.format == GST_FORMAT_TIME)
    stream_time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (stream_time))
    gst_object_sync_values (GST_OBJECT (trans), stream_time);
}

/* ---- frames ---- */

/* TRUE the first time. */
static gboolean
is_first (GstPanopticOverlay * self, Warned what)
{
  gboolean first = !(self->warned & what);

  self->warned |= what;
  return first;
}

/* Says that metadata gets lost before this element, or is not made, if no frame had any. */
static void
count_frame (GstPanopticOverlay * self, gboolean has_metadata)
{
  if (self->n_without == MANY_FRAMES)
    return;
  self->n_without = has_metadata ? MANY_FRAMES : self->n_without + 1;
  if (!has_metadata && self->n_without == MANY_FRAMES)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("None of the first %d frames has panoptic metadata", MANY_FRAMES),
        ("mask2formerseg must come before this element, and nothing that crops "
            "between them; source-id must name it"));
}

/* Reads the metadata of a frame into the view.  FALSE if there is none that can be used. */
static gboolean
read_metadata (GstPanopticOverlay * self, GstBuffer * buffer)
{
  const GstStructure *meta;
  g_autoptr (GError) error = NULL;
  GstClockTime expire;

  GST_OBJECT_LOCK (self);
  expire = self->settings.expire;
  meta = gst_buffer_get_panoptic_meta_from (buffer,
      self->settings.source_id && *self->settings.source_id ? self->settings.source_id : NULL);
  GST_OBJECT_UNLOCK (self);
  count_frame (self, meta != NULL);
  if (!meta) {
    GST_LOG_OBJECT (self, "a frame has no panoptic metadata");
    return FALSE;
  }
  if (!gst_panoptic_view_set_meta (&self->view, meta, &error)) {
    if (is_first (self, WARNED_METADATA))
      GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("%s", error->message),
          ("Nothing is known of such frames"));
    return FALSE;
  }
  if (self->view.age <= expire)
    return TRUE;
  GST_LOG_OBJECT (self, "a result has expired: it is of %" GST_TIME_FORMAT
      " before", GST_TIME_ARGS (self->view.age));
  return FALSE;
}

/* Lists the selected segments of the view, and copies the settings.  FALSE if there is no memory
 * for the list. */
static gboolean
select_segments (GstPanopticOverlay * self, gboolean known,
    GstMask2FormerEffectSettings * settings)
{
  GstMask2FormerSelection selection;
  gboolean reserved;
  guint i;

  self->selected.len = 0;
  reserved = gst_mask2former_list_reserve (&self->selected,
      known ? self->view.n_segments : 0, sizeof (GstPanopticSegment));
  GST_OBJECT_LOCK (self);
  *settings = self->settings.effects;
  selection = self->settings.selection;
  if (selection.kind == GST_MASK2FORMER_KIND_AUTO)
    selection.kind = selection.labels || selection.track_ids ||
        gst_mask2former_effect_draws (settings->effect) ?
        GST_MASK2FORMER_KIND_ALL : GST_MASK2FORMER_KIND_THINGS;
  for (i = 0; reserved && known && i < self->view.n_segments; i++)
    if (gst_mask2former_selection_has (&selection, &self->view.segments[i]))
      gst_mask2former_list_append (&self->selected, &self->view.segments[i],
          sizeof (GstPanopticSegment));
  GST_OBJECT_UNLOCK (self);
  if (known)
    GST_LOG_OBJECT (self, "%" G_GSIZE_FORMAT " of %u segments are selected",
        self->selected.len, self->view.n_segments);
  return reserved;
}

/* True if frames leave with alpha in the place of padding. */
static gboolean
gains_alpha (GstPanopticOverlay * self)
{
  return self->out_format != GST_VIDEO_INFO_FORMAT (&self->info);
}

/* True if a frame that the effect cannot change must not be seen. */
static gboolean
must_hide (GstPanopticOverlay * self,
    const GstMask2FormerEffectSettings * settings)
{
  gboolean hides_unknown;

  GST_OBJECT_LOCK (self);
  hides_unknown = self->settings.hide_unknown;
  GST_OBJECT_UNLOCK (self);
  return hides_unknown && !gst_mask2former_effect_draws (settings->effect);
}

/* FALSE if the effect leaves the frame as it is, so that it need not be mapped. */
static gboolean
changes (GstPanopticOverlay * self, gboolean known,
    const GstMask2FormerEffectSettings * settings)
{
  if (known)
    return self->selected.len > 0 ||
        gst_mask2former_effect_changes_rest (settings->effect);
  return must_hide (self, settings);
}

/* Applies the effect to a mapped frame; without a result if nothing is known of it.  FALSE if there
 * is no memory. */
static gboolean
apply (GstPanopticOverlay * self, GstVideoFrame * frame, gboolean known,
    GstMask2FormerEffectSettings * settings)
{
  GstPanopticView view = self->view;    /* with fewer segments */
  g_autoptr (GError) error = NULL;
  gboolean has_memory = TRUE;

  view.segments = self->selected.data;
  view.n_segments = self->selected.len;
  if (!update_backdrop (self, &error))
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_READ, ("%s", error->message),
        (NULL));
  if (settings->effect == GST_MASK2FORMER_EFFECT_BACKGROUND_REPLACE &&
      self->backdrop) {
    settings->background =
        gst_mask2former_backdrop_get (self->backdrop, &self->info);
    has_memory = settings->background != NULL;
  }
  if (!gst_mask2former_effects_apply (self->effects, frame,
          known ? &view : NULL, settings))
    has_memory = FALSE;
  return has_memory;
}

/* Says once why a frame cannot be changed; it is dropped if it has to be hidden. */
static GstFlowReturn
give_up (GstPanopticOverlay * self, Warned what, const gchar * reason,
    const GstMask2FormerEffectSettings * settings)
{
  gboolean drops = must_hide (self, settings);

  if (is_first (self, what))
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("%s", reason),
        ("Such frames %s", drops ? "are dropped" : "stay as they are"));
  return drops ? GST_BASE_TRANSFORM_FLOW_DROPPED : GST_FLOW_OK;
}

/* Changes a frame, or not. */
static GstFlowReturn
process (GstPanopticOverlay * self, GstBuffer * buffer)
{
  gboolean known = read_metadata (self, buffer), changed, has_memory;
  const gchar *no_memory = "There is no memory for an effect on a frame";
  GstMask2FormerEffectSettings settings;
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;

  if (!select_segments (self, known, &settings))
    return give_up (self, WARNED_NO_MEMORY, no_memory, &settings);
  changed = changes (self, known, &settings);
  if (!changed && !gains_alpha (self))
    return GST_FLOW_OK;
  if (!gst_mask2former_frame_map (&frame, &self->info, buffer,
          GST_MAP_READWRITE, &error))
    return give_up (self, WARNED_LAYOUT, error->message, &settings);
  has_memory = changed ? apply (self, &frame, known, &settings) :
      gst_mask2former_effects_show (self->effects, &frame);
  gst_video_frame_unmap (&frame);
  return has_memory ? GST_FLOW_OK :
      give_up (self, WARNED_NO_MEMORY, no_memory, &settings);
}

static GstFlowReturn
gst_panoptic_overlay_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);
  GstFlowReturn flow = process (self, buffer);
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  if (gains_alpha (self) && meta)
    meta->format = self->out_format;
  return flow;
}

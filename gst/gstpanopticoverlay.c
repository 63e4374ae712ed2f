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
 *     ! panopticoverlay effect=fill labels=person,rider dilate=8 \
 *     ! videoconvert ! autovideosink
 * ]| Hides people by their shape, with 8 pixels to spare.
 */

#include "gst/gstpanopticoverlay.h"

#include "gst/backdrop.h"
#include "gst/effects.h"
#include "gst/frame.h"
#include "gst/layout.h"
#include "gst/packer.h"
#include "gst/selection.h"

GST_DEBUG_CATEGORY_STATIC (panopticoverlay_debug);
#define GST_CAT_DEFAULT panopticoverlay_debug

#define DEFAULT_EFFECT GST_MASK2FORMER_EFFECT_COLOUR
#define DEFAULT_SEGMENTS GST_MASK2FORMER_KIND_AUTO
#define DEFAULT_DILATE 0
#define DEFAULT_STRENGTH 0
#define DEFAULT_FILL_COLOUR 0xff000000
#define DEFAULT_OPACITY 0.5
#define DEFAULT_DRAW_OUTLINES TRUE
#define DEFAULT_DRAW_LABELS TRUE
#define DEFAULT_PALETTE M2F_PALETTE_DATASET
#define DEFAULT_EXPIRE GST_CLOCK_TIME_NONE
#define DEFAULT_HIDE_UNKNOWN TRUE

#define MAX_DILATE 200
#define MAX_STRENGTH 512

enum
{
  PROP_0,
  PROP_EFFECT,
  PROP_LABELS,
  PROP_SEGMENTS,
  PROP_TRACK_IDS,
  PROP_SOURCE_ID,
  PROP_DILATE,
  PROP_STRENGTH,
  PROP_FILL_COLOUR,
  PROP_BACKGROUND_PICTURE,
  PROP_OPACITY,
  PROP_DRAW_OUTLINES,
  PROP_DRAW_LABELS,
  PROP_PALETTE,
  PROP_EXPIRE,
  PROP_HIDE_UNKNOWN,
};

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

  /* under the object lock: */
  GstMask2FormerEffectSettings settings;
  GstMask2FormerSelection selection;
  gchar *labels, *track_ids, *source_id, *background_picture;
  gboolean has_new_background;
  GstClockTime expire;
  gboolean hide_unknown;

  /* for the streaming thread: */
  GstVideoInfo info;
  GstMask2FormerPacker packer;
  GstMask2FormerEffects *effects;
  GstMask2FormerBackdrop *backdrop;     /* or NULL */
  GstPanopticView view;
  GArray *selected;             /* GstPanopticSegment: of the view */
  guint warned;                 /* Warned */
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
 * Names of classes with commas between them; upper and lower case are the same. A class with
 * several names, as "windowpane, window", has each of them. Without names, segments of every class
 * are meant but those of one called background or the like.
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
 * What hides segments covers this much around them, too. Masks are right to a few pixels only, and
 * results that were carried over from an earlier frame to fewer.
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

#define FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_selection (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_LABELS,
      g_param_spec_string ("labels", "Labels", "Classes whose segments are "
          "meant, as \"person,car\" (default: any)", NULL, FLAGS));
  g_object_class_install_property (klass, PROP_SEGMENTS,
      g_param_spec_enum ("segments", "Segments", "Kind of segments that are "
          "meant", GST_TYPE_MASK2FORMER_KIND, DEFAULT_SEGMENTS, FLAGS));
  g_object_class_install_property (klass, PROP_TRACK_IDS,
      g_param_spec_string ("track-ids", "Track ids", "Objects that are meant, "
          "as \"3,17\" (default: any)", NULL, FLAGS));
  g_object_class_install_property (klass, PROP_SOURCE_ID,
      g_param_spec_string ("source-id", "Source id", "Element whose metadata "
          "is used, where there are several (default: the newest)", NULL,
          FLAGS));
  g_object_class_install_property (klass, PROP_EXPIRE,
      g_param_spec_uint64 ("expire", "Expire", "Age in nanoseconds from which "
          "on a result is not used (default: never)", 0, G_MAXUINT64,
          DEFAULT_EXPIRE, FLAGS));
  g_object_class_install_property (klass, PROP_HIDE_UNKNOWN,
      g_param_spec_boolean ("hide-unknown", "Hide unknown", "Effects that hide "
          "something hide the whole of frames without a usable result",
          DEFAULT_HIDE_UNKNOWN, FLAGS));
}

static void
install_effect (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_EFFECT,
      g_param_spec_enum ("effect", "Effect", "What is done to the frames",
          GST_TYPE_MASK2FORMER_EFFECT, DEFAULT_EFFECT, FLAGS));
  g_object_class_install_property (klass, PROP_DILATE,
      g_param_spec_int ("dilate", "Dilate", "Pixels around segments that are "
          "hidden with them", 0, MAX_DILATE, DEFAULT_DILATE,
          FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_FILL_COLOUR,
      g_param_spec_uint ("fill-colour", "Fill colour", "Colour of the effect "
          "fill, and of background-replace without a picture, 0xffRRGGBB", 0,
          G_MAXUINT32, DEFAULT_FILL_COLOUR, FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_STRENGTH,
      g_param_spec_int ("strength", "Strength", "Pixels over which blurs reach "
          "(standard deviation), or edge of the blocks of pixelate (0: by the "
          "height of frames)", 0, MAX_STRENGTH, DEFAULT_STRENGTH,
          FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_BACKGROUND_PICTURE,
      g_param_spec_string ("background-picture", "Background picture",
          "File with the picture of background-replace (default: none, the "
          "fill colour)", NULL, FLAGS));
  g_object_class_install_property (klass, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity", "Opacity of the colours of "
          "the effect colour", 0, 1, DEFAULT_OPACITY,
          FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_DRAW_OUTLINES,
      g_param_spec_boolean ("draw-outlines", "Draw outlines", "Whether the "
          "effect colour has outlines", DEFAULT_DRAW_OUTLINES, FLAGS));
  g_object_class_install_property (klass, PROP_DRAW_LABELS,
      g_param_spec_boolean ("draw-labels", "Draw labels", "Whether the effects "
          "colour and outline have names of classes", DEFAULT_DRAW_LABELS,
          FLAGS));
  g_object_class_install_property (klass, PROP_PALETTE,
      g_param_spec_enum ("palette", "Palette", "Colours of the effects colour "
          "and outline", GST_TYPE_MASK2FORMER_PALETTE, DEFAULT_PALETTE, FLAGS));
}

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
  install_effect (gobject_class);
  install_selection (gobject_class);

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
  self->selected = g_array_new (FALSE, FALSE, sizeof (GstPanopticSegment));
  self->selection.kind = DEFAULT_SEGMENTS;
  self->expire = DEFAULT_EXPIRE;
  self->hide_unknown = DEFAULT_HIDE_UNKNOWN;
  self->settings = (GstMask2FormerEffectSettings) {
    .effect = DEFAULT_EFFECT,
    .dilate = DEFAULT_DILATE,
    .strength = DEFAULT_STRENGTH,
    .fill_colour = DEFAULT_FILL_COLOUR,
    .look = {
      .opacity = DEFAULT_OPACITY,
      .outlines = DEFAULT_DRAW_OUTLINES,
      .labels = DEFAULT_DRAW_LABELS,
      .palette = DEFAULT_PALETTE,
    },
  };
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_panoptic_overlay_finalize (GObject * object)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (object);

  gst_mask2former_selection_clear (&self->selection);
  g_array_unref (self->selected);
  g_free (self->labels);
  g_free (self->track_ids);
  g_free (self->source_id);
  g_free (self->background_picture);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

/* Where the value of a property is. */
static gpointer
member (GstPanopticOverlay * self, guint prop_id)
{
  GstMask2FormerLook *look = &self->settings.look;
  gpointer members[] = {
    [PROP_EFFECT] = &self->settings.effect,
    [PROP_LABELS] = &self->labels,
    [PROP_SEGMENTS] = &self->selection.kind,
    [PROP_TRACK_IDS] = &self->track_ids,
    [PROP_SOURCE_ID] = &self->source_id,
    [PROP_DILATE] = &self->settings.dilate,
    [PROP_STRENGTH] = &self->settings.strength,
    [PROP_FILL_COLOUR] = &self->settings.fill_colour,
    [PROP_BACKGROUND_PICTURE] = &self->background_picture,
    [PROP_OPACITY] = &look->opacity,
    [PROP_DRAW_OUTLINES] = &look->outlines,
    [PROP_DRAW_LABELS] = &look->labels,
    [PROP_PALETTE] = &look->palette,
    [PROP_EXPIRE] = &self->expire,
    [PROP_HIDE_UNKNOWN] = &self->hide_unknown,
  };

  return prop_id < G_N_ELEMENTS (members) ? members[prop_id] : NULL;
}

/* Takes note of what a text says; track ids that cannot be read change nothing. */
static gboolean
read_text (GstPanopticOverlay * self, guint prop_id, const GValue * value,
    GError ** error)
{
  const gchar *text = g_value_get_string (value);
  GArray *ids;

  if (prop_id == PROP_LABELS) {
    g_clear_pointer (&self->selection.labels, g_strfreev);
    self->selection.labels = gst_mask2former_parse_labels (text);
  } else if (prop_id == PROP_TRACK_IDS) {
    if (!gst_mask2former_parse_track_ids (text, &ids, error))
      return FALSE;
    g_clear_pointer (&self->selection.track_ids, g_array_unref);
    self->selection.track_ids = ids;
  } else if (prop_id == PROP_BACKGROUND_PICTURE) {
    self->has_new_background = TRUE;
  }
  return TRUE;
}

/* FALSE if the value cannot be that of the property, which keeps its own. */
static gboolean
set_member (GstPanopticOverlay * self, guint prop_id, const GValue * value,
    GError ** error)
{
  gpointer at = member (self, prop_id);

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
    case G_TYPE_STRING:
      if (!read_text (self, prop_id, value, error))
        return FALSE;
      g_free (*(gchar **) at);
      *(gchar **) at = g_value_dup_string (value);
      break;
    case G_TYPE_ENUM:
      *(gint *) at = g_value_get_enum (value);
      break;
    case G_TYPE_INT:
      *(gint *) at = g_value_get_int (value);
      break;
    case G_TYPE_UINT:
      *(guint *) at = g_value_get_uint (value);
      break;
    case G_TYPE_UINT64:
      *(guint64 *) at = g_value_get_uint64 (value);
      break;
    case G_TYPE_DOUBLE:
      *(gdouble *) at = g_value_get_double (value);
      break;
    default:
      *(gboolean *) at = g_value_get_boolean (value);
      break;
  }
  return TRUE;
}

static void
gst_panoptic_overlay_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (object);
  g_autoptr (GError) error = NULL;

  if (!member (self, prop_id)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  set_member (self, prop_id, value, &error);
  GST_OBJECT_UNLOCK (self);
  if (error)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", error->message),
        ("The property keeps its value"));
}

static void
gst_panoptic_overlay_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (object);
  gpointer at = member (self, prop_id);

  if (!at) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
    case G_TYPE_STRING:
      g_value_set_string (value, *(gchar **) at);
      break;
    case G_TYPE_ENUM:
      g_value_set_enum (value, *(gint *) at);
      break;
    case G_TYPE_INT:
      g_value_set_int (value, *(gint *) at);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, *(guint *) at);
      break;
    case G_TYPE_UINT64:
      g_value_set_uint64 (value, *(guint64 *) at);
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (value, *(gdouble *) at);
      break;
    default:
      g_value_set_boolean (value, *(gboolean *) at);
      break;
  }
  GST_OBJECT_UNLOCK (self);
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
  if (!self->has_new_background) {
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  self->has_new_background = FALSE;
  path = g_strdup (self->background_picture);
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
  gboolean draws_labels;

  self->warned = 0;
  self->has_new_background = TRUE;
  if (!update_backdrop (self, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", error->message),
        (NULL));
    return FALSE;
  }
  self->effects = gst_mask2former_effects_new ();
  GST_OBJECT_LOCK (self);
  draws_labels = self->settings.look.labels &&
      gst_mask2former_effect_draws (self->settings.effect);
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

static gboolean
gst_panoptic_overlay_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);

  if (!gst_video_info_from_caps (&self->info, incaps)) {
    GST_ERROR_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
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

/* Reads the metadata of a frame into the view.  FALSE if there is none that can be used. */
static gboolean
read_metadata (GstPanopticOverlay * self, GstBuffer * buffer)
{
  const GstStructure *meta;
  g_autoptr (GError) error = NULL;
  GstClockTime expire;

  GST_OBJECT_LOCK (self);
  expire = self->expire;
  meta = gst_buffer_get_panoptic_meta_from (buffer,
      self->source_id && *self->source_id ? self->source_id : NULL);
  GST_OBJECT_UNLOCK (self);
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

/* Leaves the selected segments in the view, and copies the settings. */
static void
select_segments (GstPanopticOverlay * self, gboolean known,
    GstMask2FormerEffectSettings * settings)
{
  GstMask2FormerSelection selection;
  guint i;

  g_array_set_size (self->selected, 0);
  GST_OBJECT_LOCK (self);
  *settings = self->settings;
  selection = self->selection;
  if (selection.kind == GST_MASK2FORMER_KIND_AUTO)
    selection.kind = selection.labels || selection.track_ids ||
        gst_mask2former_effect_draws (settings->effect) ?
        GST_MASK2FORMER_KIND_ALL : GST_MASK2FORMER_KIND_THINGS;
  for (i = 0; known && i < self->view.n_segments; i++)
    if (gst_mask2former_selection_has (&selection, &self->view.segments[i]))
      g_array_append_val (self->selected, self->view.segments[i]);
  GST_OBJECT_UNLOCK (self);
}

/* True if a frame that the effect cannot change must not be seen. */
static gboolean
must_hide (GstPanopticOverlay * self,
    const GstMask2FormerEffectSettings * settings)
{
  gboolean hides_unknown;

  GST_OBJECT_LOCK (self);
  hides_unknown = self->hide_unknown;
  GST_OBJECT_UNLOCK (self);
  return hides_unknown && !gst_mask2former_effect_draws (settings->effect);
}

/* FALSE if the effect leaves the frame as it is, so that it need not be mapped. */
static gboolean
changes (GstPanopticOverlay * self, gboolean known,
    const GstMask2FormerEffectSettings * settings)
{
  if (known)
    return self->selected->len > 0 ||
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

  view.segments = (const GstPanopticSegment *) self->selected->data;
  view.n_segments = self->selected->len;
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

static GstFlowReturn
gst_panoptic_overlay_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstPanopticOverlay *self = GST_PANOPTIC_OVERLAY (trans);
  gboolean known = read_metadata (self, buffer), has_memory;
  GstMask2FormerEffectSettings settings;
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;

  select_segments (self, known, &settings);
  if (!changes (self, known, &settings))
    return GST_FLOW_OK;
  if (!gst_mask2former_frame_map (&frame, &self->info, buffer,
          GST_MAP_READWRITE, &error))
    return give_up (self, WARNED_LAYOUT, error->message, &settings);
  has_memory = apply (self, &frame, known, &settings);
  gst_video_frame_unmap (&frame);
  return has_memory ? GST_FLOW_OK : give_up (self, WARNED_NO_MEMORY,
      "There is no memory for an effect on a frame", &settings);
}

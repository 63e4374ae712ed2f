/* The properties of panopticoverlay: their types, defaults and values.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/overlaysettings.h"

#define DEFAULT_EFFECT GST_MASK2FORMER_EFFECT_COLOUR
#define DEFAULT_SEGMENTS GST_MASK2FORMER_KIND_AUTO
#define DEFAULT_DILATE 0
#define DEFAULT_FEATHER -1
#define DEFAULT_STRENGTH 0
#define DEFAULT_FILL_COLOUR 0xff000000
#define DEFAULT_OPACITY 0.5
#define DEFAULT_DRAW_OUTLINES TRUE
#define DEFAULT_DRAW_LABELS TRUE
#define DEFAULT_PALETTE M2F_PALETTE_DATASET
#define DEFAULT_EXPIRE GST_CLOCK_TIME_NONE
#define DEFAULT_HIDE_UNKNOWN TRUE

#define MAX_DILATE 200
#define MAX_FEATHER 64
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
  PROP_FEATHER,
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

#define FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_selection (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_LABELS,
      g_param_spec_string ("labels", "Labels", "Names of the classes "
          "whose segments the effect is on, as \"person,car\" (default: any)", NULL, FLAGS));
  g_object_class_install_property (klass, PROP_SEGMENTS,
      g_param_spec_enum ("segments", "Segments", "Kind of the segments "
          "that the effect is on", GST_TYPE_MASK2FORMER_KIND, DEFAULT_SEGMENTS, FLAGS));
  g_object_class_install_property (klass, PROP_TRACK_IDS,
      g_param_spec_string ("track-ids", "Track ids", "Track ids of the "
          "objects that the effect is on, as \"3,17\" (default: any)", NULL, FLAGS));
  g_object_class_install_property (klass, PROP_SOURCE_ID,
      g_param_spec_string ("source-id", "Source id", "Element whose metadata "
          "is used, where there are several (default: the newest)", NULL,
          FLAGS));
  g_object_class_install_property (klass, PROP_EXPIRE,
      g_param_spec_uint64 ("expire", "Expire", "Age, in nanoseconds, beyond "
          "which a result is not used (default: never)", 0, G_MAXUINT64,
          DEFAULT_EXPIRE, FLAGS));
  g_object_class_install_property (klass, PROP_HIDE_UNKNOWN,
      g_param_spec_boolean ("hide-unknown", "Hide unknown", "Hide the whole of "
          "frames without a usable result, with effects that hide something",
          DEFAULT_HIDE_UNKNOWN, FLAGS));
}

static void
install_effect (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_EFFECT,
      g_param_spec_enum ("effect", "Effect", "What is done to the frames",
          GST_TYPE_MASK2FORMER_EFFECT, DEFAULT_EFFECT, FLAGS));
  g_object_class_install_property (klass, PROP_DILATE,
      g_param_spec_int ("dilate", "Dilate", "Pixels by which segments are "
          "widened; not with effect=colour and outline", 0, MAX_DILATE,
          DEFAULT_DILATE, FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_FEATHER,
      g_param_spec_int ("feather", "Feather", "Pixels over which edges are "
          "soft (-1: by the height of frames); not with effect=colour and outline", -1, MAX_FEATHER,
          DEFAULT_FEATHER, FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_FILL_COLOUR,
      g_param_spec_uint ("fill-colour", "Fill colour", "Colour of effect=fill, "
          "and of background-replace without a picture, as 0xffRRGGBB", 0,
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
      g_param_spec_double ("opacity", "Opacity", "Opacity of the segment "
          "colours, with effect=colour", 0, 1, DEFAULT_OPACITY,
          FLAGS | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (klass, PROP_DRAW_OUTLINES,
      g_param_spec_boolean ("draw-outlines", "Draw outlines", "Draw lines along the "
          "borders of segments, with effect=colour", DEFAULT_DRAW_OUTLINES, FLAGS));
  g_object_class_install_property (klass, PROP_DRAW_LABELS,
      g_param_spec_boolean ("draw-labels", "Draw labels", "Draw the class names of "
          "segments, with effect=colour and outline", DEFAULT_DRAW_LABELS,
          FLAGS));
  g_object_class_install_property (klass, PROP_PALETTE,
      g_param_spec_enum ("palette", "Palette", "Colours of the segments, with "
          "effect=colour and outline", GST_TYPE_MASK2FORMER_PALETTE, DEFAULT_PALETTE, FLAGS));
}

void
gst_mask2former_overlay_settings_install (GObjectClass * klass)
{
  install_effect (klass);
  install_selection (klass);
}

void
gst_mask2former_overlay_settings_init (GstMask2FormerOverlaySettings * settings)
{
  *settings = (GstMask2FormerOverlaySettings) {
    .effects = {
      .effect = DEFAULT_EFFECT,
      .dilate = DEFAULT_DILATE,
      .feather = DEFAULT_FEATHER,
      .strength = DEFAULT_STRENGTH,
      .fill_colour = DEFAULT_FILL_COLOUR,
      .look = {
        .opacity = DEFAULT_OPACITY,
        .outlines = DEFAULT_DRAW_OUTLINES,
        .labels = DEFAULT_DRAW_LABELS,
        .palette = DEFAULT_PALETTE,
      },
    },
    .selection.kind = DEFAULT_SEGMENTS,
    .expire = DEFAULT_EXPIRE,
    .hide_unknown = DEFAULT_HIDE_UNKNOWN,
  };
}

void
gst_mask2former_overlay_settings_clear (GstMask2FormerOverlaySettings *
    settings)
{
  gst_mask2former_selection_clear (&settings->selection);
  g_clear_pointer (&settings->labels, g_free);
  g_clear_pointer (&settings->track_ids, g_free);
  g_clear_error (&settings->refused_labels);
  g_clear_error (&settings->refused_track_ids);
  g_clear_pointer (&settings->source_id, g_free);
  g_clear_pointer (&settings->background_picture, g_free);
}

/* Where the value of a property is. */
static gpointer
member (GstMask2FormerOverlaySettings * settings, guint id)
{
  GstMask2FormerLook *look = &settings->effects.look;
  gpointer members[] = {
    [PROP_EFFECT] = &settings->effects.effect,
    [PROP_LABELS] = &settings->labels,
    [PROP_SEGMENTS] = &settings->selection.kind,
    [PROP_TRACK_IDS] = &settings->track_ids,
    [PROP_SOURCE_ID] = &settings->source_id,
    [PROP_DILATE] = &settings->effects.dilate,
    [PROP_FEATHER] = &settings->effects.feather,
    [PROP_STRENGTH] = &settings->effects.strength,
    [PROP_FILL_COLOUR] = &settings->effects.fill_colour,
    [PROP_BACKGROUND_PICTURE] = &settings->background_picture,
    [PROP_OPACITY] = &look->opacity,
    [PROP_DRAW_OUTLINES] = &look->outlines,
    [PROP_DRAW_LABELS] = &look->labels,
    [PROP_PALETTE] = &look->palette,
    [PROP_EXPIRE] = &settings->expire,
    [PROP_HIDE_UNKNOWN] = &settings->hide_unknown,
  };

  return id < G_N_ELEMENTS (members) ? members[id] : NULL;
}

static gboolean
read_labels (GstMask2FormerSelection * selection, const gchar * text,
    GError ** error)
{
  gchar **labels;

  if (!gst_mask2former_parse_labels (text, &labels, error))
    return FALSE;
  g_clear_pointer (&selection->labels, g_strfreev);
  selection->labels = labels;
  return TRUE;
}

static gboolean
read_track_ids (GstMask2FormerSelection * selection, const gchar * text,
    GError ** error)
{
  GArray *ids;

  if (!gst_mask2former_parse_track_ids (text, &ids, error))
    return FALSE;
  g_clear_pointer (&selection->track_ids, g_array_unref);
  selection->track_ids = ids;
  return TRUE;
}

/* Takes note of what a text says; a list that cannot be read changes nothing. */
static gboolean
read_text (GstMask2FormerOverlaySettings * settings, guint id,
    const gchar * text, GError ** error)
{
  GError *refused = NULL;

  if (id == PROP_LABELS) {
    read_labels (&settings->selection, text, &refused);
    g_clear_error (&settings->refused_labels);
    settings->refused_labels = refused;
  } else if (id == PROP_TRACK_IDS) {
    read_track_ids (&settings->selection, text, &refused);
    g_clear_error (&settings->refused_track_ids);
    settings->refused_track_ids = refused;
  } else if (id == PROP_BACKGROUND_PICTURE) {
    settings->has_new_background = TRUE;
  }
  if (refused)
    g_propagate_error (error, g_error_copy (refused));
  return !refused;
}

gboolean
gst_mask2former_overlay_settings_set (GstMask2FormerOverlaySettings * settings,
    guint id, const GValue * value, GError ** error)
{
  gpointer at = member (settings, id);

  if (!at)
    return FALSE;
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
    case G_TYPE_STRING:
      if (!read_text (settings, id, g_value_get_string (value), error))
        break;
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

gboolean
gst_mask2former_overlay_settings_get (GstMask2FormerOverlaySettings * settings,
    guint id, GValue * value)
{
  gpointer at = member (settings, id);

  if (!at)
    return FALSE;
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
  return TRUE;
}

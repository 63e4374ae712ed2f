/* The properties of panopticoverlay: their types, defaults and values.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_OVERLAY_SETTINGS_H__
#define __GST_MASK2FORMER_OVERLAY_SETTINGS_H__

#include "gst/effects.h"
#include "gst/selection.h"

G_BEGIN_DECLS

typedef struct
{
  GstMask2FormerEffectSettings effects;
  GstMask2FormerSelection selection;    /* as the texts say */
  gchar *labels, *track_ids;
  /* why the labels and the track ids set last cannot be, for the start; or NULL */
  GError *refused_labels, *refused_track_ids;
  gchar *source_id;             /* (nullable) */
  gchar *background_picture;    /* (nullable): a file */
  gboolean has_new_background;  /* since this was set to FALSE */
  GstClockTime expire;          /* age */
  gboolean hide_unknown;
} GstMask2FormerOverlaySettings;

void gst_mask2former_overlay_settings_install (GObjectClass * klass);
void gst_mask2former_overlay_settings_init (GstMask2FormerOverlaySettings *
    settings);
/* Frees what they hold. */
void gst_mask2former_overlay_settings_clear (GstMask2FormerOverlaySettings *
    settings);

/* FALSE if there is no such property.  One that cannot have the value keeps its own, and `error`
 * says why. */
gboolean gst_mask2former_overlay_settings_set (GstMask2FormerOverlaySettings *
    settings, guint id, const GValue * value, GError ** error);
gboolean gst_mask2former_overlay_settings_get (GstMask2FormerOverlaySettings *
    settings, guint id, GValue * value);

G_END_DECLS

#endif

/* The properties of mask2formerseg: their types, defaults and values.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_SETTINGS_H__
#define __GST_MASK2FORMER_SETTINGS_H__

#include <gst/gst.h>

#include "model/m2f.h"
#include "gst/overlay.h"

G_BEGIN_DECLS

#define GST_MASK2FORMER_TASK_AUTO (-1)

typedef enum
{
  GST_MASK2FORMER_OVERLAY_NONE,
  GST_MASK2FORMER_OVERLAY_BLEND,
  GST_MASK2FORMER_OVERLAY_COMPOSITION,
} GstMask2FormerOverlayMode;

/* Which result a frame leaves with. */
typedef enum
{
  GST_MASK2FORMER_MODE_AUTO,
  GST_MASK2FORMER_MODE_EVERY_FRAME,
  GST_MASK2FORMER_MODE_LATEST,
} GstMask2FormerMode;

/* Conditions for masks to become segments, which may change from frame to frame; each 0..1. */
typedef struct
{
  gdouble score, mask, overlap_mask_area;
} GstMask2FormerThresholds;

typedef struct
{
  gchar *model;
  gchar *device;
  gint precision;               /* for gst_mask2former_precision_name() */
  gint task;                    /* M2fTask or GST_MASK2FORMER_TASK_AUTO */
  M2fPostprocess postprocess;
  GstMask2FormerThresholds thresholds;
  gchar *label_ids_to_fuse;
  gchar *input_size;
  gdouble target_rate;          /* results per second */
  GstMask2FormerMode mode;
  guint inference_interval;     /* frames */
  gboolean propagate;
  M2fTracking tracking;
  gdouble track_window;         /* seconds */
  GstMask2FormerOverlayMode overlay;
  GstMask2FormerLook look;
  gboolean post_messages;
  gchar *labels_file;
  gchar *source_id;
  guint threads;
} GstMask2FormerSettings;

/* Installs a property for every member, with the ids 1 to GST_MASK2FORMER_N_SETTINGS. */
#define GST_MASK2FORMER_N_SETTINGS 26
void gst_mask2former_settings_install (GObjectClass * gobject_class);

/* The defaults; the model is the checkpoint that comes with the plugin. */
void gst_mask2former_settings_init (GstMask2FormerSettings * settings);
void gst_mask2former_settings_copy (GstMask2FormerSettings * copy,
    const GstMask2FormerSettings * settings);
void gst_mask2former_settings_clear (GstMask2FormerSettings * settings);

/* FALSE if the element's state forbids to set that property.  Called with its object lock held. */
gboolean gst_mask2former_settings_may_change (GstElement * element,
    const GParamSpec * pspec);

/* FALSE if there is no such id. */
gboolean gst_mask2former_settings_set (GstMask2FormerSettings * settings,
    guint id, const GValue * value);
gboolean gst_mask2former_settings_get (const GstMask2FormerSettings * settings,
    guint id, GValue * value);

/* The library's name of a precision. */
const gchar *gst_mask2former_precision_name (gint precision);

G_END_DECLS

#endif

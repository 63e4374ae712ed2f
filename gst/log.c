/* Debug categories of what elements share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/log.h"

static GstDebugCategory *
category_once (gsize * once, const gchar * name, const gchar * description)
{
#ifndef GST_DISABLE_GST_DEBUG
  if (g_once_init_enter (once))
    g_once_init_leave (once,
        (gsize) _gst_debug_category_new (name, 0, description));
  return (GstDebugCategory *) * once;
#else
  return NULL;
#endif
}

GstDebugCategory *
gst_panoptic_meta_log (void)
{
  static gsize once = 0;

  return category_once (&once, "panopticmeta", "panoptic metadata");
}

GstDebugCategory *
gst_mask2former_overlay_log (void)
{
  static gsize once = 0;

  return category_once (&once, "mask2formeroverlay", "drawing of segments");
}

GstDebugCategory *
gst_mask2former_sides_log (void)
{
  static gsize once = 0;

  return category_once (&once, "mask2formersides", "request pads");
}

GstDebugCategory *
gst_mask2former_motion_log (void)
{
  static gsize once = 0;

  return category_once (&once, "mask2formermotion",
      "results that follow the picture");
}

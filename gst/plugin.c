/* Registers the elements of the mask2former plugin.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/gstmask2formerseg.h"
#include "gst/gstpanopticjson.h"
#include "gst/gstpanopticoverlay.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (mask2formerseg, plugin)
      && GST_ELEMENT_REGISTER (panopticjson, plugin)
      && GST_ELEMENT_REGISTER (panopticoverlay, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, mask2former,
    "Panoptic, instance and semantic segmentation with Mask2Former",
    plugin_init, VERSION, "LGPL", PACKAGE, PACKAGE_ORIGIN)

/* No frames in Vulkan images: the plugin was built without GStreamer's Vulkan library.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/vulkanimages.h"

GstCaps *
gst_mask2former_vulkan_caps (void)
{
  return gst_caps_new_empty ();
}

gboolean
gst_mask2former_vulkan_in_caps (const GstCaps * caps)
{
  return FALSE;
}

GstMask2FormerImageReader *
gst_mask2former_image_reader_new (void)
{
  return NULL;
}

void
gst_mask2former_image_reader_free (GstMask2FormerImageReader * reader)
{
}

GstBuffer *
gst_mask2former_image_reader_read (GstMask2FormerImageReader * reader,
    GstBuffer * frame, const GstVideoInfo * info, GError ** error)
{
  g_return_val_if_reached (NULL);
}

/* Frames in Vulkan images: memory:VulkanImage of GStreamer's Vulkan library.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_VULKANIMAGES_H__
#define __GST_MASK2FORMER_VULKANIMAGES_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* The caps of frames in Vulkan images (transfer full), with and without an overlay beside them;
 * none if the plugin was built without the library. */
GstCaps *gst_mask2former_vulkan_caps (void);

/* True if frames of these caps are in Vulkan images. */
gboolean gst_mask2former_vulkan_in_caps (const GstCaps * caps);

/* Reads such frames.  It needs no context: images know their device. */
typedef struct _GstMask2FormerImageReader GstMask2FormerImageReader;

GstMask2FormerImageReader *gst_mask2former_image_reader_new (void);
/* Accepts NULL. */
void gst_mask2former_image_reader_free (GstMask2FormerImageReader * reader);

/* Copies a frame of this format and size to memory that can be mapped (transfer none, until the
 * next call): on a queue of its device, after what still writes the images, which stay as they are.
 * NULL with an error of GST_MASK2FORMER_LAYOUT_ERROR if it has other memory or the copy fails. */
GstBuffer *gst_mask2former_image_reader_read (GstMask2FormerImageReader *
    reader, GstBuffer * frame, const GstVideoInfo * info, GError ** error);

G_END_DECLS

#endif

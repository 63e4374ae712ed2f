/* The place of the picture in a scaled frame: elements that scale may add borders.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Metadata that is to follow a frame is told the frame's caps before and after, and not that
 * videoscale, unless its property add-borders is off, keeps the aspect ratio of the picture and
 * fills the rest of the frame with black.  So the element that scales is looked for behind those
 * that attached the metadata, and asked.
 */
#ifndef __GST_PANOPTIC_SCALING_H__
#define __GST_PANOPTIC_SCALING_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Frames with metadata leave through this pad; from now on elements behind it are found. */
void gst_panoptic_scaling_add_source (GstPad * pad);
void gst_panoptic_scaling_remove_source (GstPad * pad);

/* The part of the frame of sizes->out_info that the whole frame of sizes->in_info becomes.  An
 * element that is not found is taken to add borders. */
GstVideoRectangle gst_panoptic_scaling_picture (const GstVideoMetaTransform *
    sizes);

G_END_DECLS

#endif

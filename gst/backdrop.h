/* A picture of a file as a frame of a stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_BACKDROP_H__
#define __GST_MASK2FORMER_BACKDROP_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* One caller at a time. */
typedef struct _GstMask2FormerBackdrop GstMask2FormerBackdrop;

/* Reads a picture of any format of gdk-pixbuf, turned as it says.  NULL with an error of M2F_ERROR
 * if it cannot be read. */
GstMask2FormerBackdrop *gst_mask2former_backdrop_new (const gchar * path,
    GError ** error);
void gst_mask2former_backdrop_free (GstMask2FormerBackdrop * backdrop);

/* The picture in the format and colorimetry of the frames, as large as one: its middle, where its
 * shape is another.  It stays mapped for reading until it is asked for anew.  NULL if there is no
 * memory. */
const GstVideoFrame *gst_mask2former_backdrop_get (GstMask2FormerBackdrop *
    backdrop, const GstVideoInfo * info);

G_END_DECLS

#endif

/* Frames in DMABufs: memory that devices share by file descriptors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_DMABUF_H__
#define __GST_MASK2FORMER_DMABUF_H__

#include <gst/video/video.h>

#include "model/m2f.h"

G_BEGIN_DECLS

/* The caps of frames in DMABufs whose rows lie one below the other (transfer full), of all formats
 * of these caps that have a name there; none before GStreamer 1.24, in which such frames have the
 * caps of others. */
GstCaps *gst_mask2former_dmabuf_caps (const GstCaps * caps);

/* True if frames of these caps lie in DMABufs. */
gboolean gst_mask2former_dmabuf_in_caps (const GstCaps * caps);

/* gst_video_info_from_caps() for those caps, too. */
gboolean gst_mask2former_dmabuf_info_from_caps (GstVideoInfo * info,
    const GstCaps * caps);

/* Says where the planes of a mapped frame lie in the memory of its buffer.  The file descriptors
 * are the buffer's.  FALSE unless all planes that the library reads are in DMABufs. */
gboolean gst_mask2former_dmabuf_of_frame (const GstVideoFrame * frame,
    M2fDmabuf * dmabuf);

G_END_DECLS

#endif

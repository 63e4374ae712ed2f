/* Attaches panoptic results to video buffers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_PANOPTIC_WRITER_H__
#define __GST_PANOPTIC_WRITER_H__

#include <gst/video/video.h>

#include "model/m2f.h"

G_BEGIN_DECLS

/* Makes GstPanopticMeta known to GStreamer, once per process; safe to repeat. */
void gst_panoptic_meta_register (void);

/* Label maps of one stream, from a pool that is made anew when their size or depth changes. */
typedef struct _GstPanopticWriter GstPanopticWriter;

GstPanopticWriter *gst_panoptic_writer_new (void);
void gst_panoptic_writer_free (GstPanopticWriter * writer);

/* Adds GstPanopticMeta, and a GstVideoRegionOfInterestMeta per thing, to a writable buffer.  The
 * label map, whose 0 is void, is copied and covers a frame of frame_width x frame_height pixels.
 * FALSE if there is no memory for it. */
gboolean gst_panoptic_writer_attach (GstPanopticWriter * writer,
    GstBuffer * buffer, const M2fResult * result, M2fTask task,
    gint frame_width, gint frame_height);

G_END_DECLS

#endif

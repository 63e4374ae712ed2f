/* Attaches panoptic metadata to video buffers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_PANOPTIC_WRITER_H__
#define __GST_PANOPTIC_WRITER_H__

#include <gst/video/video.h>

#include "gst/view.h"

G_BEGIN_DECLS

/* Makes GstPanopticMeta known to GStreamer, once per process; safe to repeat.  FALSE if the name
 * belongs to metadata of another kind, which another plugin registered: buffers then cannot carry
 * ours. */
gboolean gst_panoptic_meta_register (void);

/* Label maps of one stream, from a pool that is made anew when their size or depth changes. */
typedef struct _GstPanopticWriter GstPanopticWriter;

GstPanopticWriter *gst_panoptic_writer_new (void);
void gst_panoptic_writer_free (GstPanopticWriter * writer);

/* Adds GstPanopticMeta, and a GstVideoRegionOfInterestMeta per thing, to a writable buffer, before
 * those of other sources and in place of those of the view's source.  The label map is copied,
 * or, if it is `same_map` as that of the call before, shared with what that attached.  The view's
 * rectangle lies in the buffer's frame.  FALSE if there is no memory for the label map. */
gboolean gst_panoptic_writer_attach (GstPanopticWriter * writer,
    GstBuffer * buffer, const GstPanopticView * view, gboolean same_map);

/* A structure of that name with the fields of GstPanopticMeta and a label map of its own
 * (transfer full).  NULL if there is no memory for the label map. */
GstStructure *gst_panoptic_writer_describe (GstPanopticWriter * writer,
    const GstPanopticView * view, const gchar * name);

G_END_DECLS

#endif

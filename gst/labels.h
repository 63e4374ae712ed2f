/* Rendered class names: white text on a rounded box tinted like the segment.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_LABELS_H__
#define __GST_MASK2FORMER_LABELS_H__

#include <cairo.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

/* Renders every text once for each colour and frame height, and keeps it. */
typedef struct _GstMask2FormerLabels GstMask2FormerLabels;

GstMask2FormerLabels *gst_mask2former_labels_new (void);
void gst_mask2former_labels_free (GstMask2FormerLabels * labels);

/* Chooses the size of the text; frees what was rendered for another height. */
void gst_mask2former_labels_begin_frame (GstMask2FormerLabels * labels,
    gint frame_height);

/* An ARGB32 image surface of even width and height (transfer none), valid until the next is asked
 * for.  Text that would make it wider than `max_width` pixels is ellipsized.  NULL if the system
 * has no thread left for rendering it. */
cairo_surface_t *gst_mask2former_labels_get (GstMask2FormerLabels * labels,
    const gchar * text, const guint8 rgb[3], gint max_width);

/* Draws a label into the frame, which must contain it wholly; x and y are even if the frame's
 * chroma is subsampled.  Alpha stays as it is, unless the frame `is_overlay`: one of RGBA or BGRA
 * with straight alpha, to be laid over another. */
void gst_mask2former_labels_draw (cairo_surface_t * label,
    GstVideoFrame * frame, gint x, gint y, gboolean is_overlay);

G_END_DECLS

#endif

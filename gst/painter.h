/* Blends colours over the pixels of a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_PAINTER_H__
#define __GST_MASK2FORMER_PAINTER_H__

#include <gst/video/video.h>

#include "gst/runs.h"

G_BEGIN_DECLS

/* Numbered paints and the frame they are for; one caller at a time. */
typedef struct _GstMask2FormerPainter GstMask2FormerPainter;

GstMask2FormerPainter *gst_mask2former_painter_new (void);
void gst_mask2former_painter_free (GstMask2FormerPainter * painter);

/* Begins with a frame mapped for reading and writing, of a format in GST_MASK2FORMER_FORMATS,
 * which must stay mapped until the last row is painted.  None of the `n_paints` paints is visible
 * at first, and paint 0 must stay so.  FALSE if there is no memory. */
gboolean gst_mask2former_painter_begin (GstMask2FormerPainter * painter,
    const GstVideoFrame * frame, guint n_paints);

/* Makes a paint of a colour and the share of it, 0..1, that is blended over a pixel. */
void gst_mask2former_painter_set (GstMask2FormerPainter * painter,
    guint paint, const guint8 rgb[3], gdouble opacity);

/* Makes a paint that replaces pixels of a frame of RGBA, BGRA, ARGB or ABGR, by a colour with the
 * opacity as straight alpha. */
void gst_mask2former_painter_set_rgba (GstMask2FormerPainter * painter,
    guint paint, const guint8 rgb[3], gdouble opacity);

/* Number of rows of pixels that are painted at once: 2 if rows share chroma samples, else 1. */
gint gst_mask2former_painter_rows (const GstMask2FormerPainter * painter);

/* The paints of a row's pixels, to be filled in with runs; `row` counts from 0 below the number of
 * rows that are painted at once. */
GstMask2FormerRuns *gst_mask2former_painter_row (GstMask2FormerPainter *
    painter, gint row);

/* Paints row `y` of the frame, a multiple of the number of rows that are painted at once, and those
 * after it that are; their runs are emptied.  A chroma sample of several pixels takes its share
 * from each.  The alpha channel, padding, and pixels that have an invisible paint or none are left
 * as they are. */
void gst_mask2former_painter_paint (GstMask2FormerPainter * painter, gint y);

G_END_DECLS

#endif

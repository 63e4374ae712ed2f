/* Small pictures of the luma of video frames, for finding motion in them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_LUMA_H__
#define __GST_MASK2FORMER_LUMA_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Pixels by which the picture's edges are continued on every side. */
#define GST_MASK2FORMER_LUMA_MARGIN 16

/* Start from { 0 }; may be filled again and again, which reuses its memory. */
typedef struct
{
  gint width, height;
  gint stride;                  /* bytes from row to row */
  guint8 *pixels;               /* the first of the picture; its margin lies around it */

  /*< private > */
  guint8 *memory;
  gsize capacity;
} GstMask2FormerLuma;

/* Edge, in pixels of the frame, of the squares that become the pixels of a small picture: its
 * short side has 90 to 200 pixels, or fewer if the frame has. */
gint gst_mask2former_luma_factor (const GstVideoInfo * info);

/* Shrinks a frame mapped for reading by that factor; what does not fill a square at the right or
 * at the bottom is left out.  Samples may be of 8 to 16 bits, packed or in planes; FALSE for a
 * format with others, and if there is no memory. */
gboolean gst_mask2former_luma_shrink (GstMask2FormerLuma * luma,
    const GstVideoFrame * frame);

/* Makes `half` of half the width and height of `luma`, at least 1 x 1.  FALSE if there is no
 * memory. */
gboolean gst_mask2former_luma_halve (GstMask2FormerLuma * half,
    const GstMask2FormerLuma * luma);

/* Copies `luma`, made as bright as `like` on average, which is of the same size.  FALSE if there is
 * no memory. */
gboolean gst_mask2former_luma_match (GstMask2FormerLuma * matched,
    const GstMask2FormerLuma * luma, const GstMask2FormerLuma * like);

void gst_mask2former_luma_clear (GstMask2FormerLuma * luma);

G_END_DECLS

#endif

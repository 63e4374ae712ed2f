/* Draws panoptic segments into a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_OVERLAY_H__
#define __GST_MASK2FORMER_OVERLAY_H__

#include <gst/video/video.h>

#include "gst/palette.h"
#include "gst/view.h"

G_BEGIN_DECLS

typedef struct
{
  gdouble opacity;              /* of the areas, 0..1 */
  gboolean outlines;
  gboolean labels;
  gboolean background;          /* segments of a background class, too */
  M2fPalette palette;
} GstMask2FormerLook;

/* Scratch memory and rendered labels of one stream; one caller at a time. */
typedef struct _GstMask2FormerOverlay GstMask2FormerOverlay;

GstMask2FormerOverlay *gst_mask2former_overlay_new (void);
void gst_mask2former_overlay_free (GstMask2FormerOverlay * overlay);

/* Gets ready to draw labels, which the first that is drawn does otherwise: reading the caches of
 * fontconfig takes longer than a frame may wait.  Pango ends the process if the system starts no
 * thread for it, so that this is not for overlays without labels. */
void gst_mask2former_overlay_prepare_labels (GstMask2FormerOverlay * overlay);

/* Draws into a frame mapped for reading and writing, of a format in GST_MASK2FORMER_FORMATS.  The
 * label map may have any size; a pixel of the frame takes the nearest of the map.  What lies
 * outside the view's rectangle, in void, or in a segment that is not listed is left as it is, and
 * so are the alpha channel and, unless the look says otherwise, the background.  FALSE if there is
 * no memory: the frame is as it was, or lacks labels. */
gboolean gst_mask2former_overlay_draw (GstMask2FormerOverlay * overlay,
    GstVideoFrame * frame, const GstPanopticView * view,
    const GstMask2FormerLook * look);

/* Draws the same on nothing, into a frame of RGBA or BGRA mapped for writing: what is left alone
 * above is transparent, and alpha is straight, not premultiplied.  `view` may be NULL.
 * FALSE if there is no memory: the frame is transparent, or lacks labels. */
gboolean gst_mask2former_overlay_draw_alone (GstMask2FormerOverlay * overlay,
    GstVideoFrame * frame, const GstPanopticView * view,
    const GstMask2FormerLook * look);

G_END_DECLS

#endif

/* The request pads of mask2formerseg: segment ids, and the overlay on nothing.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread may request and release a pad at any time; the rest is for the thread of the stream.
 * Nothing is drawn for a pad that nobody has requested or linked.
 */
#ifndef __GST_MASK2FORMER_SIDES_H__
#define __GST_MASK2FORMER_SIDES_H__

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "gst/overlay.h"
#include "gst/view.h"

G_BEGIN_DECLS

typedef struct _GstMask2FormerSides GstMask2FormerSides;

/* Adds the templates "mask" and "overlay" to an element class. */
void gst_mask2former_sides_add_templates (GstElementClass * element_class);

/* `trans` owns the pads, and is not referenced. */
GstMask2FormerSides *gst_mask2former_sides_new (GstBaseTransform * trans);
void gst_mask2former_sides_free (GstMask2FormerSides * sides);

/* NULL if there is a pad of that template already. */
GstPad *gst_mask2former_sides_request (GstMask2FormerSides * sides,
    GstPadTemplate * templ);
void gst_mask2former_sides_release (GstMask2FormerSides * sides, GstPad * pad);

/* Passes an event of the sink pad on (transfer none), if it is one that sources send. */
void gst_mask2former_sides_event (GstMask2FormerSides * sides,
    GstEvent * event);

/* What the pads show of a frame. */
typedef struct
{
  const GstVideoInfo *info;     /* of the frame */
  const GstPanopticView *view;  /* NULL: there is no result yet */
  const GstMask2FormerLook *look;
  guint max_id;                 /* most that ids of this stream can be */
} GstMask2FormerSideFrame;

/* Draws what is linked, and pushes it with the times of the frame's buffer. */
void gst_mask2former_sides_push (GstMask2FormerSides * sides,
    GstBuffer * buffer, const GstMask2FormerSideFrame * frame);
/* Says that a frame has nothing to show, so that nobody waits for it; its view and look are not
 * used. */
void gst_mask2former_sides_skip (GstMask2FormerSides * sides,
    GstBuffer * buffer, const GstMask2FormerSideFrame * frame);

G_END_DECLS

#endif

/* A source pad beside the main one, which never keeps it waiting.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is pushed waits for the pad's own thread.  Events all arrive; of the frames that wait, the
 * oldest are dropped when downstream is slower than they come.  The thread of the stream pushes;
 * any thread may activate, deactivate and unlink the pad.
 */
#ifndef __GST_MASK2FORMER_SIDEPAD_H__
#define __GST_MASK2FORMER_SIDEPAD_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Frames that wait for the pad's thread, at most. */
#define GST_MASK2FORMER_SIDE_PAD_MAX_WAITING 4

#define GST_TYPE_MASK2FORMER_SIDE_PAD (gst_mask2former_side_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstMask2FormerSidePad, gst_mask2former_side_pad,
    GST, MASK2FORMER_SIDE_PAD, GstPad)

/* A pad of a template (floating), which is to be activated. */
GstPad *gst_mask2former_side_pad_new (GstPadTemplate * templ,
    const gchar * name);

/* TRUE once after the pad was made or activated: it has no sticky events yet. */
gboolean gst_mask2former_side_pad_is_new (GstMask2FormerSidePad * pad);

/* Lets a serialized event (transfer full) wait for its turn.  FLUSH_START and FLUSH_STOP take
 * effect at once. */
void gst_mask2former_side_pad_push_event (GstMask2FormerSidePad * pad,
    GstEvent * event);
/* Lets a frame (transfer full) wait for its turn.  The frame after one that was dropped is marked
 * DISCONT. */
void gst_mask2former_side_pad_push (GstMask2FormerSidePad * pad,
    GstBuffer * buffer);

G_END_DECLS

#endif

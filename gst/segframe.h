/* What mask2formerseg does with a frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_SEGFRAME_H__
#define __GST_MASK2FORMER_SEGFRAME_H__

#include "gst/segstate.h"

G_BEGIN_DECLS

/* Lets a writable frame be analysed if it is its turn, attaches the newest result and draws it.
 * The element is prepared for its format.  The streaming thread calls it. */
GstFlowReturn gst_mask2former_seg_process_frame (GstMask2FormerSeg * self,
    GstBuffer * buffer);

/* Tells the request pads of a frame that goes on as it came. */
void gst_mask2former_seg_pass_frame (GstMask2FormerSeg * self,
    GstBuffer * buffer);

G_END_DECLS

#endif

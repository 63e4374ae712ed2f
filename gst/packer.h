/* Packed copies of frames that downstream would misread.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_PACKER_H__
#define __GST_MASK2FORMER_PACKER_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Zero is the state before the first format.  For the thread of the stream. */
typedef struct
{
  GstVideoInfo info;
  gboolean reads_layouts;       /* downstream takes frames as their GstVideoMeta says */
  GstBufferPool *pool;          /* of packed frames, or NULL */
  gint ask;                     /* atomic: whether `reads_layouts` has to be asked again */
} GstMask2FormerPacker;

void gst_mask2former_packer_set_format (GstMask2FormerPacker * packer,
    const GstVideoInfo * info);
/* Downstream may have changed; any thread may say so. */
void gst_mask2former_packer_reconfigure (GstMask2FormerPacker * packer);
/* Frees what it holds. */
void gst_mask2former_packer_clear (GstMask2FormerPacker * packer);

/* Copies a frame that is to leave through the pad, with its times, flags and all metadata that does
 * not describe memory, unless its layout is what downstream expects.  `packed` gets the copy
 * (transfer full), or NULL if the frame itself may go on; one that cannot be read may.  FALSE if
 * there is no memory. */
gboolean gst_mask2former_packer_pack (GstMask2FormerPacker * packer,
    GstPad * pad, GstBuffer * buffer, GstBuffer ** packed);

G_END_DECLS

#endif

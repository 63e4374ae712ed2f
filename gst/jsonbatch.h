/* The text of several frames in one buffer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_JSON_BATCH_H__
#define __GST_MASK2FORMER_JSON_BATCH_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Start from { 0 }. */
typedef struct
{
  GString *text;                /* NULL: none */
  guint n_frames;               /* of which there is text */
  GstBuffer *first;             /* times and flags of the first frame, without memory */
  GstClockTime end;             /* of the last frame, or GST_CLOCK_TIME_NONE */
} GstMask2FormerJsonBatch;

/* Adds the text of a frame, and a separator unless it is the first. */
void gst_mask2former_json_batch_add (GstMask2FormerJsonBatch * batch,
    GstBuffer * frame, const gchar * separator, const gchar * text);
/* Adds text that is no frame's. */
void gst_mask2former_json_batch_append (GstMask2FormerJsonBatch * batch,
    const gchar * text);
/* Takes the text, between two others, as a buffer (transfer full) that lasts from the first frame
 * to the end of the last; the batch is empty then.  NULL if there is no text. */
GstBuffer *gst_mask2former_json_batch_take (GstMask2FormerJsonBatch * batch,
    const gchar * before, const gchar * behind);
/* Empties it. */
void gst_mask2former_json_batch_clear (GstMask2FormerJsonBatch * batch);

G_END_DECLS

#endif

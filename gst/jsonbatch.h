/* The text of several frames in one buffer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_JSON_BATCH_H__
#define __GST_MASK2FORMER_JSON_BATCH_H__

#include <gst/gst.h>

#include "gst/jsontext.h"

G_BEGIN_DECLS

/* Start from { 0 }. */
typedef struct
{
  GstMask2FormerList text;      /* of gst_mask2former_json_text_append() */
  guint n_frames;               /* of which there is text */
  gboolean is_array;            /* the text begins with a bracket */
  GstBuffer *first;             /* times and flags of the first frame, without memory */
  GstClockTime end;             /* of the last frame, or GST_CLOCK_TIME_NONE */
} GstMask2FormerJsonBatch;

/* Begins the text of a frame, which is appended then: with the bracket of an array if it is the
 * first and the text is to be one, with the separator if it is not the first.  FALSE if there is no
 * memory. */
gboolean gst_mask2former_json_batch_begin (GstMask2FormerJsonBatch * batch,
    GstBuffer * frame, gboolean is_array, const gchar * separator);
/* Takes the text, with the two bytes of `end` or fewer behind it, as a buffer (transfer full) that
 * lasts from the first frame to the end of the last; the batch is empty then.  NULL if there is no
 * text. */
GstBuffer *gst_mask2former_json_batch_take (GstMask2FormerJsonBatch * batch,
    const gchar * end);
/* Empties it. */
void gst_mask2former_json_batch_clear (GstMask2FormerJsonBatch * batch);

G_END_DECLS

#endif

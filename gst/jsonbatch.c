/* The text of several frames in one buffer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/jsonbatch.h"

gboolean
gst_mask2former_json_batch_begin (GstMask2FormerJsonBatch * batch,
    GstBuffer * frame, gboolean is_array, const gchar * separator)
{
  gboolean is_first = batch->n_frames++ == 0;

  if (is_first) {
    batch->is_array = is_array;
    batch->first = gst_buffer_new ();
    gst_buffer_copy_into (batch->first, frame,
        GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_FLAGS, 0, -1);
  }
  batch->end = GST_BUFFER_PTS_IS_VALID (frame) &&
      GST_BUFFER_DURATION_IS_VALID (frame) ?
      GST_BUFFER_PTS (frame) + GST_BUFFER_DURATION (frame) :
      GST_CLOCK_TIME_NONE;
  return gst_mask2former_json_text_append (&batch->text,
      !is_first ? separator : is_array ? "[" : "");
}

static void
set_duration (const GstMask2FormerJsonBatch * batch, GstBuffer * buffer)
{
  GstClockTime start = GST_BUFFER_PTS (buffer);
  gboolean is_known = GST_CLOCK_TIME_IS_VALID (start) &&
      GST_CLOCK_TIME_IS_VALID (batch->end) && batch->end >= start;

  if (batch->n_frames > 1)
    GST_BUFFER_DURATION (buffer) =
        is_known ? batch->end - start : GST_CLOCK_TIME_NONE;
}

GstBuffer *
gst_mask2former_json_batch_take (GstMask2FormerJsonBatch * batch,
    const gchar * end)
{
  GstBuffer *buffer = NULL;

  if (batch->text.len > 0) {
    gsize length = strlen (end), size = batch->text.len + length;
    gchar *text = g_steal_pointer (&batch->text.data);

    memcpy (text + batch->text.len, end, length);       /* there is always room */

    buffer = batch->first ? g_steal_pointer (&batch->first) : gst_buffer_new ();
    gst_buffer_append_memory (buffer,
        gst_memory_new_wrapped (0, text, size, 0, size, text, g_free));
    set_duration (batch, buffer);
  }
  gst_mask2former_json_batch_clear (batch);
  return buffer;
}

void
gst_mask2former_json_batch_clear (GstMask2FormerJsonBatch * batch)
{
  g_free (batch->text.data);
  gst_clear_buffer (&batch->first);
  *batch = (GstMask2FormerJsonBatch) { 0 };
}

/* Messages of the element to the application.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/messages.h"

#include "model/text.h"

void
gst_mask2former_post_error (GstElement * element, const GError * error)
{
  switch (error->code) {
    case M2F_ERROR_NOT_FOUND:
      GST_ELEMENT_ERROR (element, RESOURCE, NOT_FOUND, ("%s", error->message),
          (NULL));
      break;
    case M2F_ERROR_READ:
      GST_ELEMENT_ERROR (element, RESOURCE, OPEN_READ, ("%s", error->message),
          (NULL));
      break;
    case M2F_ERROR_ARGUMENT:
      GST_ELEMENT_ERROR (element, LIBRARY, SETTINGS, ("%s", error->message),
          (NULL));
      break;
    default:
      GST_ELEMENT_ERROR (element, RESOURCE, FAILED, ("%s", error->message),
          (NULL));
      break;
  }
}

void
gst_mask2former_post_interlaced (GstElement * element,
    const GstVideoInfo * info)
{
  g_autofree gchar *name = m2f_printable (GST_OBJECT_NAME (element));

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The video is interlaced (%s): put deinterlace before %s, or moving "
          "objects are found with ragged edges",
          gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE
              (info)), name), (NULL));
}

void
gst_mask2former_post_turned (GstElement * element, const gchar * tag)
{
  g_autofree gchar *name = m2f_printable (GST_OBJECT_NAME (element));
  g_autofree gchar *shown = m2f_printable (tag);

  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("Frames are turned or mirrored: their image-orientation is %s. Put "
          "\"videoflip video-direction=auto\" before %s", shown, name), (NULL));
}

void
gst_mask2former_post_late (GstElement * element, GstBuffer * frame,
    const GstSegment * segment, gboolean live,
    const GstMask2FormerOutcome * outcome, guint64 n_analysed, guint64 n_late)
{
  GstClockTime pts = GST_BUFFER_PTS (frame);
  GstMessage *message = gst_message_new_qos (GST_OBJECT (element), live,
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts),
      gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts), pts,
      GST_BUFFER_DURATION (frame));

  gst_message_set_qos_values (message, outcome->jitter, outcome->proportion,
      1000000);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, n_analysed, n_late);
  gst_element_post_message (element, message);
}

void
gst_mask2former_post_result (GstElement * element, GstStructure * result,
    const GstMask2FormerFinding * finding)
{
  gst_structure_set (result,
      "running-time", G_TYPE_UINT64, finding->job.running_time,
      "stream-time", G_TYPE_UINT64, finding->job.stream_time,
      "inference", G_TYPE_DOUBLE, (gdouble) finding->result.timings.total,
      NULL);
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element), result));
}

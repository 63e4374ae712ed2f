/* The object mask2formerseg, for the files that the element is made of.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/segstate.h"

#include "gst/messages.h"

#define GST_CAT_DEFAULT mask2formerseg_debug

gboolean
gst_mask2former_seg_waits (GstMask2FormerSeg * self)
{
  return self->settings.mode == GST_MASK2FORMER_MODE_EVERY_FRAME ||
      (self->settings.mode == GST_MASK2FORMER_MODE_AUTO && !self->live);
}

gboolean
gst_mask2former_seg_composes (GstMask2FormerSeg * self)
{
  return self->settings.overlay == GST_MASK2FORMER_OVERLAY_COMPOSITION;
}

void
gst_mask2former_seg_post_latency (GstMask2FormerSeg * self)
{
  gboolean live;

  GST_OBJECT_LOCK (self);
  live = self->live;
  GST_OBJECT_UNLOCK (self);
  if (live)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
}

gboolean
gst_mask2former_seg_is_first (GstMask2FormerSeg * self, guint kind)
{
  gboolean first;

  GST_OBJECT_LOCK (self);
  first = !(self->warned & kind);
  self->warned |= kind;
  GST_OBJECT_UNLOCK (self);
  return first;
}

void
gst_mask2former_seg_post_error (GstMask2FormerSeg * self, const GError * error)
{
  if (self->failed)
    GST_INFO_OBJECT (self, "again: %s", error->message);
  else
    gst_mask2former_post_error (GST_ELEMENT (self), error);
  self->failed = TRUE;
}

/* A source pad beside the main one, which never keeps it waiting.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/sidepad.h"

#include "gst/log.h"

#define GST_CAT_DEFAULT gst_mask2former_sides_log ()

struct _GstMask2FormerSidePad
{
  GstPad parent;

  GMutex lock;
  GCond changed;                /* something waits, or the pad is flushing */
  gboolean flushing;
  gboolean is_new;
  GQueue waiting;               /* GstEvent and GstBuffer, oldest first */
  guint n_frames;               /* of them */

  GstFlowReturn flow;           /* of the last frame; only for the pad's thread */
};

G_DEFINE_TYPE (GstMask2FormerSidePad, gst_mask2former_side_pad, GST_TYPE_PAD);

static void
gst_mask2former_side_pad_finalize (GObject * object)
{
  GstMask2FormerSidePad *self = GST_MASK2FORMER_SIDE_PAD (object);

  g_queue_clear_full (&self->waiting, (GDestroyNotify) gst_mini_object_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);

  G_OBJECT_CLASS (gst_mask2former_side_pad_parent_class)->finalize (object);
}

static void
gst_mask2former_side_pad_class_init (GstMask2FormerSidePadClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_mask2former_side_pad_finalize;
}

static void
gst_mask2former_side_pad_init (GstMask2FormerSidePad * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->waiting);
  self->flushing = TRUE;
}

/* ---- the pad's thread ---- */

/* Waits for something to push; NULL if the pad is flushing. */
static GstMiniObject *
next (GstMask2FormerSidePad * self)
{
  GstMiniObject *item = NULL;

  g_mutex_lock (&self->lock);
  while (!self->flushing && g_queue_is_empty (&self->waiting))
    g_cond_wait (&self->changed, &self->lock);
  if (!self->flushing)
    item = g_queue_pop_head (&self->waiting);
  if (item && GST_IS_BUFFER (item))
    self->n_frames--;
  g_mutex_unlock (&self->lock);
  return item;
}

static void
push (GstMask2FormerSidePad * self, GstMiniObject * item)
{
  if (GST_IS_EVENT (item)) {
    /* downstream that was at its end may go on */
    if (GST_EVENT_TYPE (item) == GST_EVENT_STREAM_START ||
        GST_EVENT_TYPE (item) == GST_EVENT_SEGMENT)
      self->flow = GST_FLOW_OK;
    gst_pad_push_event (GST_PAD (self), GST_EVENT (item));
  } else if (self->flow == GST_FLOW_OK || self->flow == GST_FLOW_NOT_LINKED) {
    self->flow = gst_pad_push (GST_PAD (self), GST_BUFFER (item));
    if (self->flow != GST_FLOW_OK)
      GST_DEBUG_OBJECT (self, "downstream answers %s",
          gst_flow_get_name (self->flow));
  } else {
    gst_mini_object_unref (item);
  }
}

static void
loop (gpointer pad)
{
  GstMiniObject *item = next (GST_MASK2FORMER_SIDE_PAD (pad));

  if (item)
    push (GST_MASK2FORMER_SIDE_PAD (pad), item);
  else
    gst_pad_pause_task (GST_PAD (pad));
}

/* ---- the others ---- */

static void
start_flushing (GstMask2FormerSidePad * self)
{
  GQueue dropped;
  GstMiniObject *item;

  g_mutex_lock (&self->lock);
  self->flushing = TRUE;
  dropped = self->waiting;
  g_queue_init (&self->waiting);
  self->n_frames = 0;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);

  while ((item = g_queue_pop_head (&dropped))) {
    /* nobody sends these again: they go out with the next frame */
    if (GST_IS_EVENT (item) && GST_EVENT_IS_STICKY (item) &&
        GST_EVENT_TYPE (item) != GST_EVENT_EOS)
      gst_pad_store_sticky_event (GST_PAD (self), GST_EVENT (item));
    gst_mini_object_unref (item);
  }
}

static gboolean
stop_flushing (GstMask2FormerSidePad * self)
{
  g_mutex_lock (&self->lock);
  self->flushing = FALSE;
  g_mutex_unlock (&self->lock);
  self->flow = GST_FLOW_OK;
  return gst_pad_start_task (GST_PAD (self), loop, self, NULL);
}

static gboolean
activate (GstPad * pad, GstObject * parent, GstPadMode mode, gboolean active)
{
  GstMask2FormerSidePad *self = GST_MASK2FORMER_SIDE_PAD (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (!active) {
    start_flushing (self);
    return gst_pad_stop_task (pad);
  }
  g_mutex_lock (&self->lock);
  self->is_new = TRUE;
  g_mutex_unlock (&self->lock);
  return stop_flushing (self);
}

/* What sinks say of this pad's frames is nothing to upstream, which did not make them, except where
 * to go on. */
static gboolean
src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  gst_event_unref (event);
  return TRUE;
}

GstPad *
gst_mask2former_side_pad_new (GstPadTemplate * templ, const gchar * name)
{
  GstPad *pad = g_object_new (GST_TYPE_MASK2FORMER_SIDE_PAD, "name", name,
      "direction", GST_PAD_SRC, "template", templ, NULL);

  gst_pad_set_activatemode_function (pad, activate);
  gst_pad_set_event_function (pad, src_event);
  gst_pad_use_fixed_caps (pad);
  return pad;
}

gboolean
gst_mask2former_side_pad_is_new (GstMask2FormerSidePad * self)
{
  gboolean is_new;

  g_mutex_lock (&self->lock);
  is_new = self->is_new;
  self->is_new = FALSE;
  g_mutex_unlock (&self->lock);
  return is_new;
}

static void
enqueue (GstMask2FormerSidePad * self, GstMiniObject * item)
{
  g_mutex_lock (&self->lock);
  if (self->flushing) {
    g_mutex_unlock (&self->lock);
    gst_mini_object_unref (item);
    return;
  }
  g_queue_push_tail (&self->waiting, item);
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gst_mask2former_side_pad_push_event (GstMask2FormerSidePad * self,
    GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      start_flushing (self);
      gst_pad_push_event (GST_PAD (self), event);
      gst_pad_pause_task (GST_PAD (self));
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_pad_push_event (GST_PAD (self), event);
      if (gst_pad_is_active (GST_PAD (self)))
        stop_flushing (self);
      break;
    default:
      enqueue (self, GST_MINI_OBJECT_CAST (event));
      break;
  }
}

/* Takes the oldest frame out, whatever events are around it.  Called with the lock held. */
static GstBuffer *
take_oldest (GstMask2FormerSidePad * self)
{
  GList *item = self->waiting.head;
  GstBuffer *oldest;

  while (!GST_IS_BUFFER (item->data))
    item = item->next;
  oldest = item->data;
  for (item = item->next; item; item = item->next) {
    if (GST_IS_BUFFER (item->data)) {
      item->data = gst_buffer_make_writable (GST_BUFFER (item->data));
      GST_BUFFER_FLAG_SET (item->data, GST_BUFFER_FLAG_DISCONT);
      break;
    }
  }
  g_queue_remove (&self->waiting, oldest);
  self->n_frames--;
  return oldest;
}

void
gst_mask2former_side_pad_push (GstMask2FormerSidePad * self,
    GstBuffer * buffer)
{
  GstBuffer *dropped = NULL;

  g_mutex_lock (&self->lock);
  if (self->flushing) {
    dropped = buffer;
  } else {
    g_queue_push_tail (&self->waiting, buffer);
    if (++self->n_frames > GST_MASK2FORMER_SIDE_PAD_MAX_WAITING)
      dropped = take_oldest (self);
    g_cond_signal (&self->changed);
  }
  g_mutex_unlock (&self->lock);
  if (dropped)
    GST_LOG_OBJECT (self, "dropped the frame of %" GST_TIME_FORMAT,
        GST_TIME_ARGS (GST_BUFFER_PTS (dropped)));
  gst_clear_buffer (&dropped);
}

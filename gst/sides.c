/* The request pads of mask2formerseg: segment ids, and the overlay on nothing.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/sides.h"

#include <string.h>

#include "gst/layout.h"
#include "gst/log.h"
#include "gst/sidepad.h"

#define GST_CAT_DEFAULT gst_mask2former_sides_log ()

typedef enum
{
  SIDE_MASK,
  SIDE_OVERLAY,
  N_SIDES,
} Side;

static GstStaticPadTemplate templates[N_SIDES] = {
  GST_STATIC_PAD_TEMPLATE ("mask", GST_PAD_SRC, GST_PAD_REQUEST,
      GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("{ GRAY8, GRAY16_LE }"))),
  GST_STATIC_PAD_TEMPLATE ("overlay", GST_PAD_SRC, GST_PAD_REQUEST,
      GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("RGBA"))),
};

/* Frames of a pad. */
typedef struct
{
  GstVideoInfo info;
  GstBufferPool *pool;          /* NULL: caps are still to be sent */
} Stream;

struct _GstMask2FormerSides
{
  GstBaseTransform *trans;
  GMutex lock;
  GstMask2FormerSidePad *pads[N_SIDES]; /* under the lock; NULL: not requested */

  /* only for the stream's thread: */
  Stream streams[N_SIDES];
  GstMask2FormerOverlay *overlay;       /* NULL until it is needed */
};

void
gst_mask2former_sides_add_templates (GstElementClass * element_class)
{
  guint i;

  for (i = 0; i < N_SIDES; i++)
    gst_element_class_add_static_pad_template_with_gtype (element_class,
        &templates[i], GST_TYPE_MASK2FORMER_SIDE_PAD);
}

GstMask2FormerSides *
gst_mask2former_sides_new (GstBaseTransform * trans)
{
  GstMask2FormerSides *sides = g_new0 (GstMask2FormerSides, 1);

  g_mutex_init (&sides->lock);
  sides->trans = trans;
  return sides;
}

static void
stream_clear (Stream * stream)
{
  g_clear_pointer (&stream->pool, gst_mask2former_packed_pool_free);
}

void
gst_mask2former_sides_free (GstMask2FormerSides * sides)
{
  guint i;

  for (i = 0; i < N_SIDES; i++)
    stream_clear (&sides->streams[i]);
  g_clear_pointer (&sides->overlay, gst_mask2former_overlay_free);
  g_mutex_clear (&sides->lock);
  g_free (sides);
}

/* ---- requesting ---- */

/* Frames of these pads are as late as those of the main one. */
static gboolean
side_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (parent);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  return GST_BASE_TRANSFORM_GET_CLASS (trans)->query (trans, GST_PAD_SRC,
      query);
}

GstPad *
gst_mask2former_sides_request (GstMask2FormerSides * sides,
    GstPadTemplate * templ)
{
  GstElement *element = GST_ELEMENT (sides->trans);
  const gchar *name = GST_PAD_TEMPLATE_NAME_TEMPLATE (templ);
  Side side = strcmp (name, "mask") == 0 ? SIDE_MASK : SIDE_OVERLAY;
  GstPad *pad = NULL;

  g_mutex_lock (&sides->lock);
  if (!sides->pads[side]) {
    pad = gst_mask2former_side_pad_new (templ, name);
    gst_pad_set_query_function (pad, side_query);
    sides->pads[side] = GST_MASK2FORMER_SIDE_PAD (gst_object_ref (pad));
  }
  g_mutex_unlock (&sides->lock);
  if (!pad)
    return NULL;

  if (GST_STATE (element) > GST_STATE_READY)
    gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  return pad;
}

void
gst_mask2former_sides_release (GstMask2FormerSides * sides, GstPad * pad)
{
  guint i;

  g_mutex_lock (&sides->lock);
  for (i = 0; i < N_SIDES; i++)
    if (GST_PAD (sides->pads[i]) == pad)
      gst_clear_object (&sides->pads[i]);
  g_mutex_unlock (&sides->lock);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (sides->trans), pad);
}

/* ---- events ---- */

static gboolean
comes_after_caps (GstEvent * event)
{
  return GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT ||
      GST_EVENT_TYPE (event) == GST_EVENT_TAG;
}

/* The event as this pad of the element sends it, or NULL.  The pad may have been released in the
 * meantime, and have no parent any more. */
static GstEvent *
side_event (GstElement * element, GstMask2FormerSidePad * pad, GstEvent * event)
{
  g_autofree gchar *id = NULL;
  GstEvent *start;
  guint group;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      id = gst_pad_create_stream_id (GST_PAD (pad), element,
          GST_PAD_NAME (pad));
      start = gst_event_new_stream_start (id);
      if (gst_event_parse_group_id (event, &group))
        gst_event_set_group_id (start, group);
      gst_event_set_seqnum (start, gst_event_get_seqnum (event));
      return start;
    case GST_EVENT_SEGMENT:
    case GST_EVENT_TAG:
    case GST_EVENT_EOS:
    case GST_EVENT_GAP:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      return gst_event_ref (event);
    default:
      return NULL;
  }
}

/* Sends sticky events that came before the pad or its caps did. */
static gboolean
send_stream_start (GstPad * sinkpad, GstEvent ** event, gpointer pad)
{
  if (GST_EVENT_TYPE (*event) == GST_EVENT_STREAM_START)
    gst_mask2former_side_pad_push_event (pad,
        side_event (GST_ELEMENT (GST_PAD_PARENT (sinkpad)), pad, *event));
  return TRUE;
}

static gboolean
send_after_caps (GstPad * sinkpad, GstEvent ** event, gpointer pad)
{
  if (comes_after_caps (*event))
    gst_mask2former_side_pad_push_event (pad,
        side_event (GST_ELEMENT (GST_PAD_PARENT (sinkpad)), pad, *event));
  return TRUE;
}

/* A pad that was requested (transfer full), or NULL. */
static GstMask2FormerSidePad *
find_pad (GstMask2FormerSides * sides, Side side)
{
  GstMask2FormerSidePad *pad;

  g_mutex_lock (&sides->lock);
  pad = sides->pads[side] ? gst_object_ref (sides->pads[side]) : NULL;
  g_mutex_unlock (&sides->lock);
  return pad;
}

/* The same, with the start of its stream. */
static GstMask2FormerSidePad *
get_pad (GstMask2FormerSides * sides, Side side)
{
  GstMask2FormerSidePad *pad = find_pad (sides, side);

  if (pad && gst_mask2former_side_pad_is_new (pad)) {
    stream_clear (&sides->streams[side]);
    gst_pad_sticky_events_foreach (GST_BASE_TRANSFORM_SINK_PAD (sides->trans),
        send_stream_start, pad);
  }
  return pad;
}

void
gst_mask2former_sides_event (GstMask2FormerSides * sides, GstEvent * event)
{
  guint i;

  for (i = 0; i < N_SIDES; i++) {
    /* another thread may send the first */
    g_autoptr (GstMask2FormerSidePad) pad =
        GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START ?
        find_pad (sides, i) : get_pad (sides, i);
    GstEvent *ours = pad ?
        side_event (GST_ELEMENT (sides->trans), pad, event) : NULL;

    if (ours && comes_after_caps (event) && !sides->streams[i].pool)
      gst_clear_event (&ours);
    if (ours)
      gst_mask2former_side_pad_push_event (pad, ours);
  }
}

/* ---- frames ---- */

/* Segment ids are bytes if all of the stream can be, and if downstream takes them. */
static GstVideoFormat
mask_format (GstMask2FormerSidePad * pad, guint max_id)
{
  g_autoptr (GstCaps) bytes =
      gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "GRAY8",
      NULL);
  g_autoptr (GstCaps) taken = gst_pad_peer_query_caps (GST_PAD (pad), NULL);

  return max_id <= G_MAXUINT8 && (!taken ||
      gst_caps_can_intersect (taken, bytes)) ?
      GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_GRAY16_LE;
}

/* True if frames of the stream look like this one. */
static gboolean
stream_fits (const Stream * stream, const GstMask2FormerSideFrame * frame)
{
  const GstVideoInfo *info = frame->info;

  if (stream->pool && frame->max_id > G_MAXUINT8 &&
      GST_VIDEO_INFO_FORMAT (&stream->info) == GST_VIDEO_FORMAT_GRAY8)
    return FALSE;
  return stream->pool &&
      GST_VIDEO_INFO_WIDTH (&stream->info) == GST_VIDEO_INFO_WIDTH (info) &&
      GST_VIDEO_INFO_HEIGHT (&stream->info) == GST_VIDEO_INFO_HEIGHT (info) &&
      GST_VIDEO_INFO_PAR_N (&stream->info) == GST_VIDEO_INFO_PAR_N (info) &&
      GST_VIDEO_INFO_PAR_D (&stream->info) == GST_VIDEO_INFO_PAR_D (info) &&
      GST_VIDEO_INFO_FPS_N (&stream->info) == GST_VIDEO_INFO_FPS_N (info) &&
      GST_VIDEO_INFO_FPS_D (&stream->info) == GST_VIDEO_INFO_FPS_D (info);
}

/* Makes a pool for frames like this one and tells downstream, unless that was done. */
static gboolean
configure (GstMask2FormerSides * sides, Side side, GstMask2FormerSidePad * pad,
    const GstMask2FormerSideFrame * to_show)
{
  const GstVideoInfo *frame = to_show->info;
  GstVideoFormat format;
  Stream *stream = &sides->streams[side];
  gboolean first = !stream->pool;
  g_autoptr (GstCaps) caps = NULL;

  if (stream_fits (stream, to_show))
    return TRUE;
  format = side == SIDE_OVERLAY ? GST_VIDEO_FORMAT_RGBA :
      mask_format (pad, to_show->max_id);
  stream_clear (stream);
  if (!gst_video_info_set_format (&stream->info, format,
          GST_VIDEO_INFO_WIDTH (frame), GST_VIDEO_INFO_HEIGHT (frame)))
    return FALSE;
  GST_VIDEO_INFO_PAR_N (&stream->info) = GST_VIDEO_INFO_PAR_N (frame);
  GST_VIDEO_INFO_PAR_D (&stream->info) = GST_VIDEO_INFO_PAR_D (frame);
  GST_VIDEO_INFO_FPS_N (&stream->info) = GST_VIDEO_INFO_FPS_N (frame);
  GST_VIDEO_INFO_FPS_D (&stream->info) = GST_VIDEO_INFO_FPS_D (frame);
  stream->pool = gst_mask2former_packed_pool_new (&stream->info);
  if (!stream->pool)
    return FALSE;
  caps = gst_video_info_to_caps (&stream->info);
  GST_DEBUG_OBJECT (pad, "caps %" GST_PTR_FORMAT, caps);
  gst_mask2former_side_pad_push_event (pad, gst_event_new_caps (caps));
  if (first)
    gst_pad_sticky_events_foreach (GST_BASE_TRANSFORM_SINK_PAD (sides->trans),
        send_after_caps, pad);
  return TRUE;
}

/* Writes the ids of the pixels.  To find one in a map of another size takes divisions. */
static void
paint_ids (GstVideoFrame * out, const GstPanopticView * view)
{
  gboolean wide = GST_VIDEO_FRAME_COMP_PSTRIDE (out, 0) == 2;
  gint width = GST_VIDEO_FRAME_WIDTH (out);
  gint height = GST_VIDEO_FRAME_HEIGHT (out), x, y;
  gboolean is_frame = view && gst_panoptic_view_is_frame (view, width, height);

  for (y = 0; y < height; y++) {
    guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (out, 0) +
        (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (out, 0);

    for (x = 0; x < width; x++) {
      guint16 id = !view ? 0 : is_frame ? gst_panoptic_view_id (view, x, y) :
          gst_panoptic_view_frame_id (view, x, y);

      if (wide)
        GST_WRITE_UINT16_LE (row + 2 * x, id);
      else
        row[x] = id;
    }
  }
}

/* FALSE if there is no memory for what it takes. */
static gboolean
paint (GstMask2FormerSides * sides, Side side, GstVideoFrame * out,
    const GstMask2FormerSideFrame * frame)
{
  if (side == SIDE_MASK) {
    paint_ids (out, frame->view);
    return TRUE;
  }
  if (!sides->overlay)
    sides->overlay = gst_mask2former_overlay_new ();
  return gst_mask2former_overlay_draw_alone (sides->overlay, out, frame->view,
      frame->look);
}

/* A frame of the pad's stream, or NULL if there is no memory for it. */
static GstBuffer *
draw (GstMask2FormerSides * sides, Side side,
    const GstMask2FormerSideFrame * frame)
{
  Stream *stream = &sides->streams[side];
  GstBuffer *buffer = NULL;
  GstVideoFrame out;

  if (gst_buffer_pool_acquire_buffer (stream->pool, &buffer,
          NULL) != GST_FLOW_OK)
    return NULL;
  if (!gst_video_frame_map (&out, &stream->info, buffer, GST_MAP_WRITE)) {
    gst_buffer_unref (buffer);
    return NULL;
  }
  if (!paint (sides, side, &out, frame))
    GST_WARNING ("there is no memory for all of a frame");
  gst_video_frame_unmap (&out);
  return buffer;
}

static void
push_to (GstMask2FormerSides * sides, Side side, GstMask2FormerSidePad * pad,
    GstBuffer * buffer, const GstMask2FormerSideFrame * frame)
{
  GstBuffer *drawn = NULL;

  if (!configure (sides, side, pad, frame) ||
      !(drawn = draw (sides, side, frame))) {
    GST_WARNING_OBJECT (pad, "there is no memory for a frame");
    return;
  }
  gst_buffer_copy_into (drawn, buffer, GST_BUFFER_COPY_FLAGS |
      GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_mask2former_side_pad_push (pad, drawn);
}

void
gst_mask2former_sides_push (GstMask2FormerSides * sides, GstBuffer * buffer,
    const GstMask2FormerSideFrame * frame)
{
  guint i;

  for (i = 0; i < N_SIDES; i++) {
    g_autoptr (GstMask2FormerSidePad) pad = get_pad (sides, i);

    if (pad && gst_pad_is_linked (GST_PAD (pad)))
      push_to (sides, i, pad, buffer, frame);
  }
}

void
gst_mask2former_sides_skip (GstMask2FormerSides * sides, GstBuffer * buffer,
    const GstMask2FormerSideFrame * frame)
{
  guint i;

  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    return;
  for (i = 0; i < N_SIDES; i++) {
    g_autoptr (GstMask2FormerSidePad) pad = get_pad (sides, i);

    if (pad && configure (sides, i, pad, frame))
      gst_mask2former_side_pad_push_event (pad,
          gst_event_new_gap (GST_BUFFER_PTS (buffer),
              GST_BUFFER_DURATION (buffer)));
  }
}

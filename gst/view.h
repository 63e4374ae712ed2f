/* A panoptic result as everything that draws or writes reads it: label map and segments.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A view is filled from a result of the library or from the metadata of a buffer, and says the
 * same whichever it was.  It borrows what it shows; see the two functions that fill it.
 */
#ifndef __GST_PANOPTIC_VIEW_H__
#define __GST_PANOPTIC_VIEW_H__

#include <gst/video/video.h>

#include "gst/panopticmeta.h"
#include "gst/scratch.h"
#include "model/m2f.h"

G_BEGIN_DECLS

/* Start from { 0 }; may be filled again and again, which reuses its memory. */
typedef struct
{
  M2fTask task;
  GstClockTime pts;             /* of the frame that was looked at, or GST_CLOCK_TIME_NONE */
  const gchar *source_id;       /* of what found it; NULL: unknown */
  GstClockTime age;             /* ns between that frame and the one this belongs to */

  /* label map: a segment's id per pixel, 0 where there is no segment */
  const guint8 *map;
  gint width, height;           /* pixels */
  gint stride;                  /* bytes from row to row */
  gint depth;                   /* bytes per pixel, 1 or 2 */
  gboolean swapped;             /* pixels of 2 bytes are not in this machine's byte order */
  GstVideoRectangle rectangle;  /* part of the frame that the map covers, in pixels of the frame;
                                 * may reach beyond the frame, is never empty */

  const GstPanopticSegment *segments;   /* boxes lie in the map, ids are not 0 */
  guint n_segments;

  /*< private > */
  GstMask2FormerScratch segment_memory;
  GstBuffer *label_map;         /* mapped, if the view is one of metadata */
  GstMapInfo mapping;
} GstPanopticView;

/* Shows a result with ids from 1, found in a frame of frame_width x frame_height pixels with the
 * given pts; the age is 0.  The result's map and the labels must outlive the view's use. */
void gst_panoptic_view_set_result (GstPanopticView * view,
    const M2fResult * result, M2fTask task, gint frame_width,
    gint frame_height, GstClockTime pts);

/* Shows what another view shows, which must outlive the view's use. */
void gst_panoptic_view_set_view (GstPanopticView * view,
    const GstPanopticView * other);

/* Shows panoptic metadata, which may be anybody's.  Metadata without a field, with a field of
 * another type or with a label map that is not what it says gives FALSE, an empty view and an
 * error that names the field; single segments that cannot be are left out.  The view keeps the
 * label map mapped; strings belong to `meta`, which must outlive the view's use. */
gboolean gst_panoptic_view_set_meta (GstPanopticView * view,
    const GstStructure * meta, GError ** error);

/* Frees what the view holds; it is { 0 } again. */
void gst_panoptic_view_clear (GstPanopticView * view);

/* The box of a segment in pixels of the frame. */
GstVideoRectangle gst_panoptic_view_frame_box (const GstPanopticView * view,
    const GstPanopticSegment * segment);

/* The area of a segment in pixels of the frame. */
guint64 gst_panoptic_view_frame_area (const GstPanopticView * view,
    const GstPanopticSegment * segment);

/* The part of a frame of this size that has all pixels of the view's segments, and a margin of so
 * many pixels around it as far as the map reaches; empty if there are none. */
GstVideoRectangle gst_panoptic_view_extent (const GstPanopticView * view,
    gint width, gint height, gint margin);

/* The column of the map, or the row, whose pixel covers the middle of the frame's pixel. */
static inline gint
gst_panoptic_view_map_x (const GstPanopticView * view, gint frame_x)
{
  return (2 * (gint64) (frame_x - view->rectangle.x) + 1) * view->width /
      (2 * view->rectangle.w);
}

static inline gint
gst_panoptic_view_map_y (const GstPanopticView * view, gint frame_y)
{
  return (2 * (gint64) (frame_y - view->rectangle.y) + 1) * view->height /
      (2 * view->rectangle.h);
}

/* The first column of the frame that shows the map's column or one after it. */
static inline gint
gst_panoptic_view_frame_x (const GstPanopticView * view, gint map_x)
{
  return view->rectangle.x + (2 * (gint64) map_x * view->rectangle.w +
      view->width - 1) / (2 * view->width);
}

/* True if the map has the pixels of a frame of this size. */
static inline gboolean
gst_panoptic_view_is_frame (const GstPanopticView * view, gint width,
    gint height)
{
  const GstVideoRectangle *covered = &view->rectangle;

  return view->width == width && view->height == height &&
      covered->x == 0 && covered->y == 0 && covered->w == width &&
      covered->h == height;
}

/* The id at a pixel of the map. */
static inline guint16
gst_panoptic_view_id (const GstPanopticView * view, gint x, gint y)
{
  const guint8 *row = view->map + (gsize) y * view->stride;
  guint16 id;

  if (view->depth == 1)
    return row[x];
  id = ((const guint16 *) row)[x];
  return view->swapped ? GUINT16_SWAP_LE_BE (id) : id;
}

/* The id at a pixel of the frame; 0 outside the rectangle. */
static inline guint16
gst_panoptic_view_frame_id (const GstPanopticView * view, gint x, gint y)
{
  const GstVideoRectangle *covered = &view->rectangle;

  if (x < covered->x || x >= covered->x + covered->w ||
      y < covered->y || y >= covered->y + covered->h)
    return 0;
  return gst_panoptic_view_id (view, gst_panoptic_view_map_x (view, x),
      gst_panoptic_view_map_y (view, y));
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstPanopticView, gst_panoptic_view_clear)

G_END_DECLS

#endif

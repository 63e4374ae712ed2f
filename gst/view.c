/* A panoptic result as everything that draws or writes reads it: label map and segments.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/view.h"

#include "gst/layout.h"
#include "gst/log.h"
#include "model/text.h"

#define GST_CAT_DEFAULT gst_panoptic_meta_log ()

/* Pixels; larger than any video, and small enough that products of two fit 64 bits. */
#define MAX_EDGE (1 << 20)
#define MAX_SEGMENTS 65535      /* as many as a map of 16 bits can tell apart */

/* ---- from a result ---- */

static void
release (GstPanopticView * view)
{
  if (view->label_map) {
    gst_buffer_unmap (view->label_map, &view->mapping);
    gst_clear_buffer (&view->label_map);
  }
  view->map = NULL;
  view->source_id = NULL;
  view->width = view->height = 0;
  view->n_segments = 0;
}

/* Room for n segments, or NULL. */
static GstPanopticSegment *
reserve_segments (GstPanopticView * view, guint n)
{
  gboolean reserved = gst_mask2former_scratch_reserve (&view->segment_memory,
      MAX (n, 1), sizeof (GstPanopticSegment));

  view->segments = view->segment_memory.data;
  return reserved ? view->segment_memory.data : NULL;
}

void
gst_panoptic_view_set_result (GstPanopticView * view, const M2fResult * result,
    M2fTask task, gint frame_width, gint frame_height, GstClockTime pts)
{
  GstPanopticSegment *segments = reserve_segments (view, result->n_segments);
  gint i;

  release (view);
  if (!segments)
    GST_WARNING ("no memory for %d segments: showing none", result->n_segments);
  view->task = task;
  view->source_id = NULL;
  view->pts = pts;
  view->age = 0;
  view->map = result->map;
  view->width = result->map_width;
  view->height = result->map_height;
  view->stride = result->map_stride;
  view->depth = result->map_depth;
  view->swapped = FALSE;
  view->rectangle = (GstVideoRectangle) { 0, 0, frame_width, frame_height };
  view->n_segments = segments ? result->n_segments : 0;
  for (i = 0; i < (gint) view->n_segments; i++) {
    const M2fSegment *segment = &result->segments[i];
    /* by the name here: it may be one of labels-file, which the model does not know */
    gboolean is_background = m2f_label_is_background (segment->label);

    segments[i] = (GstPanopticSegment) {
      .id = segment->id,
      .label_id = segment->label_id,
      .label = segment->label,
      .score = segment->score,
      .area = segment->area,
      .box = {segment->x, segment->y, segment->width, segment->height},
      .is_thing = segment->is_thing && !is_background,
      .was_fused = segment->was_fused,
      .query = segment->query,
      .track_id = segment->track_id > 0 ? segment->track_id :
          GST_PANOPTIC_NO_TRACK,
      .is_background = is_background,
    };
  }
}

void
gst_panoptic_view_set_view (GstPanopticView * view,
    const GstPanopticView * other)
{
  GstMask2FormerScratch segment_memory = view->segment_memory;

  release (view);
  *view = *other;
  view->label_map = NULL;
  view->segment_memory = segment_memory;
}

/* ---- from metadata ---- */

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError ** error, const gchar * format, ...)
{
  va_list args;
  g_autofree gchar *text = NULL;

  va_start (args, format);
  text = m2f_printable_message (format, args);
  va_end (args);
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "panoptic metadata: %s", text);
  return FALSE;
}

static gboolean
read_frame (GstPanopticView * view, const GstStructure * meta, GError ** error)
{
  if (!m2f_task_from_name (gst_structure_get_string (meta, "task"),
          &view->task, NULL))
    return refuse (error, "task is not semantic, instance or panoptic");
  if (!gst_structure_get_uint64 (meta, "pts", &view->pts))
    return refuse (error, "pts is not a uint64");
  if (!gst_structure_get_uint64 (meta, "age", &view->age)
      || view->age > G_MAXINT64)
    return refuse (error, "age is not a time");
  view->source_id = gst_structure_get_string (meta, "source-id");
  if (gst_structure_has_field (meta, "source-id") &&
      !gst_structure_has_field_typed (meta, "source-id", G_TYPE_STRING))
    return refuse (error, "source-id is not a string");
  return TRUE;
}

static gboolean
is_usable_rectangle (const GstVideoRectangle * rectangle)
{
  return rectangle->w > 0 && rectangle->w <= MAX_EDGE &&
      rectangle->h > 0 && rectangle->h <= MAX_EDGE &&
      ABS ((gint64) rectangle->x) <= MAX_EDGE &&
      ABS ((gint64) rectangle->y) <= MAX_EDGE;
}

/* Checks the map's description before its memory is touched. */
static gboolean
describe_map (GstPanopticView * view, const GstVideoMeta * video,
    gsize size, GError ** error)
{
  gsize row;

  if (video->format != GST_VIDEO_FORMAT_GRAY8 &&
      video->format != GST_VIDEO_FORMAT_GRAY16_LE) {
    g_autofree gchar *format = gst_mask2former_format_name (video->format);

    return refuse (error, "label-map has format %s, expected GRAY8 or "
        "GRAY16_LE", format);
  }
  if (video->width == 0 || video->width > MAX_EDGE ||
      video->height == 0 || video->height > MAX_EDGE)
    return refuse (error, "label-map is of %u x %u pixels", video->width,
        video->height);

  view->depth = video->format == GST_VIDEO_FORMAT_GRAY8 ? 1 : 2;
  row = (gsize) video->width * view->depth;
  if (video->stride[0] < 0 || (gsize) video->stride[0] < row ||
      video->stride[0] % view->depth != 0)
    return refuse (error, "label-map has rows of %" G_GSIZE_FORMAT " bytes and "
        "a stride of %d", row, video->stride[0]);
  if (video->offset[0] > size || size - video->offset[0] <
      (gsize) video->stride[0] * (video->height - 1) + row)
    return refuse (error, "label-map of %u x %u pixels has %" G_GSIZE_FORMAT
        " bytes", video->width, video->height, size);

  view->width = video->width;
  view->height = video->height;
  view->stride = video->stride[0];
  view->swapped = G_BYTE_ORDER != G_LITTLE_ENDIAN;
  return TRUE;
}

static gboolean
read_map (GstPanopticView * view, const GstStructure * meta, GError ** error)
{
  GstBuffer *map = gst_panoptic_meta_get_label_map (meta, &view->rectangle);
  GstVideoMeta *video = map ? gst_buffer_get_video_meta (map) : NULL;

  if (!map)
    return refuse (error, "label-map is not a buffer, or x, y, width or height "
        "not an int");
  if (!video)
    return refuse (error, "label-map has no GstVideoMeta");
  if (!is_usable_rectangle (&view->rectangle))
    return refuse (error, "the label map covers %d x %d pixels at (%d, %d)",
        view->rectangle.w, view->rectangle.h, view->rectangle.x,
        view->rectangle.y);
  if (!describe_map (view, video, gst_buffer_get_size (map), error))
    return FALSE;
  if (!gst_buffer_map (map, &view->mapping, GST_MAP_READ))
    return refuse (error, "the memory of label-map cannot be mapped");

  view->label_map = gst_buffer_ref (map);
  view->map = view->mapping.data + video->offset[0];
  if (GPOINTER_TO_SIZE (view->map) % view->depth != 0)
    return refuse (error, "label-map starts at an odd address");
  return TRUE;
}

/* NULL, or what cannot be true of a segment of this map. */
static const gchar *
find_fault (const GstPanopticView * view, const GstPanopticSegment * segment)
{
  const GstVideoRectangle *box = &segment->box;

  if (segment->id == 0 || segment->id > (view->depth == 1 ? 0xff : 0xffff))
    return "id is not one of the label map's";
  if (segment->label_id > G_MAXINT)
    return "label-id is too large";
  if (segment->query < -1)
    return "query is less than -1";
  if (box->x < 0 || box->y < 0 || box->w < 0 || box->h < 0 ||
      box->w > view->width || box->x > view->width - box->w ||
      box->h > view->height || box->y > view->height - box->h)
    return "the box reaches beyond the label map";
  if (segment->area > (guint64) box->w * box->h)
    return "area is larger than the box";
  return NULL;
}

static gboolean
read_segments (GstPanopticView * view, const GstStructure * meta,
    GError ** error)
{
  const GValue *array = gst_structure_get_value (meta, "segments");
  guint n = gst_panoptic_meta_get_n_segments (meta), i;
  GstPanopticSegment *segments;

  if (!array || !GST_VALUE_HOLDS_ARRAY (array))
    return refuse (error, "segments is not an array");
  if (n > MAX_SEGMENTS)
    return refuse (error, "%u segments, expected at most %d", n, MAX_SEGMENTS);

  segments = reserve_segments (view, n);
  if (!segments)
    return refuse (error, "no memory for %u segments", n);
  for (i = 0; i < n; i++) {
    GstPanopticSegment *segment = &segments[view->n_segments];
    const gchar *fault = "a field is missing or of another type";

    if (gst_panoptic_meta_get_segment (meta, i, segment))
      fault = find_fault (view, segment);
    if (fault)
      GST_WARNING ("panoptic metadata: leaving out segment %u: %s", i, fault);
    else
      view->n_segments++;
  }
  return TRUE;
}

gboolean
gst_panoptic_view_set_meta (GstPanopticView * view, const GstStructure * meta,
    GError ** error)
{
  release (view);
  if (read_frame (view, meta, error) && read_map (view, meta, error) &&
      read_segments (view, meta, error))
    return TRUE;
  release (view);
  return FALSE;
}

void
gst_panoptic_view_clear (GstPanopticView * view)
{
  release (view);
  g_free (view->segment_memory.data);
  *view = (GstPanopticView) { 0 };
}

/* ---- in pixels of the frame ---- */

/* Rounds to the nearest; `map` and `frame` are the lengths of the same edge. */
static gint
scale (gint value, gint frame, gint map)
{
  return gst_util_uint64_scale_int_round (value, frame, map);
}

GstVideoRectangle
gst_panoptic_view_frame_box (const GstPanopticView * view,
    const GstPanopticSegment * segment)
{
  const GstVideoRectangle *covered = &view->rectangle, *box = &segment->box;
  gint left = scale (box->x, covered->w, view->width);
  gint top = scale (box->y, covered->h, view->height);
  gint right = scale (box->x + box->w, covered->w, view->width);
  gint bottom = scale (box->y + box->h, covered->h, view->height);

  return (GstVideoRectangle) {
    covered->x + left, covered->y + top, right - left, bottom - top
  };
}

guint64
gst_panoptic_view_frame_area (const GstPanopticView * view,
    const GstPanopticSegment * segment)
{
  return gst_util_uint64_scale_round (segment->area,
      (guint64) view->rectangle.w * view->rectangle.h,
      (guint64) view->width * view->height);
}

GstVideoRectangle
gst_panoptic_view_extent (const GstPanopticView * view, gint width,
    gint height, gint margin)
{
  const GstVideoRectangle *covered = &view->rectangle;
  gint left = G_MAXINT, top = G_MAXINT, right = G_MININT, bottom = G_MININT;
  guint i;

  if (view->n_segments == 0)
    return (GstVideoRectangle) { 0 };
  for (i = 0; i < view->n_segments; i++) {
    GstVideoRectangle box =
        gst_panoptic_view_frame_box (view, &view->segments[i]);

    left = MIN (left, box.x);
    top = MIN (top, box.y);
    right = MAX (right, box.x + box.w);
    bottom = MAX (bottom, box.y + box.h);
  }
  margin++;                     /* boxes were rounded */
  left = MAX (left - margin, MAX (covered->x, 0));
  top = MAX (top - margin, MAX (covered->y, 0));
  right = MIN (right + margin, MIN (covered->x + covered->w, width));
  bottom = MIN (bottom + margin, MIN (covered->y + covered->h, height));
  return right > left && bottom > top ?
      (GstVideoRectangle) { left, top, right - left, bottom - top } :
      (GstVideoRectangle) { 0 };
}

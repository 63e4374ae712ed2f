/* How much of each pixel of a frame an effect covers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Segments are widened by a disc in two steps: along each row the distance to the nearest covered
 * pixel, then for every pixel the rows above and below it, each of which reaches as far as the disc
 * is wide there.
 */
#include "gst/coverage.h"

#include <math.h>
#include <string.h>

#include "gst/isa.h"
#include "gst/runs.h"

#define COVERED 255
#define FAR 255                 /* a distance beyond all that are asked for */

void
gst_mask2former_coverage_clear (GstMask2FormerCoverage * coverage)
{
  g_free (coverage->pixels.data);
  g_free (coverage->even.data);
  g_free (coverage->selected.data);
  g_free (coverage->columns.data);
  g_free (coverage->row.data);
  g_free (coverage->distances.data);
  *coverage = (GstMask2FormerCoverage) { 0 };
}

gboolean
gst_mask2former_coverage_set_even (GstMask2FormerCoverage * coverage,
    gint width, gint height, guint8 value)
{
  coverage->width = width;
  coverage->height = height;
  coverage->stride = GST_ROUND_UP_8 (width);
  coverage->outside = value;
  coverage->inside = (GstVideoRectangle) { 0 };
  if (!gst_mask2former_scratch_reserve (&coverage->even, coverage->stride, 1))
    return FALSE;
  memset (coverage->even.data, value, coverage->stride);
  return TRUE;
}

/* ---- rows of the label map ---- */

/* The map as rows of the part of the frame that segments are in. */
typedef struct
{
  const GstPanopticView *view;
  const guint8 *selected;       /* by id */
  guint n_ids;
  gint x, width;                /* columns of the frame */
  gint map_x, map_width;        /* columns of the map that they show */
  const gint *columns;          /* of the map from map_x on, for each of the frame; or NULL */
  guint8 *row;                  /* of the map, if there are columns */
  guint8 *covered;              /* of the frame, for who has no other place for it */
  gint map_row;                 /* that was read last, or -1 */
} Reader;

/* FALSE if there is no memory. */
static gboolean
reader_init (Reader * reader, GstMask2FormerCoverage * coverage,
    const GstPanopticView * view, const GstVideoRectangle * extent)
{
  gint last = extent->x + extent->w - 1, i;
  guint n_ids = 1, s;
  gint *columns;

  for (s = 0; s < view->n_segments; s++)
    n_ids = MAX (n_ids, view->segments[s].id + 1);
  *reader = (Reader) {
    .view = view,
    .n_ids = n_ids,
    .x = extent->x,
    .width = extent->w,
    .map_x = gst_panoptic_view_map_x (view, extent->x),
    .map_row = -1,
  };
  reader->map_width = gst_panoptic_view_map_x (view, last) + 1 - reader->map_x;
  if (!gst_mask2former_scratch_reserve (&coverage->selected, n_ids, 1)
      || !gst_mask2former_scratch_reserve (&coverage->columns, extent->w,
          sizeof (gint))
      || !gst_mask2former_scratch_reserve (&coverage->row,
          reader->map_width + extent->w, 1))
    return FALSE;

  memset (coverage->selected.data, 0, n_ids);
  for (s = 0; s < view->n_segments; s++)
    ((guint8 *) coverage->selected.data)[view->segments[s].id] = COVERED;
  reader->selected = coverage->selected.data;
  reader->row = coverage->row.data;
  reader->covered = reader->row + reader->map_width;
  columns = coverage->columns.data;
  for (i = 0; i < extent->w; i++)
    columns[i] = gst_panoptic_view_map_x (view, extent->x + i) - reader->map_x;
  reader->columns = view->width == view->rectangle.w ? NULL : columns;
  return TRUE;
}

/* Which pixels of a row of the map are covered. */
static void
select_row (const Reader * reader, gint y, guint8 * dst)
{
  const GstPanopticView *view = reader->view;
  const guint8 *row = view->map + (gsize) y * view->stride +
      (gsize) reader->map_x * view->depth;
  gint x, end;

  for (x = 0; x < reader->map_width; x = end) {
    guint id = gst_panoptic_view_id (view, reader->map_x + x, y);

    end = gst_mask2former_run_end (row, x, reader->map_width, view->depth);
    memset (dst + x, id < reader->n_ids ? reader->selected[id] : 0, end - x);
  }
}

/* Which pixels of row y of the frame are covered; rows are asked for from top to bottom, and the
 * one before was written to `before`. */
static void
read_row (Reader * reader, gint y, const guint8 * before, guint8 * dst)
{
  gint map_row = gst_panoptic_view_map_y (reader->view, y), x;

  if (map_row == reader->map_row) {
    memmove (dst, before, reader->width);
    return;
  }
  reader->map_row = map_row;
  if (!reader->columns) {
    select_row (reader, map_row, dst);
    return;
  }
  select_row (reader, map_row, reader->row);
  for (x = 0; x < reader->width; x++)
    dst[x] = reader->row[reader->columns[x]];
}

/* ---- widening ---- */

/* Distances in the gap of `n` pixels between runs of covered ones; there may be none on its left or
 * on its right. */
static void
measure_gap (guint8 * gap, gint n, gint reach, gboolean left, gboolean right)
{
  gint i, near = MIN (n, reach);

  memset (gap, FAR, n);
  for (i = 0; left && i < near; i++)
    gap[i] = i + 1;
  for (i = 0; right && i < near; i++)
    gap[n - 1 - i] = MIN (gap[n - 1 - i], i + 1);
}

/* Makes a row of covered pixels one of their distances to the nearest that is covered, as far as
 * `reach`. */
static void
measure_row (guint8 * row, gint n, gint reach)
{
  gint x, start, end;

  for (x = 0; x < n; x = end) {
    const guint8 *found = memchr (row + x, COVERED, n - x);

    start = found ? found - row : n;
    measure_gap (row + x, start - x, reach, x > 0, start < n);
    found = start < n ? memchr (row + start, 0, n - start) : NULL;
    end = found ? found - row : n;
    memset (row + start, 0, end - start);
  }
}

FOR_EACH_ISA static void
cover_near (const guint8 * restrict distance, gint n, guint8 reach,
    guint8 * restrict dst)
{
  gint x;

  for (x = 0; x < n; x++)
    dst[x] |= distance[x] <= reach ? COVERED : 0;
}

/* Covers what is within a disc around a covered pixel, in row y of the frame. */
static void
widen_row (GstMask2FormerCoverage * coverage, const GstVideoRectangle * extent,
    gint y, gint radius, guint8 * dst)
{
  const guint8 *distances = coverage->distances.data;
  gint width = coverage->inside.w;
  gint first = MAX (y - radius, extent->y), row;
  gint last = MIN (y + radius, extent->y + extent->h - 1);

  for (row = first; row <= last; row++) {
    /* half a pixel more, or the disc would have a tip of one pixel on each side */
    gint reach = sqrt (radius * radius + radius - (row - y) * (row - y));

    cover_near (distances + (gsize) (row - extent->y) * width, width, reach,
        dst);
  }
}

/* FALSE if there is no memory. */
static gboolean
widen (GstMask2FormerCoverage * coverage, Reader * reader,
    const GstVideoRectangle * extent, gint radius)
{
  gint width = coverage->inside.w, y;
  gint left = extent->x - coverage->inside.x;
  guint8 *row;

  if (!gst_mask2former_scratch_reserve (&coverage->distances, extent->h, width))
    return FALSE;
  row = coverage->distances.data;
  for (y = 0; y < extent->h; y++, row += width) {
    read_row (reader, extent->y + y, reader->covered, reader->covered);
    memset (row, 0, width);
    memcpy (row + left, reader->covered, extent->w);
    measure_row (row, width, radius);
  }
  row = (guint8 *) coverage->pixels.data + coverage->inside.x;
  for (y = 0; y < coverage->inside.h; y++, row += coverage->stride)
    widen_row (coverage, extent, coverage->inside.y + y, radius, row);
  return TRUE;
}

/* ---- all of it ---- */

static void
copy_rows (GstMask2FormerCoverage * coverage, Reader * reader,
    const GstVideoRectangle * extent)
{
  guint8 *row = (guint8 *) coverage->pixels.data + extent->x +
      (gsize) (extent->y - coverage->inside.y) * coverage->stride;
  gint y;

  for (y = 0; y < extent->h; y++, row += coverage->stride)
    read_row (reader, extent->y + y, row - coverage->stride, row);
}

void
gst_mask2former_coverage_pad (GstMask2FormerCoverage * coverage)
{
  guint8 *end = (guint8 *) coverage->pixels.data + coverage->width;
  gint y;

  for (y = 0; y < coverage->inside.h; y++, end += coverage->stride)
    memset (end, end[-1], coverage->stride - coverage->width);
}

/* A rectangle with a border around it as far as the frame reaches. */
static GstVideoRectangle
add_border (const GstVideoRectangle * inner, gint border, gint width,
    gint height)
{
  gint left = MAX (inner->x - border, 0), top = MAX (inner->y - border, 0);

  return (GstVideoRectangle) {
    left, top, MIN (inner->x + inner->w + border, width) - left,
        MIN (inner->y + inner->h + border, height) - top
  };
}

gboolean
gst_mask2former_coverage_set (GstMask2FormerCoverage * coverage,
    const GstPanopticView * view, gint width, gint height, gint dilate,
    gint margin)
{
  GstVideoRectangle extent = gst_panoptic_view_extent (view, width, height, 0);
  Reader reader;

  if (!gst_mask2former_coverage_set_even (coverage, width, height, 0))
    return FALSE;
  if (extent.w == 0)
    return TRUE;
  coverage->inside = add_border (&extent, dilate + margin, width, height);
  if (!gst_mask2former_scratch_reserve (&coverage->pixels, coverage->inside.h,
          coverage->stride)
      || !reader_init (&reader, coverage, view, &extent))
    return FALSE;
  memset (coverage->pixels.data, 0,
      (gsize) coverage->inside.h * coverage->stride);
  if (dilate > 0) {
    if (!widen (coverage, &reader, &extent, dilate))
      return FALSE;
  } else {
    copy_rows (coverage, &reader, &extent);
  }
  gst_mask2former_coverage_pad (coverage);
  return TRUE;
}

static void
invert (guint8 * pixels, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++)
    pixels[i] = 255 - pixels[i];
}

void
gst_mask2former_coverage_invert (GstMask2FormerCoverage * coverage)
{
  coverage->outside = 255 - coverage->outside;
  memset (coverage->even.data, coverage->outside, coverage->stride);
  invert (coverage->pixels.data,
      (gsize) coverage->inside.h * coverage->stride);
}

/* Places labels inside their segment, apart from one another, whole within the frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The frame is sampled into a grid whose cells are as wide, compared to their height, as a
 * label is.  On that grid the chessboard distance to the next segment says how large a label fits
 * around a cell, without looking at each label's exact size.
 */
#include "gst/placement.h"

#include <stdlib.h>

#define CELL_ASPECT 3           /* width of a cell over its height */
#define CELLS_PER_LABEL 2       /* label height over a cell's */

/* A label is left out where its segment has less than 1/3 of its area. */
#define MIN_SEGMENT_SHARE 3

typedef struct
{
  gint width, height;           /* of the frame, in pixels */
  gint cell_width, cell_height; /* pixels */
  gint columns, rows;
  guint16 *id;                  /* rows x columns */
  gint *distance;               /* cells to the nearest other segment or the frame's border */
} Grid;

/* The pixel of the frame in the middle of a cell. */
static gint
middle_of_column (const Grid * grid, gint column)
{
  return (2 * column + 1) * grid->width / (2 * grid->columns);
}

static gint
middle_of_row (const Grid * grid, gint row)
{
  return (2 * row + 1) * grid->height / (2 * grid->rows);
}

static inline void
relax (Grid * grid, gint column, gint row, gint dx, gint dy)
{
  gint here = row * grid->columns + column;
  gint x = column + dx, y = row + dy;
  gint distance = 0;

  if (x >= 0 && x < grid->columns && y >= 0 && y < grid->rows &&
      grid->id[y * grid->columns + x] == grid->id[here])
    distance = grid->distance[y * grid->columns + x];
  grid->distance[here] = MIN (grid->distance[here], distance + 1);
}

/* Two passes over the four neighbours behind and the four ahead give chessboard distances. */
static void
measure (Grid * grid)
{
  gint row, column, i;

  for (i = 0; i < grid->rows * grid->columns; i++)
    grid->distance[i] = G_MAXINT - 1;
  for (row = 0; row < grid->rows; row++) {
    for (column = 0; column < grid->columns; column++) {
      relax (grid, column, row, -1, 0);
      for (i = -1; i <= 1; i++)
        relax (grid, column, row, i, -1);
    }
  }
  for (row = grid->rows - 1; row >= 0; row--) {
    for (column = grid->columns - 1; column >= 0; column--) {
      relax (grid, column, row, 1, 0);
      for (i = -1; i <= 1; i++)
        relax (grid, column, row, i, 1);
    }
  }
}

/* FALSE if there is no memory. */
static gboolean
grid_init (Grid * grid, const GstPanopticView * view, gint width, gint height,
    gint label_height)
{
  gint row, column;

  grid->width = width;
  grid->height = height;
  grid->cell_height = MAX (label_height / CELLS_PER_LABEL, 1);
  grid->cell_width = grid->cell_height * CELL_ASPECT;
  grid->columns = MAX (width / grid->cell_width, 1);
  grid->rows = MAX (height / grid->cell_height, 1);
  grid->id = g_try_new (guint16, (gsize) grid->rows * grid->columns);
  grid->distance = g_try_new (gint, (gsize) grid->rows * grid->columns);
  if (!grid->id || !grid->distance)
    return FALSE;
  for (row = 0; row < grid->rows; row++)
    for (column = 0; column < grid->columns; column++)
      grid->id[row * grid->columns + column] =
          gst_panoptic_view_frame_id (view, middle_of_column (grid, column),
          middle_of_row (grid, row));
  measure (grid);
  return TRUE;
}

static void
grid_clear (Grid * grid)
{
  g_free (grid->id);
  g_free (grid->distance);
}

/* Centres the box, then moves it into the frame and onto even pixels. */
static GstVideoRectangle
box_around (const Grid * grid, GstVideoRectangle box, gint x, gint y)
{
  box.x = CLAMP (x - box.w / 2, 0, grid->width - box.w) & ~1;
  box.y = CLAMP (y - box.h / 2, 0, grid->height - box.h) & ~1;
  return box;
}

static gboolean
is_free (const GstVideoRectangle * boxes, guint n_segments,
    const GstVideoRectangle * box)
{
  guint i;

  for (i = 0; i < n_segments; i++) {
    const GstVideoRectangle *other = &boxes[i];

    if (other->w > 0 && other->x >= 0 && box->x < other->x + other->w &&
        other->x < box->x + box->w && box->y < other->y + other->h &&
        other->y < box->y + box->h)
      return FALSE;
  }
  return TRUE;
}

/* A segment that wants a label, and the places that others took. */
typedef struct
{
  guint id;
  GstVideoRectangle extent;     /* of the segment, in pixels of the frame */
  const GstVideoRectangle *boxes;
  guint n_boxes;
} Search;

/* The free place inside the segment with the most room, up to what the label needs; among equals
 * the one nearest to the middle of the segment's box, which hardly moves from frame to frame. */
static gboolean
place_inside (const Grid * grid, const Search * search,
    GstVideoRectangle * box)
{
  gint enough = 1 + MAX ((box->w / 2 + grid->cell_width - 1) / grid->cell_width,
      CELLS_PER_LABEL / 2);
  gint middle_x = search->extent.x + search->extent.w / 2;
  gint middle_y = search->extent.y + search->extent.h / 2;
  gint best_distance = 0, best_offset = 0, row, column;
  GstVideoRectangle best = *box;

  for (row = 0; row < grid->rows; row++) {
    for (column = 0; column < grid->columns; column++) {
      gint cell = row * grid->columns + column;
      gint x = middle_of_column (grid, column);
      gint y = middle_of_row (grid, row);
      gint distance = MIN (grid->distance[cell], enough);
      gint offset = abs (x - middle_x) + abs (y - middle_y);
      GstVideoRectangle candidate;

      if (grid->id[cell] != search->id || distance < best_distance ||
          (distance == best_distance && offset >= best_offset))
        continue;
      candidate = box_around (grid, *box, x, y);
      if (!is_free (search->boxes, search->n_boxes, &candidate))
        continue;
      best = candidate;
      best_distance = distance;
      best_offset = offset;
    }
  }
  *box = best;
  return best_distance > 0;
}

/* Above, below, over the middle of the segment's box. */
static gboolean
place_beside (const Grid * grid, const Search * search,
    GstVideoRectangle * box)
{
  gint x = search->extent.x + search->extent.w / 2;
  gint places[] = {
    search->extent.y - box->h / 2,
    search->extent.y + search->extent.h + box->h / 2,
    search->extent.y + search->extent.h / 2,
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (places); i++) {
    GstVideoRectangle candidate = box_around (grid, *box, x, places[i]);

    if (is_free (search->boxes, search->n_boxes, &candidate)) {
      *box = candidate;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
place (const Grid * grid, const Search * search, guint64 area,
    GstVideoRectangle * box)
{
  if (box->w == 0 || box->w > grid->width || box->h > grid->height ||
      area < (guint64) box->w * box->h / MIN_SEGMENT_SHARE)
    return FALSE;
  /* a label should not hide what it names */
  if (search->extent.w < box->w || search->extent.h < 2 * box->h)
    return place_beside (grid, search, box);
  return place_inside (grid, search, box) || place_beside (grid, search, box);
}

static gint
compare_area (gconstpointer a, gconstpointer b, gpointer segments)
{
  const GstPanopticSegment *all = segments;
  guint64 area_a = all[*(const guint *) a].area;
  guint64 area_b = all[*(const guint *) b].area;

  return (area_a < area_b) - (area_a > area_b);
}

/* Places the labels, the largest segment's first. */
static void
place_all (const Grid * grid, const GstPanopticView * view, guint * order,
    GstVideoRectangle * boxes)
{
  guint i;

  for (i = 0; i < view->n_segments; i++)
    order[i] = i;
  /* stable, so that equal segments keep their order from frame to frame */
  g_qsort_with_data (order, view->n_segments, sizeof (*order), compare_area,
      (gpointer) view->segments);

  for (i = 0; i < view->n_segments; i++) {
    const GstPanopticSegment *segment = &view->segments[order[i]];
    const Search search = {
      segment->id, gst_panoptic_view_frame_box (view, segment), boxes,
      view->n_segments
    };
    GstVideoRectangle *box = &boxes[order[i]], placed = *box;

    if (place (grid, &search, gst_panoptic_view_frame_area (view, segment),
            &placed))
      *box = placed;
    else
      box->w = 0;
  }
}

gboolean
gst_mask2former_place_labels (const GstPanopticView * view, gint width,
    gint height, GstVideoRectangle * boxes)
{
  g_autofree guint *order = NULL;
  gint label_height = 0;
  gboolean has_memory;
  guint i;
  Grid grid;

  for (i = 0; i < view->n_segments; i++) {
    boxes[i].x = -1;            /* not placed yet */
    label_height = MAX (label_height, boxes[i].h);
  }
  if (label_height == 0)        /* no labels */
    return TRUE;
  order = g_try_new (guint, view->n_segments);
  has_memory = grid_init (&grid, view, width, height, label_height) && order;
  if (has_memory)
    place_all (&grid, view, order, boxes);
  grid_clear (&grid);
  return has_memory;
}

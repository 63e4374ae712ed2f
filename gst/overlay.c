/* Draws panoptic segments into a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every segment has two paints, one for its area and one for its outline.  A row of the label map
 * is runs of ids; with those of the rows above and below it they become runs of paints, which the
 * painter blends.  So what is within segments costs little more than the blending.
 */
#include "gst/overlay.h"

#include <math.h>

#include "gst/labels.h"
#include "gst/log.h"
#include "gst/painter.h"
#include "gst/placement.h"
#include "gst/runs.h"
#include "gst/scratch.h"

#define GST_CAT_DEFAULT gst_mask2former_overlay_log ()

#define MAX_RADIUS 2            /* pixels of an outline on either side of a border */
#define OUTLINE_OPACITY 0.85
#define OUTLINE_WHITE 0.3       /* how much an outline is lighter than its area */
#define MAX_IDS 32767           /* so that area and outline numbers fit 16 bits; more: not drawn */
#define MAX_LABELS 256          /* of a frame: more than anybody could read */

struct _GstMask2FormerOverlay
{
  GstMask2FormerLabels *labels; /* NULL before the first are drawn */
  GstMask2FormerPainter *painter;

  /* per frame: */
  gboolean alone;               /* drawn on nothing */
  gint width, height;
  gint left, right, top, bottom;        /* part of the frame with segments, and next to them */
  guint n_ids;                  /* paints: areas of 0..n_ids - 1, then outlines of the same */
  gint radius;                  /* of outlines; 0: none */
  GstMask2FormerScratch colours;        /* guint8[3] by position in the view */
  GstMask2FormerScratch boxes;  /* GstVideoRectangle by position in the view */

  /* ids at the frame's rows y - radius .. y + radius, from left to right */
  GstMask2FormerScratch runs;
  GstMask2FormerRuns row[2 * MAX_RADIUS + 1];
  gint next_row;                /* of the frame, to be loaded */
  gint map_row;                 /* row of the label map that was loaded last */
};

GstMask2FormerOverlay *
gst_mask2former_overlay_new (void)
{
  GstMask2FormerOverlay *overlay = g_new0 (GstMask2FormerOverlay, 1);

  overlay->painter = gst_mask2former_painter_new ();
  return overlay;
}

void
gst_mask2former_overlay_free (GstMask2FormerOverlay * overlay)
{
  g_clear_pointer (&overlay->labels, gst_mask2former_labels_free);
  gst_mask2former_painter_free (overlay->painter);
  g_free (overlay->colours.data);
  g_free (overlay->boxes.data);
  g_free (overlay->runs.data);
  g_free (overlay);
}

static gboolean
is_drawn (const GstPanopticSegment * segment, const GstMask2FormerLook * look)
{
  return look->background || !segment->is_background;
}

/* ---- paints ---- */

static void
mix (GstMask2FormerOverlay * overlay, guint paint, const guint8 rgb[3],
    gdouble opacity)
{
  if (overlay->alone)
    gst_mask2former_painter_set_rgba (overlay->painter, paint, rgb, opacity);
  else
    gst_mask2former_painter_set (overlay->painter, paint, rgb, opacity);
}

static void
mix_paints (GstMask2FormerOverlay * overlay, const GstPanopticView * view,
    const GstMask2FormerLook * look)
{
  guint i, c;

  for (i = 0; i < view->n_segments; i++) {
    const GstPanopticSegment *segment = &view->segments[i];
    guint8 *rgb = (guint8 *) overlay->colours.data + 3 * i, light[3];

    gst_mask2former_palette_colour (look->palette, segment, rgb);
    for (c = 0; c < 3; c++)
      light[c] = rgb[c] + lrint ((255 - rgb[c]) * OUTLINE_WHITE);
    if (segment->id >= overlay->n_ids - 1 || !is_drawn (segment, look))
      continue;
    mix (overlay, segment->id, rgb, look->opacity);
    mix (overlay, overlay->n_ids + segment->id, light, OUTLINE_OPACITY);
  }
}

/* ---- rows of ids ---- */

/* Row y of the map, as far as it shows in columns of the frame from left to right. */
static inline void
read_ids (const GstMask2FormerOverlay * overlay, const GstPanopticView * view,
    gint y, GstMask2FormerRuns * row)
{
  const guint8 *ids = view->map + (gsize) y * view->stride;
  gint end = gst_panoptic_view_map_x (view, overlay->right - 1) + 1;
  gint x = gst_panoptic_view_map_x (view, overlay->left), next;
  guint16 none = overlay->n_ids - 1;

  row->n = 0;
  for (; x < end; x = next) {
    guint16 id = gst_panoptic_view_id (view, x, y);

    next = gst_mask2former_run_end (ids, x, end, view->depth);
    gst_mask2former_runs_add (row, MIN (gst_panoptic_view_frame_x (view, next),
            overlay->right) - overlay->left, MIN (id, none));
  }
}

static inline void
load_row (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gint y = gst_panoptic_view_map_y (view,
      CLAMP (overlay->next_row, overlay->top, overlay->bottom - 1));
  gint last = 2 * overlay->radius, i;
  GstMask2FormerRuns first = overlay->row[0], before = overlay->row[last];

  for (i = 0; i < last; i++)
    overlay->row[i] = overlay->row[i + 1];
  if (y == overlay->map_row) {
    memmove (first.runs, before.runs, before.n * sizeof (*first.runs));
    first.n = before.n;
  } else {
    read_ids (overlay, view, y, &first);
  }
  overlay->row[last] = first;
  overlay->map_row = y;
  overlay->next_row++;
}

static void
start_rows (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gint n = overlay->right - overlay->left, i;

  for (i = 0; i < (gint) G_N_ELEMENTS (overlay->row); i++)
    overlay->row[i] = (GstMask2FormerRuns) {
    (GstMask2FormerRun *) overlay->runs.data + i * n, 0};
  overlay->map_row = -1;
  overlay->next_row = overlay->top - overlay->radius;
  for (i = 0; i < 2 * overlay->radius; i++)
    load_row (overlay, view);
}

/* ---- rows of paints ---- */

/* The paints of pixels from..to - 1 of the row in the middle, which have one id: outlines are where
 * the rows above and below have another.  `at` are runs of those rows, not beyond `from`. */
static inline void
compare_rows (const GstMask2FormerOverlay * overlay, guint16 id, gint from,
    gint to, const GstMask2FormerRun ** at, GstMask2FormerRuns * paints)
{
  gint x, end, i;

  for (x = from; x < to; x = end) {
    guint16 differs = 0;

    end = to;
    for (i = 0; i <= 2 * overlay->radius; i++) {
      while (at[i]->end <= x)
        at[i]++;
      differs |= at[i]->value ^ id;
      end = MIN (end, at[i]->end);
    }
    gst_mask2former_runs_add (paints, overlay->left + end,
        id + (differs ? overlay->n_ids : 0));
  }
}

/* The paints of the row in the middle.  Outlines are where another id is within the radius, in the
 * row or in the column; the picture's border is none. */
static void
add_paints (const GstMask2FormerOverlay * overlay, GstMask2FormerRuns * paints)
{
  const GstMask2FormerRuns *row = &overlay->row[overlay->radius];
  const GstMask2FormerRun *at[2 * MAX_RADIUS + 1];
  gint start = 0, i;

  for (i = 0; i <= 2 * overlay->radius; i++)
    at[i] = overlay->row[i].runs;
  for (i = 0; i < row->n; start = row->runs[i++].end) {
    guint16 id = row->runs[i].value, outline = id + overlay->n_ids;
    gint end = row->runs[i].end;
    gint inner_start = MIN (start + (i > 0 ? overlay->radius : 0), end);
    gint inner_end = end - (i < row->n - 1 ? overlay->radius : 0);

    gst_mask2former_runs_add (paints, overlay->left + inner_start, outline);
    compare_rows (overlay, id, inner_start, inner_end, at, paints);
    gst_mask2former_runs_add (paints, overlay->left + end, outline);
  }
}

/* The paints of row y of the frame; rows are asked for in their order. */
static void
next_paints (GstMask2FormerOverlay * overlay, const GstPanopticView * view,
    gint y, GstMask2FormerRuns * paints)
{
  if (y < overlay->top || y >= overlay->bottom)
    return;
  load_row (overlay, view);
  gst_mask2former_runs_add (paints, overlay->left, 0);
  add_paints (overlay, paints);
}

/* Rows above and below the label map are not touched. */
static void
draw_segments (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gint n = gst_mask2former_painter_rows (overlay->painter), y, row;

  start_rows (overlay, view);
  for (y = overlay->top / n * n; y < overlay->bottom; y += n) {
    for (row = 0; row < n; row++)
      next_paints (overlay, view, y + row,
          gst_mask2former_painter_row (overlay->painter, row));
    gst_mask2former_painter_paint (overlay->painter, y);
  }
}

/* ---- labels ---- */

void
gst_mask2former_overlay_prepare_labels (GstMask2FormerOverlay * overlay)
{
  if (!overlay->labels)
    overlay->labels = gst_mask2former_labels_new ();
}

/* Renders the labels, to know how large they are. */
static void
measure_labels (GstMask2FormerOverlay * overlay, const GstPanopticView * view,
    const GstMask2FormerLook * look)
{
  const guint8 *rgb = overlay->colours.data;
  GstVideoRectangle *boxes = overlay->boxes.data;
  guint i;

  for (i = 0; i < view->n_segments; i++) {
    cairo_surface_t *label;

    boxes[i] = (GstVideoRectangle) { 0 };
    if (!is_drawn (&view->segments[i], look))
      continue;
    label = gst_mask2former_labels_get (overlay->labels,
        view->segments[i].label, rgb + 3 * i, overlay->width);
    if (!label)
      continue;
    boxes[i].w = cairo_image_surface_get_width (label);
    boxes[i].h = cairo_image_surface_get_height (label);
  }
}

static gboolean
draw_labels (GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    const GstPanopticView * view, const GstMask2FormerLook * look)
{
  const guint8 *rgb = overlay->colours.data;
  const GstVideoRectangle *boxes = overlay->boxes.data;
  GstPanopticView named = *view;
  guint i;

  named.n_segments = MIN (view->n_segments, MAX_LABELS);
  gst_mask2former_overlay_prepare_labels (overlay);
  gst_mask2former_labels_begin_frame (overlay->labels, overlay->height);
  measure_labels (overlay, &named, look);
  if (!gst_mask2former_place_labels (&named, overlay->width, overlay->height,
          overlay->boxes.data))
    return FALSE;
  for (i = 0; i < named.n_segments; i++) {
    cairo_surface_t *label = boxes[i].w == 0 ? NULL :
        gst_mask2former_labels_get (overlay->labels, view->segments[i].label,
        rgb + 3 * i, overlay->width);

    if (label)
      gst_mask2former_labels_draw (label, frame, boxes[i].x, boxes[i].y,
          overlay->alone);
  }
  return TRUE;
}

/* Counts the paints, and makes room for what is drawn with; FALSE if there is no memory. */
static gboolean
begin (GstMask2FormerOverlay * overlay, const GstVideoFrame * frame,
    const GstPanopticView * view)
{
  gsize n = overlay->right - overlay->left;
  guint n_ids = 1, i;

  for (i = 0; i < view->n_segments; i++)
    n_ids = MAX (n_ids, view->segments[i].id + 1);
  /* the last stands for all values without a segment */
  overlay->n_ids = MIN (n_ids + 1, MAX_IDS);
  return gst_mask2former_painter_begin (overlay->painter, frame,
      2 * overlay->n_ids) &&
      gst_mask2former_scratch_reserve (&overlay->colours, view->n_segments, 3)
      && gst_mask2former_scratch_reserve (&overlay->boxes, view->n_segments,
      sizeof (GstVideoRectangle))
      && gst_mask2former_scratch_reserve (&overlay->runs,
      n * G_N_ELEMENTS (overlay->row), sizeof (GstMask2FormerRun));
}

static gboolean
draw (GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    const GstPanopticView * view, const GstMask2FormerLook * look)
{
  GstVideoRectangle extent;

  overlay->width = GST_VIDEO_FRAME_WIDTH (frame);
  overlay->height = GST_VIDEO_FRAME_HEIGHT (frame);
  overlay->radius = !look->outlines ? 0 : overlay->height < 900 ? 1 : 2;
  extent = gst_panoptic_view_extent (view, overlay->width, overlay->height,
      overlay->radius);
  if (extent.w == 0) {
    GST_LOG ("there is no segment in the frame");
    return TRUE;
  }
  overlay->left = extent.x;
  overlay->right = extent.x + extent.w;
  overlay->top = extent.y;
  overlay->bottom = extent.y + extent.h;
  GST_LOG ("%u segments, map of %d x %d on %d x %d pixels", view->n_segments,
      view->width, view->height, overlay->width, overlay->height);

  if (!begin (overlay, frame, view))
    return FALSE;
  mix_paints (overlay, view, look);
  if (look->opacity > 0 || look->outlines)
    draw_segments (overlay, view);
  return !look->labels || draw_labels (overlay, frame, view, look);
}

gboolean
gst_mask2former_overlay_draw (GstMask2FormerOverlay * overlay,
    GstVideoFrame * frame, const GstPanopticView * view,
    const GstMask2FormerLook * look)
{
  overlay->alone = FALSE;
  return draw (overlay, frame, view, look);
}

gboolean
gst_mask2former_overlay_draw_alone (GstMask2FormerOverlay * overlay,
    GstVideoFrame * frame, const GstPanopticView * view,
    const GstMask2FormerLook * look)
{
  gint y;

  for (y = 0; y < GST_VIDEO_FRAME_HEIGHT (frame); y++)
    memset ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, 0) +
        (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0), 0,
        4 * (gsize) GST_VIDEO_FRAME_WIDTH (frame));
  overlay->alone = TRUE;
  return !view || draw (overlay, frame, view, look);
}

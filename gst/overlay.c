/* Draws panoptic segments into a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every segment has two paints, one for its area and one for its outline.  A row of the label map
 * becomes a row of paint numbers, which the painter blends.
 */
#include "gst/overlay.h"

#include <math.h>

#include "gst/isa.h"
#include "gst/labels.h"
#include "gst/log.h"
#include "gst/painter.h"
#include "gst/placement.h"
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
  gint left, right, top, bottom;        /* part of the frame that the label map covers */
  guint n_ids;                  /* paints: areas of 0..n_ids - 1, then outlines of the same */
  gint radius;                  /* of outlines; 0: none */
  GstMask2FormerScratch colours;        /* guint8[3] by position in the view */
  GstMask2FormerScratch boxes;  /* GstVideoRectangle by position in the view */

  /* ids at the frame's rows y - radius .. y + radius, from left to right and MAX_RADIUS more on
   * either side */
  GstMask2FormerScratch rows;
  guint16 *row[2 * MAX_RADIUS + 1];
  gint next_row;                /* of the frame, to be loaded */
  gint map_row;                 /* row of the label map that was loaded last */
  gboolean stretched;           /* columns of the map are not as wide as the frame's */
  GstMask2FormerScratch columns;        /* gint: of the map, from left to right; if stretched */
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
  g_free (overlay->rows.data);
  g_free (overlay->columns.data);
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

/* ---- rows of paint numbers ---- */

/* Ids of a row of the map whose columns are as wide as the frame's. */
static inline void
copy_ids (const GstPanopticView * view, gint x, gint y, gint n, guint16 none,
    guint16 * restrict dst)
{
  const guint8 *src8 = view->map + (gsize) y * view->stride + x * view->depth;
  const guint16 *src16 = (const guint16 *) src8;
  gint i;

  if (view->depth == 1)
    for (i = 0; i < n; i++)
      dst[i] = MIN (src8[i], none);
  else if (!view->swapped)
    for (i = 0; i < n; i++)
      dst[i] = MIN (src16[i], none);
  else
    for (i = 0; i < n; i++)
      dst[i] = MIN (GUINT16_SWAP_LE_BE (src16[i]), none);
}

static inline void
pick_ids (const GstPanopticView * view, const gint * columns, gint y, gint n,
    guint16 none, guint16 * restrict dst)
{
  gint i;

  for (i = 0; i < n; i++)
    dst[i] = MIN (gst_panoptic_view_id (view, columns[i], y), none);
}

static void
load_row (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gint y = gst_panoptic_view_map_y (view,
      CLAMP (overlay->next_row, overlay->top, overlay->bottom - 1));
  gint x, n = overlay->right - overlay->left, last = 2 * overlay->radius;
  guint16 *dst = overlay->row[0], none = overlay->n_ids - 1;
  const guint16 *before = overlay->row[last];

  for (x = 0; x < last; x++)
    overlay->row[x] = overlay->row[x + 1];
  overlay->row[last] = dst;
  overlay->next_row++;

  if (y == overlay->map_row)
    memmove (dst, before, n * sizeof (*dst));
  else if (overlay->stretched)
    pick_ids (view, overlay->columns.data, y, n, none, dst);
  else
    copy_ids (view, overlay->left - view->rectangle.x, y, n, none, dst);
  overlay->map_row = y;
  for (x = 1; x <= MAX_RADIUS; x++) {   /* the picture's border is not an outline */
    dst[-x] = dst[0];
    dst[n - 1 + x] = dst[n - 1];
  }
}

static void
start_rows (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gint n = overlay->right - overlay->left, stride = n + 2 * MAX_RADIUS, i;
  gint *columns = overlay->columns.data;

  for (i = 0; overlay->stretched && i < n; i++)
    columns[i] = gst_panoptic_view_map_x (view, overlay->left + i);
  for (i = 0; i < (gint) G_N_ELEMENTS (overlay->row); i++)
    overlay->row[i] =
        (guint16 *) overlay->rows.data + i * stride + MAX_RADIUS;
  overlay->map_row = -1;
  overlay->next_row = overlay->top - overlay->radius;
  for (i = 0; i < 2 * overlay->radius; i++)
    load_row (overlay, view);
}

static inline void
mark_outlines (guint16 * const *row, gint radius, gint width,
    guint16 outline, guint16 * restrict keys)
{
  const guint16 *mid = row[radius];
  gint x, k;

  for (x = 0; x < width; x++) {
    guint16 differs = 0;

    for (k = 1; k <= radius; k++)
      differs |= (mid[x] ^ mid[x - k]) | (mid[x] ^ mid[x + k]) |
          (mid[x] ^ row[radius - k][x]) | (mid[x] ^ row[radius + k][x]);
    keys[x] = mid[x] + (differs ? outline : 0);
  }
}

/* The paint numbers of row y of the frame; rows are asked for in their order. */
FOR_EACH_ISA static void
next_keys (GstMask2FormerOverlay * overlay, const GstPanopticView * view,
    gint y, guint16 * keys)
{
  gint n = overlay->right - overlay->left;

  if (y < overlay->top || y >= overlay->bottom) {
    memset (keys, 0, overlay->width * sizeof (*keys));
    return;
  }
  load_row (overlay, view);
  keys += overlay->left;
  switch (overlay->radius) {    /* constants, so that each is vectorized */
    case 0:
      memcpy (keys, overlay->row[0], n * sizeof (*keys));
      break;
    case 1:
      mark_outlines (overlay->row, 1, n, overlay->n_ids, keys);
      break;
    default:
      mark_outlines (overlay->row, 2, n, overlay->n_ids, keys);
      break;
  }
}

/* Rows above and below the label map are not touched. */
static void
draw_segments (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gint n = gst_mask2former_painter_rows (overlay->painter), y, row;

  start_rows (overlay, view);
  for (y = overlay->top / n * n; y < overlay->bottom; y += n) {
    for (row = 0; row < n; row++)
      next_keys (overlay, view, y + row,
          gst_mask2former_painter_keys (overlay->painter, row));
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
  for (i = 0; i < named.n_segments; i++)
    if (boxes[i].w > 0)
      gst_mask2former_labels_draw (gst_mask2former_labels_get (overlay->labels,
              view->segments[i].label, rgb + 3 * i, overlay->width),
          frame, boxes[i].x, boxes[i].y, overlay->alone);
  return TRUE;
}

static void
clip (GstMask2FormerOverlay * overlay, const GstVideoRectangle * covered)
{
  overlay->left = CLAMP (covered->x, 0, overlay->width);
  overlay->right = CLAMP (covered->x + covered->w, 0, overlay->width);
  overlay->top = CLAMP (covered->y, 0, overlay->height);
  overlay->bottom = CLAMP (covered->y + covered->h, 0, overlay->height);
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
  overlay->stretched = view->width != view->rectangle.w;

  return gst_mask2former_painter_begin (overlay->painter, frame,
      2 * overlay->n_ids) &&
      gst_mask2former_scratch_reserve (&overlay->colours, view->n_segments, 3)
      && gst_mask2former_scratch_reserve (&overlay->boxes, view->n_segments,
      sizeof (GstVideoRectangle))
      && gst_mask2former_scratch_reserve (&overlay->columns,
      overlay->stretched ? n : 0, sizeof (gint))
      && gst_mask2former_scratch_reserve (&overlay->rows,
      (n + 2 * MAX_RADIUS) * G_N_ELEMENTS (overlay->row), sizeof (guint16));
}

static gboolean
draw (GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    const GstPanopticView * view, const GstMask2FormerLook * look)
{
  overlay->width = GST_VIDEO_FRAME_WIDTH (frame);
  overlay->height = GST_VIDEO_FRAME_HEIGHT (frame);
  overlay->radius = !look->outlines ? 0 : overlay->height < 900 ? 1 : 2;
  clip (overlay, &view->rectangle);
  if (overlay->left == overlay->right || overlay->top == overlay->bottom) {
    GST_DEBUG ("the label map covers nothing of the frame");
    return TRUE;
  }
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

/* Draws panoptic segments into a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every segment has two paints, one for its area and one for its outline.  A row of the label map
 * becomes a row of paint numbers, and runs of one paint are blended at once: bytes are multiplied
 * and added to by a pattern that repeats every PERIOD bytes, a multiple of all pixel sizes, so one
 * vectorized loop serves every plane of every format.
 */
#include "gst/overlay.h"

#include <math.h>

#include "gst/frame.h"
#include "gst/isa.h"
#include "gst/labels.h"
#include "gst/log.h"
#include "gst/placement.h"
#include "gst/scratch.h"

#define GST_CAT_DEFAULT gst_mask2former_overlay_log ()

#define PERIOD 48               /* bytes; a multiple of 1, 2, 3, 4 and of a vector register */
#define MAX_RADIUS 2            /* pixels of an outline on either side of a border */
#define OUTLINE_OPACITY 0.85
#define OUTLINE_WHITE 0.3       /* how much an outline is lighter than its area */
#define MAX_IDS 32767           /* so that area and outline numbers fit 16 bits; more: not drawn */

/* out = (in * mul + add) / 256 */
typedef struct
{
  guint16 mul[PERIOD];
  guint16 add[PERIOD];
} Pattern;

typedef struct
{
  gboolean visible;
  Pattern plane[3];
} Paint;

struct _GstMask2FormerOverlay
{
  GstMask2FormerLabels *labels;

  /* per frame: */
  gboolean alone;               /* drawn on nothing */
  gint width, height;
  gint left, right, top, bottom;        /* part of the frame that the label map covers */
  guint n_ids;                  /* paints: areas of 0..n_ids - 1, then outlines of the same */
  gint radius;                  /* of outlines; 0: none */
  GstMask2FormerScratch paints; /* Paint */
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
  GstMask2FormerScratch keys;   /* paint numbers of two rows, then of their chroma row */
};

GstMask2FormerOverlay *
gst_mask2former_overlay_new (void)
{
  GstMask2FormerOverlay *overlay = g_new0 (GstMask2FormerOverlay, 1);

  overlay->labels = gst_mask2former_labels_new ();
  return overlay;
}

void
gst_mask2former_overlay_free (GstMask2FormerOverlay * overlay)
{
  gst_mask2former_labels_free (overlay->labels);
  g_free (overlay->paints.data);
  g_free (overlay->colours.data);
  g_free (overlay->boxes.data);
  g_free (overlay->rows.data);
  g_free (overlay->columns.data);
  g_free (overlay->keys.data);
  g_free (overlay);
}

static gboolean
is_drawn (const GstPanopticSegment * segment, const GstMask2FormerLook * look)
{
  return look->background || !segment->is_background;
}

/* ---- paints ---- */

static void
mix (Paint * paint, const GstVideoFrame * frame,
    const GstMask2FormerColourSpace * space, const guint8 rgb[3],
    gdouble opacity)
{
  gfloat in[3] = { rgb[0], rgb[1], rgb[2] }, value[3];
  gint weight = lrint (opacity * 256);
  guint plane, comp, i;

  paint->visible = weight > 0;
  gst_mask2former_colour_space_convert (space, in, 1, value);
  for (plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (frame); plane++) {
    for (i = 0; i < PERIOD; i++) {      /* leaves alpha and padding alone */
      paint->plane[plane].mul[i] = 256;
      paint->plane[plane].add[i] = 0;
    }
  }
  for (comp = 0; comp < 3; comp++) {
    Pattern *pattern = &paint->plane[GST_VIDEO_FRAME_COMP_PLANE (frame, comp)];

    for (i = GST_VIDEO_FRAME_COMP_POFFSET (frame, comp); i < PERIOD;
        i += GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp)) {
      pattern->mul[i] = 256 - weight;
      pattern->add[i] = lrintf (value[comp] * weight) + 128;
    }
  }
}

/* Replaces the pixels of a frame with alpha. */
static void
fill (Paint * paint, const GstVideoFrame * frame, const guint8 rgb[3],
    gdouble opacity)
{
  const guint8 rgba[4] = { rgb[0], rgb[1], rgb[2], lrint (opacity * 255) };
  Pattern *pattern = &paint->plane[0];
  guint comp, i;

  paint->visible = rgba[3] > 0;
  for (comp = 0; comp < 4; comp++) {
    for (i = GST_VIDEO_FRAME_COMP_POFFSET (frame, comp); i < PERIOD; i += 4) {
      pattern->mul[i] = 0;
      pattern->add[i] = rgba[comp] << 8;
    }
  }
}

static void
mix_paints (GstMask2FormerOverlay * overlay, const GstVideoFrame * frame,
    const GstPanopticView * view, const GstMask2FormerLook * look)
{
  GstMask2FormerColourSpace space;
  Paint *paints = overlay->paints.data;
  guint i, c;

  for (i = 0; i < 2 * overlay->n_ids; i++)
    paints[i].visible = FALSE;

  gst_mask2former_colour_space_init (&space, &frame->info);
  for (i = 0; i < view->n_segments; i++) {
    const GstPanopticSegment *segment = &view->segments[i];
    guint8 *rgb = (guint8 *) overlay->colours.data + 3 * i, light[3];

    gst_mask2former_palette_colour (look->palette, segment, rgb);
    for (c = 0; c < 3; c++)
      light[c] = rgb[c] + lrint ((255 - rgb[c]) * OUTLINE_WHITE);
    if (segment->id >= overlay->n_ids - 1 || !is_drawn (segment, look))
      continue;
    if (overlay->alone) {
      fill (&paints[segment->id], frame, rgb, look->opacity);
      fill (&paints[overlay->n_ids + segment->id], frame, light,
          OUTLINE_OPACITY);
    } else {
      mix (&paints[segment->id], frame, &space, rgb, look->opacity);
      mix (&paints[overlay->n_ids + segment->id], frame, &space, light,
          OUTLINE_OPACITY);
    }
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

/* ---- blending ---- */

static void
blend (guint8 * restrict dst, gsize n, const Pattern * restrict pattern)
{
  gsize i;

  for (; n >= PERIOD; n -= PERIOD, dst += PERIOD)
    for (i = 0; i < PERIOD; i++)
      dst[i] = (guint16) (dst[i] * pattern->mul[i] + pattern->add[i]) >> 8;
  for (i = 0; i < n; i++)
    dst[i] = (guint16) (dst[i] * pattern->mul[i] + pattern->add[i]) >> 8;
}

/* End of the run of equal values that starts at `x`, at most `width`. */
static inline gint
run_end (const guint16 * keys, gint x, gint width)
{
  const guint64 four = keys[x] * G_GUINT64_CONSTANT (0x0001000100010001);
  guint64 next[2];
  gint end = x + 1;

  for (; end + 8 <= width; end += 8) {
    memcpy (next, keys + end, sizeof next);
    if ((next[0] ^ four) | (next[1] ^ four))
      break;
  }
  while (end < width && keys[end] == keys[x])
    end++;
  return end;
}

FOR_EACH_ISA static void
blend_row (const GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    gint plane, gint y, const guint16 * keys)
{
  const Paint *paints = overlay->paints.data;
  guint8 *dst = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
      (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, plane);
  gint x, end;

  for (x = 0; x < overlay->width; x = end) {
    end = run_end (keys, x, overlay->width);
    if (paints[keys[x]].visible)
      blend (dst + (gsize) x * step, (gsize) (end - x) * step,
          &paints[keys[x]].plane[plane]);
  }
}

/* One chroma sample whose four pixels do not all have the same paint. */
static void
blend_block (const Paint * paints, gint plane, guint8 * dst, gint step,
    const guint16 keys[4])
{
  gint c, i;

  for (c = 0; c < step; c++) {
    guint mul = 0, add = 0;

    for (i = 0; i < 4; i++) {
      gboolean visible = paints[keys[i]].visible;

      mul += visible ? paints[keys[i]].plane[plane].mul[c] : 256;
      add += visible ? paints[keys[i]].plane[plane].add[c] : 128;
    }
    dst[c] = (dst[c] * mul + add) >> 10;
  }
}

/* The chroma row under two rows of paint numbers, each padded to an even width. */
FOR_EACH_ISA static void
blend_chroma_row (const GstMask2FormerOverlay * overlay,
    GstVideoFrame * frame, gint plane, gint y, const guint16 * upper,
    const guint16 * lower)
{
  const Paint *paints = overlay->paints.data;
  guint8 *dst = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
      (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, plane);
  gint width = (overlay->width + 1) / 2;
  gint x, end;

  for (x = 0; x < width; x = end) {
    guint16 key = upper[2 * x];

    end = x;                    /* samples whose four pixels are all in the run */
    if (lower[2 * x] == key)
      end = MIN (run_end (upper, 2 * x, 2 * width),
          run_end (lower, 2 * x, 2 * width)) / 2;
    if (end > x) {
      if (paints[key].visible)
        blend (dst + (gsize) x * step, (gsize) (end - x) * step,
            &paints[key].plane[plane]);
    } else {
      guint16 keys[4] = { key, upper[2 * x + 1], lower[2 * x],
        lower[2 * x + 1]
      };

      blend_block (paints, plane, dst + (gsize) x * step, step, keys);
      end = x + 1;
    }
  }
}

static void
draw_packed (GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    const GstPanopticView * view)
{
  guint16 *keys = overlay->keys.data;
  gint y;

  for (y = 0; y < overlay->height; y++) {
    next_keys (overlay, view, y, keys);
    blend_row (overlay, frame, 0, y, keys);
  }
}

static void
draw_subsampled (GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    const GstPanopticView * view)
{
  guint16 *upper = overlay->keys.data;
  guint16 *lower = upper + overlay->width + 2;
  gint y;
  guint plane;

  for (y = 0; y < overlay->height; y += 2) {
    next_keys (overlay, view, y, upper);
    blend_row (overlay, frame, 0, y, upper);
    if (y + 1 < overlay->height) {
      next_keys (overlay, view, y + 1, lower);
      blend_row (overlay, frame, 0, y + 1, lower);
    } else {
      memcpy (lower, upper, overlay->width * sizeof (*lower));
    }
    if (overlay->width % 2) {   /* over the value that ended the last run */
      upper[overlay->width] = upper[overlay->width - 1];
      lower[overlay->width] = lower[overlay->width - 1];
    }
    for (plane = 1; plane < GST_VIDEO_FRAME_N_PLANES (frame); plane++)
      blend_chroma_row (overlay, frame, plane, y / 2, upper, lower);
  }
}

/* ---- labels ---- */

static gboolean
draw_labels (GstMask2FormerOverlay * overlay, GstVideoFrame * frame,
    const GstPanopticView * view, const GstMask2FormerLook * look)
{
  const guint8 *rgb = overlay->colours.data;
  GstVideoRectangle *boxes = overlay->boxes.data;
  guint i;

  gst_mask2former_labels_begin_frame (overlay->labels, overlay->height);
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
  if (!gst_mask2former_place_labels (view, overlay->width, overlay->height,
          boxes))
    return FALSE;
  for (i = 0; i < view->n_segments; i++)
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
reserve (GstMask2FormerOverlay * overlay, const GstPanopticView * view)
{
  gsize n = overlay->right - overlay->left, width = overlay->width;
  guint n_ids = 1, i;

  for (i = 0; i < view->n_segments; i++)
    n_ids = MAX (n_ids, view->segments[i].id + 1);
  /* the last stands for all values without a segment */
  overlay->n_ids = MIN (n_ids + 1, MAX_IDS);
  overlay->stretched = view->width != view->rectangle.w;

  return gst_mask2former_scratch_reserve (&overlay->paints, 2 * overlay->n_ids,
      sizeof (Paint))
      && gst_mask2former_scratch_reserve (&overlay->colours, view->n_segments,
      3) && gst_mask2former_scratch_reserve (&overlay->boxes, view->n_segments,
      sizeof (GstVideoRectangle))
      && gst_mask2former_scratch_reserve (&overlay->columns,
      overlay->stretched ? n : 0, sizeof (gint))
      && gst_mask2former_scratch_reserve (&overlay->rows,
      (n + 2 * MAX_RADIUS) * G_N_ELEMENTS (overlay->row), sizeof (guint16))
      && gst_mask2former_scratch_reserve (&overlay->keys, 2 * (width + 2),
      sizeof (guint16));
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

  if (!reserve (overlay, view))
    return FALSE;
  memset (overlay->keys.data, 0, 2 * (overlay->width + 2) * sizeof (guint16));
  mix_paints (overlay, frame, view, look);
  if (look->opacity > 0 || look->outlines) {
    start_rows (overlay, view);
    if (GST_VIDEO_FRAME_N_PLANES (frame) > 1)
      draw_subsampled (overlay, frame, view);
    else
      draw_packed (overlay, frame, view);
  }
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

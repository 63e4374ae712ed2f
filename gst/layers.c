/* A label map taken apart into layers that can be moved and painted again.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A layer is a list of runs, the pixels of a row that have one id.  A movement keeps rows and runs
 * what they are, so that painting one is filling memory.
 */
#include "gst/layers.h"

#include <math.h>
#include <string.h>

#include "gst/runs.h"
#include "gst/scratch.h"

#define BACKGROUND 0

typedef struct
{
  gint y, start, end;
  guint id;
} Run;

struct _GstMask2FormerLayers
{
  GPtrArray *runs;              /* GstMask2FormerList of Run, from top to bottom, by layer */
  gint width, height;           /* of the map */
};

static void
free_runs (gpointer data)
{
  GstMask2FormerList *runs = data;

  g_free (runs->data);
  g_free (runs);
}

GstMask2FormerLayers *
gst_mask2former_layers_new (void)
{
  GstMask2FormerLayers *layers = g_new0 (GstMask2FormerLayers, 1);

  layers->runs = g_ptr_array_new_with_free_func (free_runs);
  return layers;
}

void
gst_mask2former_layers_free (GstMask2FormerLayers * layers)
{
  g_ptr_array_unref (layers->runs);
  g_free (layers);
}

/* ---- runs of a row ---- */

static inline GstMask2FormerList *
runs_of (const GstMask2FormerLayers * layers, guint layer)
{
  return g_ptr_array_index (layers->runs, layer);
}

gboolean
gst_mask2former_layers_split (GstMask2FormerLayers * layers,
    const GstPanopticView * view, const gint * layer_of_id, guint max_id,
    guint n_layers)
{
  gint x, y, end;
  guint i;

  for (i = layers->runs->len; i < n_layers; i++)
    g_ptr_array_add (layers->runs, g_new0 (GstMask2FormerList, 1));
  for (i = 0; i < layers->runs->len; i++)
    runs_of (layers, i)->len = 0;

  layers->width = view->width;
  layers->height = view->height;
  for (y = 0; y < view->height; y++) {
    const guint8 *row = view->map + (gsize) y * view->stride;

    for (x = 0; x < view->width; x = end) {
      guint id = gst_panoptic_view_id (view, x, y);
      Run run = { y, x, 0, id };

      end = gst_mask2former_run_end (row, x, view->width, view->depth);
      run.end = end;
      if (id <= max_id && layer_of_id[id] >= 0 &&
          !gst_mask2former_list_append (runs_of (layers, layer_of_id[id]),
              &run, sizeof run))
        return FALSE;
    }
  }
  return TRUE;
}

/* ---- painting ---- */

static inline void
fill (guint8 * row, gint start, gint end, guint id, gint depth)
{
  gint x;

  if (start >= end)
    return;
  if (depth == 1)
    memset (row + start, id, end - start);
  else
    for (x = start; x < end; x++)
      ((guint16 *) row)[x] = id;
}

/* The first pixel whose middle lies at or behind where a border goes. */
static inline gint
border (gdouble scale, gdouble shift, gint at, gint length)
{
  gdouble moved = ceil (scale * at + shift - 0.5);

  return CLAMP (moved, 0, length);
}

void
gst_mask2former_layers_paint (const GstMask2FormerLayers * layers,
    guint layer, const GstMask2FormerMovement * movement,
    const GstMask2FormerCanvas * canvas)
{
  const GstMask2FormerList *list = runs_of (layers, layer);
  const Run *runs = list->data;
  gdouble scale = movement->scale;
  gint first, last, y;
  gsize from = 0, i;

  if (list->len == 0)
    return;
  first = border (scale, movement->y, runs[0].y, canvas->height);
  last = border (scale, movement->y, runs[list->len - 1].y + 1,
      canvas->height);
  if (layer == BACKGROUND) {
    if (runs[0].y == 0)
      first = 0;
    if (runs[list->len - 1].y == layers->height - 1)
      last = canvas->height;
  }

  for (y = first; y < last; y++) {
    gdouble origin = floor ((y + 0.5 - movement->y) / scale);
    gint source = CLAMP (origin, 0, layers->height - 1);
    guint8 *row = canvas->map + (gsize) y * canvas->stride;

    while (from < list->len && runs[from].y < source)
      from++;
    for (i = from; i < list->len && runs[i].y == source; i++) {
      gboolean to_left = layer == BACKGROUND && runs[i].start == 0;
      gboolean to_right = layer == BACKGROUND && runs[i].end == layers->width;

      fill (row, to_left ? 0 : border (scale, movement->x, runs[i].start,
              canvas->width), to_right ? canvas->width : border (scale,
              movement->x, runs[i].end, canvas->width), runs[i].id,
          canvas->depth);
    }
  }
}

/* ---- measuring ---- */

/* Boxes are kept as corners until all is seen. */
static void
grow (GstVideoRectangle * box, gint y, gint start, gint end)
{
  box->x = MIN (box->x, start);
  box->y = MIN (box->y, y);
  box->w = MAX (box->w, end);
  box->h = MAX (box->h, y + 1);
}

void
gst_mask2former_canvas_measure (const GstMask2FormerCanvas * canvas,
    guint max_id, guint64 * areas, GstVideoRectangle * boxes)
{
  gint x, y, end;
  guint i;

  for (i = 0; i <= max_id; i++) {
    areas[i] = 0;
    boxes[i] = (GstVideoRectangle) { canvas->width, canvas->height, 0, 0 };
  }
  for (y = 0; y < canvas->height; y++) {
    const guint8 *row = canvas->map + (gsize) y * canvas->stride;

    for (x = 0; x < canvas->width; x = end) {
      guint id = gst_mask2former_run_value (row, x, canvas->depth);

      end = gst_mask2former_run_end (row, x, canvas->width, canvas->depth);
      areas[id] += end - x;
      grow (&boxes[id], y, x, end);
    }
  }
  for (i = 0; i <= max_id; i++) {
    if (areas[i] > 0) {
      boxes[i].w -= boxes[i].x;
      boxes[i].h -= boxes[i].y;
    } else {
      boxes[i] = (GstVideoRectangle) { 0, 0, 0, 0 };
    }
  }
}

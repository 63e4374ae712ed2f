/* A label map taken apart into layers that can be moved and painted again.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Layer 0 is the background; every segment that may move on its own has one more.
 */
#ifndef __GST_MASK2FORMER_LAYERS_H__
#define __GST_MASK2FORMER_LAYERS_H__

#include "gst/movement.h"
#include "gst/view.h"

G_BEGIN_DECLS

typedef struct _GstMask2FormerLayers GstMask2FormerLayers;

/* A label map that is painted. */
typedef struct
{
  guint8 *map;
  gint width, height, stride;
  gint depth;                   /* bytes per pixel, 1 or 2 in this machine's byte order */
} GstMask2FormerCanvas;

GstMask2FormerLayers *gst_mask2former_layers_new (void);
void gst_mask2former_layers_free (GstMask2FormerLayers * layers);

/* Takes the view's map apart: its pixels are put into the layer that `layer_of_id` says, which has
 * an entry for every id up to `max_id`; negative and beyond it: into none, as for void.  FALSE if
 * there is no memory; nothing can be painted then. */
gboolean gst_mask2former_layers_split (GstMask2FormerLayers * layers,
    const GstPanopticView * view, const gint * layer_of_id, guint max_id,
    guint n_layers);

/* Paints a layer of a map of the canvas's size where the movement, in pixels of the map, takes it.
 * The background goes on to the edges of the canvas where it was cut off by those of the map. */
void gst_mask2former_layers_paint (const GstMask2FormerLayers * layers,
    guint layer, const GstMask2FormerMovement * movement,
    const GstMask2FormerCanvas * canvas);

/* Areas and boxes of ids 0..max_id on the canvas, of those that are not there 0 and empty. */
void gst_mask2former_canvas_measure (const GstMask2FormerCanvas * canvas,
    guint max_id, guint64 * areas, GstVideoRectangle * boxes);

G_END_DECLS

#endif

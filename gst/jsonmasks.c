/* The shapes of segments as JSON.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/jsonmasks.h"

struct _GstMask2FormerJsonMasks
{
  GstMask2FormerMasks kind;
  gdouble tolerance;
  M2fLabelMap map;              /* of the frame's size; without data: there is no memory for it */
  guint8 *scaled;               /* owned, if that is not the view's */
};

/* The map at the frame's pixels, two bytes each, in this machine's order. */
static guint8 *
scale (const GstPanopticView * view, gint width, gint height)
{
  guint16 *ids = g_try_new (guint16, (gsize) width * height);
  gint x, y;

  for (y = 0; ids && y < height; y++)
    for (x = 0; x < width; x++)
      ids[(gsize) y * width + x] = gst_panoptic_view_frame_id (view, x, y);
  return (guint8 *) ids;
}

GstMask2FormerJsonMasks *
gst_mask2former_json_masks_new (const GstPanopticView * view, gint width,
    gint height, GstMask2FormerMasks kind, gdouble tolerance)
{
  GstMask2FormerJsonMasks *masks = g_new0 (GstMask2FormerJsonMasks, 1);

  masks->kind = kind;
  masks->tolerance = tolerance;
  if (kind == GST_MASK2FORMER_MASKS_NONE)
    return masks;
  if (!view->swapped && gst_panoptic_view_is_frame (view, width, height)) {
    masks->map = (M2fLabelMap) {
      .data = view->map,
      .width = width,
      .height = height,
      .stride = view->stride,
      .depth = view->depth,
    };
  } else {
    masks->scaled = scale (view, width, height);
    masks->map = (M2fLabelMap) {
      .data = masks->scaled,
      .width = width,
      .height = height,
      .stride = 2 * width,
      .depth = 2,
    };
  }
  return masks;
}

void
gst_mask2former_json_masks_free (GstMask2FormerJsonMasks * masks)
{
  g_free (masks->scaled);
  g_free (masks);
}

/* NULL if there is no memory, as in the next one. */
static json_t *
ring_to_json (const M2fRing * ring)
{
  json_t *points = json_array ();
  gint i;

  for (i = 0; points && i < 2 * ring->n_points; i++)
    if (json_array_append_new (points, json_integer (ring->points[i])) != 0)
      g_clear_pointer (&points, json_decref);
  return points ? json_pack ("{sb so}", "hole", ring->is_hole, "points",
      points) : NULL;
}

static json_t *
polygons_to_json (GstMask2FormerJsonMasks * masks, guint id)
{
  g_autoptr (GPtrArray) rings =
      m2f_label_map_polygons (&masks->map, id, masks->tolerance);
  json_t *polygons = rings ? json_array () : NULL;
  guint i;

  for (i = 0; polygons && i < rings->len; i++)
    if (json_array_append_new (polygons, ring_to_json (rings->pdata[i])) != 0)
      g_clear_pointer (&polygons, json_decref);
  return polygons;
}

static json_t *
rle_to_json (GstMask2FormerJsonMasks * masks, guint id)
{
  g_autofree gchar *counts = m2f_label_map_rle (&masks->map, id);

  return counts ? json_pack ("{s[ii] ss}", "size", masks->map.height,
      masks->map.width, "counts", counts) : NULL;
}

json_t *
gst_mask2former_json_masks_get (GstMask2FormerJsonMasks * masks, guint id)
{
  json_t *mask = NULL;

  if (masks->map.data)
    mask = masks->kind == GST_MASK2FORMER_MASKS_RLE ?
        rle_to_json (masks, id) : polygons_to_json (masks, id);
  return mask ? mask : json_null ();
}

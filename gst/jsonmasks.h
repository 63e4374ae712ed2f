/* The shapes of segments as JSON.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_JSON_MASKS_H__
#define __GST_MASK2FORMER_JSON_MASKS_H__

#include <jansson.h>

#include "gst/view.h"

G_BEGIN_DECLS

typedef enum
{
  GST_MASK2FORMER_MASKS_NONE,
  GST_MASK2FORMER_MASKS_RLE,
  GST_MASK2FORMER_MASKS_POLYGONS,
} GstMask2FormerMasks;

/* The shapes in one frame. */
typedef struct _GstMask2FormerJsonMasks GstMask2FormerJsonMasks;

/* Of a frame of width x height pixels; the view must outlive them.  Corners that polygons leave out
 * lie at most `tolerance` pixels beside them. */
GstMask2FormerJsonMasks *gst_mask2former_json_masks_new (const
    GstPanopticView * view, gint width, gint height, GstMask2FormerMasks kind,
    gdouble tolerance);
void gst_mask2former_json_masks_free (GstMask2FormerJsonMasks * masks);

/* The shape of a segment in pixels of the frame (transfer full); null if there is no memory for
 * it. */
json_t *gst_mask2former_json_masks_get (GstMask2FormerJsonMasks * masks,
    guint id);

G_END_DECLS

#endif

/* What is known of one frame as a JSON object.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_JSON_FRAME_H__
#define __GST_MASK2FORMER_JSON_FRAME_H__

#include "gst/jsonmasks.h"

G_BEGIN_DECLS

typedef struct
{
  GstBuffer *buffer;            /* for its times */
  const GstSegment *segment;    /* of the stream */
  gint width, height;           /* pixels */
  const GstPanopticView *view;  /* of its metadata; NULL: it has none */
  GstMask2FormerMasks masks;
  gdouble tolerance;            /* of polygons, in pixels */
} GstMask2FormerJsonFrame;

/* The object that panopticjson.schema.json describes (transfer full); NULL if there is no memory
 * for it. */
json_t *gst_mask2former_json_frame (const GstMask2FormerJsonFrame * frame);

G_END_DECLS

#endif

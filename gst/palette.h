/* Which colour a segment is drawn in.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_PALETTE_H__
#define __GST_MASK2FORMER_PALETTE_H__

#include <gst/gst.h>

#include "model/m2f.h"

G_BEGIN_DECLS

typedef enum
{
  /* a class has the colour people know it by (Cityscapes' for street scenes), else one of its own
   * that depends on nothing but its number */
  GST_MASK2FORMER_PALETTE_DATASET,
  GST_MASK2FORMER_PALETTE_VIVID,
  GST_MASK2FORMER_PALETTE_PASTEL,
  GST_MASK2FORMER_PALETTE_COLOUR_BLIND, /* Okabe and Ito's colours */
} GstMask2FormerPalette;

#define GST_TYPE_MASK2FORMER_PALETTE (gst_mask2former_palette_get_type ())
GType gst_mask2former_palette_get_type (void);

/* R'G'B' 0..255 of a segment.  All segments of a stuff class are the same; things are shades of
 * their class's colour that depend on the query they came from, which as a rule follows an object
 * from frame to frame. */
void gst_mask2former_palette_colour (GstMask2FormerPalette palette,
    const M2fSegment * segment, guint8 rgb[3]);

G_END_DECLS

#endif

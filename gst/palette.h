/* Colours of segments, and the property type of the palettes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_PALETTE_H__
#define __GST_MASK2FORMER_PALETTE_H__

#include <gst/gst.h>

#include "gst/panopticmeta.h"
#include "model/m2f.h"

G_BEGIN_DECLS

#define GST_TYPE_MASK2FORMER_PALETTE (gst_mask2former_palette_get_type ())
/* The #GEnum of M2fPalette. */
GType gst_mask2former_palette_get_type (void);

/* R'G'B' 0..255 of a segment, the same wherever it is drawn.  Shades of things depend on the track
 * of an object or, if it has none, on its query. */
void gst_mask2former_palette_colour (M2fPalette palette,
    const GstPanopticSegment * segment, guint8 rgb[3]);

G_END_DECLS

#endif

/* libmask2former: colours of segments.  Programs include m2f.h.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PALETTE_H
#define M2F_PALETTE_H

#include "m2f_result.h"

G_BEGIN_DECLS

/**
 * M2fPalette:
 * @M2F_PALETTE_DATASET: a class has the colour people know it by (Cityscapes' for street scenes),
 * else one of its own that depends on its number alone
 * @M2F_PALETTE_VIVID: saturated colours
 * @M2F_PALETTE_PASTEL: light colours
 * @M2F_PALETTE_COLOUR_BLIND: Okabe and Ito's colours, told apart with any colour vision
 *
 * Colours to draw segments in.
 */
typedef enum M2fPalette {
    M2F_PALETTE_DATASET,
    M2F_PALETTE_VIVID,
    M2F_PALETTE_PASTEL,
    M2F_PALETTE_COLOUR_BLIND,
} M2fPalette;

/**
 * m2f_palette_name:
 * @palette: a palette
 *
 * Returns: (nullable): "dataset", "vivid", "pastel" or "colour-blind"; %NULL if @palette is not a
 * #M2fPalette
 */
const char *m2f_palette_name (M2fPalette palette);
/**
 * m2f_palette_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @palette: (out): the palette of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_palette_from_name (const char *name, M2fPalette *palette, GError **error);
/**
 * m2f_palette_colour:
 * @palette: a palette
 * @segment: a segment; its label_id, label, is_thing, query and track_id are read
 * @rgb: (out caller-allocates) (array fixed-size=3): R'G'B' 0..255
 *
 * All segments of a stuff class have the same colour; things are shades of their class's colour
 * that depend on their track, or, if they have none, on the query they came from, which as a rule
 * follows an object from frame to frame.
 */
void m2f_palette_colour (M2fPalette palette, const M2fSegment *segment, uint8_t rgb[3]);

G_END_DECLS

#endif

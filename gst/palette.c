/* Colours of segments, and the property type of the palettes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/palette.h"

GType
gst_mask2former_palette_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {M2F_PALETTE_DATASET,
        "Customary colours of known classes, distinct ones for others",
        "dataset"},
    {M2F_PALETTE_VIVID, "Saturated, distinct colours", "vivid"},
    {M2F_PALETTE_PASTEL, "Light, distinct colours", "pastel"},
    {M2F_PALETTE_COLOUR_BLIND,
        "Seven colours that any colour vision can tell apart", "colour-blind"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerPalette", values));
  return type;
}

void
gst_mask2former_palette_colour (M2fPalette palette,
    const GstPanopticSegment * segment, guint8 rgb[3])
{
  gint key = segment->query;

  if (segment->track_id != GST_PANOPTIC_NO_TRACK)
    key = segment->track_id % G_MAXINT;
  m2f_palette_colour (palette, &(M2fSegment) {
        .label_id = segment->label_id,
        .label = segment->label,
        .is_thing = segment->is_thing,
        .query = key,
      }, rgb);
}

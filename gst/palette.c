/* The property type of the palettes.
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
        "The colours a class is known by, else distinct ones", "dataset"},
    {M2F_PALETTE_VIVID, "Saturated distinct colours", "vivid"},
    {M2F_PALETTE_PASTEL, "Light distinct colours", "pastel"},
    {M2F_PALETTE_COLOUR_BLIND,
        "Seven colours told apart with any colour vision", "colour-blind"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerPalette", values));
  return type;
}

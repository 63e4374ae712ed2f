/* The property type of the palettes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_PALETTE_H__
#define __GST_MASK2FORMER_PALETTE_H__

#include <gst/gst.h>

#include "model/m2f.h"

G_BEGIN_DECLS

#define GST_TYPE_MASK2FORMER_PALETTE (gst_mask2former_palette_get_type ())
/* The #GEnum of M2fPalette. */
GType gst_mask2former_palette_get_type (void);

G_END_DECLS

#endif

/* Lays one picture over another where a coverage says so.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_COMPOSE_H__
#define __GST_MASK2FORMER_COMPOSE_H__

#include "gst/coverage.h"
#include "gst/planes.h"
#include "gst/scratch.h"

G_BEGIN_DECLS

/* Writes `n` blocks of a plane from block x of row y on, samples as the frame has them: bytes, or
 * words of 16 bits.  Rows are asked for from top to bottom. */
typedef void (*GstMask2FormerSource) (gpointer picture, guint plane, gint x,
    gint y, gint n, gpointer samples);

/* Lays the picture of `source` over the frame.  A chroma sample of several pixels is covered by
 * their mean.  Alpha, padding and what is not covered are left as they are.  FALSE if there is no
 * memory: the frame is as it was. */
gboolean gst_mask2former_compose (const GstMask2FormerPlanes * planes,
    const GstMask2FormerCoverage * coverage, GstMask2FormerSource source,
    gpointer picture, GstMask2FormerScratch * scratch);

G_END_DECLS

#endif

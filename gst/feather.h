/* Soft edges of a coverage.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_FEATHER_H__
#define __GST_MASK2FORMER_FEATHER_H__

#include "gst/coverage.h"
#include "gst/planes.h"
#include "gst/scratch.h"

G_BEGIN_DECLS

/* All zero at first; one caller at a time. */
typedef struct
{
  GstMask2FormerScratch memory;
  GstMask2FormerScratch sums;
} GstMask2FormerFeather;

/* Frees what it holds. */
void gst_mask2former_feather_clear (GstMask2FormerFeather * feather);

/* Pixels around segments that may change: the margin that the coverage needs. */
gint gst_mask2former_feather_reach (gint width);

/* Lets a coverage of 0 and 255 change over about `width` pixels, and follow the edges of the
 * picture where there are some: a border that is a few pixels off finds the hair that it cut.
 * FALSE if there is no memory: the coverage is as it was. */
gboolean gst_mask2former_feather_along (GstMask2FormerFeather * feather,
    GstMask2FormerCoverage * coverage, const GstMask2FormerPlanes * picture,
    gint width);

/* The same outwards only, whatever the picture: what was covered stays so. */
gboolean gst_mask2former_feather_outwards (GstMask2FormerFeather * feather,
    GstMask2FormerCoverage * coverage, gint width);

G_END_DECLS

#endif

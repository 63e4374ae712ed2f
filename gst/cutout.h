/* Segments cut out of a frame: all else becomes transparent.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_CUTOUT_H__
#define __GST_MASK2FORMER_CUTOUT_H__

#include <gst/video/video.h>

#include "gst/coverage.h"

G_BEGIN_DECLS

/* What the other pad of an element that cuts out can have, where `caps` are those of a pad of this
 * direction (transfer full): formats with alpha come out, and may go in without. */
GstCaps *gst_mask2former_cutout_transform_caps (const GstCaps * caps,
    GstPadDirection direction);

/* True if frames of the format have alpha, or padding in its place. */
gboolean gst_mask2former_cutout_can_be (GstVideoFormat format);

/* Multiplies alpha, or what is in its place, by the coverage; what is not covered at all becomes
 * black, so that nothing of it is kept.  FALSE if the format has no place for alpha. */
gboolean gst_mask2former_cut_out (GstVideoFrame * frame,
    const GstMask2FormerCoverage * coverage);

G_END_DECLS

#endif

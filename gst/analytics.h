/* GstAnalytics metadata: the segments as GStreamer's own elements read them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiled where GStreamer has GstAnalyticsSegmentationMtd, from 1.26 on.
 */
#ifndef __GST_PANOPTIC_ANALYTICS_H__
#define __GST_PANOPTIC_ANALYTICS_H__

#include <gst/video/video.h>

#include "gst/view.h"

G_BEGIN_DECLS

/* Adds to the GstAnalyticsRelationMeta of a writable buffer, which gets one if it has none:
 *
 * - a GstAnalyticsSegmentationMtd with `label_map` as its mask, of which it takes a reference.  Its
 *   regions are the ids of the map, 0 (no segment) included, each at the index that it is;
 * - a GstAnalyticsClsMtd with the label and the score of every region, -1 if it has none, related
 *   to the segmentation N to N;
 * - for every thing a GstAnalyticsODMtd, contained in the segmentation, and a
 *   GstAnalyticsTrackingMtd, related to that, if the thing has a track id.
 *
 * GstAnalytics takes nothing away again: what a buffer has from other sources stays. */
void gst_panoptic_analytics_attach (GstBuffer * buffer,
    const GstPanopticView * view, GstBuffer * label_map);

G_END_DECLS

#endif

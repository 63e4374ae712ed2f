/* panopticoverlay: effects on the segments that panoptic metadata describes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_PANOPTIC_OVERLAY_H__
#define __GST_PANOPTIC_OVERLAY_H__

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_PANOPTIC_OVERLAY (gst_panoptic_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstPanopticOverlay, gst_panoptic_overlay, GST,
    PANOPTIC_OVERLAY, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (panopticoverlay);

G_END_DECLS

#endif

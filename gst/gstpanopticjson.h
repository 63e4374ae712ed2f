/* panopticjson: panoptic metadata as JSON lines.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_PANOPTIC_JSON_H__
#define __GST_PANOPTIC_JSON_H__

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_PANOPTIC_JSON (gst_panoptic_json_get_type ())
G_DECLARE_FINAL_TYPE (GstPanopticJson, gst_panoptic_json, GST, PANOPTIC_JSON,
    GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (panopticjson);

G_END_DECLS

#endif

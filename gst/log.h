/* Debug categories of what elements share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Elements have a category of their own.  The parts below are used by several of them, and before
 * any of them exists in tests, so their categories are made at first use.
 */
#ifndef __GST_MASK2FORMER_LOG_H__
#define __GST_MASK2FORMER_LOG_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* "panopticmeta": writing and reading the metadata. */
GstDebugCategory *gst_panoptic_meta_log (void);
/* "mask2formeroverlay": drawing. */
GstDebugCategory *gst_mask2former_overlay_log (void);
/* "mask2formersides": the request pads. */
GstDebugCategory *gst_mask2former_sides_log (void);
/* "mask2formermotion": results that follow the picture. */
GstDebugCategory *gst_mask2former_motion_log (void);

G_END_DECLS

#endif

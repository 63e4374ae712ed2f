/* Frames that lie on their side: what a stream's tags say, and whether something turns them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_ORIENTATION_H__
#define __GST_MASK2FORMER_ORIENTATION_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Takes note of the orientation in tags that reach a sink pad.  Returns the tag (transfer full) if
 * it differs from `orientation`, which becomes it, asks for turning or mirroring, and no element
 * before the pad does so; else NULL. */
gchar *gst_mask2former_orientation_update (GstVideoOrientationMethod *
    orientation, GstTagList * tags, GstPad * pad);

G_END_DECLS

#endif

/* mask2formerseg: finds segments in video with Mask2Former, describes and draws them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_SEG_H__
#define __GST_MASK2FORMER_SEG_H__

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE (mask2formerseg);

G_END_DECLS

#endif

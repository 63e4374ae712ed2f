/* Looks for an element before or behind another one.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_NEIGHBOURS_H__
#define __GST_MASK2FORMER_NEIGHBOURS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef gboolean (*GstMask2FormerMatch) (GstElement * element,
    gconstpointer user_data);

/* An element for which `match` is TRUE (transfer full): of a source pad, one behind it; of a sink
 * pad, one before it, with any number of others in between.  NULL if there is none. */
GstElement *gst_mask2former_find_neighbour (GstPad * pad,
    GstMask2FormerMatch match, gconstpointer user_data);

G_END_DECLS

#endif

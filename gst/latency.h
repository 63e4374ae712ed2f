/* Latency queries.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_LATENCY_H__
#define __GST_MASK2FORMER_LATENCY_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* True if the peer of a sink pad says that it is live. */
gboolean gst_mask2former_latency_ask_live (GstPad * pad);

/* Adds ns to a latency query that was answered, if its source is live. */
void gst_mask2former_latency_add (GstQuery * query, GstClockTime own);

G_END_DECLS

#endif

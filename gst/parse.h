/* Values of properties that are text, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All errors are of the domain M2F_ERROR and name the property or the file.
 */
#ifndef __GST_MASK2FORMER_PARSE_H__
#define __GST_MASK2FORMER_PARSE_H__

#include <gst/gst.h>

#include "model/m2f.h"

G_BEGIN_DECLS

/* Bytes of the longest list that is read: some thousand names or numbers. */
#define GST_MASK2FORMER_MAX_LIST 65536

/* The parts between commas, without spaces around them (transfer full).  NULL with an error if the
 * text is longer than a list may be; `property` is for the error. */
gchar **gst_mask2former_parse_list (const gchar * property, const gchar * text,
    GError ** error);

/* "384x512": height and width; "384": height, and width 0 (the short edge); NULL or "": both 0
 * (as the checkpoint says). */
gboolean gst_mask2former_parse_input_size (const gchar * text, gint * height,
    gint * width, GError ** error);

/* "0,1,5" or "none": class numbers below n_labels (transfer full, elements are gint). */
GArray *gst_mask2former_parse_label_ids (const gchar * text, gint n_labels,
    GError ** error);

G_END_DECLS

#endif

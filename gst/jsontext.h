/* JSON text that is written piece by piece.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text is a list of gchar without a NUL.  A GString would end the process where there is no
 * memory for the masks of many large frames.  Two bytes behind it are free for what ends a batch.
 */
#ifndef __GST_MASK2FORMER_JSON_TEXT_H__
#define __GST_MASK2FORMER_JSON_TEXT_H__

#include <jansson.h>

#include "gst/scratch.h"

G_BEGIN_DECLS

/* FALSE if there is no memory; the text may end anywhere then. */
gboolean gst_mask2former_json_text_append (GstMask2FormerList * text,
    const gchar * piece);
gboolean gst_mask2former_json_text_append_text (GstMask2FormerList * text,
    const GstMask2FormerList * other);
/* Appends a value (transfer full), which is NULL if there was no memory for it. */
gboolean gst_mask2former_json_text_append_json (GstMask2FormerList * text,
    json_t * json);

G_END_DECLS

#endif

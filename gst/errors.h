/* Errors that may quote what others wrote.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_ERRORS_H__
#define __GST_MASK2FORMER_ERRORS_H__

#include <glib.h>

#include "model/text.h"

G_BEGIN_DECLS

/* Sets an error whose message is valid UTF-8 without control characters, whatever its arguments
 * hold: file names, texts of properties, messages of other libraries. */
void gst_mask2former_set_error (GError ** error, GQuark domain, gint code,
    const gchar * format, ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS

#endif

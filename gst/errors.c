/* Errors that may quote what others wrote.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/errors.h"

void
gst_mask2former_set_error (GError ** error, GQuark domain, gint code,
    const gchar * format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = m2f_printable_message (format, args);
  va_end (args);
  g_set_error_literal (error, domain, code, message);
}

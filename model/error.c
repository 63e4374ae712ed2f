/* Errors of the library's domain, fit to be printed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/error.h"

#include <stdbool.h>

G_DEFINE_QUARK (m2f-error-quark, m2f_error)

void
m2f_set_error (GError **error, M2fError code, const char *format, ...)
{
    va_list args;

    va_start (args, format);
    g_autofree char *message = m2f_printable_message (format, args);
    va_end (args);
    g_set_error_literal (error, M2F_ERROR, (int) code, message);
}

bool
m2f_no_memory (GError **error, size_t bytes, const char *what)
{
    m2f_set_error (error, M2F_ERROR_DEVICE, "%s: no memory for %zu bytes", what, bytes);
    return false;
}

void
m2f_warn (GPtrArray *warnings, const char *format, ...)
{
    va_list args;

    if (!warnings)
        return;
    va_start (args, format);
    g_ptr_array_add (warnings, m2f_printable_message (format, args));
    va_end (args);
}

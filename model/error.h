/* Errors of the library's domain, fit to be printed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ERROR_H
#define M2F_ERROR_H

#include <stdbool.h>

#include "model/m2f.h"
#include "model/text.h"

/* Sets an error of M2F_ERROR; the message is made printable, whatever its arguments hold, and ends
 * in "..." where they are too long for a line that someone reads. */
void m2f_set_error (GError **error, M2fError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Says that there is no memory for that many bytes of `what`; returns false. */
bool m2f_no_memory (GError **error, size_t bytes, const char *what);

/* Adds a printable line for the user to a list of char *; NULL drops it. */
void m2f_warn (GPtrArray *warnings, const char *format, ...) G_GNUC_PRINTF (2, 3);

#endif

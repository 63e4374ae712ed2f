/* Text that comes from elsewhere, fit to be printed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TEXT_H
#define M2F_TEXT_H

#include <glib.h>
#include <stdarg.h>

/* A copy of text that may come from a file, as valid UTF-8 without line breaks, control and
 * formatting characters: bytes that are not UTF-8 are written "\xff", such characters "\u001b".
 * It ends in "..." where the text is too long for a line that someone reads: whatever is given,
 * this takes little memory.  Free with g_free(). */
char *m2f_printable (const char *text);

/* Bytes of the longest start of a UTF-8 text that has at most `max` bytes and whole characters, for
 * "%.*s". */
int m2f_utf8_head (const char *text, int max);

/* A message made printable, whatever its arguments hold (g_free). */
char *m2f_printable_message (const char *format, va_list args) G_GNUC_PRINTF (1, 0);

#endif

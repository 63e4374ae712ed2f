/* Text that comes from elsewhere, fit to be printed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/text.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of the longest message: some paths of the longest kind that Linux has. */
#define MAX_MESSAGE 16384

/* True for what would break a line, drive a terminal or change the order of what is read. */
static bool
is_hidden (gunichar c)
{
    switch (g_unichar_type (c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return true;
    default:
        return false;
    }
}

char *
m2f_printable (const char *text)
{
    GString *out = g_string_new (NULL);

    while (*text) {
        const gunichar c = g_utf8_get_char_validated (text, -1);

        if (c == (gunichar) -1 || c == (gunichar) -2) {
            g_string_append_printf (out, "\\x%02x", (guint8) *text++);
            continue;
        }
        if (is_hidden (c))
            g_string_append_printf (out, "\\u%04x", c);
        else
            g_string_append_unichar (out, c);
        text = g_utf8_next_char (text);
    }
    return g_string_free (out, FALSE);
}

int
m2f_utf8_head (const char *text, int max)
{
    int length = (int) strnlen (text, (size_t) max + 1);

    if (length <= max)
        return length;
    while (max > 0 && ((guint8) text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

char *
m2f_printable_message (const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf (format, args);
    char *message = m2f_printable (text);
    const int length = m2f_utf8_head (message, MAX_MESSAGE);

    if (message[length])
        memcpy (message + m2f_utf8_head (message, MAX_MESSAGE - 3), "...", 4);
    return message;
}

/* Text that comes from elsewhere, fit to be printed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/text.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of the longest text: some paths of the longest kind that Linux has. */
#define MAX_TEXT 16384

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

/* Writes the first character of `text`, at most 10 bytes; returns the bytes it takes of it. */
static int
show_character (const char *text, char shown[16])
{
    const gunichar c = g_utf8_get_char_validated (text, -1);

    if (c == (gunichar) -1 || c == (gunichar) -2) {
        g_snprintf (shown, 16, "\\x%02x", (guint8) *text);
        return 1;
    }
    if (is_hidden (c))
        g_snprintf (shown, 16, "\\u%04x", c);
    else
        shown[g_unichar_to_utf8 (c, shown)] = '\0';
    return g_utf8_skip[(guint8) *text];
}

char *
m2f_printable (const char *text)
{
    GString *out = g_string_new (NULL);
    char shown[16];

    while (*text) {
        text += show_character (text, shown);
        if (out->len + strlen (shown) > MAX_TEXT - 3) {
            g_string_append (out, "...");
            break;
        }
        g_string_append (out, shown);
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
    char text[MAX_TEXT + 1];

    /* what is longer is cut by m2f_printable(), too, wherever it was cut here */
    g_vsnprintf (text, sizeof text, format, args);
    return m2f_printable (text);
}

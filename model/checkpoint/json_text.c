/* The text of JSON files before jansson reads it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/json_text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Bytes of the string that starts with the quote at text[0], both quotes included; all there is if
 * it does not end. */
static size_t
string_length (const char *text, size_t size)
{
    size_t i = 1;
    while (i < size && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
    return MIN (i + 1, size);
}

size_t
m2f_json_text_count (const char *text, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < size;) {
        count += text[i] == '[' || text[i] == '{' || text[i] == ',';
        i += text[i] == '"' ? string_length (text + i, size - i) : 1;
    }
    return count;
}

/* ---- strings ------------------------------------------------------------------------------- */

/* The code unit of the escape \uXXXX at text[0], or -1. */
static int
code_unit (const char *text, size_t size)
{
    int value = 0;
    if (size < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = g_ascii_xdigit_value (text[i]);
        if (digit < 0)
            return -1;
        value = 16 * value + digit;
    }
    return value;
}

static bool
is_surrogate (int unit, int first)
{
    return unit >= first && unit < first + 0x400;
}

/* Copies the escape at text[0]; returns its bytes. */
static size_t
copy_escape (GString *out, const char *text, size_t size)
{
    int unit = code_unit (text, size);
    if (is_surrogate (unit, 0xd800) && is_surrogate (code_unit (text + 6, size - 6), 0xdc00)) {
        g_string_append_len (out, text, 12);
        return 12;
    }
    if (unit == 0 || is_surrogate (unit, 0xd800) || is_surrogate (unit, 0xdc00)) {
        g_string_append (out, "\\ufffd");
        return 6;
    }
    g_string_append_len (out, text, (gssize) MIN (size, 2));
    return MIN (size, 2);
}

static void
copy_string (GString *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        if (text[i] == '\\')
            i += copy_escape (out, text + i, size - i);
        else
            g_string_append_c (out, text[i++]);
    }
}

/* ---- numbers and words --------------------------------------------------------------------- */

static size_t
word_length (const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && (g_ascii_isalnum (text[i]) || (text[i] && strchr ("+-.", text[i]))))
        i++;
    return i;
}

/* True for what Python takes for a number and jansson does not. */
static bool
is_number_of_python (const char *word)
{
    static const char *const words[] = { "NaN", "Infinity", "-Infinity" };
    for (size_t i = 0; i < G_N_ELEMENTS (words); i++) {
        if (g_str_equal (word, words[i]))
            return true;
    }
    if (!g_ascii_isdigit (word[word[0] == '-']) || strpbrk (word, "xX"))
        return false;
    char *end;
    if (strpbrk (word, ".eE"))
        return isinf (g_ascii_strtod (word, &end)) && !*end;
    GError *error = NULL;
    g_ascii_string_to_signed (word, 10, G_MININT64, G_MAXINT64, NULL, &error);
    bool big = g_error_matches (error, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS);
    g_clear_error (&error);
    return big;
}

GString *
m2f_json_text_from_python (const char *text, size_t size)
{
    GString *out = g_string_sized_new (size + 1);
    for (size_t i = 0; i < size;) {
        size_t length = word_length (text + i, size - i);
        if (text[i] == '"') {
            length = string_length (text + i, size - i);
            copy_string (out, text + i, length);
        } else if (length == 0) {
            length = 1;
            g_string_append_c (out, text[i]);
        } else {
            g_autofree char *word = g_strndup (text + i, length);
            const char *quote = is_number_of_python (word) ? "\"" : "";
            g_string_append_printf (out, "%s%s%s", quote, word, quote);
        }
        i += length;
    }
    return out;
}

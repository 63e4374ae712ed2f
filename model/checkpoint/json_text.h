/* The text of JSON files before jansson reads it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_JSON_TEXT_H
#define M2F_JSON_TEXT_H

#include <glib.h>
#include <stddef.h>

/* Upper bound of the number of values in JSON text: one for each bracket, brace and comma outside
 * of strings.  Every value costs about 200 bytes once it is parsed, however short its text. */
size_t m2f_json_text_count (const char *text, size_t size);

/* JSON as Python's json module writes and reads it, turned into JSON as RFC 8259 has it: NaN,
 * Infinity and -Infinity, integers beyond 64 bits and numbers beyond a double become strings, so
 * that only a key that is read as a number finds them wrong; halves of surrogate pairs and \u0000
 * become U+FFFD.  The text need not be JSON; what is wrong with it stays wrong.  Transfer full. */
GString *m2f_json_text_from_python (const char *text, size_t size);

#endif

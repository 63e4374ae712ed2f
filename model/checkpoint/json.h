/* Reading JSON files: typed, range-checked getters whose errors name file, key and value.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     M2fJson json = { .file = path, .object = root, .error = &local };
 *     int queries = m2f_json_int (&json, "num_queries", 100, 1, 4096);
 *     bool pre_norm = m2f_json_bool (&json, "pre_norm", false);
 *     if (local) ...
 *
 * The first error sticks and later calls return what they would for a missing key, so that a
 * caller reads everything and checks once.  A key that is null counts as missing, as it does in
 * transformers.
 */
#ifndef M2F_JSON_H
#define M2F_JSON_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/m2f.h"

typedef struct M2fJson {
    const char *file;    /* for messages */
    const char *prefix;  /* put before keys in messages, "backbone_config."; NULL = none */
    const json_t *object;
    GError **error;      /* not NULL; *error != NULL = failed */
} M2fJson;

/* Parses a file whose outermost value is an object, as Python's json module does: of equal keys the
 * last one counts, and NaN or a number without bounds is wrong only where it is read.  NULL with
 * M2F_ERROR_NOT_FOUND, READ, or FORMAT: larger than `max_size` bytes, not JSON, not UTF-8, nested
 * too deeply, more values than a checkpoint can need. */
json_t *m2f_json_load (const char *path, size_t max_size, GError **error);
/* Parses text in memory like m2f_json_load(); `file` is for the message. */
json_t *m2f_json_parse (const char *text, size_t size, const char *file, GError **error);
/* Parses text in memory by RFC 8259, with every key once. */
json_t *m2f_json_parse_strict (const char *text, size_t size, const char *file, GError **error);

/* The value of a key, borrowed; NULL if it is missing, null, or an error is pending. */
const json_t *m2f_json_get (const M2fJson *json, const char *key);
/* `missing` if the key is; M2F_ERROR_CONFIG unless it is a value of its type in [min, max].  256.0
 * is an integer, too, and 0 and 1 are false and true. */
int m2f_json_int (M2fJson *json, const char *key, int missing, int min, int max);
double m2f_json_double (M2fJson *json, const char *key, double missing, double min, double max);
bool m2f_json_bool (M2fJson *json, const char *key, bool missing);
/* Borrowed from the object. */
const char *m2f_json_string (M2fJson *json, const char *key, const char *missing);
/* A list of exactly `count` integers; `values` holds the defaults and stays if the key is
 * missing. */
void m2f_json_ints (M2fJson *json, const char *key, int *values, int count, int min, int max);
/* The object at a key as a cursor of its own: `prefix` is "key." with whatever precedes it.  False
 * if the key is missing or wrong. */
bool m2f_json_object (M2fJson *json, const char *key, const char *prefix, M2fJson *child);

/* Fails: "FILE: KEY: expected EXPECTED, found VALUE".  `found` may be NULL (nothing there). */
void m2f_json_fail (M2fJson *json, M2fError code, const char *key, const json_t *found,
    const char *expected, ...) G_GNUC_PRINTF (5, 6);
/* Fails with M2F_ERROR_UNSUPPORTED unless the key is missing or this string. */
void m2f_json_require (M2fJson *json, const char *key, const char *value);
/* A value as a message shows it: `"gelu"`, `-3`, `a list of 5` (g_free). */
char *m2f_json_describe (const json_t *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

#endif

/* Reading JSON files: typed, range-checked getters whose errors name file, key and value.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/json.h"

#include <unistd.h>

#include "model/checkpoint/file.h"
#include "model/checkpoint/json_text.h"
#include "model/error.h"

/* More than any checkpoint needs (a tensor takes about ten); bounds the memory to some 50 MB. */
#define MAX_VALUES (1 << 18)

/* ---- parsing ------------------------------------------------------------------------------- */

/* One object; `flags` are jansson's. */
static json_t *
parse (const char *text, size_t size, const char *file, size_t flags, GError **error)
{
    json_error_t failure;
    json_t *root = json_loadb (text, size, flags | JSON_DECODE_ANY, &failure);
    if (!root) {
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s:%d:%d: expected JSON, found: %s", file,
            failure.line, failure.column, failure.text);
        return NULL;
    }
    if (!json_is_object (root)) {
        g_autofree char *found = m2f_json_describe (root);
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected a JSON object, found %s", file,
            found);
        json_decref (root);
        return NULL;
    }
    return root;
}

static bool
check_count (const char *text, size_t size, const char *file, GError **error)
{
    const size_t count = m2f_json_text_count (text, size);
    if (count > MAX_VALUES)
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected JSON of at most %d values, found %zu",
            file, MAX_VALUES, count);
    return count <= MAX_VALUES;
}

json_t *
m2f_json_parse_strict (const char *text, size_t size, const char *file, GError **error)
{
    if (!check_count (text, size, file, error))
        return NULL;
    return parse (text, size, file, JSON_REJECT_DUPLICATES, error);
}

json_t *
m2f_json_parse (const char *text, size_t size, const char *file, GError **error)
{
    if (!check_count (text, size, file, error))
        return NULL;
    GString *strict = m2f_json_text_from_python (text, size);
    json_t *root = parse (strict->str, strict->len, file, 0, error);
    g_string_free (strict, TRUE);
    return root;
}

json_t *
m2f_json_load (const char *path, size_t max_size, GError **error)
{
    uint64_t size;
    int fd = m2f_file_open (path, &size, error);
    if (fd < 0)
        return NULL;

    json_t *root = NULL;
    g_autofree char *text = NULL;
    if (size > max_size) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected at most %zu bytes of JSON, found %" G_GUINT64_FORMAT, path, max_size,
            size);
    } else {
        text = m2f_file_load (fd, path, 0, size, error);
        if (text)
            root = m2f_json_parse (text, size, path, error);
    }
    close (fd);
    return root;
}

/* ---- messages ------------------------------------------------------------------------------ */

char *
m2f_json_describe (const json_t *value)
{
    if (!value)
        return g_strdup ("nothing");
    switch (json_typeof (value)) {
    case JSON_OBJECT:
        return g_strdup_printf ("an object of %zu", json_object_size (value));
    case JSON_ARRAY:
        return g_strdup_printf ("a list of %zu", json_array_size (value));
    case JSON_STRING: {
        /* Long strings are cut, between characters. */
        const char *s = json_string_value (value);
        if (g_utf8_strlen (s, -1) <= 64)
            return g_strdup_printf ("\"%s\"", s);
        g_autofree char *head = g_utf8_substring (s, 0, 64);
        return g_strdup_printf ("\"%s...\"", head);
    }
    case JSON_INTEGER:
        return g_strdup_printf ("%" JSON_INTEGER_FORMAT, json_integer_value (value));
    case JSON_REAL:
        return g_strdup_printf ("%g", json_real_value (value));
    case JSON_TRUE:
        return g_strdup ("true");
    case JSON_FALSE:
        return g_strdup ("false");
    default:
        return g_strdup ("null");
    }
}

void
m2f_json_fail (M2fJson *json, M2fError code, const char *key, const json_t *found,
    const char *expected, ...)
{
    if (*json->error)
        return;
    va_list args;
    va_start (args, expected);
    g_autofree char *want = g_strdup_vprintf (expected, args);
    va_end (args);
    g_autofree char *have = m2f_json_describe (found);
    m2f_set_error (json->error, code, "%s: %s%s: expected %s, found %s", json->file,
        json->prefix ? json->prefix : "", key, want, have);
}

/* ---- getters ------------------------------------------------------------------------------- */

const json_t *
m2f_json_get (const M2fJson *json, const char *key)
{
    if (*json->error)
        return NULL;
    const json_t *value = json_object_get (json->object, key);
    return json_is_null (value) ? NULL : value;
}

/* True for an integer in the range, or a number such as 256.0 that is one. */
static bool
read_int (const json_t *value, int min, int max, int *number)
{
    double real = json_number_value (value); /* 0 for what is no number */
    if (!json_is_number (value) || real < min || real > max || real != (int) real)
        return false;
    *number = (int) real;
    return true;
}

int
m2f_json_int (M2fJson *json, const char *key, int missing, int min, int max)
{
    const json_t *value = m2f_json_get (json, key);
    int number = missing;
    if (value && !read_int (value, min, max, &number))
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, value, "an integer from %d to %d", min, max);
    return number;
}

double
m2f_json_double (M2fJson *json, const char *key, double missing, double min, double max)
{
    const json_t *value = m2f_json_get (json, key);
    if (!value)
        return missing;
    double number = json_number_value (value);
    if (!json_is_number (value) || number < min || number > max) {
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, value, "a number from %g to %g", min, max);
        return missing;
    }
    return number;
}

bool
m2f_json_bool (M2fJson *json, const char *key, bool missing)
{
    const json_t *value = m2f_json_get (json, key);
    if (!value)
        return missing;
    if (json_is_boolean (value))
        return json_is_true (value);
    int number = missing;
    if (!read_int (value, 0, 1, &number))
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, value, "true or false");
    return number;
}

const char *
m2f_json_string (M2fJson *json, const char *key, const char *missing)
{
    const json_t *value = m2f_json_get (json, key);
    if (!value)
        return missing;
    if (!json_is_string (value)) {
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, value, "a string");
        return missing;
    }
    return json_string_value (value);
}

void
m2f_json_ints (M2fJson *json, const char *key, int *values, int count, int min, int max)
{
    const json_t *list = m2f_json_get (json, key);
    if (!list)
        return;
    if (!json_is_array (list) || json_array_size (list) != (size_t) count) {
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, list, "a list of %d integers", count);
        return;
    }
    for (int i = 0; i < count; i++) {
        const json_t *value = json_array_get (list, i);
        if (!read_int (value, min, max, &values[i])) {
            g_autofree char *element = g_strdup_printf ("%s[%d]", key, i);
            m2f_json_fail (json, M2F_ERROR_CONFIG, element, value, "an integer from %d to %d", min,
                max);
            return;
        }
    }
}

bool
m2f_json_object (M2fJson *json, const char *key, const char *prefix, M2fJson *child)
{
    const json_t *value = m2f_json_get (json, key);
    if (!value)
        return false;
    if (!json_is_object (value)) {
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, value, "an object");
        return false;
    }
    *child = (M2fJson) {
        .file = json->file, .prefix = prefix, .object = value, .error = json->error,
    };
    return true;
}

void
m2f_json_require (M2fJson *json, const char *key, const char *value)
{
    const char *found = m2f_json_string (json, key, value);
    if (!g_str_equal (found, value))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, key, m2f_json_get (json, key), "\"%s\"", value);
}

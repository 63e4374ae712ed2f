/* Names of the classes: what config.json has of them, and a name for every class.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/labels.h"

#include "model/error.h"

/* Classes spelled out in a warning; the rest is counted. */
#define MAX_NAMED 8

/* ---- reading ------------------------------------------------------------------------------- */

/* An integer as Python's int() reads it, "07" and " +7 " included.  False if it is none; one beyond
 * an int is -1, which is no class. */
static bool
parse_class (const char *text, int *id)
{
    g_autofree char *stripped = g_strstrip (g_strdup (text));
    const char *digits = stripped + (stripped[0] == '+' || stripped[0] == '-');
    GError *error = NULL;
    gint64 value;
    bool ok = g_ascii_isdigit (digits[0])
        && g_ascii_string_to_signed (stripped[0] == '-' ? stripped : digits, 10, 0, G_MAXINT,
            &value, &error);
    *id = ok ? (int) value : -1;
    ok = ok || g_error_matches (error, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS);
    g_clear_error (&error);
    return ok;
}

/* Notes the name of a class.  Names of nothing but spaces are no names. */
static void
add_name (M2fJson *json, M2fLabels *labels, const char *key, int id, const char *name)
{
    if (strlen (name) > M2F_MAX_LABEL_LENGTH) {
        g_autofree char *where = g_strdup_printf ("%s[\"%d\"]", key, id);
        g_autoptr (json_t) found = json_string (name);
        m2f_json_fail (json, M2F_ERROR_CONFIG, where, found, "a name of at most %d bytes",
            M2F_MAX_LABEL_LENGTH);
        return;
    }
    g_autofree char *stripped = g_strstrip (g_strdup (name));
    if (id < 0) /* a key of its own for each, so that they are counted */
        id = -1 - (int) g_hash_table_size (labels->names);
    g_hash_table_replace (labels->names, GINT_TO_POINTER (id),
        stripped[0] ? g_strdup (name) : NULL);
}

static void
read_id2label (M2fJson *json, const json_t *object, M2fLabels *labels)
{
    const char *key;
    json_t *name;
    json_object_foreach ((json_t *) object, key, name) {
        int id;
        if (!parse_class (key, &id) || !json_is_string (name)) {
            g_autofree char *where = g_strdup_printf ("id2label[\"%.*s\"]",
                m2f_utf8_head (key, 64), key);
            m2f_json_fail (json, M2F_ERROR_CONFIG, where, name,
                "an integer as the key and a name as the value");
            return;
        }
        add_name (json, labels, "id2label", id, json_string_value (name));
    }
}

static void
read_label2id (M2fJson *json, const json_t *object, M2fLabels *labels)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *) object, name, value) {
        double id = json_number_value (value);
        bool is_class = json_is_number (value) && id >= 0 && id < M2F_MAX_LABELS;
        add_name (json, labels, "label2id", is_class ? (int) id : -1, name);
    }
}

M2fLabels
m2f_labels_read (M2fJson *json)
{
    M2fLabels labels = {
        .names = g_hash_table_new_full (NULL, NULL, NULL, g_free),
        .num_labels = m2f_json_int (json, "num_labels", -1, 0, M2F_MAX_LABELS),
    };
    labels.key = m2f_json_get (json, "id2label") ? "id2label"
        : m2f_json_get (json, "label2id")        ? "label2id"
                                                 : NULL;
    const json_t *object = labels.key ? m2f_json_get (json, labels.key) : NULL;
    if (!object)
        return labels;
    size_t count = json_object_size (object);
    if (!json_is_object (object) || count > M2F_MAX_LABELS)
        m2f_json_fail (json, M2F_ERROR_CONFIG, labels.key, object, "an object of 0 to %d names",
            M2F_MAX_LABELS);
    else if (g_str_equal (labels.key, "id2label"))
        read_id2label (json, object, &labels);
    else
        read_label2id (json, object, &labels);
    return labels;
}

void
m2f_labels_clear (M2fLabels *labels)
{
    g_clear_pointer (&labels->names, g_hash_table_unref);
}

/* ---- naming every class -------------------------------------------------------------------- */

int
m2f_labels_count (const M2fLabels *labels)
{
    if (labels->num_labels >= 0)
        return labels->num_labels;
    return labels->key ? (int) g_hash_table_size (labels->names) : 2; /* PreTrainedConfig's */
}

/* True if transformers drops all names because num_labels is another number. */
static bool
names_are_dropped (const M2fLabels *labels, int count)
{
    return labels->num_labels == count && (int) g_hash_table_size (labels->names) != count;
}

/* Appends the n-th of the classes that have no name, if it is among the first. */
static void
append_class (GString *list, int n, int id)
{
    if (n < MAX_NAMED)
        g_string_append_printf (list, "%s%d", n ? ", " : " ", id);
}

static void
warn_of_difference (const M2fLabels *labels, const char *file, const GString *nameless,
    int n_nameless, int n_beyond, GPtrArray *warnings)
{
    g_autoptr (GString) text = g_string_new (NULL);
    if (n_nameless)
        g_string_append_printf (text, "no name for class%s%s", n_nameless > 1 ? "es" : "",
            nameless->str);
    if (n_nameless > MAX_NAMED)
        g_string_append_printf (text, " and %d more", n_nameless - MAX_NAMED);
    if (n_nameless)
        g_string_append (text, ", called LABEL_ and the number");
    if (n_beyond)
        g_string_append_printf (text, "%s%d name%s of classes that the network does not have",
            n_nameless ? "; " : "", n_beyond, n_beyond > 1 ? "s" : "");
    m2f_warn (warnings, "%s: %s: %s", file, labels->key, text->str);
}

char **
m2f_labels_resolve (const M2fLabels *labels, int count, const char *file, GPtrArray *warnings)
{
    char **names = g_new0 (char *, count + 1);
    g_autoptr (GString) nameless = g_string_new (NULL);
    int n_nameless = 0, n_named = 0, n_known = (int) g_hash_table_size (labels->names);
    const bool dropped = names_are_dropped (labels, count);

    for (int i = 0; i < count; i++) {
        gpointer name = NULL;
        bool has_key = !dropped
            && g_hash_table_lookup_extended (labels->names, GINT_TO_POINTER (i), NULL, &name);
        n_named += has_key;
        names[i] = name ? g_strdup (name) : g_strdup_printf ("LABEL_%d", i);
        if (!name)
            append_class (nameless, n_nameless++, i);
    }
    if (count == 0)
        m2f_warn (warnings, "%s: no classes, so there is nothing to find in pictures", file);
    else if (!labels->key)
        m2f_warn (warnings, "%s: no id2label, so the %d classes are called LABEL_0 to LABEL_%d",
            file, count, count - 1);
    else if (dropped)
        m2f_warn (warnings, "%s: num_labels is %d, but %s has %d names; all %d classes are called "
            "LABEL_ and the number", file, count, labels->key, n_known, count);
    else if (n_nameless || n_known > n_named)
        warn_of_difference (labels, file, nameless, n_nameless, n_known - n_named, warnings);
    return names;
}

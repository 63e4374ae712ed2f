/* Names of the classes: what config.json has of them, and a name for every class.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transformers takes the keys of id2label for integers, in any order and with gaps, and their
 * number for the number of classes; the network has one class for each row of class_predictor but
 * the last.
 */
#ifndef M2F_LABELS_H
#define M2F_LABELS_H

#include <glib.h>
#include <stdbool.h>

#include "model/checkpoint/json.h"

/* Bounds for every list of names. */
#define M2F_MAX_LABELS 16384
#define M2F_MAX_LABEL_LENGTH 1024 /* bytes */

typedef struct M2fLabels {
    GHashTable *names; /* class to its name (char *), also of classes that the network lacks */
    int num_labels;    /* the key's value; -1 if it is missing */
    const char *key;   /* "id2label", "label2id", or NULL if neither is there */
} M2fLabels;

/* Reads id2label, or label2id without it, and num_labels.  On failure an error is pending in
 * `json`.  Clear the result with m2f_labels_clear() in any case. */
M2fLabels m2f_labels_read (M2fJson *json);
void m2f_labels_clear (M2fLabels *labels);

/* The number of classes that transformers would give the network. */
int m2f_labels_count (const M2fLabels *labels);
/* A name for each of `count` classes, NULL-terminated (g_strfreev).  A class without a name is
 * LABEL_k, and so is every class where num_labels is at odds with the number of names, as in
 * transformers.  What differs from the file is added to `warnings` in one line that names
 * `file`. */
char **m2f_labels_resolve (const M2fLabels *labels, int count, const char *file,
    GPtrArray *warnings);

#endif

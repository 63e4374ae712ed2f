/* The classes of known label sets that are stuff, which published configs leave out.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/label_sets.h"

#include <stdlib.h>
#include <string.h>

static const int coco_stuff[] = {
    80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102,
    103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
    122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132,
};
static const int cityscapes_stuff[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const int ade_stuff[] = {
    0, 1, 2, 3, 4, 5, 6, 9, 11, 13, 16, 17, 21, 25, 26, 28, 29, 34, 40, 46, 48, 51, 52, 54, 59, 60,
    61, 63, 68, 77, 79, 84, 91, 94, 96, 99, 100, 101, 105, 106, 109, 113, 114, 117, 122, 128, 131,
    140, 141, 145,
};
static const int mapillary_stuff[] = {
    2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 26, 27, 28, 29, 30, 31, 43, 58,
    63, 64,
};
static const int street_small_stuff[] = { 0, 1, 4, 5, 6 };

#define STUFF(ids) .stuff = ids, .n_stuff = G_N_ELEMENTS (ids)

static const M2fLabelSet sets[] = {
    { .name = "COCO panoptic", .n_labels = 133, STUFF (coco_stuff), .task = M2F_TASK_PANOPTIC,
        .marks = { { 0, "person" }, { 79, "toothbrush" }, { 80, "banner" }, { 132, "rug" } } },
    { .name = "COCO instance", .n_labels = 80, .task = M2F_TASK_INSTANCE,
        .marks = { { 0, "person" }, { 2, "car" }, { 79, "toothbrush" } } },
    { .name = "Cityscapes", .n_labels = 19, STUFF (cityscapes_stuff), .task = M2F_TASK_PANOPTIC,
        .marks = { { 0, "road" }, { 10, "sky" }, { 11, "person" }, { 18, "bicycle" } } },
    { .name = "Cityscapes instance", .n_labels = 8, .task = M2F_TASK_INSTANCE,
        .marks = { { 0, "person" }, { 1, "rider" }, { 7, "bicycle" } } },
    { .name = "ADE20K", .n_labels = 150, STUFF (ade_stuff), .task = M2F_TASK_SEMANTIC,
        .marks = { { 0, "wall" }, { 2, "sky" }, { 12, "person" }, { 149, "flag" } } },
    { .name = "Mapillary Vistas", .n_labels = 65, STUFF (mapillary_stuff),
        .task = M2F_TASK_PANOPTIC,
        .marks = { { 0, "bird" }, { 19, "person" }, { 27, "sky" }, { 55, "car" } } },
    { .name = "street-small", .n_labels = 7, STUFF (street_small_stuff), .task = M2F_TASK_PANOPTIC,
        .marks = { { 0, "drivable surface" }, { 2, "person" }, { 3, "vehicle" }, { 6, "sky" } } },
};

/* Whether a label is `name` or starts with it as a word: "rug-merged", "road, route", "bed ". */
static bool
label_starts_with (const char *label, const char *name)
{
    size_t length = strlen (name);
    return g_ascii_strncasecmp (label, name, length) == 0 && !g_ascii_isalnum (label[length]);
}

static bool
labels_match (const M2fLabelSet *set, const M2fConfig *config)
{
    if (config->n_labels != set->n_labels)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS (set->marks) && set->marks[i].name; i++) {
        if (!label_starts_with (config->labels[set->marks[i].id], set->marks[i].name))
            return false;
    }
    return true;
}

const M2fLabelSet *
m2f_label_set_find (const M2fConfig *config)
{
    for (size_t i = 0; i < G_N_ELEMENTS (sets); i++) {
        if (labels_match (&sets[i], config))
            return &sets[i];
    }
    return NULL;
}

static int
compare_ids (const void *a, const void *b)
{
    return *(const int *) a - *(const int *) b;
}

bool
m2f_label_set_is_thing (const M2fLabelSet *set, int id)
{
    return !set || !set->n_stuff
        || !bsearch (&id, set->stuff, set->n_stuff, sizeof id, compare_ids);
}

/* ---- background ---------------------------------------------------------------------------- */

static bool
is_one_of (const char *word, size_t length, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (strlen (words[i]) == length && g_ascii_strncasecmp (word, words[i], length) == 0)
            return true;
    }
    return false;
}

gboolean
m2f_label_is_background (const char *label)
{
    static const char *const names[] = { "background", "bg", "void", "unlabeled", "unlabelled",
        "ignore", "ignored", "other", "others" };
    static const char *const fillers[] = { "", "class", "label", "region", "area" };
    /* "__background__", "void--unlabeled", "Ignore label" */
    static const char separators[] = " _-.,:;/()[]<>";
    bool named = false;
    size_t length;

    for (const char *word = label; *word; word += length) {
        word += strspn (word, separators);
        length = strcspn (word, separators);
        bool is_name = is_one_of (word, length, names, G_N_ELEMENTS (names));
        if (!is_name && !is_one_of (word, length, fillers, G_N_ELEMENTS (fillers)))
            return FALSE;
        named = named || is_name;
    }
    return named;
}

bool
m2f_label_is_thing (const M2fLabelSet *set, int id, const char *label)
{
    return m2f_label_set_is_thing (set, id) && !m2f_label_is_background (label);
}

/* ---- tasks --------------------------------------------------------------------------------- */

/* The part of a path that names the checkpoint (g_free). */
static char *
checkpoint_name (const char *dir)
{
    g_autofree char *path = g_canonicalize_filename (dir, NULL);
    g_autofree char *parent = g_path_get_dirname (path);
    g_autofree char *parent_name = g_path_get_basename (parent);
    if (!g_str_equal (parent_name, "snapshots"))
        return g_path_get_basename (path);
    g_autofree char *repository = g_path_get_dirname (parent);
    return g_path_get_basename (repository);
}

M2fTask
m2f_label_set_task (const M2fLabelSet *set, const char *dir)
{
    g_autofree char *name = checkpoint_name (dir);
    g_autofree char *lower = g_ascii_strdown (name, -1);
    if (strstr (lower, "panoptic"))
        return M2F_TASK_PANOPTIC;
    if (strstr (lower, "instance"))
        return M2F_TASK_INSTANCE;
    if (strstr (lower, "semantic"))
        return M2F_TASK_SEMANTIC;
    return set ? set->task : M2F_TASK_PANOPTIC;
}

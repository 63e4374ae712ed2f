/* Tests of label_sets.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/label_sets.h"
#include "tests/unit/scratch.h"

typedef struct Mark {
    int id;
    const char *name;
} Mark;

/* `count` labels "class N", except for the marks (up to one without a name). */
static M2fConfig *
make_labels (int count, const Mark *marks)
{
    M2fConfig *config = g_new0 (M2fConfig, 1);
    config->n_labels = count;
    config->labels = g_new0 (char *, count + 1);
    for (int i = 0; i < count; i++)
        config->labels[i] = g_strdup_printf ("class %d", i);
    for (; marks->name; marks++) {
        g_free (config->labels[marks->id]);
        config->labels[marks->id] = g_strdup (marks->name);
    }
    return config;
}

/* As the published id2label have them. */
static const struct {
    const char *set;
    int n_labels, n_things;
    M2fTask task;
    Mark marks[8];
    int thing, stuff; /* one of each, -1 = none */
} published[] = {
    { "COCO panoptic", 133, 80, M2F_TASK_PANOPTIC,
        { { 0, "person" }, { 79, "toothbrush" }, { 80, "banner" }, { 132, "rug-merged" } },
        79, 80 },
    { "COCO instance", 80, 80, M2F_TASK_INSTANCE,
        { { 0, "person" }, { 1, "bicycle" }, { 2, "car" }, { 79, "toothbrush" } }, 0, -1 },
    { "Cityscapes", 19, 8, M2F_TASK_PANOPTIC,
        { { 0, "road" }, { 10, "sky" }, { 11, "person" }, { 18, "bicycle" } }, 11, 10 },
    { "Cityscapes instance", 8, 8, M2F_TASK_INSTANCE,
        { { 0, "person" }, { 1, "rider" }, { 7, "bicycle" } }, 7, -1 },
    { "ADE20K", 150, 100, M2F_TASK_SEMANTIC,
        { { 0, "wall" }, { 2, "sky" }, { 12, "person" }, { 149, "flag" } }, 12, 145 },
    { "ADE20K", 150, 100, M2F_TASK_SEMANTIC,
        { { 0, "wall" }, { 2, "sky" }, { 12, "person, individual" }, { 149, "flag" } }, 12, 0 },
    { "Mapillary Vistas", 65, 37, M2F_TASK_PANOPTIC,
        { { 0, "Bird" }, { 19, "Person" }, { 27, "Sky" }, { 55, "Car" } }, 55, 64 },
};

START_TEST (test_published)
{
    for (size_t i = 0; i < G_N_ELEMENTS (published); i++) {
        g_autoptr (M2fConfig) config = make_labels (published[i].n_labels, published[i].marks);
        const M2fLabelSet *set = m2f_label_set_find (config);
        ck_assert_msg (set != NULL, "%s is not known", published[i].set);
        ck_assert_str_eq (set->name, published[i].set);
        ck_assert_int_eq (set->n_labels, published[i].n_labels);
        ck_assert_int_eq (m2f_label_set_task (set, "/models/mine"), published[i].task);
        int things = 0;
        for (int id = 0; id < set->n_labels; id++)
            things += m2f_label_set_is_thing (set, id);
        ck_assert_int_eq (things, published[i].n_things);
        ck_assert_int_eq (set->n_labels - things, set->n_stuff);
        for (int s = 0; s < set->n_stuff; s++) {
            ck_assert (s == 0 || set->stuff[s - 1] < set->stuff[s]);
            ck_assert (!m2f_label_set_is_thing (set, set->stuff[s]));
        }
        ck_assert (m2f_label_set_is_thing (set, published[i].thing));
        ck_assert (published[i].stuff < 0 || !m2f_label_set_is_thing (set, published[i].stuff));
    }
}
END_TEST

START_TEST (test_shipped)
{
    g_autofree char *dir = shipped_dir ();
    g_autoptr (M2fConfig) config = m2f_config_load (dir, NULL, NULL);
    ck_assert_ptr_nonnull (config);
    const M2fLabelSet *set = m2f_label_set_find (config);
    ck_assert_ptr_nonnull (set);
    ck_assert_str_eq (set->name, "street-small");
    ck_assert_int_eq (m2f_label_set_task (set, dir), M2F_TASK_PANOPTIC);
    for (int id = 0; id < config->n_labels; id++) {
        bool thing = g_str_equal (config->labels[id], "person")
            || g_str_equal (config->labels[id], "vehicle");
        ck_assert (m2f_label_set_is_thing (set, id) == thing);
    }
}
END_TEST

START_TEST (test_unknown)
{
    g_autoptr (M2fConfig) other = make_labels (133, (const Mark[]) { { 0, "person" }, { 0 } });
    ck_assert_ptr_null (m2f_label_set_find (other));
    /* the name goes on: "skyline" is not "sky" */
    g_autoptr (M2fConfig) near = make_labels (19, (const Mark[]) {
        { 0, "road" }, { 10, "skyline" }, { 11, "person" }, { 18, "bicycle" }, { 0 } });
    ck_assert_ptr_null (m2f_label_set_find (near));
    g_autoptr (M2fConfig) one = make_labels (1, (const Mark[]) { { 0 } });
    ck_assert_ptr_null (m2f_label_set_find (one));
    ck_assert (m2f_label_set_is_thing (NULL, 0));
    ck_assert_int_eq (m2f_label_set_task (NULL, "/models/mine"), M2F_TASK_PANOPTIC);
}
END_TEST

START_TEST (test_directory_names)
{
    static const struct {
        const char *dir;
        M2fTask task;
    } cases[] = {
        { "/m/mask2former-swin-tiny-coco-instance", M2F_TASK_INSTANCE },
        { "/m/mask2former-swin-large-ade-panoptic", M2F_TASK_PANOPTIC },
        { "/m/mask2former-swin-tiny-cityscapes-semantic/", M2F_TASK_SEMANTIC },
        { "m/../Cityscapes-SEMANTIC/.", M2F_TASK_SEMANTIC },
        { "/hub/models--facebook--mask2former-swin-tiny-coco-instance/snapshots/0123abcd",
            M2F_TASK_INSTANCE },
        { "/semantic-things/street-small", M2F_TASK_PANOPTIC },
        { "/", M2F_TASK_PANOPTIC },
    };
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
        ck_assert_msg (m2f_label_set_task (NULL, cases[i].dir) == cases[i].task, "%s: found %d",
            cases[i].dir, m2f_label_set_task (NULL, cases[i].dir));
}
END_TEST

START_TEST (test_background)
{
    static const char *const background[] = { "background", "Background", "BACKGROUND", "void",
        "Void", "unlabeled", "unlabelled", "Unlabeled", "ignore", "other", "Other",
        "__background__", "_background_", "void--unlabeled", "Ignore label", "background class",
        " bg ", "others", "void/ignore" };
    static const char *const classes[] = { "person", "", " ", "class", "other vehicle",
        "floor-other-merged", "wall-other-merged", "backgrounds of it", "avoid", "voids", "LABEL_0",
        "ignore this person", "otherprop" };
    for (size_t i = 0; i < G_N_ELEMENTS (background); i++) {
        ck_assert_msg (m2f_label_is_background (background[i]), "%s", background[i]);
        ck_assert (!m2f_label_is_thing (NULL, 0, background[i]));
    }
    for (size_t i = 0; i < G_N_ELEMENTS (classes); i++) {
        ck_assert_msg (!m2f_label_is_background (classes[i]), "%s", classes[i]);
        ck_assert (m2f_label_is_thing (NULL, 0, classes[i]));
    }
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("labels", test_published, test_shipped, test_unknown, test_background,
        test_directory_names);
}

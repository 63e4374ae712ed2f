/* Tests of label_sets.c and labels_file.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/stat.h>

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

/* Counts of the published id2label. */
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

/* ---- labels-file --------------------------------------------------------------------------- */

/* The names joined by commas, or NULL with an error (g_free). */
static char *
read_names (const char *path, int n_labels, GError **error)
{
    g_auto (GStrv) names = m2f_labels_from_file (path, n_labels, error);
    return names ? g_strjoinv (",", names) : NULL;
}

START_TEST (test_file)
{
    static const struct {
        const char *text;
        gssize size; /* -1: to its end */
        const char *names, *words;
    } cases[] = {
        { "a\nb\nc", -1, "a,b,c", NULL },
        { "a\nb\nc\n", -1, "a,b,c", NULL },
        { "a\r\nb\r\nc\r\n\r\n \t\n", -1, "a,b,c", NULL },
        { " a \n\tb b\t\n\xc3\xa9", -1, "a,b b,\xc3\xa9", NULL },
        { "\xef\xbb\xbf" "a\r\nb\r\nc", -1, "a,b,c", NULL },
        { "a\n\nc\n", -1, NULL, "labels.txt: line 2|an empty line" },
        { "a\nb\n \t\nd", -1, NULL, "line 3|an empty line" },
        { "\xef\xbb\xbf\nb\nc", -1, NULL, "line 1|an empty line" },
        { "a\nb\0x\nc", 7, NULL, "expected UTF-8 text, found a NUL at byte 3" },
        { "a\0", 2, NULL, "a NUL at byte 1" },
        { "a\nb\xff\nc", -1, NULL, "expected UTF-8 text, found other bytes at byte 3" },
        { "\xff\xfe" "a\0\n\0", 6, NULL, "UTF-8" },
        { "a\nb", -1, NULL, "expected 3 lines|found 2" },
        { "a\nb\nc\nd", -1, NULL, "expected 3 lines|found 4" },
        { "", -1, NULL, "expected 3 lines|found 0" },
        { " \n\t\r\n", -1, NULL, "expected 3 lines|found 0" },
    };
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = scratch_write (dir, "labels.txt", cases[i].text, cases[i].size);
        g_autoptr (GError) error = NULL;
        g_autofree char *names = read_names (path, 3, &error);
        if (cases[i].names)
            ck_assert_str_eq (names, cases[i].names);
        else
            check_error (&error, M2F_ERROR_FORMAT, cases[i].words);
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_other_files)
{
    char *dir = scratch_new ();
    g_autoptr (GError) error = NULL;
    ck_assert_ptr_null (read_names ("/nonexistent/labels", 3, &error));
    check_error (&error, M2F_ERROR_NOT_FOUND, "/nonexistent/labels");
    ck_assert_ptr_null (read_names ("/dev/zero", 3, &error));
    check_error (&error, M2F_ERROR_READ, "/dev/zero|a character device");
    ck_assert_ptr_null (read_names (dir, 3, &error));
    check_error (&error, M2F_ERROR_READ, "a directory");
    g_autofree char *fifo = g_build_filename (dir, "fifo", NULL);
    ck_assert_int_eq (mkfifo (fifo, 0600), 0);
    ck_assert_ptr_null (read_names (fifo, 3, &error));
    check_error (&error, M2F_ERROR_READ, "a FIFO");

    g_autofree char *name = g_strnfill (60000, 'x');
    g_autofree char *text = g_strdup_printf ("%s\nb\nc\n", name);
    g_autofree char *line = scratch_write (dir, "line", text, -1);
    ck_assert_ptr_null (read_names (line, 3, &error));
    check_error (&error, M2F_ERROR_FORMAT, "line 1|1 to 1024 bytes|a longer one");
    g_autofree char *lines = g_strnfill (1 << 21, '\n');
    g_autofree char *large = scratch_write (dir, "large", lines, -1);
    ck_assert_ptr_null (read_names (large, 3, &error));
    check_error (&error, M2F_ERROR_FORMAT, "large|at most 1048576 bytes|found 2097152");
    lines[1 << 20] = '\0';
    for (int i = 0; i < 1 << 20; i += 2)
        lines[i] = 'x';
    g_autofree char *many = scratch_write (dir, "many", lines, -1);
    ck_assert_ptr_null (read_names (many, 3, &error));
    check_error (&error, M2F_ERROR_FORMAT, "expected 3 lines|found 524288");
    scratch_free (dir);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("labels", test_published, test_shipped, test_unknown, test_background,
        test_directory_names, test_file, test_other_files);
}

/* For tests that read files: scratch directories, and errors that must say the right thing.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_SCRATCH_H
#define M2F_TESTS_SCRATCH_H

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "model/m2f.h"

/* The folder of a checkpoint, from the test's environment. */
static inline char *
fixture_dir (const char *name)
{
    return g_build_filename (g_getenv ("M2F_TEST_DATA"), "fixtures", name, NULL);
}

static inline char *
shipped_dir (void)
{
    return g_build_filename (g_getenv ("M2F_TEST_CHECKPOINTS"), "street-small", NULL);
}

static inline char *
scratch_new (void)
{
    char *dir = g_dir_make_tmp (NULL, NULL);
    ck_assert_ptr_nonnull (dir);
    return dir;
}

/* Writes DIR/NAME and returns its path (g_free). */
static inline char *
scratch_write (const char *dir, const char *name, const void *data, gssize size)
{
    char *path = g_build_filename (dir, name, NULL);
    ck_assert_msg (g_file_set_contents (path, data, size, NULL), "cannot write %s", path);
    return path;
}

/* Removes the directory and the files in it. */
static inline void
scratch_free (char *dir)
{
    GDir *entries = g_dir_open (dir, 0, NULL);
    ck_assert_ptr_nonnull (entries);
    for (const char *name; (name = g_dir_read_name (entries));) {
        g_autofree char *path = g_build_filename (dir, name, NULL);
        ck_assert_int_eq (g_remove (path), 0);
    }
    g_dir_close (entries);
    ck_assert_int_eq (g_rmdir (dir), 0);
    g_free (dir);
}

/* There is an error, it is this M2fError, and its message has each of the words in it ("a|b|c");
 * clears it. */
static inline void
check_error (GError **error, M2fError code, const char *words)
{
    ck_assert_msg (*error != NULL, "expected an error about %s, found none", words);
    ck_assert_msg (g_error_matches (*error, M2F_ERROR, (int) code),
        "expected M2F_ERROR code %d, found %s code %d: %s", (int) code,
        g_quark_to_string ((*error)->domain), (*error)->code, (*error)->message);
    g_auto (GStrv) list = g_strsplit (words, "|", -1);
    for (char **word = list; *word; word++)
        ck_assert_msg (strstr ((*error)->message, *word) != NULL,
            "expected \"%s\" in the message, found: %s", *word, (*error)->message);
    g_clear_error (error);
}

/* Runs one suite of one case; the exit status for main(). */
static inline int
run_tests (const char *name, const TTest *const *tests, int count)
{
    Suite *suite = suite_create (name);
    TCase *tcase = tcase_create (name);
    for (int i = 0; i < count; i++)
        tcase_add_test (tcase, tests[i]);
    tcase_set_timeout (tcase, 60);
    suite_add_tcase (suite, tcase);
    SRunner *runner = srunner_create (suite);
    srunner_run_all (runner, CK_NORMAL);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed ? 1 : 0;
}

#define RUN_TESTS(name, ...) \
    run_tests (name, (const TTest *const[]) { __VA_ARGS__ }, \
        (int) G_N_ELEMENTS (((const TTest *const[]) { __VA_ARGS__ })))

#endif

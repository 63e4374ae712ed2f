/* The header, the library and the project agree on the version; names are found again.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <m2f.h>
#include <stdlib.h>

#if !M2F_CHECK_VERSION(0, 1, 0) || M2F_CHECK_VERSION(M2F_VERSION_MAJOR + 1, 0, 0) \
    || M2F_CHECK_VERSION(M2F_VERSION_MAJOR, M2F_VERSION_MINOR + 1, 0) \
    || M2F_CHECK_VERSION(M2F_VERSION_MAJOR, M2F_VERSION_MINOR, M2F_VERSION_MICRO + 1)
#error "M2F_CHECK_VERSION"
#endif

START_TEST (test_version)
{
    ck_assert_str_eq (m2f_version (), PROJECT_VERSION);
}
END_TEST

START_TEST (test_names)
{
    M2fTask task = M2F_TASK_SEMANTIC;
    M2fPostprocess postprocess = M2F_POSTPROCESS_PAPER;
    M2fPalette palette = M2F_PALETTE_DATASET;
    M2fFormat format = M2F_FORMAT_RGB;
    GError *error = NULL;

    ck_assert (m2f_task_from_name (m2f_task_name (M2F_TASK_PANOPTIC), &task, NULL));
    ck_assert_int_eq ((int) task, M2F_TASK_PANOPTIC);
    ck_assert (m2f_postprocess_from_name (m2f_postprocess_name (M2F_POSTPROCESS_TRANSFORMERS),
        &postprocess, NULL));
    ck_assert_int_eq ((int) postprocess, M2F_POSTPROCESS_TRANSFORMERS);
    ck_assert (m2f_palette_from_name (m2f_palette_name (M2F_PALETTE_COLOUR_BLIND), &palette, NULL));
    ck_assert_int_eq ((int) palette, M2F_PALETTE_COLOUR_BLIND);
    ck_assert (m2f_format_from_name ("nv12", &format, NULL));
    ck_assert_int_eq ((int) format, M2F_FORMAT_NV12);
    ck_assert_str_eq (m2f_format_name (M2F_FORMAT_I420), "I420");

    ck_assert_ptr_null (m2f_task_name ((M2fTask) 3));
    ck_assert_ptr_null (m2f_format_name ((M2fFormat) -1));
    ck_assert (!m2f_task_from_name ("panoptics", &task, &error));
    ck_assert_int_eq ((int) task, M2F_TASK_PANOPTIC); /* left alone */
    ck_assert (g_error_matches (error, M2F_ERROR, M2F_ERROR_ARGUMENT));
    ck_assert_str_eq (error->message,
        "task: expected one of semantic, instance, panoptic, found 'panoptics'");
    g_clear_error (&error);
    ck_assert (!m2f_palette_from_name (NULL, &palette, NULL));
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("version");
    TCase *tcase = tcase_create ("version");
    SRunner *runner = srunner_create (suite);

    suite_add_tcase (suite, tcase);
    tcase_add_test (tcase, test_version);
    tcase_add_test (tcase, test_names);
    srunner_run_all (runner, CK_ENV);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

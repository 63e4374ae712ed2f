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
    for (int f = 0; m2f_format_name ((M2fFormat) f); f++) {
        ck_assert (m2f_format_from_name (m2f_format_name ((M2fFormat) f), &format, NULL));
        ck_assert_int_eq ((int) format, f);
    }
    ck_assert_int_eq ((int) format, M2F_FORMAT_I420_10LE); /* the last */

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

START_TEST (test_plane_sizes)
{
    static const struct {
        M2fFormat format;
        int planes, sizes[3][2]; /* of 7 x 5 pixels: bytes of a row, rows */
    } formats[] = {
        { M2F_FORMAT_RGB, 1, { { 21, 5 } } },
        { M2F_FORMAT_GRAY8, 1, { { 7, 5 } } },
        { M2F_FORMAT_GBRA, 3, { { 7, 5 }, { 7, 5 }, { 7, 5 } } },
        { M2F_FORMAT_NV21, 2, { { 7, 5 }, { 8, 3 } } },
        { M2F_FORMAT_YV12, 3, { { 7, 5 }, { 4, 3 }, { 4, 3 } } },
        { M2F_FORMAT_Y42B, 3, { { 7, 5 }, { 4, 5 }, { 4, 5 } } },
        { M2F_FORMAT_UYVY, 1, { { 16, 5 } } },
        { M2F_FORMAT_P010_10LE, 2, { { 14, 5 }, { 16, 3 } } },
        { M2F_FORMAT_I420_10LE, 3, { { 14, 5 }, { 8, 3 }, { 8, 3 } } },
    };
    int row_bytes, rows;

    for (size_t i = 0; i < G_N_ELEMENTS (formats); i++) {
        for (int p = 0; p < formats[i].planes; p++) {
            ck_assert (m2f_format_plane_size (formats[i].format, p, 7, 5, &row_bytes, &rows));
            ck_assert_int_eq (row_bytes, formats[i].sizes[p][0]);
            ck_assert_int_eq (rows, formats[i].sizes[p][1]);
        }
        ck_assert (!m2f_format_plane_size (formats[i].format, formats[i].planes, 7, 5, &row_bytes,
            &rows));
    }
    ck_assert (!m2f_format_plane_size ((M2fFormat) -1, 0, 7, 5, &row_bytes, &rows));
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
    tcase_add_test (tcase, test_plane_sizes);
    srunner_run_all (runner, CK_ENV);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Who owns what: results outlive models and move between threads, copies share nothing, unref
 * functions are GDestroyNotify.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <m2f_bindings.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 64, HEIGHT = 48 };

static M2fModel *
load (void)
{
    g_autoptr (GError) error = NULL;
    M2fModel *model = m2f_model_load_path (SQUARE, "cpu", "fp32", 1, &error);

    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    return model;
}

static GBytes *
pixels (void)
{
    g_autofree uint8_t *data = g_new (uint8_t, WIDTH * HEIGHT * 3);

    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        data[i] = (uint8_t) (i * 7);
    return g_bytes_new (data, WIDTH * HEIGHT * 3);
}

/* A result on the stack of this function, whose model and session are gone when it returns. */
static M2fResult
run (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = pixels ();
    g_autoptr (M2fImage) image
        = m2f_image_new_from_bytes (M2F_FORMAT_RGB, WIDTH, HEIGHT, 3 * WIDTH, bytes, &error);
    g_autoptr (M2fModel) model = load ();
    g_autoptr (M2fSession) session = m2f_session_new (model);
    g_autoptr (M2fParams) params = m2f_params_new (model);
    M2fResult result = { 0 };

    params->threshold = 0;
    params->overlap_mask_area_threshold = 0;
    params->binary_maps = TRUE;
    ck_assert_msg (m2f_session_run (session, image, params, &result, &error), "%s",
        error ? error->message : "");
    ck_assert_int_gt (result.n_segments, 0);
    return result;
}

/* Reads all that a result owns; areas are counted again. */
static void
check_result (const M2fResult *result)
{
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *segment = m2f_result_get_segment (result, i);
        int64_t area = 0;
        float sum = 0;

        ck_assert (g_str_has_prefix (segment->label, "class "));
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                area += m2f_result_id (result, x, y) == segment->id;
        ck_assert_int_eq (area, segment->area);
        for (int k = 0; k < 32; k++)
            sum += segment->embedding[k] * segment->embedding[k];
        ck_assert (sum > 0);
        ck_assert_ptr_nonnull (memchr (segment->mask, 1, WIDTH * HEIGHT));
    }
    ck_assert_ptr_null (m2f_result_get_segment (result, result->n_segments));
    ck_assert_ptr_null (m2f_result_get_segment (result, -1));
}

static gpointer
consume (gpointer data)
{
    g_auto (M2fResult) mine = *(M2fResult *) data;

    *(M2fResult *) data = (M2fResult) { 0 };
    check_result (&mine);
    return NULL;
}

START_TEST (test_result_moves)
{
    M2fResult result = run ();

    check_result (&result);
    g_thread_join (g_thread_new ("consumer", consume, &result));
    ck_assert_ptr_null (result.map);
    m2f_result_clear (&result);
    m2f_result_clear (NULL);
}
END_TEST

START_TEST (test_result_copies)
{
    M2fResult result = run ();
    g_autofree char *before = m2f_result_to_json (&result);
    g_autoptr (M2fResult) copy = m2f_result_copy (&result);
    g_autoptr (GBytes) map = m2f_result_get_map (&result);

    ck_assert (g_bytes_get_size (map) == (size_t) (result.map_stride * result.map_height));
    memset (result.map, 0, g_bytes_get_size (map));
    memset (result.segments, 0, (size_t) result.n_segments * sizeof *result.segments);
    m2f_result_clear (&result);

    g_autofree char *after = m2f_result_to_json (copy);
    ck_assert_str_eq (before, after);
    ck_assert_mem_eq (copy->map, g_bytes_get_data (map, NULL), g_bytes_get_size (map));
    check_result (copy);

    g_autoptr (M2fResult) empty = m2f_result_new ();
    g_autoptr (M2fResult) nothing = m2f_result_copy (empty);
    g_autoptr (GBytes) no_map = m2f_result_get_map (nothing);
    ck_assert_uint_eq (g_bytes_get_size (no_map), 0);
    m2f_result_free (NULL);
}
END_TEST

/* Objects are copied and freed by GType, as bindings do. */
START_TEST (test_boxed)
{
    M2fModel *model = load ();
    M2fSession *session = m2f_session_new (model);
    M2fParams *params = m2f_params_new (model);
    M2fResult result = run ();
    const struct { GType type; gconstpointer object; } objects[] = {
        { m2f_model_get_type (), model },
        { m2f_session_get_type (), session },
        { m2f_params_get_type (), params },
        { m2f_result_get_type (), &result },
        { m2f_segment_get_type (), m2f_result_get_segment (&result, 0) },
    };
    gpointer copies[G_N_ELEMENTS (objects)];

    for (size_t i = 0; i < G_N_ELEMENTS (objects); i++)
        copies[i] = g_boxed_copy (objects[i].type, objects[i].object);
    m2f_result_clear (&result);
    m2f_params_free (params);
    m2f_session_free (session);
    m2f_model_unref (model);

    const M2fSegment *segment = copies[4];
    ck_assert (g_str_has_prefix (segment->label, "class "));
    ck_assert_ptr_null (segment->embedding);
    ck_assert_ptr_null (segment->mask);
    check_result (copies[3]);
    ck_assert_int_eq (m2f_model_n_labels (copies[0]), 6);
    for (size_t i = 0; i < G_N_ELEMENTS (objects); i++)
        g_boxed_free (objects[i].type, copies[i]);
}
END_TEST

START_TEST (test_images_refused)
{
    g_autoptr (GBytes) bytes = pixels ();
    GError *error = NULL;

    ck_assert_ptr_null (
        m2f_image_new_from_bytes (M2F_FORMAT_RGBA, WIDTH, HEIGHT, 4 * WIDTH, bytes, &error));
    ck_assert (g_error_matches (error, M2F_ERROR, M2F_ERROR_ARGUMENT));
    ck_assert_str_eq (error->message,
        "image: expected 12288 bytes for 64x48 pixels of RGBA, found 9216");
    g_clear_error (&error);
    ck_assert_ptr_null (
        m2f_image_new_from_bytes (M2F_FORMAT_NV12, WIDTH, HEIGHT, WIDTH, bytes, &error));
    ck_assert (g_error_matches (error, M2F_ERROR, M2F_ERROR_ARGUMENT));
    g_clear_error (&error);
    ck_assert_ptr_null (
        m2f_image_new_from_bytes (M2F_FORMAT_RGB, WIDTH, HEIGHT, WIDTH, bytes, &error));
    ck_assert (g_error_matches (error, M2F_ERROR, M2F_ERROR_ARGUMENT));
    g_clear_error (&error);
    m2f_image_free (NULL);
}
END_TEST

START_TEST (test_destroy_notify)
{
    g_autoptr (GPtrArray) models
        = g_ptr_array_new_with_free_func ((GDestroyNotify) m2f_model_unref);
    M2fSession *session;

    g_ptr_array_add (models, load ());
    g_ptr_array_add (models, m2f_model_ref (models->pdata[0]));
    session = m2f_session_new (models->pdata[0]);
    g_clear_pointer (&session, m2f_session_free);
    ck_assert_ptr_null (session);
    m2f_model_unref (NULL);
    m2f_session_free (NULL);
    m2f_host_tensor_free (NULL);
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("objects");
    TCase *tcase = tcase_create ("objects");
    SRunner *runner = srunner_create (suite);

    suite_add_tcase (suite, tcase);
    tcase_add_test (tcase, test_result_moves);
    tcase_add_test (tcase, test_result_copies);
    tcase_add_test (tcase, test_boxed);
    tcase_add_test (tcase, test_images_refused);
    tcase_add_test (tcase, test_destroy_notify);
    srunner_run_all (runner, CK_ENV);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

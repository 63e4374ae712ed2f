/* Models and sessions: registry, arguments, sizes, formats, threads.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

/* The fastest device there is without a GPU. */
static const char *
fast_device (void)
{
    g_autoptr (GArray) infos = m2f_device_list ();

    for (guint i = 0; i < infos->len; i++)
        if (g_str_equal (g_array_index (infos, M2fDeviceInfo, i).backend, "cpu"))
            return "cpu";
    return "reference";
}

static void
run (M2fSession *session, const M2fImage *image, const M2fParams *params, M2fResult *result)
{
    g_autoptr (GError) error = NULL;

    ck_assert_msg (m2f_session_run (session, image, params, result, &error), "%s",
        error ? error->message : "");
    ck_assert_int_eq (result->map_width, params->target_width ? params->target_width : image->width);
    ck_assert_int_eq (result->map_height,
        params->target_height ? params->target_height : image->height);
}

/* ---- agreement ------------------------------------------------------------------------------ */

/* From the picture to the segments, as transformers goes: its first panoptic case that has a
 * target size and fuses nothing. */
START_TEST (test_picture_to_segments)
{
    const char *fixture = fixture_names[_i];
    M2fModel *model = fixture_model (fixture, fast_device ());
    M2fSession *session = m2f_session_new (model);
    M2fImage image = fixture_image (fixture);
    json_t *expected = fixture_json (fixture, "expected.json");
    const json_t *segments = json_object_get (
        json_array_get (json_object_get (expected, "cases"), 9), "segments");
    int height, width, wrong = 0;
    g_autofree uint8_t *map = fixture_map (fixture, "9", &height, &width);
    g_auto (M2fResult) result = { 0 };
    M2fParams params = m2f_model_params (model);

    params.task = M2F_TASK_PANOPTIC;
    params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
    params.threshold = 0;
    params.target_height = height;
    params.target_width = width;
    run (session, &image, &params, &result);

    ck_assert_int_eq (result.n_segments, (int) json_array_size (segments));
    for (int i = 0; i < result.n_segments; i++) {
        const json_t *s = json_array_get (segments, (size_t) i);

        ck_assert_int_eq (result.segments[i].id, json_integer_value (json_object_get (s, "id")));
        ck_assert_int_eq (result.segments[i].label_id,
            json_integer_value (json_object_get (s, "label_id")));
        ck_assert_double_eq_tol ((double) result.segments[i].score,
            json_number_value (json_object_get (s, "score")), 1e-3);
        ck_assert_ptr_nonnull (result.segments[i].embedding);
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            wrong += result.map[y * result.map_stride + x] != map[y * width + x];
    ck_assert_msg (wrong <= height * width / 1000, "%s: %d of %d pixels differ", fixture, wrong,
        height * width);
    ck_assert (result.timings.total > 0 && result.timings.backbone > 0);

    json_decref (expected);
    g_free ((void *) image.data[0]);
    m2f_session_free (&session);
    m2f_model_unref (&model);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("session");
    TCase *tcase = tcase_create ("agreement");

    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_picture_to_segments, 0, n_fixtures);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    SRunner *runner = srunner_create (make_suite ());
    srunner_run_all (runner, CK_ENV);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

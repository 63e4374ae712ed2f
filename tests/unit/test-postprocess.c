/* Post-processing: every case of every fixture against transformers, and the paper's on logits
 * made by hand.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "fixture.h"
#include "model/topk.h"

static GArray *devices; /* of M2fDeviceInfo; software renderers included */

/* ---- transformers ---------------------------------------------------------------------------- */

static M2fTask
parse_task (const char *name)
{
    if (g_str_equal (name, "semantic"))
        return M2F_TASK_SEMANTIC;
    ck_assert (g_str_equal (name, "instance") || g_str_equal (name, "panoptic"));
    return g_str_equal (name, "instance") ? M2F_TASK_INSTANCE : M2F_TASK_PANOPTIC;
}

/* The parameters of a case of expected.json; `fuse` holds its label ids. */
static M2fParams
parse_case (const json_t *c, int fuse[16])
{
    const json_t *size = json_object_get (c, "target_size"), *ids;
    M2fParams params = {
        .task = parse_task (json_string_value (json_object_get (c, "task"))),
        .postprocess = M2F_POSTPROCESS_TRANSFORMERS,
        .threshold = json_number_value (json_object_get (c, "threshold")),
        .mask_threshold = json_number_value (json_object_get (c, "mask_threshold")),
        .overlap_mask_area_threshold
        = json_number_value (json_object_get (c, "overlap_mask_area_threshold")),
        .no_target_size = json_is_null (size),
        .label_ids_to_fuse = fuse,
    };

    if (!params.no_target_size) {
        params.target_height = (int) json_integer_value (json_array_get (size, 0));
        params.target_width = (int) json_integer_value (json_array_get (size, 1));
    }
    ids = json_object_get (c, "label_ids_to_fuse");
    ck_assert_uint_le (json_array_size (ids), 16);
    for (size_t i = 0; i < json_array_size (ids); i++)
        fuse[params.n_label_ids_to_fuse++] = (int) json_integer_value (json_array_get (ids, i));
    return params;
}

static void
compare_segments (const M2fResult *result, const json_t *segments, const char *where)
{
    ck_assert_msg (result->n_segments == (int) json_array_size (segments),
        "%s: %d segments, expected %zu", where, result->n_segments, json_array_size (segments));
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];
        const json_t *want = json_array_get (segments, (size_t) i);

        ck_assert_msg (s->id == json_integer_value (json_object_get (want, "id"))
                && s->label_id == json_integer_value (json_object_get (want, "label_id"))
                && s->was_fused == json_boolean_value (json_object_get (want, "was_fused")),
            "%s: segment %d is %d of class %d, fused %d", where, i, s->id, s->label_id,
            s->was_fused);
        ck_assert_msg (fabs ((double) s->score - json_number_value (json_object_get (want, "score")))
                <= 1e-3,
            "%s: segment %d scores %g", where, i, (double) s->score);
    }
}

/* -1, which the fixtures store as 255, is the result's mark for no segment. */
static void
compare_map (const M2fResult *result, const uint8_t *want, int height, int width,
    const char *where)
{
    int wrong = 0;

    ck_assert_int_eq (result->map_height, height);
    ck_assert_int_eq (result->map_width, width);
    ck_assert_int_eq (result->map_depth, 1);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            wrong += result->map[y * result->map_stride + x] != want[y * width + x];
    ck_assert_msg (wrong <= height * width / 1000, "%s: %d of %d pixels differ", where, wrong,
        height * width);
}

/* Area and box of every segment, counted again. */
static void
check_regions (const M2fResult *result, const char *where)
{
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];
        int64_t area = 0, inside = 0;
        gboolean left = FALSE, top = FALSE, right = FALSE, bottom = FALSE;

        for (int y = 0; y < result->map_height; y++) {
            for (int x = 0; x < result->map_width; x++) {
                if (result->map[y * result->map_stride + x] != s->id)
                    continue;
                area++;
                inside += x >= s->x && x < s->x + s->width && y >= s->y && y < s->y + s->height;
                left |= x == s->x;
                top |= y == s->y;
                right |= x == s->x + s->width - 1;
                bottom |= y == s->y + s->height - 1;
            }
        }
        ck_assert_msg (area == s->area && inside == area, "%s: area of segment %d", where, i);
        ck_assert_msg (area == 0 || (left && top && right && bottom), "%s: box of segment %d",
            where, i);
    }
}

START_TEST (test_transformers)
{
    const char *device = g_array_index (devices, M2fDeviceInfo, _i / n_fixtures).spec;
    const char *fixture = fixture_names[_i % n_fixtures];
    M2fModel *model = fixture_model (fixture, device);
    M2fHostTensor *classes
        = fixture_tensor (fixture, "expected.safetensors", "class_queries_logits");
    M2fHostTensor *masks
        = fixture_tensor (fixture, "expected.safetensors", "masks_queries_logits");
    json_t *expected = fixture_json (fixture, "expected.json");
    const json_t *cases = json_object_get (expected, "cases");
    g_auto (M2fResult) result = { 0 };

    ck_assert_uint_gt (json_array_size (cases), 0);
    for (size_t i = 0; i < json_array_size (cases); i++) {
        const json_t *c = json_array_get (cases, i);
        g_autofree char *name = g_strdup_printf ("%zu", i);
        g_autofree char *where = g_strdup_printf ("%s, case %zu on %s", fixture, i, device);
        g_autoptr (GError) error = NULL;
        int fuse[16], height, width;
        M2fParams params = parse_case (c, fuse);
        g_autofree uint8_t *map = fixture_map (fixture, name, &height, &width);

        ck_assert_msg (m2f_model_postprocess (model, classes, masks, &params, &result, &error),
            "%s: %s", where, error ? error->message : "");
        compare_map (&result, map, height, width, where);
        check_regions (&result, where);
        if (params.task != M2F_TASK_SEMANTIC)
            compare_segments (&result, json_object_get (c, "segments"), where);
    }
    json_decref (expected);
    m2f_host_tensor_free (classes);
    m2f_host_tensor_free (masks);
    m2f_model_unref (&model);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("postprocess");
    TCase *tcase = tcase_create ("transformers");

    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_transformers, 0, (int) devices->len * n_fixtures);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    devices = m2f_device_list ();

    SRunner *runner = srunner_create (make_suite ());
    srunner_run_all (runner, CK_ENV);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    g_array_unref (devices);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

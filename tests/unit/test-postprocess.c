/* Post-processing: every case of every fixture against transformers, and the paper's on logits
 * made by hand.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "tests/unit/fixture.h"
#include "model/postprocess/topk.h"
#include "tests/suite.h"

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
        double off = (double) s->score - json_number_value (json_object_get (want, "score"));
        ck_assert_msg (fabs (off) <= 1e-3, "%s: segment %d scores %g", where, i,
            (double) s->score);
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

static int
map_at (const M2fResult *result, int y, int x)
{
    const uint8_t *row = result->map + (size_t) y * result->map_stride;

    return result->map_depth == 1 ? row[x] : ((const uint16_t *) (const void *) row)[x];
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
                if (map_at (result, y, x) != s->id)
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
    m2f_model_unref (model);
}
END_TEST

/* ---- logits made by hand -------------------------------------------------------------------- */

/* The checkpoint that comes with the plugin, as a fixture. */
#define SHIPPED "../../../model/checkpoints/street-small"

enum { SIDE = 16, SCALE = 4, MAP = SIDE * SCALE, LABELS = 6 };

/* One query: a rectangle, in mask pixels, that it is sure of and its class. */
typedef struct Query {
    int label;
    double score;
    int left, top, right, bottom; /* right and bottom are outside */
    float inside;                 /* logit; 0 = 6 */
} Query;

/* Results of post-processing `queries` on the reference backend, at four times the masks' size. */
static void
postprocess (const char *fixture, const Query *queries, int n, M2fParams params, M2fResult *result)
{
    M2fModel *model = fixture_model (fixture, "reference");
    int n_labels = m2f_model_n_labels (model);
    M2fHostTensor *classes
        = m2f_host_tensor_new ("c", 3, (int64_t[]) { 1, n, n_labels + 1 });
    M2fHostTensor *masks = m2f_host_tensor_new ("m", 4, (int64_t[]) { 1, n, SIDE, SIDE });
    g_autoptr (GError) error = NULL;

    for (int q = 0; q < n; q++) {
        const Query *k = &queries[q];
        float *row = classes->data + q * (n_labels + 1);

        for (int i = 0; i < n_labels; i++)
            row[i] = i == k->label ? (float) log (k->score) : -100;
        row[n_labels] = (float) log (1 - k->score);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                masks->data[(q * SIDE + y) * SIDE + x]
                    = x >= k->left && x < k->right && y >= k->top && y < k->bottom
                    ? (k->inside != 0 ? k->inside : 6) : -6;
    }
    params.target_height = params.target_width = MAP;
    ck_assert_msg (m2f_model_postprocess (model, classes, masks, &params, result, &error), "%s",
        error ? error->message : "");
    check_regions (result, "logits made by hand");
    m2f_host_tensor_free (classes);
    m2f_host_tensor_free (masks);
    m2f_model_unref (model);
}

/* The id in the middle of a mask pixel. */
static int
id_at (const M2fResult *result, int x, int y)
{
    return map_at (result, y * SCALE + SCALE / 2, x * SCALE + SCALE / 2);
}

static M2fParams
paper (M2fTask task)
{
    return (M2fParams) { .task = task, .postprocess = M2F_POSTPROCESS_PAPER, .threshold = 0.5,
        .mask_threshold = 0.5, .overlap_mask_area_threshold = 0.8 };
}

static void
check_segment (const M2fResult *result, int index, int id, int label, double score, int query)
{
    const M2fSegment *s = &result->segments[index];

    ck_assert_int_lt (index, result->n_segments);
    ck_assert_int_eq (s->id, id);
    ck_assert_int_eq (s->label_id, label);
    ck_assert_double_eq_tol ((double) s->score, score, 1e-2);
    ck_assert_int_eq (s->query, query);
}

START_TEST (test_void)
{
    static const Query queries[] = {
        { .label = 2, .score = 0.9, .right = 8, .bottom = SIDE },
        { .label = 1, .score = 0.95, .left = 12, .right = SIDE, .bottom = SIDE },
        { .label = 4, .score = 0.3, .left = 8, .right = 12, .bottom = SIDE }, /* too weak */
    };
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_PANOPTIC);

    postprocess ("square", queries, 3, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
    check_segment (&result, 0, 1, 2, 0.9, 0);
    check_segment (&result, 1, 2, 1, 0.95, 1);
    ck_assert_int_eq (id_at (&result, 3, 8), 1);
    ck_assert_int_eq (id_at (&result, 10, 8), 0);
    ck_assert_int_eq (id_at (&result, 14, 8), 2);

    /* transformers fills everything up */
    params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
    postprocess ("square", queries, 3, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
    ck_assert_int_ne (id_at (&result, 10, 8), 0);
}
END_TEST

START_TEST (test_mask_threshold)
{
    static const Query queries[] = {
        { .label = 2, .score = 0.9, .right = 8, .bottom = SIDE, .inside = 0.5f },
    };
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_PANOPTIC);

    postprocess ("square", queries, 1, params, &result);
    ck_assert_int_eq (result.n_segments, 1);
    params.mask_threshold = 0.7; /* sigmoid (0.5) = 0.62 */
    postprocess ("square", queries, 1, params, &result);
    ck_assert_int_eq (result.n_segments, 0);
    ck_assert_int_eq (id_at (&result, 3, 3), 0);
}
END_TEST

/* Four quarters of classes 0 1 0 1, the zeros fusing: transformers gives two different segments the
 * id 2, here every segment has its own. */
START_TEST (test_fusing)
{
    static const Query queries[] = {
        { .label = 0, .score = 0.8, .right = 8, .bottom = 8 },
        { .label = 1, .score = 0.9, .left = 8, .right = SIDE, .bottom = 8 },
        { .label = 0, .score = 0.95, .top = 8, .right = 8, .bottom = SIDE },
        { .label = 1, .score = 0.7, .left = 8, .top = 8, .right = SIDE, .bottom = SIDE },
    };
    static const int fuse[] = { 0 };
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_PANOPTIC);

    params.label_ids_to_fuse = fuse;
    params.n_label_ids_to_fuse = 1;
    postprocess ("square", queries, 4, params, &result);
    ck_assert_int_eq (result.n_segments, 3);
    check_segment (&result, 0, 1, 0, 0.95, 0);
    check_segment (&result, 1, 2, 1, 0.9, 1);
    check_segment (&result, 2, 3, 1, 0.7, 3);
    ck_assert (result.segments[0].was_fused && !result.segments[1].was_fused);
    ck_assert_int_eq (result.segments[0].height, MAP);
    ck_assert_int_eq (id_at (&result, 2, 2), 1);
    ck_assert_int_eq (id_at (&result, 12, 2), 2);
    ck_assert_int_eq (id_at (&result, 2, 12), 1);
    ck_assert_int_eq (id_at (&result, 12, 12), 3);

    params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
    postprocess ("square", queries, 4, params, &result);
    ck_assert_int_eq (result.n_segments, 4);
    check_segment (&result, 2, 1, 0, 0.95, 2);
    check_segment (&result, 3, 2, 1, 0.7, 3);
    ck_assert_int_eq (result.segments[1].area, result.segments[3].area);
}
END_TEST

/* Without a list the paper's post-processing fuses stuff and transformers' nothing, whichever was
 * the default when the parameters were made. */
START_TEST (test_fusing_by_default)
{
    /* the shipped checkpoint: 0 is road, which is stuff */
    static const Query queries[] = {
        { .label = 0, .score = 0.9, .right = 8, .bottom = SIDE },
        { .label = 0, .score = 0.8, .left = 8, .right = SIDE, .bottom = SIDE },
    };
    g_auto (M2fResult) result = { 0 };
    M2fModel *model = fixture_model (SHIPPED, "reference");
    M2fParams params;

    ck_assert (!m2f_model_is_thing (model, 0));
    m2f_params_init (&params, model);
    m2f_model_unref (model);
    params.task = M2F_TASK_PANOPTIC;
    ck_assert_int_eq (params.n_label_ids_to_fuse, M2F_FUSE_DEFAULT);
    postprocess (SHIPPED, queries, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 1);
    ck_assert (result.segments[0].was_fused);
    params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
    postprocess (SHIPPED, queries, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
    ck_assert (!result.segments[0].was_fused);
    params.postprocess = M2F_POSTPROCESS_PAPER;
    params.n_label_ids_to_fuse = 0;
    postprocess (SHIPPED, queries, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
}
END_TEST

/* Scores of masks that are unsure of every pixel, as transformers computes them in double
 * precision. */
START_TEST (test_unsure_scores)
{
    static const float first[] = { 0.0818f, 0.9622f, 0.0507f, 1.0505f, 0.33f, 0.61f };
    const char *device = g_array_index (devices, M2fDeviceInfo, _i).spec;
    M2fModel *model = fixture_model ("square", device);
    M2fHostTensor *classes = m2f_host_tensor_new ("c", 3, (int64_t[]) { 1, LABELS, LABELS + 1 });
    M2fHostTensor *masks = m2f_host_tensor_new ("m", 4, (int64_t[]) { 1, LABELS, 12, 16 });
    M2fParams params = { .task = M2F_TASK_INSTANCE, .postprocess = M2F_POSTPROCESS_TRANSFORMERS,
        .target_height = 48, .target_width = 64 };
    g_auto (M2fResult) result = { 0 };
    g_autoptr (GError) error = NULL;

    /* query q is surely of class q */
    for (int i = 0; i < LABELS * (LABELS + 1); i++)
        classes->data[i] = i % (LABELS + 1) == i / (LABELS + 1) ? 40 : 0;
    for (int i = 0; i < LABELS * 12 * 16; i++)
        masks->data[i] = first[i / (12 * 16)];
    ck_assert_msg (m2f_model_postprocess (model, classes, masks, &params, &result, &error), "%s",
        error ? error->message : "");
    for (int i = 0; i < result.n_segments; i++) {
        const M2fSegment *s = &result.segments[i];
        double want = 1 / (1 + exp (-(double) first[s->query]));

        if (s->label_id == s->query)
            ck_assert_msg (fabs ((double) s->score - want) <= 1e-6, "query %d on %s: %.8g, "
                "expected %.8g", s->query, device, (double) s->score, want);
    }
    ck_assert_int_eq (result.n_segments, LABELS);
    m2f_host_tensor_free (classes);
    m2f_host_tensor_free (masks);
    m2f_model_unref (model);
}
END_TEST

/* Nine tenths of a mask belong to a better one: what is left is nobody's. */
START_TEST (test_overlap)
{
    static const Query queries[] = {
        { .label = 3, .score = 0.6, .right = SIDE, .bottom = SIDE },
        { .label = 4, .score = 0.9, .right = SIDE, .bottom = 14 },
    };
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_PANOPTIC);

    postprocess ("square", queries, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 1);
    check_segment (&result, 0, 1, 4, 0.9, 1);
    ck_assert_int_eq (id_at (&result, 8, 15), 0);

    params.overlap_mask_area_threshold = 0.1;
    postprocess ("square", queries, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
    ck_assert_int_eq (id_at (&result, 8, 15), 1);
    ck_assert_int_eq (id_at (&result, 8, 8), 2);
}
END_TEST

/* Better instances lie on top, in whatever order they come; hidden ones are left out. */
START_TEST (test_painting_order)
{
    static const Query queries[] = {
        { .label = 1, .score = 0.9, .left = 4, .top = 4, .right = 12, .bottom = 12 },
        { .label = 2, .score = 0.6, .right = SIDE, .bottom = SIDE },
        { .label = 3, .score = 0.8, .left = 6, .top = 6, .right = 10, .bottom = 10 },
        { .label = 4, .score = 0.4, .right = 2, .bottom = 2 },
    };
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_INSTANCE);

    params.binary_maps = TRUE;
    postprocess ("square", queries, 4, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
    check_segment (&result, 0, 1, 1, 0.88, 0); /* edges are less sure */
    check_segment (&result, 1, 2, 2, 0.6, 1);
    ck_assert_int_eq (id_at (&result, 8, 8), 1);
    ck_assert_int_eq (id_at (&result, 0, 0), 2);
    /* binary maps are whole, the label map is what can be seen */
    ck_assert_int_eq (result.segments[1].mask[MAP / 2 * MAP + MAP / 2], 1);
    ck_assert_int_eq (result.segments[0].mask[0], 0);
    ck_assert_int_eq (result.segments[0].area + result.segments[1].area, MAP * MAP);

    /* A mask that is unsure of itself weighs less than its class. */
    Query unsure[] = { queries[0], queries[1] };
    unsure[0].inside = 0.2f; /* 0.9 x sigmoid (0.2) = 0.495 */
    postprocess ("square", unsure, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 1);
    ck_assert_int_eq (result.segments[0].label_id, 2);
}
END_TEST

START_TEST (test_semantic)
{
    static const Query queries[] = {
        { .label = 5, .score = 0.9, .right = 8, .bottom = SIDE },
        { .label = 2, .score = 0.9, .left = 8, .right = SIDE, .bottom = SIDE },
    };
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_SEMANTIC);

    params.binary_maps = TRUE;
    postprocess ("square", queries, 2, params, &result);
    ck_assert_int_eq (result.n_segments, 2);
    check_segment (&result, 0, 1, 2, 1, -1);
    check_segment (&result, 1, 2, 5, 1, -1);
    ck_assert_ptr_null (result.segments[0].embedding);
    ck_assert_int_eq (id_at (&result, 2, 8), 2);
    ck_assert_int_eq (id_at (&result, 14, 8), 1);
    ck_assert_int_eq (result.segments[1].mask[0], 1);
    ck_assert_int_eq (result.segments[0].mask[0], 0);

    params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
    postprocess ("square", queries, 2, params, &result);
    ck_assert_int_eq (id_at (&result, 2, 8), 5);
    ck_assert_int_eq (id_at (&result, 14, 8), 2);
}
END_TEST

START_TEST (test_nothing_kept)
{
    static const Query queries[] = { { .label = 1, .score = 0.3, .right = 8, .bottom = 8 } };
    g_auto (M2fResult) result = { 0 };

    for (int task = M2F_TASK_INSTANCE; task <= M2F_TASK_PANOPTIC; task++) {
        M2fParams params = paper ((M2fTask) task);

        postprocess ("square", queries, 1, params, &result);
        ck_assert_int_eq (result.n_segments, 0);
        ck_assert (!result.all_void);
        ck_assert_int_eq (id_at (&result, 2, 2), 0);

        params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
        postprocess ("square", queries, 1, params, &result);
        ck_assert_int_eq (result.n_segments, 0);
        ck_assert_int_eq (result.all_void, task == M2F_TASK_PANOPTIC);
        ck_assert_int_eq (id_at (&result, 2, 2), M2F_NO_SEGMENT (&result));
    }
}
END_TEST

/* transformers counts from 0, or writes -1 everywhere; with ids_from_one every id is one more. */
START_TEST (test_ids_from_one)
{
    static const Query queries[] = { { .label = 1, .score = 0.9, .right = 8, .bottom = 8 } };
    g_auto (M2fResult) plain = { 0 };
    g_auto (M2fResult) from_one = { 0 };

    for (int i = 0; i < 3; i++) {
        M2fParams params = paper (i == 0 ? M2F_TASK_INSTANCE : M2F_TASK_PANOPTIC);

        params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
        params.threshold = i == 2 ? 0.95 : 0.5; /* keeps nothing */
        postprocess ("square", queries, 1, params, &plain);
        params.ids_from_one = TRUE;
        postprocess ("square", queries, 1, params, &from_one);

        int step = i == 1 ? 0 : 1; /* a panoptic map with segments counts from 1 anyway */
        ck_assert_int_eq (from_one.n_segments, plain.n_segments);
        ck_assert_int_eq (from_one.n_segments, i == 2 ? 0 : 1);
        for (int k = 0; k < plain.n_segments; k++)
            ck_assert_int_eq (from_one.segments[k].id, plain.segments[k].id + step);
        for (int y = 0; y < MAP; y++)
            for (int x = 0; x < MAP; x++)
                ck_assert_int_eq (m2f_result_id (&from_one, x, y),
                    m2f_result_id (&plain, x, y) + step);
    }
}
END_TEST

/* More queries than a byte has ids. */
START_TEST (test_many_queries)
{
    static Query queries[SIDE * SIDE + 44];
    g_auto (M2fResult) result = { 0 };
    M2fParams params = paper (M2F_TASK_PANOPTIC);
    int n = G_N_ELEMENTS (queries);

    for (int i = 0; i < n; i++)
        queries[i] = (Query) { .label = i % LABELS, .score = 0.9 };
    for (int i = 44; i < n; i++) { /* one mask pixel each */
        queries[i].left = (i - 44) % SIDE;
        queries[i].top = (i - 44) / SIDE;
        queries[i].right = queries[i].left + 1;
        queries[i].bottom = queries[i].top + 1;
    }
    postprocess ("square", queries, n, params, &result);
    ck_assert_int_eq (result.map_depth, 2);
    ck_assert_int_eq (result.n_segments, SIDE * SIDE);
    for (int i = 0; i < result.n_segments; i++) {
        const M2fSegment *s = &result.segments[i];

        ck_assert_int_eq (s->id, i + 1);
        ck_assert_int_eq (s->query, i + 44);
        ck_assert_int_eq (map_at (&result, s->y + s->height / 2, s->x + s->width / 2), s->id);
    }
}
END_TEST

/* ---- results -------------------------------------------------------------------------------- */

START_TEST (test_rle)
{
    static const uint8_t map[] = { 1, 1, 0, 9, 2, 1, /* padding */ 1, 1,
                                   1, 255, 255, 9, 9, 1, 7, 7 };
    M2fResult result = { .map_width = 6, .map_height = 2, .map_stride = 8, .map_depth = 1,
        .map = (uint8_t *) map };
    static const struct {
        int id, n, runs[8];
    } expected[] = {
        { 1, 6, { 1, 2, 6, 2, 12, 1 } }, /* row-major: a run goes on in the next row */
        { 2, 2, { 5, 1 } }, { 9, 4, { 4, 1, 10, 2 } }, { -1, 2, { 8, 2 } }, { 4, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (expected); i++) {
        g_autoptr (GArray) runs = m2f_result_rle (&result, expected[i].id);

        ck_assert_int_eq ((int) runs->len, expected[i].n);
        for (guint j = 0; j < runs->len; j++)
            ck_assert_int_eq (g_array_index (runs, int, j), expected[i].runs[j]);
    }
}
END_TEST

START_TEST (test_json)
{
    static const Query queries[] = { { .label = 3, .score = 0.75, .right = 8, .bottom = 8 } };
    g_auto (M2fResult) result = { 0 };

    /* the model is gone when the labels are read */
    postprocess ("square", queries, 1, paper (M2F_TASK_PANOPTIC), &result);
    g_autofree char *text = m2f_result_to_json (&result);
    json_t *root = json_loads (text, 0, NULL);
    const json_t *segment = json_array_get (json_object_get (root, "segments"), 0);
    ck_assert_int_eq (json_integer_value (json_object_get (root, "width")), MAP);
    ck_assert_int_eq (json_integer_value (json_object_get (segment, "id")), 1);
    ck_assert_str_eq (json_string_value (json_object_get (segment, "label")), "class 3");
    ck_assert_double_eq (json_real_value (json_object_get (segment, "score")), 0.75);
    ck_assert_int_eq (json_integer_value (json_object_get (segment, "area")),
        result.segments[0].area);
    ck_assert (json_is_false (json_object_get (segment, "is_background")));
    json_decref (root);

    result.segments[0].label = "Background";
    g_autofree char *other = m2f_result_to_json (&result);
    root = json_loads (other, 0, NULL);
    segment = json_array_get (json_object_get (root, "segments"), 0);
    ck_assert (json_is_true (json_object_get (segment, "is_background")));
    json_decref (root);
}
END_TEST

/* Orders that torch.topk (k, sorted=False) gives on the CPU. */
START_TEST (test_topk)
{
    static const struct {
        int n, k, scores[24], order[8];
    } cases[] = {
        { 6, 2, { 3, 9, 8, 2, 5, 9 }, { 1, 5 } },
        { 12, 3, { 7, 9, 1, 9, 0, 7, 4, 8, 3, 3, 7, 8 }, { 1, 3, 7 } },
        { 24, 8, { 70, 60, 50, 81, 19, 29, 81, 19, 66, 49, 94, 1, 85, 99, 8, 20, 97, 75,
            5, 38, 99, 3, 34, 60 },
            { 10, 13, 20, 16, 6, 12, 3, 17 } },
        { 24, 8, { 4, 5, 3, 5, 3, 3, 5, 4, 3, 1, 2, 0, 0, 1, 3, 1, 2, 5, 3, 5, 2, 3, 4,
            3 },
            { 1, 17, 19, 6, 22, 0, 3, 7 } },
        { 24, 4, { 2, 3, 1, 2, 0, 2, 1, 2, 0, 1, 2, 2, 0, 0, 3, 3, 0, 2, 0, 3, 1, 0, 2,
            3 },
            { 19, 14, 15, 1 } },
        { 24, 1, { 98, 53, 15, 5, 77, 78, 97, 5, 48, 91, 75, 42, 70, 35, 64, 30, 4, 39,
            0, 9, 13, 76, 68, 4 },
            { 0 } },
        { 20, 5, { 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1 },
            { 15, 11, 12, 13, 18 } },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        M2fScored items[24];

        for (int j = 0; j < cases[i].n; j++)
            items[j] = (M2fScored) { (float) cases[i].scores[j], j };
        m2f_topk (items, cases[i].n, cases[i].k);
        for (int j = 0; j < cases[i].k; j++)
            ck_assert_msg (items[j].index == cases[i].order[j], "case %zu: place %d has %d", i, j,
                items[j].index);
    }
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("postprocess");
    TCase *tcase = tcase_create ("transformers");

    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_transformers, 0, (int) devices->len * n_fixtures);
    tcase_add_loop_test (tcase, test_unsure_scores, 0, (int) devices->len);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("paper");
    tcase_add_test (tcase, test_void);
    tcase_add_test (tcase, test_mask_threshold);
    tcase_add_test (tcase, test_fusing);
    tcase_add_test (tcase, test_fusing_by_default);
    tcase_add_test (tcase, test_overlap);
    tcase_add_test (tcase, test_painting_order);
    tcase_add_test (tcase, test_semantic);
    tcase_add_test (tcase, test_nothing_kept);
    tcase_add_test (tcase, test_ids_from_one);
    tcase_add_test (tcase, test_many_queries);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("result");
    tcase_add_test (tcase, test_rle);
    tcase_add_test (tcase, test_json);
    tcase_add_test (tcase, test_topk);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    devices = fixture_devices ();
    const int status = run_suite (make_suite ());
    g_array_unref (devices);
    return status;
}

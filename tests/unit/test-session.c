/* Models and sessions: registry, arguments, sizes, formats, threads.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/unit/fixture.h"

static GArray *devices;    /* of M2fDeviceInfo */
static const char *device;  /* under test */

static const char *
device_spec (int index)
{
    return g_array_index (devices, M2fDeviceInfo, index).spec;
}

static void
run (M2fSession *session, const M2fImage *image, const M2fParams *params, M2fResult *result)
{
    g_autoptr (GError) error = NULL;

    ck_assert_msg (m2f_session_run (session, image, params, result, &error), "%s",
        error ? error->message : "");
    if (params->target_width == 0) {
        ck_assert_int_eq (result->map_width, image->width);
        ck_assert_int_eq (result->map_height, image->height);
    } else {
        ck_assert_int_eq (result->map_width, params->target_width);
        ck_assert_int_eq (result->map_height, params->target_height);
    }
}

/* ---- agreement ------------------------------------------------------------------------------ */

/* From the picture to the segments, as transformers goes: its first panoptic case that has a
 * target size and fuses nothing. */
START_TEST (test_picture_to_segments)
{
    const char *fixture = fixture_names[_i];
    M2fModel *model = fixture_model (fixture, device);
    M2fSession *session = m2f_session_new (model);
    M2fImage image = fixture_image (fixture);
    json_t *expected = fixture_json (fixture, "expected.json");
    const json_t *segments = json_object_get (
        json_array_get (json_object_get (expected, "cases"), 9), "segments");
    int height, width, wrong = 0;
    g_autofree uint8_t *map = fixture_map (fixture, "9", &height, &width);
    g_auto (M2fResult) result = { 0 };
    M2fParams params;

    m2f_params_init (&params, model);
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
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

/* ---- registry ------------------------------------------------------------------------------- */

static M2fModel *
load (const char *fixture, int threads)
{
    g_autofree char *path = fixture_path (fixture, NULL);
    g_autoptr (GError) error = NULL;
    M2fModel *model = m2f_model_load (&(M2fLoadOptions) { .path = path,
        .device = device, .precision = "fp32", .threads = threads }, &error);

    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    return model;
}

START_TEST (test_registry)
{
    M2fModel *a = load ("square", 1), *b = load ("square", 1), *other = load ("square", 2);
    M2fModel *third = load ("pre-norm", 1);

    ck_assert_ptr_eq (a, b);
    ck_assert_ptr_ne (a, other);
    ck_assert_ptr_ne (a, third);
    ck_assert_int_eq (m2f_model_n_labels (third), 2);
    m2f_model_unref (a);
    ck_assert_str_eq (m2f_model_label (b, 5), "class 5"); /* still alive */
    ck_assert_ptr_null (m2f_model_label (b, 6));
    m2f_model_unref (b);
    m2f_model_unref (other);
    m2f_model_unref (third);
    m2f_model_unref (NULL);

    a = load ("square", 1); /* nothing of the old one is left */
    ck_assert_int_eq (m2f_model_n_queries (a), 9);
    ck_assert_int_eq (m2f_model_embedding_size (a), 32);
    m2f_model_unref (a);
}
END_TEST

static gpointer
load_in_thread (gpointer fixture)
{
    return load (fixture, 1);
}

/* Requests at the same time load once. */
START_TEST (test_registry_threads)
{
    GThread *threads[8];
    M2fModel *models[8];

    for (int i = 0; i < 8; i++)
        threads[i] = g_thread_new ("load", load_in_thread, (gpointer) "square");
    for (int i = 0; i < 8; i++)
        models[i] = g_thread_join (threads[i]);
    for (int i = 1; i < 8; i++)
        ck_assert_ptr_eq (models[i], models[0]);
    for (int i = 0; i < 8; i++)
        m2f_model_unref (models[i]);
}
END_TEST

static gpointer
load_and_drop (gpointer fixture)
{
    for (int i = 0; i < 20; i++) {
        M2fModel *model = load (fixture, 1);

        m2f_model_unref (model);
    }
    return NULL;
}

START_TEST (test_registry_churn)
{
    GThread *threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new ("churn", load_and_drop,
            (gpointer) (i % 2 ? "square" : "pre-norm"));
    for (int i = 0; i < 4; i++)
        g_thread_join (threads[i]);
}
END_TEST

START_TEST (test_load_errors)
{
    g_autofree char *path = fixture_path ("square", NULL);
    M2fLoadOptions params = { 0 };
    GError *error = NULL;

    ck_assert_ptr_null (m2f_model_load (NULL, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "directory");
    ck_assert_ptr_null (m2f_model_load (&params, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "directory");
    params.path = "/no/such/checkpoint";
    ck_assert_ptr_null (m2f_model_load (&params, &error));
    assert_m2f_error (&error, M2F_ERROR_NOT_FOUND, "/no/such/checkpoint");
    params.path = path;
    params.precision = "fp64";
    ck_assert_ptr_null (m2f_model_load (&params, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "fp64");
    params.precision = NULL;
    params.threads = -1;
    ck_assert_ptr_null (m2f_model_load (&params, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "threads");
    params.threads = 0;
    params.device = "abacus";
    ck_assert_ptr_null (m2f_model_load (&params, &error));
    assert_m2f_error (&error, M2F_ERROR_DEVICE, "abacus");
}
END_TEST

START_TEST (test_model_json)
{
    M2fModel *model = load ("square", 1);
    g_autofree char *text = m2f_model_to_json (model), *listing = m2f_devices_to_json ();
    json_t *root = json_loads (text, 0, NULL);
    g_auto (GStrv) lines = g_strsplit (listing, "\n", -1);

    ck_assert_ptr_nonnull (root);
    ck_assert_int_eq (json_integer_value (json_object_get (root, "num_queries")), 9);
    ck_assert_uint_eq (json_array_size (json_object_get (root, "labels")), 6);
    ck_assert_int_gt (json_integer_value (json_object_get (root, "parameters")), 1000);
    json_decref (root);
    ck_assert_uint_ge (g_strv_length (lines), 2); /* the last is empty */
    for (guint i = 0; i + 1 < g_strv_length (lines); i++) {
        root = json_loads (lines[i], 0, NULL);
        ck_assert_msg (json_is_string (json_object_get (root, "device")), "%s", lines[i]);
        json_decref (root);
    }
    m2f_model_unref (model);
}
END_TEST

/* ---- arguments ------------------------------------------------------------------------------ */

static uint8_t grey[128 * 128 * 4];

static M2fImage
grey_image (void)
{
    return (M2fImage) { .format = M2F_FORMAT_RGBA, .width = 64, .height = 64, .data = { grey },
        .stride = { 256 } };
}

/* Running with these is refused with a message that has `word` in it. */
static void
refused (M2fSession *session, const M2fImage *image, const M2fParams *params, const char *word)
{
    g_auto (M2fResult) result = { 0 };
    GError *error = NULL;

    ck_assert (!m2f_session_run (session, image, params, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, word);
}

START_TEST (test_images_refused)
{
    M2fModel *model = load ("square", 1);
    M2fSession *session = m2f_session_new (model);
    M2fParams params;
    M2fImage image;
    GError *error = NULL;

    m2f_params_init (&params, model);
    refused (session, NULL, &params, "image");
#define REFUSED(change, word) \
    image = grey_image (); \
    change; \
    refused (session, &image, &params, word)
    REFUSED (image.data[0] = NULL, "plane 0");
    REFUSED (image.stride[0] = 255, "255");
    REFUSED (image.stride[0] = -256, "-256");
    REFUSED (image.width = 0, "width");
    REFUSED (image.height = -1, "-1");
    REFUSED (image.width = 1 << 30, "width");
    REFUSED (image.format = (M2fFormat) 99, "99");
    REFUSED (image.format = (M2fFormat) -1, "-1");
    REFUSED (image.matrix = (M2fMatrix) 7, "M2fMatrix");
    REFUSED (image.format = M2F_FORMAT_NV12, "plane 1");
    REFUSED (image.format = M2F_FORMAT_I420; image.data[1] = grey; image.stride[1] = 32, "plane 2");
    REFUSED (image.format = M2F_FORMAT_NV12; image.data[1] = grey; image.stride[1] = 63, "63");
#undef REFUSED
    ck_assert (!m2f_session_prepare (session, 0, 64, M2F_FORMAT_RGB, &params, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "width");

    m2f_session_free (session);
    m2f_session_free (NULL);
    m2f_model_unref (model);
}
END_TEST

START_TEST (test_params_refused)
{
    M2fModel *model = load ("square", 1);
    M2fSession *session = m2f_session_new (model);
    M2fImage image = grey_image ();
    M2fParams params;

    refused (session, &image, NULL, "params");
#define REFUSED(change, word) \
    m2f_params_init (&params, model); \
    change; \
    refused (session, &image, &params, word)
    REFUSED (params.threshold = 1.5, "1.5");
    REFUSED (params.threshold = -0.1, "-0.1");
    REFUSED (params.threshold = (double) NAN, "threshold");
    REFUSED (params.mask_threshold = 2, "mask_threshold");
    REFUSED (params.overlap_mask_area_threshold = -1, "overlap_mask_area_threshold");
    REFUSED (params.task = (M2fTask) 3, "task");
    REFUSED (params.postprocess = (M2fPostprocess) 2, "postprocess");
    REFUSED (params.target_width = 64, "target");
    REFUSED (params.target_width = -1, "target");
    REFUSED (params.target_width = params.target_height = 1 << 20, "target");
    REFUSED (params.input_width = 64, "input");
    REFUSED (params.input_height = -64, "input");
    REFUSED (params.input_width = params.input_height = 32768, "32768x32768");
    REFUSED (params.no_target_size = TRUE, "no_target_size");
    REFUSED (params.n_label_ids_to_fuse = -2, "fuse");
    REFUSED (params.n_label_ids_to_fuse = 1; params.label_ids_to_fuse = NULL, "fuse");
    REFUSED (params.n_label_ids_to_fuse = 1; params.label_ids_to_fuse = (int[]) { 6 }, "0 to 5");
#undef REFUSED
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

START_TEST (test_stages_refused)
{
    M2fModel *model = load ("square", 1);
    M2fParams params;
    M2fHostTensor *classes = m2f_host_tensor_new ("c", 3, (int64_t[]) { 1, 2, 7 });
    M2fHostTensor *masks = m2f_host_tensor_new ("m", 4, (int64_t[]) { 1, 2, 4, 4 });
    g_auto (M2fResult) result = { 0 };
    GError *error = NULL;

    m2f_params_init (&params, model);
    memset (classes->data, 0, 14 * sizeof (float));
    memset (masks->data, 0, 32 * sizeof (float));
    ck_assert (!m2f_model_postprocess (model, classes, masks, &params, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "target");
    params.target_height = params.target_width = 8;
    ck_assert (m2f_model_postprocess (model, classes, masks, &params, &result, NULL));
    ck_assert (!m2f_model_postprocess (model, masks, classes, &params, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "(1, queries, 7)");
    masks->shape[1] = 1;
    ck_assert (!m2f_model_postprocess (model, classes, masks, &params, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "(1, 2, height, width)");
    masks->shape[1] = 2;
    masks->data[5] = INFINITY;
    ck_assert (!m2f_model_postprocess (model, classes, masks, &params, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "element 5");

    ck_assert_ptr_null (m2f_model_forward (model, NULL, &params, NULL, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "image");
    m2f_host_tensor_free (classes);
    m2f_host_tensor_free (masks);
    m2f_model_unref (model);
}
END_TEST

/* ---- running -------------------------------------------------------------------------------- */

/* A picture with structure, of any size; free data[0]. */
static M2fImage
make_image (int width, int height)
{
    uint8_t *p = g_malloc ((gsize) width * height * 3);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                p[((gsize) y * width + x) * 3 + c] = (uint8_t) (128
                    + 80 * sin (x * 6.0 / width + c) * cos (y * 5.0 / height)
                    + ((x * 7 / width + y * 5 / height) % 2) * 40);
    return (M2fImage) { .format = M2F_FORMAT_RGB, .width = width, .height = height,
        .data = { p }, .stride = { 3 * width } };
}

static void
free_image (M2fImage *image)
{
    g_free ((void *) image->data[0]);
}

/* Everything that keeps, on a model without thresholds to speak of. */
static M2fParams
keep_all (const M2fModel *model, M2fTask task)
{
    M2fParams params;

    m2f_params_init (&params, model);
    params.task = task;
    params.threshold = 0.2;
    params.overlap_mask_area_threshold = 0;
    return params;
}

/* Pixels whose maps say different things. */
static int
map_difference (const M2fResult *a, const M2fResult *b)
{
    int n = 0;

    ck_assert_int_eq (a->map_width, b->map_width);
    ck_assert_int_eq (a->map_height, b->map_height);
    for (int y = 0; y < a->map_height; y++)
        for (int x = 0; x < a->map_width; x++)
            n += a->map[y * a->map_stride + x] != b->map[y * b->map_stride + x];
    return n;
}

/* One session, pictures of changing sizes, every task: what a fresh session says. */
START_TEST (test_size_changes)
{
    static const int sizes[][2] = { { 90, 120 }, { 1, 1 }, { 90, 120 }, { 33, 500 }, { 500, 2 },
        { 90, 120 }, { 64, 64 } };
    M2fModel *model = load ("wide-masks", 0);
    M2fSession *session = m2f_session_new (model);
    g_auto (M2fResult) result = { 0 };

    for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++) {
        for (int task = M2F_TASK_SEMANTIC; task <= M2F_TASK_PANOPTIC; task++) {
            M2fImage image = make_image (sizes[i][0], sizes[i][1]);
            M2fParams params = keep_all (model, (M2fTask) task);
            M2fSession *fresh = m2f_session_new (model);
            g_auto (M2fResult) expected = { 0 };

            run (session, &image, &params, &result);
            run (fresh, &image, &params, &expected);
            ck_assert_int_eq (map_difference (&result, &expected), 0);
            ck_assert_int_eq (result.n_segments, expected.n_segments);
            m2f_session_free (fresh);
            free_image (&image);
        }
    }
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

START_TEST (test_8k)
{
    M2fModel *model = load ("square", 0);
    M2fSession *session = m2f_session_new (model);
    M2fImage image = make_image (7680, 4320);
    M2fParams params = keep_all (model, M2F_TASK_PANOPTIC);
    g_auto (M2fResult) result = { 0 };
    int height, width;

    run (session, &image, &params, &result);
    m2f_session_input_size (session, &height, &width);
    ck_assert_int_eq (height, 96);
    ck_assert_int_eq (width, 96);
    ck_assert_int_gt (result.n_segments, 0);
    free_image (&image);
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

START_TEST (test_input_size)
{
    M2fModel *model = load ("square", 0);
    M2fSession *session = m2f_session_new (model);
    M2fParams params = keep_all (model, M2F_TASK_PANOPTIC);
    g_autoptr (GError) error = NULL;
    int height, width;

    params.input_height = 64;
    ck_assert (m2f_session_prepare (session, 160, 90, M2F_FORMAT_NV12, &params, &error));
    m2f_session_input_size (session, &height, &width);
    ck_assert_int_eq (height, 64);
    ck_assert_int_eq (width, 128);
    params.input_width = 50;
    ck_assert (m2f_session_prepare (session, 160, 90, M2F_FORMAT_NV12, &params, &error));
    m2f_session_input_size (session, &height, &width);
    ck_assert_int_eq (height, 64);
    ck_assert_int_eq (width, 50);

    /* a short edge follows what is displayed: 160 x 90 as 320 x 90, then as 160 x 180 */
    params.input_width = 0;
    params.pixel_aspect_ratio = 2;
    ck_assert (m2f_session_prepare (session, 160, 90, M2F_FORMAT_NV12, &params, &error));
    m2f_session_input_size (session, &height, &width);
    ck_assert_int_eq (height, 64);
    ck_assert_int_eq (width, 256);
    params.pixel_aspect_ratio = 0.5;
    ck_assert (m2f_session_prepare (session, 160, 90, M2F_FORMAT_NV12, &params, &error));
    m2f_session_input_size (session, &height, &width);
    ck_assert_int_eq (height, 96);
    ck_assert_int_eq (width, 64);
    params.pixel_aspect_ratio = 1000;
    ck_assert (!m2f_session_prepare (session, 160, 90, M2F_FORMAT_NV12, &params, &error));
    ck_assert_ptr_nonnull (strstr (error->message, "pixel_aspect_ratio is 1000"));
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

/* Parameters that change while playing need no new session, and leave nothing behind. */
START_TEST (test_params_change)
{
    device = device_spec (_i);

    M2fModel *model = load ("square", 0);
    M2fSession *session = m2f_session_new (model);
    M2fImage image = fixture_image ("square");
    M2fParams params = keep_all (model, M2F_TASK_PANOPTIC);
    g_auto (M2fResult) all = { 0 }, few = { 0 }, again = { 0 };

    run (session, &image, &params, &all);
    ck_assert_int_gt (all.n_segments, 1);
    params.threshold = (double) all.segments[0].score; /* more than: itself is dropped */
    run (session, &image, &params, &few);
    ck_assert_int_lt (few.n_segments, all.n_segments);
    params.mask_threshold = 0.999999;
    params.threshold = 0.2;
    run (session, &image, &params, &few);
    ck_assert_int_gt (map_difference (&few, &all), 0);
    params.postprocess = M2F_POSTPROCESS_TRANSFORMERS;
    run (session, &image, &params, &few);
    params = keep_all (model, M2F_TASK_PANOPTIC);
    run (session, &image, &params, &again);
    ck_assert_int_eq (map_difference (&again, &all), 0);
    free_image (&image);
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

/* A grey picture has the same result in every format. */
START_TEST (test_formats)
{
    device = device_spec (_i);

    enum { W = 101, H = 67, STRIDE = 4 * W + 3 };
    static const struct {
        M2fFormat format;
        int bytes;
    } formats[] = { { M2F_FORMAT_GRAY8, 1 }, { M2F_FORMAT_BGR, 3 }, { M2F_FORMAT_RGBA, 4 },
        { M2F_FORMAT_BGRA, 4 }, { M2F_FORMAT_ARGB, 4 }, { M2F_FORMAT_ABGR, 4 },
        { M2F_FORMAT_NV12, 1 }, { M2F_FORMAT_I420, 1 },
        { M2F_FORMAT_Y42B, 1 } };
    M2fModel *model = load ("square", 0);
    M2fSession *session = m2f_session_new (model);
    M2fParams params = keep_all (model, M2F_TASK_PANOPTIC);
    M2fImage image = make_image (W, H);
    g_autofree uint8_t *frame = g_malloc (STRIDE * H), *chroma = g_malloc (STRIDE * H);
    uint8_t *rgb = (uint8_t *) image.data[0];
    g_auto (M2fResult) expected = { 0 }, result = { 0 };

    for (int i = 0; i < W * H * 3; i++)
        rgb[i] = rgb[i / 3 * 3];
    run (session, &image, &params, &expected);
    ck_assert_int_gt (expected.n_segments, 0);
    memset (chroma, 128, STRIDE * H);
    for (size_t f = 0; f < G_N_ELEMENTS (formats); f++) {
        M2fImage other = { .format = formats[f].format, .width = W, .height = H,
            .data = { frame, chroma, chroma }, .stride = { STRIDE, STRIDE, STRIDE },
            .full_range = TRUE };

        memset (frame, 0x5a, STRIDE * H);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                memset (frame + y * STRIDE + x * formats[f].bytes, rgb[(y * W + x) * 3],
                    (size_t) formats[f].bytes);
        run (session, &other, &params, &result);
        ck_assert_msg (map_difference (&result, &expected) <= W * H / 1000, "format %d: %d",
            (int) other.format, map_difference (&result, &expected));
        ck_assert_int_eq (result.n_segments, expected.n_segments);
    }
    free_image (&image);
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

/* The first frame of a colorimetry is not stuck with the one before. */
START_TEST (test_colorimetry)
{
    device = device_spec (_i);

    M2fModel *model = load ("square", 0);
    M2fSession *session = m2f_session_new (model);
    M2fParams params = keep_all (model, M2F_TASK_PANOPTIC);
    M2fImage image = make_image (96, 96);
    g_auto (M2fResult) limited = { 0 }, full = { 0 }, again = { 0 };

    image.format = M2F_FORMAT_I420;
    image.data[1] = image.data[2] = image.data[0] + 96 * 96;
    image.stride[0] = 96;
    image.stride[1] = image.stride[2] = 48;
    run (session, &image, &params, &limited);
    image.full_range = TRUE;
    run (session, &image, &params, &full);
    image.full_range = FALSE;
    run (session, &image, &params, &again);
    ck_assert_int_eq (map_difference (&again, &limited), 0);
    ck_assert_int_ne (map_difference (&full, &limited), 0);

    image.format = M2F_FORMAT_RGB;
    image.stride[0] = 3 * 96;
    run (session, &image, &params, &full);
    image.limited_range = TRUE;
    run (session, &image, &params, &limited);
    image.limited_range = FALSE;
    run (session, &image, &params, &again);
    ck_assert_int_eq (map_difference (&again, &full), 0);
    ck_assert_int_ne (map_difference (&full, &limited), 0);
    free_image (&image);
    m2f_session_free (session);
    m2f_model_unref (model);
}
END_TEST

typedef struct Stream {
    M2fModel *model;
    M2fImage image;
    M2fResult expected;
} Stream;

static gpointer
run_stream (gpointer data)
{
    Stream *stream = data;
    M2fSession *session = m2f_session_new (stream->model);
    M2fParams params = keep_all (stream->model, M2F_TASK_PANOPTIC);
    g_auto (M2fResult) result = { 0 };

    for (int i = 0; i < 10; i++) {
        run (session, &stream->image, &params, &result);
        ck_assert_int_eq (map_difference (&result, &stream->expected), 0);
    }
    m2f_session_free (session);
    return NULL;
}

/* Two streams of one model, at once. */
START_TEST (test_two_threads)
{
    device = device_spec (_i);

    Stream streams[2];
    GThread *threads[2];

    for (int i = 0; i < 2; i++) {
        streams[i] = (Stream) { load ("square", 0), make_image (80 + 40 * i, 70), { 0 } };
        M2fSession *session = m2f_session_new (streams[i].model);
        M2fParams params = keep_all (streams[i].model, M2F_TASK_PANOPTIC);
        run (session, &streams[i].image, &params, &streams[i].expected);
        m2f_session_free (session);
    }
    ck_assert_ptr_eq (streams[0].model, streams[1].model);
    for (int i = 0; i < 2; i++)
        threads[i] = g_thread_new ("stream", run_stream, &streams[i]);
    for (int i = 0; i < 2; i++) {
        g_thread_join (threads[i]);
        m2f_result_clear (&streams[i].expected);
        free_image (&streams[i].image);
        m2f_model_unref (streams[i].model);
    }
}
END_TEST

/* ---- padding -------------------------------------------------------------------------------- */

/* A copy of a checkpoint in a directory of its own, with another preprocessor_config.json. */
static char *
copy_checkpoint (const char *fixture, const char *processor)
{
    static const char *const files[] = { "config.json", "model.safetensors" };
    char *dir = g_dir_make_tmp ("m2f-XXXXXX", NULL);
    g_autofree char *to = g_build_filename (dir, "preprocessor_config.json", NULL);

    ck_assert (g_file_set_contents (to, processor, -1, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS (files); i++) {
        g_autofree char *from = fixture_path (fixture, files[i]);
        g_autofree char *link = g_build_filename (dir, files[i], NULL);

        ck_assert_int_eq (symlink (from, link), 0);
    }
    return dir;
}

static void
remove_checkpoint (char *dir)
{
    static const char *const files[] = { "config.json", "model.safetensors",
        "preprocessor_config.json" };

    for (size_t i = 0; i < G_N_ELEMENTS (files); i++) {
        g_autofree char *file = g_build_filename (dir, files[i], NULL);

        unlink (file);
    }
    rmdir (dir);
    g_free (dir);
}

START_TEST (test_pad_size)
{
    device = device_spec (_i);

    char *dir = copy_checkpoint ("square", "{\"size\": {\"height\": 64, \"width\": 96},"
        " \"size_divisor\": 32, \"pad_size\": {\"height\": 90, \"width\": 130}}");
    g_autoptr (GError) error = NULL;
    M2fModel *model = m2f_model_load (
        &(M2fLoadOptions) { .path = dir, .device = device, .precision = "fp32" }, &error);
    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    M2fSession *session = m2f_session_new (model);
    M2fImage image = make_image (120, 80);
    g_auto (M2fResult) result = { 0 };
    int height, width;

    for (int task = M2F_TASK_SEMANTIC; task <= M2F_TASK_PANOPTIC; task++) {
        for (int flavour = 0; flavour < 2; flavour++) {
            M2fParams params = keep_all (model, (M2fTask) task);

            params.postprocess = (M2fPostprocess) flavour;
            run (session, &image, &params, &result);
            m2f_session_input_size (session, &height, &width);
            ck_assert_int_eq (height, 90);
            ck_assert_int_eq (width, 130);
        }
    }
    free_image (&image);
    m2f_session_free (session);
    m2f_model_unref (model);
    remove_checkpoint (dir);
}
END_TEST

/* A checkpoint that was replaced is another one. */
START_TEST (test_replaced)
{
    char *dir = copy_checkpoint ("square", "{\"size\": {\"height\": 64, \"width\": 96}}");
    g_autofree char *file = g_build_filename (dir, "preprocessor_config.json", NULL);
    M2fLoadOptions params = { .path = dir, .device = device };
    M2fModel *before = m2f_model_load (&params, NULL), *same = m2f_model_load (&params, NULL);

    ck_assert_ptr_nonnull (before);
    ck_assert_ptr_eq (same, before);
    ck_assert (g_file_set_contents (file, "{\"size\": {\"height\": 96, \"width\": 96}}", -1, NULL));
    M2fModel *after = m2f_model_load (&params, NULL);
    ck_assert_ptr_nonnull (after);
    ck_assert_ptr_ne (after, before);
    m2f_model_unref (before);
    m2f_model_unref (same);
    m2f_model_unref (after);
    remove_checkpoint (dir);
}
END_TEST

static Suite *
make_suite (void)
{
    int n = (int) devices->len;
    Suite *suite = suite_create ("session");
    TCase *tcase = tcase_create ("agreement");

    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_picture_to_segments, 0, n_fixtures);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("registry");
    tcase_set_timeout (tcase, 0);
    tcase_add_test (tcase, test_registry);
    tcase_add_test (tcase, test_registry_threads);
    tcase_add_test (tcase, test_registry_churn);
    tcase_add_test (tcase, test_load_errors);
    tcase_add_test (tcase, test_model_json);
    tcase_add_test (tcase, test_replaced);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("arguments");
    tcase_set_timeout (tcase, 0);
    tcase_add_test (tcase, test_images_refused);
    tcase_add_test (tcase, test_params_refused);
    tcase_add_test (tcase, test_stages_refused);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("running");
    tcase_set_timeout (tcase, 0);
    tcase_add_test (tcase, test_size_changes);
    tcase_add_test (tcase, test_8k);
    tcase_add_test (tcase, test_input_size);
    tcase_add_loop_test (tcase, test_params_change, 0, n);
    tcase_add_loop_test (tcase, test_formats, 0, n);
    tcase_add_loop_test (tcase, test_colorimetry, 0, n);
    tcase_add_loop_test (tcase, test_two_threads, 0, n);
    tcase_add_loop_test (tcase, test_pad_size, 0, n);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    devices = fixture_devices ();
    device = device_spec (0);
    const int status = run_suite (make_suite ());
    g_array_unref (devices);
    return status;
}

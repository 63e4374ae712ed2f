/* Sessions and results between threads: cancelling a run, moving a result, sharing constants and
 * batches.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "model/compute/backend.h"
#include "model/model.h"
#include "tests/suite.h"
#include "tests/unit/fixture.h"

static GArray *devices; /* of M2fDeviceInfo */

/* A model of the fixture on device `index`, its picture and parameters that keep most segments. */
typedef struct Scene {
    M2fModel *model;
    M2fSession *session;
    M2fImage image;
    M2fParams params;
    M2fResult expected;
} Scene;

static void
run (const Scene *scene, M2fResult *result)
{
    g_autoptr (GError) error = NULL;

    ck_assert_msg (m2f_session_run (scene->session, &scene->image, &scene->params, result, &error),
        "%s", error ? error->message : "");
}

static Scene
scene_new (int index)
{
    Scene scene = {
        .model = fixture_model ("square", g_array_index (devices, M2fDeviceInfo, index).spec),
        .image = fixture_image ("square"),
    };

    scene.session = m2f_session_new (scene.model);
    m2f_params_init (&scene.params, scene.model);
    scene.params.task = M2F_TASK_PANOPTIC;
    scene.params.threshold = 0.2;
    scene.params.overlap_mask_area_threshold = 0;
    run (&scene, &scene.expected);
    ck_assert_int_gt (scene.expected.n_segments, 1);
    return scene;
}

static void
scene_clear (Scene *scene)
{
    g_free ((void *) scene->image.data[0]);
    m2f_result_clear (&scene->expected);
    g_clear_pointer (&scene->session, m2f_session_free);
    g_clear_pointer (&scene->model, m2f_model_unref);
}

static void
check_result (const M2fResult *result, const M2fResult *expected)
{
    ck_assert_int_eq (result->map_width, expected->map_width);
    ck_assert_int_eq (result->map_height, expected->map_height);
    for (int y = 0; y < result->map_height; y++)
        ck_assert (memcmp (result->map + y * result->map_stride,
                       expected->map + y * expected->map_stride, (size_t) result->map_width)
            == 0);
    ck_assert_int_eq (result->n_segments, expected->n_segments);
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *a = &result->segments[i], *b = &expected->segments[i];

        ck_assert_int_eq (a->id, b->id);
        ck_assert_str_eq (a->label, b->label);
        ck_assert_int_eq (a->area, b->area);
        ck_assert (memcmp (a->embedding, b->embedding, 32 * sizeof (float)) == 0);
    }
}

static void
check_empty (const M2fResult *result)
{
    ck_assert_int_eq (result->n_segments, 0);
    ck_assert_ptr_null (result->segments);
    ck_assert_int_eq (result->map_width, 0);
    ck_assert_int_eq (result->map_height, 0);
}

/* ---- cancelling ----------------------------------------------------------------------------- */

/* Two copies of a tensor; the flag is set between them. */
typedef struct Copies {
    M2fTensor from, index, first, second;
    gint flag;
    bool cancel;
} Copies;

static void
copy_twice (M2fPlan *plan, void *data)
{
    Copies *c = data;

    m2f_gather_rows (plan, .dst = c->first, .src = c->from, .index = c->index);
    if (c->cancel)
        g_atomic_int_set (&c->flag, 1);
    m2f_gather_rows (plan, .dst = c->second, .src = c->from, .index = c->index);
}

static float
second_copy (M2fDevice *device, const Copies *c)
{
    float value;

    m2f_tensor_read (device, &c->second, &value);
    return value;
}

static void
run_cancelled (M2fPlan *plan)
{
    g_autoptr (GError) error = NULL;

    ck_assert (!m2f_plan_run (plan, &error));
    ck_assert (g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_CANCELLED));
}

/* Ops that come after the cancellation are not computed, whether the plan runs for the first time
 * or is replayed. */
START_TEST (test_plan)
{
    M2fDevice *device = m2f_device_open (g_array_index (devices, M2fDeviceInfo, _i).spec,
        M2F_PRECISION_FP32, 0, NULL);
    Copies c = { .cancel = true };
    M2fTensor *const tensors[] = { &c.from, &c.first, &c.second };
    const float one = 1, zero = 0;

    ck_assert_ptr_nonnull (device);
    for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
        ck_assert (m2f_tensor_new (device, tensors[i], "copy", M2F_F32,
            M2F_SHAPE (1, 1, 1, 1), NULL));
    ck_assert (m2f_tensor_new (device, &c.index, "index", M2F_I32,
        M2F_SHAPE (1, 1, 1, 1), NULL));
    m2f_tensor_write (device, &c.from, &one);

    M2fPlan *plan = m2f_plan_new (device, copy_twice, &c, NULL);
    ck_assert_ptr_nonnull (plan);
    m2f_plan_set_cancel_flag (plan, &c.flag);
    c.flag = 0;
    run_cancelled (plan);
    ck_assert_float_eq (second_copy (device, &c), 0);

    c.cancel = false;
    c.flag = 0;
    ck_assert (m2f_plan_run (plan, NULL));
    ck_assert_float_eq (second_copy (device, &c), 1);

    m2f_tensor_write (device, &c.second, &zero);
    c.flag = 1;
    run_cancelled (plan);
    ck_assert_float_eq (second_copy (device, &c), 0);
    c.flag = 0;
    ck_assert (m2f_plan_run (plan, NULL));
    ck_assert_float_eq (second_copy (device, &c), 1);

    m2f_plan_free (&plan);
    for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    m2f_tensor_free (device, &c.index);
    m2f_device_unref (&device);
}
END_TEST

/* Without a run in progress, the next ones are cancelled until they are allowed again. */
START_TEST (test_lasts)
{
    Scene scene = scene_new (_i);
    g_auto (M2fResult) result = { 0 };
    GError *error = NULL;

    run (&scene, &result);
    m2f_session_cancel (scene.session);
    m2f_session_cancel (scene.session);
    for (int i = 0; i < 2; i++) {
        ck_assert (!m2f_session_run (scene.session, &scene.image, &scene.params, &result, &error));
        assert_m2f_error (&error, M2F_ERROR_CANCELLED, "cancelled");
        check_empty (&result);
    }
    ck_assert (!m2f_session_prepare (scene.session, 40, 30, M2F_FORMAT_RGB, &scene.params,
        &error));
    assert_m2f_error (&error, M2F_ERROR_CANCELLED, "cancelled");
    m2f_session_uncancel (scene.session);
    run (&scene, &result);
    check_result (&result, &scene.expected);
    scene_clear (&scene);
}
END_TEST

/* Runs until it is cancelled; every run before that gives the right result.  If `rebuild`, the
 * session is at work on its plans most of the time. */
typedef struct Worker {
    const Scene *scene;
    bool rebuild;
} Worker;

static gpointer
run_until_cancelled (gpointer data)
{
    const Worker *worker = data;
    const Scene *scene = worker->scene;
    g_auto (M2fResult) result = { 0 };

    for (;;) {
        GError *error = NULL;

        if (worker->rebuild) {
            M2fParams params = scene->params;

            params.input_height = 64;
            if (!m2f_session_prepare (scene->session, 40, 30, M2F_FORMAT_RGB, &params, &error)) {
                assert_m2f_error (&error, M2F_ERROR_CANCELLED, "cancelled");
                return NULL;
            }
        }
        if (!m2f_session_run (scene->session, &scene->image, &scene->params, &result, &error)) {
            assert_m2f_error (&error, M2F_ERROR_CANCELLED, "cancelled");
            check_empty (&result);
            return NULL;
        }
        check_result (&result, &scene->expected);
    }
}

/* Cancelled at many different moments, a worker comes back, and the session is as good as new. */
START_TEST (test_running)
{
    Scene scene = scene_new (_i);
    g_auto (M2fResult) result = { 0 };

    for (int i = 0; i < 40; i++) {
        Worker worker = { &scene, i % 4 == 3 };
        GThread *thread = g_thread_new ("worker", run_until_cancelled, &worker);

        g_usleep ((gulong) i * 150);
        m2f_session_cancel (scene.session);
        g_thread_join (thread);
        m2f_session_uncancel (scene.session);
    }
    run (&scene, &result);
    check_result (&result, &scene.expected);
    scene_clear (&scene);
}
END_TEST

/* ---- moving results ------------------------------------------------------------------------- */

typedef struct Exchange {
    const Scene *scene;
    GMutex lock;
    GCond filled;
    M2fResult latest;
    int n; /* results so far */
} Exchange;

enum { N_RESULTS = 20 };

/* Fills one result while the other thread reads another. */
static gpointer
produce (gpointer data)
{
    Exchange *exchange = data;
    g_auto (M2fResult) mine = { 0 };

    for (int i = 0; i < N_RESULTS; i++) {
        run (exchange->scene, &mine);
        g_mutex_lock (&exchange->lock);
        M2fResult swapped = exchange->latest;
        exchange->latest = mine;
        mine = swapped;
        exchange->n++;
        g_cond_signal (&exchange->filled);
        g_mutex_unlock (&exchange->lock);
    }
    return NULL;
}

START_TEST (test_move)
{
    Scene scene = scene_new (_i);
    Exchange exchange = { .scene = &scene };
    g_auto (M2fResult) mine = { 0 };
    int n = 0;

    g_mutex_init (&exchange.lock);
    g_cond_init (&exchange.filled);
    GThread *thread = g_thread_new ("producer", produce, &exchange);
    while (n < N_RESULTS) {
        g_mutex_lock (&exchange.lock);
        while (exchange.n == n)
            g_cond_wait (&exchange.filled, &exchange.lock);
        M2fResult swapped = exchange.latest;
        exchange.latest = mine;
        mine = swapped;
        n = exchange.n;
        g_mutex_unlock (&exchange.lock);
        check_result (&mine, &scene.expected);
    }
    g_thread_join (thread);

    /* it outlives session and model */
    M2fResult expected = scene.expected;
    scene.expected = (M2fResult) { 0 };
    scene_clear (&scene);
    check_result (&mine, &expected);
    m2f_result_clear (&expected);
    m2f_result_clear (&exchange.latest);
    g_mutex_clear (&exchange.lock);
    g_cond_clear (&exchange.filled);
}
END_TEST

/* ---- sharing constants ---------------------------------------------------------------------- */

enum { N_STREAMS = 4 };

typedef struct Stream {
    const Scene *scene;
    M2fResult result;
    const M2fSizeConstants *constants; /* for 64 x 96 */
} Stream;

/* A session of its own from beginning to end, with constants besides it. */
static gpointer
run_stream (gpointer data)
{
    Stream *stream = data;
    Scene scene = *stream->scene;
    g_autoptr (GError) error = NULL;

    scene.session = m2f_session_new (scene.model);
    run (&scene, &stream->result);
    m2f_session_free (scene.session);
    stream->constants = m2f_shared_constants_take (scene.model->constants, 64, 96, &error);
    g_assert_no_error (error);
    return NULL;
}

/* Without batches, so that results are equal to the last bit. */
START_TEST (test_shared_constants)
{
    M2fModel *model = fixture_model ("square", g_array_index (devices, M2fDeviceInfo, _i).spec);

    model->device->limits.batch = 0;

    Scene scene = scene_new (_i);
    M2fSharedConstants *shared = scene.model->constants;
    Stream streams[N_STREAMS] = { { 0 } };
    GThread *threads[N_STREAMS];
    g_autoptr (GError) error = NULL;

    for (int i = 0; i < N_STREAMS; i++) {
        streams[i].scene = &scene;
        threads[i] = g_thread_new ("stream", run_stream, &streams[i]);
    }
    for (int i = 0; i < N_STREAMS; i++)
        g_thread_join (threads[i]);

    const M2fSizeConstants *other = m2f_shared_constants_take (shared, 96, 64, &error);
    ck_assert_ptr_nonnull (other);
    ck_assert_ptr_ne (other, streams[0].constants);
    m2f_shared_constants_release (shared, &other);
    ck_assert_ptr_null (other);

    for (int i = 0; i < N_STREAMS; i++) {
        check_result (&streams[i].result, &scene.expected);
        ck_assert_ptr_nonnull (streams[i].constants);
        ck_assert_ptr_eq (streams[i].constants, streams[N_STREAMS - 1].constants);
        m2f_result_clear (&streams[i].result);
        if (i < N_STREAMS - 1)
            m2f_shared_constants_release (shared, &streams[i].constants);
    }
    m2f_shared_constants_release (shared, &streams[N_STREAMS - 1].constants);
    scene_clear (&scene);
    m2f_model_unref (model);
}
END_TEST

/* ---- batches -------------------------------------------------------------------------------- */

#define N_ROUNDS 20

/* Products over several pictures may add up in another order. */
static void
check_similar (const M2fResult *result, const M2fResult *expected)
{
    int different = 0;

    ck_assert_int_eq (result->map_width, expected->map_width);
    ck_assert_int_eq (result->map_height, expected->map_height);
    for (int y = 0; y < result->map_height; y++)
        for (int x = 0; x < result->map_width; x++)
            different += m2f_result_id (result, x, y) != m2f_result_id (expected, x, y);
    ck_assert_msg (different * 1000 <= result->map_width * result->map_height,
        "%d pixels are not those of a run alone", different);
    ck_assert_int_eq (result->n_segments, expected->n_segments);
    for (int i = 0; i < result->n_segments; i++)
        ck_assert_int_eq (result->segments[i].label_id, expected->segments[i].label_id);
}

/* Runs one picture again and again, until one was computed with others. */
static gpointer
run_until_together (gpointer data)
{
    const Scene *scene = data;
    g_auto (M2fResult) result = { 0 };

    for (int i = 0; i < N_ROUNDS && m2f_batches_largest (scene->model->batches) < N_STREAMS; i++) {
        run (scene, &result);
        check_similar (&result, &scene->expected);
    }
    return NULL;
}

/* Another picture of the same size. */
static void
shift (M2fImage *image, int pixels)
{
    const size_t size = (size_t) image->stride[0] * image->height;
    uint8_t *data = g_malloc (size);

    for (size_t i = 0; i < size; i++)
        data[i] = image->data[0][(i + (size_t) pixels * 3) % size];
    g_free ((void *) image->data[0]);
    image->data[0] = data;
}

/* Sessions that wait at the same time are served together, with the results that they have alone.
 * The device is told to batch even where that takes longer, and every other time that it has a
 * queue: then some pictures are computed while others are loaded and post-processed. */
START_TEST (test_batches)
{
    const char *device = g_array_index (devices, M2fDeviceInfo, _i / 2).spec;
    Scene scenes[N_STREAMS];
    GThread *threads[N_STREAMS];
    M2fBatches *batches = NULL;

    for (int i = 0; i < N_STREAMS; i++) {
        scenes[i] = (Scene) { .image = fixture_image ("square") };
        scenes[i].model = fixture_model ("square", device);
        scenes[i].model->device->limits.batch = M2F_MAX_BATCH;
        scenes[i].model->device->limits.has_queue |= _i % 2 == 1;
        batches = scenes[i].model->batches;
        scenes[i].session = m2f_session_new (scenes[i].model);
        m2f_params_init (&scenes[i].params, scenes[i].model);
        scenes[i].params.task = M2F_TASK_PANOPTIC;
        scenes[i].params.threshold = 0.2;
        scenes[i].params.overlap_mask_area_threshold = 0;
        shift (&scenes[i].image, 11 * i);
        run (&scenes[i], &scenes[i].expected);
    }
    ck_assert_int_eq (m2f_batches_largest (batches), 1);
    for (int i = 0; i < N_STREAMS; i++)
        threads[i] = g_thread_new ("stream", run_until_together, &scenes[i]);
    for (int i = 0; i < N_STREAMS; i++)
        g_thread_join (threads[i]);
    ck_assert_int_gt (m2f_batches_largest (batches), 1);
    for (int i = 0; i < N_STREAMS; i++)
        scene_clear (&scenes[i]);
}
END_TEST

static Suite *
make_suite (void)
{
    int n = (int) devices->len;
    Suite *suite = suite_create ("threads");
    TCase *tcase = tcase_create ("cancel");

    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_plan, 0, n);
    tcase_add_loop_test (tcase, test_lasts, 0, n);
    tcase_add_loop_test (tcase, test_running, 0, n);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("move");
    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_move, 0, n);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("constants");
    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_shared_constants, 0, n);
    suite_add_tcase (suite, tcase);

    tcase = tcase_create ("batches");
    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_batches, 0, 2 * n);
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

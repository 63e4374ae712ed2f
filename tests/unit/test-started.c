/* Pictures that are started and finished: in order, with room for two where the device has a queue,
 * with other sizes, cancelled, dropped, and together with those of other sessions.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything is checked on the CPU, on the CPU once more but said to have a queue, so that there is
 * room for two although it computes each at once, and on the other devices that have one.
 */
#include <check.h>
#include <string.h>

#include "model/compute/backend.h"
#include "model/model.h"
#include "tests/suite.h"
#include "tests/unit/fixture.h"

/* What is checked: a device, and whether it is said to have a queue. */
typedef struct Place {
    char device[32];
    bool has_queue;
} Place;

static GArray *places; /* Place */

#define PICTURES 3

/* A model, and pictures of one size with what they are expected to show. */
typedef struct Scene {
    M2fModel *model;
    M2fSession *session;
    M2fParams params;
    M2fImage images[PICTURES];
    M2fResult expected[PICTURES];
    bool has_queue;
} Scene;

/* The picture of the fixture, moved to the left. */
static M2fImage
shifted_image (int pixels)
{
    M2fImage image = fixture_image ("square");
    const size_t size = (size_t) image.stride[0] * image.height;
    uint8_t *data = g_malloc (size);

    for (size_t i = 0; i < size; i++)
        data[i] = image.data[0][(i + (size_t) pixels * 3) % size];
    g_free ((void *) image.data[0]);
    image.data[0] = data;
    return image;
}

static Scene
scene_new (const Place *place)
{
    Scene s = { .model = fixture_model ("square", place->device), .has_queue = place->has_queue };
    g_autoptr (GError) error = NULL;

    s.model->device->limits.has_queue = place->has_queue;
    m2f_params_init (&s.params, s.model);
    s.params.task = M2F_TASK_PANOPTIC;
    s.params.threshold = 0.2;
    s.params.overlap_mask_area_threshold = 0;
    s.session = m2f_session_new (s.model);
    for (int i = 0; i < PICTURES; i++) {
        s.images[i] = shifted_image (11 * i);
        ck_assert_msg (m2f_session_run (s.session, &s.images[i], &s.params, &s.expected[i], &error),
            "%s", error ? error->message : "");
        ck_assert_int_gt (s.expected[i].n_segments, 1);
    }
    return s;
}

static void
scene_clear (Scene *s)
{
    for (int i = 0; i < PICTURES; i++) {
        g_free ((void *) s->images[i].data[0]);
        m2f_result_clear (&s->expected[i]);
    }
    g_clear_pointer (&s->session, m2f_session_free);
    g_clear_pointer (&s->model, m2f_model_unref);
}

static int
count_differences (const M2fResult *a, const M2fResult *b)
{
    int different = 0;

    ck_assert_int_eq (a->map_width, b->map_width);
    ck_assert_int_eq (a->map_height, b->map_height);
    for (int y = 0; y < a->map_height; y++)
        for (int x = 0; x < a->map_width; x++)
            different += m2f_result_id (a, x, y) != m2f_result_id (b, x, y);
    return different;
}

static void
start (M2fSession *session, const Scene *s, int picture)
{
    g_autoptr (GError) error = NULL;

    ck_assert_msg (m2f_session_start (session, &s->images[picture], &s->params, &error), "%s",
        error ? error->message : "");
}

static void
start_is_refused (const Scene *s, M2fError code, const char *text)
{
    GError *error = NULL;

    ck_assert (!m2f_session_start (s->session, &s->images[0], &s->params, &error));
    assert_m2f_error (&error, code, text);
}

static void
finish (M2fSession *session, const Scene *s, int picture)
{
    g_autoptr (GError) error = NULL;
    g_auto (M2fResult) result = { 0 };

    ck_assert_msg (m2f_session_finish (session, &result, &error), "%s",
        error ? error->message : "");
    ck_assert_int_eq (count_differences (&result, &s->expected[picture]), 0);
    ck_assert_int_eq (result.n_segments, s->expected[picture].n_segments);
    ck_assert_double_gt (result.timings.total, 0);
}

/* Pictures are finished in the order in which they were started; one more than there is room for is
 * refused and disturbs nothing. */
static void
check_order (const Scene *s)
{
    for (int round = 0; round < 3; round++) {
        start (s->session, s, 0);
        if (s->has_queue)
            start (s->session, s, 1);
        start_is_refused (s, M2F_ERROR_BUSY, s->has_queue ? "2 pictures are started" : "1 picture");
        m2f_session_wait (s->session);
        start_is_refused (s, M2F_ERROR_BUSY, "no room for another");
        finish (s->session, s, 0);
        if (s->has_queue) {
            start (s->session, s, 2);
            finish (s->session, s, 1);
            finish (s->session, s, 2);
        }
    }
    m2f_session_wait (s->session);
}

static void
check_none (const Scene *s)
{
    g_auto (M2fResult) result = { 0 };
    GError *error = NULL;

    m2f_session_wait (s->session);
    ck_assert (m2f_session_run (s->session, &s->images[0], &s->params, &result, NULL));
    ck_assert (!m2f_session_finish (s->session, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "no picture was started");
    ck_assert_int_eq (result.n_segments, 0);
    ck_assert_int_eq (result.map_width, 0);
}

/* A picture need not stay once it is started. */
static void
check_picture_goes (const Scene *s)
{
    M2fImage image = shifted_image (11);

    ck_assert (m2f_session_start (s->session, &image, &s->params, NULL));
    memset ((void *) image.data[0], 0, (size_t) image.stride[0] * image.height);
    g_free ((void *) image.data[0]);
    finish (s->session, s, 1);
}

/* What cannot be done beside a started picture says so, and the picture is finished as it would
 * be. */
static void
check_others (const Scene *s)
{
    g_auto (M2fResult) result = { 0 };
    M2fParams params = s->params;
    GError *error = NULL;

    start (s->session, s, 1);
    ck_assert (!m2f_session_run (s->session, &s->images[0], &s->params, &result, &error));
    assert_m2f_error (&error, M2F_ERROR_BUSY, "1 picture is started");
    ck_assert_int_eq (result.map_width, 0);
    params.input_height = 64;
    ck_assert (!m2f_session_start (s->session, &s->images[0], &params, &error));
    assert_m2f_error (&error, M2F_ERROR_BUSY, "another size");
    ck_assert (!m2f_session_prepare (s->session, 40, 30, M2F_FORMAT_RGB, &params, &error));
    assert_m2f_error (&error, M2F_ERROR_BUSY, "another size");
    ck_assert (m2f_session_prepare (s->session, s->images[0].width, s->images[0].height,
        s->images[0].format, &s->params, &error));
    params = s->params;
    params.threshold = 2;
    ck_assert (!m2f_session_start (s->session, &s->images[0], &params, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "threshold");
    finish (s->session, s, 1);

    params = s->params;
    params.input_height = 64;
    ck_assert (m2f_session_run (s->session, &s->images[0], &params, &result, &error));
    start (s->session, s, 0);
    finish (s->session, s, 0);
}

/* Each picture is post-processed as it was started. */
static void
check_params (const Scene *s)
{
    M2fParams strict = s->params;
    g_auto (M2fResult) result = { 0 };

    strict.threshold = 1;
    for (int round = 0; round < 2; round++) {
        ck_assert (m2f_session_start (s->session, &s->images[0], &strict, NULL));
        if (s->has_queue)
            start (s->session, s, 1);
        ck_assert (m2f_session_finish (s->session, &result, NULL));
        ck_assert_int_eq (result.n_segments, 0);
        if (s->has_queue)
            finish (s->session, s, 1);
    }
}

/* Whatever was started is cancelled, and has to be finished all the same; then the session is as
 * good as new. */
static void
check_cancel (const Scene *s)
{
    const int n = s->has_queue ? 2 : 1;
    g_auto (M2fResult) result = { 0 };
    GError *error = NULL;

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < n; i++)
            start (s->session, s, i);
        if (round == 1)
            m2f_session_wait (s->session);
        m2f_session_cancel (s->session);
        start_is_refused (s, n == 2 ? M2F_ERROR_BUSY : M2F_ERROR_CANCELLED, "");
        for (int i = 0; i < n; i++) {
            ck_assert (!m2f_session_finish (s->session, &result, &error));
            assert_m2f_error (&error, M2F_ERROR_CANCELLED, "cancelled");
            ck_assert_int_eq (result.map_width, 0);
        }
        start_is_refused (s, M2F_ERROR_CANCELLED, "cancelled");
        m2f_session_uncancel (s->session);
        start (s->session, s, 2);
        finish (s->session, s, 2);
    }
}

/* A session goes with pictures that are not finished, before or after they are computed. */
static void
check_dropped (const Scene *s)
{
    for (int round = 0; round < 4; round++) {
        M2fSession *session = m2f_session_new (s->model);

        start (session, s, 0);
        if (s->has_queue)
            start (session, s, 1);
        if (round % 2 == 1)
            m2f_session_wait (session);
        if (round / 2 == 1)
            finish (session, s, 0);
        m2f_session_free (session);
    }
    start (s->session, s, 2);
    finish (s->session, s, 2);
}

/* ---- several sessions ----------------------------------------------------------------------- */

/* One thread has pictures of several sessions, and finishes the newest first: nobody waits for what
 * only that thread could do. */
static void
check_sessions_of_a_thread (const Scene *s)
{
    M2fSession *sessions[2];

    s->model->device->limits.batch = M2F_MAX_BATCH;
    for (int i = 0; i < 2; i++)
        sessions[i] = m2f_session_new (s->model);
    if (s->has_queue)
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 2; i++)
                start (sessions[i], s, i);
            m2f_session_wait (sessions[1]);
            for (int i = 1; i >= 0; i--)
                finish (sessions[i], s, i);
        }
    for (int i = 0; i < 2; i++)
        m2f_session_free (sessions[i]);
}

#define STREAMS 3
#define FRAMES 12

typedef struct Stream {
    const Scene *scene;
    int first; /* picture */
} Stream;

/* Shows pictures in turns, as a live stream does. */
static gpointer
run_stream (gpointer data)
{
    const Stream *stream = data;
    const Scene *s = stream->scene;
    M2fSession *session = m2f_session_new (s->model);
    int started = 0, finished = 0;

    while (finished < FRAMES) {
        const int next = (stream->first + started) % PICTURES;
        g_autoptr (GError) error = NULL;
        g_auto (M2fResult) result = { 0 };

        m2f_session_wait (session);
        if (started < FRAMES
            && m2f_session_start (session, &s->images[next], &s->params, &error)) {
            started++;
            if (started - finished == 1) /* so that there are two */
                continue;
        }
        ck_assert_msg (!error || g_error_matches (error, M2F_ERROR, M2F_ERROR_BUSY), "%s",
            error ? error->message : "");
        ck_assert (m2f_session_finish (session, &result, NULL));
        /* products over several pictures may add up in another order */
        ck_assert_int_le (1000
            * count_differences (&result, &s->expected[(stream->first + finished++) % PICTURES]),
            result.map_width * result.map_height);
    }
    m2f_session_free (session);
    return NULL;
}

static void
check_streams (const Scene *s)
{
    Stream streams[STREAMS];
    GThread *threads[STREAMS];

    s->model->device->limits.batch = M2F_MAX_BATCH;
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = (Stream) { s, i };
        threads[i] = g_thread_new ("stream", run_stream, &streams[i]);
    }
    for (int i = 0; i < STREAMS; i++)
        g_thread_join (threads[i]);
}

/* Loading takes long on some devices: once for all. */
START_TEST (test_place)
{
    Scene s = scene_new (&g_array_index (places, Place, _i));

    check_order (&s);
    check_none (&s);
    check_picture_goes (&s);
    check_others (&s);
    check_params (&s);
    check_cancel (&s);
    check_dropped (&s);
    check_sessions_of_a_thread (&s);
    check_streams (&s);
    scene_clear (&s);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("started");
    TCase *tcase = tcase_create ("started");

    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_place, 0, (int) places->len);
    suite_add_tcase (suite, tcase);
    return suite;
}

static void
add_place (const char *device, bool has_queue)
{
    Place place = { .has_queue = has_queue };

    g_strlcpy (place.device, device, sizeof place.device);
    g_array_append_val (places, place);
}

int
main (void)
{
    g_autoptr (GArray) devices = fixture_devices ();

    places = g_array_new (FALSE, FALSE, sizeof (Place));
    for (guint i = 0; i < devices->len; i++) {
        const M2fDeviceInfo *info = &g_array_index (devices, M2fDeviceInfo, i);

        if (g_str_equal (info->backend, "cpu"))
            add_place (info->spec, false);
        if (!g_str_equal (info->backend, "reference"))
            add_place (info->spec, true);
    }
    const int status = run_suite (make_suite ());
    g_array_unref (places);
    return status;
}

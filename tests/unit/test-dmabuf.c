/* Pictures in DMABufs: what is found in them is what is found in a copy, on every device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/unit/fixture.h"
#include "tests/unit/shared_picture.h"

static GArray *devices;

static const char *
device_spec (int i)
{
    return g_array_index (devices, M2fDeviceInfo, i).spec;
}

static void
run (M2fSession *session, const M2fImage *image, const M2fParams *params, M2fResult *result)
{
    g_autoptr (GError) error = NULL;

    ck_assert_msg (m2f_session_run (session, image, params, result, &error), "%s",
        error ? error->message : "");
}

static void
assert_maps_equal (const M2fResult *a, const M2fResult *b)
{
    ck_assert_int_eq (a->map_width, b->map_width);
    ck_assert_int_eq (a->map_height, b->map_height);
    for (int y = 0; y < a->map_height; y++)
        ck_assert_mem_eq (a->map + (size_t) y * a->map_stride,
            b->map + (size_t) y * b->map_stride, (size_t) a->map_width * a->map_depth);
}

/* In one session, pictures come from the host, from a DMABuf, from one with other strides, and from
 * the host again. */
static void
check_format (M2fModel *model, M2fFormat format)
{
    M2fSession *session = m2f_session_new (model);
    g_auto (M2fResult) expected = { 0 }, found = { 0 };
    M2fParams params;

    m2f_params_init (&params, model);
    params.threshold = 0.2;
    params.overlap_mask_area_threshold = 0;
    for (int i = 0; i < 4; i++) {
        SharedPicture picture;

        shared_picture_init (&picture, format, 70, 54, i == 1 ? 0 : 26, i % 2, i);
        const M2fImage copy = shared_picture_copy (&picture);
        const M2fImage only = shared_picture_only (&picture);
        run (session, &copy, &params, &expected);
        run (session, i == 3 ? &picture.image : &only, &params, &found);
        ck_assert_int_gt (found.n_segments, 0);
        assert_maps_equal (&expected, &found);
        shared_picture_clear (&picture);
    }
    m2f_session_free (session);
}

START_TEST (same_result)
{
    static const M2fFormat formats[]
        = { M2F_FORMAT_NV12, M2F_FORMAT_RGB, M2F_FORMAT_BGRA, M2F_FORMAT_I420,
              M2F_FORMAT_P010_10LE };
    M2fModel *model = fixture_model ("square", device_spec (_i));

    for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
        check_format (model, formats[i]);
    m2f_model_unref (model);
}
END_TEST

START_TEST (same_values)
{
    M2fModel *model = fixture_model ("square", device_spec (_i));
    SharedPicture picture;
    M2fParams params;
    g_autoptr (GError) error = NULL;

    m2f_params_init (&params, model);
    shared_picture_init (&picture, M2F_FORMAT_NV12, 64, 48, 10, true, 0);
    const M2fImage images[] = { shared_picture_copy (&picture), shared_picture_only (&picture) };
    M2fHostTensor *values = m2f_model_preprocess (model, images, 2, &params, NULL, &error);
    ck_assert_msg (values != NULL, "%s", error ? error->message : "");
    const size_t n = (size_t) (3 * values->shape[2] * values->shape[3]);
    ck_assert_mem_eq (values->data, values->data + n, n * sizeof (float));
    m2f_host_tensor_free (values);
    shared_picture_clear (&picture);
    m2f_model_unref (model);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

static void
assert_refused (M2fModel *model, const M2fImage *image, M2fError code, const char *word)
{
    M2fSession *session = m2f_session_new (model);
    g_auto (M2fResult) result = { 0 };
    M2fParams params;
    GError *error = NULL;

    m2f_params_init (&params, model);
    ck_assert (!m2f_session_run (session, image, &params, &result, &error));
    assert_m2f_error (&error, code, word);
    m2f_session_free (session);
}

START_TEST (bad_pictures)
{
    M2fModel *model = fixture_model ("square", "cpu");
    SharedPicture p;
    int pipe_ends[2];

    shared_picture_init (&p, M2F_FORMAT_NV12, 64, 48, 0, true, 0);
    M2fImage only = shared_picture_only (&p);
    const M2fDmabuf good = p.dmabuf;

    p.dmabuf.fd[1] = -1;
    assert_refused (model, &only, M2F_ERROR_ARGUMENT, "plane 1");
    ck_assert_int_eq (pipe (pipe_ends), 0);
    p.dmabuf.fd[1] = pipe_ends[0];
    assert_refused (model, &only, M2F_ERROR_ARGUMENT, "no DMABuf");
    p.dmabuf = good;
    p.dmabuf.offset[1] = 8192 - 64 * 24 + 1;
    assert_refused (model, &only, M2F_ERROR_ARGUMENT, "8192");
    p.dmabuf.offset[1] = G_MAXSIZE;
    assert_refused (model, &only, M2F_ERROR_ARGUMENT, "plane 1");
    p.dmabuf = good;
    only.stride[0] = 63;
    assert_refused (model, &only, M2F_ERROR_ARGUMENT, "63");
    only.stride[0] = G_MAXINT;
    assert_refused (model, &only, M2F_ERROR_ARGUMENT, "plane 0");
    only.stride[0] = 64;
    p.dmabuf.modifier = G_GUINT64_CONSTANT (0x0100000000000001);
    assert_refused (model, &only, M2F_ERROR_UNSUPPORTED, "0x100000000000001");

    close (pipe_ends[0]);
    close (pipe_ends[1]);
    p.dmabuf = good;
    shared_picture_clear (&p);
    m2f_model_unref (model);
}
END_TEST

/* A picture that the host has too is read there if its DMABuf cannot be. */
START_TEST (unreadable_dmabuf)
{
    M2fModel *model = fixture_model ("square", device_spec (_i));
    M2fSession *session = m2f_session_new (model);
    g_auto (M2fResult) expected = { 0 }, found = { 0 };
    SharedPicture p;
    M2fParams params;

    m2f_params_init (&params, model);
    params.threshold = 0.2;
    shared_picture_init (&p, M2F_FORMAT_NV12, 64, 48, 6, false, 0);
    const M2fImage copy = shared_picture_copy (&p);
    run (session, &copy, &params, &expected);
    p.dmabuf.modifier = 1;
    run (session, &p.image, &params, &found);
    assert_maps_equal (&expected, &found);
    p.dmabuf.modifier = 0;
    ck_assert_int_eq (ftruncate (p.dmabuf.fd[0], 0), 0);
    run (session, &p.image, &params, &found);
    assert_maps_equal (&expected, &found);
    m2f_session_free (session);
    shared_picture_clear (&p);
    m2f_model_unref (model);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("dmabuf");
    TCase *tcase = tcase_create ("dmabuf");

    tcase_set_timeout (tcase, 300);
    tcase_add_loop_test (tcase, same_result, 0, (int) devices->len);
    tcase_add_loop_test (tcase, same_values, 0, (int) devices->len);
    tcase_add_test (tcase, bad_pictures);
    tcase_add_loop_test (tcase, unreadable_dmabuf, 0, (int) devices->len);
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

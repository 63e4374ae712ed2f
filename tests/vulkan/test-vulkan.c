/* Tests of the Vulkan backend: agreement with the CPU, recordings, the pipeline cache, errors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs on vulkan:0, and exits with 77 where there is none.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/compute/backend.h"
#include "model/model.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/vulkan/device.h"

static M2fModel *
load (const char *path, const char *device, const char *precision)
{
    g_autoptr (GError) error = NULL;
    M2fModel *model = m2f_model_load (
        &(M2fLoadOptions) { .path = path, .device = device, .precision = precision }, &error);

    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    return model;
}

static void
run (M2fSession *session, const M2fImage *image, const M2fParams *params, M2fResult *result)
{
    g_autoptr (GError) error = NULL;

    ck_assert_msg (m2f_session_run (session, image, params, result, &error), "%s",
        error ? error->message : "");
}

/* Blocks of smooth colour in front of a sky, changing with `seed`; free data[0]. */
static M2fImage
make_image (int width, int height, int seed)
{
    uint8_t *pixels = g_malloc ((size_t) width * height * 3), *p = pixels;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, p += 3) {
            bool block = (x + 7 * seed) / 40 % 3 == 0 && y > height / 3 + x % 40 / 4;

            p[0] = (uint8_t) (block ? 40 + 60 * ((x + seed) / 120 % 3) : 90 + y * 60 / height);
            p[1] = (uint8_t) (block ? 50 + y * 90 / height : 110 + y * 30 / height);
            p[2] = (uint8_t) (block ? 60 : 200 - y * 130 / height);
        }
    return (M2fImage) { .format = M2F_FORMAT_RGB, .width = width, .height = height,
        .data = { pixels }, .stride = { 3 * width } };
}

/* Keeps enough for segments to be there on any picture. */
static M2fParams
keep_some (const M2fModel *model, M2fTask task, M2fPostprocess postprocess)
{
    M2fParams params;

    m2f_params_init (&params, model);
    params.task = task;
    params.postprocess = postprocess;
    params.threshold = 0.2;
    params.overlap_mask_area_threshold = 0;
    return params;
}

static int64_t
count_differences (const M2fResult *a, const M2fResult *b)
{
    int64_t count = 0;

    ck_assert_int_eq (a->map_width, b->map_width);
    ck_assert_int_eq (a->map_height, b->map_height);
    ck_assert_int_eq (a->map_depth, b->map_depth);
    for (int y = 0; y < a->map_height; y++)
        for (int x = 0; x < a->map_width; x++)
            count += memcmp (a->map + (size_t) y * a->map_stride + x * a->map_depth,
                b->map + (size_t) y * b->map_stride + x * b->map_depth, a->map_depth) != 0;
    return count;
}

/* ---- agreement ----------------------------------------------------------------------------- */

/* In fp32 the maps agree on at least 99.9 % of the pixels, and the segments all but in score. */
static void
compare_with_cpu (const char *path, const M2fImage *image, int short_edge)
{
    M2fModel *models[] = { load (path, "cpu", "fp32"), load (path, DEVICE, "fp32") };

    for (int task = M2F_TASK_SEMANTIC; task <= M2F_TASK_PANOPTIC; task++)
        for (int post = 0; post < 2; post++) {
            M2fResult results[2] = { { 0 } };

            for (int i = 0; i < 2; i++) {
                M2fParams params
                    = keep_some (models[i], (M2fTask) task, (M2fPostprocess) post);
                params.input_height = short_edge;
                M2fSession *session = m2f_session_new (models[i]);
                run (session, image, &params, &results[i]);
                m2f_session_free (session);
            }
            int64_t different = count_differences (&results[0], &results[1]);
            ck_assert_msg (different * 1000 <= (int64_t) image->width * image->height,
                "%s, task %d, post-processing %d: %d of %d pixels differ", path, task, post,
                (int) different, image->width * image->height);
            ck_assert_int_eq (results[0].n_segments, results[1].n_segments);
            for (int s = 0; s < results[0].n_segments; s++) {
                const M2fSegment *a = &results[0].segments[s], *b = &results[1].segments[s];
                ck_assert_int_eq (a->id, b->id);
                ck_assert_int_eq (a->label_id, b->label_id);
                ck_assert_float_eq_tol (a->score, b->score, 1e-3f);
            }
            m2f_result_clear (&results[0]);
            m2f_result_clear (&results[1]);
        }
    m2f_model_unref (models[0]);
    m2f_model_unref (models[1]);
}

START_TEST (agrees_with_cpu_on_fixtures)
{
    g_autofree char *path = fixture_path (fixture_names[_i], NULL);
    M2fImage image = fixture_image (fixture_names[_i]);

    compare_with_cpu (path, &image, 0);
    g_free ((void *) image.data[0]);
}
END_TEST

START_TEST (agrees_with_cpu_on_shipped)
{
    g_autofree char *path = shipped_dir ();
    M2fImage image = make_image (384, 240, 0);

    compare_with_cpu (path, &image, 128);
    g_free ((void *) image.data[0]);
}
END_TEST

/* fp16 is judged by what comes out: classes of pixels. */
START_TEST (fp16_agrees_on_classes)
{
    g_autofree char *path = shipped_dir ();
    M2fImage image = make_image (384, 240, 1);
    M2fModel *models[] = { load (path, "cpu", "fp32"), load (path, DEVICE, "fp16") };
    M2fResult results[2] = { { 0 } };

    for (int i = 0; i < 2; i++) {
        M2fParams params
            = keep_some (models[i], M2F_TASK_SEMANTIC, M2F_POSTPROCESS_PAPER);
        params.input_height = 128;
        M2fSession *session = m2f_session_new (models[i]);
        run (session, &image, &params, &results[i]);
        m2f_session_free (session);
    }
    int64_t different = count_differences (&results[0], &results[1]);
    ck_assert_msg (different * 100 <= (int64_t) image.width * image.height,
        "%d of %d pixels have another class", (int) different, image.width * image.height);
    for (int i = 0; i < 2; i++) {
        m2f_result_clear (&results[i]);
        m2f_model_unref (models[i]);
    }
    g_free ((void *) image.data[0]);
}
END_TEST

/* ---- recordings ---------------------------------------------------------------------------- */

/* Once every number of kept queries has been seen, pictures make no object, no allocation and no
 * descriptor set. */
START_TEST (nothing_is_made_per_frame)
{
    g_autofree char *path = fixture_path ("square", NULL);
    M2fModel *model = load (path, DEVICE, "fp32");
    M2fSession *session = m2f_session_new (model);
    M2fParams params = keep_some (model, (M2fTask) _i, M2F_POSTPROCESS_PAPER);
    g_auto (M2fResult) result = { 0 };
    M2fImage images[3];
    int before = 0;

    for (int i = 0; i < 3; i++)
        images[i] = make_image (96, 80, 3 * i);
    for (int frame = 0; frame < 12; frame++) {
        if (frame == 3)
            before = model->device->fns->created (model->device);
        run (session, &images[frame % 3], &params, &result);
    }
    ck_assert_int_gt (before, 0);
    ck_assert_int_eq (model->device->fns->created (model->device), before);

    if (params.task == M2F_TASK_PANOPTIC) { /* thresholds are no part of a recording */
        params.mask_threshold = 0.6;
        params.threshold = 0.3;
        run (session, &images[0], &params, &result);
        ck_assert_int_eq (model->device->fns->created (model->device), before);
    }
    for (int i = 0; i < 3; i++)
        g_free ((void *) images[i].data[0]);
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
    M2fParams params = keep_some (stream->model, M2F_TASK_PANOPTIC, M2F_POSTPROCESS_PAPER);
    g_auto (M2fResult) result = { 0 };

    for (int i = 0; i < 5; i++) {
        run (session, &stream->image, &params, &result);
        ck_assert_int_eq (count_differences (&result, &stream->expected), 0);
    }
    m2f_session_free (session);
    return NULL;
}

/* Sessions of one model share device, weights and queue. */
START_TEST (sessions_in_threads)
{
    g_autofree char *path = fixture_path ("square", NULL);
    M2fModel *model = load (path, DEVICE, "fp32");
    M2fParams params = keep_some (model, M2F_TASK_PANOPTIC, M2F_POSTPROCESS_PAPER);
    Stream streams[4];
    GThread *threads[4];

    for (int i = 0; i < 4; i++) {
        streams[i] = (Stream) { model, make_image (64 + 32 * i, 80, i), { 0 } };
        M2fSession *session = m2f_session_new (model);
        run (session, &streams[i].image, &params, &streams[i].expected);
        m2f_session_free (session);
    }
    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new ("stream", run_stream, &streams[i]);
    for (int i = 0; i < 4; i++) {
        g_thread_join (threads[i]);
        m2f_result_clear (&streams[i].expected);
        g_free ((void *) streams[i].image.data[0]);
    }
    m2f_model_unref (model);
}
END_TEST

/* ---- the pipeline cache -------------------------------------------------------------------- */

static char *
read_cache (const char *dir, char **path, gsize *size)
{
    g_autofree char *folder = g_build_filename (dir, "m2f", NULL);
    g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
    char *data = NULL;

    ck_assert_ptr_nonnull (entries);
    *path = g_build_filename (folder, g_dir_read_name (entries), NULL);
    ck_assert (g_file_get_contents (*path, &data, size, NULL));
    return data;
}

static void
open_and_close (void)
{
    g_autoptr (GError) error = NULL;
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP32, 0, &error);

    ck_assert_msg (device != NULL, "%s", error ? error->message : "");
    m2f_device_unref (&device);
}

/* Truncated, changed, foreign and empty files are replaced, not believed.  Without fork mode this
 * could not set the cache directory: GLib reads it once. */
START_TEST (cache_is_checked)
{
    g_autofree char *dir = g_dir_make_tmp (NULL, NULL);
    g_autofree char *path = NULL;
    gsize size, again;

    g_setenv ("XDG_CACHE_HOME", dir, TRUE);
    g_setenv ("MESA_SHADER_CACHE_DISABLE", "true", TRUE); /* the driver's own is not our affair */
    open_and_close ();
    g_autofree char *good = read_cache (dir, &path, &size);
    ck_assert_uint_gt (size, 56);
    for (int i = 0; i < 5; i++) {
        g_autofree char *bad = g_memdup2 (good, size);
        const gsize sizes[] = { size / 2, size, size, 0, 4 };

        bad[i == 1 ? size - 1 : 10] ^= 1; /* the driver's part; the header */
        ck_assert (g_file_set_contents (path, bad, (gssize) sizes[i], NULL));
        g_free (g_steal_pointer (&path));
        open_and_close ();
        g_autofree char *now = read_cache (dir, &path, &again);
        ck_assert_msg (again > 56 && memcmp (now, good, 40) == 0,
            "file %d was not replaced by one of this build and device", i);
    }
    ck_assert_int_eq (g_remove (path), 0);
    g_autofree char *folder = g_path_get_dirname (path);
    ck_assert_int_eq (g_rmdir (folder), 0);
    scratch_free (g_steal_pointer (&dir)); /* the validation layer may have left a file */
}
END_TEST

typedef int (*MakeSomething) (const char *path);

static int
make_fifo (const char *path)
{
    return mkfifo (path, 0600);
}

static int
make_endless (const char *path)
{
    return symlink ("/dev/zero", path);
}

static int
make_directory (const char *path)
{
    return g_mkdir (path, 0700);
}

/* A sparse file of a size that no cache has. */
static int
make_huge (const char *path)
{
    return g_file_set_contents (path, "", 0, NULL) ? truncate (path, (off_t) 1 << 40) : -1;
}

/* What is no file of a cache's size is not waited for, not read, and replaced if it can be. */
START_TEST (cache_is_a_file)
{
    static const MakeSomething make[] = { make_fifo, make_endless, make_huge, make_directory };
    g_autofree char *dir = g_dir_make_tmp (NULL, NULL);
    g_autofree char *path = NULL;
    gsize size;
    GStatBuf st;

    g_setenv ("XDG_CACHE_HOME", dir, TRUE);
    g_setenv ("MESA_SHADER_CACHE_DISABLE", "true", TRUE);
    open_and_close ();
    g_free (read_cache (dir, &path, &size));
    for (guint i = 0; i < G_N_ELEMENTS (make); i++) {
        ck_assert_int_eq (g_remove (path), 0);
        ck_assert_int_eq (make[i] (path), 0);
        open_and_close ();
        ck_assert_int_eq (g_lstat (path, &st), 0);
        ck_assert_msg (make[i] == make_directory || (S_ISREG (st.st_mode) && st.st_size < 1 << 26),
            "thing %u was not replaced", i);
    }
    ck_assert_int_eq (g_remove (path), 0);
    g_autofree char *folder = g_path_get_dirname (path);
    ck_assert_int_eq (g_rmdir (folder), 0);
    scratch_free (g_steal_pointer (&dir));
}
END_TEST

/* ---- errors -------------------------------------------------------------------------------- */

START_TEST (errors_name_the_device)
{
    g_autoptr (GError) error = NULL;
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP32, 0, NULL);
    const char *name = m2f_device_info (device)->name;
    M2fTensor t;

    ck_assert (!m2f_tensor_new (device, &t, "huge", M2F_F32,
        M2F_SHAPE (1 << 12, 1 << 12, 1 << 12, 1 << 12), &error));
    ck_assert_msg (strstr (error->message, name) && strstr (error->message, "huge"), "%s",
        error->message);
    g_clear_error (&error);

    ck_assert_ptr_null (m2f_device_open (DEVICE, M2F_PRECISION_INT8, 0, &error));
    ck_assert (g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED));
    ck_assert_msg (strstr (error->message, name) && strstr (error->message, "fp32"), "%s",
        error->message);
    g_clear_error (&error);

    ck_assert_ptr_null (m2f_device_open ("vulkan:99", M2F_PRECISION_FP32, 0, &error));
    ck_assert (g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE));
    ck_assert_msg (strstr (error->message, "vulkan:99") != NULL, "%s", error->message);
    m2f_device_unref (&device);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("vulkan");
    TCase *tcase = tcase_create ("vulkan");

    tcase_set_timeout (tcase, 300);
    tcase_add_loop_test (tcase, agrees_with_cpu_on_fixtures, 0, n_fixtures);
    tcase_add_test (tcase, agrees_with_cpu_on_shipped);
    tcase_add_test (tcase, fp16_agrees_on_classes);
    tcase_add_loop_test (tcase, nothing_is_made_per_frame, 0, M2F_TASK_PANOPTIC + 1);
    tcase_add_test (tcase, sessions_in_threads);
    tcase_add_test (tcase, cache_is_checked);
    tcase_add_test (tcase, cache_is_a_file);
    tcase_add_test (tcase, errors_name_the_device);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    return run_suite_on_device (make_suite ());
}

/* Faults of the system: each allocation whose size depends on input fails once, and threads are not
 * started.  Loading, preparing and running then end with an error, and nothing leaks.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The linker puts the functions below in the place of those that the library calls
 * (-Wl,--wrap=NAME).  Allocations by g_malloc() are not among them: it is for sizes that do not
 * depend on input, and ends the process.
 *
 *     test-faults [vulkan:N]      only the allocations of the host, on that device
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/compute/backend.h"
#include "model/evaluation/panoptic.h"
#include "model/model.h"
#include "model/postprocess/rle.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"

#define WIDTH 90
#define HEIGHT 60

/* ---- injection ------------------------------------------------------------------------------ */

static gint countdown = G_MAXINT;      /* allocations until the one that fails */
static gint threads_left = G_MAXINT;   /* threads that may be started */

static bool
fails (void)
{
    return g_atomic_int_add (&countdown, -1) == 1;
}

#define WRAP(type, name, parameters, arguments, refusal) \
    type __real_##name parameters;                        \
    type __wrap_##name parameters;                        \
    type __wrap_##name parameters                         \
    {                                                     \
        return fails () ? refusal : __real_##name arguments; \
    }

WRAP (gpointer, g_try_malloc, (gsize n), (n), NULL)
WRAP (gpointer, g_try_malloc0, (gsize n), (n), NULL)
WRAP (gpointer, g_try_malloc_n, (gsize n, gsize size), (n, size), NULL)
WRAP (gpointer, g_try_malloc0_n, (gsize n, gsize size), (n, size), NULL)
WRAP (gpointer, g_try_realloc_n, (gpointer p, gsize n, gsize size), (p, n, size), NULL)
WRAP (void *, calloc, (size_t n, size_t size), (n, size), NULL)
WRAP (int, posix_memalign, (void **p, size_t align, size_t size), (p, align, size), ENOMEM)

GThread *__real_g_thread_try_new (const char *name, GThreadFunc func, gpointer data,
    GError **error);
GThread *__wrap_g_thread_try_new (const char *name, GThreadFunc func, gpointer data,
    GError **error);

GThread *
__wrap_g_thread_try_new (const char *name, GThreadFunc func, gpointer data, GError **error)
{
    if (threads_left <= 0) {
        g_set_error (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no more threads");
        return NULL;
    }
    threads_left--;
    return __real_g_thread_try_new (name, func, data, error);
}

/* ---- allocations ---------------------------------------------------------------------------- */

typedef struct Case {
    const char *fixture, *device, *precision;
    M2fTask task;
    gboolean binary_maps;
    gboolean stages; /* m2f_model_forward() and m2f_model_loss() in place of a session */
} Case;

static const Case cases[] = {
    { "square", "cpu", "fp32", M2F_TASK_PANOPTIC, FALSE, FALSE },
    { "odd-sizes", "cpu", "fp32", M2F_TASK_INSTANCE, TRUE, FALSE },
    { "square", "cpu", "fp32", M2F_TASK_SEMANTIC, TRUE, FALSE },
    { "square", "reference", "fp32", M2F_TASK_SEMANTIC, FALSE, FALSE },
    { "square", "cpu", "fp32", M2F_TASK_PANOPTIC, FALSE, TRUE },
    { "square", "cpu", "bf16", M2F_TASK_PANOPTIC, FALSE, FALSE },
    { "square", "cpu", "int8", M2F_TASK_PANOPTIC, FALSE, FALSE },
    { "../stages/mobilenet", "cpu", "bf16", M2F_TASK_PANOPTIC, FALSE, FALSE },
};

static Case vulkan_case = { "square", NULL, "fp16", M2F_TASK_PANOPTIC, TRUE, FALSE };

static bool
run_session (M2fModel *model, const M2fImage *image, const M2fParams *params, GError **error)
{
    M2fSession *session = m2f_session_new (model);
    g_auto (M2fResult) result = { 0 };
    const bool ok = m2f_session_prepare (session, WIDTH, HEIGHT, image->format, params, error)
        && m2f_session_run (session, image, params, &result, error);

    m2f_session_free (session);
    return ok;
}

static bool
run_stages (M2fModel *model, const M2fImage *image, const M2fParams *params, GError **error)
{
    static const float masks[2 * 16] = { 1, 1, 1, [20] = 1, [31] = 1 };
    static const int classes[2] = { 0, 1 };
    const M2fLossTarget target = { .n = 2, .class_labels = classes, .masks = masks, .height = 4,
        .width = 4 };
    g_auto (M2fLoss) loss = { 0 };
    g_autoptr (GPtrArray) stages = m2f_model_forward (model, image, params, NULL, error);

    model->config->loss.train_num_points = 16;
    return stages && m2f_model_loss (model, stages, &target, 1, NULL, &loss, error);
}

/* Loads, prepares and runs. */
static bool
do_all (const Case *c, GError **error)
{
    static const uint8_t pixels[WIDTH * HEIGHT * 3];
    const M2fImage image = { .format = M2F_FORMAT_RGB, .width = WIDTH, .height = HEIGHT,
        .data = { pixels }, .stride = { 3 * WIDTH } };
    g_autofree char *path = fixture_path (c->fixture, NULL);
    M2fParams params;
    M2fModel *model = m2f_model_load (&(M2fLoadOptions) { .path = path, .device = c->device,
        .precision = c->precision, .threads = 2 }, error);

    if (!model)
        return false;
    m2f_params_init (&params, model);
    params.task = c->task;
    params.binary_maps = c->binary_maps;
    params.attentions = c->stages;
    params.threshold = 0;
    params.input_height = params.input_width = 64;
    const bool ok = c->stages ? run_stages (model, &image, &params, error)
                              : run_session (model, &image, &params, error);

    m2f_model_unref (model);
    return ok;
}

/* The n-th allocation fails.  Returns false if there are not so many. */
static bool
fail_one (const Case *c, int n, int *n_errors)
{
    g_autoptr (GError) error = NULL;

    g_atomic_int_set (&countdown, n);
    const bool ok = do_all (c, &error);
    const bool reached = g_atomic_int_get (&countdown) <= 0;

    g_atomic_int_set (&countdown, G_MAXINT);
    ck_assert_msg (ok == (error == NULL), "allocation %d: no error", n);
    if (error) {
        ck_assert_msg (reached && error->domain == M2F_ERROR && strstr (error->message, "memory"),
            "allocation %d: %s", n, error->message);
        (*n_errors)++;
    }
    return reached;
}

/* The n-th allocation fails, for every n up to the number of them. */
static void
fail_each (const Case *c)
{
    int n_errors = 0, n = 1;

    while (fail_one (c, n, &n_errors))
        n++;
    ck_assert_msg (n_errors > 20, "%d of %d allocations of %s on %s are errors when they fail",
        n_errors, n - 1, c->fixture, c->device);
    g_print ("%s on %s in %s: %d allocations, %d of them fail with an error\n", c->fixture,
        c->device, c->precision, n - 1, n_errors);
}

/* Whether the processor has products of the case's precision. */
static bool
is_offered (const Case *c)
{
    M2fPrecision precision = M2F_PRECISION_FP32;

    while (!g_str_equal (m2f_precision_name (precision), c->precision))
        precision++;
    M2fDevice *device = m2f_device_open (c->device, precision, 1, NULL);
    const bool offered = device != NULL;

    m2f_device_unref (&device);
    return offered;
}

START_TEST (every_allocation_may_fail)
{
    if (is_offered (&cases[_i]))
        fail_each (&cases[_i]);
    else
        g_print ("%s on %s: not here\n", cases[_i].precision, cases[_i].device);
}
END_TEST

/* Number of allocations when none fails. */
static int
count_allocations (const Case *c)
{
    g_atomic_int_set (&countdown, G_MAXINT);
    ck_assert (do_all (c, NULL));
    const int n = G_MAXINT - g_atomic_int_get (&countdown);

    g_atomic_int_set (&countdown, G_MAXINT);
    return n;
}

/* Most allocations are those of one weight after another, of which some fail; all of the last do,
 * when results are read.  A device that is held by another model is not opened again, which would
 * take most of the time. */
START_TEST (allocations_may_fail_on_vulkan)
{
    int n_errors = 0;
    g_autofree char *path = fixture_path (vulkan_case.fixture, NULL);
    M2fModel *held = m2f_model_load (&(M2fLoadOptions) { .path = path,
        .device = vulkan_case.device, .precision = "fp32", .threads = 2 }, NULL);

    ck_assert_ptr_nonnull (held);
    const int all = count_allocations (&vulkan_case);
    for (int n = 1; n <= all; n += n < all - 16 ? 1 + n / 5 : 1)
        ck_assert (fail_one (&vulkan_case, n, &n_errors));
    ck_assert_msg (n_errors > 20, "%d of %d", n_errors, all);
    m2f_model_unref (held);
}
END_TEST

/* A device whose cache of pipelines can be neither read nor written opens, is right, and closes. */
START_TEST (no_memory_for_the_pipeline_cache)
{
    const int all = count_allocations (&vulkan_case);
    int n_errors = 0;

    for (int n = 1; n <= 2; n++) {
        ck_assert (fail_one (&vulkan_case, n, &n_errors));
        ck_assert (fail_one (&vulkan_case, all + 1 - n, &n_errors));
    }
}
END_TEST

/* ---- evaluation ----------------------------------------------------------------------------- */

/* Counts of pairs, quality of classes and of tracks; each says that there is no memory. */
static bool
evaluate (void)
{
    static uint32_t ids[] = { 1, 2, 0, 1 };
    static M2fPanopticSegment segments[] = { { 1, 0, false }, { 2, 1, false } };
    const M2fPanoptic frames[] = { { 2, 2, ids, segments, 2 }, { 2, 2, ids, segments, 2 } };
    const bool is_thing[] = { true, true };
    M2fQuality classes[2] = { { 0 } };
    g_autoptr (M2fTrackQuality) tracks = m2f_track_quality_new (is_thing, 2);

    return m2f_quality_add (classes, frames, frames)
        && m2f_quality_add_tubes (classes, frames, frames, 2, 2)
        && m2f_track_quality_add (tracks, frames, frames, 2);
}

START_TEST (evaluation_may_have_no_memory)
{
    int n = 1;

    for (bool reached = true; reached; n++) {
        g_atomic_int_set (&countdown, n);
        const bool ok = evaluate ();
        reached = g_atomic_int_get (&countdown) <= 0;
        g_atomic_int_set (&countdown, G_MAXINT);
        ck_assert_msg (ok != reached, "allocation %d: %s", n, ok ? "no error" : "an error");
    }
    ck_assert_int_ge (n, 3 * 5); /* two lists with areas, and the pairs, three times */
}
END_TEST

/* ---- a device's memory ---------------------------------------------------------------------- */

static const void *
map_nothing (M2fDevice *device, const M2fTensor *tensor)
{
    return NULL;
}

/* What a device has computed cannot be read, as where a GPU does not share its memory and the host
 * has none for a copy. */
static void
run_unreadable (M2fTask task, bool stages)
{
    static const uint8_t pixels[WIDTH * HEIGHT * 3];
    const M2fImage image = { .format = M2F_FORMAT_RGB, .width = WIDTH, .height = HEIGHT,
        .data = { pixels }, .stride = { 3 * WIDTH } };
    g_autofree char *path = fixture_path ("square", NULL);
    M2fModel *model = m2f_model_load (&(M2fLoadOptions) { .path = path, .device = "reference" },
        NULL);
    ck_assert_ptr_nonnull (model);
    const M2fBackendFns *fns = model->device->fns;
    M2fBackendFns unreadable = *fns;
    M2fParams params;
    GError *error = NULL;

    unreadable.map = map_nothing;
    model->device->fns = &unreadable;
    m2f_params_init (&params, model);
    params.task = task;
    params.threshold = 0;
    params.input_height = params.input_width = 64;
    ck_assert (!(stages ? run_stages : run_session) (model, &image, &params, &error));
    check_error (&error, M2F_ERROR_DEVICE, "reference: no memory for |bytes");
    model->device->fns = fns;
    m2f_model_unref (model);
}

START_TEST (unreadable_results_are_an_error)
{
    run_unreadable (M2F_TASK_PANOPTIC, false);
    run_unreadable (M2F_TASK_INSTANCE, false);
    run_unreadable (M2F_TASK_SEMANTIC, false);
    run_unreadable (M2F_TASK_PANOPTIC, true);
}
END_TEST

/* ---- threads -------------------------------------------------------------------------------- */

START_TEST (fewer_threads_are_a_warning)
{
    g_autofree char *path = fixture_path ("square", NULL);
    GError *error = NULL;

    threads_left = 5;
    M2fModel *model = m2f_model_load (&(M2fLoadOptions) { .path = path, .device = "cpu",
        .threads = 64 }, &error);

    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    const char *const *warnings = m2f_model_warnings (model);
    bool found = false;

    for (int i = 0; warnings[i]; i++)
        found = found || strstr (warnings[i], "3 threads instead of 64");
    ck_assert_msg (found, "no warning about threads");
    ck_assert_msg (strstr (m2f_model_device (model), "3 threads"), "%s", m2f_model_device (model));
    m2f_model_unref (model);
    threads_left = G_MAXINT;
}
END_TEST

/* ---- a limited address space ---------------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__ /* which reserves more than any limit */
/* Does everything with `megabytes` more than are in use; in a process of its own. */
static void
run_limited (const Case *c, rlim_t megabytes)
{
    long pages;
    FILE *file = fopen ("/proc/self/statm", "r");
    GError *error = NULL;

    if (!file || fscanf (file, "%ld", &pages) != 1)
        _exit (2);
    fclose (file);

    const rlim_t limit = (rlim_t) pages * (rlim_t) sysconf (_SC_PAGESIZE) + (megabytes << 20);

    setrlimit (RLIMIT_AS, &(struct rlimit) { limit, limit });
    _exit (do_all (c, &error) || error ? 0 : 1);
}

START_TEST (little_memory_is_an_error)
{
    static const rlim_t steps[] = { 16, 24, 32, 48, 64, 96, 128, 256 };
    int status;

    for (size_t i = 0; i < G_N_ELEMENTS (steps); i++) {
        const pid_t child = fork ();

        if (child == 0)
            run_limited (&cases[0], steps[i]);
        ck_assert_int_eq (waitpid (child, &status, 0), child);
        ck_assert_msg (WIFEXITED (status) && WEXITSTATUS (status) == 0,
            "%d MB more than at the start: status %d", (int) steps[i], status);
    }
}
END_TEST
#endif

/* ---- masks ---------------------------------------------------------------------------------- */

/* True if the function that had to fail did, or did not have to; says where there was no memory. */
static bool
fails_rightly (const void *result, GError *error)
{
    const bool failed = g_atomic_int_get (&countdown) <= 0;
    const bool ok = failed == (result == NULL)
        && (!error || (error->code == M2F_ERROR_DEVICE && strstr (error->message, " bytes")));

    g_clear_error (&error);
    return ok;
}

/* Encodes, outlines, decodes and joins a mask; the n-th allocation fails.  False if there was no
 * such allocation. */
static bool
fail_masks (const M2fLabelMap *map, int n)
{
    static const double corners[] = { 1, 1, 60, 3, 9, 50 };
    g_autoptr (M2fRle) rle = m2f_rle_from_map (map, 1);
    g_autofree char *text = m2f_rle_to_text (rle);
    bool failed = false;

    for (int i = 0; i < 5; i++) {
        GError *error = NULL;
        g_autoptr (M2fRle) made = NULL;
        g_autofree char *counts = NULL;
        g_autoptr (GPtrArray) rings = NULL;

        g_atomic_int_set (&countdown, n);
        switch (i) {
        case 0: counts = m2f_label_map_rle (map, 1); break;
        case 1: rings = m2f_label_map_polygons (map, 1, 1); break;
        case 2: made = m2f_rle_union (rle, rle); break;
        case 3: made = m2f_rle_from_text (text, map->width, map->height, &error); break;
        default: made = m2f_rle_from_polygon (corners, 3, map->width, map->height, &error);
        }
        failed |= g_atomic_int_get (&countdown) <= 0;
        ck_assert (fails_rightly (i == 0 ? (void *) counts : i == 1 ? (void *) rings : made,
            error));
    }
    g_atomic_int_set (&countdown, G_MAXINT);
    return failed;
}

START_TEST (masks_may_fail)
{
    static uint8_t pixels[64 * 64];
    const M2fLabelMap map = { .data = pixels, .width = 64, .height = 64, .stride = 64,
        .depth = 1 };
    int n = 1;

    for (int i = 0; i < 64 * 64; i++)
        pixels[i] = i % 5 < 3 && i % 7 > 0;
    while (fail_masks (&map, n))
        n++;
    ck_assert_int_gt (n, 100);
}
END_TEST

/* ---- choice --------------------------------------------------------------------------------- */

static bool
is_listed (const char *device)
{
    g_autoptr (GArray) devices = m2f_device_list ();
    bool found = false;

    for (guint i = 0; i < devices->len; i++)
        found |= g_str_equal (g_array_index (devices, M2fDeviceInfo, i).spec, device);
    return found;
}

static void
add_vulkan_tests (TCase *tcase, const char *device)
{
    vulkan_case.device = device;
    tcase_set_timeout (tcase, 900);
    tcase_add_test (tcase, allocations_may_fail_on_vulkan);
    tcase_add_test (tcase, no_memory_for_the_pipeline_cache);
}

static void
add_tests (TCase *tcase)
{
    tcase_set_timeout (tcase, 240);
    tcase_add_loop_test (tcase, every_allocation_may_fail, 0, (int) G_N_ELEMENTS (cases));
    tcase_add_test (tcase, masks_may_fail);
    tcase_add_test (tcase, evaluation_may_have_no_memory);
    tcase_add_test (tcase, unreadable_results_are_an_error);
    tcase_add_test (tcase, fewer_threads_are_a_warning);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test (tcase, little_memory_is_an_error);
#endif
}

int
main (int argc, char **argv)
{
    Suite *suite = suite_create ("faults");
    TCase *tcase = tcase_create ("faults");

    if (argc > 1 && !is_listed (argv[1])) {
        fprintf (stderr, "no device %s\n", argv[1]);
        return 77;
    }
    if (argc > 1)
        add_vulkan_tests (tcase, argv[1]);
    else
        add_tests (tcase);
    suite_add_tcase (suite, tcase);

    SRunner *runner = srunner_create (suite);
    srunner_run_all (runner, CK_NORMAL);
    const int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed > 0;
}

/* Compares every stage of every fixture on every device with transformers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fixture is a checkpoint directory with expected.safetensors, computed by transformers in
 * double precision, and expected.json, whose `float32_noise` is the difference that transformers
 * itself has in single precision.  See tests/data/make_fixtures.py.
 *
 *     test-stages [DEVICE...] [FIXTURE...]   such as vulkan:0, fixtures/square or stages/batch
 *
 * Exits with 77 if a named device is not available.
 */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/network/network_stages.h"
#include "tests/stages/drawn.h"

typedef struct Case {
    char *device, *fixture;
} Case;

typedef struct Worst {
    char *stage; /* its name without the index */
    double error, limit;
    const Case *where;
} Worst;

static GArray *cases; /* of Case */
static GArray *worst; /* of Worst, in order of first appearance */

/* The name without its index: "decoder.hidden.I" for "decoder.hidden.3". */
static char *
family (const char *stage)
{
    const char *dot = strrchr (stage, '.');
    if (dot && g_ascii_isdigit (dot[1]))
        return g_strdup_printf ("%.*s.I", (int) (dot - stage), stage);
    return g_strdup (stage);
}

static void
remember (const char *stage, double error, double limit, const Case *where)
{
    g_autofree char *name = family (stage);
    Worst *w = NULL;

    for (guint i = 0; i < worst->len && !w; i++)
        if (g_str_equal (g_array_index (worst, Worst, i).stage, name))
            w = &g_array_index (worst, Worst, i);
    if (!w) {
        g_array_append_val (worst, ((Worst) { .stage = g_strdup (name), .limit = 1 }));
        w = &g_array_index (worst, Worst, worst->len - 1);
    }
    if (!w->where || !(error / limit <= w->error / w->limit)) {
        w->error = error;
        w->limit = limit;
        w->where = where;
    }
}

static void
print_table (void)
{
    printf ("%-28s %10s %10s %7s  %s\n", "stage", "worst", "limit", "share", "where");
    for (guint i = 0; i < worst->len; i++) {
        const Worst *w = &g_array_index (worst, Worst, i);
        printf ("%-28s %10.2e %10.2e %6.1f%%  %s on %s\n", w->stage, w->error, w->limit,
            100 * w->error / w->limit, w->where->fixture, w->where->device);
    }
}

/* ---- one case ------------------------------------------------------------------------------ */

static M2fHostTensor *
read_tensor (M2fSafetensors *file, const char *name)
{
    const M2fSafetensor *entry = m2f_safetensors_find (file, name);
    GError *error = NULL;

    ck_assert_msg (entry != NULL, "expected.safetensors has no %s", name);
    M2fHostTensor *t = m2f_host_tensor_new (name, entry->n_dims, entry->shape);
    ck_assert_msg (m2f_safetensors_read_f32 (file, entry, t->data, &error), "%s",
        error ? error->message : "");
    return t;
}

/* Returns the largest |a - b|, or NaN if one is; sets *scale to the largest |b|. */
static double
difference (const float *a, const float *b, int64_t n, double *scale)
{
    double largest = 0;

    *scale = 0;
    for (int64_t i = 0; i < n; i++) {
        const double d = fabs ((double) a[i] - b[i]);
        if (!(d <= largest))
            largest = d;
        *scale = fmax (*scale, fabs (b[i]));
    }
    return largest;
}

/* Compares a stage; true if it agrees. */
static bool
check_stage (const M2fHostTensor *found, M2fSafetensors *expected, const json_t *noise,
    const Case *c)
{
    M2fHostTensor *want = read_tensor (expected, found->name);
    int64_t n = 1;
    double scale;

    ck_assert_int_eq (found->n_dims, want->n_dims);
    for (int i = 0; i < want->n_dims; i++) {
        ck_assert_msg (found->shape[i] == want->shape[i], "%s: extent %d is %d, expected %d",
            found->name, i, (int) found->shape[i], (int) want->shape[i]);
        n *= want->shape[i];
    }
    const double error = difference (found->data, want->data, n, &scale);
    m2f_host_tensor_free (want);

    double limit = 1e-4 * fmax (1, scale);
    const json_t *own = json_object_get (noise, found->name);
    if (own)
        limit = fmin (limit, 20 * json_real_value (own) + 1e-5);
    remember (found->name, error, limit, c);
    if (error <= limit)
        return true;
    fprintf (stderr, "%s on %s: %s differs by %g, at most %g allowed\n", c->fixture, c->device,
        found->name, error, limit);
    return false;
}

/* The stage of a name; fixtures need not have all stages that the network gives. */
static const M2fHostTensor *
find_stage (const GPtrArray *stages, const char *name)
{
    for (guint i = 0; i < stages->len; i++) {
        const M2fHostTensor *stage = stages->pdata[i];
        if (g_str_equal (stage->name, name))
            return stage;
    }
    ck_abort_msg ("the network gives no %s", name);
    return NULL;
}

static M2fSafetensors *
open_expected (const char *fixture)
{
    g_autofree char *path
        = g_build_filename (M2F_TEST_DATA, fixture, "expected.safetensors", NULL);
    GError *error = NULL;
    M2fSafetensors *expected = m2f_safetensors_open_file (path, &error);

    ck_assert_msg (expected != NULL, "%s", error ? error->message : "");
    return expected;
}

/* Runs the fixture's network on the fixture's input. */
static GPtrArray *
compute_stages (M2fDevice *device, const char *fixture, M2fSafetensors *expected)
{
    g_autofree char *dir = g_build_filename (M2F_TEST_DATA, fixture, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fConfig) config = m2f_config_load (dir, NULL, &error);
    ck_assert_msg (config != NULL, "%s", error ? error->message : "");
    g_autofree char *drawn = drawn_weights (dir);
    g_autoptr (M2fSafetensors) weights = drawn ? m2f_safetensors_open_file (drawn, &error)
                                               : m2f_safetensors_open_dir (dir, &error);
    ck_assert_msg (weights != NULL, "%s", error ? error->message : "");
    M2fNetwork *network = m2f_network_load (config, weights, device, &error);
    ck_assert_msg (network != NULL, "%s", error ? error->message : "");
    M2fHostTensor *pixel_values = read_tensor (expected, "pixel_values");
    const bool attentions = m2f_safetensors_find (expected, "decoder.self_attention.0") != NULL;
    GPtrArray *stages = m2f_network_stages (network, pixel_values, attentions, &error);
    ck_assert_msg (stages != NULL, "%s", error ? error->message : "");

    m2f_host_tensor_free (pixel_values);
    m2f_network_free (&network);
    if (drawn)
        unlink (drawn);
    return stages;
}

START_TEST (test_stages)
{
    const Case *c = &g_array_index (cases, Case, _i);
    g_autofree char *noise_path
        = g_build_filename (M2F_TEST_DATA, c->fixture, "expected.json", NULL);
    g_autoptr (M2fSafetensors) expected = open_expected (c->fixture);
    g_autoptr (GError) error = NULL;
    int n_expected, bad = 0;

    json_t *json = json_load_file (noise_path, 0, NULL);
    const json_t *noise = json_object_get (json, "float32_noise");
    ck_assert_ptr_nonnull (noise);
    M2fDevice *device = m2f_device_open (c->device, M2F_PRECISION_FP32, 0, &error);
    ck_assert_msg (device != NULL, "%s", error ? error->message : "");
    GPtrArray *stages = compute_stages (device, c->fixture, expected);

    const M2fSafetensor *wanted = m2f_safetensors_list (expected, &n_expected);
    for (int i = 0; i < n_expected; i++)
        bad += !check_stage (find_stage (stages, wanted[i].name), expected, noise, c);
    ck_assert_msg (!bad, "%s on %s: %d of %d stages disagree", c->fixture, c->device, bad,
        n_expected);

    g_ptr_array_unref (stages);
    m2f_device_unref (&device);
    json_decref (json);
}
END_TEST

/* ---- bf16 ---------------------------------------------------------------------------------- */

/* Rounding to bf16 has a normalised mean square error of 2^-18 / 3, 1.3e-6, and a few dozen
 * roundings precede a stage of a fixture.  agreement.c tests the decoder instead: the masks of
 * random weights are often near 0, where an error changes which pixels its attention reads. */
static const double bf16_limit = 1e-3;

START_TEST (test_bf16)
{
    const Case *c = &g_array_index (cases, Case, _i);
    g_autoptr (M2fSafetensors) expected = open_expected (c->fixture);
    M2fDevice *device = m2f_device_open (c->device, M2F_PRECISION_BF16, 0, NULL);
    double largest = 0;

    if (!device)
        return; /* the device has no bf16 */
    GPtrArray *stages = compute_stages (device, c->fixture, expected);
    for (guint i = 0; i < stages->len; i++) {
        const M2fHostTensor *found = stages->pdata[i];
        if (!m2f_safetensors_find (expected, found->name))
            continue;
        M2fHostTensor *want = read_tensor (expected, found->name);
        double error = 0, power = 0;
        int64_t n = 1;

        for (int d = 0; d < want->n_dims; d++)
            n *= want->shape[d];
        for (int64_t j = 0; j < n; j++) {
            error += pow ((double) found->data[j] - want->data[j], 2);
            power += pow (want->data[j], 2);
        }
        m2f_host_tensor_free (want);
        if (!g_str_has_prefix (found->name, "backbone.")
            && !g_str_has_prefix (found->name, "pixel_decoder."))
            continue;
        ck_assert_msg (error <= bf16_limit * power, "%s on %s in bf16: NMSE of %s is %g",
            c->fixture, c->device, found->name, error / power);
        largest = fmax (largest, error / power);
    }
    ck_assert_msg (largest > 1e-8, "%s on %s: is not in bf16", c->fixture, c->device);
    printf ("%s on %s in bf16: NMSE at most %.2g\n", c->fixture, c->device, largest);
    g_ptr_array_unref (stages);
    m2f_device_unref (&device);
}
END_TEST

/* ---- the program --------------------------------------------------------------------------- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static bool
names_fixture (const char *argument)
{
    return strchr (argument, '/') != NULL;
}

/* Names of the fixtures among the arguments, or of all fixtures, sorted. */
static GPtrArray *
list_fixtures (int argc, char **argv)
{
    static const char *const folders[] = { "fixtures", "stages" };
    GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

    for (int i = 1; i < argc; i++)
        if (names_fixture (argv[i]))
            g_ptr_array_add (names, g_strdup (argv[i]));
    const bool all = names->len == 0;
    for (size_t i = 0; i < G_N_ELEMENTS (folders) && all; i++) {
        g_autofree char *path = g_build_filename (M2F_TEST_DATA, folders[i], NULL);
        g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
        const char *name;
        while (dir && (name = g_dir_read_name (dir)))
            g_ptr_array_add (names, g_build_filename (folders[i], name, NULL));
    }
    g_ptr_array_sort (names, compare_names);
    return names;
}

/* The devices among the arguments, or all devices. */
static GPtrArray *
list_devices (int argc, char **argv)
{
    GPtrArray *specs = g_ptr_array_new_with_free_func (g_free);

    for (int i = 1; i < argc; i++)
        if (!names_fixture (argv[i]))
            g_ptr_array_add (specs, g_strdup (argv[i]));
    if (specs->len == 0) {
        g_autoptr (GArray) infos = m2f_device_list ();
        for (guint i = 0; i < infos->len; i++)
            g_ptr_array_add (specs, g_strdup (g_array_index (infos, M2fDeviceInfo, i).spec));
    }
    return specs;
}

static bool
is_available (const char *spec)
{
    g_autoptr (GError) error = NULL;
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 0, &error);

    if (!device)
        fprintf (stderr, "%s\n", error->message);
    m2f_device_unref (&device);
    return error == NULL;
}

int
main (int argc, char **argv)
{
    g_autoptr (GPtrArray) devices = list_devices (argc, argv);
    g_autoptr (GPtrArray) fixtures = list_fixtures (argc, argv);

    if (fixtures->len == 0) {
        fprintf (stderr, "no fixtures in %s\n", M2F_TEST_DATA);
        return EXIT_FAILURE;
    }
    cases = g_array_new (FALSE, FALSE, sizeof (Case));
    worst = g_array_new (FALSE, FALSE, sizeof (Worst));
    for (guint d = 0; d < devices->len; d++) {
        if (!is_available (devices->pdata[d]))
            return 77;
        for (guint f = 0; f < fixtures->len; f++)
            g_array_append_val (cases, ((Case) { devices->pdata[d], fixtures->pdata[f] }));
    }

    Suite *suite = suite_create ("stages");
    TCase *tcase = tcase_create ("stages");
    tcase_set_timeout (tcase, 0);
    tcase_add_loop_test (tcase, test_stages, 0, (int) cases->len);
    tcase_add_loop_test (tcase, test_bf16, 0, (int) cases->len);
    suite_add_tcase (suite, tcase);
    SRunner *runner = srunner_create (suite);
    srunner_set_fork_status (runner, CK_NOFORK); /* the tests fill the table of this process */
    srunner_run_all (runner, CK_NORMAL);
    const int failed = srunner_ntests_failed (runner);
    srunner_free (runner);

    print_table ();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

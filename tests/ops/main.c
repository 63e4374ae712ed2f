/* checkops: checks and times every op on every backend against the reference.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     checkops                                    everything on every device there is
 *     checkops --backend=cpu --op='*attention'    some of it
 *     checkops --backend=cpu --case=linear_m31_n33_k17_bias_gelu_residual --verbose
 *     checkops --backend=cpu --op=linear --bench  us and GFLOP/s at the model's own shapes
 *
 * Exit status: 0 = all passed, 1 = some failed, 77 = the device that was asked for is not here.
 */
#include "tests/ops/amx-emulation.h"
#include "tests/ops/check.h"
#include "model/compute/backend.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Cases above this are slow on the reference: only with --long, --bench or by their full name. */
static const double long_flops = 3e9;

static char **opt_backends;
static char *opt_precision = "fp32", *opt_op = "*", *opt_case = "*";
static gint64 opt_seed;
static int opt_threads;
static gboolean opt_json, opt_list, opt_long, opt_small, opt_verbose;
static double opt_bench; /* seconds; 0 = do not */

static gboolean
parse_bench (const char *option, const char *value, gpointer data, GError **error)
{
    char *end = "";

    opt_bench = value ? g_ascii_strtod (value, &end) / 1000 : 0.2;
    if (*end || !(opt_bench > 0)) {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s=%s: not a time in ms",
            option, value);
        return FALSE;
    }
    return TRUE;
}

static const GOptionEntry options[] = {
    { "backend", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_backends,
        "reference, cpu, vulkan or vulkan:N; more than once for several (default: all)", "DEVICE" },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &opt_precision, "auto, fp32, bf16, fp16 or int8",
        "NAME" },
    { "op", 0, 0, G_OPTION_ARG_STRING, &opt_op, "ops by name", "GLOB" },
    { "case", 0, 0, G_OPTION_ARG_STRING, &opt_case, "cases by name", "GLOB" },
    { "bench", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, (gpointer) parse_bench,
        "time the shapes of the model, for so many ms each", "MS" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "one JSON object per case", NULL },
    { "list", 0, 0, G_OPTION_ARG_NONE, &opt_list, "print the names of the cases", NULL },
    { "long", 0, 0, G_OPTION_ARG_NONE, &opt_long, "also what is slow on the reference", NULL },
    { "small", 0, 0, G_OPTION_ARG_NONE, &opt_small, "not the shapes of the model: seconds", NULL },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &opt_seed, "other random numbers", "N" },
    { "threads", 0, 0, G_OPTION_ARG_INT, &opt_threads, "CPU threads (default: all)", "N" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &opt_verbose, "print every case", NULL },
    { NULL }
};

/* ---- crashes -------------------------------------------------------------------------------- */

/* Text that the handler prints: made before each case, as a handler may not do much itself. */
static char last_words[512];
static struct sigaction before[NSIG];

static void
on_crash (int signal_number)
{
    ssize_t ignored = write (STDOUT_FILENO, last_words, strlen (last_words));

    (void) ignored;
    if (before[signal_number].sa_handler == SIG_DFL)
        _exit (1);
    sigaction (signal_number, &before[signal_number], NULL); /* a sanitizer has more to say */
}

static void
catch_crashes (void)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
    struct sigaction action = { .sa_handler = on_crash };

    for (size_t i = 0; i < G_N_ELEMENTS (signals); i++)
        sigaction (signals[i], &action, &before[signals[i]]);
}

/* ---- devices -------------------------------------------------------------------------------- */

typedef struct Device {
    M2fDevice *device;
    char *name; /* spec and precision */
    int cases, failed;
    int op_cases, op_failed; /* counts of the current op */
    double op_worst;
    CheckTime time; /* times of the current case; zeros = not measured */
} Device;

static bool
parse_precision (const char *name, M2fPrecision *precision)
{
    for (int p = M2F_PRECISION_AUTO; p <= M2F_PRECISION_INT8; p++)
        if (g_str_equal (name, m2f_precision_name (p))) {
            *precision = p;
            return true;
        }
    return false;
}

static bool
open_device (GArray *devices, const char *spec, M2fPrecision precision, GError **error)
{
    M2fDevice *opened = m2f_device_open (spec, precision, opt_threads, error);
    Device device = { .device = opened };

    if (!opened)
        return false;
    device.name = g_strdup_printf ("%s %s", spec,
        m2f_precision_name (m2f_device_precision (opened)));
    g_array_append_val (devices, device);
    return true;
}

static void
close_devices (GArray *devices)
{
    for (guint i = 0; i < devices->len; i++) {
        Device *d = &g_array_index (devices, Device, i);
        m2f_device_unref (&d->device);
        g_free (d->name);
    }
    g_array_unref (devices);
}

/* The cpu comes first: times are set in relation to its own. */
static int
compare_devices (const void *a, const void *b)
{
    const M2fDeviceInfo *x = m2f_device_info (((const Device *) a)->device);
    const M2fDeviceInfo *y = m2f_device_info (((const Device *) b)->device);

    return g_str_equal (y->backend, "cpu") - g_str_equal (x->backend, "cpu");
}

/* Opens the devices that were named, all of which must open; otherwise those that can be opened. */
static GArray *
open_devices (M2fPrecision precision, GError **error)
{
    GArray *devices = g_array_new (false, true, sizeof (Device));
    GArray *infos;

    for (char **spec = opt_backends; spec && *spec; spec++)
        if (!open_device (devices, *spec, precision, error)) {
            close_devices (devices);
            return NULL;
        }
    if (opt_backends) {
        g_array_sort (devices, compare_devices);
        return devices;
    }

    infos = m2f_device_list ();
    for (guint i = 0; i < infos->len; i++) {
        const char *spec = g_array_index (infos, M2fDeviceInfo, i).spec;
        g_autoptr (GError) refused = NULL;
        if (!open_device (devices, spec, precision, &refused))
            fprintf (stderr, "skip %s: %s\n", spec, refused->message);
    }
    g_array_unref (infos);
    g_array_sort (devices, compare_devices);
    return devices;
}

/* ---- output --------------------------------------------------------------------------------- */

static void
print_devices (const GArray *devices)
{
    for (guint i = 0; i < devices->len; i++) {
        const Device *d = &g_array_index (devices, Device, i);
        const M2fDeviceInfo *info = m2f_device_info (d->device);
        g_autofree char *name = g_strescape (info->name, NULL);

        printf (opt_json ? "{\"device\": \"%s\", \"name\": \"%s\", \"threads\": %d}\n"
                         : "%s: %s, %d threads\n",
            opt_json ? info->spec : d->name, name, m2f_device_threads (d->device));
    }
}

static void
print_totals (const GArray *devices)
{
    int cases = 0, failed = 0;

    for (guint i = 0; i < devices->len; i++) {
        cases += g_array_index (devices, Device, i).cases;
        failed += g_array_index (devices, Device, i).failed;
    }
    if (opt_json)
        printf ("{\"cases\": %d, \"failed\": %d}\n", cases, failed);
    else
        printf ("%d cases, %d failed\n", cases, failed);
}

static void
prepare_last_words (const GArray *devices, const Device *d, const CheckCase *check)
{
    int cases = 1, failed = 1;

    for (guint i = 0; i < devices->len; i++) {
        cases += g_array_index (devices, Device, i).cases;
        failed += g_array_index (devices, Device, i).failed;
    }
    g_snprintf (last_words, sizeof last_words,
        opt_json ? "{\"case\": \"%s\", \"device\": \"%s\", \"result\": \"crashed\"}\n"
                   "{\"cases\": %d, \"failed\": %d}\n"
                 : "FAILED  %s  %s: crashed\n%d cases, %d failed\n",
        check->name, d ? d->name : "reference", cases, failed);
}

static void
print_json (const Device *d, const CheckCase *check, const CheckResult *result)
{
    g_autofree char *why = g_strescape (result->why, NULL);
    GString *line = g_string_new (NULL);

    g_string_printf (line, "{\"case\": \"%s\", \"op\": \"%s\", \"device\": \"%s\", "
        "\"precision\": \"%s\", \"result\": \"%s\"", check->name, check_op_name (check->op),
        m2f_device_info (d->device)->spec, m2f_precision_name (m2f_device_precision (d->device)),
        result->ok ? "ok" : "failed");
    if (result->ok)
        g_string_append_printf (line, ", \"worst\": %.3g, \"nmse\": %.3g", result->worst,
            result->nmse);
    else
        g_string_append_printf (line, ", \"why\": \"%s\"", why);
    if (d->time.median > 0) {
        g_string_append_printf (line, ", \"us\": %.4g, \"least_us\": %.4g, \"gb_per_s\": %.4g",
            d->time.median * 1e6, d->time.least * 1e6, d->time.bytes / d->time.median * 1e-9);
        if (check->flops > 0)
            g_string_append_printf (line, ", \"gflop_per_s\": %.4g",
                check->flops / d->time.median * 1e-9);
    }
    puts (g_string_append_c (line, '}')->str);
    g_string_free (line, TRUE);
}

/* `baseline`: what the time is set in relation to. */
static void
print_text (const Device *d, const CheckCase *check, const CheckResult *result,
    const Device *baseline)
{
    if (!result->ok)
        printf ("FAILED  %s  %s: %s\n", check->name, d->name, result->why);
    else if (opt_verbose)
        printf ("ok      %s  %s: worst %.2g, NMSE %.2g\n", check->name, d->name, result->worst,
            result->nmse);
    if (d->time.median > 0) {
        printf ("%-58s %-14s %10.1f us, least %10.1f  %8.2f %s", check->name, d->name,
            d->time.median * 1e6, d->time.least * 1e6,
            (check->flops > 0 ? check->flops : d->time.bytes) / d->time.median * 1e-9,
            check->flops > 0 ? "GFLOP/s" : "GB/s   ");
        if (baseline != d && baseline->time.median > 0)
            printf ("  %6.2f x %s", baseline->time.median / d->time.median, baseline->name);
        putchar ('\n');
    }
}

static void
print_op (GArray *devices, CheckOp op)
{
    for (guint i = 0; i < devices->len; i++) {
        Device *d = &g_array_index (devices, Device, i);
        if (d->op_cases && !opt_json)
            printf ("%-18s %-14s %3d ok, %d failed, worst %.2g\n", check_op_name (op), d->name,
                d->op_cases - d->op_failed, d->op_failed, d->op_worst);
        d->op_cases = d->op_failed = 0;
        d->op_worst = 0;
    }
}

/* ---- running -------------------------------------------------------------------------------- */

/* Runs one case on all devices. */
static void
run_case (GArray *devices, M2fDevice *reference_device, const CheckCase *check)
{
    const Device *baseline = &g_array_index (devices, Device, 0);
    CheckRun *reference;

    prepare_last_words (devices, NULL, check);
    reference = check_run_new (check, reference_device, true, opt_seed);
    for (guint i = 0; i < devices->len; i++) {
        Device *d = &g_array_index (devices, Device, i);
        CheckResult result;
        CheckRun *run;

        if (!check_suits (check, reference, d->device))
            continue;
        prepare_last_words (devices, d, check);
        run = check_run_new (check, d->device, false, opt_seed);
        result = check_judge (check, reference, run);
        check_run_free (run);

        d->time = (CheckTime) { 0 };
        if (opt_bench > 0 && check->bench && result.ok)
            d->time = check_bench (check, d->device, opt_seed, opt_bench);
        d->cases++;
        d->op_cases++;
        d->failed += !result.ok;
        d->op_failed += !result.ok;
        d->op_worst = MAX (d->op_worst, result.worst);
        if (opt_json)
            print_json (d, check, &result);
        else
            print_text (d, check, &result, baseline);
    }
    check_run_free (reference);
}

static bool
wanted (const CheckCase *check)
{
    if (!g_pattern_match_simple (opt_op, check_op_name (check->op))
        || !g_pattern_match_simple (opt_case, check->name))
        return false;
    if (opt_bench > 0)
        return check->bench;
    if (opt_small)
        return !check->bench;
    return check->flops < long_flops || opt_long || g_str_equal (opt_case, check->name);
}

/* Returns how many cases were wanted. */
static int
run_all (GArray *devices, M2fDevice *reference_device, const CheckList *list)
{
    int count = 0;

    for (guint i = 0; i < list->cases->len; i++) {
        const CheckCase *check = &g_array_index (list->cases, CheckCase, i);
        bool last = i + 1 == list->cases->len || check[1].op != check->op;

        if (wanted (check)) {
            count++;
            if (opt_list)
                puts (check->name);
            else
                run_case (devices, reference_device, check);
        }
        if (last)
            print_op (devices, check->op);
    }
    return count;
}

static bool
any_failed (const GArray *devices)
{
    for (guint i = 0; i < devices->len; i++)
        if (g_array_index (devices, Device, i).failed)
            return true;
    return false;
}

int
main (int argc, char **argv)
{
    g_autoptr (GOptionContext) context = g_option_context_new ("- check and time the ops");
    g_autoptr (GError) error = NULL;
    M2fPrecision precision;
    M2fDevice *reference = NULL;
    GArray *devices = NULL;
    CheckList *list;
    int status = 1;

    g_option_context_add_main_entries (context, options, NULL);
    if (!g_option_context_parse (context, &argc, &argv, &error)) {
        fprintf (stderr, "checkops: %s\n", error->message);
        return 1;
    }
    if (!parse_precision (opt_precision, &precision)) {
        fprintf (stderr, "checkops: no precision is called %s\n", opt_precision);
        return 1;
    }
    setvbuf (stdout, NULL, _IOLBF, 0);
    catch_crashes ();
    amx_emulate_if_asked ();

    list = check_list_new ();
    devices = opt_list ? g_array_new (false, true, sizeof (Device))
                       : open_devices (precision, &error);
    if (!devices) {
        fprintf (stderr, "checkops: %s\n", error->message);
        status = g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE)
                || g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED)
            ? 77 : 1;
        goto done;
    }
    if (!opt_list && devices->len == 0) {
        fprintf (stderr, "checkops: no device here has precision %s\n", opt_precision);
        status = 77;
        goto done;
    }
    reference = m2f_device_open ("reference", M2F_PRECISION_FP32, 1, &error);
    if (!reference) {
        fprintf (stderr, "checkops: %s\n", error->message);
        goto done;
    }
    print_devices (devices);
    if (run_all (devices, reference, list) == 0) {
        fprintf (stderr, "checkops: no case is called %s of an op %s\n", opt_case, opt_op);
        goto done;
    }
    if (!opt_list)
        print_totals (devices);
    status = any_failed (devices);
done:
    if (devices)
        close_devices (devices);
    m2f_device_unref (&reference);
    check_list_free (list);
    return status;
}

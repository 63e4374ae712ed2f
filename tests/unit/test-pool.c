/* The cpu backend's thread pool: every item once, whoever calls, however often.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/pin.h"
#include "model/compute/cpu/pool.h"

#include "model/compute/backend.h"
#include "tests/suite.h"

#include <check.h>
#include <glib.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_ITEMS 5000
#define MAX_THREADS 16

typedef struct Job {
    gint visits[MAX_ITEMS];
    gint inside[MAX_THREADS]; /* calls running as this thread */
    gint errors;
    int threads;
    CpuPool *inner; /* nested jobs go here */
} Job;

static void
visit (void *arg, int begin, int end, int thread)
{
    Job *job = arg;

    if (thread < 0 || thread >= job->threads || begin >= end) {
        g_atomic_int_inc (&job->errors);
        return;
    }
    if (g_atomic_int_add (&job->inside[thread], 1) != 0)
        g_atomic_int_inc (&job->errors);
    for (int i = begin; i < end; i++)
        g_atomic_int_inc (&job->visits[i]);
    g_atomic_int_add (&job->inside[thread], -1);
}

static void
check_job (CpuPool *pool, Job *job, int items, int grain)
{
    int wrong = 0;

    memset (job, 0, sizeof *job);
    job->threads = cpu_pool_threads (pool);
    cpu_parallel (pool, items, grain, visit, job);
    ck_assert_int_eq (g_atomic_int_get (&job->errors), 0);
    for (int i = 0; i < MAX_ITEMS; i++)
        wrong += g_atomic_int_get (&job->visits[i]) != (i < items);
    ck_assert_int_eq (wrong, 0);
}

START_TEST (every_item_once)
{
    static const int items[] = { 0, 1, 2, 3, 7, 100, MAX_ITEMS };
    static const int grains[] = { 1, 3, 64, MAX_ITEMS };
    static const int threads[] = { 1, 2, 5, MAX_THREADS };
    Job *job = g_new (Job, 1);

    for (guint t = 0; t < G_N_ELEMENTS (threads); t++) {
        CpuPool *pool = cpu_pool_new (threads[t], NULL);

        ck_assert_int_eq (cpu_pool_threads (pool), threads[t]);
        for (guint i = 0; i < G_N_ELEMENTS (items); i++)
            for (guint g = 0; g < G_N_ELEMENTS (grains); g++)
                check_job (pool, job, items[i], grains[g]);
        cpu_pool_free (&pool);
        ck_assert_ptr_null (pool);
        cpu_pool_free (&pool);
    }
    g_free (job);
}
END_TEST

/* A job's fields must not be seen by a worker that is late for the job before. */
START_TEST (many_short_jobs)
{
    CpuPool *pool = cpu_pool_new (3, NULL);
    Job *job = g_new (Job, 1);

    for (int i = 0; i < 2000; i++)
        check_job (pool, job, 1 + i % 40, 1 + i % 3);
    g_free (job);
    cpu_pool_free (&pool);
}
END_TEST

START_TEST (wakes_after_sleep)
{
    CpuPool *pool = cpu_pool_new (4, NULL);
    Job *job = g_new (Job, 1);

    for (int i = 0; i < 20; i++) {
        g_usleep (2000);
        check_job (pool, job, 200, 1);
    }
    g_free (job);
    cpu_pool_free (&pool);
}
END_TEST

static double
cpu_seconds (void)
{
    struct rusage use;

    getrusage (RUSAGE_SELF, &use);
    return (double) (use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
        1e-6 * (double) (use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

START_TEST (idle_costs_nothing)
{
    CpuPool *pool = cpu_pool_new (4, NULL);
    Job *job = g_new (Job, 1);
    double before;

    check_job (pool, job, 200, 1);
    g_usleep (50000);
    before = cpu_seconds ();
    g_usleep (300000);
    /* three workers that spun would have used 0.3 s on any machine */
    ck_assert_double_lt (cpu_seconds () - before, 0.1);
    g_free (job);
    cpu_pool_free (&pool);
}
END_TEST

static void
visit_nested (void *arg, int begin, int end, int thread)
{
    Job *outer = arg;

    for (int i = begin; i < end; i++) {
        Job *job = g_new (Job, 1);

        check_job (outer->inner, job, 50, 1);
        g_free (job);
    }
    visit (arg, begin, end, thread);
}

START_TEST (nested)
{
    Job *job = g_new0 (Job, 1);

    job->inner = cpu_pool_new (3, NULL);
    job->threads = 3;
    cpu_parallel (job->inner, 60, 1, visit_nested, job);
    ck_assert_int_eq (job->errors, 0);
    for (int i = 0; i < 60; i++)
        ck_assert_int_eq (job->visits[i], 1);
    cpu_pool_free (&job->inner);
    g_free (job);
}
END_TEST

static gpointer
use_pool (gpointer data)
{
    Job *job = g_new (Job, 1);

    for (int i = 0; i < 500; i++)
        check_job (data, job, 1 + i % 100, 2);
    g_free (job);
    return NULL;
}

START_TEST (several_callers)
{
    CpuPool *pool = cpu_pool_new (2, NULL);
    GThread *caller[4];

    for (guint i = 0; i < G_N_ELEMENTS (caller); i++)
        caller[i] = g_thread_new ("caller", use_pool, pool);
    for (guint i = 0; i < G_N_ELEMENTS (caller); i++)
        g_thread_join (caller[i]);
    cpu_pool_free (&pool);
}
END_TEST

/* ---- pinning -------------------------------------------------------------------------------- */

typedef struct Places {
    cpu_set_t set[2]; /* one per thread */
    gint seen;
} Places;

/* Waits for the other thread, so that both come to a place of their own. */
static void
note_place (void *arg, int begin, int end, int thread)
{
    Places *places = arg;

    ck_assert (sched_getaffinity (0, sizeof places->set[0], &places->set[thread]) == 0);
    g_atomic_int_or ((guint *) &places->seen, 1u << thread);
    for (int i = 0; i < 2000 && g_atomic_int_get (&places->seen) != 3; i++)
        g_usleep (1000);
}

static void
find_places (const int *cpus, Places *places)
{
    CpuPool *pool = cpu_pool_new (2, cpus);

    places->seen = 0;
    for (int i = 0; i < 10 && places->seen != 3; i++)
        cpu_parallel (pool, 2, 1, note_place, places);
    ck_assert_int_eq (places->seen, 3);
    cpu_pool_free (&pool);
}

START_TEST (pins_workers_only)
{
    cpu_set_t own;
    Places places;
    int last = -1;

    ck_assert (sched_getaffinity (0, sizeof own, &own) == 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET (cpu, &own))
            last = cpu;
    find_places ((const int[]) { last, last }, &places);
    ck_assert (CPU_EQUAL (&places.set[0], &own));
    ck_assert_int_eq (CPU_COUNT (&places.set[1]), 1);
    ck_assert (CPU_ISSET (last, &places.set[1]));

    find_places (NULL, &places);
    ck_assert (CPU_EQUAL (&places.set[0], &own));
    ck_assert (CPU_EQUAL (&places.set[1], &own));
}
END_TEST

static void
assert_refused (const char *list, int threads, const char *word)
{
    GError *error = NULL;

    ck_assert_ptr_null (cpu_pin_parse (list, threads, &error));
    ck_assert_msg (strstr (error->message, word) != NULL && strstr (error->message, list) != NULL,
        "\"%s\" lacks \"%s\"", error->message, word);
    g_error_free (error);
}

START_TEST (lists_of_cpus)
{
    cpu_set_t own;
    int cpu = 0, *cpus;

    ck_assert (sched_getaffinity (0, sizeof own, &own) == 0);
    while (!CPU_ISSET (cpu, &own))
        cpu++;
    g_autofree char *range = g_strdup_printf ("%d-%d,%d", cpu, cpu, cpu);

    cpus = cpu_pin_parse (range, 2, NULL);
    ck_assert_ptr_nonnull (cpus);
    ck_assert_int_eq (cpus[0], cpu);
    ck_assert_int_eq (cpus[1], cpu);
    g_free (cpus);
    /* what is beyond the threads is not looked at */
    cpus = cpu_pin_parse (range, 1, NULL);
    ck_assert_ptr_nonnull (cpus);
    g_free (cpus);

    assert_refused (range, 3, "2 CPUs for 3 threads");
    assert_refused ("", 1, "found ''");
    assert_refused ("all", 1, "found 'all'");
    assert_refused ("-1", 1, "found '-1'");
    assert_refused ("3-1", 1, "expected CPUs");
    assert_refused ("0x2", 1, "expected CPUs");
    assert_refused ("1000000-", 1, "expected CPUs");
    assert_refused ("1000000", 1, "CPU 1000000");
    assert_refused ("99999999999999999999", 1, "may not run");
    g_autofree char *open = g_strdup_printf ("%d,", cpu);
    assert_refused (open, 1, "found ''");
}
END_TEST

/* The variable reaches the device. */
START_TEST (pins_a_device)
{
    static const M2fBackendFns *const table[] = { &m2f_cpu_backend, &m2f_reference_backend };
    g_autoptr (GError) error = NULL;

    g_setenv ("M2F_PIN", "nowhere", TRUE);
    ck_assert_ptr_null (m2f_device_open ("cpu", M2F_PRECISION_FP32, 1, &error));
    ck_assert_ptr_nonnull (strstr (error->message, "M2F_PIN=nowhere"));
    g_clear_error (&error);
    /* nor does "auto" go on to a device that is not asked for its CPUs */
    ck_assert_ptr_null (m2f_device_open_among (table, G_N_ELEMENTS (table), "auto",
        M2F_PRECISION_FP32, 1, &error));
    ck_assert_ptr_nonnull (strstr (error->message, "M2F_PIN=nowhere"));
    g_unsetenv ("M2F_PIN");
}
END_TEST

static int
count_threads (void)
{
    GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
    int count = 0;

    ck_assert_ptr_nonnull (tasks);
    while (g_dir_read_name (tasks))
        count++;
    g_dir_close (tasks);
    return count;
}

static gpointer
do_nothing (gpointer data)
{
    return data;
}

/* OpenBLAS, which would start a thread for every processor, starts none. */
START_TEST (blas_starts_no_thread)
{
    g_setenv ("M2F_CPU", "openblas", TRUE);
    /* with the first thread of a process the thread sanitizer starts one of its own */
    g_thread_join (g_thread_new ("first", do_nothing, NULL));
    const int before = count_threads ();
    M2fDevice *device = m2f_device_open ("cpu", M2F_PRECISION_FP32, 1, NULL);

    /* a thread that has ended takes a moment to leave the list */
    for (int i = 0; i < 1000 && count_threads () > before; i++)
        g_usleep (1000);
    if (device) /* in builds with it, where it is installed */
        ck_assert_int_eq (count_threads (), before);
    m2f_device_unref (&device);
}
END_TEST

START_TEST (scratch)
{
    char *op = cpu_scratch (CPU_SCRATCH_OP, 1000);
    char *thread = cpu_scratch (CPU_SCRATCH_THREAD, 5 << 20);

    ck_assert_uint_eq ((uintptr_t) op % 64, 0);
    ck_assert_uint_eq ((uintptr_t) thread % (2 << 20), 0);
    ck_assert (op != thread);
    memset (op, 1, 1000);
    memset (thread, 2, 5 << 20);
    ck_assert_ptr_eq (cpu_scratch (CPU_SCRATCH_OP, 10), op);
    ck_assert_ptr_eq (cpu_scratch (CPU_SCRATCH_OP, 1000), op);
    op = cpu_scratch (CPU_SCRATCH_OP, 100000);
    memset (op, 1, 100000);
    ck_assert_ptr_eq (cpu_scratch (CPU_SCRATCH_THREAD, 5 << 20), thread);
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("pool");
    TCase *tcase = tcase_create ("pool");

    tcase_set_timeout (tcase, 120);
    tcase_add_test (tcase, every_item_once);
    tcase_add_test (tcase, many_short_jobs);
    tcase_add_test (tcase, wakes_after_sleep);
    tcase_add_test (tcase, idle_costs_nothing);
    tcase_add_test (tcase, nested);
    tcase_add_test (tcase, several_callers);
    tcase_add_test (tcase, pins_workers_only);
    tcase_add_test (tcase, lists_of_cpus);
    tcase_add_test (tcase, pins_a_device);
    tcase_add_test (tcase, blas_starts_no_thread);
    tcase_add_test (tcase, scratch);
    suite_add_tcase (suite, tcase);

    return run_suite (suite);
}

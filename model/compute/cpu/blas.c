/* Loads OpenBLAS.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The library starts a thread for every further processor that its loading thread may use, as soon
 * as it is loaded.  So it is not linked, which would load it into every process that uses this one,
 * but opened where no better instruction set is available, by a thread that may use one processor.
 */
#include "model/compute/cpu/blas.h"

#include <dlfcn.h>
#include <glib.h>
#include <sched.h>

__typeof__ (cblas_sgemm) *cpu_sgemm;

/* Opens the library (a GThreadFunc); returns what dlopen() does. */
static gpointer
open_library (gpointer data)
{
    const int cpu = sched_getcpu ();
    cpu_set_t one;

    CPU_ZERO (&one);
    if (cpu >= 0 && cpu < CPU_SETSIZE) {
        CPU_SET (cpu, &one);
        sched_setaffinity (0, sizeof one, &one); /* if refused, idle threads are started */
    }
    return dlopen ("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
}

/* Our threads split the work, also that of products too small for the library to split, and do not
 * spin while the pipeline's other threads compute. */
static bool
load (void)
{
    GThread *thread = g_thread_try_new ("openblas", open_library, NULL, NULL);
    void *library = thread != NULL ? g_thread_join (thread) : NULL;
    __typeof__ (openblas_set_num_threads) *set_threads;

    if (library == NULL)
        return false;
    *(void **) &cpu_sgemm = dlsym (library, "cblas_sgemm");
    *(void **) &set_threads = dlsym (library, "openblas_set_num_threads");
    if (cpu_sgemm == NULL || set_threads == NULL)
        return false;
    set_threads (1);
    return true;
}

bool
cpu_blas_load (void)
{
    static gsize tried; /* 1 = it is not there, 2 = loaded */

    if (g_once_init_enter (&tried))
        g_once_init_leave (&tried, load () ? 2 : 1);
    return tried == 2;
}

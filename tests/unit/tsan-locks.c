/* GLib's locks by pthreads, for programs built with the thread sanitizer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sanitizer knows pthread_mutex_lock() but not the futexes that an uninstrumented libglib calls
 * for GMutex and GCond, so that it takes everything they order for a race.  A program's own
 * functions come before those of a shared library: these are found instead.
 */
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>

/* A GMutex and a GCond that are all zero are valid: each gets its pthread object when it is used
 * first, in the pointer that GLib reserves for platforms without futexes. */

static pthread_mutex_t *
mutex_of (GMutex *mutex)
{
    pthread_mutex_t *found = g_atomic_pointer_get (&mutex->p);

    if (found == NULL) {
        pthread_mutex_t *made = malloc (sizeof *made);

        if (made == NULL || pthread_mutex_init (made, NULL) != 0)
            abort ();
        if (g_atomic_pointer_compare_and_exchange (&mutex->p, NULL, made))
            return made;
        free (made);
        found = g_atomic_pointer_get (&mutex->p);
    }
    return found;
}

static pthread_cond_t *
cond_of (GCond *cond)
{
    pthread_cond_t *found = g_atomic_pointer_get (&cond->p);

    if (found == NULL) {
        pthread_cond_t *made = malloc (sizeof *made);

        if (made == NULL || pthread_cond_init (made, NULL) != 0)
            abort ();
        if (g_atomic_pointer_compare_and_exchange (&cond->p, NULL, made))
            return made;
        free (made);
        found = g_atomic_pointer_get (&cond->p);
    }
    return found;
}

void
g_mutex_init (GMutex *mutex)
{
    mutex->p = NULL;
}

void
g_mutex_clear (GMutex *mutex)
{
    if (mutex->p != NULL) {
        pthread_mutex_destroy (mutex->p);
        free (mutex->p);
    }
    mutex->p = NULL;
}

void
g_mutex_lock (GMutex *mutex)
{
    pthread_mutex_lock (mutex_of (mutex));
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
    return pthread_mutex_trylock (mutex_of (mutex)) == 0;
}

void
g_mutex_unlock (GMutex *mutex)
{
    pthread_mutex_unlock (mutex_of (mutex));
}

void
g_cond_init (GCond *cond)
{
    cond->p = NULL;
}

void
g_cond_clear (GCond *cond)
{
    if (cond->p != NULL) {
        pthread_cond_destroy (cond->p);
        free (cond->p);
    }
    cond->p = NULL;
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
    pthread_cond_wait (cond_of (cond), mutex_of (mutex));
}

void
g_cond_signal (GCond *cond)
{
    pthread_cond_signal (cond_of (cond));
}

void
g_cond_broadcast (GCond *cond)
{
    pthread_cond_broadcast (cond_of (cond));
}

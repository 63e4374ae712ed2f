/* GLib's locks by pthreads, for programs built with the thread sanitizer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sanitizer knows pthread_mutex_lock() but neither the futexes that an uninstrumented libglib
 * calls for GMutex and GCond nor the atomics by which it makes a GRecMutex, so that it takes
 * everything they order for a race.  A program's own functions come before those of a shared
 * library: these are found instead, by GStreamer too.  Inside libglib the calls are bound already;
 * it locks nothing that others lock.
 */
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* ---- pthread objects ------------------------------------------------------------------------- */

typedef struct Kind {
    size_t size;
    int (*init) (void *object); /* 0 if it succeeds */
    int (*destroy) (void *object);
} Kind;

static int
init_mutex (void *object)
{
    return pthread_mutex_init (object, NULL);
}

static int
init_recursive (void *object)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init (&attributes);
    pthread_mutexattr_settype (&attributes, PTHREAD_MUTEX_RECURSIVE);
    int failed = pthread_mutex_init (object, &attributes);
    pthread_mutexattr_destroy (&attributes);
    return failed;
}

static int
destroy_mutex (void *object)
{
    return pthread_mutex_destroy (object);
}

/* Deadlines of GLib are of the monotonic clock. */
static int
init_cond (void *object)
{
    pthread_condattr_t attributes;

    pthread_condattr_init (&attributes);
    pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init (object, &attributes);
    pthread_condattr_destroy (&attributes);
    return failed;
}

static int
destroy_cond (void *object)
{
    return pthread_cond_destroy (object);
}

static const Kind plain = { sizeof (pthread_mutex_t), init_mutex, destroy_mutex };
static const Kind recursive = { sizeof (pthread_mutex_t), init_recursive, destroy_mutex };
static const Kind condition = { sizeof (pthread_cond_t), init_cond, destroy_cond };

/* The object of a lock, in the pointer that GLib reserves for platforms without futexes.  A lock
 * that is all zero is valid: it gets its object when it is used first. */
static void *
object_of (gpointer *place, const Kind *kind)
{
    void *found = g_atomic_pointer_get (place);

    if (found == NULL) {
        void *made = malloc (kind->size);

        if (made == NULL || kind->init (made) != 0)
            abort ();
        if (g_atomic_pointer_compare_and_exchange (place, NULL, made))
            return made;
        kind->destroy (made);
        free (made);
        found = g_atomic_pointer_get (place);
    }
    return found;
}

/* The object stays: that nobody uses it any more is known by a count of references, whose atomics
 * the sanitizer does not see, so that it would take freeing it for a race. */
static void
clear (gpointer *place)
{
    g_atomic_pointer_set (place, NULL);
}

/* ---- mutexes --------------------------------------------------------------------------------- */

void
g_mutex_init (GMutex *mutex)
{
    mutex->p = NULL;
}

void
g_mutex_clear (GMutex *mutex)
{
    clear (&mutex->p);
}

void
g_mutex_lock (GMutex *mutex)
{
    pthread_mutex_lock (object_of (&mutex->p, &plain));
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
    return pthread_mutex_trylock (object_of (&mutex->p, &plain)) == 0;
}

void
g_mutex_unlock (GMutex *mutex)
{
    pthread_mutex_unlock (object_of (&mutex->p, &plain));
}

void
g_rec_mutex_init (GRecMutex *mutex)
{
    mutex->p = NULL;
}

void
g_rec_mutex_clear (GRecMutex *mutex)
{
    clear (&mutex->p);
}

void
g_rec_mutex_lock (GRecMutex *mutex)
{
    pthread_mutex_lock (object_of (&mutex->p, &recursive));
}

gboolean
g_rec_mutex_trylock (GRecMutex *mutex)
{
    return pthread_mutex_trylock (object_of (&mutex->p, &recursive)) == 0;
}

void
g_rec_mutex_unlock (GRecMutex *mutex)
{
    pthread_mutex_unlock (object_of (&mutex->p, &recursive));
}

/* ---- conditions ------------------------------------------------------------------------------ */

void
g_cond_init (GCond *cond)
{
    cond->p = NULL;
}

void
g_cond_clear (GCond *cond)
{
    clear (&cond->p);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
    pthread_cond_wait (object_of (&cond->p, &condition), object_of (&mutex->p, &plain));
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
    const struct timespec until = { end_time / G_USEC_PER_SEC, end_time % G_USEC_PER_SEC * 1000 };

    return pthread_cond_timedwait (object_of (&cond->p, &condition),
               object_of (&mutex->p, &plain), &until) == 0;
}

void
g_cond_signal (GCond *cond)
{
    pthread_cond_signal (object_of (&cond->p, &condition));
}

void
g_cond_broadcast (GCond *cond)
{
    pthread_cond_broadcast (object_of (&cond->p, &condition));
}

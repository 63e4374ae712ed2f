/* Locks that the thread sanitizer sees.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's mutexes and conditions are futexes within a library that is not instrumented: what they
 * protect would look like a race.  A source compiled with `-include` of this header has pthread's
 * in their place.  It must lock neither GstObjects nor anything else that GLib or GStreamer lock.
 */
#ifndef M2F_TESTS_GST_VISIBLE_LOCKS_H
#define M2F_TESTS_GST_VISIBLE_LOCKS_H

#include <glib.h>
#include <pthread.h>

static inline void
visible_mutex_init (GMutex *mutex)
{
  mutex->p = g_new (pthread_mutex_t, 1);
  pthread_mutex_init (mutex->p, NULL);
}

static inline void
visible_mutex_clear (GMutex *mutex)
{
  pthread_mutex_destroy (mutex->p);
  g_free (mutex->p);
}

static inline void
visible_cond_init (GCond *cond)
{
  cond->p = g_new (pthread_cond_t, 1);
  pthread_cond_init (cond->p, NULL);
}

static inline void
visible_cond_clear (GCond *cond)
{
  pthread_cond_destroy (cond->p);
  g_free (cond->p);
}

#define g_mutex_init(mutex) visible_mutex_init (mutex)
#define g_mutex_clear(mutex) visible_mutex_clear (mutex)
#define g_mutex_lock(mutex) pthread_mutex_lock ((mutex)->p)
#define g_mutex_unlock(mutex) pthread_mutex_unlock ((mutex)->p)
#define g_cond_init(cond) visible_cond_init (cond)
#define g_cond_clear(cond) visible_cond_clear (cond)
#define g_cond_wait(cond, mutex) pthread_cond_wait ((cond)->p, (mutex)->p)
#define g_cond_broadcast(cond) pthread_cond_broadcast ((cond)->p)

#endif

/* A persistent fork-join pool and per-thread scratch memory.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/pool.h"

#include "model/compute/cpu/pin.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SPIN_US 50
#define SPINS_PER_LOOK 64 /* pauses between two looks at the clock */

#define OPEN (1 << 30) /* in `users`: the job may be joined */

/* The ranges of items that one thread starts with: what it wrote for the last op, which divided its
 * rows in the same way, is in its cache. */
typedef struct Share {
    _Alignas (64) atomic_int next; /* first item nobody has taken */
    int end;
} Share;

/* Everything workers and callers write in a job is kept off the line they all read. */
struct CpuPool {
    atomic_int threads; /* including the caller; a worker whose number is not below it ends */
    GThread **worker;

    /* The job; written by its owner while nobody is joined. */
    CpuFunc func;
    void *arg;
    int grain;
    int shares; /* as many as there were threads when the pool was made */
    Share *share;

    _Alignas (64) atomic_int users; /* OPEN | workers inside the job */
    _Alignas (64) atomic_uint generation; /* counts jobs; also bumped to end workers */
    atomic_bool busy;                     /* a caller owns the job */
    atomic_size_t missing;                /* bytes that a worker could not get for the job */

    GMutex lock; /* for the two conditions only */
    GCond wake;  /* generation has changed */
    GCond left;  /* users has become 0 */
    atomic_int sleepers;
    atomic_bool owner_sleeps;
};

static _Thread_local size_t missing; /* see cpu_missing_memory() */

typedef struct Worker {
    CpuPool *pool;
    int thread;
    int cpu; /* to stay on; -1 = any */
} Worker;

static inline void
relax (void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause ();
#elif defined __aarch64__
    __asm__ volatile ("yield");
#endif
}

static bool
has_work (CpuPool *pool, unsigned seen)
{
    return atomic_load (&pool->generation) != seen;
}

static bool
is_left (CpuPool *pool, unsigned unused)
{
    return atomic_load (&pool->users) == 0;
}

/* Whether `done` came true before the time for spinning was over. */
static bool
spin (CpuPool *pool, bool (*done) (CpuPool *pool, unsigned value), unsigned value)
{
    gint64 end = g_get_monotonic_time () + SPIN_US;

    do {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            if (done (pool, value))
                return true;
            relax ();
        }
    } while (g_get_monotonic_time () < end);
    return false;
}

static unsigned
wait_for_work (CpuPool *pool, unsigned seen)
{
    if (!spin (pool, has_work, seen)) {
        g_mutex_lock (&pool->lock);
        atomic_fetch_add (&pool->sleepers, 1);
        while (!has_work (pool, seen))
            g_cond_wait (&pool->wake, &pool->lock);
        atomic_fetch_sub (&pool->sleepers, 1);
        g_mutex_unlock (&pool->lock);
    }
    return atomic_load (&pool->generation);
}

static void
announce (CpuPool *pool)
{
    atomic_fetch_add (&pool->generation, 1);
    if (atomic_load (&pool->sleepers) > 0) {
        g_mutex_lock (&pool->lock);
        g_cond_broadcast (&pool->wake);
        g_mutex_unlock (&pool->lock);
    }
}

/* A worker that comes late finds the job closed; then nobody has to wait for it to wake up. */
static bool
join (CpuPool *pool)
{
    int users = atomic_load (&pool->users);

    while (users & OPEN)
        if (atomic_compare_exchange_weak (&pool->users, &users, users + 1))
            return true;
    return false;
}

static void
leave (CpuPool *pool)
{
    if (atomic_fetch_sub (&pool->users, 1) == 1 && atomic_load (&pool->owner_sleeps)) {
        g_mutex_lock (&pool->lock);
        g_cond_signal (&pool->left);
        g_mutex_unlock (&pool->lock);
    }
}

static void
wait_for_others (CpuPool *pool)
{
    if (spin (pool, is_left, 0))
        return;
    g_mutex_lock (&pool->lock);
    atomic_store (&pool->owner_sleeps, true);
    while (!is_left (pool, 0))
        g_cond_wait (&pool->left, &pool->lock);
    atomic_store (&pool->owner_sleeps, false);
    g_mutex_unlock (&pool->lock);
}

/* Divides items among the shares, at multiples of the grain. */
static void
divide (CpuPool *pool, int items)
{
    const int64_t ranges = (items + (int64_t) pool->grain - 1) / pool->grain;

    for (int i = 0; i < pool->shares; i++) {
        const int64_t begin = ranges * i / pool->shares, end = ranges * (i + 1) / pool->shares;

        atomic_store (&pool->share[i].next, (int) MIN (items, begin * pool->grain));
        pool->share[i].end = (int) MIN (items, end * pool->grain);
    }
}

static void
work_on (CpuPool *pool, Share *share, int thread)
{
    for (;;) {
        const int begin = atomic_fetch_add (&share->next, pool->grain);

        if (begin >= share->end)
            return;
        pool->func (pool->arg, begin, MIN (share->end, begin + pool->grain), thread);
    }
}

/* The thread's own share first, then what is left of the others'. */
static void
work (CpuPool *pool, int thread)
{
    for (int i = 0; i < pool->shares; i++)
        work_on (pool, &pool->share[(thread + i) % pool->shares], thread);
}

static gpointer
worker_main (gpointer data)
{
    Worker self = *(Worker *) data;
    CpuPool *pool = self.pool;
    unsigned seen = 0;

    g_free (data);
    if (self.cpu >= 0)
        cpu_pin_self (self.cpu);
    for (;;) {
        seen = wait_for_work (pool, seen);
        if (self.thread >= pool->threads)
            return NULL;
        if (join (pool)) {
            work (pool, self.thread);
            if (missing > 0)
                atomic_store (&pool->missing, cpu_missing_memory ());
            leave (pool);
        }
    }
}

static GThread *
start_worker (CpuPool *pool, int thread, int cpu)
{
    Worker *self = g_new (Worker, 1);

    *self = (Worker) { pool, thread, cpu };
    GThread *worker = g_thread_try_new ("m2f-cpu", worker_main, self, NULL);

    if (worker == NULL)
        g_free (self);
    return worker;
}

/* Ends the workers from number `threads` on. */
static void
shrink (CpuPool *pool, int threads)
{
    const int had = pool->threads;

    pool->threads = threads;
    announce (pool);
    for (int i = MAX (threads, 1); i < had; i++)
        g_thread_join (pool->worker[i]);
}

CpuPool *
cpu_pool_new (int threads, const int *cpus)
{
    CpuPool *pool = g_aligned_alloc0 (1, sizeof *pool, 64);

    pool->threads = pool->shares = MAX (threads, 1);
    pool->share = g_aligned_alloc0 (pool->shares, sizeof *pool->share, 64);
    g_mutex_init (&pool->lock);
    g_cond_init (&pool->wake);
    g_cond_init (&pool->left);
    pool->worker = g_new0 (GThread *, pool->threads);
    for (int i = 1; i < pool->threads; i++) {
        pool->worker[i] = start_worker (pool, i, cpus != NULL ? cpus[i] : -1);
        if (pool->worker[i] == NULL) {
            pool->threads = i;
            shrink (pool, (i + 1) / 2);
        }
    }
    return pool;
}

void
cpu_pool_free (CpuPool **pool_ptr)
{
    CpuPool *pool = *pool_ptr;

    if (pool == NULL)
        return;
    shrink (pool, 0);
    g_free (pool->worker);
    g_aligned_free (pool->share);
    g_cond_clear (&pool->left);
    g_cond_clear (&pool->wake);
    g_mutex_clear (&pool->lock);
    g_aligned_free (pool);
    *pool_ptr = NULL;
}

int
cpu_pool_threads (const CpuPool *pool)
{
    return pool->threads;
}

void
cpu_parallel (CpuPool *pool, int items, int grain, CpuFunc func, void *arg)
{
    if (items <= 0)
        return;
    grain = MAX (grain, 1);
    if (pool->threads == 1 || items <= grain || atomic_exchange (&pool->busy, true)) {
        func (arg, 0, items, 0);
        return;
    }

    pool->func = func;
    pool->arg = arg;
    pool->grain = grain;
    divide (pool, items);
    atomic_store (&pool->users, OPEN);
    announce (pool);
    work (pool, 0);
    atomic_fetch_and (&pool->users, ~OPEN);
    wait_for_others (pool);
    if (atomic_load (&pool->missing) > 0)
        missing = atomic_exchange (&pool->missing, 0);
    atomic_store (&pool->busy, false);
}

/* ---- memory --------------------------------------------------------------------------------- */

void *
cpu_alloc (size_t size)
{
    const size_t huge = 2 << 20;
    bool big = size >= 2 * huge;
    void *memory;

    if (posix_memalign (&memory, big ? huge : 64, MAX (size, 1)) != 0) {
        missing = size;
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (big)
        madvise (memory, size, MADV_HUGEPAGE); /* a wish; refusal costs only speed */
#endif
    return memory;
}

size_t
cpu_missing_memory (void)
{
    const size_t size = missing;

    missing = 0;
    return size;
}

typedef struct Scratch {
    void *memory[CPU_N_SCRATCH];
    size_t size[CPU_N_SCRATCH];
} Scratch;

static void
scratch_free (gpointer data)
{
    Scratch *scratch = data;

    for (int i = 0; i < CPU_N_SCRATCH; i++)
        free (scratch->memory[i]);
    g_free (scratch);
}

static GPrivate thread_scratch = G_PRIVATE_INIT (scratch_free);

void *
cpu_scratch (CpuScratch which, size_t size)
{
    Scratch *scratch = g_private_get (&thread_scratch);

    if (scratch == NULL) {
        scratch = g_new0 (Scratch, 1);
        g_private_set (&thread_scratch, scratch);
    }
    if (scratch->size[which] < size) {
        free (scratch->memory[which]);
        scratch->memory[which] = cpu_alloc (size);
        scratch->size[which] = scratch->memory[which] != NULL ? size : 0;
    }
    return scratch->memory[which];
}

/* A persistent fork-join pool and per-thread scratch memory.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Workers spin for some tens of microseconds after a job, which covers the gap between two ops of
 * a plan, and then sleep: an idle pool costs no CPU.  A pool may be used from several threads; the
 * one that finds it busy does its work alone, which is what it would get from a loaded machine
 * anyway.
 */
#ifndef M2F_CPU_POOL_H
#define M2F_CPU_POOL_H

#include <stddef.h>

typedef struct CpuPool CpuPool;

/* Does items [begin, end) of a job.  `thread` is in [0, cpu_pool_threads()) and differs between
 * calls that run at the same time for the same job. */
typedef void (*CpuFunc) (void *arg, int begin, int end, int thread);

/* `threads` counts the caller, so that 1 starts no worker.  Where the system refuses to start one,
 * the pool has half of those that it did start: the rest of the process needs threads and memory
 * too.  `cpus`, if not NULL, has one for every
 * thread: worker i runs on the i-th and nowhere else; the caller's own, 0, is not moved. */
CpuPool *cpu_pool_new (int threads, const int *cpus);
void cpu_pool_free (CpuPool **pool);
int cpu_pool_threads (const CpuPool *pool);

/* Calls `func` for all of [0, items), in ranges of at most `grain` items unless one thread does
 * everything, and returns when all are done.  May be called from inside `func`, which then runs
 * the inner job alone. */
void cpu_parallel (CpuPool *pool, int items, int grain, CpuFunc func, void *arg);

/* Whose scratch: an op takes OP before cpu_parallel() and all threads see it; a CpuFunc takes
 * THREAD for itself; GEMM is for the products both may call. */
typedef enum CpuScratch {
    CPU_SCRATCH_OP,
    CPU_SCRATCH_THREAD,
    CPU_SCRATCH_GEMM,
    CPU_N_SCRATCH
} CpuScratch;

/* `size` bytes, uninitialised, 64-byte aligned, valid until the same thread asks for the same
 * scratch again.  NULL if there is no memory: the caller returns without a result, and the op
 * fails by cpu_missing_memory().  Grows as needed and never shrinks, so that a steady state
 * allocates nothing; freed when the thread ends. */
void *cpu_scratch (CpuScratch which, size_t size);

/* Memory as the backend wants it: 64-byte aligned; 2 MiB aligned and in huge pages, where the
 * kernel has some, from 4 MiB on.  NULL if there is none; free with free(). */
void *cpu_alloc (size_t size);

/* Number of bytes that the calling thread, or a worker in one of its jobs, could not get since the
 * last call; 0 if it got all. */
size_t cpu_missing_memory (void);

#endif

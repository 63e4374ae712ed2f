/* Measures what this machine can do: multiply-adds, memory and caches, by all threads at once.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEASURE_US 400000
#define TRIAL_US 1000 /* the start of the threads does not count, the scheduler seldom comes by */
#define LEAST_MEMORY (128u << 20)
#define MOST_MEMORY (1u << 30)

/* One trial: every thread does the same. */
typedef struct Trial {
    double (*flops) (int64_t rounds); /* or the stream: */
    void (*stream) (float *block, size_t n);
    int64_t rounds;
    float *block;
    size_t n; /* floats of a thread's part of it */
} Trial;

static void
run_trial (void *arg, int begin, int end, int thread)
{
    Trial *t = arg;

    for (int i = begin; i < end; i++)
        if (t->flops != NULL)
            t->flops (t->rounds);
        else
            for (int64_t r = 0; r < t->rounds; r++)
                t->stream (t->block + (size_t) i * t->n, t->n);
}

static double
trial_us (CpuDevice *device, Trial *t)
{
    const gint64 start = g_get_monotonic_time ();

    cpu_parallel (device->pool, cpu_pool_threads (device->pool), 1, run_trial, t);
    return (double) MAX (g_get_monotonic_time () - start, 1);
}

/* `work` of one thread's round (operations or bytes) to a rate per second: the best trial's, as
 * whatever else runs can only make it less. */
static double
best_rate (CpuDevice *device, Trial *t, double work)
{
    const gint64 end = g_get_monotonic_time () + MEASURE_US;
    double least = 0;

    t->rounds = 1;
    do {
        if (least < TRIAL_US) { /* even if a trial that was held up had seemed long enough */
            t->rounds *= 2;
            least = G_MAXDOUBLE;
        }
        least = MIN (least, trial_us (device, t));
    } while (least < TRIAL_US || g_get_monotonic_time () < end);
    return work * (double) t->rounds * cpu_pool_threads (device->pool) / least * 1e6;
}

static double
flops_rate (CpuDevice *device, double (*flops) (int64_t rounds))
{
    Trial t = { .flops = flops };

    return flops != NULL ? best_rate (device, &t, flops (1)) : 0;
}

/* Bytes a second, with `bytes` for each thread. */
static double
stream_rate (CpuDevice *device, size_t bytes)
{
    Trial t = { .stream = device->kernels.peaks.stream, .n = bytes / sizeof (float) };
    const size_t size = bytes * (size_t) cpu_pool_threads (device->pool);
    double rate = 0;

    t.block = cpu_alloc (size);
    if (t.block != NULL) {
        memset (t.block, 0, size);
        rate = best_rate (device, &t, 2.0 * (double) bytes);
    }
    free (t.block);
    return rate;
}

/* A cache's size, or a common one where the system does not tell. */
static size_t
cache_size (int name, size_t otherwise)
{
    const long size = sysconf (name);

    return size > 0 ? (size_t) size : otherwise;
}

void
cpu_peaks (M2fDevice *base, M2fPeaks *peaks)
{
    CpuDevice *device = (CpuDevice *) base;
    const CpuPeakLoops *loops = &device->kernels.peaks;
    const size_t last = cache_size (_SC_LEVEL3_CACHE_SIZE, 32 << 20);
    const size_t second = cache_size (_SC_LEVEL2_CACHE_SIZE, 256 << 10);
    const size_t memory = CLAMP (4 * last, LEAST_MEMORY, MOST_MEMORY);

    peaks->f32 = flops_rate (device, loops->f32);
    if (base->precision != M2F_PRECISION_FP32)
        peaks->bf16 = flops_rate (device, loops->bf16);
    if (base->precision == M2F_PRECISION_INT8)
        peaks->int8 = flops_rate (device, loops->int8);
    peaks->memory = stream_rate (device, memory / (size_t) cpu_pool_threads (device->pool));
    peaks->cache = stream_rate (device, second / 2);
}

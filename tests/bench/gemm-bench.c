/* Our products next to oneDNN's and OpenBLAS's on the model's shapes, in GFLOP/s.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     gemm-bench [THREADS]     1 thread if not said
 *
 * A product here is C = activation (A . B^T + bias) with a float32 C.  Weights are packed
 * beforehand, as they are when a model is loaded, and a bf16 A is bf16 in memory; our int8 takes
 * the same A and quantises it, oneDNN's takes bytes.  OpenBLAS has no bias and no GELU.  All take
 * turns, and the best of several runs counts.  One thread is timed by its own clock, which stands
 * still while others have its core; more by the wall's.
 */
#include "model/compute/backend.h"

#if HAVE_ONEDNN
#include "tests/bench/onednn.h"
#endif

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 25

typedef struct Shape {
    int m, n, k;
    const char *what;
    M2fActivation activation;
} Shape;

/* Swin-T at 384 x 384, then the decoder, then what Swin-L asks for. */
static const Shape shapes[] = {
    { 9216, 288, 96, "stage 1 qkv", M2F_NO_ACTIVATION },
    { 9216, 384, 96, "stage 1 mlp in", M2F_NO_ACTIVATION },
    { 9216, 384, 96, "the same with gelu", M2F_GELU },
    { 9216, 96, 384, "stage 1 mlp out", M2F_NO_ACTIVATION },
    { 576, 1536, 384, "stage 3 mlp in", M2F_NO_ACTIVATION },
    { 576, 384, 1536, "stage 3 mlp out", M2F_NO_ACTIVATION },
    { 144, 3072, 768, "stage 4 mlp in", M2F_NO_ACTIVATION },
    { 3024, 1024, 256, "encoder ffn in", M2F_NO_ACTIVATION },
    { 3024, 256, 1024, "encoder ffn out", M2F_NO_ACTIVATION },
    { 9216, 100, 256, "masks", M2F_NO_ACTIVATION },
    { 100, 256, 256, "decoder queries", M2F_NO_ACTIVATION },
    { 300, 1536, 6144, "Swin-L stage 4 mlp out", M2F_NO_ACTIVATION },
};

typedef struct Problem {
    const Shape *shape;
    int threads;
    float *a, *b, *bias;
} Problem;

static void
check (bool ok, GError *error)
{
    if (!ok) {
        fprintf (stderr, "gemm-bench: %s\n", error->message);
        exit (1);
    }
}

/* ---- ours ---------------------------------------------------------------------------------- */

typedef struct Ours {
    M2fDevice *device;
    M2fTensor dst, src, weight, bias;
    M2fActivation activation;
    M2fPlan *plan;
} Ours;

static void
call_linear (M2fPlan *plan, void *user_data)
{
    const Ours *o = user_data;

    m2f_linear (plan, .dst = o->dst, .src = o->src, .weight = o->weight, .bias = o->bias,
        .activation = o->activation);
}

/* The upper halves of A: cut off, as speed does not depend on it. */
static void
write_halves (const Ours *o, const float *a, size_t n)
{
    g_autofree uint16_t *halves = g_new (uint16_t, n);

    for (size_t i = 0; i < n; i++)
        memcpy (&halves[i], (const char *) &a[i] + 2, 2);
    m2f_tensor_write (o->device, &o->src, halves);
}

static void *
ours_new (const Problem *problem, M2fPrecision precision)
{
    const Shape *s = problem->shape;
    const M2fType type = precision == M2F_PRECISION_FP32 ? M2F_F32 : M2F_BF16;
    g_autoptr (GError) refused = NULL;
    GError *error = NULL;
    Ours *o = g_new0 (Ours, 1);

    o->activation = s->activation;
    o->device = m2f_device_open_backend (&m2f_cpu_backend, -1, precision, problem->threads,
        &refused);
    if (o->device == NULL) {
        g_free (o);
        return NULL;
    }
    check (m2f_tensor_new (o->device, &o->src, "src", type,
        M2F_SHAPE (1, 1, s->m, s->k), &error), error);
    check (m2f_tensor_new (o->device, &o->dst, "dst", M2F_F32,
        M2F_SHAPE (1, 1, s->m, s->n), &error), error);
    check (m2f_tensor_new_weight (o->device, &o->weight, "weight", M2F_LINEAR_WEIGHT_TOLERANT,
        (int[]) { 1, 1, s->n, s->k }, problem->b, &error), error);
    check (m2f_tensor_new_weight (o->device, &o->bias, "bias", M2F_PLAIN,
        (int[]) { 1, 1, 1, s->n }, problem->bias, &error), error);
    if (type == M2F_F32)
        m2f_tensor_write (o->device, &o->src, problem->a);
    else
        write_halves (o, problem->a, (size_t) s->m * (size_t) s->k);
    o->plan = m2f_plan_new (o->device, call_linear, o, &error);
    check (o->plan != NULL, error);
    return o;
}

static void
ours_run (void *state)
{
    GError *error = NULL;

    check (m2f_plan_run (((Ours *) state)->plan, &error), error);
}

static const float *
ours_result (void *state)
{
    Ours *o = state;

    return m2f_tensor_map (o->device, &o->dst, NULL);
}

static void
ours_free (void *state)
{
    Ours *o = state;

    m2f_plan_free (&o->plan);
    m2f_tensor_free (o->device, &o->src);
    m2f_tensor_free (o->device, &o->dst);
    m2f_tensor_free (o->device, &o->weight);
    m2f_tensor_free (o->device, &o->bias);
    m2f_device_unref (&o->device);
    g_free (o);
}

/* ---- OpenBLAS ------------------------------------------------------------------------------ */

typedef struct Blas {
    const Problem *problem;
    float *result;
} Blas;

static void *
blas_new (const Problem *problem, M2fPrecision precision)
{
    Blas *blas = g_new (Blas, 1);

    *blas = (Blas) { problem,
        g_new (float, (size_t) problem->shape->m * (size_t) problem->shape->n) };
    return blas;
}

static void
blas_run (void *state)
{
    const Blas *blas = state;
    const Problem *p = blas->problem;
    const Shape *s = p->shape;

    openblas_set_num_threads (p->threads);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, s->m, s->n, s->k, 1.f, p->a, s->k, p->b,
        s->k, 0.f, blas->result, s->n);
}

static void
blas_free (void *state)
{
    Blas *blas = state;

    g_free (blas->result);
    g_free (blas);
}

/* ---- oneDNN -------------------------------------------------------------------------------- */

#if HAVE_ONEDNN

static void *
one_new (const Problem *p, M2fPrecision precision)
{
    const Shape *s = p->shape;
    const OnednnShape shape = { s->m, s->n, s->k, s->activation == M2F_GELU };

    return onednn_new (&shape, precision, p->a, p->b, p->bias, p->threads);
}

static void
one_run (void *state)
{
    onednn_run (state);
}

static const float *
one_result (void *state)
{
    return onednn_result (state);
}

static void
one_free (void *state)
{
    onednn_free (state);
}

#endif

/* ---- turns --------------------------------------------------------------------------------- */

typedef struct Contestant {
    const char *name;
    M2fPrecision precision;
    void *(*start) (const Problem *problem, M2fPrecision precision); /* NULL if it has no such */
    void (*run) (void *state);
    const float *(*result) (void *state);                            /* NULL: not compared */
    void (*end) (void *state);
} Contestant;

static const Contestant contestants[] = {
    { "fp32", M2F_PRECISION_FP32, ours_new, ours_run, ours_result, ours_free },
    { "OpenBLAS", M2F_PRECISION_FP32, blas_new, blas_run, NULL, blas_free },
#if HAVE_ONEDNN
    { "oneDNN", M2F_PRECISION_FP32, one_new, one_run, one_result, one_free },
#endif
    { "bf16", M2F_PRECISION_BF16, ours_new, ours_run, ours_result, ours_free },
#if HAVE_ONEDNN
    { "oneDNN", M2F_PRECISION_BF16, one_new, one_run, one_result, one_free },
#endif
    { "int8", M2F_PRECISION_INT8, ours_new, ours_run, ours_result, ours_free },
#if HAVE_ONEDNN
    { "oneDNN", M2F_PRECISION_INT8, one_new, one_run, NULL, one_free },
#endif
};

#define CONTESTANTS G_N_ELEMENTS (contestants)

/* All computed the same: to what bf16 and int8 make of numbers up to one half. */
static void
compare (const Shape *s, void *const states[CONTESTANTS])
{
    const float *first = contestants[0].result (states[0]);
    const double limit = 0.02 * sqrt (s->k);

    for (size_t i = 1; i < CONTESTANTS; i++) {
        const float *other = states[i] != NULL && contestants[i].result != NULL
            ? contestants[i].result (states[i]) : first;

        for (size_t j = 0; j < (size_t) s->m * (size_t) s->n; j++)
            if (!(fabs (first[j] - other[j]) < limit)) {
                fprintf (stderr, "gemm-bench: %s %s has %g for %g\n", contestants[i].name,
                    m2f_precision_name (contestants[i].precision), other[j], first[j]);
                exit (1);
            }
    }
}

/* Seconds, from any start. */
static double
now (int threads)
{
    struct timespec time;

    clock_gettime (threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
bench (const Problem *p)
{
    const Shape *s = p->shape;
    void *states[CONTESTANTS];
    double best[CONTESTANTS];

    for (size_t i = 0; i < CONTESTANTS; i++) {
        states[i] = contestants[i].start (p, contestants[i].precision);
        best[i] = INFINITY;
    }
    for (int run = 0; run < RUNS; run++)
        for (size_t i = 0; i < CONTESTANTS; i++)
            if (states[i] != NULL) {
                const double start = now (p->threads);

                contestants[i].run (states[i]);
                best[i] = MIN (best[i], now (p->threads) - start);
            }
    compare (s, states);
    printf ("%6d %5d %5d ", s->m, s->n, s->k);
    for (size_t i = 0; i < CONTESTANTS; i++)
        if (states[i] != NULL) {
            printf (" %9.1f", 2e-9 * s->m * s->n * s->k / best[i]);
            contestants[i].end (states[i]);
        } else {
            printf (" %9s", "-");
        }
    printf ("  %s\n", s->what);
    fflush (stdout);
}

static float *
noise (size_t n)
{
    float *data = g_new (float, n);

    for (size_t i = 0; i < n; i++)
        data[i] = (float) (rand () / (double) RAND_MAX - 0.5);
    return data;
}

int
main (int argc, char **argv)
{
    printf ("%6s %5s %5s ", "M", "N", "K");
    for (size_t i = 0; i < CONTESTANTS; i++)
        printf (" %9s", contestants[i].name);
    putchar ('\n');
    for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++) {
        const Shape *s = &shapes[i];
        g_autofree float *a = noise ((size_t) s->m * (size_t) s->k);
        g_autofree float *b = noise ((size_t) s->n * (size_t) s->k);
        g_autofree float *bias = noise ((size_t) s->n);

        bench (&(Problem) { s, argc > 1 ? atoi (argv[1]) : 1, a, b, bias });
    }
    return 0;
}

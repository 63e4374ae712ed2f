/* Our product next to OpenBLAS's on the model's shapes, in GFLOP/s.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     gemm-bench [THREADS]
 *
 * Weights are packed beforehand, as they are when a model is loaded, and the best of several runs
 * counts.  OpenBLAS gets the same threads.
 */
#include "model/compute/backend.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#define RUNS 15

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

typedef struct Case {
    M2fTensor dst, src, weight, bias;
    M2fActivation activation;
} Case;

static void
run_linear (M2fPlan *plan, void *user_data)
{
    const Case *c = user_data;

    m2f_linear (plan, .dst = c->dst, .src = c->src, .weight = c->weight, .bias = c->bias,
        .activation = c->activation);
}

static void
check (bool ok, GError *error)
{
    if (!ok) {
        fprintf (stderr, "gemm-bench: %s\n", error->message);
        exit (1);
    }
}

static float *
noise (size_t n)
{
    float *data = g_new (float, n);

    for (size_t i = 0; i < n; i++)
        data[i] = (float) (rand () / (double) RAND_MAX - 0.5);
    return data;
}

/* GFLOP/s of the best run on `threads` threads. */
static double
bench_ours (const Shape *s, const float *a, const float *b, int threads)
{
    GError *error = NULL;
    M2fDevice *device = m2f_device_open_backend (&m2f_cpu_backend, -1, M2F_PRECISION_FP32,
        threads, &error);
    g_autofree float *bias = noise (s->n);
    Case c = { .activation = s->activation };
    gint64 best = G_MAXINT64;

    check (device != NULL, error);
    check (m2f_tensor_new (device, &c.src, "src", M2F_F32, 1, 1, s->m, s->k, &error), error);
    check (m2f_tensor_new (device, &c.dst, "dst", M2F_F32, 1, 1, s->m, s->n, &error), error);
    check (m2f_tensor_new_weight (device, &c.weight, "weight", M2F_LINEAR_WEIGHT,
        (int[]) { 1, 1, s->n, s->k }, b, &error), error);
    check (m2f_tensor_new_weight (device, &c.bias, "bias", M2F_PLAIN, (int[]) { 1, 1, 1, s->n },
        bias, &error), error);
    m2f_tensor_write (device, &c.src, a);

    M2fPlan *plan = m2f_plan_new (device, run_linear, &c, &error);

    check (plan != NULL, error);
    for (int i = 0; i < RUNS; i++) {
        gint64 start = g_get_monotonic_time ();

        check (m2f_plan_run (plan, &error), error);
        best = MIN (best, g_get_monotonic_time () - start);
    }
    m2f_plan_free (&plan);
    m2f_tensor_free (device, &c.src);
    m2f_tensor_free (device, &c.dst);
    m2f_tensor_free (device, &c.weight);
    m2f_tensor_free (device, &c.bias);
    m2f_device_unref (&device);
    return 2e-3 * s->m * s->n * s->k / (double) MAX (best, 1);
}

static double
bench_openblas (const Shape *s, const float *a, const float *b, int threads)
{
    g_autofree float *dst = g_new (float, (size_t) s->m * s->n);
    gint64 best = G_MAXINT64;

    openblas_set_num_threads (threads);
    for (int i = 0; i < RUNS; i++) {
        gint64 start = g_get_monotonic_time ();

        cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, s->m, s->n, s->k, 1.f, a, s->k, b,
            s->k, 0.f, dst, s->n);
        best = MIN (best, g_get_monotonic_time () - start);
    }
    return 2e-3 * s->m * s->n * s->k / (double) MAX (best, 1);
}

int
main (int argc, char **argv)
{
    int threads = argc > 1 ? atoi (argv[1]) : (int) g_get_num_processors ();

    printf ("%6s %5s %5s  %8s %8s  %8s %8s\n", "M", "N", "K", "ours", "", "OpenBLAS", "");
    printf ("%6s %5s %5s  %8s %7s%d  %8s %7s%d\n", "", "", "", "x1", "x", threads, "x1", "x",
        threads);
    for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++) {
        const Shape *s = &shapes[i];
        g_autofree float *a = noise ((size_t) s->m * s->k);
        g_autofree float *b = noise ((size_t) s->n * s->k);

        printf ("%6d %5d %5d  %8.1f %8.1f  %8.1f %8.1f  %s\n", s->m, s->n, s->k,
            bench_ours (s, a, b, 1), bench_ours (s, a, b, threads),
            bench_openblas (s, a, b, 1), bench_openblas (s, a, b, threads), s->what);
        fflush (stdout);
    }
    return 0;
}

/* What several streams of one model cost beside one, in time and in memory, and whether a batch of
 * pictures costs less than as many single ones.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     build/tests/bench/streams DIR [STREAMS [RUNS]]
 *
 * Every stream is a session in a thread of its own.  One stream and several take turns; the table
 * has the least and the median of the rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/compute/ops.h"
#include "model/m2f.h"
#include "model/model.h"
#include "model/network/network.h"

#define WIDTH 640
#define HEIGHT 480
#define MAX_STREAMS 16
#define ROUNDS 7

static uint8_t pixels[WIDTH * HEIGHT * 3];

static void
fail (const GError *error)
{
    fprintf (stderr, "%s\n", error->message);
    exit (1);
}

static double
milliseconds (void)
{
    return (double) g_get_monotonic_time () / 1e3;
}

/* Memory of the process, in MB. */
static double
resident (void)
{
    long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");

    if (file == NULL || fscanf (file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose (file);
    return (double) pages * (double) sysconf (_SC_PAGESIZE) / 1e6;
}

static int
compare (const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
report (const char *what, int count, double ms[ROUNDS])
{
    qsort (ms, ROUNDS, sizeof *ms, compare);
    printf ("%2d %-22s least %7.2f ms, median %7.2f ms, each of the %d: %6.2f ms\n", count, what,
        ms[0], ms[ROUNDS / 2], count, ms[0] / count);
}

/* ---- streams -------------------------------------------------------------------------------- */

typedef struct Stream {
    M2fModel *model;
    M2fSession *session;
    M2fResult result;
    int runs;
} Stream;

static gpointer
run_stream (gpointer data)
{
    Stream *stream = data;
    const M2fImage image = { .format = M2F_FORMAT_RGB, .width = WIDTH, .height = HEIGHT,
        .data = { pixels }, .stride = { WIDTH * 3 } };
    g_autoptr (GError) error = NULL;
    M2fParams params;

    m2f_params_init (&params, stream->model);
    for (int i = 0; i < stream->runs; i++)
        if (!m2f_session_run (stream->session, &image, &params, &stream->result, &error))
            fail (error);
    return NULL;
}

/* Milliseconds for a picture of each stream. */
static double
run_streams (Stream *streams, int count, int runs)
{
    GThread *threads[MAX_STREAMS];
    const double start = milliseconds ();

    for (int i = 0; i < count; i++) {
        streams[i].runs = runs;
        threads[i] = g_thread_new ("stream", run_stream, &streams[i]);
    }
    for (int i = 0; i < count; i++)
        g_thread_join (threads[i]);
    return (milliseconds () - start) / runs;
}

static void
compare_streams (M2fModel *model, int count, int runs)
{
    Stream streams[MAX_STREAMS] = { { 0 } };
    double one[ROUNDS], all[ROUNDS], memory[MAX_STREAMS + 1];

    memory[0] = resident ();
    for (int i = 0; i < count; i++) {
        streams[i] = (Stream) { .model = model, .session = m2f_session_new (model) };
        run_streams (&streams[i], 1, 2);
        memory[i + 1] = resident ();
    }
    run_streams (streams, count, 2);
    for (int round = 0; round < ROUNDS; round++) {
        one[round] = run_streams (streams, 1, runs);
        all[round] = run_streams (streams, count, runs);
    }
    report ("stream", 1, one);
    report ("streams", count, all);
    printf ("ratio %.2f of the least, %.2f of the medians\n", all[0] / one[0],
        all[ROUNDS / 2] / one[ROUNDS / 2]);
    printf ("memory: model %.0f MB, first stream %.0f MB, each of the others %.0f MB\n", memory[0],
        memory[1] - memory[0], (memory[count] - memory[1]) / MAX (count - 1, 1));
    for (int i = 0; i < count; i++) {
        m2f_session_free (streams[i].session);
        m2f_result_clear (&streams[i].result);
    }
}

/* ---- batches --------------------------------------------------------------------------------- */

typedef struct Batch {
    const M2fNetwork *network;
    const M2fSizeConstants *constants;
    M2fTensor values;
    M2fNetworkOutput out;
    M2fPlan *plan;
} Batch;

static void
record_batch (M2fPlan *plan, void *data)
{
    Batch *batch = data;

    m2f_network_forward (batch->network, batch->constants, plan, batch->values, &batch->out);
}

static void
prepare_batch (Batch *batch, M2fModel *model, int pictures, int height, int width)
{
    const size_t count = (size_t) pictures * height * width * 3;
    g_autofree float *values = g_new (float, count);
    g_autoptr (GError) error = NULL;

    for (size_t i = 0; i < count; i++)
        values[i] = (float) rand () / (float) RAND_MAX;
    if (!m2f_tensor_new (model->device, &batch->values, "pixel_values", M2F_F32,
            M2F_SHAPE (pictures, height, width, 3), &error))
        fail (error);
    m2f_tensor_write (model->device, &batch->values, values);
    batch->plan = m2f_plan_new (model->device, record_batch, batch, &error);
    if (batch->plan == NULL)
        fail (error);
}

static double
run_batch (Batch *batch, int runs)
{
    g_autoptr (GError) error = NULL;
    const double start = milliseconds ();

    for (int i = 0; i < runs; i++)
        if (!m2f_plan_run (batch->plan, &error))
            fail (error);
    return (milliseconds () - start) / runs;
}

/* The network alone, for pictures of the size that a stream has. */
static void
compare_batches (M2fModel *model, int pictures, int height, int width, int runs)
{
    g_autoptr (GError) error = NULL;
    M2fSizeConstants *constants = m2f_network_constants (model->network, height, width, &error);
    Batch one = { .network = model->network, .constants = constants };
    Batch all = one;
    double single[ROUNDS], batch[ROUNDS];

    if (constants == NULL)
        fail (error);
    prepare_batch (&one, model, 1, height, width);
    prepare_batch (&all, model, pictures, height, width);
    run_batch (&one, 2);
    run_batch (&all, 2);
    for (int round = 0; round < ROUNDS; round++) {
        single[round] = run_batch (&one, runs);
        batch[round] = run_batch (&all, runs);
    }
    report ("picture, network only", 1, single);
    report ("in a batch", pictures, batch);
    printf ("ratio %.2f of the least, %.2f of the medians\n", batch[0] / single[0],
        batch[ROUNDS / 2] / single[ROUNDS / 2]);
    for (Batch *b = &one; b != NULL; b = b == &one ? &all : NULL) {
        m2f_plan_free (&b->plan);
        m2f_tensor_free (model->device, &b->values);
    }
    m2f_size_constants_free (&constants);
}

int
main (int argc, char **argv)
{
    const int count = argc > 2 ? atoi (argv[2]) : 4, runs = argc > 3 ? atoi (argv[3]) : 10;
    g_autoptr (GError) error = NULL;

    if (argc < 2 || count < 1 || count > MAX_STREAMS || runs < 1) {
        fprintf (stderr, "usage: %s DIR [STREAMS [RUNS]], at most %d streams\n", argv[0],
            MAX_STREAMS);
        return 1;
    }
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t) rand ();

    g_autoptr (M2fModel) model
        = m2f_model_load (&(M2fLoadOptions) { .path = argv[1], .device = "cpu" }, &error);
    if (model == NULL)
        fail (error);
    printf ("%s, %s\n", m2f_model_device (model), m2f_model_precision (model));
    compare_streams (model, count, runs);
    g_autoptr (M2fSession) session = m2f_session_new (model);
    M2fParams params;
    int height, width;

    m2f_params_init (&params, model);
    if (!m2f_session_prepare (session, WIDTH, HEIGHT, M2F_FORMAT_RGB, &params, &error))
        fail (error);
    m2f_session_input_size (session, &height, &width);
    compare_batches (model, count, height, width, runs);
    return 0;
}

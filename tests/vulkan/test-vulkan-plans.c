/* What the Vulkan backend records for a frame: the number of dispatches, barriers, copies,
 * submissions and waits, and what its dispatches compute and move; and what the backend makes of
 * ops that it joins.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The backend calls Vulkan through variables, which point at the functions below here.  Runs on
 * vulkan:0, and exits with 77 where there is none.
 *
 *     test-vulkan-plans CHECKPOINT [HEIGHT WIDTH]
 *
 * prints the counts of another checkpoint, which is not run, and what they let one expect.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compute/half.h"
#include "model/compute/ops.h"
#include "model/compute/vulkan/vk.h"
#include "model/model.h"
#include "tests/unit/fixture.h"
#include "tests/vulkan/device.h"
#include "tests/vulkan/roofline.h"
#include "tests/vulkan/swin_tiny.h"

/* ---- counting ------------------------------------------------------------------------------- */

typedef struct Counts {
    int dispatches, barriers, copies, fills, submits, waits;
    int64_t megabytes; /* that the dispatches move, rounded up */
    int megaflops;     /* that they compute, rounded up */
    int parts;         /* of dispatches that are divided */
} Counts;

static Counts counted;
static bool runs = true; /* false: nothing is submitted, only counted */

/* The frame that is being counted, if it is to be predicted. */
static Roofline roofline;

static void
count_dispatch (uint32_t workgroups)
{
    counted.dispatches++;
    if (roofline.dispatches)
        roofline_add (&roofline, workgroups);
}

/* COUNT (function, result, parameters, what is counted, the call) for what is counted. */
#define COUNTED(COUNT)                                                                             \
    COUNT (vkCmdDispatch, void, (VkCommandBuffer c, uint32_t x, uint32_t y, uint32_t z),           \
        count_dispatch (x * y * z), real_vkCmdDispatch (c, x, y, z))                               \
    COUNT (vkCmdBindPipeline, void, (VkCommandBuffer c, VkPipelineBindPoint at, VkPipeline p),     \
        roofline.bound = p, real_vkCmdBindPipeline (c, at, p))                                     \
    COUNT (vkCmdDispatchBase, void, (VkCommandBuffer c, uint32_t x0, uint32_t y0, uint32_t z0,     \
        uint32_t x, uint32_t y, uint32_t z), counted.parts++,                                      \
        real_vkCmdDispatchBase (c, x0, y0, z0, x, y, z))                                           \
    COUNT (vkCmdPipelineBarrier, void, (VkCommandBuffer c, VkPipelineStageFlags from,              \
        VkPipelineStageFlags to, VkDependencyFlags flags, uint32_t n, const VkMemoryBarrier *m,    \
        uint32_t n_buffers, const VkBufferMemoryBarrier *buffers, uint32_t n_images,               \
        const VkImageMemoryBarrier *images), counted.barriers++, real_vkCmdPipelineBarrier (c,     \
        from, to, flags, n, m, n_buffers, buffers, n_images, images))                              \
    COUNT (vkCmdCopyBuffer, void, (VkCommandBuffer c, VkBuffer src, VkBuffer dst, uint32_t n,      \
        const VkBufferCopy *r), counted.copies++, real_vkCmdCopyBuffer (c, src, dst, n, r))        \
    COUNT (vkCmdFillBuffer, void, (VkCommandBuffer c, VkBuffer dst, VkDeviceSize offset,           \
        VkDeviceSize size, uint32_t value), counted.fills++,                                       \
        real_vkCmdFillBuffer (c, dst, offset, size, value))                                        \
    COUNT (vkQueueSubmit, VkResult, (VkQueue q, uint32_t n, const VkSubmitInfo *s, VkFence f),     \
        counted.submits++, runs ? real_vkQueueSubmit (q, n, s, f) : VK_SUCCESS)                    \
    COUNT (vkWaitSemaphores, VkResult,                                                             \
        (VkDevice d, const VkSemaphoreWaitInfo *i, uint64_t time),                                 \
        counted.waits++, runs ? real_vkWaitSemaphores (d, i, time) : VK_SUCCESS)                   \
    COUNT (vkWaitForFences, VkResult,                                                              \
        (VkDevice d, uint32_t n, const VkFence *f, VkBool32 all, uint64_t time),                   \
        counted.waits++, runs ? real_vkWaitForFences (d, n, f, all, time) : VK_SUCCESS)

#define COUNT(name, result, parameters, counting, call)           \
    static PFN_##name real_##name;                                \
    static VKAPI_ATTR result VKAPI_CALL count_##name parameters   \
    {                                                             \
        counting;                                                 \
        return call;                                              \
    }
COUNTED (COUNT)
#undef COUNT

static void
start_counting (void)
{
    vk_load (NULL);
#define COUNT(name, result, parameters, counting, call) \
    real_##name = name;                                 \
    name = count_##name;
    COUNTED (COUNT)
#undef COUNT
}

static void
reset_counts (void)
{
    counted = (Counts) { 0 };
}

/* ---- a frame -------------------------------------------------------------------------------- */

static void
run_frame (M2fSession *session, const M2fImage *image, const M2fParams *params, M2fResult *result)
{
    g_autoptr (GError) error = NULL;

    if (m2f_session_run (session, image, params, result, &error))
        return;
    fprintf (stderr, "%s\n", error->message);
    exit (EXIT_FAILURE);
}

/* Size of the network's input; zeros: the checkpoint's. */
static int input_height, input_width;

/* Runs a picture twice.  The first run records, the second only submits.  With a name, prints what
 * the counts let one expect. */
static Counts
count_frame (M2fModel *model, const char *name)
{
    VulkanDevice *vk = vulkan_device (model->device);
    const VulkanWork *work = &vk->recorded, before = *work;
    M2fSession *session = m2f_session_new (model);
    M2fImage image = fixture_image ("square");
    g_auto (M2fResult) result = { 0 };
    M2fParams params;
    Counts counts;

    m2f_params_init (&params, model);
    params.task = M2F_TASK_PANOPTIC;
    params.threshold = 0;
    params.input_height = input_height;
    params.input_width = input_width;
    reset_counts ();
    if (name)
        roofline_start (&roofline, vk);
    run_frame (session, &image, &params, &result);
    counts = counted;
    if (name)
        roofline_print (&roofline, name, counts.barriers);
    roofline_clear (&roofline);
    counts.megabytes = (int64_t) ceil ((work->bytes - before.bytes) / 1e6);
    counts.megaflops = (int) ceil ((work->flops - before.flops) / 1e6);
    reset_counts ();
    run_frame (session, &image, &params, &result);
    counts.dispatches += counted.dispatches; /* none */
    counts.submits = counted.submits;
    counts.waits = counted.waits;
    g_free ((void *) image.data[0]);
    m2f_session_free (session);
    return counts;
}

/* How many of each a frame has; growth is a mistake or needs a reason, fewer belong into the table.
 */
static const struct {
    const char *fixture;
    Counts counts;
} frames[] = {
    { "square", { 81, 62, 0, 3, 1, 1, 7, 31 } },
    { "pre-norm", { 87, 70, 0, 3, 1, 1, 4, 15 } },
};

static void
compare_count (const char *fixture, const char *what, int64_t found, int64_t expected)
{
    ck_assert_msg (found == expected, "a frame of %s: %d %s, expected %d", fixture, (int) found,
        what, (int) expected);
}

static void
compare_counts (const char *name, const Counts *found, const Counts *expected)
{
    compare_count (name, "dispatches", found->dispatches, expected->dispatches);
    compare_count (name, "barriers", found->barriers, expected->barriers);
    compare_count (name, "copies", found->copies, expected->copies);
    compare_count (name, "fills", found->fills, expected->fills);
    compare_count (name, "submissions", found->submits, expected->submits);
    compare_count (name, "waits", found->waits, expected->waits);
    compare_count (name, "megabytes", found->megabytes, expected->megabytes);
    compare_count (name, "million operations", found->megaflops, expected->megaflops);
}

START_TEST (a_frame_is_as_short)
{
    const char *fixture = frames[_i].fixture;
    const Counts *expected = &frames[_i].counts;

    g_unsetenv ("M2F_VULKAN_MEMORY");
    start_counting ();
    M2fModel *model = fixture_model (fixture, DEVICE);
    const Counts found = count_frame (model, fixture);
    m2f_model_unref (model);
    compare_counts (fixture, &found, expected);
}
END_TEST

/* Of Swin-T at 384 x 384. */
static const struct {
    const char *name, *precision;
    Counts counts;
} swin_tiny[] = {
    { "Swin-T in fp32", "fp32", { 174, 150, 0, 3, 1, 1, 1489, 72452 } },
    { "Swin-T in fp16", "fp16", { 172, 148, 0, 3, 1, 1, 1075, 72453 } },
};

static Counts
count_checkpoint (const char *path, const char *name, const char *precision)
{
    g_autoptr (GError) error = NULL;

    start_counting ();
    M2fModel *model = m2f_model_load (
        &(M2fLoadOptions) { .path = path, .device = DEVICE, .precision = precision }, &error);
    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    runs = false;
    const Counts counts = count_frame (model, name);
    m2f_model_unref (model);
    return counts;
}

START_TEST (a_frame_of_swin_tiny_is_as_short)
{
    g_autofree char *dir = swin_tiny_write ();

    g_unsetenv ("M2F_VULKAN_MEMORY");
    const Counts found = count_checkpoint (dir, swin_tiny[_i].name, swin_tiny[_i].precision);
    swin_tiny_remove (dir);
    compare_counts (swin_tiny[_i].name, &found, &swin_tiny[_i].counts);
}
END_TEST

/* The checkpoint of the command line; NULL for the table above. */
static const char *checkpoint;

/* Prints the counts of a checkpoint as the table has them. */
START_TEST (counts_of_checkpoint)
{
    const Counts c = count_checkpoint (checkpoint, checkpoint, NULL);

    printf ("{ %d, %d, %d, %d, %d, %d, %d, %d }\n", c.dispatches, c.barriers, c.copies, c.fills,
        c.submits, c.waits, (int) c.megabytes, c.megaflops);
}
END_TEST

/* ---- long frames ---------------------------------------------------------------------------- */

/* The label map of a fixture's picture (g_free); counts what its second run submits. */
static uint8_t *
run_twice (const char *fixture, M2fTask task, gsize *size)
{
    M2fModel *model = fixture_model (fixture, DEVICE);
    M2fSession *session = m2f_session_new (model);
    M2fImage image = fixture_image (fixture);
    g_auto (M2fResult) result = { 0 };
    M2fParams params;

    m2f_params_init (&params, model);
    params.task = task;
    params.threshold = 0;
    reset_counts ();
    run_frame (session, &image, &params, &result);
    const Counts first = counted;
    reset_counts ();
    run_frame (session, &image, &params, &result);
    counted.parts += first.parts; /* recorded by the first run, and perhaps by the second */
    g_free ((void *) image.data[0]);
    m2f_session_free (session);
    m2f_model_unref (model);
    *size = (gsize) result.map_stride * result.map_height;
    return g_memdup2 (result.map, *size);
}

/* On a device that takes long, a frame is many submissions, even of parts of a dispatch, with the
 * same result. */
START_TEST (a_long_frame_is_divided)
{
    const char *fixture = frames[_i].fixture;
    const M2fTask tasks[] = { M2F_TASK_SEMANTIC, M2F_TASK_PANOPTIC };
    gsize size, divided_size;

    start_counting ();
    for (guint i = 0; i < G_N_ELEMENTS (tasks); i++) {
        g_unsetenv ("M2F_VULKAN_SUBMIT_MS");
        g_autofree uint8_t *map = run_twice (fixture, tasks[i], &size);
        ck_assert_int_eq (counted.submits, counted.waits);
        ck_assert_int_eq (counted.parts, 0);

        g_setenv ("M2F_VULKAN_SUBMIT_MS", "0.05", TRUE);
        g_autofree uint8_t *divided = run_twice (fixture, tasks[i], &divided_size);
        ck_assert_int_gt (counted.submits, 20);
        ck_assert_int_eq (counted.waits, 1);
        ck_assert_int_gt (counted.parts, 10);
        ck_assert (size == divided_size && memcmp (map, divided, size) == 0);
    }
}
END_TEST

/* ---- memory that the host does not see ------------------------------------------------------ */

/* Loading gathers what it copies to a discrete GPU; a frame is one submission. */
START_TEST (copies_are_gathered)
{
    const char *fixture = frames[_i].fixture;

    g_setenv ("M2F_VULKAN_MEMORY", "discrete", TRUE);
    start_counting ();
    M2fModel *model = fixture_model (fixture, DEVICE);
    ck_assert_int_gt (counted.copies, 100);
    ck_assert_msg (counted.submits <= 10, "%d submissions for %d copies", counted.submits,
        counted.copies);
    const Counts found = count_frame (model, NULL);
    m2f_model_unref (model);
    compare_count (fixture, "submissions", found.submits, 1);
}
END_TEST

/* ---- joined ops ----------------------------------------------------------------------------- */

/* A linear layer and the norm of its rows. */
typedef struct Joined {
    int rows, n, k;
    bool residual; /* added to the state in place, as transformers do */
    bool in_place; /* the norm overwrites the sums */
    bool twice;    /* its rows are normalised once more */
    bool halves;   /* the last norm is kept in fp16 */
    M2fTensor src, weight, bias, state, normed, twice_normed, norm_weight, norm_bias;
} Joined;

static const Joined joined[] = {
    { .rows = 100, .n = 256, .k = 2048, .residual = true, .in_place = true },
    { .rows = 100, .n = 256, .k = 2048, .residual = true, .in_place = true, .twice = true },
    { .rows = 70, .n = 33, .k = 96, .twice = true },
    { .rows = 100, .n = 256, .k = 256, .residual = true },
    { .rows = 1, .n = 1, .k = 3 },
    { .rows = 70, .n = 96, .k = 130, .residual = true },
    { .rows = 9000, .n = 130, .k = 32 },
    { .rows = 70, .n = 1000, .k = 64, .twice = true },
    { .rows = 600, .n = 96, .k = 64, .residual = true, .halves = true },
    { .rows = 70, .n = 390, .k = 64, .halves = true },
    { .rows = 70, .n = 34, .k = 96, .twice = true, .halves = true },
};

static void
run_joined (M2fPlan *plan, void *data)
{
    const Joined *j = data;

    m2f_linear (plan, .dst = j->state, .src = j->src, .weight = j->weight, .bias = j->bias,
        .residual = j->residual ? j->state : (M2fTensor) { 0 });
    m2f_layer_norm (plan, .dst = j->in_place ? j->state : j->normed, .src = j->state,
        .weight = j->norm_weight, .bias = j->norm_bias, .eps = 1e-5f);
    if (j->twice)
        m2f_layer_norm (plan, .dst = j->twice_normed, .src = j->in_place ? j->state : j->normed,
            .weight = j->norm_bias, .bias = j->norm_weight, .eps = 1e-5f);
}

/* Numbers in [-1, 1) (g_free). */
static float *
make_numbers (int64_t n, uint32_t seed)
{
    float *numbers = g_new (float, n);

    for (int64_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        numbers[i] = (float) (seed >> 8) / (1 << 23) - 1;
    }
    return numbers;
}

static void
make_halves (M2fDevice *device, M2fTensor *t, int rows, int columns)
{
    ck_assert (m2f_tensor_new (device, t, "test", M2F_F16, M2F_SHAPE (1, 1, rows, columns), NULL));
}

/* Reads a tensor of either type. */
static void
read_numbers (M2fDevice *device, const M2fTensor *t, float *numbers)
{
    const int64_t n = m2f_tensor_rows (t) * t->ne[3];
    g_autofree uint16_t *halves = g_new (uint16_t, n);

    if (t->type == M2F_F32) {
        m2f_tensor_read (device, t, numbers);
        return;
    }
    m2f_tensor_read (device, t, halves);
    for (int64_t i = 0; i < n; i++)
        numbers[i] = m2f_half_to_float (halves[i]);
}

static void
make_tensor (M2fDevice *device, M2fTensor *t, int rows, int columns, uint32_t seed)
{
    g_autofree float *numbers = make_numbers ((int64_t) rows * columns, seed);

    ck_assert (m2f_tensor_new (device, t, "test", M2F_F32, M2F_SHAPE (1, 1, rows, columns), NULL));
    m2f_tensor_write (device, t, numbers);
}

/* What a device makes of it in its second run (g_free): the sums and both norms. */
static float *
compute_joined (const char *spec, Joined j)
{
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 1, NULL);
    const size_t size = (size_t) j.rows * j.n;
    g_autofree float *weights = make_numbers ((int64_t) j.n * j.k, 1);
    g_autofree float *state = make_numbers ((int64_t) size, 3);
    float *results = g_new0 (float, 3 * size);

    ck_assert (device != NULL);
    make_tensor (device, &j.src, j.rows, j.k, 2);
    ck_assert (m2f_tensor_new_weight (device, &j.weight, "weight", M2F_LINEAR_WEIGHT,
        (const int[4]) { 1, 1, j.n, j.k }, weights, NULL));
    make_tensor (device, &j.state, j.rows, j.n, 3);
    make_tensor (device, &j.normed, j.rows, j.n, 4);
    make_tensor (device, &j.twice_normed, j.rows, j.n, 8);
    if (j.halves && !g_str_equal (spec, "reference")) {
        M2fTensor *last = j.twice ? &j.twice_normed : &j.normed;

        m2f_tensor_free (device, last);
        make_halves (device, last, j.rows, j.n);
    }
    make_tensor (device, &j.bias, 1, j.n, 5);
    make_tensor (device, &j.norm_weight, 1, j.n, 6);
    make_tensor (device, &j.norm_bias, 1, j.n, 7);
    M2fPlan *plan = m2f_plan_new (device, run_joined, &j, NULL);
    ck_assert (plan != NULL);
    reset_counts ();
    for (int run = 0; run < 2; run++) {
        m2f_tensor_write (device, &j.state, state);
        ck_assert (m2f_plan_run (plan, NULL));
    }
    m2f_plan_free (&plan);
    m2f_tensor_read (device, &j.state, results);
    read_numbers (device, &j.normed, results + size);
    read_numbers (device, &j.twice_normed, results + 2 * size);
    M2fTensor *tensors[] = { &j.src, &j.weight, &j.bias, &j.state, &j.normed, &j.twice_normed,
        &j.norm_weight, &j.norm_bias };
    for (guint i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    m2f_device_unref (&device);
    return results;
}

START_TEST (product_and_norm_are_one_dispatch)
{
    const Joined *j = &joined[_i];
    const int64_t n = 3 * (int64_t) j->rows * j->n;
    const float limit = j->halves ? 1e-3f : 2e-5f;

    start_counting ();
    g_autofree float *found = compute_joined (DEVICE, *j);
    ck_assert_int_eq (counted.dispatches, 1);
    g_autofree float *expected = compute_joined ("reference", *j);
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg (fabsf (found[i] - expected[i]) <= limit * (1 + fabsf (expected[i])),
            "%d x %d x %d, number %d: %g, expected %g", j->rows, j->n, j->k, (int) i,
            (double) found[i], (double) expected[i]);
}
END_TEST

/* ---- fp16 ----------------------------------------------------------------------------------- */

#define WIDTH 32

typedef struct Halves {
    M2fTensor src, weight, halves, dst;
} Halves;

static void
pass_halves (M2fPlan *plan, void *data)
{
    const Halves *h = data;

    m2f_linear (plan, .dst = h->halves, .src = h->src, .weight = h->weight);
    m2f_linear (plan, .dst = h->dst, .src = h->halves, .weight = h->weight);
}

/* What passes through fp16 stays finite if it was. */
START_TEST (halves_are_saturated)
{
    static const float in[] = { 6e4f, -6e4f, 65504, 7e4f, -1e9f, 3e38f, 0.25f, 1e-9f };
    static const float out[] = { 6e4f, -6e4f, 65504, 65504, -65504, 65504, 0.25f, 0 };
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP16, 1, NULL);
    float identity[WIDTH * WIDTH] = { 0 }, numbers[WIDTH] = { 0 };
    Halves h = { 0 };

    ck_assert (device != NULL);
    for (int i = 0; i < WIDTH; i++)
        identity[i * WIDTH + i] = 1;
    for (guint i = 0; i < G_N_ELEMENTS (in); i++)
        numbers[3 * i] = in[i];
    ck_assert (m2f_tensor_new_weight (device, &h.weight, "weight", M2F_LINEAR_WEIGHT,
        (const int[4]) { 1, 1, WIDTH, WIDTH }, identity, NULL));
    make_tensor (device, &h.src, 1, WIDTH, 1);
    make_tensor (device, &h.dst, 1, WIDTH, 1);
    make_halves (device, &h.halves, 1, WIDTH);
    m2f_tensor_write (device, &h.src, numbers);
    M2fPlan *plan = m2f_plan_new (device, pass_halves, &h, NULL);
    ck_assert (plan != NULL && m2f_plan_run (plan, NULL));
    m2f_plan_free (&plan);
    m2f_tensor_read (device, &h.dst, numbers);
    for (int i = 0; i < WIDTH; i++) {
        const float expected = i % 3 == 0 && i / 3 < (int) G_N_ELEMENTS (out) ? out[i / 3] : 0;

        ck_assert_msg (numbers[i] == expected, "%g, expected %g", (double) numbers[i],
            (double) expected);
    }
    M2fTensor *tensors[] = { &h.src, &h.weight, &h.halves, &h.dst };
    for (guint i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    m2f_device_unref (&device);
}
END_TEST

/* ---- chains --------------------------------------------------------------------------------- */

/* Part of a transformer over few rows: self-attention, a feed-forward network, and layers that read
 * what they make. */
typedef struct Chained {
    int rows, channels, hidden, heads;
    M2fTensor input, norm_weight, bias, hidden_bias, position;
    M2fTensor weight[4];           /* (3 channels, channels), out of attention, up, down */
    M2fTensor narrow;              /* (1, channels) */
    M2fTensor results[4];
} Chained;

static const Chained chained[] = {
    { .rows = 100, .channels = 256, .hidden = 2048, .heads = 8 },
    { .rows = 7, .channels = 64, .hidden = 1024, .heads = 2 },
    { .rows = 5, .channels = 32, .hidden = 96, .heads = 4 },
};

/* What a chain records: the first product, attention to the norm, the rest; the copies around. */
#define CHAINED_DISPATCHES (3 + 5)

static M2fTensor
rows_of (M2fPlan *plan, const Chained *c, int channels)
{
    return m2f_plan_tensor (plan, "rows", M2F_F32, 1, 1, c->rows, channels);
}

static void
run_chained (M2fPlan *plan, void *data)
{
    const Chained *c = data;
    const int n = c->channels;
    M2fTensor x = rows_of (plan, c, n), y = rows_of (plan, c, n), a = rows_of (plan, c, n);
    M2fTensor qkv = rows_of (plan, c, 3 * n), hidden = rows_of (plan, c, c->hidden);
    M2fTensor normed = rows_of (plan, c, n), b = rows_of (plan, c, n), one = rows_of (plan, c, 1);
    const M2fTensor made[] = { x, y, b, one };

    m2f_resize (plan, .dst = x, .src = c->input);
    m2f_linear (plan, .dst = qkv, .src = x, .weight = c->weight[0]);
    m2f_attention (plan, .dst = y, .q = m2f_tensor_columns (qkv, 0, n),
        .k = m2f_tensor_columns (qkv, n, n), .v = m2f_tensor_columns (qkv, 2 * n, n),
        .heads = c->heads);
    m2f_linear (plan, .dst = x, .src = y, .weight = c->weight[1], .bias = c->bias, .residual = x);
    m2f_layer_norm (plan, .dst = x, .src = x, .weight = c->norm_weight, .bias = c->bias,
        .eps = 1e-5f);
    m2f_linear (plan, .dst = hidden, .src = x, .weight = c->weight[2], .bias = c->hidden_bias,
        .activation = M2F_RELU);
    m2f_linear (plan, .dst = x, .src = hidden, .weight = c->weight[3], .bias = c->bias,
        .residual = x);
    m2f_layer_norm (plan, .dst = normed, .src = x, .weight = c->norm_weight, .bias = c->bias,
        .eps = 1e-3f);
    m2f_linear (plan, .dst = a, .src = normed, .weight = c->weight[1], .activation = M2F_GELU);
    m2f_linear (plan, .dst = b, .src = a, .weight = c->weight[1], .bias = c->bias);
    m2f_linear (plan, .dst = one, .src = a, .weight = c->narrow);
    m2f_linear (plan, .dst = y, .src = x, .weight = c->weight[1], .addend = c->position);
    for (int i = 0; i < 4; i++)
        m2f_resize (plan, .dst = c->results[i], .src = made[i]);
}

static void
make_weight (M2fDevice *device, M2fTensor *t, int n, int k, uint32_t seed)
{
    g_autofree float *numbers = make_numbers ((int64_t) n * k, seed);

    for (int i = 0; i < n * k; i++)
        numbers[i] /= 8;
    ck_assert (m2f_tensor_new_weight (device, t, "weight", M2F_LINEAR_WEIGHT,
        (const int[4]) { 1, 1, n, k }, numbers, NULL));
}

static void
make_chained (M2fDevice *device, Chained *c)
{
    const int n = c->channels;

    make_tensor (device, &c->input, c->rows, n, 1);
    make_tensor (device, &c->position, c->rows, n, 2);
    make_tensor (device, &c->norm_weight, 1, n, 3);
    make_tensor (device, &c->bias, 1, n, 4);
    make_tensor (device, &c->hidden_bias, 1, c->hidden, 5);
    make_weight (device, &c->weight[0], 3 * n, n, 6);
    make_weight (device, &c->weight[1], n, n, 7);
    make_weight (device, &c->weight[2], c->hidden, n, 8);
    make_weight (device, &c->weight[3], n, c->hidden, 9);
    make_weight (device, &c->narrow, 1, n, 10);
    for (int i = 0; i < 4; i++)
        make_tensor (device, &c->results[i], c->rows, i == 3 ? 1 : n, 11);
}

/* What a device makes of it in its second run (g_free). */
static float *
compute_chained (const char *spec, Chained c)
{
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 1, NULL);
    const size_t size = (size_t) c.rows * (size_t) c.channels;
    float *results = g_new0 (float, 4 * size);

    ck_assert (device != NULL);
    make_chained (device, &c);
    M2fPlan *plan = m2f_plan_new (device, run_chained, &c, NULL);
    ck_assert (plan != NULL);
    reset_counts ();
    for (int run = 0; run < 2; run++)
        ck_assert (m2f_plan_run (plan, NULL));
    m2f_plan_free (&plan);
    for (int i = 0; i < 4; i++) {
        m2f_tensor_read (device, &c.results[i], results + (size_t) i * size);
        m2f_tensor_free (device, &c.results[i]);
    }
    M2fTensor *tensors[] = { &c.input, &c.norm_weight, &c.bias, &c.hidden_bias, &c.position,
        &c.weight[0], &c.weight[1], &c.weight[2], &c.weight[3], &c.narrow };
    for (guint i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    m2f_device_unref (&device);
    return results;
}

START_TEST (few_rows_are_a_chain)
{
    const Chained *c = &chained[_i];

    start_counting ();
    g_autofree float *found = compute_chained (DEVICE, *c);
    ck_assert_int_eq (counted.dispatches, CHAINED_DISPATCHES);
    g_autofree float *expected = compute_chained ("reference", *c);
    for (int i = 0; i < 4 * c->rows * c->channels; i++)
        ck_assert_msg (fabsf (found[i] - expected[i]) <= 5e-5f * (1 + fabsf (expected[i])),
            "%d rows of %d, number %d: %g, expected %g", c->rows, c->channels, i,
            (double) found[i], (double) expected[i]);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("vulkan-plans");
    TCase *counting = tcase_create ("frames"), *joining = tcase_create ("joined");
    TCase *dividing = tcase_create ("divided");

    tcase_set_timeout (counting, 300);
    tcase_set_timeout (dividing, 300);
    tcase_set_timeout (joining, 300);
    suite_add_tcase (suite, counting);
    if (checkpoint) {
        tcase_add_test (counting, counts_of_checkpoint);
        return suite;
    }
    tcase_add_loop_test (counting, a_frame_is_as_short, 0, G_N_ELEMENTS (frames));
    tcase_add_loop_test (
        counting, a_frame_of_swin_tiny_is_as_short, 0, G_N_ELEMENTS (swin_tiny));
    tcase_add_loop_test (counting, copies_are_gathered, 0, G_N_ELEMENTS (frames));
    tcase_add_loop_test (dividing, a_long_frame_is_divided, 0, G_N_ELEMENTS (frames));
    suite_add_tcase (suite, dividing);
    tcase_add_loop_test (joining, product_and_norm_are_one_dispatch, 0, G_N_ELEMENTS (joined));
    tcase_add_test (joining, halves_are_saturated);
    tcase_add_loop_test (joining, few_rows_are_a_chain, 0, G_N_ELEMENTS (chained));
    suite_add_tcase (suite, joining);
    return suite;
}

int
main (int argc, char **argv)
{
    checkpoint = argc > 1 ? argv[1] : NULL;
    if (argc > 3) {
        input_height = atoi (argv[2]);
        input_width = atoi (argv[3]);
    }
    return run_suite_on_device (make_suite ());
}

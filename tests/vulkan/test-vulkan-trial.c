/* Whether cooperative matrices are used: what a trial with given times decides and keeps, and what
 * happens when a pipeline with them cannot be made; numbers that fp16 does not hold.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs on vulkan:0, and exits with 77 where there is none.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compute/ops.h"
#include "model/compute/vulkan/trial.h"
#include "model/compute/vulkan/vk.h"
#include "tests/vulkan/device.h"

/* ---- the decision --------------------------------------------------------------------------- */

/* A device that takes these seconds for every shape without cooperative matrices and with them; the
 * first time of all is taken while something else uses it. */
typedef struct Device {
    double seconds[2][VK_TRIAL_SHAPES];
    int calls;
} Device;

static double
take_time (void *data, int shape, bool cooperative)
{
    Device *d = data;
    const double seconds = d->seconds[cooperative][shape];

    return d->calls++ == 0 ? 100 * seconds : seconds;
}

static const struct {
    Device device;
    bool worth_while;
} devices[] = {
    { { .seconds = { { 3, 4, 5 }, { 1, 1, 1 } } }, true },
    { { .seconds = { { 3, 4, 5 }, { 30, 40, 50 } } }, false }, /* emulated */
    { { .seconds = { { 3, 4, 5 }, { 4, 1, 1 } } }, true },     /* slower for one shape */
    { { .seconds = { { 3, 4, 5 }, { 2.9, 4, 5.2 } } }, false },
    { { .seconds = { { 3, 4, 5 }, { 3, 4, 5 } } }, false },
    { { .seconds = { { 3, 4, 5 }, { 1, 0, 1 } } }, false },    /* one fails */
};

START_TEST (least_times_decide)
{
    Device device = devices[_i].device;

    ck_assert (vk_trial_compare (take_time, &device) == devices[_i].worth_while);
}
END_TEST

/* Whether a decision was found in the file rather than tried; it must be the right one. */
static bool
is_kept (const char *path, const VulkanCacheKey *key)
{
    Device device = devices[0].device;

    ck_assert (vk_trial_decide (path, key, take_time, &device));
    return device.calls == 0;
}

START_TEST (decision_is_kept)
{
    const VulkanCacheKey key = { { 1 }, { 2 } }, other_build = { { 3 }, { 2 } },
        other_device = { { 1 }, { 3 } };
    g_autofree char *dir = g_dir_make_tmp (NULL, NULL);
    g_autofree char *path = g_build_filename (dir, "trial", NULL);
    g_autofree char *file = NULL;
    Device slow = devices[1].device;
    gsize size;

    ck_assert (!is_kept (path, &key));
    ck_assert (is_kept (path, &key));
    ck_assert (!is_kept (path, &other_build));
    ck_assert (!is_kept (path, &other_device));
    ck_assert (!is_kept (path, &key));

    ck_assert (g_file_get_contents (path, &file, &size, NULL));
    for (gsize i = 0; i < size; i++) {
        g_autofree char *bad = g_memdup2 (file, size);

        bad[i] ^= 1;
        ck_assert (g_file_set_contents (path, bad, (gssize) size, NULL));
        ck_assert_msg (!is_kept (path, &key), "byte %d is wrong and believed", (int) i);
        ck_assert (g_file_set_contents (path, file, (gssize) i, NULL));
        ck_assert_msg (!is_kept (path, &key), "%d bytes are believed", (int) i);
    }
    for (char number = 2; number < 4; number++) { /* whole files that are none of a trial */
        vk_cache_file_write (path, &key, &number, 1);
        ck_assert (!is_kept (path, &key));
        vk_cache_file_write (path, &key, "\1\1\1", (size_t) number);
        ck_assert (!is_kept (path, &key));
    }

    ck_assert_int_eq (g_remove (path), 0);
    ck_assert (!vk_trial_decide (path, &key, take_time, &slow));
    const int calls = slow.calls;
    ck_assert (!vk_trial_decide (path, &key, take_time, &slow));
    ck_assert_int_eq (slow.calls, calls);
    ck_assert_int_eq (g_remove (path), 0);
    ck_assert_int_eq (g_mkdir (path, 0700), 0); /* something else stands there */
    ck_assert (!is_kept (path, &key));
    ck_assert (!is_kept (path, &key));
    ck_assert_int_eq (g_rmdir (path), 0);
    ck_assert_int_eq (g_rmdir (dir), 0);
}
END_TEST

/* ---- pipelines that fail -------------------------------------------------------------------- */

enum { ROWS = 70, OUTPUTS = 33, CHANNELS = 64 };

static PFN_vkCreateComputePipelines real_create;
static int created, failing_at; /* the number from 1 of the one that fails */

static VKAPI_ATTR VkResult VKAPI_CALL
create_or_fail (VkDevice device, VkPipelineCache cache, uint32_t n,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator,
    VkPipeline *pipelines)
{
    if (++created == failing_at)
        return VK_ERROR_INITIALIZATION_FAILED;
    return real_create (device, cache, n, infos, allocator, pipelines);
}

typedef struct Layer {
    M2fTensor src, weight, dst;
    M2fActivation activation;
} Layer;

static void
run_layer (M2fPlan *plan, void *data)
{
    const Layer *l = data;

    m2f_linear (plan, .dst = l->dst, .src = l->src, .weight = l->weight,
        .activation = l->activation);
}

static void
make_layer (M2fDevice *device, Layer *l)
{
    float numbers[ROWS * CHANNELS];

    for (int i = 0; i < ROWS * CHANNELS; i++)
        numbers[i] = (float) (i % 31 - 15) / 16;
    ck_assert (m2f_tensor_new (device, &l->src, "src", M2F_F32, M2F_SHAPE (1, 1, ROWS, CHANNELS),
        NULL));
    ck_assert (m2f_tensor_new (device, &l->dst, "dst", M2F_F32, M2F_SHAPE (1, 1, ROWS, OUTPUTS),
        NULL));
    ck_assert (m2f_tensor_new_weight (device, &l->weight, "weight", M2F_LINEAR_WEIGHT,
        (const int[4]) { 1, 1, OUTPUTS, CHANNELS }, numbers, NULL));
    m2f_tensor_write (device, &l->src, numbers);
}

/* The layer computes what it should, with a pipeline of its own. */
static void
check_layer (M2fDevice *device, Layer *l, M2fActivation activation)
{
    g_autoptr (GError) error = NULL;
    float out[ROWS * OUTPUTS];

    l->activation = activation;
    M2fPlan *plan = m2f_plan_new (device, run_layer, l, &error);
    ck_assert_msg (plan && m2f_plan_run (plan, &error), "%s", error ? error->message : "");
    m2f_tensor_read (device, &l->dst, out);
    m2f_plan_free (&plan);
    for (int i = 0; i < ROWS * OUTPUTS; i++) {
        float sum = 0;

        for (int k = 0; k < CHANNELS; k++)
            sum += (float) ((i / OUTPUTS * CHANNELS + k) % 31 - 15)
                * (float) ((i % OUTPUTS * CHANNELS + k) % 31 - 15) / 256;
        sum = activation == M2F_RELU && sum < 0 ? 0 : sum;
        ck_assert_msg (ABS (out[i] - sum) < 1e-4f, "%d: %g, expected %g", i, (double) out[i],
            (double) sum);
    }
}

/* If a pipeline of cooperative matrices cannot be made when a product first asks for it, the
 * product is computed without them, and so are those that follow. */
START_TEST (a_pipeline_fails)
{
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP16, 1, NULL);
    Layer layer = { 0 };

    ck_assert (device != NULL);
    VulkanDevice *vk = vulkan_device (device);
    make_layer (device, &layer);
    real_create = vkCreateComputePipelines;
    vkCreateComputePipelines = create_or_fail;
    failing_at = 1;
    g_atomic_int_set (&vk->uses_coopmat, 1);
    check_layer (device, &layer, M2F_NO_ACTIVATION);
    ck_assert_int_eq (created, 2);
    ck_assert_int_eq (g_atomic_int_get (&vk->uses_coopmat), 0);
    check_layer (device, &layer, M2F_RELU);
    ck_assert_int_eq (created, 3);
    m2f_tensor_free (device, &layer.src);
    m2f_tensor_free (device, &layer.weight);
    m2f_tensor_free (device, &layer.dst);
    m2f_device_unref (&device);
}
END_TEST

/* The portable one has nothing behind it: then the plan fails, and says what could not be made. */
START_TEST (a_portable_pipeline_fails)
{
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP16, 1, NULL);
    g_autoptr (GError) error = NULL;
    Layer layer = { .activation = M2F_GELU };

    ck_assert (device != NULL);
    g_atomic_int_set (&vulkan_device (device)->uses_coopmat, 0);
    make_layer (device, &layer);
    real_create = vkCreateComputePipelines;
    vkCreateComputePipelines = create_or_fail;
    failing_at = 1;
    M2fPlan *plan = m2f_plan_new (device, run_layer, &layer, NULL);
    ck_assert (plan && !m2f_plan_run (plan, &error));
    ck_assert_msg (strstr (error->message, "gemm_f16") != NULL, "%s", error->message);
    m2f_plan_free (&plan);
    m2f_tensor_free (device, &layer.src);
    m2f_tensor_free (device, &layer.weight);
    m2f_tensor_free (device, &layer.dst);
    m2f_device_unref (&device);
}
END_TEST

/* A trial on the device itself times something, and leaves it as usable as it was. */
START_TEST (a_device_is_tried)
{
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP16, 1, NULL);
    Layer layer = { 0 };

    ck_assert (device != NULL);
    VulkanDevice *vk = vulkan_device (device);
    const bool has_matrices = vk->coopmat.m > 0 || !M2F_SHADERS_COOPMAT; /* or their stand-in */
    ck_assert (vk_trial_time (vk, VK_TRIAL_SHAPES - 1, has_matrices) > 0);
    ck_assert_int_eq (g_atomic_int_get (&vk->uses_coopmat), has_matrices);
    make_layer (device, &layer);
    check_layer (device, &layer, M2F_NO_ACTIVATION);
    m2f_tensor_free (device, &layer.src);
    m2f_tensor_free (device, &layer.weight);
    m2f_tensor_free (device, &layer.dst);
    m2f_device_unref (&device);
}
END_TEST

/* ---- numbers beyond fp16 -------------------------------------------------------------------- */

static int warnings;

static GLogWriterOutput
count_warning (GLogLevelFlags level, const GLogField *fields, gsize n, void *data)
{
    g_autofree char *message = g_log_writer_format_fields (level, fields, n, FALSE);

    (void) data;
    warnings += (level & G_LOG_LEVEL_WARNING) && strstr (message, "of weight are beyond fp16");
    return G_LOG_WRITER_HANDLED;
}

/* Weights and inputs beyond fp16 give sums that are finite and large, with one warning. */
START_TEST (large_numbers_are_finite)
{
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP16, 1, NULL);
    float numbers[ROWS * CHANNELS], out[ROWS * OUTPUTS];
    Layer layer = { 0 };
    M2fTensor again = { 0 };

    ck_assert (device != NULL);
    g_log_set_writer_func (count_warning, NULL, NULL);
    for (int i = 0; i < ROWS * CHANNELS; i++)
        numbers[i] = 65520 + 100 * (float) (i % 7); /* from what rounds to infinity */
    make_layer (device, &layer);
    m2f_tensor_free (device, &layer.weight);
    ck_assert (m2f_tensor_new_weight (device, &layer.weight, "weight", M2F_LINEAR_WEIGHT,
        (const int[4]) { 1, 1, OUTPUTS, CHANNELS }, numbers, NULL));
    ck_assert (m2f_tensor_new_weight (device, &again, "weight", M2F_LINEAR_WEIGHT,
        (const int[4]) { 1, 1, OUTPUTS, CHANNELS }, numbers, NULL));
    ck_assert_int_eq (warnings, 1);
    for (int i = 0; i < ROWS * CHANNELS; i++)
        numbers[i] = -numbers[i];
    m2f_tensor_write (device, &layer.src, numbers);
    M2fPlan *plan = m2f_plan_new (device, run_layer, &layer, NULL);
    ck_assert (plan && m2f_plan_run (plan, NULL));
    m2f_tensor_read (device, &layer.dst, out);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        ck_assert_msg (out[i] < -0.99f * CHANNELS * 65504 * 65504
            && out[i] > -1.02f * CHANNELS * 65504 * 65504, "%d: %g", i, (double) out[i]);
    m2f_plan_free (&plan);
    m2f_tensor_free (device, &again);
    m2f_tensor_free (device, &layer.src);
    m2f_tensor_free (device, &layer.weight);
    m2f_tensor_free (device, &layer.dst);
    m2f_device_unref (&device);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("vulkan-trial");
    TCase *decision = tcase_create ("decision"), *pipelines = tcase_create ("pipelines");

    tcase_add_loop_test (decision, least_times_decide, 0, G_N_ELEMENTS (devices));
    tcase_add_test (decision, decision_is_kept);
    suite_add_tcase (suite, decision);
    tcase_set_timeout (pipelines, 300);
    tcase_add_test (pipelines, a_pipeline_fails);
    tcase_add_test (pipelines, a_portable_pipeline_fails);
    tcase_add_test (pipelines, a_device_is_tried);
    tcase_add_test (pipelines, large_numbers_are_finite);
    suite_add_tcase (suite, pipelines);
    return suite;
}

int
main (void)
{
    return run_suite_on_device (make_suite ());
}

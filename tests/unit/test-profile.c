/* Profiles: what ops have to do, counted by hand, and what a plan's runs add up to.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "model/compute/ops.h"
#include "model/compute/profile.h"
#include "model/compute/work.h"

/* A tensor that is only looked at. */
static M2fTensor
shape (M2fType type, int n0, int n1, int n2, int n3)
{
    return (M2fTensor) { .type = type, .ne = { n0, n1, n2, n3 }, .stride = n3, .name = "t" };
}

static void
assert_work (M2fWork work, double flops, double bytes, const char *text)
{
    ck_assert_double_eq (work.flops, flops);
    ck_assert_double_eq (work.bytes, bytes);
    ck_assert_str_eq (work.shape, text);
}

START_TEST (products)
{
    const M2fLinear linear = {
        .dst = shape (M2F_F32, 1, 2, 3, 5),
        .src = shape (M2F_F32, 1, 2, 3, 4),
        .weight = shape (M2F_BF16, 1, 1, 5, 4),
        .bias = shape (M2F_F32, 1, 1, 1, 5),
        .addend = shape (M2F_F32, 1, 1, 3, 5),
    };
    M2fLinear lean = linear;
    const M2fMatmul matmul = {
        .dst = shape (M2F_F32, 2, 1, 3, 5),
        .a = shape (M2F_F32, 2, 1, 3, 4),
        .b = shape (M2F_F32, 2, 1, 5, 4),
    };
    const M2fConv3x3 conv = {
        .dst = shape (M2F_F32, 1, 4, 6, 3),
        .src = shape (M2F_F32, 1, 4, 6, 2),
        .weight = shape (M2F_F32, 3, 2, 3, 3),
    };
    M2fConv2d strided = {
        .dst = shape (M2F_BF16, 1, 2, 3, 3),
        .src = shape (M2F_F32, 1, 4, 6, 2),
        .weight = shape (M2F_BF16, 3, 2, 5, 5),
        .stride = 2,
    };
    const M2fMaxPool pool = {
        .dst = shape (M2F_F32, 2, 2, 3, 7),
        .src = shape (M2F_F32, 2, 4, 6, 7),
    };
    const M2fDepthwiseConv depthwise = {
        .dst = shape (M2F_BF16, 2, 2, 3, 7),
        .src = shape (M2F_BF16, 2, 4, 6, 7),
        .weight = shape (M2F_F32, 7, 1, 3, 3),
        .bias = shape (M2F_F32, 1, 1, 1, 7),
        .stride = 2,
    };

    /* 6 rows, 5 columns, 4 terms; 30 + 24 + 5 + 15 floats and 20 halves */
    assert_work (m2f_work_linear (&linear), 240, 4 * 74 + 2 * 20, "6x5x4 bf16");
    ck_assert_int_eq (m2f_work_linear (&linear).type, M2F_BF16);
    lean.bias = lean.addend = (M2fTensor) { 0 };
    lean.residual = lean.dst;
    assert_work (m2f_work_linear (&lean), 240, 4 * (30 + 24 + 30) + 2 * 20, "6x5x4 bf16");
    assert_work (m2f_work_matmul (&matmul), 240, 4 * (30 + 24 + 40), "6x5x4 f32");
    /* 72 results of 9 x 2 terms */
    assert_work (m2f_work_conv3x3 (&conv), 72 * 36, 4 * (72 + 48 + 54), "4x6 3x2 f32");
    /* 18 results of 25 x 2 terms */
    assert_work (m2f_work_conv2d (&strided), 18 * 100, 2 * 18 + 4 * 48 + 2 * 150,
        "2x3 3x2 k5 s2 bf16");
    strided.addend = shape (M2F_F32, 1, 2, 3, 3);
    assert_work (m2f_work_conv2d (&strided), 18 * 100, 2 * 18 + 4 * (48 + 18) + 2 * 150,
        "2x3 3x2 k5 s2 bf16");
    /* 84 results of 9 numbers */
    assert_work (m2f_work_max_pool (&pool), 84 * 9, 4 * (84 + 336), "4x3x7");
    /* 84 results of 9 terms */
    assert_work (m2f_work_depthwise_conv (&depthwise), 84 * 18, 2 * (84 + 336) + 4 * (63 + 7),
        "4x3x7 k3 s2");
}
END_TEST

START_TEST (blocks)
{
    const M2fInvertedResidual block = {
        .dst = shape (M2F_F32, 2, 2, 3, 5),
        .src = shape (M2F_BF16, 2, 4, 6, 7),
        .expand = shape (M2F_BF16, 1, 1, 8, 7),
        .depthwise = shape (M2F_F32, 8, 1, 3, 3),
        .project = shape (M2F_BF16, 1, 1, 5, 8),
        .project_bias = shape (M2F_F32, 1, 1, 1, 5),
        .stride = 2,
    };

    /* 8 channels: 48 pixels of 7 terms, 12 results of 9, then of 5 terms for each of the 8 */
    assert_work (m2f_work_inverted_residual (&block), 2 * 8 * (48 * 7 + 12 * (9 + 5)),
        4 * (60 + 72 + 5) + 2 * (336 + 56 + 40), "4x3 7-8-5 k3 s2 bf16");
}
END_TEST

START_TEST (attentions)
{
    const M2fWindowAttention window = {
        .dst = shape (M2F_F32, 1, 5, 3, 4),
        .qkv = shape (M2F_F32, 1, 5, 3, 12),
        .bias = shape (M2F_F32, 1, 1, 9, 2),
        .heads = 2, .window = 2, .shift = 1,
    };
    const M2fAttention attention = {
        .dst = shape (M2F_F32, 1, 1, 3, 4),
        .q = shape (M2F_F32, 1, 1, 3, 4),
        .k = shape (M2F_F32, 1, 1, 7, 4),
        .v = shape (M2F_F32, 1, 1, 7, 4),
        .mask = shape (M2F_F32, 1, 1, 3, 7),
        .heads = 2,
    };
    const M2fDeformAttention deform = {
        .dst = shape (M2F_F32, 1, 1, 5, 4),
        .value = shape (M2F_F32, 1, 1, 5, 4),
        .offsets = shape (M2F_F32, 1, 1, 5, 24),
        .weights = shape (M2F_F32, 1, 1, 5, 12),
        .level = { { 2, 2 }, { 1, 1 } },
        .levels = 2, .heads = 2, .points = 3,
    };

    /* 6 x 4 tokens once padded, 4 keys each, scores and sums of 4 channels */
    assert_work (m2f_work_window_attention (&window), 24 * 4 * (8 + 8),
        4 * (60 + 180 + 18), "5x3x4 w2 shifted");
    assert_work (m2f_work_attention (&attention), 3 * 7 * (8 + 8), 4 * (12 + 12 + 28 + 28 + 21),
        "3x7x4 masked");
    /* 5 tokens, 6 samples, 4 channels, 4 corners */
    assert_work (m2f_work_deform_attention (&deform), 5 * 6 * 4 * 8, 4 * (20 + 20 + 120 + 60),
        "5x4 2 levels");
}
END_TEST

START_TEST (pixels_and_masks)
{
    const M2fLayerNorm norm = {
        .dst = shape (M2F_F32, 1, 1, 3, 4),
        .src = shape (M2F_F32, 1, 1, 3, 4),
        .weight = shape (M2F_F32, 1, 1, 1, 4),
        .bias = shape (M2F_F32, 1, 1, 1, 4),
        .bf16_copy = shape (M2F_BF16, 1, 1, 3, 4),
    };
    const M2fResize resize = {
        .dst = shape (M2F_F32, 1, 4, 4, 2),
        .src = shape (M2F_F32, 1, 2, 2, 2),
    };
    const M2fPointwise pointwise = {
        .dst = shape (M2F_BF16, 1, 2, 3, 4),
        .src = shape (M2F_F32, 1, 2, 3, 4),
        .addend = shape (M2F_F32, 1, 1, 3, 4),
    };
    const M2fGatherRows gather = {
        .dst = shape (M2F_F32, 1, 1, 2, 5),
        .src = shape (M2F_F32, 1, 1, 100, 5),
        .index = shape (M2F_I32, 1, 1, 1, 2),
    };
    const M2fPreprocess preprocess = {
        .dst = shape (M2F_F32, 1, 2, 3, 3),
        .plane = { shape (M2F_U8, 1, 1, 4, 6), shape (M2F_U8, 1, 1, 2, 6) },
        .pixels = { { { 0, 1, 0 }, { 1, 2, 0 }, { 1, 2, 1 } }, true, 1, 1, 1 },
        .height = 4, .width = 6,
        .x_first = shape (M2F_I32, 1, 1, 1, 3),
        .x_weight = shape (M2F_F32, 1, 1, 3, 4),
        .y_first = shape (M2F_I32, 1, 1, 1, 2),
        .y_weight = shape (M2F_F32, 1, 1, 2, 5),
    };
    const M2fMaskArgmax argmax = {
        .winner = shape (M2F_U8, 1, 1, 8, 6),
        .counts = shape (M2F_I32, 1, 1, 3, 5),
        .logits = shape (M2F_F32, 1, 4, 3, 5),
        .score = shape (M2F_F32, 1, 1, 1, 5),
    };

    assert_work (m2f_work_layer_norm (&norm), 12 * 8, 4 * (12 + 12 + 8) + 2 * 12, "3x4");
    assert_work (m2f_work_resize (&resize), 32 * 6, 4 * (32 + 8), "4x4x2");
    assert_work (m2f_work_pointwise (&pointwise), 240, 2 * 24 + 4 * (24 + 12), "2x3x4");
    assert_work (m2f_work_gather_rows (&gather), 0, 4 * (10 + 10 + 2), "2x5");
    /* 24 pixels to RGB; 4 lines of 3 by 4 taps, 2 of 3 by 5, 3 channels; scale and offset */
    assert_work (m2f_work_preprocess (&preprocess), 24 * 18 + 12 * 3 * 8 + 6 * 3 * 10 + 18 * 2,
        24 + 12 + 4 * (18 + 3 + 12 + 2 + 10), "yuv420 4x6 to 2x3");
    assert_work (m2f_work_mask_argmax (&argmax), 48 * 5 * 8, 48 + 4 * (15 + 60 + 5),
        "4x3x5 to 8x6");
}
END_TEST

/* ---- plans ---------------------------------------------------------------------------------- */

#define ROWS 300
#define WIDTH 64

typedef struct Network {
    M2fTensor input, weight, ones, zeros;
} Network;

static void
build_plan (M2fPlan *plan, void *data)
{
    const Network *n = data;

    M2fTensor x = m2f_plan_tensor (plan, "x", M2F_F32, 1, 1, ROWS, WIDTH);
    m2f_layer_norm (plan, .dst = x, .src = n->input, .weight = n->ones, .bias = n->zeros);
    m2f_plan_stage (plan, "first");
    M2fTensor y = m2f_plan_tensor (plan, "y", M2F_F32, 1, 1, ROWS, WIDTH);
    m2f_linear (plan, .dst = y, .src = x, .weight = n->weight);
    m2f_plan_stage (plan, "second");
    m2f_linear (plan, .dst = x, .src = y, .weight = n->weight);
    m2f_linear (plan, .dst = y, .src = x, .weight = n->weight);
    m2f_linear (plan, .dst = x, .src = y, .weight = n->weight);
}

static void
network_init (Network *n, M2fDevice *device)
{
    const int shapes[2][4] = { { 1, 1, WIDTH, WIDTH }, { 1, 1, 1, WIDTH } };
    float data[WIDTH * WIDTH] = { 1 };

    ck_assert (m2f_tensor_new (device, &n->input, "input", M2F_F32,
        M2F_SHAPE (1, 1, ROWS, WIDTH), NULL));
    ck_assert (m2f_tensor_new_weight (device, &n->weight, "weight", M2F_LINEAR_WEIGHT, shapes[0],
        data, NULL));
    ck_assert (m2f_tensor_new_weight (device, &n->ones, "ones", M2F_PLAIN, shapes[1], data, NULL));
    ck_assert (m2f_tensor_new_weight (device, &n->zeros, "zeros", M2F_PLAIN, shapes[1], data,
        NULL));
}

static void
network_clear (Network *n, M2fDevice *device)
{
    m2f_tensor_free (device, &n->input);
    m2f_tensor_free (device, &n->weight);
    m2f_tensor_free (device, &n->ones);
    m2f_tensor_free (device, &n->zeros);
}

static void
check_profile (const M2fProfile *profile, int runs)
{
    static const struct {
        const char *stage, *op, *name;
        int calls;
    } expected[] = {
        { "", "layer_norm", "x", 1 },
        { "first", "linear", "y", 1 },
        { "second", "linear", "x", 2 },
        { "second", "linear", "y", 1 },
    };
    int n_ops, n_stages;
    const M2fOpTime *ops = m2f_profile_ops (profile, &n_ops);
    const M2fStageTime *stages = m2f_profile_stages (profile, &n_stages);
    double ms[2] = { 0 };

    ck_assert_int_eq (n_ops, (int) G_N_ELEMENTS (expected));
    for (int i = 0; i < n_ops; i++) {
        const int calls = runs * expected[i].calls;

        ck_assert_str_eq (ops[i].stage, expected[i].stage);
        ck_assert_str_eq (ops[i].op, expected[i].op);
        ck_assert_str_eq (ops[i].name, expected[i].name);
        ck_assert_int_eq (ops[i].calls, calls);
        ck_assert_double_gt (ops[i].ms, 0);
        if (i > 0) {
            ck_assert_double_eq (ops[i].flops, 2.0 * calls * ROWS * WIDTH * WIDTH);
            ms[i > 1] += ops[i].ms;
        }
    }
    ck_assert_int_eq (n_stages, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq (stages[i].name, i == 0 ? "first" : "second");
        /* stages are timed in whole microseconds */
        ck_assert_double_le (ms[i], stages[i].ms + 0.002 * runs);
    }
}

/* Every op and stage keeps its least time of several runs. */
static void
check_least (M2fDevice *device, M2fPlan *plan)
{
    M2fProfile *run = m2f_profile_new (), *least = m2f_profile_new ();
    double expected[4] = { G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE };
    int n;

    m2f_device_profile (device, run);
    for (int r = 0; r < 5; r++) {
        m2f_profile_clear (run);
        ck_assert (m2f_plan_run (plan, NULL));
        m2f_profile_keep_least (least, run);
        const M2fOpTime *ops = m2f_profile_ops (run, &n);
        for (int i = 0; i < 4; i++)
            expected[i] = MIN (expected[i], ops[i].ms);
    }
    m2f_device_profile (device, NULL);
    check_profile (least, 1);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq (m2f_profile_ops (least, &n)[i].ms, expected[i]);
    m2f_profile_free (&run);
    m2f_profile_free (&least);
}

static void
check_plan (M2fDevice *device)
{
    M2fProfile *profile = m2f_profile_new ();
    Network network;
    int n;

    network_init (&network, device);
    M2fPlan *plan = m2f_plan_new (device, build_plan, &network, NULL);
    ck_assert_ptr_nonnull (plan);
    ck_assert (m2f_plan_run (plan, NULL)); /* one that records keeps a recording of this */
    m2f_device_profile (device, profile);
    ck_assert (m2f_plan_run (plan, NULL));
    check_profile (profile, 1);
    ck_assert (m2f_plan_run (plan, NULL));
    check_profile (profile, 2);

    m2f_device_profile (device, NULL);
    ck_assert (m2f_plan_run (plan, NULL));
    check_profile (profile, 2);
    check_least (device, plan);
    m2f_profile_clear (profile);
    m2f_profile_ops (profile, &n);
    ck_assert_int_eq (n, 0);
    m2f_plan_free (&plan);
    network_clear (&network, device);
    m2f_profile_free (&profile);
}

/* Every device there is, by its own name. */
START_TEST (plans_on_every_device)
{
    const char *only = g_getenv ("M2F_TEST_BACKEND");
    GArray *infos = m2f_device_list ();

    for (guint i = 0; i < infos->len; i++) {
        const M2fDeviceInfo *info = &g_array_index (infos, M2fDeviceInfo, i);
        M2fDevice *device;

        if (only && !g_str_equal (info->backend, only))
            continue;
        device = m2f_device_open (info->spec, M2F_PRECISION_FP32, 2, NULL);
        ck_assert_msg (device != NULL, "%s", info->spec);
        check_plan (device);
        m2f_device_unref (&device);
    }
    g_array_unref (infos);
}
END_TEST

/* True for a rate that some machine may have, however slow, and however many programs share it.  A
 * loop that the compiler removed would be far above. */
static bool
is_rate (double rate)
{
    return rate > 0 && rate < 1e15;
}

START_TEST (peaks_of_the_cpu)
{
    M2fDevice *device = m2f_device_open ("cpu", M2F_PRECISION_AUTO, 1, NULL);
    const bool has_bf16 = m2f_device_precision (device) != M2F_PRECISION_FP32;
    M2fPeaks peaks;
    const bool found = m2f_device_peaks (device, &peaks);

    m2f_device_unref (&device);
    ck_assert (found);
    ck_assert (is_rate (peaks.f32));
    ck_assert (is_rate (peaks.memory));
    ck_assert (is_rate (peaks.cache));
    ck_assert_double_eq (m2f_peaks_of (&peaks, M2F_F32), peaks.f32);
    ck_assert_double_eq (m2f_peaks_of (&peaks, M2F_I8), peaks.int8);
    ck_assert_double_eq (m2f_peaks_of (&peaks, M2F_BF16), peaks.bf16);
    ck_assert_int_eq (is_rate (peaks.bf16), has_bf16);
}
END_TEST

START_TEST (no_peaks_of_the_reference)
{
    M2fDevice *device = m2f_device_open ("reference", M2F_PRECISION_AUTO, 1, NULL);
    M2fPeaks peaks;
    const bool found = m2f_device_peaks (device, &peaks);

    m2f_device_unref (&device);
    ck_assert (!found);
    ck_assert_double_eq (peaks.f32, 0);
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("profile");
    TCase *counts = tcase_create ("counts");
    TCase *plans = tcase_create ("plans");
    SRunner *runner = srunner_create (suite);
    int failed;

    tcase_add_test (counts, products);
    tcase_add_test (counts, blocks);
    tcase_add_test (counts, attentions);
    tcase_add_test (counts, pixels_and_masks);
    suite_add_tcase (suite, counts);
    tcase_set_timeout (plans, 120);
    tcase_add_test (plans, plans_on_every_device);
    tcase_add_test (plans, peaks_of_the_cpu);
    tcase_add_test (plans, no_peaks_of_the_reference);
    suite_add_tcase (suite, plans);
    srunner_run_all (runner, CK_ENV);
    failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

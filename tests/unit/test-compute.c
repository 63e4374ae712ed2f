/* Arena, tensors, devices and plans of model/compute, on the reference backend.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "model/compute/arena.h"
#include "model/compute/backend.h"
#include "model/compute/bilinear.h"
#include "model/compute/cpu/cpu.h"

static M2fDevice *
open_reference (void)
{
    GError *error = NULL;
    M2fDevice *device = m2f_device_open ("reference", M2F_PRECISION_AUTO, 0, &error);

    ck_assert_msg (device != NULL, "%s", error ? error->message : "");
    return device;
}

/* The error is there, has this code and mentions everything given (up to NULL); frees it. */
static void
assert_error (GError **error, int code, ...)
{
    va_list words;

    ck_assert_ptr_nonnull (*error);
    ck_assert (g_error_matches (*error, M2F_COMPUTE_ERROR, code));
    va_start (words, code);
    for (const char *word = va_arg (words, const char *); word; word = va_arg (words, const char *))
        ck_assert_msg (strstr ((*error)->message, word) != NULL, "\"%s\" lacks \"%s\"",
            (*error)->message, word);
    va_end (words);
    g_clear_error (error);
}

/* ---- arena ---------------------------------------------------------------------------------- */

START_TEST (arena_reuses)
{
    M2fArena arena;
    size_t a, b, c;

    m2f_arena_init (&arena, 4096);
    ck_assert (m2f_arena_take (&arena, 100, &a));
    ck_assert (m2f_arena_take (&arena, 1, &b));
    ck_assert_uint_eq (a, 0);
    ck_assert_uint_eq (b, 128); /* 64-byte aligned */
    ck_assert (m2f_arena_give (&arena, a, 100));
    ck_assert (m2f_arena_take (&arena, 64, &c));
    ck_assert_uint_eq (c, 0);
    ck_assert_uint_eq (arena.peak, 192);
}
END_TEST

START_TEST (arena_coalesces)
{
    /* Whatever order four neighbours are given back in, one hole remains. */
    for (int order = 0; order < 24; order++) {
        M2fArena arena;
        size_t at[4], whole;
        int rest[4] = { 0, 1, 2, 3 }, code = order;

        m2f_arena_init (&arena, 4 * 64);
        for (int i = 0; i < 4; i++)
            ck_assert (m2f_arena_take (&arena, 64, &at[i]));
        ck_assert (!m2f_arena_take (&arena, 1, &whole));
        for (int left = 4; left > 0; left--) {
            int pick = code % left;

            code /= left;
            ck_assert (m2f_arena_give (&arena, at[rest[pick]], 64));
            rest[pick] = rest[left - 1];
        }
        ck_assert_int_eq (arena.n_free, 1);
        ck_assert (m2f_arena_take (&arena, 4 * 64, &whole));
        ck_assert_uint_eq (whole, 0);
    }
}
END_TEST

START_TEST (arena_refuses)
{
    M2fArena arena;
    size_t at, other;

    m2f_arena_init (&arena, 1000); /* 960 usable */
    ck_assert (!m2f_arena_take (&arena, 0, &at));
    ck_assert (!m2f_arena_take (&arena, 961, &at));
    ck_assert (!m2f_arena_take (&arena, SIZE_MAX, &at));
    ck_assert (m2f_arena_take (&arena, 960, &at));
    ck_assert (!m2f_arena_take (&arena, 1, &other));
    ck_assert (m2f_arena_give (&arena, at, 960));
    ck_assert (!m2f_arena_give (&arena, at, 960));
    ck_assert (!m2f_arena_give (&arena, 64, 64));
    ck_assert (!m2f_arena_give (&arena, 960, 64));
    ck_assert (!m2f_arena_give (&arena, 0, SIZE_MAX));
}
END_TEST

START_TEST (arena_holes_run_out)
{
    M2fArena arena;
    size_t at[2 * M2F_ARENA_SPANS + 2];
    int refused = 0;

    m2f_arena_init (&arena, G_N_ELEMENTS (at) * 64);
    for (size_t i = 0; i < G_N_ELEMENTS (at); i++)
        ck_assert (m2f_arena_take (&arena, 64, &at[i]));
    for (size_t i = 0; i < G_N_ELEMENTS (at); i += 2)
        refused += !m2f_arena_give (&arena, at[i], 64);
    ck_assert_int_eq (refused, 1);
}
END_TEST

/* ---- tensors -------------------------------------------------------------------------------- */

START_TEST (tensor_views)
{
    M2fDevice *device = open_reference ();
    float data[2 * 3 * 4], got[6];
    M2fTensor t, view;

    for (int i = 0; i < 24; i++)
        data[i] = (float) i;
    ck_assert (m2f_tensor_new (device, &t, "t", M2F_F32, M2F_SHAPE (2, 1, 3, 4), NULL));
    m2f_tensor_write (device, &t, data);

    view = m2f_tensor_columns (m2f_tensor_batch (t, 1), 1, 2);
    m2f_tensor_read (device, &view, got);
    ck_assert_mem_eq (got, ((float[]) { 13, 14, 17, 18, 21, 22 }), sizeof got);

    view = m2f_tensor_tokens (m2f_tensor_reshape (t, 1, 1, 6, 4), 4, 1);
    m2f_tensor_read (device, &view, got);
    ck_assert_mem_eq (got, data + 16, 4 * sizeof (float));

    /* a column view keeps its rows when only the outer extents change */
    view = m2f_tensor_reshape (m2f_tensor_columns (t, 3, 1), 1, 1, 6, 1);
    m2f_tensor_read (device, &view, got);
    ck_assert_mem_eq (got, ((float[]) { 3, 7, 11, 15, 19, 23 }), sizeof got);

    /* what does not fit is absent */
    view = m2f_tensor_columns (t, 3, 2);
    ck_assert (!m2f_tensor_present (&view));
    view = m2f_tensor_tokens (t, 0, 1);
    ck_assert (!m2f_tensor_present (&view));
    view = m2f_tensor_batch (t, 2);
    ck_assert (!m2f_tensor_present (&view));
    view = m2f_tensor_reshape (t, 1, 1, 5, 5);
    ck_assert (!m2f_tensor_present (&view));
    view = m2f_tensor_reshape (m2f_tensor_columns (t, 0, 2), 1, 1, 3, 4);
    ck_assert (!m2f_tensor_present (&view));

    m2f_tensor_free (device, &t);
    m2f_device_unref (&device);
}
END_TEST

START_TEST (tensor_description)
{
    M2fTensor t = { .type = M2F_U8, .ne = { 1, 2, 3, 4 }, .stride = 4, .name = "map" };
    g_autofree char *dense = m2f_tensor_describe (&t);

    ck_assert_str_eq (dense, "map u8 (1, 2, 3, 4)");

    t = m2f_tensor_columns (t, 0, 1);
    g_autofree char *strided = m2f_tensor_describe (&t);
    ck_assert_str_eq (strided, "map u8 (1, 2, 3, 1) with rows 4 apart");

    t = m2f_tensor_columns (t, 0, 2);
    g_autofree char *absent = m2f_tensor_describe (&t);
    ck_assert_str_eq (absent, "map (absent)");
}
END_TEST

START_TEST (tensor_errors)
{
    M2fDevice *device = open_reference ();
    const int not_3x3[4] = { 2, 3, 3, 2 };
    float data[36] = { 0 };
    GError *error = NULL;
    M2fTensor t;

    ck_assert (!m2f_tensor_new (device, &t, "flat", M2F_F32, M2F_SHAPE (1, 0, 2, 3), &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "flat", "(1, 0, 2, 3)", NULL);
    ck_assert (!m2f_tensor_present (&t));
    ck_assert (!m2f_tensor_new (device, &t, "huge", M2F_F32,
        M2F_SHAPE (G_MAXINT, G_MAXINT, G_MAXINT, 2), &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "huge", NULL);
    ck_assert (!m2f_tensor_new (device, &t, "large", M2F_U8,
        M2F_SHAPE (1, 1 << 30, 1 << 30, 1), &error));
    assert_error (&error, M2F_COMPUTE_ERROR_OUT_OF_MEMORY, "large", "reference", NULL);
    ck_assert (!m2f_tensor_new_weight (device, &t, "kernel", M2F_CONV3X3_WEIGHT, not_3x3, data,
        &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "kernel", "(2, 3, 3, 2)", "(N, C, 3, 3)",
        NULL);
    m2f_device_unref (&device);
}
END_TEST

START_TEST (tensor_borrows)
{
    M2fDevice *device = open_reference ();
    guint8 rows[10] = { 0, 1, 2, 99, 99, 3, 4, 5, 99, 99 }, got[6];
    const guint8 dense[6] = { 6, 7, 8, 9, 10, 11 };
    M2fTensor t;

    ck_assert (m2f_tensor_new (device, &t, "plane", M2F_U8, M2F_SHAPE (1, 1, 2, 3), NULL));
    m2f_tensor_borrow (device, &t, rows, 5);
    ck_assert_int_eq (t.stride, 5);
    m2f_tensor_read (device, &t, got);
    ck_assert_mem_eq (got, ((guint8[]) { 0, 1, 2, 3, 4, 5 }), 6);
    m2f_tensor_write (device, &t, dense); /* into memory of its own again */
    ck_assert_int_eq (rows[0], 0);
    m2f_tensor_read (device, &t, got);
    ck_assert_mem_eq (got, dense, 6);
    m2f_tensor_free (device, &t);
    m2f_device_unref (&device);
}
END_TEST

/* ---- devices -------------------------------------------------------------------------------- */

START_TEST (device_specs)
{
    static const char *const wrong[] = { "", "gpu", "Reference", "reference ", "reference:0", ":",
        "vulkan:", "vulkan:-1", "vulkan:+1", "vulkan: 1", "vulkan:1x", "vulkan:1000",
        "vulkan:99999999999999999999", "auto:0" };
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++) {
        ck_assert_ptr_null (m2f_device_open (wrong[i], M2F_PRECISION_AUTO, 1, &error));
        assert_error (&error, M2F_COMPUTE_ERROR_NO_DEVICE, wrong[i], "expected auto", NULL);
    }
    ck_assert_ptr_null (m2f_device_open ("vulkan:999", M2F_PRECISION_AUTO, 1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_NO_DEVICE, "vulkan", NULL);
    ck_assert_ptr_null (m2f_device_open ("reference", M2F_PRECISION_INT8, 1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_UNSUPPORTED, "reference", "int8", "fp32", NULL);
    ck_assert_ptr_null (m2f_device_open ("reference", M2F_PRECISION_AUTO, -1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "-1 threads", NULL);
    ck_assert_ptr_null (m2f_device_open ("cpu", M2F_PRECISION_FP32, 1025, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "1025 threads", "1024", NULL);
}
END_TEST

START_TEST (device_auto)
{
    M2fDevice *device = m2f_device_open (NULL, M2F_PRECISION_FP32, 1, NULL);

    ck_assert_ptr_nonnull (device);
    ck_assert_ptr_null (m2f_device_warning (device));
    ck_assert_str_ne (m2f_device_info (device)->kind, "software");
    ck_assert_int_eq (m2f_device_precision (device), M2F_PRECISION_FP32);
    m2f_device_unref (&device);
    ck_assert_ptr_null (device);
    m2f_device_unref (&device);
}
END_TEST

static void
broken_list (GArray *infos)
{
    static const M2fDeviceInfo info = { .spec = "broken", .name = "Broken GPU",
        .backend = "broken", .kind = "discrete", .precisions = "fp32" };

    g_array_append_val (infos, info);
}

static M2fDevice *
broken_open (int index, M2fPrecision precision, int threads, GError **error)
{
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_LOST, "Broken GPU: went away");
    return NULL;
}

static const M2fBackendFns broken_backend
    = { .name = "broken", .list = broken_list, .open = broken_open };

/* Hardware that does not open is passed over with a warning; asked for by name it fails. */
START_TEST (device_auto_falls_back)
{
    const M2fBackendFns *const table[] = { &broken_backend, &m2f_reference_backend };
    GError *error = NULL;
    M2fDevice *device
        = m2f_device_open_among (table, 2, "auto", M2F_PRECISION_FP32, 1, &error);

    ck_assert_msg (device != NULL, "%s", error ? error->message : "");
    ck_assert_str_eq (m2f_device_info (device)->backend, "reference");
    ck_assert_str_eq (m2f_device_warning (device),
        "broken: Broken GPU: went away; using reference instead");
    m2f_device_unref (&device);

    ck_assert_ptr_null (
        m2f_device_open_among (table, 2, "broken", M2F_PRECISION_FP32, 1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_LOST, "Broken GPU", NULL);
    ck_assert_ptr_null (m2f_device_open_among (table, 1, "auto", M2F_PRECISION_FP32, 1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_NO_DEVICE, "Broken GPU", NULL);
    ck_assert_ptr_null (m2f_device_open_among (table, 2, "auto", M2F_PRECISION_INT8, 1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_UNSUPPORTED, "int8", NULL);
}
END_TEST

/* A new op whose kernel is yet to be written is named, in tables and in instruction sets. */
START_TEST (device_names_missing_kernels)
{
    M2fBackendFns fns = m2f_reference_backend;
    const CpuIsa *isa = cpu_isa_choose (NULL);
    CpuKernels kernels = { 0 };
    GError *error = NULL;

    fns.resize = NULL;
    ck_assert_ptr_null (m2f_device_open_backend (&fns, -1, M2F_PRECISION_AUTO, 1, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "reference", "no kernel for resize", NULL);

    ck_assert_str_eq (cpu_missing_kernel (&kernels), "linear"); /* the first op */
    ck_assert_ptr_nonnull (isa);
    isa->init (&kernels);
    ck_assert_ptr_null (cpu_missing_kernel (&kernels));
    kernels.mask_paint = NULL;
    ck_assert_str_eq (cpu_missing_kernel (&kernels), "mask_paint");
}
END_TEST

START_TEST (device_list)
{
    g_autoptr (GArray) infos = m2f_device_list ();

    ck_assert_uint_gt (infos->len, 0);
    for (guint i = 0; i < infos->len; i++) {
        const M2fDeviceInfo *info = &g_array_index (infos, M2fDeviceInfo, i);
        GError *error = NULL;
        M2fDevice *device = m2f_device_open (info->spec, M2F_PRECISION_AUTO, 1, &error);

        ck_assert_msg (device != NULL, "%s: %s", info->spec, error ? error->message : "");
        ck_assert_str_eq (m2f_device_info (device)->spec, info->spec);
        m2f_device_unref (&device);
    }
}
END_TEST

/* ---- plans ---------------------------------------------------------------------------------- */

/* A small network: two layers, a temporary reused, a tap and two stages. */
typedef struct Net {
    M2fTensor src, dst, weight, bias;
    int rows, columns; /* shape of this call; columns is wrong on purpose in a test */
    size_t offset[3];
    float tapped[2];
    int ops_after_failure;
} Net;

static void
net_ops (M2fPlan *plan, void *data)
{
    Net *net = data;
    M2fTensor src = m2f_tensor_tokens (net->src, 0, net->rows);
    M2fTensor dst = m2f_tensor_tokens (net->dst, 0, net->rows);

    m2f_plan_stage (plan, "first");
    M2fTensor a = m2f_plan_tensor (plan, "a", M2F_F32, 1, 1, net->rows, 2);
    M2fTensor b = m2f_plan_tensor (plan, "b", M2F_F32, 1, 1, net->rows, net->columns);
    net->offset[0] = a.offset;
    net->offset[1] = b.offset;
    m2f_linear (plan, .dst = a, .src = src, .weight = net->weight, .bias = net->bias);
    m2f_plan_tap (plan, "a", &a);
    m2f_linear (plan, .dst = b, .src = a, .weight = net->weight, .activation = M2F_RELU);
    m2f_plan_release (plan, &a);
    ck_assert (!m2f_tensor_present (&a));

    m2f_plan_stage (plan, "second");
    M2fTensor c = m2f_plan_tensor (plan, "c", M2F_F32, 1, 1, 1, 2);
    net->offset[2] = c.offset;
    m2f_linear (plan, .dst = dst, .src = b, .weight = net->weight);
    m2f_plan_release (plan, &b);
    m2f_plan_release (plan, &c);
}

static void
net_tap (const char *name, const M2fTensor *tensor, void *data)
{
    Net *net = data;
    M2fTensor row = m2f_tensor_tokens (*tensor, 0, 1);

    ck_assert_str_eq (name, "a");
    memcpy (net->tapped, m2f_row_f32 (&row, 0), sizeof net->tapped);
}

static void
net_init (Net *net, M2fDevice *device)
{
    const int ne[4] = { 1, 1, 2, 2 }, bias_ne[4] = { 1, 1, 1, 2 };
    const float weight[4] = { 0, 2, 3, 0 }, bias[2] = { 1, -1 };
    float src[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    *net = (Net) { .rows = 4, .columns = 2 };
    ck_assert (m2f_tensor_new (device, &net->src, "src", M2F_F32, M2F_SHAPE (1, 1, 4, 2), NULL));
    ck_assert (m2f_tensor_new (device, &net->dst, "dst", M2F_F32, M2F_SHAPE (1, 1, 4, 2), NULL));
    ck_assert (m2f_tensor_new_weight (device, &net->weight, "w", M2F_LINEAR_WEIGHT, ne, weight,
        NULL));
    ck_assert (m2f_tensor_new_weight (device, &net->bias, "bias", M2F_PLAIN, bias_ne, bias, NULL));
    m2f_tensor_write (device, &net->src, src);
}

static void
net_clear (Net *net, M2fDevice *device)
{
    m2f_tensor_free (device, &net->src);
    m2f_tensor_free (device, &net->dst);
    m2f_tensor_free (device, &net->weight);
    m2f_tensor_free (device, &net->bias);
}

START_TEST (plan_runs)
{
    M2fDevice *device = open_reference ();
    GError *error = NULL;
    Net net;

    net_init (&net, device);
    M2fPlan *plan = m2f_plan_new_tapped (device, net_ops, &net, net_tap, &net, &error);
    ck_assert_msg (plan != NULL, "%s", error ? error->message : "");
    ck_assert_uint_eq (m2f_plan_memory (plan), 512); /* c lies where a was */
    ck_assert (m2f_plan_taps (plan));

    size_t placed[3];
    memcpy (placed, net.offset, sizeof placed);
    ck_assert_uint_eq (placed[0], placed[2]);
    ck_assert_uint_ne (placed[0], placed[1]);

    for (int run = 0; run < 2; run++) {
        float dst[8];

        ck_assert (m2f_plan_run (plan, &error));
        ck_assert_mem_eq (placed, net.offset, sizeof placed);
        m2f_tensor_read (device, &net.dst, dst);
        /* x W^T + bias = (5, 2); relu of that W^T = (4, 15); W^T again */
        ck_assert_mem_eq (net.tapped, ((float[]) { 5, 2 }), sizeof net.tapped);
        ck_assert_mem_eq (dst, ((float[]) { 30, 12 }), 2 * sizeof (float));
    }

    int count;
    const M2fStageTime *times = m2f_plan_stage_times (plan, &count);
    ck_assert_int_eq (count, 2);
    ck_assert_str_eq (times[0].name, "first");
    ck_assert_str_eq (times[1].name, "second");
    ck_assert (times[0].ms >= 0 && times[1].ms >= 0);

    m2f_plan_free (&plan);
    ck_assert_ptr_null (plan);
    m2f_plan_free (&plan);
    net_clear (&net, device);
    m2f_device_unref (&device);
}
END_TEST

START_TEST (plan_shrinks_but_does_not_grow)
{
    M2fDevice *device = open_reference ();
    GError *error = NULL;
    float dst[2];
    Net net;

    net_init (&net, device);
    net.rows = 2;
    M2fPlan *plan = m2f_plan_new (device, net_ops, &net, &error);
    ck_assert_ptr_nonnull (plan);
    net.rows = 1;
    ck_assert (m2f_plan_run (plan, &error));
    M2fTensor row = m2f_tensor_tokens (net.dst, 0, 1);
    m2f_tensor_read (device, &row, dst);
    ck_assert_mem_eq (dst, ((float[]) { 30, 12 }), sizeof dst);

    net.rows = 3;
    ck_assert (!m2f_plan_run (plan, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "a f32 (1, 1, 3, 2)", "24 bytes", "16", NULL);
    net.rows = 2; /* and it works again */
    ck_assert (m2f_plan_run (plan, &error));

    m2f_plan_free (&plan);
    net_clear (&net, device);
    m2f_device_unref (&device);
}
END_TEST

START_TEST (plan_names_wrong_shapes)
{
    M2fDevice *device = open_reference ();
    GError *error = NULL;
    Net net;

    net_init (&net, device);
    net.columns = 3;
    ck_assert_ptr_null (m2f_plan_new (device, net_ops, &net, &error));
    /* the first op that fails is the one reported, though the next fails as well */
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "linear", "weight is w f32 (1, 1, 2, 2)",
        "expected (1, 1, 3, 2)", NULL);
    net.columns = 0;
    ck_assert_ptr_null (m2f_plan_new (device, net_ops, &net, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_INVALID, "b has shape (1, 1, 4, 0)", NULL);
    net_clear (&net, device);
    m2f_device_unref (&device);
}
END_TEST

/* Ops that must be refused, each by itself. */
typedef struct Refused {
    Net *net;
    int which;
} Refused;

static void
refused_ops (M2fPlan *plan, void *data)
{
    Refused *r = data;
    M2fTensor x = m2f_plan_tensor (plan, "x", M2F_F32, 1, 1, 4, 4);
    M2fTensor bytes = m2f_plan_tensor (plan, "bytes", M2F_U8, 1, 1, 4, 2);
    M2fTensor left = m2f_tensor_columns (x, 0, 2), right = m2f_tensor_columns (x, 2, 2);
    M2fTensor middle = m2f_tensor_columns (x, 1, 2);
    M2fTensor w = r->net->weight, past = r->net->src;

    past.offset += 8;
    switch (r->which) {
    case 0: m2f_linear (plan, .dst = right, .src = left, .weight = w); break; /* this one is fine */
    case 1: m2f_linear (plan, .dst = middle, .src = left, .weight = w); break;
    case 2: m2f_linear (plan, .dst = left, .src = left, .weight = w); break;
    case 3: m2f_linear (plan, .dst = left, .src = bytes, .weight = w); break;
    case 4: m2f_linear (plan, .dst = left, .weight = w); break;
    case 5: m2f_linear (plan, .dst = left, .src = right, .weight = right); break;
    case 6: m2f_linear (plan, .dst = left, .src = past, .weight = w); break;
    case 7: m2f_linear (plan, .dst = left, .src = w, .weight = w); break;
    case 8: m2f_plan_release (plan, &past); break;
    case 9: m2f_plan_release (plan, &left); m2f_plan_release (plan, &x); break;
    case 10: m2f_group_norm (plan, .dst = left, .src = left, .weight = r->net->bias,
                 .bias = r->net->bias, .groups = 3); break;
    default: g_assert_not_reached ();
    }
}

START_TEST (plan_refuses)
{
    static const char *const messages[] = { NULL,
        "linear: src is x f32 (1, 1, 4, 2) with rows 4 apart, which overlaps",
        "linear: src is x f32 (1, 1, 4, 2) with rows 4 apart, which overlaps",
        "linear: src is bytes u8 (1, 1, 4, 2), expected f32 (*, *, *, *)",
        "linear: src is (unnamed) (absent)",
        "linear: weight is x f32 (1, 1, 4, 2) with rows 4 apart, packed as plain",
        "linear: src is src f32 (1, 1, 4, 2), 32 bytes at 8 of a buffer of 32",
        "linear: src is w f32 (1, 1, 2, 2), packed as linear weight",
        "src is released but is no temporary",
        "x is released but is no temporary",
        "group_norm: 3 groups do not divide 2 channels",
    };
    M2fDevice *device = open_reference ();
    GError *error = NULL;
    Net net;

    net_init (&net, device);
    for (int i = 0; i < (int) G_N_ELEMENTS (messages); i++) {
        Refused refused = { &net, i };
        M2fPlan *plan = m2f_plan_new (device, refused_ops, &refused, &error);

        if (messages[i]) {
            ck_assert_msg (plan == NULL, "%d passed", i);
            assert_error (&error, M2F_COMPUTE_ERROR_INVALID, messages[i], NULL);
        } else {
            ck_assert_msg (plan != NULL, "%d: %s", i, error ? error->message : "");
        }
        m2f_plan_free (&plan);
    }
    net_clear (&net, device);
    m2f_device_unref (&device);
}
END_TEST

/* A backend that fails at its first op and has little memory. */
static int ops_called;

static void
failing_linear (M2fPlan *plan, const M2fLinear *args)
{
    ops_called++;
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_LOST, "op %d is gone", ops_called);
}

static M2fBuffer *
failing_buffer_new (M2fDevice *device, size_t size, GError **error)
{
    if (size <= 64)
        return m2f_reference_backend.buffer_new (device, size, error);
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_OUT_OF_MEMORY, "full");
    return NULL;
}

START_TEST (plan_failure_sticks)
{
    M2fBackendFns fns = m2f_reference_backend;
    GError *error = NULL;
    Net net;

    fns.linear = failing_linear;
    M2fDevice *device = m2f_device_open_backend (&fns, -1, M2F_PRECISION_AUTO, 1, &error);
    ck_assert_ptr_nonnull (device);
    net_init (&net, device);
    M2fPlan *plan = m2f_plan_new (device, net_ops, &net, &error);
    ck_assert_ptr_nonnull (plan);
    ck_assert_int_eq (ops_called, 0); /* the dry run computes nothing */
    for (int run = 1; run <= 2; run++) {
        g_autofree char *message = g_strdup_printf ("op %d is gone", run);

        ck_assert (!m2f_plan_run (plan, &error));
        assert_error (&error, M2F_COMPUTE_ERROR_LOST, message, NULL);
        ck_assert_int_eq (ops_called, run);
    }
    m2f_plan_free (&plan);
    net_clear (&net, device);
    m2f_device_unref (&device);
}
END_TEST

START_TEST (plan_out_of_memory)
{
    M2fBackendFns fns = m2f_reference_backend;
    GError *error = NULL;
    Net net;

    fns.buffer_new = failing_buffer_new;
    M2fDevice *device = m2f_device_open_backend (&fns, -1, M2F_PRECISION_AUTO, 1, &error);
    ck_assert_ptr_nonnull (device);
    net_init (&net, device);
    ck_assert_ptr_null (m2f_plan_new (device, net_ops, &net, &error));
    assert_error (&error, M2F_COMPUTE_ERROR_OUT_OF_MEMORY, "MB", "reference", "full", NULL);
    net_clear (&net, device);
    m2f_device_unref (&device);
}
END_TEST

/* Takes and releases in an order that depends on `odd`. */
static void
fickle_ops (M2fPlan *plan, void *data)
{
    int odd = *(int *) data;

    if (odd == 3)
        return; /* stopping early is allowed */
    m2f_plan_stage (plan, odd == 4 ? "d" : "c");
    M2fTensor a = m2f_plan_tensor (plan, odd == 1 ? "b" : "a", M2F_F32, 1, 1, 1, 8);
    M2fTensor b = m2f_plan_tensor (plan, "b", M2F_F32, 1, 1, 1, 8);
    m2f_plan_release (plan, odd == 2 ? &b : &a);
    m2f_plan_release (plan, odd == 2 ? &a : &b);
    if (odd == 5)
        m2f_plan_tensor (plan, "c", M2F_F32, 1, 1, 1, 8);
}

START_TEST (plan_notices_another_sequence)
{
    static const char *const messages[] = { NULL, "takes b", "releases b", NULL, "starts stage d",
        "takes c" };
    M2fDevice *device = open_reference ();
    GError *error = NULL;
    int odd = 0;
    M2fPlan *plan = m2f_plan_new (device, fickle_ops, &odd, &error);

    ck_assert_ptr_nonnull (plan);
    for (odd = 0; odd < (int) G_N_ELEMENTS (messages); odd++) {
        bool ran = m2f_plan_run (plan, &error);

        ck_assert_int_eq (ran, messages[odd] == NULL);
        if (!ran)
            assert_error (&error, M2F_COMPUTE_ERROR_INVALID, messages[odd], NULL);
    }
    m2f_plan_free (&plan);
    m2f_device_unref (&device);
}
END_TEST

/* ---- coordinates ---------------------------------------------------------------------------- */

START_TEST (coordinates)
{
    for (int in = 1; in < 40; in++) {
        for (int out = 1; out < 90; out++) {
            for (int i = 0; i < out; i++) {
                M2fBilinear b = m2f_bilinear (i, in, out);
                int nearest = m2f_nearest (i, in, out);

                ck_assert (b.i0 >= 0 && b.i0 <= b.i1 && b.i1 < in && b.i1 - b.i0 <= 1);
                ck_assert (b.w0 >= 0 && b.w1 >= 0 && b.w0 + b.w1 == 1);
                ck_assert (nearest >= 0 && nearest < in);
                if (in == out)
                    ck_assert (b.i0 == i && b.w1 == 0 && nearest == i);
            }
        }
    }
    /* 2 -> 4: centres at -0.25 (clamped), 0.25, 0.75, 1.25 */
    ck_assert (m2f_bilinear (0, 2, 4).w1 == 0 && m2f_bilinear (1, 2, 4).w1 == 0.25f);
    ck_assert (m2f_bilinear (2, 2, 4).w1 == 0.75f && m2f_bilinear (3, 2, 4).i0 == 1);
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("compute");
    TCase *tests = tcase_create ("compute");
    SRunner *runner = srunner_create (suite);

    tcase_add_test (tests, arena_reuses);
    tcase_add_test (tests, arena_coalesces);
    tcase_add_test (tests, arena_refuses);
    tcase_add_test (tests, arena_holes_run_out);
    tcase_add_test (tests, tensor_views);
    tcase_add_test (tests, tensor_description);
    tcase_add_test (tests, tensor_errors);
    tcase_add_test (tests, tensor_borrows);
    tcase_add_test (tests, device_specs);
    tcase_add_test (tests, device_auto);
    tcase_add_test (tests, device_auto_falls_back);
    tcase_add_test (tests, device_names_missing_kernels);
    tcase_add_test (tests, device_list);
    tcase_add_test (tests, plan_runs);
    tcase_add_test (tests, plan_shrinks_but_does_not_grow);
    tcase_add_test (tests, plan_names_wrong_shapes);
    tcase_add_test (tests, plan_refuses);
    tcase_add_test (tests, plan_failure_sticks);
    tcase_add_test (tests, plan_out_of_memory);
    tcase_add_test (tests, plan_notices_another_sequence);
    tcase_add_test (tests, coordinates);
    suite_add_tcase (suite, tests);
    srunner_run_all (runner, CK_NORMAL);

    int failed = srunner_ntests_failed (runner);

    srunner_free (runner);
    return failed != 0;
}

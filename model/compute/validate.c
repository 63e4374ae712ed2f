/* The validating wrappers: every condition of ops.h, checked once, before a backend sees an op.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/check.h"

/* "linear" inside m2f_op_linear() */
#define OP (&__func__[sizeof "m2f_op_" - 1])

/* Each returns from the wrapper when it does not hold; operands are named as in the args struct. */

#define REQUIRE(condition, ...) \
    do { \
        if (!(condition)) { \
            g_autofree char *message_ = g_strdup_printf (__VA_ARGS__); \
            m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID, "%s: %s", OP, message_); \
            return; \
        } \
    } while (0)

#define REQUIRE_TENSOR(operand, type, n0, n1, n2, n3) \
    do { \
        if (!m2f_check_tensor (plan, OP, #operand, &args->operand, type, \
                M2F_SHAPE (n0, n1, n2, n3))) \
            return; \
    } while (0)

#define REQUIRE_OPTIONAL(operand, type, n0, n1, n2, n3) \
    do { \
        if (m2f_tensor_present (&args->operand)) \
            REQUIRE_TENSOR (operand, type, n0, n1, n2, n3); \
    } while (0)

/* A second output, of bf16. */
#define REQUIRE_BF16_COPY(operand, n0, n1, n2, n3) \
    do { \
        REQUIRE_OPTIONAL (operand, M2F_BF16, n0, n1, n2, n3); \
        REQUIRE (!m2f_tensor_present (&args->operand) \
                || m2f_plan_device (plan)->fns->narrow == M2F_BF16, \
            "%s is not for device %s", #operand, m2f_device_info (m2f_plan_device (plan))->spec); \
    } while (0)

#define REQUIRE_WEIGHT(operand, layout, n0, n1, n2, n3) \
    do { \
        if (!m2f_check_weight (plan, OP, #operand, &args->operand, layout, \
                M2F_SHAPE (n0, n1, n2, n3))) \
            return; \
    } while (0)

#define REQUIRE_APART(output, operand) \
    do { \
        if (!m2f_check_apart (plan, OP, #operand, &args->output, &args->operand)) \
            return; \
    } while (0)

#define REQUIRE_IN_PLACE(output, operand) \
    do { \
        if (!m2f_check_in_place (plan, OP, #operand, &args->output, &args->operand)) \
            return; \
    } while (0)

/* Rows of the addend are taken in turns. */
#define REQUIRE_ADDEND_ROWS() \
    REQUIRE (!m2f_tensor_present (addend) \
            || m2f_tensor_rows (dst) % m2f_tensor_rows (addend) == 0, \
        "addend has %" G_GINT64_FORMAT " rows, expected a divisor of the %" G_GINT64_FORMAT \
        " of dst", m2f_tensor_rows (addend), m2f_tensor_rows (dst))

#define REQUIRE_ACTIVATION(last) \
    REQUIRE (args->activation >= M2F_NO_ACTIVATION && args->activation <= (last), \
        "activation %d", args->activation)

#define RUN(op) \
    do { \
        int64_t start_ = 0; \
\
        if (!m2f_plan_running (plan) || m2f_plan_check_cancel (plan)) \
            break; \
        bool profiled_ = m2f_plan_op_begins (plan, &start_); \
        m2f_plan_device (plan)->fns->op (plan, args); \
        if (profiled_) { \
            M2fWork work_ = m2f_work_##op (args); \
            m2f_plan_op_ends (plan, start_, #op, &work_); \
        } \
    } while (0)

/* The type to ask of an operand that may be narrower than float32, for REQUIRE_TENSOR(). */
static M2fType
float_type (M2fPlan *plan, const M2fTensor *t)
{
    return t->type == m2f_plan_device (plan)->fns->narrow ? t->type : M2F_F32;
}

/* Largest kernel and stride of a convolution. */
#define MAX_KERNEL 63

/* ---- products ------------------------------------------------------------------------------- */

void
m2f_op_linear (M2fPlan *plan, const M2fLinear *args)
{
    const M2fTensor *dst = &args->dst, *src = &args->src, *addend = &args->addend;
    int N = dst->ne[3], K = src->ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, float_type (plan, dst), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, float_type (plan, src), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE (m2f_tensor_rows (src) == m2f_tensor_rows (dst),
        "src has %" G_GINT64_FORMAT " rows, expected the %" G_GINT64_FORMAT " of dst",
        m2f_tensor_rows (src), m2f_tensor_rows (dst));
    REQUIRE_WEIGHT (weight, M2F_LINEAR_WEIGHT, 1, 1, N, K);
    REQUIRE_OPTIONAL (bias, M2F_F32, 1, 1, 1, N);
    REQUIRE_OPTIONAL (addend, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, N);
    REQUIRE_ADDEND_ROWS ();
    REQUIRE_OPTIONAL (residual, M2F_F32, dst->ne[0], dst->ne[1], dst->ne[2], N);
    REQUIRE_ACTIVATION (M2F_GELU);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, bias);
    REQUIRE_APART (dst, addend);
    REQUIRE_IN_PLACE (dst, residual);
    RUN (linear);
}

void
m2f_op_matmul (M2fPlan *plan, const M2fMatmul *args)
{
    int B = args->dst.ne[0], M = args->dst.ne[2], N = args->dst.ne[3], K = args->a.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, M2F_ANY, 1, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (a, M2F_F32, B, 1, M, M2F_ANY);
    REQUIRE_TENSOR (b, M2F_F32, B, 1, N, K);
    REQUIRE_OPTIONAL (row_bias, M2F_F32, B, 1, 1, M);
    REQUIRE_OPTIONAL (column_bias, M2F_F32, B, 1, 1, N);
    REQUIRE_APART (dst, a);
    REQUIRE_APART (dst, b);
    REQUIRE_APART (dst, row_bias);
    REQUIRE_APART (dst, column_bias);
    RUN (matmul);
}

void
m2f_op_conv3x3 (M2fPlan *plan, const M2fConv3x3 *args)
{
    const int *ne = args->dst.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], ne[1], ne[2], M2F_ANY);
    REQUIRE_WEIGHT (weight, M2F_CONV3X3_WEIGHT, ne[3], args->src.ne[3], 3, 3);
    REQUIRE_OPTIONAL (bias, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, bias);
    RUN (conv3x3);
}

void
m2f_op_conv2d (M2fPlan *plan, const M2fConv2d *args)
{
    const int *ne = args->src.ne, kernel = args->weight.ne[3];
    const int channels = args->weight.ne[1], groups = channels > 0 ? ne[3] / channels : 0;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (src, float_type (plan, &args->src), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_WEIGHT (weight, M2F_CONV2D_WEIGHT, M2F_ANY, M2F_ANY, kernel, M2F_ANY);
    REQUIRE (groups > 0 && ne[3] % channels == 0, "weight takes %d channels, expected a divisor "
        "of the %d of src", channels, ne[3]);
    REQUIRE (groups == 1 || args->weight.ne[0] % (groups * M2F_CONV_GROUP) == 0,
        "%d filters in %d groups, expected a multiple of %d in each", args->weight.ne[0], groups,
        M2F_CONV_GROUP);
    REQUIRE (kernel % 2 == 1 && kernel <= MAX_KERNEL, "kernel is %d, expected an odd one up to %d",
        kernel, MAX_KERNEL);
    REQUIRE (ne[3] <= G_MAXINT / kernel / kernel, "%d channels", ne[3]);
    REQUIRE (args->stride > 0 && args->stride <= MAX_KERNEL, "stride is %d", args->stride);
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), ne[0], divide_up (ne[1], args->stride),
        divide_up (ne[2], args->stride), args->weight.ne[0]);
    REQUIRE_OPTIONAL (bias, M2F_F32, 1, 1, 1, args->weight.ne[0]);
    REQUIRE_OPTIONAL (addend, M2F_F32, args->dst.ne[0], args->dst.ne[1], args->dst.ne[2],
        args->dst.ne[3]);
    REQUIRE_ACTIVATION (M2F_GELU);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, bias);
    REQUIRE_APART (dst, addend);
    RUN (conv2d);
}

void
m2f_op_depthwise_conv (M2fPlan *plan, const M2fDepthwiseConv *args)
{
    const int *ne = args->src.ne, kernel = args->weight.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (src, float_type (plan, &args->src), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_WEIGHT (weight, M2F_DEPTHWISE_WEIGHT, ne[3], 1, kernel, M2F_ANY);
    REQUIRE (kernel == 3 || kernel == 5 || kernel == 7, "kernel is %d, expected 3, 5 or 7", kernel);
    REQUIRE (args->stride == 1 || args->stride == 2, "stride is %d, expected 1 or 2",
        args->stride);
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), ne[0], divide_up (ne[1], args->stride),
        divide_up (ne[2], args->stride), ne[3]);
    REQUIRE_OPTIONAL (bias, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE_ACTIVATION (M2F_RELU6);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, bias);
    RUN (depthwise_conv);
}

/* For a backend that has no kernel for all of it. */
static void
compute_by_layers (M2fPlan *plan, const M2fInvertedResidual *args)
{
    const int *ne = args->dst.ne, *src = args->src.ne, hidden = args->project.ne[3];
    const M2fType type = m2f_plan_input_type (plan, &args->project, ne[1] * ne[2]);
    const bool expands = m2f_tensor_present (&args->expand);
    M2fTensor expanded = args->src, filtered;

    if (expands) {
        expanded = m2f_plan_tensor (plan, "expanded", type, src[0], src[1], src[2], hidden);
        m2f_linear (plan, .dst = expanded, .src = args->src, .weight = args->expand,
            .bias = args->expand_bias, .activation = args->activation);
    }
    filtered = m2f_plan_tensor (plan, "filtered", type, ne[0], ne[1], ne[2], hidden);
    m2f_depthwise_conv (plan, .dst = filtered, .src = expanded, .weight = args->depthwise,
        .bias = args->depthwise_bias, .stride = args->stride, .activation = args->activation);
    if (expands)
        m2f_plan_release (plan, &expanded);
    m2f_linear (plan, .dst = args->dst, .src = filtered, .weight = args->project,
        .bias = args->project_bias, .residual = args->residual);
    m2f_plan_release (plan, &filtered);
}

void
m2f_op_inverted_residual (M2fPlan *plan, const M2fInvertedResidual *args)
{
    const int *ne = args->src.ne, *dst = args->dst.ne;
    const int kernel = args->depthwise.ne[3], hidden = args->project.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (src, float_type (plan, &args->src), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_WEIGHT (project, M2F_LINEAR_WEIGHT, 1, 1, M2F_ANY, M2F_ANY);
    if (m2f_tensor_present (&args->expand))
        REQUIRE_WEIGHT (expand, M2F_LINEAR_WEIGHT, 1, 1, hidden, ne[3]);
    else
        REQUIRE (hidden == ne[3], "project takes %d channels, expected the %d of src", hidden,
            ne[3]);
    REQUIRE_WEIGHT (depthwise, M2F_DEPTHWISE_WEIGHT, hidden, 1, kernel, M2F_ANY);
    REQUIRE (kernel == 3 || kernel == 5, "kernel is %d, expected 3 or 5", kernel);
    REQUIRE (args->stride == 1 || args->stride == 2, "stride is %d, expected 1 or 2",
        args->stride);
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), ne[0], divide_up (ne[1], args->stride),
        divide_up (ne[2], args->stride), args->project.ne[2]);
    REQUIRE_OPTIONAL (expand_bias, M2F_F32, 1, 1, 1, hidden);
    REQUIRE_OPTIONAL (depthwise_bias, M2F_F32, 1, 1, 1, hidden);
    REQUIRE_OPTIONAL (project_bias, M2F_F32, 1, 1, 1, dst[3]);
    REQUIRE_OPTIONAL (residual, M2F_F32, dst[0], dst[1], dst[2], dst[3]);
    REQUIRE_ACTIVATION (M2F_RELU6);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, expand_bias);
    REQUIRE_APART (dst, depthwise_bias);
    REQUIRE_APART (dst, project_bias);
    REQUIRE_APART (dst, residual);
    if (m2f_plan_device (plan)->fns->inverted_residual)
        RUN (inverted_residual);
    else
        compute_by_layers (plan, args);
}

void
m2f_op_max_pool (M2fPlan *plan, const M2fMaxPool *args)
{
    const int *ne = args->src.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (src, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (dst, M2F_F32, ne[0], divide_up (ne[1], 2), divide_up (ne[2], 2), ne[3]);
    REQUIRE_APART (dst, src);
    RUN (max_pool);
}

/* ---- norms ---------------------------------------------------------------------------------- */

void
m2f_op_layer_norm (M2fPlan *plan, const M2fLayerNorm *args)
{
    const int *ne = args->dst.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_BF16_COPY (bf16_copy, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE (!m2f_tensor_present (&args->bf16_copy) || args->dst.type == M2F_F32,
        "bf16_copy beside a dst of bf16");
    REQUIRE_TENSOR (weight, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE_TENSOR (bias, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE (args->eps >= 0, "eps is %g", args->eps);
    REQUIRE_IN_PLACE (dst, src);
    REQUIRE_APART (dst, bf16_copy);
    REQUIRE_APART (dst, weight);
    REQUIRE_APART (dst, bias);
    REQUIRE_APART (bf16_copy, src);
    REQUIRE_APART (bf16_copy, weight);
    REQUIRE_APART (bf16_copy, bias);
    RUN (layer_norm);
}

void
m2f_op_group_norm (M2fPlan *plan, const M2fGroupNorm *args)
{
    const int *ne = args->dst.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_TENSOR (weight, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE_TENSOR (bias, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE_BF16_COPY (bf16_copy, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE (args->groups > 0 && ne[3] % args->groups == 0,
        "%d groups do not divide %d channels", args->groups, ne[3]);
    REQUIRE (args->eps >= 0, "eps is %g", args->eps);
    REQUIRE_IN_PLACE (dst, src);
    REQUIRE_APART (dst, bf16_copy);
    REQUIRE_APART (dst, weight);
    REQUIRE_APART (dst, bias);
    REQUIRE_APART (bf16_copy, src);
    REQUIRE_APART (bf16_copy, weight);
    REQUIRE_APART (bf16_copy, bias);
    RUN (group_norm);
}

void
m2f_op_response_norm (M2fPlan *plan, const M2fResponseNorm *args)
{
    const int *ne = args->dst.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_TENSOR (weight, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE_TENSOR (bias, M2F_F32, 1, 1, 1, ne[3]);
    REQUIRE (args->eps >= 0, "eps is %g", args->eps);
    REQUIRE_IN_PLACE (dst, src);
    REQUIRE_APART (dst, weight);
    REQUIRE_APART (dst, bias);
    RUN (response_norm);
}

void
m2f_op_head_norm (M2fPlan *plan, const M2fHeadNorm *args)
{
    const int *ne = args->dst.ne, heads = args->length.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_TENSOR (length, M2F_F32, 1, 1, 1, M2F_ANY);
    REQUIRE (ne[3] % heads == 0, "%d heads do not divide %d channels", heads, ne[3]);
    REQUIRE_IN_PLACE (dst, src);
    REQUIRE_APART (dst, length);
    RUN (head_norm);
}

/* ---- attention ------------------------------------------------------------------------------ */

/* Windows and maps of more than this many pixels a side are nonsense and would overflow. */
#define MAX_SIDE 16384

void
m2f_op_window_attention (M2fPlan *plan, const M2fWindowAttention *args)
{
    const int *ne = args->dst.ne;
    int C = ne[3], window = args->window;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE (C <= G_MAXINT / 3, "%d channels", C);
    REQUIRE_TENSOR (qkv, float_type (plan, &args->qkv), ne[0], ne[1], ne[2], 3 * C);
    REQUIRE_OPTIONAL (pad, M2F_F32, 1, 1, 1, 3 * C);
    REQUIRE (args->heads > 0 && C % args->heads == 0, "%d heads do not divide %d channels",
        args->heads, C);
    REQUIRE (window > 0 && window < MAX_SIDE, "window is %d", window);
    REQUIRE (args->shift >= 0 && args->shift < window, "shift is %d, expected less than window %d",
        args->shift, window);
    REQUIRE (args->region_penalty >= 0 && args->region_penalty <= 1e4f, "region_penalty is %g",
        args->region_penalty);
    REQUIRE_WEIGHT (bias, M2F_WINDOW_BIAS, 1, 1, (2 * window - 1) * (2 * window - 1), args->heads);
    REQUIRE_APART (dst, qkv);
    REQUIRE_APART (dst, pad);
    RUN (window_attention);
}

void
m2f_op_deform_attention (M2fPlan *plan, const M2fDeformAttention *args)
{
    const int *ne = args->dst.ne;
    gint64 tokens = 0, samples;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE (args->levels > 0 && args->levels <= M2F_MAX_LEVELS, "%d levels, expected 1 to %d",
        args->levels, M2F_MAX_LEVELS);
    for (int i = 0; i < args->levels; i++) {
        REQUIRE (args->level[i].height > 0 && args->level[i].width > 0, "level %d is %d x %d", i,
            args->level[i].height, args->level[i].width);
        tokens += (gint64) args->level[i].height * args->level[i].width;
    }
    REQUIRE (tokens <= G_MAXINT, "%" G_GINT64_FORMAT " tokens", tokens);
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), M2F_ANY, 1, (int) tokens, M2F_ANY);
    REQUIRE_TENSOR (value, float_type (plan, &args->value), ne[0], 1, ne[2], ne[3]);
    REQUIRE (args->heads > 0 && ne[3] % args->heads == 0, "%d heads do not divide %d channels",
        args->heads, ne[3]);
    REQUIRE (args->points > 0 && args->points < 1024, "%d points", args->points);
    samples = (gint64) args->heads * args->levels * args->points;
    REQUIRE (samples <= G_MAXINT / 2, "%" G_GINT64_FORMAT " samples a token", samples);
    REQUIRE_TENSOR (offsets, M2F_F32, ne[0], 1, ne[2], 2 * (int) samples);
    REQUIRE_TENSOR (weights, M2F_F32, ne[0], 1, ne[2], (int) samples);
    REQUIRE_APART (dst, value);
    REQUIRE_APART (dst, offsets);
    REQUIRE_APART (dst, weights);
    RUN (deform_attention);
}

void
m2f_op_attention (M2fPlan *plan, const M2fAttention *args)
{
    const int *ne = args->dst.ne;
    int L = args->k.ne[2];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), M2F_ANY, 1, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (q, float_type (plan, &args->q), ne[0], 1, ne[2], ne[3]);
    REQUIRE_TENSOR (k, float_type (plan, &args->k), ne[0], 1, M2F_ANY, ne[3]);
    REQUIRE_TENSOR (v, float_type (plan, &args->v), ne[0], 1, L, ne[3]);
    REQUIRE_OPTIONAL (mask, M2F_F32, ne[0], 1, ne[2], L);
    REQUIRE (args->heads > 0 && ne[3] % args->heads == 0, "%d heads do not divide %d channels",
        args->heads, ne[3]);
    REQUIRE_APART (dst, q);
    REQUIRE_APART (dst, k);
    REQUIRE_APART (dst, v);
    REQUIRE_APART (dst, mask);
    RUN (attention);
}

/* ---- functions of one number ---------------------------------------------------------------- */

void
m2f_op_pointwise (M2fPlan *plan, const M2fPointwise *args)
{
    const M2fTensor *dst = &args->dst, *addend = &args->addend;
    const int *ne = dst->ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, float_type (plan, dst), M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_OPTIONAL (addend, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, ne[3]);
    REQUIRE_ADDEND_ROWS ();
    REQUIRE_OPTIONAL (factor, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_ACTIVATION (M2F_N_ACTIVATIONS - 1);
    REQUIRE_IN_PLACE (dst, src);
    REQUIRE_APART (dst, addend);
    REQUIRE_APART (dst, factor);
    RUN (pointwise);
}

/* ---- moving pixels -------------------------------------------------------------------------- */

void
m2f_op_resize (M2fPlan *plan, const M2fResize *args)
{
    const int *ne = args->dst.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, ne[0], M2F_ANY, M2F_ANY, ne[3]);
    REQUIRE_OPTIONAL (addend, M2F_F32, ne[0], ne[1], ne[2], ne[3]);
    REQUIRE_APART (dst, src);
    REQUIRE_IN_PLACE (dst, addend);
    RUN (resize);
}

void
m2f_op_patch_gather (M2fPlan *plan, const M2fPatchGather *args)
{
    const int *ne = args->src.ne;
    const int h = args->patch.height, w = args->patch.width;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (src, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE (h > 0 && h <= 1024 && w > 0 && w <= 1024 && ne[3] <= G_MAXINT / h / w,
        "patch is %d x %d of %d channels", h, w, ne[3]);
    REQUIRE (!args->whole || (ne[1] >= h && ne[2] >= w), "src has no patch of %d x %d", h, w);
    REQUIRE_TENSOR (dst, M2F_F32, ne[0], args->whole ? ne[1] / h : divide_up (ne[1], h),
        args->whole ? ne[2] / w : divide_up (ne[2], w), ne[3] * h * w);
    REQUIRE_APART (dst, src);
    RUN (patch_gather);
}

void
m2f_op_patch_merge (M2fPlan *plan, const M2fPatchMerge *args)
{
    const int *ne = args->src.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (src, M2F_F32, M2F_ANY, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE (ne[3] <= G_MAXINT / 4, "%d channels", ne[3]);
    REQUIRE_TENSOR (dst, float_type (plan, &args->dst), ne[0],
        divide_up (ne[1], 2), divide_up (ne[2], 2), 4 * ne[3]);
    REQUIRE_TENSOR (weight, M2F_F32, 1, 1, 1, 4 * ne[3]);
    REQUIRE_TENSOR (bias, M2F_F32, 1, 1, 1, 4 * ne[3]);
    REQUIRE (args->eps >= 0, "eps is %g", args->eps);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, weight);
    REQUIRE_APART (dst, bias);
    RUN (patch_merge);
}

void
m2f_op_gather_rows (M2fPlan *plan, const M2fGatherRows *args)
{
    const int *ne = args->dst.ne;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, 1, 1, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (src, M2F_F32, 1, 1, M2F_ANY, ne[3]);
    REQUIRE_TENSOR (index, M2F_I32, 1, 1, 1, ne[2]);
    REQUIRE_APART (dst, src);
    REQUIRE_APART (dst, index);
    RUN (gather_rows);
}

/* ---- pictures in ---------------------------------------------------------------------------- */

/* Plane `i` has rows for `height` pixels' lines and `bytes` in each. */
/* Whether component `c` has a place in each pixel, and its plane samples enough. */
static bool
check_component (M2fPlan *plan, const M2fPreprocess *args, int c)
{
    static const char *const names[3] = { "plane[0]", "plane[1]", "plane[2]" };
    const M2fPixels *pixels = &args->pixels;
    const M2fComponent at = pixels->component[c];
    int rows = m2f_pixels_rows (pixels, c, args->height);
    int bytes = m2f_pixels_columns (pixels, c, args->width) * at.step;

    if (at.plane < 0 || at.plane >= 3 || at.step < 1 || at.step > 4
        || (at.step == 3 && !m2f_pixels_are_packed (pixels)) || at.offset < 0
        || at.offset + pixels->sample_bytes > at.step) {
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID,
            "preprocess: component %d is in plane %d, %d bytes at %d of %d", c, at.plane,
            pixels->sample_bytes, at.offset, at.step);
        return false;
    }

    const M2fTensor *plane = &args->plane[at.plane];

    if (!m2f_check_tensor (plan, "preprocess", names[at.plane], plane, M2F_U8,
            M2F_SHAPE (1, 1, M2F_ANY, M2F_ANY)))
        return false;
    if (plane->ne[2] >= rows && plane->ne[3] >= bytes)
        return true;
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID,
        "preprocess: %s has %d rows of %d bytes, expected %d of %d", names[at.plane],
        plane->ne[2], plane->ne[3], rows, bytes);
    return false;
}

void
m2f_op_preprocess (M2fPlan *plan, const M2fPreprocess *args)
{
    const int *ne = args->dst.ne;
    const M2fPixels *pixels = &args->pixels;

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, 1, M2F_ANY, M2F_ANY, 3);
    REQUIRE (args->height > 0 && args->width > 0 && args->height <= G_MAXINT / 16
            && args->width <= G_MAXINT / 16, "frame is %d x %d", args->width, args->height);
    REQUIRE (pixels->sample_bytes == 1 || (pixels->sample_bytes == 2 && pixels->is_yuv),
        "samples of %s have %d bytes", pixels->is_yuv ? "YUV" : "RGB", pixels->sample_bytes);
    REQUIRE ((pixels->x_shift | pixels->y_shift) == 0
            || (pixels->is_yuv && (pixels->x_shift | pixels->y_shift) == 1),
        "x_shift is %d, y_shift %d", pixels->x_shift, pixels->y_shift);
    for (int c = 0; c < 3; c++)
        if (!check_component (plan, args, c))
            return;
    REQUIRE_TENSOR (x_first, M2F_I32, 1, 1, 1, ne[2]);
    REQUIRE_TENSOR (x_weight, M2F_F32, 1, 1, ne[2], M2F_ANY);
    REQUIRE_TENSOR (y_first, M2F_I32, 1, 1, 1, ne[1]);
    REQUIRE_TENSOR (y_weight, M2F_F32, 1, 1, ne[1], M2F_ANY);
    REQUIRE_APART (dst, plane[0]);
    REQUIRE_APART (dst, plane[1]);
    REQUIRE_APART (dst, plane[2]);
    REQUIRE_APART (dst, x_first);
    REQUIRE_APART (dst, x_weight);
    REQUIRE_APART (dst, y_first);
    REQUIRE_APART (dst, y_weight);
    RUN (preprocess);
}

/* ---- masks out ------------------------------------------------------------------------------ */

/* A map of channel numbers 0 .. K - 1 whose all-ones value, if `spare`, is none of them. */
#define REQUIRE_WINNER(K, spare) \
    do { \
        bool wide_ = args->winner.type == M2F_U16; \
        REQUIRE_TENSOR (winner, wide_ ? M2F_U16 : M2F_U8, 1, 1, M2F_ANY, M2F_ANY); \
        REQUIRE ((K) <= (wide_ ? 65536 : 256) - (spare), "%d channels do not fit into a %s map", \
            K, wide_ ? "u16" : "u8"); \
    } while (0)

#define REQUIRE_MID(args) \
    REQUIRE ((args->mid_height > 0) == (args->mid_width > 0) && args->mid_height >= 0 \
            && args->mid_width >= 0, \
        "mid is %d x %d, expected a size or zeros", args->mid_height, args->mid_width)

void
m2f_op_keep_queries (M2fPlan *plan, const M2fKeepQueries *args)
{
    const int queries = args->logits.ne[2];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (logits, M2F_F32, 1, 1, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (kept, M2F_I32, 1, 1, 2, queries);
    REQUIRE_TENSOR (score, M2F_F32, 1, 1, 1, queries);
    REQUIRE_TENSOR (threshold, M2F_F32, 1, 1, 1, 1);
    REQUIRE_APART (kept, logits);
    REQUIRE_APART (kept, threshold);
    REQUIRE_APART (kept, score);
    REQUIRE_APART (score, logits);
    REQUIRE_APART (score, threshold);
    RUN (keep_queries);
}

void
m2f_op_class_scores (M2fPlan *plan, const M2fClassScores *args)
{
    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (dst, M2F_F32, 1, 1, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (logits, M2F_F32, 1, 1, args->dst.ne[3], args->dst.ne[2] + 1);
    REQUIRE_APART (dst, logits);
    RUN (class_scores);
}

void
m2f_op_mask_argmax (M2fPlan *plan, const M2fMaskArgmax *args)
{
    int K = args->logits.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (logits, M2F_F32, 1, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_WINNER (K, 1);
    REQUIRE_TENSOR (counts, M2F_I32, 1, 1, M2F_N_COUNTS, K);
    REQUIRE_TENSOR (score, M2F_F32, 1, 1, 1, K);
    REQUIRE_MID (args);
    REQUIRE_TENSOR (threshold, M2F_F32, 1, 1, 1, 1);
    REQUIRE_APART (winner, logits);
    REQUIRE_APART (winner, score);
    REQUIRE_APART (winner, threshold);
    REQUIRE_APART (winner, counts);
    REQUIRE_APART (counts, logits);
    REQUIRE_APART (counts, score);
    REQUIRE_APART (counts, threshold);
    RUN (mask_argmax);
}

void
m2f_op_class_argmax (M2fPlan *plan, const M2fClassArgmax *args)
{
    int K = args->logits.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (logits, M2F_F32, 1, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (mix, M2F_F32, 1, 1, M2F_ANY, K);
    REQUIRE_WINNER (args->mix.ne[2], 0);
    REQUIRE_MID (args);
    REQUIRE_APART (winner, logits);
    REQUIRE_APART (winner, mix);
    RUN (class_argmax);
}

void
m2f_op_mask_score (M2fPlan *plan, const M2fMaskScore *args)
{
    int K = args->logits.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (logits, M2F_F32, 1, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_TENSOR (sums, M2F_F32, 1, 1, 2, K);
    REQUIRE (args->height > 0 && args->width > 0, "size is %d x %d", args->height, args->width);
    REQUIRE_APART (sums, logits);
    RUN (mask_score);
}

void
m2f_op_mask_paint (M2fPlan *plan, const M2fMaskPaint *args)
{
    int K = args->logits.ne[3];

    if (m2f_plan_failed (plan))
        return;
    REQUIRE_TENSOR (logits, M2F_F32, 1, M2F_ANY, M2F_ANY, M2F_ANY);
    REQUIRE_WINNER (K, 1);
    REQUIRE_TENSOR (counts, M2F_I32, 1, 1, 1, K);
    REQUIRE_MID (args);
    REQUIRE_APART (winner, logits);
    REQUIRE_APART (winner, counts);
    REQUIRE_APART (counts, logits);
    RUN (mask_paint);
}

/* Cases of numbers that are not finite, or absurdly large, in the operands of every op whose
 * coordinates or logits they may be: nothing is read or written out of bounds, no result made up.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the reference has as a finite number must be that number on every device, and what it does
 * not have as one must not look like one: a network that overflows can then be told from one that
 * sees nothing.  Label maps are decisions, for which only the range counts.
 */
#include "tests/ops/check.h"

#include <math.h>

static const CheckLimits wild_limits = {
    .fp32 = { 1e-4, 1e-8 },
    .bf16 = { 3e-2, 1e-3 },
    .int8 = { 3e-2, 1e-3 },
    .fp16 = { 3e-3, 1e-5 },
};

static const float wild[] = { NAN, INFINITY, -INFINITY, 1e9f, -1e30f, 3e38f, -3e38f };
static const char *const wild_names[] = { "nan", "inf", "minus_inf", "1e9", "minus_1e30", "3e38",
    "minus_3e38", "mixed" };

enum { MIXED = G_N_ELEMENTS (wild), N_KINDS };

/* Every `step`th of the elements, from the second on, is replaced. */
static float *
make_wild (CheckRun *run, float *elements, int64_t count, int step)
{
    int kind = GPOINTER_TO_INT (run->params);

    for (int64_t i = 1; i < count; i += step)
        elements[i] = wild[kind == MIXED ? i / step % MIXED : kind];
    return elements;
}

static float *
wild_normal (CheckRun *run, int64_t count, int step)
{
    return make_wild (run, check_normal (run, count, 0, 1), count, step);
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void
judge_element (const char *name, int64_t i, float found, float expected, double limit,
    CheckResult *result)
{
    if (isfinite (expected) ? !isfinite (found) : isfinite (found))
        check_fail (result, "%s[%" G_GINT64_FORMAT "] is %g, expected %g", name, i, found,
            expected);
    else if (isfinite (expected) && fabs (found - expected) > limit * fmax (fabs (expected), 1))
        check_fail (result, "%s[%" G_GINT64_FORMAT "] is %.9g, expected %.9g", name, i, found,
            expected);
}

static void
judge_outputs (CheckRun *reference, CheckRun *run, double limit, CheckResult *result)
{
    for (guint i = 0; i < run->operands->len; i++) {
        const CheckOperand *operand = run->operands->pdata[i];
        int64_t count = m2f_tensor_rows (&operand->tensor) * operand->tensor.ne[3];

        if (!operand->output)
            continue;
        const float *found = check_elements (run, operand->name);
        const float *expected = check_elements (reference, operand->name);
        for (int64_t e = 0; e < count; e++)
            judge_element (operand->name, e, found[e], expected[e], limit, result);
    }
}

/* Numbers that single precision can hold have to be right. */
static void
judge_numbers (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    bool fp32 = m2f_device_precision (run->device) == M2F_PRECISION_FP32;

    judge_outputs (reference, run, fp32 ? wild_limits.fp32.worst : wild_limits.bf16.worst, result);
}

/* Products and squares of large numbers overflow in single precision where they do not in the
 * reference's double: only what is not finite in the operands has to show.  A device that
 * multiplies in half precision takes finite numbers beyond its range for the largest there is, so
 * that their products are finite but not the reference's. */
static void
judge_products (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    int kind = GPOINTER_TO_INT (run->params);

    if (kind != MIXED && isfinite (wild[kind]))
        return;
    if (kind == MIXED && m2f_device_precision (run->device) == M2F_PRECISION_FP16)
        judge_outputs (reference, run, INFINITY, result);
    else
        judge_numbers (reference, run, result);
}

static void
build_linear (CheckRun *run, M2fActivation activation)
{
    M2fLinear *a = &run->args.linear;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 9, 33);
    a->src = check_input (run, "src", 1, 1, 9, 48, wild_normal (run, 9 * 48, 91));
    a->weight = check_weight (run, "weight", M2F_LINEAR_WEIGHT, 1, 1, 33, 48,
        check_normal (run, 33 * 48, 0, 0.1));
    a->activation = activation;
}

static void
build_relu (CheckRun *run)
{
    build_linear (run, M2F_RELU);
}

static void
build_gelu (CheckRun *run)
{
    build_linear (run, M2F_GELU);
}

static void
build_layer_norm (CheckRun *run)
{
    M2fLayerNorm *a = &run->args.layer_norm;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 7, 33);
    a->src = check_input (run, "src", 1, 1, 7, 33, wild_normal (run, 7 * 33, 66));
    a->weight = check_input (run, "weight", 1, 1, 1, 33, check_uniform (run, 33, 0.5, 1));
    a->bias = check_input (run, "bias", 1, 1, 1, 33, check_normal (run, 33, 0, 1));
    a->eps = 1e-5f;
}

static void
build_group_norm (CheckRun *run)
{
    M2fGroupNorm *a = &run->args.group_norm;

    a->dst = check_output (run, "dst", M2F_F32, 2, 3, 5, 16);
    a->src = check_input (run, "src", 2, 3, 5, 16, wild_normal (run, 2 * 15 * 16, 300));
    a->weight = check_input (run, "weight", 1, 1, 1, 16, check_uniform (run, 16, 0.5, 1));
    a->bias = check_input (run, "bias", 1, 1, 1, 16, check_normal (run, 16, 0, 1));
    a->groups = 4;
    a->eps = 1e-5f;
    a->relu = true;
}

static void
build_resize (CheckRun *run)
{
    M2fResize *a = &run->args.resize;

    a->dst = check_output (run, "dst", M2F_F32, 1, 6, 10, 8);
    a->src = check_input (run, "src", 1, 3, 5, 8, wild_normal (run, 15 * 8, 50));
}

/* Logits of queries that are wild in one query each. */
static void
build_attention (CheckRun *run)
{
    M2fAttention *a = &run->args.attention;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 9, 32);
    a->q = check_input (run, "q", 1, 1, 9, 32, wild_normal (run, 9 * 32, 61));
    a->k = check_input (run, "k", 1, 1, 150, 32, check_normal (run, 150 * 32, 0, 1));
    a->v = check_input (run, "v", 1, 1, 150, 32, check_normal (run, 150 * 32, 0, 1));
    a->heads = 2;
}

/* The mask: NaN does not block, as it is not below 0. */
static void
build_masked_attention (CheckRun *run)
{
    M2fAttention *a = &run->args.attention;

    build_attention (run);
    a->q = check_input (run, "tame q", 1, 1, 9, 32, check_normal (run, 9 * 32, 0, 1));
    a->mask = check_input (run, "mask", 1, 1, 9, 150, wild_normal (run, 9 * 150, 3));
}

/* One key whose score is wild for every query, in the first of the blocks that keys come in. */
static void
build_wild_key (CheckRun *run)
{
    M2fAttention *a = &run->args.attention;
    float *k = check_normal (run, 150 * 32, 0, 1);

    build_attention (run);
    a->q = check_input (run, "tame q", 1, 1, 9, 32, check_uniform (run, 9 * 32, 0.5, 1));
    a->k = check_input (run, "wild k", 1, 1, 150, 32, make_wild (run, k, 33, 1));
}

static void
build_window_attention (CheckRun *run)
{
    M2fWindowAttention *a = &run->args.window_attention;

    a->dst = check_output (run, "dst", M2F_F32, 1, 8, 8, 32);
    a->qkv = check_input (run, "qkv", 1, 8, 8, 96, wild_normal (run, 64 * 96, 20 * 96));
    a->bias = check_weight (run, "bias", M2F_WINDOW_BIAS, 1, 1, 49, 2,
        check_normal (run, 98, 0, 1));
    a->heads = 2;
    a->window = 4;
}

static void
build_deform_attention (CheckRun *run, int offset_step, int weight_step)
{
    M2fDeformAttention *a = &run->args.deform_attention;
    int tokens = 6 + 20 + 63, samples = 2 * 3 * 4;
    float *offsets = check_normal (run, tokens * samples * 2, 0, 1);
    float *weights = check_normal (run, tokens * samples, 0, 1);

    if (offset_step)
        make_wild (run, offsets, tokens * samples * 2, offset_step);
    if (weight_step)
        make_wild (run, weights, tokens * samples, weight_step);
    a->dst = check_output (run, "dst", M2F_F32, 1, 1, tokens, 32);
    a->value = check_input (run, "value", 1, 1, tokens, 32, check_normal (run, tokens * 32, 0, 1));
    a->offsets = check_input (run, "offsets", 1, 1, tokens, 2 * samples, offsets);
    a->weights = check_input (run, "weights", 1, 1, tokens, samples, weights);
    a->level[0] = (M2fLevel) { 2, 3 };
    a->level[1] = (M2fLevel) { 4, 5 };
    a->level[2] = (M2fLevel) { 7, 9 };
    a->levels = 3;
    a->heads = 2;
    a->points = 4;
}

static void
build_some_offsets (CheckRun *run)
{
    build_deform_attention (run, 121, 0);
}

static void
build_all_offsets (CheckRun *run)
{
    build_deform_attention (run, 1, 0);
}

static void
build_some_weights (CheckRun *run)
{
    build_deform_attention (run, 0, 61);
}

static void
build_all_weights (CheckRun *run)
{
    build_deform_attention (run, 0, 1);
}

/* ---- decisions ------------------------------------------------------------------------------ */

/* Every pixel's winner is a channel or nobody, and as many pixels as there are have been won. */
static void
judge_decisions (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const uint8_t *winner = check_elements (run, "winner");
    int channels = 7, pixels = 31 * 33;

    for (int i = 0; i < pixels; i++)
        if (winner[i] >= channels && winner[i] != 0xff)
            check_fail (result, "winner[%d] is %d of %d channels", i, winner[i], channels);
}

static void
judge_won (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const int32_t *counts = check_elements (run, "counts");
    int won = 0;

    judge_decisions (reference, run, result);
    for (int k = 0; k < 7; k++)
        won += counts[M2F_COUNT_WON * 7 + k];
    if (won != 31 * 33)
        check_fail (result, "%d pixels were won, expected all %d", won, 31 * 33);
}

static M2fTensor
wild_logits (CheckRun *run)
{
    return check_input (run, "logits", 1, 9, 11, 7, wild_normal (run, 9 * 11 * 7, 10));
}

static void
build_mask_argmax (CheckRun *run)
{
    M2fMaskArgmax *a = &run->args.mask_argmax;

    a->winner = check_output (run, "winner", M2F_U8, 1, 1, 31, 33);
    a->counts = check_output (run, "counts", M2F_I32, 1, 1, M2F_N_COUNTS, 7);
    a->logits = wild_logits (run);
    a->score = check_input (run, "score", 1, 1, 1, 7, check_uniform (run, 7, 0.5, 1));
    a->threshold = check_input (run, "threshold", 1, 1, 1, 1, check_constant (run, 1, 0.5));
}

/* Nothing but wild scores and logits: no channel has any pixel. */
static void
build_mask_argmax_mid (CheckRun *run)
{
    M2fMaskArgmax *a = &run->args.mask_argmax;

    build_mask_argmax (run);
    a->logits = check_input (run, "wild logits", 1, 9, 11, 7, wild_normal (run, 9 * 11 * 7, 1));
    a->score = check_input (run, "wild score", 1, 1, 1, 7,
        make_wild (run, check_uniform (run, 7, 0.5, 1), 7, 1));
    a->mid_height = a->mid_width = 16;
    a->weighted = true;
}

static void
build_class_argmax (CheckRun *run)
{
    M2fClassArgmax *a = &run->args.class_argmax;

    a->winner = check_output (run, "winner", M2F_U8, 1, 1, 31, 33);
    a->logits = wild_logits (run);
    a->mix = check_input (run, "mix", 1, 1, 7, 7, wild_normal (run, 49, 5));
}

static void
build_class_argmax_mid (CheckRun *run)
{
    build_class_argmax (run);
    run->args.class_argmax.mid_height = run->args.class_argmax.mid_width = 16;
}

static void
build_mask_paint (CheckRun *run)
{
    M2fMaskPaint *a = &run->args.mask_paint;

    a->winner = check_output (run, "winner", M2F_U8, 1, 1, 31, 33);
    a->counts = check_output (run, "counts", M2F_I32, 1, 1, 1, 7);
    a->logits = wild_logits (run);
}

static void
build_mask_paint_mid (CheckRun *run)
{
    build_mask_paint (run);
    run->args.mask_paint.mid_height = run->args.mask_paint.mid_width = 16;
}

/* ---- the list ------------------------------------------------------------------------------- */

static const struct {
    CheckOp op;
    const char *name;
    void (*build) (CheckRun *run);
    CheckRule rule;
} wild_cases[] = {
    { CHECK_OP_linear, "relu", build_relu, judge_products },
    { CHECK_OP_linear, "gelu", build_gelu, judge_products },
    { CHECK_OP_layer_norm, "src", build_layer_norm, judge_products },
    { CHECK_OP_group_norm, "src", build_group_norm, judge_products },
    { CHECK_OP_resize, "src", build_resize, judge_numbers },
    { CHECK_OP_attention, "q", build_attention, judge_products },
    { CHECK_OP_attention, "key", build_wild_key, judge_products },
    { CHECK_OP_attention, "mask", build_masked_attention, judge_numbers },
    { CHECK_OP_window_attention, "qkv", build_window_attention, judge_products },
    { CHECK_OP_deform_attention, "some_offsets", build_some_offsets, judge_numbers },
    { CHECK_OP_deform_attention, "all_offsets", build_all_offsets, judge_numbers },
    { CHECK_OP_deform_attention, "some_weights", build_some_weights, judge_numbers },
    { CHECK_OP_deform_attention, "all_weights", build_all_weights, judge_numbers },
    { CHECK_OP_mask_argmax, "logits", build_mask_argmax, judge_won },
    { CHECK_OP_mask_argmax, "mid", build_mask_argmax_mid, judge_won },
    { CHECK_OP_class_argmax, "logits", build_class_argmax, judge_decisions },
    { CHECK_OP_class_argmax, "mid", build_class_argmax_mid, judge_decisions },
    { CHECK_OP_mask_paint, "logits", build_mask_paint, judge_decisions },
    { CHECK_OP_mask_paint, "mid", build_mask_paint_mid, judge_decisions },
};

void
check_cases_nonfinite (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (wild_cases); i++)
        for (int kind = 0; kind < N_KINDS; kind++)
            check_add (list, (CheckCase) {
                .op = wild_cases[i].op,
                .name = g_strdup_printf ("%s_%s_of_%s", check_op_name (wild_cases[i].op),
                    wild_cases[i].name, wild_names[kind]),
                .build = wild_cases[i].build, .rule = wild_cases[i].rule,
                .params = GINT_TO_POINTER (kind), .limits = &wild_limits });
}

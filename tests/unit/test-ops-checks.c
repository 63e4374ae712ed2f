/* The validating wrappers: of every op, one good call and every way to get an operand wrong.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory is made up: plans are only made here, nothing computes.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "model/compute/backend.h"

#define MAX_OPERANDS 10

/* An operand of an args struct.  `free` has bit d set if extent d alone may grow, `padded` if it
 * may be one less. */
typedef struct Operand {
    const char *name;
    size_t at;
    unsigned free, padded;
    bool optional, output;
} Operand;

typedef struct Case {
    const char *op;
    void (*call) (M2fPlan *plan, const void *args);
    const void *args;
    size_t size;
    Operand operands[MAX_OPERANDS];
} Case;

#define M2F_OP(name, Args) \
    static void call_##name (M2fPlan *plan, const void *args) \
    { \
        m2f_op_##name (plan, args); \
    }
#include "model/compute/ops.def"
#undef M2F_OP

enum { N0 = 1, N1 = 2, N2 = 4, N3 = 8 };

#define IN(Args, field, ...) { #field, offsetof (Args, field), __VA_ARGS__ }
#define OUT(Args, field, ...) { #field, offsetof (Args, field), .output = true, __VA_ARGS__ }

#define F32(...) { .ne = { __VA_ARGS__ } }
#define BF16(...) { .type = M2F_BF16, .ne = { __VA_ARGS__ } }
#define I32(...) { .type = M2F_I32, .ne = { __VA_ARGS__ } }
#define U8(...) { .type = M2F_U8, .ne = { __VA_ARGS__ } }
#define PACKED(kind, ...) { .layout = kind, .ne = { __VA_ARGS__ } }

static const M2fLinear linear = {
    .dst = F32 (1, 2, 5, 5), .src = F32 (1, 1, 10, 7),
    .weight = PACKED (M2F_LINEAR_WEIGHT, 1, 1, 5, 7), .bias = F32 (1, 1, 1, 5),
    .addend = F32 (1, 1, 5, 5), .residual = F32 (1, 2, 5, 5),
};
static const M2fMatmul matmul = {
    .dst = F32 (2, 1, 3, 4), .a = F32 (2, 1, 3, 5), .b = F32 (2, 1, 4, 5),
    .row_bias = F32 (2, 1, 1, 3), .column_bias = F32 (2, 1, 1, 4),
};
static const M2fLayerNorm layer_norm = {
    .dst = F32 (2, 3, 4, 5), .src = F32 (2, 3, 4, 5), .bf16_copy = BF16 (2, 3, 4, 5),
    .weight = F32 (1, 1, 1, 5), .bias = F32 (1, 1, 1, 5),
};
static const M2fGroupNorm group_norm = {
    .dst = F32 (2, 3, 4, 6), .src = F32 (2, 3, 4, 6), .bf16_copy = BF16 (2, 3, 4, 6),
    .weight = F32 (1, 1, 1, 6), .bias = F32 (1, 1, 1, 6), .groups = 3,
};
static const M2fResponseNorm response_norm = {
    .dst = F32 (2, 3, 4, 5), .src = F32 (2, 3, 4, 5), .weight = F32 (1, 1, 1, 5),
    .bias = F32 (1, 1, 1, 5),
};
static const M2fHeadNorm head_norm = {
    .dst = F32 (2, 3, 4, 6), .src = F32 (2, 3, 4, 6), .length = F32 (1, 1, 1, 2),
};
static const M2fWindowAttention window_attention = {
    .dst = F32 (2, 5, 4, 6), .qkv = F32 (2, 5, 4, 18), .pad = F32 (1, 1, 1, 18),
    .bias = PACKED (M2F_WINDOW_BIAS, 1, 1, 25, 2), .heads = 2, .window = 3, .shift = 1,
};
static const M2fDeformAttention deform_attention = {
    .dst = F32 (2, 1, 26, 6), .value = F32 (2, 1, 26, 6), .offsets = F32 (2, 1, 26, 24),
    .weights = F32 (2, 1, 26, 12), .level = { { 2, 3 }, { 4, 5 } }, .levels = 2, .heads = 2,
    .points = 3,
};
static const M2fAttention attention = {
    .dst = F32 (2, 1, 3, 8), .q = F32 (2, 1, 3, 8), .k = F32 (2, 1, 5, 8), .v = F32 (2, 1, 5, 8),
    .mask = F32 (2, 1, 3, 5), .heads = 2,
};
static const M2fConv3x3 conv3x3 = {
    .dst = F32 (2, 5, 6, 4), .src = F32 (2, 5, 6, 3),
    .weight = PACKED (M2F_CONV3X3_WEIGHT, 4, 3, 3, 3), .bias = F32 (1, 1, 1, 4),
};
static const M2fConv2d conv2d = {
    .dst = F32 (2, 3, 4, 4), .src = F32 (2, 6, 8, 3),
    .weight = PACKED (M2F_CONV2D_WEIGHT, 4, 3, 5, 5), .bias = F32 (1, 1, 1, 4),
    .addend = F32 (2, 3, 4, 4), .stride = 2,
};
static const M2fDepthwiseConv depthwise_conv = {
    .dst = F32 (2, 3, 4, 5), .src = F32 (2, 6, 8, 5),
    .weight = PACKED (M2F_DEPTHWISE_WEIGHT, 5, 1, 3, 3), .bias = F32 (1, 1, 1, 5), .stride = 2,
};
static const M2fInvertedResidual inverted_residual = {
    .dst = F32 (2, 3, 4, 6), .src = F32 (2, 6, 8, 5),
    .expand = PACKED (M2F_LINEAR_WEIGHT, 1, 1, 10, 5), .expand_bias = F32 (1, 1, 1, 10),
    .depthwise = PACKED (M2F_DEPTHWISE_WEIGHT, 10, 1, 3, 3), .depthwise_bias = F32 (1, 1, 1, 10),
    .project = PACKED (M2F_LINEAR_WEIGHT, 1, 1, 6, 10), .project_bias = F32 (1, 1, 1, 6),
    .residual = F32 (2, 3, 4, 6), .stride = 2,
};
static const M2fMaxPool max_pool = { .dst = F32 (2, 3, 4, 5), .src = F32 (2, 6, 8, 5) };
static const M2fPointwise pointwise = {
    .dst = F32 (2, 1, 5, 4), .src = F32 (2, 1, 5, 4), .addend = F32 (1, 1, 5, 4),
    .factor = F32 (2, 1, 5, 4),
};
static const M2fResize resize = {
    .dst = F32 (2, 5, 6, 4), .src = F32 (2, 3, 7, 4), .addend = F32 (2, 5, 6, 4),
};
static const M2fPatchGather patch_gather = {
    .dst = F32 (2, 2, 3, 48), .src = F32 (2, 8, 12, 3), .patch = { 4, 4 },
};
static const M2fPatchMerge patch_merge = {
    .dst = F32 (2, 2, 3, 20), .src = F32 (2, 4, 6, 5), .weight = F32 (1, 1, 1, 20),
    .bias = F32 (1, 1, 1, 20),
};
static const M2fGatherRows gather_rows = {
    .dst = F32 (1, 1, 2, 5), .src = F32 (1, 1, 4, 5), .index = I32 (1, 1, 1, 2),
};
static const M2fPreprocess preprocess = {
    .dst = F32 (1, 4, 5, 3), .plane = { U8 (1, 1, 7, 9), U8 (1, 1, 4, 5), U8 (1, 1, 4, 5) },
    .pixels = { { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 1, 0 } }, true, 1, 1, 1 }, .height = 7,
    .width = 9, .x_first = I32 (1, 1, 1, 5), .x_weight = F32 (1, 1, 5, 2),
    .y_first = I32 (1, 1, 1, 4), .y_weight = F32 (1, 1, 4, 2),
};
static const M2fKeepQueries keep_queries = {
    .kept = I32 (1, 1, 2, 7), .score = F32 (1, 1, 1, 7), .logits = F32 (1, 1, 7, 5),
    .threshold = F32 (1, 1, 1, 1),
};
static const M2fClassScores class_scores = {
    .dst = F32 (1, 1, 4, 7), .logits = F32 (1, 1, 7, 5),
};
static const M2fMaskArgmax mask_argmax = {
    .winner = U8 (1, 1, 6, 7), .counts = I32 (1, 1, 3, 255), .logits = F32 (1, 3, 4, 255),
    .score = F32 (1, 1, 1, 255), .threshold = F32 (1, 1, 1, 1),
};
static const M2fClassArgmax class_argmax = {
    .winner = U8 (1, 1, 6, 7), .logits = F32 (1, 3, 4, 5), .mix = F32 (1, 1, 256, 5),
};
static const M2fMaskScore mask_score = {
    .sums = F32 (1, 1, 2, 5), .logits = F32 (1, 3, 4, 5), .height = 6, .width = 7,
};
static const M2fMaskPaint mask_paint = {
    .winner = U8 (1, 1, 6, 7), .counts = I32 (1, 1, 1, 255), .logits = F32 (1, 3, 4, 255),
};

#define CASE(name) #name, call_##name, &name, sizeof name

static const Case cases[] = {
    { CASE (linear), { OUT (M2fLinear, dst), IN (M2fLinear, src), IN (M2fLinear, weight),
        IN (M2fLinear, bias, .optional = true),
        IN (M2fLinear, addend, .free = N0 | N1, .optional = true),
        IN (M2fLinear, residual, .optional = true) } },
    { CASE (matmul), { OUT (M2fMatmul, dst), IN (M2fMatmul, a), IN (M2fMatmul, b),
        IN (M2fMatmul, row_bias, .optional = true),
        IN (M2fMatmul, column_bias, .optional = true) } },
    { CASE (layer_norm), { OUT (M2fLayerNorm, dst), IN (M2fLayerNorm, src),
        OUT (M2fLayerNorm, bf16_copy, .optional = true), IN (M2fLayerNorm, weight),
        IN (M2fLayerNorm, bias) } },
    { CASE (group_norm), { OUT (M2fGroupNorm, dst), IN (M2fGroupNorm, src),
        OUT (M2fGroupNorm, bf16_copy, .optional = true), IN (M2fGroupNorm, weight),
        IN (M2fGroupNorm, bias) } },
    { CASE (response_norm), { OUT (M2fResponseNorm, dst), IN (M2fResponseNorm, src),
        IN (M2fResponseNorm, weight), IN (M2fResponseNorm, bias) } },
    { CASE (head_norm), { OUT (M2fHeadNorm, dst), IN (M2fHeadNorm, src),
        IN (M2fHeadNorm, length, .free = N3) } },
    { CASE (window_attention), { OUT (M2fWindowAttention, dst), IN (M2fWindowAttention, qkv),
        IN (M2fWindowAttention, pad, .optional = true), IN (M2fWindowAttention, bias) } },
    { CASE (deform_attention), { OUT (M2fDeformAttention, dst), IN (M2fDeformAttention, value),
        IN (M2fDeformAttention, offsets), IN (M2fDeformAttention, weights) } },
    { CASE (attention), { OUT (M2fAttention, dst), IN (M2fAttention, q), IN (M2fAttention, k),
        IN (M2fAttention, v), IN (M2fAttention, mask, .optional = true) } },
    { CASE (conv3x3), { OUT (M2fConv3x3, dst), IN (M2fConv3x3, src), IN (M2fConv3x3, weight),
        IN (M2fConv3x3, bias, .optional = true) } },
    { CASE (conv2d), { OUT (M2fConv2d, dst), IN (M2fConv2d, src, .padded = N1 | N2),
        IN (M2fConv2d, weight), IN (M2fConv2d, bias, .optional = true),
        IN (M2fConv2d, addend, .optional = true) } },
    { CASE (depthwise_conv), { OUT (M2fDepthwiseConv, dst),
        IN (M2fDepthwiseConv, src, .padded = N1 | N2), IN (M2fDepthwiseConv, weight),
        IN (M2fDepthwiseConv, bias, .optional = true) } },
    { CASE (inverted_residual), { OUT (M2fInvertedResidual, dst),
        IN (M2fInvertedResidual, src, .padded = N1 | N2), IN (M2fInvertedResidual, expand),
        IN (M2fInvertedResidual, expand_bias, .optional = true),
        IN (M2fInvertedResidual, depthwise),
        IN (M2fInvertedResidual, depthwise_bias, .optional = true),
        IN (M2fInvertedResidual, project),
        IN (M2fInvertedResidual, project_bias, .optional = true),
        IN (M2fInvertedResidual, residual, .optional = true) } },
    { CASE (max_pool), { OUT (M2fMaxPool, dst), IN (M2fMaxPool, src, .padded = N1 | N2) } },
    { CASE (pointwise), { OUT (M2fPointwise, dst), IN (M2fPointwise, src),
        IN (M2fPointwise, addend, .free = N0 | N1, .optional = true),
        IN (M2fPointwise, factor, .optional = true) } },
    { CASE (resize), { OUT (M2fResize, dst), IN (M2fResize, src, .free = N1 | N2),
        IN (M2fResize, addend, .optional = true) } },
    { CASE (patch_gather), { OUT (M2fPatchGather, dst),
        IN (M2fPatchGather, src, .padded = N1 | N2) } },
    { CASE (patch_merge), { OUT (M2fPatchMerge, dst), IN (M2fPatchMerge, src, .padded = N1 | N2),
        IN (M2fPatchMerge, weight), IN (M2fPatchMerge, bias) } },
    { CASE (gather_rows), { OUT (M2fGatherRows, dst), IN (M2fGatherRows, src, .free = N2),
        IN (M2fGatherRows, index) } },
    { CASE (preprocess), { OUT (M2fPreprocess, dst),
        IN (M2fPreprocess, plane[0], .free = N2 | N3),
        IN (M2fPreprocess, plane[1], .free = N2 | N3),
        IN (M2fPreprocess, plane[2], .free = N2 | N3),
        IN (M2fPreprocess, x_first), IN (M2fPreprocess, x_weight, .free = N3),
        IN (M2fPreprocess, y_first), IN (M2fPreprocess, y_weight, .free = N3) } },
    { CASE (keep_queries), { OUT (M2fKeepQueries, kept), OUT (M2fKeepQueries, score),
        IN (M2fKeepQueries, logits, .free = N3), IN (M2fKeepQueries, threshold) } },
    { CASE (class_scores), { OUT (M2fClassScores, dst),
        IN (M2fClassScores, logits) } },
    { CASE (mask_argmax), { OUT (M2fMaskArgmax, winner, .free = N2 | N3),
        OUT (M2fMaskArgmax, counts),
        IN (M2fMaskArgmax, logits, .free = N1 | N2), IN (M2fMaskArgmax, score),
        IN (M2fMaskArgmax, threshold) } },
    { CASE (class_argmax), { OUT (M2fClassArgmax, winner, .free = N2 | N3),
        IN (M2fClassArgmax, logits, .free = N1 | N2), IN (M2fClassArgmax, mix, .padded = N2) } },
    { CASE (mask_score), { OUT (M2fMaskScore, sums), IN (M2fMaskScore, logits, .free = N1 | N2) } },
    { CASE (mask_paint), { OUT (M2fMaskPaint, winner, .free = N2 | N3),
        OUT (M2fMaskPaint, counts),
        IN (M2fMaskPaint, logits, .free = N1 | N2) } },
};

static M2fDevice *device;

typedef struct Call {
    const Case *c;
    const void *args;
} Call;

static void
build_plan (M2fPlan *plan, void *data)
{
    const Call *call = data;

    call->c->call (plan, call->args);
}

/* True if the op takes these arguments; a refusal has to name the op. */
static bool
passes (const Case *c, const void *args)
{
    g_autoptr (GError) error = NULL;
    Call call = { c, args };
    M2fPlan *plan = m2f_plan_new (device, build_plan, &call, &error);
    bool ok = plan != NULL;

    m2f_plan_free (&plan);
    if (!ok) {
        ck_assert (g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID));
        ck_assert_msg (g_str_has_prefix (error->message, c->op), "%s: %s", c->op, error->message);
    }
    return ok;
}

/* Arguments with every operand dense in a made-up buffer of its own. */
typedef struct Filled {
    union {
        char bytes[2048];
        max_align_t align;
    } args;
    M2fBuffer buffers[MAX_OPERANDS];
} Filled;

static M2fTensor *
operand (Filled *f, const Case *c, int i)
{
    return (M2fTensor *) (void *) (f->args.bytes + c->operands[i].at);
}

static void
fill (Filled *f, const Case *c)
{
    ck_assert_uint_le (c->size, sizeof f->args);
    memcpy (&f->args, c->args, c->size);
    for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
        M2fTensor *t = operand (f, c, i);

        f->buffers[i] = (M2fBuffer) { .size = 1 << 20 };
        t->buffer = &f->buffers[i];
        t->stride = t->ne[3];
        t->name = c->operands[i].name;
    }
}

START_TEST (every_op_has_a_case)
{
    static const char *const ops[] = {
#define M2F_OP(name, Args) #name,
#include "model/compute/ops.def"
#undef M2F_OP
    };

    ck_assert_uint_eq (G_N_ELEMENTS (ops), G_N_ELEMENTS (cases));
    ck_assert_str_eq (ops[_i], cases[_i].op);
}
END_TEST

START_TEST (good_calls_pass)
{
    const Case *c = &cases[_i];
    Filled f;

    fill (&f, c);
    ck_assert_msg (passes (c, &f.args), "%s", c->op);
    for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
        fill (&f, c);
        *operand (&f, c, i) = (M2fTensor) { 0 };
        ck_assert_msg (passes (c, &f.args) == c->operands[i].optional, "%s without %s", c->op,
            c->operands[i].name);
    }
}
END_TEST

START_TEST (wrong_extents_are_refused)
{
    const Case *c = &cases[_i];
    Filled f;

    for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
        for (int d = 0; d < 4; d++) {
            for (int step = -1; step <= 1; step += 2) {
                M2fTensor *t = operand (&f, c, i);
                bool may = c->operands[i].free & (1u << d);

                if (step < 0 && (may || c->operands[i].padded & (1u << d)))
                    continue; /* fewer than are free may be too few, or not */
                fill (&f, c);
                t->ne[d] += step;
                t->stride = t->ne[3];
                ck_assert_msg (passes (c, &f.args) == may, "%s: extent %d of %s is %d", c->op, d,
                    c->operands[i].name, t->ne[d]);
            }
        }
    }
}
END_TEST

START_TEST (wrong_memory_is_refused)
{
    const Case *c = &cases[_i];

    for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
        for (int wrong = 0; wrong < 6; wrong++) {
            Filled f;
            M2fTensor *t = operand (&f, c, i);

            fill (&f, c);
            if (t->layout != M2F_PLAIN && wrong < 4)
                continue; /* a packed weight's bytes are the backend's business */
            switch (wrong) {
            case 0: t->type = M2F_F16; break;
            case 1: t->stride = t->ne[3] - 1; break;
            case 2: f.buffers[i].size = m2f_tensor_extent (t) - 1; break;
            case 3: t->offset = (1 << 20) + 64; break;
            case 4: t->buffer = NULL; break;
            case 5:
                t->layout = t->layout == M2F_PLAIN ? M2F_LINEAR_WEIGHT : M2F_PLAIN;
                break;
            }
            ck_assert_msg (!passes (c, &f.args), "%s: %s with wrong memory %d", c->op,
                c->operands[i].name, wrong);
        }
    }
}
END_TEST

START_TEST (bf16_is_allowed)
{
    static const struct {
        const char *op, *operand;
    } allowed[] = { { "linear", "dst" }, { "linear", "src" }, { "layer_norm", "bf16_copy" },
        { "group_norm", "bf16_copy" }, { "patch_merge", "dst" },
        { "window_attention", "dst" }, { "window_attention", "qkv" },
        { "deform_attention", "dst" }, { "deform_attention", "value" }, { "attention", "dst" },
        { "attention", "q" }, { "attention", "k" }, { "attention", "v" },
        { "conv2d", "dst" }, { "conv2d", "src" }, { "depthwise_conv", "dst" },
        { "depthwise_conv", "src" }, { "pointwise", "dst" }, { "response_norm", "dst" },
        { "inverted_residual", "dst" }, { "inverted_residual", "src" } };
    const Case *c = &cases[_i];

    for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
        Filled f;
        M2fTensor *t = operand (&f, c, i);
        bool may = false;

        fill (&f, c);
        if (t->layout != M2F_PLAIN)
            continue;
        t->type = M2F_BF16;
        for (size_t k = 0; k < G_N_ELEMENTS (allowed); k++)
            may |= strcmp (allowed[k].op, c->op) == 0
                && strcmp (allowed[k].operand, c->operands[i].name) == 0;
        ck_assert_msg (passes (c, &f.args) == may, "%s: %s of bf16", c->op, c->operands[i].name);
    }
}
END_TEST

/* By a backend that has none. */
START_TEST (bf16_is_refused)
{
    const Case *c = &cases[_i];
    M2fBackendFns fns = m2f_reference_backend;
    M2fDevice *with = device;

    fns.narrow = M2F_F32;
    device = m2f_device_open_backend (&fns, -1, M2F_PRECISION_FP32, 1, NULL);
    for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
        Filled f;

        fill (&f, c);
        if (operand (&f, c, i)->layout != M2F_PLAIN)
            continue;
        operand (&f, c, i)->type = M2F_BF16;
        ck_assert_msg (!passes (c, &f.args), "%s: %s of bf16", c->op, c->operands[i].name);
    }
    m2f_device_unref (&device);
    device = with;
}
END_TEST

START_TEST (overlap_is_refused)
{
    const Case *c = &cases[_i];

    for (int out = 0; out < MAX_OPERANDS && c->operands[out].name; out++) {
        for (int i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
            Filled f;
            M2fTensor *t = operand (&f, c, i);

            fill (&f, c);
            if (!c->operands[out].output || i == out || t->layout != M2F_PLAIN)
                continue;
            t->buffer = &f.buffers[out];
            t->offset = 4; /* one element off, so that it is not in place either */
            ck_assert_msg (!passes (c, &f.args), "%s: %s over %s", c->op, c->operands[i].name,
                c->operands[out].name);
        }
    }
}
END_TEST

START_TEST (in_place_is_allowed)
{
    static const struct {
        const char *op, *operand;
    } allowed[] = { { "linear", "residual" }, { "layer_norm", "src" }, { "group_norm", "src" },
        { "pointwise", "src" }, { "response_norm", "src" }, { "head_norm", "src" },
        { "resize", "addend" } };
    const Case *c = &cases[_i];

    for (int i = 1; i < MAX_OPERANDS && c->operands[i].name; i++) {
        Filled f;
        bool may = false;

        fill (&f, c);
        if (c->operands[i].output || operand (&f, c, i)->layout != M2F_PLAIN)
            continue;
        operand (&f, c, i)->buffer = &f.buffers[0];
        for (size_t k = 0; k < G_N_ELEMENTS (allowed); k++)
            may |= strcmp (allowed[k].op, c->op) == 0
                && strcmp (allowed[k].operand, c->operands[i].name) == 0;
        ck_assert_msg (passes (c, &f.args) == may, "%s: %s in place", c->op, c->operands[i].name);
    }
}
END_TEST

/* The op's good arguments with some members changed must be refused. */
#define REFUSED(Args, name, ...) \
    do { \
        Filled f_; \
        int which_ = 0; \
        while (strcmp (cases[which_].op, #name) != 0) \
            which_++; \
        fill (&f_, &cases[which_]); \
        Args *a = (Args *) (void *) &f_.args; \
        __VA_ARGS__; \
        ck_assert_msg (!passes (&cases[which_], a), "%s: %s", #name, #__VA_ARGS__); \
    } while (0)

START_TEST (wrong_scalars_are_refused)
{
    REFUSED (M2fLinear, linear, a->activation = (M2fActivation) 7);
    REFUSED (M2fLayerNorm, layer_norm, a->eps = -1);
    REFUSED (M2fLayerNorm, layer_norm, a->dst.type = M2F_BF16);
    REFUSED (M2fLayerNorm, layer_norm, a->bf16_copy.type = M2F_F32);
    REFUSED (M2fGroupNorm, group_norm, a->bf16_copy.type = M2F_F32);
    REFUSED (M2fGroupNorm, group_norm, a->eps = -1);
    REFUSED (M2fPatchMerge, patch_merge, a->eps = -1);
    REFUSED (M2fHeadNorm, head_norm, a->length.ne[3] = 4);
    REFUSED (M2fWindowAttention, window_attention, a->region_penalty = -1);
    REFUSED (M2fResponseNorm, response_norm, a->eps = -1);
    REFUSED (M2fGroupNorm, group_norm, a->groups = 0);
    REFUSED (M2fGroupNorm, group_norm, a->groups = 4);
    REFUSED (M2fWindowAttention, window_attention, a->heads = 0);
    REFUSED (M2fWindowAttention, window_attention, a->heads = 4);
    REFUSED (M2fWindowAttention, window_attention, a->window = 0);
    REFUSED (M2fWindowAttention, window_attention, a->window = 1 << 20);
    REFUSED (M2fWindowAttention, window_attention, a->shift = 3);
    REFUSED (M2fWindowAttention, window_attention, a->shift = -1);
    REFUSED (M2fDeformAttention, deform_attention, a->levels = 0);
    REFUSED (M2fDeformAttention, deform_attention, a->levels = M2F_MAX_LEVELS + 1);
    REFUSED (M2fDeformAttention, deform_attention, a->level[1].width = 1 << 30);
    REFUSED (M2fDeformAttention, deform_attention, a->level[0].height = 0);
    REFUSED (M2fDeformAttention, deform_attention, a->heads = 4);
    REFUSED (M2fDeformAttention, deform_attention, a->points = 0);
    REFUSED (M2fAttention, attention, a->heads = 3);
    REFUSED (M2fPatchGather, patch_gather, a->patch.width = 0);
    REFUSED (M2fPatchGather, patch_gather, a->patch.height = 1 << 20);
    REFUSED (M2fPatchGather, patch_gather, a->whole = true; a->src.ne[1] = 3);
    REFUSED (M2fPreprocess, preprocess, a->height = 9);
    REFUSED (M2fPreprocess, preprocess, a->width = 10);
    REFUSED (M2fPreprocess, preprocess, a->width = 0);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[1].step = 2);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[2].step = 0);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[2].step = 3);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[2].plane = 3);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[2].plane = -1);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[0].offset = 1);
    REFUSED (M2fPreprocess, preprocess, a->pixels.component[0].offset = -1);
    REFUSED (M2fPreprocess, preprocess, a->pixels.sample_bytes = 2);
    REFUSED (M2fPreprocess, preprocess, a->pixels.sample_bytes = 0);
    REFUSED (M2fPreprocess, preprocess, a->pixels.x_shift = 0);
    REFUSED (M2fPreprocess, preprocess, a->pixels.y_shift = 2);
    REFUSED (M2fPreprocess, preprocess, a->pixels.is_yuv = false);
    REFUSED (M2fMaskArgmax, mask_argmax, a->mid_height = 3);
    REFUSED (M2fClassArgmax, class_argmax, a->mid_width = 3);
    REFUSED (M2fMaskScore, mask_score, a->height = 0);
    REFUSED (M2fMaskPaint, mask_paint, a->mid_height = -1; a->mid_width = -1);
}
END_TEST

/* 256 channels and their "nobody" do not fit into bytes; they do into 16 bits. */
START_TEST (map_depth)
{
    static M2fMaskPaint wide;
    Filled f;

    fill (&f, &cases[G_N_ELEMENTS (cases) - 1]);
    memcpy (&wide, &f.args, sizeof wide);
    wide.counts.ne[3] = wide.counts.stride = wide.logits.ne[3] = wide.logits.stride = 256;
    ck_assert (!passes (&cases[G_N_ELEMENTS (cases) - 1], &wide));
    wide.winner.type = M2F_U16;
    ck_assert (passes (&cases[G_N_ELEMENTS (cases) - 1], &wide));
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("ops-checks");
    TCase *tests = tcase_create ("ops-checks");
    SRunner *runner = srunner_create (suite);

    device = m2f_device_open ("reference", M2F_PRECISION_AUTO, 1, NULL);
    tcase_add_loop_test (tests, every_op_has_a_case, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, good_calls_pass, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, wrong_extents_are_refused, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, wrong_memory_is_refused, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, bf16_is_allowed, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, bf16_is_refused, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, overlap_is_refused, 0, G_N_ELEMENTS (cases));
    tcase_add_loop_test (tests, in_place_is_allowed, 0, G_N_ELEMENTS (cases));
    tcase_add_test (tests, wrong_scalars_are_refused);
    tcase_add_test (tests, map_depth);
    suite_add_tcase (suite, tests);
    srunner_run_all (runner, CK_NORMAL);

    int failed = srunner_ntests_failed (runner);

    srunner_free (runner);
    m2f_device_unref (&device);
    return failed != 0;
}

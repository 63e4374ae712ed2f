/* Cases of window_attention and attention.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

#include <math.h>

/* Scores are of order one, the result is an average of values of order one.  Products may be of
 * the device's precision, the softmax is float32: see product_limits in linear.c. */
static const CheckLimits attention_limits = {
    .fp32 = { 1e-5, 1e-11 },
    .bf16 = { 2e-2, 1e-4 },
    .int8 = { 2e-2, 1e-4 },
    .fp16 = { 3e-3, 2e-6 },
};

/* Scores of +-1e4 have an ulp of 1e-3 in float32, and the exponential of a score passes an
 * absolute error on as a relative one.  Where two keys nearly tie, that moves the result.  With
 * fewer digits any key may win; what remains is that the result is an average of values. */
static const CheckLimits extreme_limits = {
    .fp32 = { 1e-2, 1e-5 },
    .bf16 = { 2, 2 },
    .int8 = { 2, 2 },
    .fp16 = { 2, 2 },
};

/* ---- window attention ----------------------------------------------------------------------- */

typedef struct WindowAttention {
    int batch, height, width, channels, heads, window, shift;
    bool pad;      /* the projection of a pad token is not zero */
    bool extreme;  /* scores of +-1e4 */
    float penalty; /* between regions */
    int gap;
    bool from_bf16, to_bf16; /* qkv, dst */
    bool bench;
} WindowAttention;

static const WindowAttention window_attentions[] = {
    { 1, 1, 1, 8, 1, 1, 0 },
    { 1, 1, 1, 8, 1, 7, 3, .pad = true },
    { 1, 2, 2, 8, 1, 2, 1 },
    { 1, 4, 4, 16, 2, 4, 0 },
    { 1, 4, 4, 16, 2, 4, 2 },
    { 1, 8, 8, 32, 2, 4, 2, .pad = true },
    { 1, 5, 9, 16, 1, 4, 2, .pad = true },
    { 2, 5, 9, 32, 4, 4, 0 },
    { 1, 7, 7, 32, 1, 7, 0 },
    { 1, 7, 7, 32, 1, 7, 3 },
    { 1, 3, 5, 64, 2, 7, 3, .pad = true },
    { 1, 3, 5, 64, 2, 7, 0, .pad = true },
    { 2, 13, 15, 48, 3, 7, 3, .pad = true },
    { 1, 14, 21, 96, 3, 7, 3, .gap = 5 },
    { 1, 25, 34, 96, 3, 7, 3, .pad = true, .gap = 1 },
    { 1, 11, 6, 24, 3, 5, 2, .pad = true },
    { 1, 12, 12, 64, 2, 12, 6 },
    { 1, 5, 7, 64, 2, 12, 6, .pad = true },
    { 1, 25, 13, 64, 2, 12, 6, .pad = true },
    { 1, 24, 24, 32, 4, 8, 4 },
    { 1, 14, 14, 32, 2, 7, 3, .penalty = 0.5f },
    { 1, 13, 9, 64, 2, 5, 2, .pad = true, .penalty = 200 },
    { 1, 6, 5, 15, 3, 4, 1, .pad = true },
    { 1, 9, 11, 64, 1, 7, 3, .pad = true },
    { 2, 5, 7, 74, 2, 4, 2, .pad = true, .gap = 1 },
    { 1, 14, 14, 32, 1, 7, 3, .extreme = true },
    { 1, 9, 10, 64, 2, 7, 3, .pad = true, .extreme = true },
    { 1, 1, 1, 8, 1, 7, 3, .pad = true, .from_bf16 = true, .to_bf16 = true },
    { 1, 6, 5, 15, 3, 4, 1, .pad = true, .from_bf16 = true, .gap = 2 },
    { 2, 13, 15, 96, 3, 7, 3, .pad = true, .from_bf16 = true, .to_bf16 = true, .gap = 1 },
    { 1, 14, 21, 48, 3, 7, 3, .to_bf16 = true },
    { 1, 25, 13, 64, 2, 12, 6, .from_bf16 = true, .to_bf16 = true },
    { 1, 14, 14, 32, 1, 7, 3, .extreme = true, .from_bf16 = true, .to_bf16 = true },
    { 1, 24, 25, 4, 1, 7, 0, .pad = true, .from_bf16 = true, .to_bf16 = true },
    { 1, 3, 4, 32, 8, 7, 3, .pad = true, .from_bf16 = true, .to_bf16 = true },

    /* Swin-T at 384x384, plain and shifted; Swin-B's first stage */
    { 1, 96, 96, 96, 3, 7, 0, .pad = true, .bench = true },
    { 1, 96, 96, 96, 3, 7, 3, .pad = true, .bench = true },
    { 1, 96, 96, 96, 3, 7, 3, .pad = true, .from_bf16 = true, .to_bf16 = true, .bench = true },
    { 1, 48, 48, 192, 6, 7, 3, .pad = true, .bench = true },
    { 1, 24, 24, 384, 12, 7, 3, .pad = true, .bench = true },
    { 1, 24, 24, 384, 12, 7, 3, .pad = true, .from_bf16 = true, .to_bf16 = true, .bench = true },
    { 1, 12, 12, 768, 24, 7, 3, .pad = true, .bench = true },
    { 1, 96, 96, 128, 4, 12, 6, .pad = true, .bench = true },
};

static void
build_window_attention (CheckRun *run)
{
    const WindowAttention *p = run->params;
    M2fWindowAttention *a = &run->args.window_attention;
    int c = p->channels, entries = (2 * p->window - 1) * (2 * p->window - 1);
    int64_t pixels = (int64_t) p->batch * p->height * p->width;
    float *qkv = check_normal (run, pixels * 3 * c, 0, 1);

    if (p->extreme)
        for (int64_t i = 0; i < pixels; i++)
            for (int j = 0; j < 2 * c; j++)
                qkv[i * 3 * c + j] *= 60;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch, p->height,
        p->width, c);
    a->qkv = (p->from_bf16 ? check_bf16 : check_input) (run, "qkv", p->batch, p->height,
        p->width, 3 * c, qkv);
    if (p->pad)
        a->pad = check_input (run, "pad", 1, 1, 1, 3 * c, check_normal (run, 3 * c, 0, 1));
    a->bias = check_weight (run, "bias", M2F_WINDOW_BIAS, 1, 1, entries, p->heads,
        check_normal (run, (int64_t) entries * p->heads, 0, 1));
    a->heads = p->heads;
    a->window = p->window;
    a->shift = p->shift;
    a->region_penalty = p->penalty;
}

void
check_cases_window_attention (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (window_attentions); i++) {
        const WindowAttention *p = &window_attentions[i];
        double across = ceil ((double) p->width / p->window);
        double windows = p->batch * ceil ((double) p->height / p->window) * across;
        char *name = g_strdup_printf ("window_attention_%dx%dx%dx%d_h%d_w%d_s%d%s%s%s%s%s",
            p->batch,
            p->height, p->width, p->channels, p->heads, p->window, p->shift,
            p->pad ? "_pad" : "", p->extreme ? "_1e4" : "", p->gap ? "_strided" : "",
            p->from_bf16 ? "_from16" : "", p->to_bf16 ? "_to16" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_window_attention, .name = name,
            .build = build_window_attention, .params = p,
            .bf16 = p->from_bf16 || p->to_bf16,
            .limits = p->extreme ? &extreme_limits : &attention_limits,
            .flops = 4 * windows * pow (p->window, 4) * p->channels, .bench = p->bench });
    }
}

/* ---- attention ------------------------------------------------------------------------------ */

typedef struct Attention {
    int batch, queries, keys, channels, heads;
    enum {
        NO_MASK,
        MASK,      /* a normal number each: half of the keys blocked */
        UGLY_MASK, /* see ugly_mask() */
    } mask;
    bool extreme;
    int gap;
    bool from_bf16, to_bf16; /* q, k and v; dst */
    bool bench;
} Attention;

static const Attention attentions[] = {
    { 1, 1, 1, 8, 1 },
    { 1, 1, 1, 8, 1, UGLY_MASK },
    { 1, 3, 7, 8, 1, MASK },
    { 1, 7, 1, 32, 2, MASK },
    { 2, 5, 3, 16, 2 },
    { 1, 17, 31, 32, 4, UGLY_MASK },
    { 2, 31, 33, 64, 8, UGLY_MASK },
    { 1, 33, 65, 64, 4, MASK, .gap = 3 },
    { 2, 9, 17, 96, 3, NO_MASK, .gap = 7 },
    { 1, 100, 63, 256, 8, UGLY_MASK, .gap = 1 },
    { 1, 9, 21, 20, 4, UGLY_MASK },
    { 1, 300, 1, 256, 8, MASK },
    { 2, 100, 144, 256, 8, UGLY_MASK },
    { 1, 65, 1023, 64, 2, UGLY_MASK },
    { 1, 70, 600, 128, 2, UGLY_MASK },
    { 2, 40, 19, 74, 2, MASK, .gap = 3 },
    { 1, 16, 144, 32, 1, NO_MASK, .extreme = true },
    { 1, 16, 144, 64, 2, UGLY_MASK, .extreme = true },
    { 1, 1, 1, 8, 1, UGLY_MASK, .from_bf16 = true, .to_bf16 = true },
    { 1, 9, 21, 20, 4, UGLY_MASK, .from_bf16 = true, .gap = 2 },
    { 2, 31, 133, 64, 8, UGLY_MASK, .from_bf16 = true, .to_bf16 = true, .gap = 1 },
    { 2, 100, 144, 256, 8, MASK, .from_bf16 = true, .to_bf16 = true },
    { 1, 33, 65, 96, 2, NO_MASK, .to_bf16 = true, .gap = 3 },

    /* 100 queries on themselves, and on the three levels of 384x384 */
    { 1, 100, 100, 256, 8, .bench = true },
    { 1, 100, 144, 256, 8, MASK, .bench = true },
    { 1, 100, 576, 256, 8, MASK, .bench = true },
    { 1, 100, 2304, 256, 8, MASK, .bench = true },
    { 1, 100, 2304, 256, 8, MASK, .from_bf16 = true, .to_bf16 = true, .bench = true },
};

/* Row by row: all blocked; all but the last key; all but the first; none, by zeros of both signs;
 * every second. */
static void
ugly_mask (float *mask, int rows, int keys)
{
    for (int row = 0; row < rows; row++)
        for (int key = 0; key < keys; key++) {
            float *m = &mask[(int64_t) row * keys + key];
            switch (row % 5) {
            case 0:
                *m = -fabsf (*m) - 1e-30f;
                break;
            case 1:
                *m = key == keys - 1 ? 1e-30f : -1e-30f;
                break;
            case 2:
                *m = key == 0 ? 1e4f : -1e4f;
                break;
            case 3:
                *m = key % 2 ? 0.0f : -0.0f;
                break;
            default:
                *m = key % 2 ? -1.0f : 1.0f;
            }
        }
}

static void
build_attention (CheckRun *run)
{
    const Attention *p = run->params;
    M2fAttention *a = &run->args.attention;
    int b = p->batch, c = p->channels;
    double deviation = p->extreme ? 60 : 1;
    M2fTensor (*input) (CheckRun *run, const char *name, int n0, int n1, int n2, int n3,
        const float *data) = p->from_bf16 ? check_bf16 : check_input;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, b, 1, p->queries, c);
    a->q = input (run, "q", b, 1, p->queries, c,
        check_normal (run, (int64_t) b * p->queries * c, 0, deviation));
    a->k = input (run, "k", b, 1, p->keys, c,
        check_normal (run, (int64_t) b * p->keys * c, 0, deviation));
    a->v = input (run, "v", b, 1, p->keys, c,
        check_normal (run, (int64_t) b * p->keys * c, 0, 1));
    if (p->mask) {
        float *mask = check_normal (run, (int64_t) b * p->queries * p->keys, 0, 1);
        if (p->mask == UGLY_MASK)
            ugly_mask (mask, b * p->queries, p->keys);
        a->mask = check_input (run, "mask", b, 1, p->queries, p->keys, mask);
    }
    a->heads = p->heads;
}

void
check_cases_attention (CheckList *list)
{
    static const char *const masks[] = { "", "_mask", "_uglymask" };

    for (size_t i = 0; i < G_N_ELEMENTS (attentions); i++) {
        const Attention *p = &attentions[i];
        char *name = g_strdup_printf ("attention_b%d_q%d_k%d_c%d_h%d%s%s%s%s%s", p->batch,
            p->queries, p->keys, p->channels, p->heads, masks[p->mask],
            p->extreme ? "_1e4" : "", p->gap ? "_strided" : "",
            p->from_bf16 ? "_from16" : "", p->to_bf16 ? "_to16" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_attention, .name = name,
            .build = build_attention, .params = p,
            .bf16 = p->from_bf16 || p->to_bf16,
            .limits = p->extreme ? &extreme_limits : &attention_limits,
            .flops = 4.0 * p->batch * p->queries * p->keys * p->channels, .bench = p->bench });
    }
}

/* Cases of the convolutions and patch_gather.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

#include <math.h>

/* Derived like product_limits in linear.c.  Winograd's F(4 x 4) would cost another digit, which is
 * not granted below float32.  F(2 x 2) has 2.8 times the variance of a direct convolution with
 * rounded operands, which has 5.5e-6 in bf16. */
static const CheckLimits conv_limits = {
    .fp32 = { 1e-5, 1e-11 },
    .bf16 = { 1.5e-2, 3e-5 },
    .fp16 = { 2e-3, 1e-6 },
};

static const CheckLimits exact = { { 0, 0 } };

/* ---- conv3x3 -------------------------------------------------------------------------------- */

typedef struct Conv {
    int batch, height, width, channels, filters;
    bool bias;
    int gap;
    bool bench;
} Conv;

static const Conv convs[] = {
    { 1, 1, 1, 1, 1, .bias = true },
    { 1, 1, 7, 3, 2 },
    { 1, 7, 1, 2, 3, .bias = true },
    { 1, 2, 2, 5, 7 },
    { 2, 3, 3, 16, 16, .bias = true },
    { 2, 5, 9, 17, 31, .gap = 3 },
    { 1, 31, 33, 17, 19, .bias = true },
    { 1, 17, 15, 64, 33, .bias = true, .gap = 1 },
    { 1, 13, 12, 96, 65 },
    { 2, 9, 9, 64, 128, .bias = true },
    { 1, 25, 34, 64, 64 },
    { 1, 12, 12, 256, 256 },
    { 2, 3, 150, 16, 33, .bias = true, .gap = 2 },
    { 1, 41, 70, 34, 20 },

    { 1, 24, 24, 256, 256, .bench = true },
    { 1, 96, 96, 256, 256, .bench = true }, /* the FPN's layer at 384x384 */
};

static void
build_conv3x3 (CheckRun *run)
{
    const Conv *p = run->params;
    M2fConv3x3 *a = &run->args.conv3x3;
    int64_t pixels = (int64_t) p->batch * p->height * p->width;
    int64_t weights = (int64_t) p->filters * p->channels * 9;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", M2F_F32, p->batch, p->height, p->width, p->filters);
    a->src = check_input (run, "src", p->batch, p->height, p->width, p->channels,
        check_normal (run, pixels * p->channels, 0, 1));
    a->weight = check_weight (run, "weight", M2F_CONV3X3_WEIGHT, p->filters, p->channels, 3, 3,
        check_normal (run, weights, 0, 1 / sqrt (9.0 * p->channels)));
    if (p->bias)
        a->bias = check_input (run, "bias", 1, 1, 1, p->filters,
            check_normal (run, p->filters, 0, 1));
}

void
check_cases_conv3x3 (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (convs); i++) {
        const Conv *p = &convs[i];
        double pixels = (double) p->batch * p->height * p->width;
        char *name = g_strdup_printf ("conv3x3_%dx%dx%dx%d_n%d%s%s", p->batch, p->height,
            p->width, p->channels, p->filters, p->bias ? "_bias" : "",
            p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_conv3x3, .name = name,
            .build = build_conv3x3, .params = p, .limits = &conv_limits,
            .flops = 18 * pixels * p->channels * p->filters, .bench = p->bench });
    }
}

/* ---- conv2d and depthwise_conv -------------------------------------------------------------- */

/* Sums of kernel^2 C products, directly: what a product loses.  A result of bf16 is rounded once
 * more, and judged by what it was before. */
static const CheckLimits product_limits = {
    .fp32 = { 1e-5, 1e-11 },
    .bf16 = { 1.5e-2, 1e-5 },
    .fp16 = { 2e-3, 1e-6 },
};

/* Weights and sums of depthwise convolutions stay float32 whatever the precision. */
static const CheckLimits depthwise_limits = { .fp32 = { 1e-5, 1e-11 } };

typedef struct Strided {
    int batch, height, width, channels, filters; /* no filters: depthwise */
    int kernel, stride;
    M2fActivation activation;
    bool bias, addend;
    int gap;
    bool from_bf16, to_bf16;
    bool odd; /* sources infinite or not a number here and there */
    bool bench;
    int groups; /* of conv2d; 0 = 1 */
} Strided;

static const Strided conv2ds[] = {
    { 1, 1, 1, 1, 1, 1, 1 },
    { 1, 1, 1, 1, 1, 3, 2, .bias = true },
    { 1, 1, 9, 3, 2, 3, 2, .activation = M2F_RELU6 },
    { 1, 9, 1, 2, 3, 5, 2, .bias = true, .activation = M2F_RELU },
    { 1, 2, 2, 3, 5, 7, 2, .bias = true, .activation = M2F_GELU },
    { 1, 8, 9, 5, 7, 1, 2, .bias = true },
    { 2, 7, 9, 17, 31, 3, 2, .bias = true, .gap = 3 },
    { 1, 31, 33, 3, 32, 3, 2, .bias = true, .activation = M2F_RELU6 },
    { 2, 30, 34, 3, 64, 7, 2, .bias = true, .activation = M2F_RELU },
    { 1, 17, 15, 64, 33, 3, 1, .gap = 1 },
    { 1, 20, 21, 7, 9, 5, 3, .bias = true },
    { 1, 11, 25, 48, 34, 3, 2, .activation = M2F_RELU6 },
    { 2, 9, 8, 16, 20, 3, 2, .bias = true, .from_bf16 = true, .to_bf16 = true },
    { 1, 9, 8, 6, 20, 3, 2, .bias = true, .from_bf16 = true, .gap = 2 },
    { 1, 13, 12, 3, 32, 3, 2, .bias = true, .activation = M2F_RELU6, .to_bf16 = true },
    { 1, 9, 8, 5, 7, 3, 2, .from_bf16 = true, .to_bf16 = true, .gap = 1 },
    { 1, 12, 14, 33, 16, 3, 1, .bias = true, .odd = true },
    { 1, 1, 1, 1, 1, 3, 1, .addend = true },
    { 2, 9, 11, 20, 24, 3, 1, .bias = true, .addend = true, .activation = M2F_RELU },
    { 2, 25, 23, 12, 37, 3, 2, .bias = true, .addend = true, .activation = M2F_RELU, .gap = 3 },
    { 1, 10, 12, 16, 32, 1, 2, .bias = true, .addend = true, .activation = M2F_GELU },
    { 1, 15, 12, 32, 20, 3, 1, .bias = true, .addend = true, .activation = M2F_RELU,
        .from_bf16 = true, .to_bf16 = true },
    { 1, 1, 1, 6, 128, 3, 2, .groups = 2 },
    { 2, 7, 9, 10, 128, 3, 1, .bias = true, .activation = M2F_RELU, .groups = 2, .gap = 2 },
    { 1, 25, 23, 192, 192, 3, 2, .bias = true, .activation = M2F_RELU, .groups = 3 },
    { 1, 11, 14, 256, 256, 3, 1, .addend = true, .from_bf16 = true, .to_bf16 = true,
        .groups = 4 },
    { 1, 5, 4, 256, 512, 5, 1, .bias = true, .groups = 2 },

    { 1, 320, 448, 3, 32, 3, 2, .bias = true, .activation = M2F_RELU6, .bench = true },
    { 1, 320, 448, 3, 32, 3, 2, .bias = true, .activation = M2F_RELU6, .to_bf16 = true,
        .bench = true },
    { 1, 96, 96, 128, 128, 3, 2, .bias = true, .activation = M2F_RELU, .bench = true },
    { 1, 48, 48, 256, 256, 3, 1, .bias = true, .activation = M2F_RELU, .groups = 4,
        .bench = true },
};

static const Strided depthwises[] = {
    { 1, 1, 1, 1, 0, 3, 1 },
    { 1, 1, 1, 3, 0, 5, 2, .bias = true, .activation = M2F_RELU6 },
    { 1, 1, 9, 17, 0, 3, 2, .bias = true },
    { 1, 9, 1, 15, 0, 5, 1, .activation = M2F_RELU },
    { 1, 2, 2, 33, 0, 5, 1, .bias = true },
    { 2, 3, 4, 16, 0, 3, 1, .bias = true, .activation = M2F_RELU6 },
    { 2, 5, 9, 31, 0, 3, 1, .bias = true, .gap = 3 },
    { 2, 7, 6, 32, 0, 3, 2, .bias = true, .activation = M2F_RELU6, .gap = 1 },
    { 1, 11, 13, 65, 0, 5, 1, .bias = true, .activation = M2F_RELU6 },
    { 1, 12, 10, 24, 0, 5, 2, .bias = true, .activation = M2F_RELU6 },
    { 1, 9, 10, 40, 0, 5, 2 },
    { 1, 33, 31, 48, 0, 3, 1, .bias = true, .activation = M2F_RELU6 },
    { 1, 1, 1, 1, 0, 7, 1 },
    { 1, 3, 2, 5, 0, 7, 1, .bias = true },
    { 1, 4, 9, 16, 0, 7, 1, .bias = true, .gap = 1 },
    { 2, 9, 23, 33, 0, 7, 1, .bias = true, .activation = M2F_RELU6 },
    { 1, 12, 37, 48, 0, 7, 2, .bias = true, .activation = M2F_RELU },
    { 1, 11, 19, 37, 0, 7, 1, .bias = true, .from_bf16 = true, .to_bf16 = true },
    { 1, 12, 24, 19, 0, 7, 1, .bias = true, .odd = true },
    { 3, 8, 9, 20, 0, 3, 1, .from_bf16 = true, .to_bf16 = true, .activation = M2F_RELU6 },
    { 1, 8, 9, 33, 0, 3, 2, .bias = true, .from_bf16 = true, .to_bf16 = true, .gap = 3 },
    { 1, 8, 9, 7, 0, 5, 1, .bias = true, .from_bf16 = true, .gap = 1 },
    { 1, 9, 7, 37, 0, 5, 2, .bias = true, .from_bf16 = true, .to_bf16 = true },
    { 1, 9, 7, 18, 0, 3, 1, .to_bf16 = true, .activation = M2F_RELU },
    { 1, 12, 14, 19, 0, 3, 1, .bias = true, .odd = true },
    { 1, 12, 14, 19, 0, 3, 2, .bias = true, .odd = true, .activation = M2F_RELU6,
        .from_bf16 = true },

    /* MobileNetV2 at 320x448: in the second, the third and the last group of blocks */
    { 1, 160, 224, 96, 0, 3, 2, .bias = true, .activation = M2F_RELU6, .bench = true },
    { 1, 80, 112, 144, 0, 3, 1, .bias = true, .activation = M2F_RELU6, .bench = true },
    { 1, 160, 224, 96, 0, 3, 2, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
    { 1, 80, 112, 144, 0, 3, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
    { 1, 20, 28, 384, 0, 3, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
    { 1, 10, 14, 960, 0, 3, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
    { 1, 80, 112, 144, 0, 5, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
};

static M2fTensor
strided_source (CheckRun *run, const Strided *p)
{
    static const float odd_numbers[] = { NAN, INFINITY, -INFINITY };
    const int64_t count = (int64_t) p->batch * p->height * p->width * p->channels;
    float *data = check_normal (run, count, 0, 1);

    for (int64_t i = 0; p->odd && i < count; i += 97)
        data[i] = odd_numbers[i / 97 % G_N_ELEMENTS (odd_numbers)];
    return (p->from_bf16 ? check_bf16 : check_input) (run, "src", p->batch, p->height, p->width,
        p->channels, data);
}

static M2fTensor
strided_result (CheckRun *run, const Strided *p, int channels)
{
    return check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch,
        (p->height + p->stride - 1) / p->stride, (p->width + p->stride - 1) / p->stride, channels);
}

static void
build_conv2d (CheckRun *run)
{
    const Strided *p = run->params;
    M2fConv2d *a = &run->args.conv2d;
    const int taps = p->kernel * p->kernel, channels = p->channels / MAX (p->groups, 1);

    run->gap = p->gap;
    a->dst = strided_result (run, p, p->filters);
    a->src = strided_source (run, p);
    a->weight = check_weight (run, "weight", M2F_CONV2D_WEIGHT, p->filters, channels, p->kernel,
        p->kernel, check_normal (run, (int64_t) p->filters * channels * taps, 0,
            1 / sqrt ((double) taps * channels)));
    if (p->bias)
        a->bias = check_input (run, "bias", 1, 1, 1, p->filters,
            check_normal (run, p->filters, 0, 1));
    if (p->addend)
        a->addend = check_input (run, "addend", a->dst.ne[0], a->dst.ne[1], a->dst.ne[2],
            p->filters, check_normal (run, m2f_tensor_rows (&a->dst) * p->filters, 0, 1));
    a->stride = p->stride;
    a->activation = p->activation;
}

static void
build_depthwise_conv (CheckRun *run)
{
    const Strided *p = run->params;
    M2fDepthwiseConv *a = &run->args.depthwise_conv;
    const int taps = p->kernel * p->kernel;

    run->gap = p->gap;
    a->dst = strided_result (run, p, p->channels);
    a->src = strided_source (run, p);
    a->weight = check_weight (run, "weight", M2F_DEPTHWISE_WEIGHT, p->channels, 1, p->kernel,
        p->kernel, check_normal (run, (int64_t) p->channels * taps, 0, 1.0 / p->kernel));
    if (p->bias)
        a->bias = check_input (run, "bias", 1, 1, 1, p->channels,
            check_normal (run, p->channels, 0, 3));
    a->stride = p->stride;
    a->activation = p->activation;
}

static char *
strided_name (const char *op, const Strided *p)
{
    static const char *const activations[] = { "", "_relu", "_relu6", "_gelu" };
    GString *name = g_string_new (op);

    g_string_append_printf (name, "_%dx%dx%dx%d", p->batch, p->height, p->width, p->channels);
    if (p->filters)
        g_string_append_printf (name, "_n%d", p->filters);
    if (p->groups)
        g_string_append_printf (name, "_g%d", p->groups);
    g_string_append_printf (name, "_k%d_s%d%s%s%s%s%s%s%s", p->kernel, p->stride,
        p->bias ? "_bias" : "", p->addend ? "_addend" : "", activations[p->activation],
        p->gap ? "_gap" : "",
        p->from_bf16 ? "_from16" : "", p->to_bf16 ? "_to16" : "", p->odd ? "_odd" : "");
    return g_string_free (name, FALSE);
}

void
check_cases_conv2d (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (conv2ds); i++) {
        const Strided *p = &conv2ds[i];
        const double products
            = (double) p->kernel * p->kernel * p->channels * p->filters / MAX (p->groups, 1);

        check_add (list, (CheckCase) { .op = CHECK_OP_conv2d, .name = strided_name ("conv2d", p),
            .build = build_conv2d, .params = p, .limits = &product_limits,
            .bf16 = p->from_bf16 || p->to_bf16,
            .flops = 2 * products * p->batch * p->height * p->width / p->stride / p->stride,
            .bench = p->bench });
    }
}

void
check_cases_depthwise_conv (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (depthwises); i++) {
        const Strided *p = &depthwises[i];

        check_add (list, (CheckCase) { .op = CHECK_OP_depthwise_conv,
            .name = strided_name ("depthwise_conv", p), .build = build_depthwise_conv,
            .params = p, .limits = &depthwise_limits, .bf16 = p->from_bf16 || p->to_bf16,
            .bench = p->bench });
    }
}

/* ---- inverted_residual ----------------------------------------------------------------------- */

/* Three layers one after the other, each of which loses what a product loses; the roundings to bf16
 * are five (the source, two weights, what the last two layers read) in place of a product's two.
 * int8 also rounds the ranges of two products' rows and columns. */
static const CheckLimits block_limits = {
    .fp32 = { 2e-5, 3e-11 },
    .bf16 = { 2.4e-2, 2.5e-5 },
    .fp16 = { 4e-3, 2e-6 },
    .int8 = { 4e-2, 5e-4 },
};

typedef struct InvertedResidual {
    int batch, height, width, channels, hidden, filters; /* nothing is expanded if hidden is 0 */
    int kernel, stride;
    M2fActivation activation;
    bool bias, residual;
    int gap;
    bool from_bf16, to_bf16;
    bool bench;
} InvertedResidual;

static const InvertedResidual inverted_residuals[] = {
    { 1, 1, 1, 1, 0, 1, 3, 1 },
    { 1, 1, 1, 2, 4, 2, 5, 2, .bias = true, .activation = M2F_RELU6 },
    { 1, 1, 9, 8, 17, 3, 3, 2, .bias = true },
    { 1, 9, 1, 4, 40, 5, 5, 1, .activation = M2F_RELU },
    { 2, 5, 6, 6, 36, 6, 3, 1, .bias = true, .activation = M2F_RELU6, .residual = true },
    { 3, 7, 9, 16, 96, 24, 3, 2, .bias = true, .activation = M2F_RELU6, .gap = 3 },
    { 1, 10, 7, 24, 144, 24, 3, 1, .bias = true, .activation = M2F_RELU6, .residual = true },
    { 1, 19, 17, 12, 33, 10, 5, 1, .bias = true, .activation = M2F_RELU6 },
    { 2, 13, 12, 32, 0, 16, 3, 1, .bias = true, .activation = M2F_RELU6 },
    { 1, 12, 13, 20, 0, 9, 3, 2, .bias = true, .activation = M2F_RELU6, .gap = 1 },
    { 1, 11, 33, 32, 192, 32, 3, 1, .bias = true, .activation = M2F_RELU6, .residual = true,
        .gap = 2 },
    { 1, 12, 10, 16, 96, 24, 3, 2, .bias = true, .activation = M2F_RELU6, .from_bf16 = true },
    { 2, 8, 9, 32, 0, 16, 3, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true },
    { 1, 9, 8, 10, 30, 12, 3, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .gap = 3, .residual = false, .to_bf16 = true },

    /* MobileNetV2 at 256x480 */
    { 1, 128, 240, 32, 0, 16, 3, 1, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
    { 1, 128, 240, 16, 96, 24, 3, 2, .bias = true, .activation = M2F_RELU6, .from_bf16 = true,
        .bench = true },
    { 1, 64, 120, 24, 144, 24, 3, 1, .bias = true, .activation = M2F_RELU6, .residual = true,
        .bench = true },
    { 1, 16, 30, 64, 384, 64, 3, 1, .bias = true, .activation = M2F_RELU6, .residual = true,
        .bench = true },
    { 1, 8, 15, 160, 960, 160, 3, 1, .bias = true, .activation = M2F_RELU6, .residual = true,
        .bench = true },
};

/* A product's weight (1, 1, N, K), and its bias if the block has some. */
static void
make_product (CheckRun *run, const InvertedResidual *p, const char *name, int n, int k,
    M2fTensor *weight, M2fTensor *bias)
{
    *weight = check_weight (run, name, M2F_LINEAR_WEIGHT, 1, 1, n, k,
        check_normal (run, (int64_t) n * k, 0, 1 / sqrt (k)));
    if (p->bias)
        *bias = check_input (run, "bias", 1, 1, 1, n, check_normal (run, n, 0, 1));
}

static void
build_inverted_residual (CheckRun *run)
{
    const InvertedResidual *p = run->params;
    const Strided source = {
        .batch = p->batch, .height = p->height, .width = p->width, .channels = p->channels,
        .stride = p->stride, .from_bf16 = p->from_bf16, .to_bf16 = p->to_bf16,
    };
    const int hidden = p->hidden > 0 ? p->hidden : p->channels, taps = p->kernel * p->kernel;
    M2fInvertedResidual *a = &run->args.inverted_residual;

    run->gap = p->gap;
    a->dst = strided_result (run, &source, p->filters);
    a->src = strided_source (run, &source);
    if (p->hidden > 0)
        make_product (run, p, "expand", hidden, p->channels, &a->expand, &a->expand_bias);
    make_product (run, p, "project", p->filters, hidden, &a->project, &a->project_bias);
    a->depthwise = check_weight (run, "depthwise", M2F_DEPTHWISE_WEIGHT, hidden, 1, p->kernel,
        p->kernel, check_normal (run, (int64_t) hidden * taps, 0, 1.0 / p->kernel));
    if (p->bias)
        a->depthwise_bias = check_input (run, "depthwise_bias", 1, 1, 1, hidden,
            check_normal (run, hidden, 0, 1));
    if (p->residual)
        a->residual = check_input (run, "residual", a->dst.ne[0], a->dst.ne[1], a->dst.ne[2],
            p->filters, check_normal (run, m2f_tensor_rows (&a->dst) * p->filters, 0, 1));
    a->stride = p->stride;
    a->activation = p->activation;
}

void
check_cases_inverted_residual (CheckList *list)
{
    static const char *const activations[] = { "", "_relu", "_relu6" };

    for (size_t i = 0; i < G_N_ELEMENTS (inverted_residuals); i++) {
        const InvertedResidual *p = &inverted_residuals[i];
        const double hidden = p->hidden > 0 ? p->hidden : p->channels;
        const double pixels = (double) p->batch * p->height * p->width;
        const double results = pixels / p->stride / p->stride;
        char *name = g_strdup_printf ("inverted_residual_%dx%dx%dx%d_h%d_n%d_k%d_s%d%s%s%s%s%s%s",
            p->batch, p->height, p->width, p->channels, p->hidden, p->filters, p->kernel,
            p->stride, p->bias ? "_bias" : "", p->residual ? "_residual" : "",
            activations[p->activation], p->gap ? "_gap" : "", p->from_bf16 ? "_from16" : "",
            p->to_bf16 ? "_to16" : "");

        check_add (list, (CheckCase) { .op = CHECK_OP_inverted_residual, .name = name,
            .build = build_inverted_residual, .params = p, .limits = &block_limits,
            .bf16 = p->from_bf16 || p->to_bf16,
            .flops = 2 * hidden * (results * (p->kernel * p->kernel + p->filters)
                + (p->hidden > 0 ? pixels * p->channels : 0)),
            .bench = p->bench });
    }
}

/* ---- max_pool ------------------------------------------------------------------------------- */

typedef struct MaxPool {
    int batch, height, width, channels;
    int gap;
    bool odd; /* numbers infinite or not a number here and there */
    bool bench;
} MaxPool;

static const MaxPool max_pools[] = {
    { 1, 1, 1, 1 },
    { 1, 2, 1, 3 },
    { 1, 1, 9, 17, .gap = 3 },
    { 2, 5, 7, 31 },
    { 3, 8, 6, 16, .gap = 1 },
    { 1, 33, 30, 65, .odd = true },

    { 1, 192, 192, 64, .bench = true },
};

static void
build_max_pool (CheckRun *run)
{
    const MaxPool *p = run->params;
    const Strided source = {
        .batch = p->batch, .height = p->height, .width = p->width, .channels = p->channels,
        .stride = 2, .odd = p->odd,
    };
    M2fMaxPool *a = &run->args.max_pool;

    run->gap = p->gap;
    a->dst = strided_result (run, &source, p->channels);
    a->src = strided_source (run, &source);
}

void
check_cases_max_pool (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (max_pools); i++) {
        const MaxPool *p = &max_pools[i];
        char *name = g_strdup_printf ("max_pool_%dx%dx%dx%d%s%s", p->batch, p->height, p->width,
            p->channels, p->gap ? "_strided" : "", p->odd ? "_odd" : "");

        check_add (list, (CheckCase) { .op = CHECK_OP_max_pool, .name = name,
            .build = build_max_pool, .params = p, .limits = &exact, .bench = p->bench });
    }
}

/* ---- patch_gather --------------------------------------------------------------------------- */

typedef struct PatchGather {
    int batch, height, width, channels;
    M2fLevel patch;
    int gap;
    bool whole;
    bool bench;
} PatchGather;

static const PatchGather patch_gathers[] = {
    { 1, 1, 1, 1, { 1, 1 } },
    { 1, 1, 1, 3, { 4, 4 } },
    { 1, 3, 9, 3, { 4, 4 } },
    { 2, 5, 7, 3, { 4, 4 }, .gap = 5 },
    { 2, 7, 5, 2, { 3, 3 } },
    { 2, 19, 23, 3, { 4, 2 } },
    { 1, 33, 31, 5, { 2, 2 }, .gap = 1 },
    { 1, 8, 8, 3, { 8, 8 } },
    { 1, 101, 67, 3, { 4, 4 } },
    { 1, 2, 2, 3, { 2, 2 }, .whole = true },
    { 2, 31, 44, 3, { 14, 14 }, .whole = true },
    { 1, 31, 44, 2, { 3, 5 }, .whole = true },
    { 2, 7, 9, 33, { 2, 2 }, .gap = 1, .whole = true },

    { 1, 384, 384, 3, { 4, 4 }, .bench = true },
};

static void
build_patch_gather (CheckRun *run)
{
    const PatchGather *p = run->params;
    M2fPatchGather *a = &run->args.patch_gather;
    const int h = p->patch.height, w = p->patch.width;
    int64_t size = (int64_t) p->batch * p->height * p->width * p->channels;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", M2F_F32, p->batch,
        (p->height + (p->whole ? 0 : h - 1)) / h, (p->width + (p->whole ? 0 : w - 1)) / w,
        p->channels * h * w);
    a->src = check_input (run, "src", p->batch, p->height, p->width, p->channels,
        check_normal (run, size, 0, 1));
    a->patch = p->patch;
    a->whole = p->whole;
}

void
check_cases_patch_gather (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (patch_gathers); i++) {
        const PatchGather *p = &patch_gathers[i];
        char *name = g_strdup_printf ("patch_gather_%dx%dx%dx%d_p%dx%d%s%s", p->batch,
            p->height, p->width, p->channels, p->patch.height, p->patch.width,
            p->whole ? "_whole" : "", p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_patch_gather, .name = name,
            .build = build_patch_gather, .params = p, .limits = &exact, .bench = p->bench });
    }
}

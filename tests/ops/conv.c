/* Cases of conv3x3 and patch_gather.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

#include <math.h>

/* As product_limits in linear.c.  Winograd's F(4 x 4) would cost another digit: not granted below
 * float32.  F(2 x 2) has 2.8 times the variance of a direct convolution with rounded operands,
 * which has 5.5e-6 in bf16. */
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

/* ---- patch_gather --------------------------------------------------------------------------- */

typedef struct PatchGather {
    int batch, height, width, channels, patch;
    int gap;
    bool bench;
} PatchGather;

static const PatchGather patch_gathers[] = {
    { 1, 1, 1, 1, 1 },
    { 1, 1, 1, 3, 4 },
    { 1, 3, 9, 3, 4 },
    { 2, 5, 7, 3, 4, .gap = 5 },
    { 2, 7, 5, 2, 3 },
    { 1, 33, 31, 5, 2, .gap = 1 },
    { 1, 8, 8, 3, 8 },
    { 1, 101, 67, 3, 4 },

    { 1, 384, 384, 3, 4, .bench = true },
};

static void
build_patch_gather (CheckRun *run)
{
    const PatchGather *p = run->params;
    M2fPatchGather *a = &run->args.patch_gather;
    int64_t size = (int64_t) p->batch * p->height * p->width * p->channels;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", M2F_F32, p->batch, (p->height + p->patch - 1) / p->patch,
        (p->width + p->patch - 1) / p->patch, p->channels * p->patch * p->patch);
    a->src = check_input (run, "src", p->batch, p->height, p->width, p->channels,
        check_normal (run, size, 0, 1));
    a->patch = p->patch;
}

void
check_cases_patch_gather (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (patch_gathers); i++) {
        const PatchGather *p = &patch_gathers[i];
        char *name = g_strdup_printf ("patch_gather_%dx%dx%dx%d_p%d%s", p->batch, p->height,
            p->width, p->channels, p->patch, p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_patch_gather, .name = name,
            .build = build_patch_gather, .params = p, .limits = &exact, .bench = p->bench });
    }
}

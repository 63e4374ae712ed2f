/* Cases of pointwise.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

/* Float32 whatever the precision; an exponential is off by a few 1e-7 of itself. */
static const CheckLimits limits = { .fp32 = { 1e-5, 1e-11 } };

static const char *const names[M2F_N_ACTIVATIONS] = {
    [M2F_NO_ACTIVATION] = "none",
    [M2F_RELU] = "relu",
    [M2F_RELU6] = "relu6",
    [M2F_GELU] = "gelu",
    [M2F_GELU_TANH] = "gelu_tanh",
    [M2F_GELU_CLIPPED] = "gelu_clipped",
    [M2F_GELU_SIGMOID] = "gelu_sigmoid",
    [M2F_SILU] = "silu",
    [M2F_HARD_SWISH] = "hard_swish",
    [M2F_MISH] = "mish",
    [M2F_LEAKY_RELU] = "leaky_relu",
    [M2F_RELU_SQUARED] = "relu_squared",
    [M2F_SIGMOID] = "sigmoid",
    [M2F_TANH] = "tanh",
    [M2F_LAPLACE] = "laplace",
    [M2F_SQRT_SOFTPLUS] = "sqrt_softplus",
    [M2F_PRELU] = "prelu",
    [M2F_XIELU] = "xielu",
};

typedef struct Pointwise {
    M2fActivation activation;
    int batch, rows, columns;
    int addend; /* rows, 0 = none */
    bool factor, in_place, to_bf16;
    double scale; /* standard deviation of the numbers; 0 = 3 */
    int gap;
    bool bench;
} Pointwise;

static const Pointwise cases[] = {
    { M2F_NO_ACTIVATION, 1, 1, 1 },
    { M2F_NO_ACTIVATION, 2, 144, 31, .addend = 144, .in_place = true },
    { M2F_RELU, 1, 3, 17 },
    { M2F_RELU6, 1, 3, 17, .gap = 1 },
    { M2F_GELU, 1, 9, 300 },
    { M2F_GELU_TANH, 2, 9, 257, .gap = 3 },
    { M2F_GELU_CLIPPED, 1, 33, 64, .scale = 20 },
    { M2F_GELU_SIGMOID, 1, 7, 100, .in_place = true },
    { M2F_SILU, 3, 5, 48, .addend = 5 },
    { M2F_SILU, 1, 5, 48, .to_bf16 = true },
    { M2F_HARD_SWISH, 1, 5, 512 },
    { M2F_MISH, 1, 11, 96, .to_bf16 = true },
    { M2F_MISH, 1, 3, 64, .scale = 100 },
    { M2F_LEAKY_RELU, 1, 2, 33 },
    { M2F_RELU_SQUARED, 1, 6, 35, .addend = 3, .gap = 1 },
    { M2F_SIGMOID, 1, 4, 63 },
    { M2F_SIGMOID, 1, 3, 64, .scale = 1000 },
    { M2F_TANH, 1, 1, 1000 },
    { M2F_TANH, 1, 3, 64, .scale = 1000 },
    { M2F_LAPLACE, 1, 8, 8 },
    { M2F_SQRT_SOFTPLUS, 1, 20, 20 },
    { M2F_SQRT_SOFTPLUS, 1, 3, 64, .scale = 100 },
    { M2F_PRELU, 1, 5, 40, .gap = 1 },
    { M2F_XIELU, 2, 7, 31, .factor = true },
    { M2F_XIELU, 1, 3, 64, .scale = 100 },
    { M2F_NO_ACTIVATION, 2, 3, 270, .factor = true, .to_bf16 = true },
    { M2F_SILU, 1, 4, 65, .addend = 2, .factor = true, .in_place = true, .gap = 1 },

    /* the hidden layer of a decoder's and of a first Swin block's MLP */
    { M2F_SILU, 1, 100, 2048, .bench = true },
    { M2F_GELU_TANH, 1, 9216, 384, .bench = true },
};

static void
build (CheckRun *run)
{
    const Pointwise *p = run->params;
    const int64_t count = (int64_t) p->batch * p->rows * p->columns;
    M2fPointwise *a = &run->args.pointwise;
    float *src = check_normal (run, count, 0, p->scale > 0 ? p->scale : 3);

    run->gap = p->gap;
    if (p->in_place) {
        a->dst = a->src = check_in_place (run, "dst", p->batch, 1, p->rows, p->columns, src);
    } else {
        a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch, 1, p->rows,
            p->columns);
        a->src = check_input (run, "src", p->batch, 1, p->rows, p->columns, src);
    }
    if (p->addend)
        a->addend = check_input (run, "addend", 1, 1, p->addend, p->columns,
            check_normal (run, (int64_t) p->addend * p->columns, 0, 1));
    if (p->factor)
        a->factor = check_input (run, "factor", p->batch, 1, p->rows, p->columns,
            check_normal (run, count, 0, 1));
    a->activation = p->activation;
    a->alpha[0] = 0.7f;
    a->alpha[1] = 0.3f;
    a->alpha[2] = 0.6f;
    a->alpha[3] = -0.4f;
}

void
check_cases_pointwise (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        const Pointwise *p = &cases[i];
        char *name = g_strdup_printf ("pointwise_%s_%dx%dx%d_%g%s%s%s%s%s", names[p->activation],
            p->batch, p->rows, p->columns, p->scale, p->addend ? "_addend" : "",
            p->factor ? "_factor" : "", p->in_place ? "_in_place" : "",
            p->to_bf16 ? "_to_bf16" : "", p->gap ? "_strided" : "");

        check_add (list, (CheckCase) { .op = CHECK_OP_pointwise, .name = name, .build = build,
            .params = p, .limits = &limits, .bf16 = p->to_bf16, .bench = p->bench });
    }
}

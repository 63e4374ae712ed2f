/* Cases of the products: linear, matmul.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

#include <float.h>
#include <math.h>

/* Operands are normal and scaled so that results are of order one.  In float32 a sum of K such
 * products is off by some 1e-7 sqrt (K) of its terms.  bf16 keeps 8 bits of each factor: 1.6e-3
 * per product, and as much of a sum of them; fp16 keeps three more.  Its NMSE is that of bf16 / 64
 * on average; where a handful of results happens to be small it is some times that.
 *
 * int8 has 255 steps for the range of a row, five to seven deviations, and as many for a column:
 * rounding adds a noise of up to 0.8 % of the deviation to each factor, an NMSE of 1.3e-4.  The
 * worst of a million results is off by five times that noise, and the largest is five itself. */
static const CheckLimits product_limits = {
    .fp32 = { 1e-5, 1e-11 },
    .bf16 = { 1.5e-2, 1e-5 },
    .fp16 = { 2e-3, 1e-6 },
    .int8 = { 2e-2, 2e-4 },
};

/* Whole numbers that int8 holds as they are: sums are exact, and rounded once. */
static const CheckLimits whole_limits = {
    .fp32 = { 1e-5, 1e-11 },
    .int8 = { 1e-9, 1e-18 },
};

/* Sums of equal numbers: float32 may err the same way each time, K 2^-24 in all. */
static const CheckLimits extreme_limits = {
    .fp32 = { 4e-3, 1.6e-5 },
    .int8 = { 1e-9, 1e-18 },
};
static const CheckLimits beyond_limits = { .fp32 = { 4e-3, 1.6e-5 } };

/* Mask logits, and weights that ask for it, stay float32 whatever the precision. */
static const CheckLimits exact_limits = { .fp32 = { 1e-5, 1e-11 } };

/* A GELU that is rounded to bf16 may be 1e-5 max (1, |x|) off before, for |x| up to 5. */
static const CheckLimits rounded_gelu_limits = {
    .fp32 = { 6e-5, 1e-9 },
    .bf16 = { 1.5e-2, 1e-5 },
    .int8 = { 2e-2, 2e-4 },
};

/* ---- linear --------------------------------------------------------------------------------- */

typedef struct Linear {
    int m, n, k;
    M2fActivation activation;
    bool bias;
    int addend;                                     /* rows, 0 = none */
    enum { NO_RESIDUAL, RESIDUAL, IN_PLACE } residual;
    int batch;                                      /* 0 = 1; m rows in all */
    int gap;
    float scale;                                    /* scale of the sums; 0 = 1 */
    bool exact;
    bool from_bf16, to_bf16;                        /* src, dst */
    bool odd;                                       /* not numbers, infinite, and huge ones */
    enum { ANY, RAGGED, WHOLE, EXTREME } values;    /* values of src and weight */
    bool bench;
} Linear;

static const Linear linears[] = {
    { 1, 1, 1 },
    { 1, 1, 17, .bias = true },
    { 1, 3, 7, .bias = true, .activation = M2F_RELU },
    { 3, 1, 31, .residual = RESIDUAL },
    { 7, 33, 1, .bias = true, .addend = 7 },
    { 1, 1000, 3, .bias = true },
    { 1000, 1, 5 },
    { 5, 2, 1000, .bias = true, .residual = RESIDUAL, .activation = M2F_GELU },
    { 16, 16, 16 },
    { 15, 17, 33, .bias = true, .gap = 1 },
    { 31, 33, 17, .bias = true, .activation = M2F_GELU, .residual = RESIDUAL },
    { 33, 31, 17, .bias = true, .activation = M2F_RELU, .addend = 11, .residual = IN_PLACE },
    { 33, 31, 32, .addend = 1, .activation = M2F_GELU },
    { 63, 65, 64, .bias = true, .gap = 7 },
    { 64, 64, 64, .bias = true, .gap = 3, .residual = IN_PLACE, .activation = M2F_RELU },
    { 65, 63, 65, .bias = true, .addend = 13, .gap = 5, .residual = RESIDUAL },
    { 127, 129, 31, .bias = true },
    { 129, 127, 255, .activation = M2F_RELU },
    { 128, 96, 257, .bias = true, .batch = 2, .addend = 64 },
    { 66, 48, 96, .bias = true, .batch = 2, .residual = IN_PLACE },
    { 49, 288, 96, .bias = true, .activation = M2F_GELU, .scale = 30 },
    { 100, 256, 256, .bias = true, .activation = M2F_RELU },
    { 100, 256, 256, .bias = true, .addend = 100, .batch = 1 },
    { 200, 256, 256, .bias = true, .addend = 100, .batch = 2 },
    { 100, 134, 256, .bias = true },
    { 300, 192, 256, .bias = true },
    { 577, 385, 768, .bias = true },
    { 100, 33, 256, .bias = true, .exact = true },
    { 33, 288, 64, .addend = 33, .activation = M2F_RELU, .exact = true },
    { 1, 1, 1, .from_bf16 = true, .to_bf16 = true },
    { 7, 33, 31, .bias = true, .from_bf16 = true },
    { 13, 65, 34, .bias = true, .to_bf16 = true, .gap = 1 },
    { 31, 33, 66, .bias = true, .from_bf16 = true, .gap = 1 },
    { 31, 47, 66, .bias = true, .from_bf16 = true, .to_bf16 = true, .gap = 2 },
    { 64, 64, 64, .from_bf16 = true, .to_bf16 = true },
    { 97, 100, 256, .bias = true, .activation = M2F_GELU, .from_bf16 = true, .to_bf16 = true },
    { 49, 288, 96, .bias = true, .activation = M2F_GELU, .scale = 3, .to_bf16 = true },
    { 33, 64, 96, .bias = true, .addend = 33, .to_bf16 = true, .gap = 2 },
    { 33, 64, 96, .bias = true, .addend = 33, .activation = M2F_RELU, .from_bf16 = true },
    { 66, 64, 96, .addend = 33, .from_bf16 = true },
    { 98, 31, 96, .bias = true, .activation = M2F_RELU, .to_bf16 = true, .residual = RESIDUAL },
    { 66, 48, 96, .batch = 2, .residual = IN_PLACE, .from_bf16 = true },
    { 33, 40, 2600, .bias = true, .from_bf16 = true, .to_bf16 = true, .addend = 11 },
    { 25, 64, 100, .bias = true, .activation = M2F_RELU, .residual = RESIDUAL },
    { 25, 64, 100, .activation = M2F_RELU, .residual = RESIDUAL, .from_bf16 = true,
        .to_bf16 = true, .gap = 2 },
    { 100, 64, 2600, .bias = true, .residual = IN_PLACE, .from_bf16 = true },
    { 25, 40, 5202, .bias = true, .from_bf16 = true, .gap = 3 },
    { 100, 33, 256, .bias = true, .from_bf16 = true, .to_bf16 = true, .exact = true },
    { 3, 51, 18, .bias = true, .from_bf16 = true, .to_bf16 = true, .odd = true },
    { 2500, 33, 34, .bias = true, .activation = M2F_RELU },
    { 2500, 33, 64, .bias = true, .from_bf16 = true },
    { 131, 70, 1560, .bias = true, .activation = M2F_RELU, .from_bf16 = true, .to_bf16 = true },
    { 5, 37, 26, .bias = true, .activation = M2F_RELU6, .scale = 3 },
    { 26, 64, 32, .bias = true, .activation = M2F_RELU6, .scale = 3, .residual = RESIDUAL },
    { 100, 33, 96, .bias = true, .activation = M2F_RELU6, .scale = 3, .from_bf16 = true,
        .to_bf16 = true, .gap = 1 },
    { 33, 64, 64, .bias = true, .activation = M2F_RELU6, .scale = 3, .addend = 11 },
    { 3, 51, 18, .bias = true, .activation = M2F_RELU6, .from_bf16 = true, .odd = true },
    { 3, 5, 2, .bias = true },
    { 1, 1, 4, .bias = true },
    { 1, 33, 12 },
    { 13, 70, 36, .bias = true, .gap = 3, .from_bf16 = true, .to_bf16 = true },
    { 50, 40, 100, .bias = true, .values = RAGGED },
    { 50, 40, 100, .bias = true, .values = RAGGED, .from_bf16 = true },
    { 1, 1, 4, .values = WHOLE },
    { 7, 33, 8, .values = WHOLE },
    { 25, 100, 252, .values = WHOLE, .gap = 1 },
    { 100, 65, 256, .bias = true, .values = WHOLE, .from_bf16 = true },
    { 2, 33, 5124, .values = EXTREME },
    { 3, 2, 65536, .values = EXTREME },
    { 3, 2, 65540, .values = EXTREME },

    /* Swin-T at 384x384, stage by stage: patches, qkv, output, the two of the MLP, reduction */
    { 9216, 96, 48, .bias = true, .bench = true },
    { 9216, 288, 96, .bias = true, .bench = true },
    { 9216, 96, 96, .bias = true, .residual = RESIDUAL, .bench = true },
    { 9216, 384, 96, .bias = true, .activation = M2F_GELU, .bench = true },
    { 9216, 96, 384, .bias = true, .residual = RESIDUAL, .bench = true },
    { 2304, 192, 384, .bench = true },
    { 2304, 576, 192, .bias = true, .bench = true },
    { 2304, 768, 192, .bias = true, .activation = M2F_GELU, .bench = true },
    { 576, 1152, 384, .bias = true, .bench = true },
    { 576, 384, 384, .bias = true, .residual = RESIDUAL, .bench = true },
    { 576, 1536, 384, .bias = true, .activation = M2F_GELU, .bench = true },
    { 576, 384, 1536, .bias = true, .residual = RESIDUAL, .bench = true },
    { 144, 2304, 768, .bias = true, .bench = true },
    { 144, 3072, 768, .bias = true, .activation = M2F_GELU, .bench = true },
    { 144, 768, 3072, .bias = true, .residual = RESIDUAL, .bench = true },
    /* pixel decoder: fused offsets, weights and values; FFN; mask features */
    { 3024, 544, 256, .bias = true, .addend = 3024, .bench = true },
    { 3024, 256, 256, .bias = true, .residual = RESIDUAL, .bench = true },
    { 3024, 1024, 256, .bias = true, .activation = M2F_RELU, .bench = true },
    { 3024, 256, 1024, .bias = true, .residual = RESIDUAL, .bench = true },
    { 9216, 256, 256, .bias = true, .bench = true },
    /* transformer decoder: keys and values of three layers at once; queries; FFN */
    { 2304, 1536, 256, .bias = true, .bench = true },
    { 100, 768, 256, .bias = true, .addend = 100, .bench = true },
    { 100, 256, 256, .bias = true, .residual = RESIDUAL, .bench = true },
    { 100, 2048, 256, .bias = true, .activation = M2F_RELU, .bench = true },
    { 100, 256, 2048, .bias = true, .residual = RESIDUAL, .bench = true },
};

/* Numbers that rounding must not change, or must carry over into an infinity. */
static float *
odd_numbers (CheckRun *run, int64_t count)
{
    static const float odd[] = { NAN, -NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 0, -0.f };
    float *data = check_alloc (run, count * sizeof *data);

    for (int64_t i = 0; i < count; i++)
        data[i] = odd[i % G_N_ELEMENTS (odd)];
    return data;
}

/* Rows in turn of zeros, of equal elements, with a NaN, with infinities that cancel out to one, of
 * numbers too small to divide by, and as they come. */
static void
make_ragged (const Linear *p, float *src, float *weight)
{
    for (int i = 0; i < p->m; i++, src += p->k) {
        const float all[] = { 0, 0.3f, src[0], src[0], 1e-40f, src[0] };

        for (int j = 0; j < p->k && i % 6 != 5; j++)
            src[j] = i % 6 == 4 && j % 2 ? -src[j] * 1e-38f : all[i % 6];
        if (i % 6 == 2)
            src[i % p->k] = NAN;
        if (i % 6 == 3) {
            src[0] = INFINITY;
            src[1] = -INFINITY;
        }
    }
    for (int i = 0; i < p->n; i++, weight += p->k) {
        weight[0] = 0.1f;
        weight[1] = 0.1f;
    }
}

/* From -100 to 155 and from -127 to 127, either end of both in every row. */
static void
make_whole (CheckRun *run, const Linear *p, float *src, float *weight)
{
    for (int64_t i = 0; i < (int64_t) p->m * p->k; i++) {
        src[i] = (float) (check_random (run) >> 56) - 100;
        if (i % p->k < 2)
            src[i] = i % p->k ? -100 : 155;
    }
    for (int64_t i = 0; i < (int64_t) p->n * p->k; i++)
        weight[i] = i % p->k ? (float) (check_random (run) >> 57) * 2 - 127 : 127;
}

/* The largest sums there can be, of either sign. */
static void
make_extreme (const Linear *p, float *src, float *weight)
{
    for (int64_t i = 0; i < (int64_t) p->m * p->k; i++)
        src[i] = i % p->k == p->k / 2 ? 0 : 255;
    for (int64_t i = 0; i < (int64_t) p->n * p->k; i++)
        weight[i] = i / p->k % 2 ? 127 : -127;
}

static void
build_linear (CheckRun *run)
{
    const Linear *p = run->params;
    M2fLinear *a = &run->args.linear;
    int batch = MAX (p->batch, 1), tokens = p->m / batch;
    double scale = p->scale ? p->scale : 1;
    int64_t size = (int64_t) p->m * p->n;
    float *src = check_normal (run, (int64_t) p->m * p->k, 0, 1);
    float *weight = check_normal (run, (int64_t) p->n * p->k, 0, scale / sqrt (p->k));

    if (p->values == RAGGED)
        make_ragged (p, src, weight);
    else if (p->values == WHOLE)
        make_whole (run, p, src, weight);
    else if (p->values == EXTREME)
        make_extreme (p, src, weight);

    run->gap = p->gap;
    a->activation = p->activation;
    if (p->residual == IN_PLACE)
        a->dst = a->residual = check_in_place (run, "dst", batch, 1, tokens, p->n,
            check_normal (run, size, 0, 1));
    else
        a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, batch, 1, tokens,
            p->n);
    if (p->residual == RESIDUAL)
        a->residual = check_input (run, "residual", batch, 1, tokens, p->n,
            check_normal (run, size, 0, 1));
    a->src = (p->from_bf16 ? check_bf16 : check_input) (run, "src", batch, 1, tokens, p->k, src);
    a->weight = check_weight (run, "weight",
        p->exact ? M2F_LINEAR_WEIGHT_EXACT : M2F_LINEAR_WEIGHT_TOLERANT, 1, 1, p->n, p->k, weight);
    if (p->bias)
        a->bias = check_input (run, "bias", 1, 1, 1, p->n,
            p->odd ? odd_numbers (run, p->n) : check_normal (run, p->n, 0, 1));
    if (p->addend)
        a->addend = check_input (run, "addend", 1, 1, p->addend, p->n,
            check_normal (run, (int64_t) p->addend * p->n, 0, 1));
}

static char *
linear_name (const Linear *p)
{
    static const char *const activations[] = { "", "_relu", "_relu6", "_gelu" };
    static const char *const residuals[] = { "", "_residual", "_inplace" };
    static const char *const values[] = { "", "_ragged", "_whole", "_extreme" };
    GString *name = g_string_new (NULL);

    g_string_printf (name, "linear_m%d_n%d_k%d%s%s%s", p->m, p->n, p->k, p->bias ? "_bias" : "",
        activations[p->activation], residuals[p->residual]);
    if (p->addend)
        g_string_append_printf (name, "_addend%d", p->addend);
    if (p->batch)
        g_string_append_printf (name, "_b%d", p->batch);
    if (p->gap)
        g_string_append_printf (name, "_gap%d", p->gap);
    if (p->scale != 0)
        g_string_append_printf (name, "_x%g", p->scale);
    if (p->exact)
        g_string_append (name, "_exact");
    if (p->from_bf16)
        g_string_append (name, "_from16");
    if (p->to_bf16)
        g_string_append (name, "_to16");
    if (p->odd)
        g_string_append (name, "_odd");
    g_string_append (name, values[p->values]);
    return g_string_free (name, FALSE);
}

static const CheckLimits *
limits_of (const Linear *p)
{
    if (p->values == WHOLE)
        return &whole_limits;
    if (p->values == EXTREME) /* int8 sums might overflow at a larger K, so that it is not used */
        return p->k <= 65536 ? &extreme_limits : &beyond_limits;
    if (p->activation == M2F_GELU && p->to_bf16)
        return &rounded_gelu_limits;
    return p->exact ? &exact_limits : &product_limits;
}

void
check_cases_linear (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (linears); i++) {
        const Linear *p = &linears[i];
        check_add (list, (CheckCase) { .op = CHECK_OP_linear, .name = linear_name (p),
            .build = build_linear, .params = p,
            .limits = limits_of (p),
            .bf16 = p->from_bf16 || p->to_bf16,
            .flops = 2.0 * p->m * p->n * p->k, .bench = p->bench });
    }
}

/* ---- matmul --------------------------------------------------------------------------------- */

typedef struct Matmul {
    int batch, m, n, k;
    bool row_bias, column_bias;
    int gap;
    bool bench;
} Matmul;

static const Matmul matmuls[] = {
    { 1, 1, 1, 1 },
    { 1, 3, 7, 31, .column_bias = true },
    { 1, 7, 3, 1, .row_bias = true },
    { 1, 31, 33, 17, .row_bias = true, .column_bias = true },
    { 2, 33, 31, 32, .row_bias = true, .column_bias = true },
    { 2, 17, 5, 64, .gap = 3, .column_bias = true },
    { 1, 64, 64, 64, .gap = 1, .row_bias = true },
    { 1, 65, 129, 255 },
    { 3, 9, 100, 256, .column_bias = true },
    { 1, 2304, 1, 256 },

    /* mask logits of 100 queries: at 1/4 of 384x384, and at the three levels of the decoder */
    { 1, 9216, 100, 256, .column_bias = true, .bench = true },
    { 1, 100, 2304, 256, .row_bias = true, .bench = true },
    { 1, 100, 576, 256, .row_bias = true, .bench = true },
    { 1, 100, 144, 256, .row_bias = true, .bench = true },
};

static void
build_matmul (CheckRun *run)
{
    const Matmul *p = run->params;
    M2fMatmul *a = &run->args.matmul;
    double deviation = 1 / sqrt (p->k);

    run->gap = p->gap;
    a->dst = check_output (run, "dst", M2F_F32, p->batch, 1, p->m, p->n);
    a->a = check_input (run, "a", p->batch, 1, p->m, p->k,
        check_normal (run, (int64_t) p->batch * p->m * p->k, 0, 1));
    a->b = check_input (run, "b", p->batch, 1, p->n, p->k,
        check_normal (run, (int64_t) p->batch * p->n * p->k, 0, deviation));
    if (p->row_bias)
        a->row_bias = check_input (run, "row_bias", p->batch, 1, 1, p->m,
            check_normal (run, (int64_t) p->batch * p->m, 0, 1));
    if (p->column_bias)
        a->column_bias = check_input (run, "column_bias", p->batch, 1, 1, p->n,
            check_normal (run, (int64_t) p->batch * p->n, 0, 1));
}

void
check_cases_matmul (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (matmuls); i++) {
        const Matmul *p = &matmuls[i];
        char *name = g_strdup_printf ("matmul_b%d_m%d_n%d_k%d%s%s%s", p->batch, p->m, p->n, p->k,
            p->row_bias ? "_rows" : "", p->column_bias ? "_columns" : "",
            p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_matmul, .name = name,
            .build = build_matmul, .params = p, .limits = &exact_limits,
            .flops = 2.0 * p->batch * p->m * p->n * p->k, .bench = p->bench });
    }
}

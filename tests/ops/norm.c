/* Cases of the norms: layer_norm, group_norm, response_norm, head_norm,
 * patch_merge.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

/* Contents of a row; a norm is hardest where its input hardly varies. */
typedef enum Rows {
    NORMAL,
    LARGE_MEAN,  /* 1000 +- 1: E[x^2] - E[x]^2 has no digits left in float32 */
    CONSTANT,    /* variance 0: the result is the bias */
    TINY,        /* variance below eps */
    HUGE_SPREAD, /* 1e4 */
} Rows;

static const char *const rows_names[] = { "", "_mean1e3", "_constant", "_tiny", "_1e4" };

/* Results are of order one, and so is the error of the mean and of the root in units in the last
 * place: a few 1e-7.  Norms stay float32 whatever the precision. */
static const CheckLimits norm_limits = { .fp32 = { 5e-6, 1e-12 } };

/* A mean of 1e3 is known to 3e-5 in float32, and the spread it is subtracted from is 1. */
static const CheckLimits large_mean_limits = { .fp32 = { 3e-4, 1e-8 } };

static float *
row_data (CheckRun *run, int64_t count, Rows rows)
{
    switch (rows) {
    case NORMAL:
        return check_normal (run, count, 0.3, 1.5);
    case LARGE_MEAN:
        return check_normal (run, count, 1e3, 1);
    case CONSTANT:
        return check_constant (run, count, 0.75);
    case TINY:
        return check_normal (run, count, 0, 1e-4);
    case HUGE_SPREAD:
        return check_normal (run, count, 0, 1e4);
    }
    g_assert_not_reached ();
}

static const CheckLimits *
rows_limits (Rows rows)
{
    return rows == LARGE_MEAN ? &large_mean_limits : &norm_limits;
}

/* ---- layer norm ----------------------------------------------------------------------------- */

typedef struct LayerNorm {
    int batch, tokens, channels;
    Rows rows;
    bool in_place;
    int gap;
    bool to_bf16, bf16_copy; /* dst; the second output */
    bool bench;
} LayerNorm;

static const LayerNorm layer_norms[] = {
    { 1, 1, 1 },
    { 1, 3, 1, LARGE_MEAN },
    { 1, 1, 3 },
    { 1, 7, 7, TINY },
    { 1, 3, 31, LARGE_MEAN },
    { 1, 5, 31, .gap = 3 },
    { 1, 5, 33, NORMAL, .in_place = true },
    { 2, 7, 33, CONSTANT },
    { 1, 17, 48, HUGE_SPREAD, .in_place = true, .gap = 1 },
    { 2, 50, 96 },
    { 1, 31, 100, LARGE_MEAN, .gap = 5 },
    { 1, 33, 192, TINY, .in_place = true },
    { 1, 100, 256, LARGE_MEAN },
    { 1, 100, 256, CONSTANT, .in_place = true },
    { 1, 7, 768, LARGE_MEAN, .in_place = true },
    { 1, 7, 1000, NORMAL, .gap = 24 },
    { 1, 3, 1536, HUGE_SPREAD },
    { 1, 1, 1, .to_bf16 = true },
    { 2, 7, 33, .to_bf16 = true },
    { 1, 31, 48, .to_bf16 = true, .gap = 1 },
    { 1, 5, 31, .bf16_copy = true },
    { 1, 100, 256, .bf16_copy = true, .in_place = true },
    { 2, 9, 100, LARGE_MEAN, .bf16_copy = true, .gap = 2 },

    /* Swin-T's stages at 384x384, the pixel decoder's tokens, the queries */
    { 1, 9216, 96, .bench = true },
    { 1, 2304, 192, .bench = true },
    { 1, 576, 384, .bench = true },
    { 1, 144, 768, .bench = true },
    { 1, 3024, 256, .bench = true },
    { 1, 100, 256, .bench = true },
};

static void
build_layer_norm (CheckRun *run)
{
    const LayerNorm *p = run->params;
    M2fLayerNorm *a = &run->args.layer_norm;
    float *src = row_data (run, (int64_t) p->batch * p->tokens * p->channels, p->rows);

    run->gap = p->gap;
    if (p->in_place) {
        a->dst = a->src = check_in_place (run, "dst", p->batch, 1, p->tokens, p->channels, src);
    } else {
        a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch, 1, p->tokens,
            p->channels);
        a->src = check_input (run, "src", p->batch, 1, p->tokens, p->channels, src);
    }
    if (p->bf16_copy)
        a->bf16_copy = check_output (run, "bf16_copy", M2F_BF16,
            p->batch, 1, p->tokens, p->channels);
    a->weight = check_input (run, "weight", 1, 1, 1, p->channels,
        check_normal (run, p->channels, 1, 0.3));
    a->bias = check_input (run, "bias", 1, 1, 1, p->channels,
        check_normal (run, p->channels, 0, 0.3));
    a->eps = 1e-5f;
}

void
check_cases_layer_norm (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (layer_norms); i++) {
        const LayerNorm *p = &layer_norms[i];
        char *name = g_strdup_printf ("layer_norm_b%d_t%d_c%d%s%s%s%s%s", p->batch, p->tokens,
            p->channels, rows_names[p->rows], p->in_place ? "_inplace" : "",
            p->gap ? "_strided" : "", p->to_bf16 ? "_to16" : "", p->bf16_copy ? "_bf16_copy" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_layer_norm, .name = name,
            .build = build_layer_norm, .params = p, .limits = rows_limits (p->rows),
            .bf16 = p->to_bf16 || p->bf16_copy,
            .bench = p->bench });
    }
}

/* ---- group norm ----------------------------------------------------------------------------- */

typedef struct GroupNorm {
    int batch, height, width, channels, groups;
    Rows rows;
    bool relu, in_place;
    int gap;
    bool bf16_copy; /* the second output */
    bool bench;
} GroupNorm;

static const GroupNorm group_norms[] = {
    { 1, 1, 1, 1, 1 },
    { 1, 1, 1, 32, 4 },
    { 1, 1, 1, 64, 32, .relu = true },
    { 1, 3, 5, 6, 2 },
    { 2, 3, 5, 6, 3, .relu = true, .in_place = true },
    { 1, 7, 3, 7, 7, LARGE_MEAN },
    { 1, 7, 9, 10, 1, .gap = 3 },
    { 2, 31, 33, 24, 8, TINY },
    { 1, 9, 31, 96, 32, CONSTANT, .relu = true },
    { 1, 13, 11, 256, 32, LARGE_MEAN, .in_place = true },
    { 2, 12, 13, 64, 32, HUGE_SPREAD, .gap = 1, .in_place = true },
    { 1, 25, 34, 256, 32, LARGE_MEAN, .relu = true },
    { 2, 7, 9, 10, 2, .gap = 1, .bf16_copy = true },
    { 1, 13, 11, 256, 32, .in_place = true, .bf16_copy = true },
    { 1, 5, 3, 33, 1, .relu = true, .bf16_copy = true },

    /* input projections at three levels, the FPN's adapter and layer; 384x384 */
    { 1, 12, 12, 256, 32, .bench = true },
    { 1, 24, 24, 256, 32, .bench = true },
    { 1, 48, 48, 256, 32, .bench = true },
    { 1, 96, 96, 256, 32, .bench = true },
    { 1, 96, 96, 256, 32, .relu = true, .bench = true },
};

static void
build_group_norm (CheckRun *run)
{
    const GroupNorm *p = run->params;
    M2fGroupNorm *a = &run->args.group_norm;
    int64_t size = (int64_t) p->batch * p->height * p->width * p->channels;
    float *src = row_data (run, size, p->rows);

    run->gap = p->gap;
    if (p->in_place) {
        a->dst = a->src = check_in_place (run, "dst", p->batch, p->height, p->width, p->channels,
            src);
    } else {
        a->dst = check_output (run, "dst", M2F_F32, p->batch, p->height, p->width, p->channels);
        a->src = check_input (run, "src", p->batch, p->height, p->width, p->channels, src);
    }
    if (p->bf16_copy)
        a->bf16_copy = check_output (run, "bf16_copy", M2F_BF16, p->batch, p->height, p->width,
            p->channels);
    a->weight = check_input (run, "weight", 1, 1, 1, p->channels,
        check_normal (run, p->channels, 1, 0.3));
    a->bias = check_input (run, "bias", 1, 1, 1, p->channels,
        check_normal (run, p->channels, 0, 0.3));
    a->groups = p->groups;
    a->eps = 1e-5f;
    a->relu = p->relu;
}

void
check_cases_group_norm (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (group_norms); i++) {
        const GroupNorm *p = &group_norms[i];
        char *name = g_strdup_printf ("group_norm_%dx%dx%dx%d_g%d%s%s%s%s%s", p->batch, p->height,
            p->width, p->channels, p->groups, rows_names[p->rows], p->relu ? "_relu" : "",
            p->in_place ? "_inplace" : "", p->gap ? "_strided" : "",
            p->bf16_copy ? "_bf16_copy" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_group_norm, .name = name,
            .build = build_group_norm, .params = p, .limits = rows_limits (p->rows),
            .bf16 = p->bf16_copy, .bench = p->bench });
    }
}

/* ---- response norm -------------------------------------------------------------------------- */

typedef struct ResponseNorm {
    int batch, height, width, channels;
    Rows rows;
    int gap;
    bool to_bf16, in_place, bench;
} ResponseNorm;

static const ResponseNorm response_norms[] = {
    { 1, 1, 1, 1 },
    { 1, 1, 5, 3 },
    { 2, 3, 1, 17, .in_place = true },
    { 2, 5, 7, 31, .gap = 3 },
    { 1, 9, 8, 64, TINY },
    { 3, 4, 6, 96, CONSTANT, .gap = 1, .in_place = true },
    { 1, 33, 31, 130, HUGE_SPREAD },
    { 2, 7, 9, 40, .to_bf16 = true },

    { 1, 96, 96, 384, .bench = true },
    { 1, 12, 12, 3072, .bench = true },
};

static void
build_response_norm (CheckRun *run)
{
    const ResponseNorm *p = run->params;
    M2fResponseNorm *a = &run->args.response_norm;
    float *src = row_data (run, (int64_t) p->batch * p->height * p->width * p->channels, p->rows);

    run->gap = p->gap;
    if (p->in_place) {
        a->dst = a->src = check_in_place (run, "dst", p->batch, p->height, p->width, p->channels,
            src);
    } else {
        a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch, p->height,
            p->width, p->channels);
        a->src = check_input (run, "src", p->batch, p->height, p->width, p->channels, src);
    }
    a->weight = check_input (run, "weight", 1, 1, 1, p->channels,
        check_normal (run, p->channels, 0, 0.5));
    a->bias = check_input (run, "bias", 1, 1, 1, p->channels,
        check_normal (run, p->channels, 0, 0.3));
    a->eps = 1e-6f;
}

void
check_cases_response_norm (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (response_norms); i++) {
        const ResponseNorm *p = &response_norms[i];
        char *name = g_strdup_printf ("response_norm_%dx%dx%dx%d%s%s%s%s", p->batch, p->height,
            p->width, p->channels, rows_names[p->rows], p->in_place ? "_inplace" : "",
            p->gap ? "_strided" : "", p->to_bf16 ? "_bf16" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_response_norm, .name = name,
            .build = build_response_norm, .params = p, .limits = &norm_limits,
            .bf16 = p->to_bf16, .bench = p->bench });
    }
}

/* ---- head norm ------------------------------------------------------------------------------ */

typedef struct HeadNorm {
    int rows, heads, channels; /* channels of a head */
    Rows contents;
    int gap;
    bool in_place, bench;
} HeadNorm;

static const HeadNorm head_norms[] = {
    { 1, 1, 1 },
    { 3, 2, 5 },
    { 5, 3, 16, .in_place = true },
    { 7, 1, 33, .gap = 3 },
    { 9, 6, 32, HUGE_SPREAD, .gap = 1, .in_place = true },
    { 35, 4, 24, TINY },

    { 9216, 6, 32, .bench = true },
};

static void
build_head_norm (CheckRun *run)
{
    const HeadNorm *p = run->params;
    const int channels = p->heads * p->channels;
    M2fHeadNorm *a = &run->args.head_norm;
    float *src = row_data (run, (int64_t) p->rows * channels, p->contents);

    for (int c = 0; c < p->channels; c++)
        src[c] = 0; /* which has no direction and stays 0 */
    run->gap = p->gap;
    if (p->in_place) {
        a->dst = a->src = check_in_place (run, "dst", 1, 1, p->rows, channels, src);
    } else {
        a->dst = check_output (run, "dst", M2F_F32, 1, 1, p->rows, channels);
        a->src = check_input (run, "src", 1, 1, p->rows, channels, src);
    }
    a->length = check_input (run, "length", 1, 1, 1, p->heads,
        check_uniform (run, p->heads, 0.5, 20));
}

void
check_cases_head_norm (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (head_norms); i++) {
        const HeadNorm *p = &head_norms[i];
        char *name = g_strdup_printf ("head_norm_%dx%d_h%d%s%s%s", p->rows,
            p->heads * p->channels, p->heads, rows_names[p->contents],
            p->in_place ? "_inplace" : "", p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_head_norm, .name = name,
            .build = build_head_norm, .params = p, .limits = &norm_limits, .bench = p->bench });
    }
}

/* ---- patch merging -------------------------------------------------------------------------- */

typedef struct PatchMerge {
    int batch, height, width, channels;
    Rows rows;
    int gap;
    bool to_bf16;
    bool bench;
} PatchMerge;

static const PatchMerge patch_merges[] = {
    { 1, 1, 1, 1 },
    { 1, 2, 2, 3 },
    { 1, 1, 7, 5 },
    { 2, 7, 1, 8, .gap = 3 },
    { 2, 3, 5, 7, LARGE_MEAN },
    { 1, 31, 33, 24, CONSTANT },
    { 1, 25, 34, 96, .gap = 1 },
    { 1, 6, 7, 192, TINY },
    { 2, 5, 6, 9, .gap = 1, .to_bf16 = true },
    { 1, 7, 8, 96, .to_bf16 = true },

    { 1, 96, 96, 96, .bench = true },
    { 1, 48, 48, 192, .bench = true },
    { 1, 24, 24, 384, .bench = true },
};

static void
build_patch_merge (CheckRun *run)
{
    const PatchMerge *p = run->params;
    M2fPatchMerge *a = &run->args.patch_merge;
    int64_t size = (int64_t) p->batch * p->height * p->width * p->channels;
    int merged = 4 * p->channels;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch,
        (p->height + 1) / 2, (p->width + 1) / 2, merged);
    a->src = check_input (run, "src", p->batch, p->height, p->width, p->channels,
        row_data (run, size, p->rows));
    a->weight = check_input (run, "weight", 1, 1, 1, merged, check_normal (run, merged, 1, 0.3));
    a->bias = check_input (run, "bias", 1, 1, 1, merged, check_normal (run, merged, 0, 0.3));
    a->eps = 1e-5f;
}

void
check_cases_patch_merge (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (patch_merges); i++) {
        const PatchMerge *p = &patch_merges[i];
        char *name = g_strdup_printf ("patch_merge_%dx%dx%dx%d%s%s%s", p->batch, p->height,
            p->width, p->channels, rows_names[p->rows], p->gap ? "_strided" : "",
            p->to_bf16 ? "_to16" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_patch_merge, .name = name,
            .build = build_patch_merge, .params = p, .limits = rows_limits (p->rows),
            .bf16 = p->to_bf16,
            .bench = p->bench });
    }
}

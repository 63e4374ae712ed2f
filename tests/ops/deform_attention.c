/* Cases of deform_attention.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

/* A sampling point of a map W wide is known to W x 1e-7 pixels, values change by order one from
 * pixel to pixel.  Sampling and softmax are float32 whatever the precision. */
static const CheckLimits deform_limits = {
    .fp32 = { 3e-5, 1e-10 },
    .bf16 = { 1e-2, 1e-5 }, /* for values kept in 8 bits between their product and here */
    .fp16 = { 1e-3, 2e-7 },
};

/* Positions of the points, relative to the token's own. */
typedef enum Offsets {
    NEAR,     /* a pixel or two away */
    ZERO,     /* on it: the centre of a pixel of its own level */
    WHOLE,    /* whole pixels: edges and corners are hit exactly, one pixel out is no sample */
    HALF,     /* half-way between the last pixel and nothing */
    FAR,      /* +-1e6 pixels, and beyond what an int holds */
    MIXED,    /* any of them */
} Offsets;

static const char *const offsets_names[] = { "", "_zero", "_whole", "_half", "_far", "_mixed" };

typedef struct Deform {
    int batch, heads, channels, points, levels;
    M2fLevel level[M2F_MAX_LEVELS];
    Offsets offsets;
    bool extreme; /* logits of +-1e4: one point takes all */
    int gap;
    bool from_bf16, to_bf16; /* value, dst */
    bool bench;
} Deform;

static const Deform deforms[] = {
    { 1, 1, 8, 1, 1, { { 1, 1 } } },
    { 1, 1, 8, 1, 1, { { 1, 1 } }, FAR },
    { 1, 2, 16, 4, 1, { { 3, 5 } }, ZERO },
    { 1, 2, 16, 2, 2, { { 1, 7 }, { 7, 1 } }, WHOLE },
    { 2, 2, 32, 4, 3, { { 1, 1 }, { 3, 5 }, { 7, 9 } } },
    { 2, 4, 32, 4, 3, { { 2, 3 }, { 3, 5 }, { 5, 9 } }, MIXED, .gap = 3 },
    { 1, 8, 64, 4, 3, { { 3, 4 }, { 6, 8 }, { 12, 16 } }, WHOLE },
    { 1, 8, 64, 4, 3, { { 3, 4 }, { 5, 7 }, { 9, 13 } }, HALF },
    { 1, 8, 64, 3, 4, { { 2, 2 }, { 3, 3 }, { 5, 5 }, { 9, 9 } }, MIXED },
    { 1, 8, 256, 4, 3, { { 3, 3 }, { 5, 5 }, { 9, 9 } }, FAR },
    { 1, 8, 256, 4, 3, { { 7, 9 }, { 13, 17 }, { 25, 34 } }, MIXED, .extreme = true },
    { 2, 8, 256, 4, 3, { { 5, 7 }, { 9, 13 }, { 17, 25 } }, NEAR, .gap = 1 },
    { 1, 1, 8, 1, 1, { { 1, 1 } }, .from_bf16 = true, .to_bf16 = true },
    { 1, 2, 18, 2, 2, { { 1, 7 }, { 7, 1 } }, WHOLE, .from_bf16 = true, .gap = 3 },
    { 1, 2, 94, 4, 2, { { 3, 5 }, { 6, 9 } }, MIXED, .from_bf16 = true, .to_bf16 = true, .gap = 2 },
    { 2, 4, 64, 4, 3, { { 2, 3 }, { 3, 5 }, { 5, 9 } }, MIXED, .to_bf16 = true, .gap = 1 },
    { 1, 8, 256, 4, 3, { { 3, 4 }, { 5, 7 }, { 9, 13 } }, HALF, .from_bf16 = true },
    { 1, 8, 256, 4, 3, { { 7, 9 }, { 13, 17 }, { 25, 34 } }, FAR, .from_bf16 = true,
        .to_bf16 = true },

    { 1, 8, 256, 4, 3, { { 12, 12 }, { 24, 24 }, { 48, 48 } }, .bench = true },
    { 1, 8, 256, 4, 3, { { 12, 12 }, { 24, 24 }, { 48, 48 } }, .from_bf16 = true, .to_bf16 = true,
        .bench = true },
    { 1, 8, 256, 4, 3, { { 25, 42 }, { 50, 84 }, { 100, 168 } }, .bench = true },
    { 1, 8, 256, 4, 3, { { 25, 42 }, { 50, 84 }, { 100, 168 } }, .from_bf16 = true,
        .to_bf16 = true, .bench = true },
};

static float
draw_offset (CheckRun *run, Offsets offsets)
{
    static const float far[] = { 1e6f, -1e6f, 3e9f, -3e9f, 1e12f, -1e12f };
    uint64_t r = check_random (run);
    int whole = (int) (r >> 32 & 15) - 8;

    if (offsets == MIXED)
        offsets = (r >> 40) % MIXED;
    switch (offsets) {
    case ZERO:
        return 0;
    case WHOLE:
        return whole;
    case HALF:
        return whole + 0.5f;
    case FAR:
        return far[r % G_N_ELEMENTS (far)];
    default:
        return ((r & 0xffff) / 65535.0f - 0.5f) * 6;
    }
}

static int
token_count (const Deform *p)
{
    int tokens = 0;

    for (int l = 0; l < p->levels; l++)
        tokens += p->level[l].height * p->level[l].width;
    return tokens;
}

static void
build_deform_attention (CheckRun *run)
{
    const Deform *p = run->params;
    M2fDeformAttention *a = &run->args.deform_attention;
    int tokens = token_count (p), samples = p->heads * p->levels * p->points;
    int64_t rows = (int64_t) p->batch * tokens;
    float *offsets = check_alloc (run, rows * samples * 2 * sizeof *offsets);

    for (int64_t i = 0; i < rows * samples * 2; i++)
        offsets[i] = draw_offset (run, p->offsets);

    run->gap = p->gap;
    a->dst = check_output (run, "dst", p->to_bf16 ? M2F_BF16 : M2F_F32, p->batch, 1, tokens,
        p->channels);
    a->value = (p->from_bf16 ? check_bf16 : check_input) (run, "value", p->batch, 1, tokens,
        p->channels, check_normal (run, rows * p->channels, 0, 1));
    a->offsets = check_input (run, "offsets", p->batch, 1, tokens, 2 * samples, offsets);
    a->weights = check_input (run, "weights", p->batch, 1, tokens, samples,
        check_normal (run, rows * samples, 0, p->extreme ? 1e4 : 1));
    for (int l = 0; l < p->levels; l++)
        a->level[l] = p->level[l];
    a->levels = p->levels;
    a->heads = p->heads;
    a->points = p->points;
}

void
check_cases_deform_attention (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (deforms); i++) {
        const Deform *p = &deforms[i];
        const M2fLevel *last = &p->level[p->levels - 1];
        double samples = (double) p->batch * token_count (p) * p->levels * p->points;
        char *name = g_strdup_printf ("deform_attention_b%d_h%d_c%d_p%d_l%d_%dx%d%s%s%s%s%s",
            p->batch, p->heads, p->channels, p->points, p->levels, last->height, last->width,
            offsets_names[p->offsets], p->extreme ? "_1e4" : "", p->gap ? "_strided" : "",
            p->from_bf16 ? "_from16" : "", p->to_bf16 ? "_to16" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_deform_attention, .name = name,
            .build = build_deform_attention, .params = p, .limits = &deform_limits,
            .bf16 = p->from_bf16 || p->to_bf16,
            /* four corners, a multiplication and an addition each */
            .flops = samples * p->channels * 8, .bench = p->bench });
    }
}

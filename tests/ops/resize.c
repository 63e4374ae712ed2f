/* Cases of resize and gather_rows.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

/* A position in a map W wide is known to W x 1e-7 pixels, values change by order one from pixel to
 * pixel.  Float32 whatever the precision. */
static const CheckLimits resize_limits = { .fp32 = { 3e-5, 1e-10 } };

static const CheckLimits exact = { { 0, 0 } };

/* ---- resize --------------------------------------------------------------------------------- */

typedef struct Resize {
    int batch, src_height, src_width, dst_height, dst_width, channels;
    enum { NO_ADDEND, ADDEND, IN_PLACE } addend;
    int gap;
    bool bench;
} Resize;

static const Resize resizes[] = {
    { 1, 1, 1, 1, 1, 1 },
    { 1, 1, 1, 5, 7, 3 },
    { 1, 5, 7, 1, 1, 3, ADDEND },
    { 1, 3, 3, 3, 3, 31 },
    { 1, 1, 9, 9, 1, 4 },
    { 2, 3, 5, 7, 33, 3, IN_PLACE },
    { 1, 7, 9, 14, 18, 33, ADDEND },
    { 2, 31, 33, 17, 7, 16, NO_ADDEND, .gap = 3 },
    { 1, 33, 31, 64, 100, 8, IN_PLACE, .gap = 1 },
    { 1, 13, 17, 25, 34, 96, ADDEND },
    { 1, 100, 67, 13, 9, 5 },
    { 1, 2, 2, 1000, 3, 1 },
    { 1, 720, 3, 5, 2, 2 },

    /* FPN's top-down step, and the mask features at the decoder's levels; 384x384 */
    { 1, 48, 48, 96, 96, 256, ADDEND, .bench = true },
    { 1, 96, 96, 48, 48, 256, .bench = true },
    { 1, 96, 96, 24, 24, 256, .bench = true },
    { 1, 96, 96, 12, 12, 256, .bench = true },
};

static void
build_resize (CheckRun *run)
{
    const Resize *p = run->params;
    M2fResize *a = &run->args.resize;
    int b = p->batch, c = p->channels;
    int64_t src_size = (int64_t) b * p->src_height * p->src_width * c;
    int64_t dst_size = (int64_t) b * p->dst_height * p->dst_width * c;

    run->gap = p->gap;
    if (p->addend == IN_PLACE)
        a->dst = a->addend = check_in_place (run, "dst", b, p->dst_height, p->dst_width, c,
            check_normal (run, dst_size, 0, 1));
    else
        a->dst = check_output (run, "dst", M2F_F32, b, p->dst_height, p->dst_width, c);
    a->src = check_input (run, "src", b, p->src_height, p->src_width, c,
        check_normal (run, src_size, 0, 1));
    if (p->addend == ADDEND)
        a->addend = check_input (run, "addend", b, p->dst_height, p->dst_width, c,
            check_normal (run, dst_size, 0, 1));
    /* A reduction reads four pixels for each of its own, not all. */
    run->bytes = sizeof (float)
        * (dst_size * (p->addend ? 2.0 : 1.0) + MIN (src_size, 4 * dst_size));
}

void
check_cases_resize (CheckList *list)
{
    static const char *const addends[] = { "", "_addend", "_inplace" };

    for (size_t i = 0; i < G_N_ELEMENTS (resizes); i++) {
        const Resize *p = &resizes[i];
        char *name = g_strdup_printf ("resize_b%d_%dx%d_to_%dx%d_c%d%s%s", p->batch,
            p->src_height, p->src_width, p->dst_height, p->dst_width, p->channels,
            addends[p->addend], p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_resize, .name = name,
            .build = build_resize, .params = p, .limits = &resize_limits, .bench = p->bench });
    }
}

/* ---- gather_rows ---------------------------------------------------------------------------- */

typedef struct GatherRows {
    int picked, rows, columns;
    int gap;
} GatherRows;

static const GatherRows gather_rows[] = {
    { 1, 1, 1 },
    { 1, 100, 256 },
    { 7, 3, 31 },
    { 33, 100, 33, .gap = 3 },
    { 100, 100, 256, .gap = 1 },
    { 300, 100, 257 },
};

static void
build_gather_rows (CheckRun *run)
{
    const GatherRows *p = run->params;
    M2fGatherRows *a = &run->args.gather_rows;
    int32_t *index = check_alloc (run, p->picked * sizeof *index);

    for (int i = 0; i < p->picked; i++)
        index[i] = (int32_t) (check_random (run) % p->rows);
    index[p->picked - 1] = p->rows - 1;

    run->gap = p->gap;
    a->dst = check_output (run, "dst", M2F_F32, 1, 1, p->picked, p->columns);
    a->src = check_input (run, "src", 1, 1, p->rows, p->columns,
        check_normal (run, (int64_t) p->rows * p->columns, 0, 1));
    a->index = check_integers (run, "index", M2F_I32, 1, p->picked, index);
}

void
check_cases_gather_rows (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (gather_rows); i++) {
        const GatherRows *p = &gather_rows[i];
        char *name = g_strdup_printf ("gather_rows_%dof%d_c%d%s", p->picked, p->rows, p->columns,
            p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_gather_rows, .name = name,
            .build = build_gather_rows, .params = p, .limits = &exact });
    }
}

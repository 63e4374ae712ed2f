/* Cases of class_scores.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

typedef struct ClassScores {
    int queries, classes; /* classes: without "no object" */
    double deviation;     /* of the logits */
    int gap;
} ClassScores;

static const ClassScores class_scores[] = {
    { 1, 1, 1 },
    { 7, 3, 3, .gap = 2 },
    { 64, 19, 4 },
    { 100, 133, 4 },
    { 100, 133, 30, .gap = 3 },
    { 257, 150, 8 },
};

static const CheckLimits near = { { 4e-6, 1e-11 } };

static void
build_class_scores (CheckRun *run)
{
    const ClassScores *p = run->params;
    M2fClassScores *a = &run->args.class_scores;
    float *logits
        = check_normal (run, (int64_t) p->queries * (p->classes + 1), 0, p->deviation);

    run->gap = p->gap;
    a->dst = check_output (run, "dst", M2F_F32, 1, 1, p->classes, p->queries);
    a->logits = check_input (run, "logits", 1, 1, p->queries, p->classes + 1, logits);
}

void
check_cases_class_scores (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (class_scores); i++) {
        const ClassScores *p = &class_scores[i];
        char *name = g_strdup_printf ("class_scores_%d_c%d_d%g%s", p->queries, p->classes,
            p->deviation, p->gap ? "_strided" : "");

        check_add (list, (CheckCase) { .op = CHECK_OP_class_scores, .name = name,
            .build = build_class_scores, .params = p, .limits = &near });
    }
}

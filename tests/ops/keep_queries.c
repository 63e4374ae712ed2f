/* Cases of keep_queries.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is kept is the same on every device: no probability is close to the threshold.
 */
#include "tests/ops/check.h"

#include <math.h>

typedef struct KeepQueries {
    int queries, classes; /* classes: "no object" included */
    double deviation;     /* of the logits */
    float threshold;
    bool wild; /* some logits are not finite */
    int gap;
} KeepQueries;

static const KeepQueries keep_queries[] = {
    { 1, 1, 1, 0.5f },
    { 1, 2, 4, 0.5f },
    { 7, 3, 3, 0.6f },
    { 100, 134, 4, 0 },
    { 100, 134, 4, 0.3f, .gap = 3 },
    { 100, 20, 3, 1 }, /* none */
    { 200, 151, 8, 0.8f },
    { 257, 33, 5, 0.5f, .gap = 1 },
    { 1024, 9, 5, 0.5f },
    { 65, 17, 4, 0.4f, .wild = true },
};

static const CheckLimits near = { { 2e-6, 1e-11 } };

#define MARGIN 1e-3

/* Makes the logits of a query whose probability is close to the threshold equal. */
static void
keep_away (float *row, int classes, double threshold)
{
    double sum = 0;
    float most = row[0];

    for (int i = 1; i < classes; i++)
        most = MAX (most, row[i]);
    for (int i = 0; i < classes; i++)
        sum += exp ((double) row[i] - most);
    if (fabs (1 / sum - threshold) < MARGIN)
        for (int i = 0; i < classes; i++)
            row[i] = 0;
}

static void
build_keep_queries (CheckRun *run)
{
    static const float wild[] = { NAN, INFINITY, -INFINITY };
    const KeepQueries *p = run->params;
    const int64_t n = (int64_t) p->queries * p->classes;
    M2fKeepQueries *a = &run->args.keep_queries;
    float *logits = check_normal (run, n, 0, p->deviation);

    for (int i = 0; i < p->queries; i++)
        keep_away (logits + (size_t) i * p->classes, p->classes, p->threshold);
    for (int i = 0; p->wild && i < p->queries; i += 4)
        logits[check_random (run) % (uint64_t) n] = wild[i / 4 % 3];

    run->gap = p->gap;
    a->kept = check_output (run, "kept", M2F_I32, 1, 1, 2, p->queries);
    a->score = check_output (run, "score", M2F_F32, 1, 1, 1, p->queries);
    a->logits = check_input (run, "logits", 1, 1, p->queries, p->classes, logits);
    a->threshold = check_input (run, "threshold", 1, 1, 1, 1,
        check_constant (run, 1, p->threshold));
}

void
check_cases_keep_queries (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (keep_queries); i++) {
        const KeepQueries *p = &keep_queries[i];
        char *name = g_strdup_printf ("keep_queries_%d_c%d_t%g%s%s", p->queries, p->classes,
            (double) p->threshold, p->wild ? "_wild" : "", p->gap ? "_strided" : "");

        check_add (list, (CheckCase) { .op = CHECK_OP_keep_queries, .name = name,
            .build = build_keep_queries, .params = p, .limits = &near });
    }
}

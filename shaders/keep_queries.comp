#version 450
/* Lists the queries that show an object: one workgroup.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every invocation looks at whole queries and then counts the ones kept before each of them, which
 * is its place in the list.
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Kept { int kept[]; };
layout (binding = 1) writeonly buffer Score { float score[]; };
layout (binding = 2) readonly buffer Logits { float logits[]; };
layout (binding = 3) readonly buffer Threshold { float threshold[]; };
layout (push_constant) uniform Push { KeepPush p; };

/* by query */
shared int labels[MAX_CHANNELS]; /* -1: it is not kept */
shared float scores[MAX_CHANNELS];

/* The first of the largest of a query's logits, and its probability: 0 if that would be NaN. */
int
best_class (int query, out float probability)
{
    int row = p.logits + query * p.logits_stride, best = 0;
    float most = logits[row], sum = 0.0;
    bool finite = true;

    for (int i = 0; i < p.classes; i++) {
        float logit = logits[row + i];

        finite = finite && logit <= 3.4e38; /* neither NaN nor infinity */
        if (logit > most) {
            most = logit;
            best = i;
        }
    }
    finite = finite && most >= -3.4e38;
    for (int i = 0; i < p.classes; i++)
        sum += exp (logits[row + i] - most);
    probability = finite ? 1.0 / sum : 0.0;
    return best;
}

void
main ()
{
    int id = int (gl_LocalInvocationID.x), total = 0;

    for (int query = id; query < p.queries; query += 256) {
        float probability;
        int best = best_class (query, probability);
        bool shows = best < p.classes - 1 && probability > threshold[p.threshold];

        labels[query] = shows ? best : -1;
        scores[query] = probability;
    }
    barrier ();
    for (int i = 0; i < p.queries; i++)
        total += labels[i] >= 0 ? 1 : 0;
    for (int query = id; query < p.queries; query += 256) {
        int place = 0;

        if (query >= total) {
            kept[p.kept + query] = 0;
            kept[p.kept + p.kept_stride + query] = -1;
            score[p.score + query] = query > 0 ? -1.0 : 0.0;
        }
        if (labels[query] < 0)
            continue;
        for (int i = 0; i < query; i++)
            place += labels[i] >= 0 ? 1 : 0;
        kept[p.kept + place] = query;
        kept[p.kept + p.kept_stride + place] = labels[query];
        score[p.score + place] = scores[query];
    }
}

/* Post-processing as in the paper: void where no mask is sure, every id used once.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * facebookresearch/Mask2Former, maskformer_model.py: semantic_inference(), panoptic_inference(),
 * instance_inference().  Masks go straight from 1/4 of the input to the frame.
 */
#include <stdlib.h>

#include "model/postprocess/postprocess.h"
#include "model/result.h"

/* What is left of a mask after the others have had their say. */
static bool
is_visible (const M2fPostprocessor *post, int channel)
{
    int won = post->counts[channel];
    int claimed = post->counts[post->n + channel];
    int sure = post->counts[2 * post->n + channel];

    return sure > 0
        && (double) won / claimed >= post->params->overlap_mask_area_threshold;
}

/* The candidate before `channel` that fuses with it, or NULL. */
static M2fCandidate *
find_fused (M2fPostprocessor *post, int channel)
{
    int label = post->candidates[channel].label;

    if (!post->fuse[label])
        return NULL;
    for (M2fCandidate *c = post->candidates; c < post->candidates + channel; c++)
        if (c->label == label && c->id != M2F_NO_ID)
            return c;
    return NULL;
}

static bool
panoptic (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    m2f_post_keep_queries (post, false);
    if (post->n == 0) {
        m2f_post_fill_map (result, 0);
        return true;
    }
    if (!m2f_post_argmax (post, error))
        return false;

    int n_ids = 0;
    for (int i = 0; i < post->n; i++) {
        M2fCandidate *c = &post->candidates[i], *first = find_fused (post, i);

        if (!is_visible (post, i)) {
            /* stays without an id */
        } else if (first) {
            M2fSegment *s = m2f_result_segment (result, first->id - 1);

            c->id = first->id;
            s->score = MAX (s->score, c->score);
        } else {
            c->id = ++n_ids;
            m2f_post_add_segment (post, result, c)->was_fused = post->fuse[c->label];
        }
        post->ids[i] = c->id;
    }
    m2f_post_write_map (post, result, 0);
    return true;
}

/* Ascending, so that better instances are painted later; queries break ties. */
static int
compare_scores (const void *a, const void *b)
{
    const M2fCandidate *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return x->query != y->query ? y->query - x->query : y->label - x->label;
}

/* Drops pairs that are no instances of things, and, once their masks are weighed, weak ones. */
static void
drop_pairs (M2fPostprocessor *post)
{
    int n = 0;

    for (int i = 0; i < post->n; i++)
        if (m2f_label_set_is_thing (post->set, post->candidates[i].label)
            && (double) post->candidates[i].score >= post->params->threshold)
            post->candidates[n++] = post->candidates[i];
    post->n = n;
}

static bool
instance (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    m2f_post_keep_pairs (post);
    drop_pairs (post);
    if (post->n > 0) {
        if (!m2f_post_score_masks (post, error))
            return false;
        drop_pairs (post);
    }
    if (post->n == 0) {
        m2f_post_fill_map (result, 0);
        return true;
    }
    qsort (post->candidates, (size_t) post->n, sizeof *post->candidates, compare_scores);
    if (!m2f_post_paint (post, error))
        return false;

    int n_ids = 0;
    for (int i = post->n - 1; i >= 0; i--) {
        M2fCandidate *c = &post->candidates[i];

        if (post->regions[i].area > 0) {
            c->id = ++n_ids;
            m2f_post_add_segment (post, result, c);
        }
        post->ids[i] = c->id;
    }
    m2f_post_write_map (post, result, 0);
    return true;
}

static bool
semantic (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    if (!m2f_post_classes (post, error))
        return false;

    int n_ids = 0;
    for (int label = 0; label < post->n_labels; label++) {
        M2fCandidate c = { .query = -1, .label = label, .score = 1, .id = M2F_NO_ID };

        if (post->regions[label].area > 0) {
            c.id = ++n_ids;
            m2f_post_add_segment (post, result, &c);
        }
        post->ids[label] = c.id;
    }
    m2f_post_write_map (post, result, 0);
    return true;
}

bool
m2f_post_paper (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    switch (post->setup.task) {
    case M2F_TASK_SEMANTIC:
        return semantic (post, result, error);
    case M2F_TASK_INSTANCE:
        return instance (post, result, error);
    case M2F_TASK_PANOPTIC:
        return panoptic (post, result, error);
    }
    g_return_val_if_reached (false);
}

/* Post-processing as in the paper: void where no mask is sure, every id used once.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * facebookresearch/Mask2Former, maskformer_model.py: semantic_inference(), panoptic_inference(),
 * instance_inference().  Masks go straight from 1/4 of the input to the frame.  Id 0 is void.
 */
#include <stdlib.h>

#include "model/postprocess/postprocess.h"
#include "model/result.h"

/* Whether enough of a mask is left beside the others: the pixels it won, as a fraction of those it
 * claimed, reach the threshold. */
static bool
is_visible (const M2fWinners *winners, int channel, double threshold)
{
    return winners->held[channel] > 0
        && (double) winners->won[channel] / winners->claimed[channel] >= threshold;
}

static bool
panoptic (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks, M2fResult *result,
    GError **error)
{
    M2fWinners winners;
    int n_ids = 0;

    if (!m2f_post_keep_queries (post, params->threshold, masks, error))
        return false;
    if (masks->n == 0) {
        m2f_label_map_fill (result, 0);
        return true;
    }
    if (!m2f_post_argmax (post, masks, params->mask_threshold, &winners, error))
        return false;

    for (int i = 0; i < masks->n; i++) {
        M2fCandidate *c = &masks->candidates[i];
        const M2fCandidate *first = m2f_post_find_fused (post, masks, i);

        if (!is_visible (&winners, i, params->overlap_mask_area_threshold))
            continue;
        if (first) {
            M2fSegment *s = m2f_result_segment (result, first->id - 1);

            c->id = first->id;
            s->score = MAX (s->score, c->score);
        } else {
            c->id = ++n_ids;
            m2f_post_add_segment (post, c, result)->was_fused = m2f_post_fuses (post, c->label);
        }
    }
    m2f_winners_write (&winners, masks, 0, result);
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

/* The masks of things that score at least the threshold. */
static M2fMasks
keep_things (const M2fPostprocessor *post, M2fMasks masks, double threshold)
{
    M2fMasks kept = { masks.candidates, 0 };

    for (int i = 0; i < masks.n; i++)
        if (m2f_post_is_thing (post, masks.candidates[i].label)
            && (double) masks.candidates[i].score >= threshold)
            kept.candidates[kept.n++] = masks.candidates[i];
    return kept;
}

static bool
instance (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks, M2fResult *result,
    GError **error)
{
    M2fWinners winners;
    int n_ids = 0;

    *masks = keep_things (post, m2f_post_keep_pairs (post, params->threshold), params->threshold);
    if (masks->n > 0) {
        if (!m2f_post_weigh (post, masks, error))
            return false;
        *masks = keep_things (post, *masks, params->threshold);
    }
    if (masks->n == 0) {
        m2f_label_map_fill (result, 0);
        return true;
    }
    qsort (masks->candidates, (size_t) masks->n, sizeof *masks->candidates, compare_scores);
    if (!m2f_post_paint (post, masks, &winners, error))
        return false;

    m2f_winners_measure (&winners, masks);
    for (int i = masks->n - 1; i >= 0; i--) {
        M2fCandidate *c = &masks->candidates[i];

        if (c->region.area > 0) {
            c->id = ++n_ids;
            m2f_post_add_segment (post, c, result);
        }
    }
    m2f_winners_write (&winners, masks, 0, result);
    return true;
}

static bool
semantic (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks, M2fResult *result,
    GError **error)
{
    M2fWinners winners;
    int n_ids = 0;

    *masks = m2f_post_every_class (post);
    if (!m2f_post_classes (post, &winners, error))
        return false;

    m2f_winners_measure (&winners, masks);
    for (int i = 0; i < masks->n; i++) {
        M2fCandidate *c = &masks->candidates[i];

        if (c->region.area > 0) {
            c->id = ++n_ids;
            m2f_post_add_segment (post, c, result);
        }
    }
    m2f_winners_write (&winners, masks, 0, result);
    return true;
}

const M2fSegmentFunc m2f_paper[] = {
    [M2F_TASK_SEMANTIC] = semantic,
    [M2F_TASK_INSTANCE] = instance,
    [M2F_TASK_PANOPTIC] = panoptic,
};

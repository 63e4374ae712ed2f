/* Post-processing exactly as transformers 5.12.1 computes it, quirks included.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mask2FormerImageProcessor.post_process_{semantic,instance,panoptic}_segmentation() and
 * compute_segments().  Masks go through 384 x 384 whatever the input's size, inside the ops.
 */
#include "model/postprocess/postprocess.h"
#include "model/result.h"

/* check_segment_validity().  The ratio is a float32 tensor's. */
static bool
is_valid (const M2fWinners *winners, int channel, double threshold)
{
    int won = winners->won[channel], claimed = winners->claimed[channel];

    return won > 0 && claimed > 0 && (double) ((float) won / (float) claimed) > threshold;
}

/* compute_segments().  The counter steps back to a fused class's id, so that the next segment may
 * get an id that is taken; no pixel is void; fused segments are listed once per query. */
static bool
panoptic (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks, M2fResult *result,
    GError **error)
{
    M2fWinners winners;
    int current = 0;

    if (!m2f_post_keep_queries (post, (double) (float) params->threshold, masks, error))
        return false;
    if (masks->n == 0) {
        m2f_label_map_fill (result, M2F_NO_SEGMENT (result));
        result->all_void = TRUE;
        return true;
    }
    if (!m2f_post_argmax (post, masks, params->mask_threshold, &winners, error))
        return false;

    for (int i = 0; i < masks->n; i++) {
        M2fCandidate *c = &masks->candidates[i];
        const M2fCandidate *first = m2f_post_find_fused (post, masks, i);

        if (!is_valid (&winners, i, params->overlap_mask_area_threshold))
            continue;
        current = first ? first->id : current + 1;
        c->id = current;
        m2f_post_add_segment (post, c, result)->was_fused = m2f_post_fuses (post, c->label);
    }
    m2f_winners_write (&winners, masks, 0, result);
    return true;
}

/* The masks that score at least the threshold. */
static M2fMasks
keep_strong (M2fMasks masks, double threshold)
{
    M2fMasks kept = { masks.candidates, 0 };

    for (int i = 0; i < masks.n; i++)
        if ((double) masks.candidates[i].score >= threshold)
            kept.candidates[kept.n++] = masks.candidates[i];
    return kept;
}

/* Painted in the order torch.topk leaves them in, whatever the scores.  A mask without a pixel is
 * no segment; a segment that is painted over entirely stays one. */
static bool
instance (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks, M2fResult *result,
    GError **error)
{
    M2fWinners winners;
    int n_ids = 0;

    *masks = m2f_post_keep_pairs (post, params->threshold);
    if (masks->n > 0) {
        if (!m2f_post_weigh (post, masks, error))
            return false;
        *masks = keep_strong (*masks, params->threshold);
    }
    if (masks->n == 0) {
        m2f_label_map_fill (result, M2F_NO_SEGMENT (result));
        return true;
    }
    if (!m2f_post_paint (post, masks, &winners, error))
        return false;

    for (int i = 0; i < masks->n; i++) {
        M2fCandidate *c = &masks->candidates[i];

        if (winners.claimed[i] > 0) {
            c->id = n_ids++;
            m2f_post_add_segment (post, c, result);
        }
    }
    m2f_winners_write (&winners, masks, M2F_NO_SEGMENT (result), result);
    return true;
}

/* The map holds class ids.  transformers lists no segments; these are the classes present. */
static bool
semantic (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks, M2fResult *result,
    GError **error)
{
    M2fWinners winners;

    *masks = m2f_post_every_class (post);
    if (!m2f_post_classes (post, &winners, error))
        return false;

    m2f_winners_measure (&winners, masks);
    for (int label = 0; label < masks->n; label++) {
        M2fCandidate *c = &masks->candidates[label];

        c->id = label;
        if (c->region.area > 0)
            m2f_post_add_segment (post, c, result);
    }
    m2f_winners_write (&winners, masks, 0, result);
    return true;
}

const M2fSegmentFunc m2f_transformers[] = {
    [M2F_TASK_SEMANTIC] = semantic,
    [M2F_TASK_INSTANCE] = instance,
    [M2F_TASK_PANOPTIC] = panoptic,
};

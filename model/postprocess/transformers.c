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

/* check_segment_validity(): the claimed area counts score x probability, not the probability, and
 * the ratio is a float32 tensor's. */
static bool
is_valid (const M2fPostprocessor *post, int channel)
{
    int won = post->counts[channel], claimed = post->counts[post->n + channel];

    if (won == 0 || claimed == 0)
        return false;
    return (double) ((float) won / (float) claimed) > post->params->overlap_mask_area_threshold;
}

/* The id a fused class got earlier in the picture, or M2F_NO_ID. */
static int
find_fused (const M2fPostprocessor *post, int channel)
{
    int label = post->candidates[channel].label;

    if (!post->fuse[label])
        return M2F_NO_ID;
    for (int i = 0; i < channel; i++)
        if (post->candidates[i].label == label && post->candidates[i].id != M2F_NO_ID)
            return post->candidates[i].id;
    return M2F_NO_ID;
}

/* compute_segments().  The counter steps back to a fused class's id, so that the next segment may
 * get an id that is taken; nothing is void; fused segments are listed once per query. */
static bool
panoptic (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    m2f_post_keep_queries (post, true);
    if (post->n == 0) {
        m2f_post_fill_map (result, M2F_NO_SEGMENT (result));
        result->all_void = TRUE;
        return true;
    }
    if (!m2f_post_argmax (post, error))
        return false;

    int current = 0;
    for (int i = 0; i < post->n; i++) {
        M2fCandidate *c = &post->candidates[i];

        if (is_valid (post, i)) {
            int fused = find_fused (post, i);

            current = fused == M2F_NO_ID ? current + 1 : fused;
            c->id = current;
            m2f_post_add_segment (post, result, c)->was_fused = post->fuse[c->label];
        }
        post->ids[i] = c->id;
    }
    m2f_post_write_map (post, result, 0);
    return true;
}

static void
drop_weak (M2fPostprocessor *post)
{
    int n = 0;

    for (int i = 0; i < post->n; i++)
        if ((double) post->candidates[i].score >= post->params->threshold)
            post->candidates[n++] = post->candidates[i];
    post->n = n;
}

/* Painted in the order torch.topk leaves them in, whatever the scores; a segment may end up with
 * no pixel.  A mask without one from the start is none. */
static bool
instance (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    m2f_post_keep_pairs (post);
    if (post->n > 0) {
        if (!m2f_post_score_masks (post, error))
            return false;
        drop_weak (post);
    }
    if (post->n == 0) {
        m2f_post_fill_map (result, M2F_NO_SEGMENT (result));
        return true;
    }
    if (!m2f_post_paint (post, error))
        return false;

    int n_ids = 0;
    for (int i = 0; i < post->n; i++) {
        M2fCandidate *c = &post->candidates[i];

        if (post->counts[i] > 0) {
            c->id = n_ids++;
            m2f_post_add_segment (post, result, c);
        }
        post->ids[i] = c->id;
    }
    m2f_post_write_map (post, result, M2F_NO_SEGMENT (result));
    return true;
}

/* The map holds class ids.  transformers lists no segments; these are the classes present. */
static bool
semantic (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    if (!m2f_post_classes (post, error))
        return false;
    for (int label = 0; label < post->n_labels; label++) {
        M2fCandidate c = { .query = -1, .label = label, .score = 1, .id = label };

        if (post->regions[label].area > 0)
            m2f_post_add_segment (post, result, &c);
        post->ids[label] = label;
    }
    m2f_post_write_map (post, result, 0);
    return true;
}

bool
m2f_post_transformers (M2fPostprocessor *post, M2fResult *result, GError **error)
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

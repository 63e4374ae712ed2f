/* The plans of a post-processor: ops over the masks of queries.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/postprocess/mask_plans.h"

#include "model/compute/ops.h"

/* Side of the size that masks go through on their way to the map; 0 = none. */
static int
mid_side (const M2fPostprocessor *post)
{
    return is_transformers (post) ? M2F_TRANSFORMERS_SIDE : 0;
}

/* Mask logits (1, h, w, n) of the kept queries: features . embedding^T + bias. */
static M2fTensor
kept_masks (const MaskPlan *p, M2fPlan *plan, M2fTensor index)
{
    const M2fPostprocessor *post = p->post;
    const M2fNetworkOutput *net = post->net;
    int h = net->features.ne[1], w = net->features.ne[2], c = net->features.ne[3];

    M2fTensor logits = m2f_plan_tensor (plan, "kept masks", M2F_F32, 1, h, w, p->n);
    M2fTensor embedding = m2f_plan_tensor (plan, "kept mask embeddings", M2F_F32, 1, 1, p->n, c);
    M2fTensor bias = m2f_plan_tensor (plan, "kept mask biases", M2F_F32, 1, 1, p->n, 1);
    m2f_gather_rows (plan, .dst = embedding, .src = net->mask_embedding, .index = index);
    m2f_gather_rows (plan, .dst = bias,
        .src = m2f_tensor_reshape (net->mask_bias, 1, 1, post->n_queries, 1), .index = index);
    m2f_matmul (plan, .dst = m2f_tensor_reshape (logits, 1, 1, h * w, p->n),
        .a = m2f_tensor_reshape (net->features, 1, 1, h * w, c), .b = embedding,
        .column_bias = m2f_tensor_reshape (bias, 1, 1, 1, p->n));
    m2f_plan_release (plan, &bias);
    m2f_plan_release (plan, &embedding);
    return logits;
}

static M2fTensor
new_winner (const MaskPlan *p, M2fPlan *plan, bool bytes)
{
    return m2f_plan_tensor (plan, "winners", bytes ? M2F_U8 : M2F_U16, 1, 1,
        p->post->setup.map_height, p->post->setup.map_width);
}

/* Lets the device keep queries: their indices, for kept_masks(), and scores. */
static M2fTensor
record_keep (MaskPlan *p, M2fPlan *plan, M2fTensor *score)
{
    const M2fPostprocessor *post = p->post;
    const int n = post->n_queries;

    p->kept = m2f_plan_tensor (plan, "kept queries", M2F_I32, 1, 1, 2, n);
    *score = m2f_plan_tensor (plan, "kept scores", M2F_F32, 1, 1, 1, n);
    m2f_keep_queries (plan, .kept = p->kept, .score = *score, .logits = post->net->class_logits,
        .threshold = m2f_tensor_columns (post->threshold_tensor, 0, 1));
    m2f_plan_download (plan, &p->kept);
    return m2f_tensor_tokens (p->kept, 0, 1);
}

static void
record_argmax (M2fPlan *plan, void *data)
{
    MaskPlan *p = data;
    const M2fPostprocessor *post = p->post;
    M2fTensor score = head (post->score_tensor, p->n), index = head (post->index_tensor, p->n);

    m2f_plan_stage (plan, "postprocess");
    if (post->behind == p)
        index = record_keep (p, plan, &score);
    p->winner = new_winner (p, plan, post->n_queries <= 255);
    p->counts = m2f_plan_tensor (plan, "counts", M2F_I32, 1, 1, M2F_N_COUNTS, p->n);
    M2fTensor logits = kept_masks (p, plan, index);
    m2f_mask_argmax (plan, .winner = p->winner, .counts = p->counts, .logits = logits,
        .score = score, .mid_height = mid_side (post), .mid_width = mid_side (post),
        .threshold = m2f_tensor_columns (post->threshold_tensor, 1, 1),
        .weighted = is_transformers (post), .void_below = !is_transformers (post));
    m2f_plan_download (plan, &p->winner);
    m2f_plan_download (plan, &p->counts);
    m2f_plan_release (plan, &logits);
}

static void
record_classes (M2fPlan *plan, void *data)
{
    MaskPlan *p = data;
    const M2fPostprocessor *post = p->post;
    const M2fNetworkOutput *net = post->net;
    int h = net->features.ne[1], w = net->features.ne[2], c = net->features.ne[3];
    int mid = mid_side (post);
    M2fTensor mix = post->mix_tensor;

    m2f_plan_stage (plan, "postprocess");
    if (post->behind == p) {
        mix = m2f_plan_tensor (plan, "class scores", M2F_F32, 1, 1, post->n_labels,
            post->n_queries);
        m2f_class_scores (plan, .dst = mix, .logits = net->class_logits);
    }
    p->winner = new_winner (p, plan, post->n_labels <= 256);
    M2fTensor logits = m2f_plan_tensor (plan, "masks", M2F_F32, 1, h, w, post->n_queries);
    m2f_matmul (plan, .dst = m2f_tensor_reshape (logits, 1, 1, h * w, post->n_queries),
        .a = m2f_tensor_reshape (net->features, 1, 1, h * w, c), .b = net->mask_embedding,
        .column_bias = net->mask_bias);
    m2f_class_argmax (plan, .winner = p->winner, .logits = logits, .mix = mix,
        .mid_height = mid ? mid : post->setup.input_height,
        .mid_width = mid ? mid : post->setup.input_width);
    m2f_plan_download (plan, &p->winner);
    m2f_plan_release (plan, &logits);
}

static void
record_weigh (M2fPlan *plan, void *data)
{
    MaskPlan *p = data;
    const M2fMapSetup *setup = &p->post->setup;
    int mid = mid_side (p->post);

    m2f_plan_stage (plan, "postprocess");
    p->sums = m2f_plan_tensor (plan, "mask sums", M2F_F32, 1, 1, 2, p->n);
    M2fTensor logits = kept_masks (p, plan, head (p->post->index_tensor, p->n));
    m2f_mask_score (plan, .sums = p->sums, .logits = logits,
        .height = mid ? mid : setup->map_height, .width = mid ? mid : setup->map_width);
    m2f_plan_download (plan, &p->sums);
    m2f_plan_release (plan, &logits);
}

static void
record_paint (M2fPlan *plan, void *data)
{
    MaskPlan *p = data;

    m2f_plan_stage (plan, "postprocess");
    p->winner = new_winner (p, plan, p->post->n_queries <= 255);
    p->counts = m2f_plan_tensor (plan, "counts", M2F_I32, 1, 1, 1, p->n);
    M2fTensor logits = kept_masks (p, plan, head (p->post->index_tensor, p->n));
    m2f_mask_paint (plan, .winner = p->winner, .counts = p->counts, .logits = logits,
        .mid_height = mid_side (p->post), .mid_width = mid_side (p->post));
    m2f_plan_download (plan, &p->winner);
    m2f_plan_download (plan, &p->counts);
    m2f_plan_release (plan, &logits);
}

const M2fPlanFunc m2f_mask_recorders[N_MASK_OPS] = {
    [ARGMAX] = record_argmax,
    [CLASSES] = record_classes,
    [WEIGH] = record_weigh,
    [PAINT] = record_paint,
};

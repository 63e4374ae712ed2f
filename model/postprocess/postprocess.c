/* From class and mask predictions to segments and a label map: the steps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/postprocess/postprocess.h"

#include <math.h>
#include <string.h>

#include "model/device_error.h"
#include "model/preprocess/preprocess.h"
#include "model/result.h"

/* Most bytes of a result's binary maps. */
#define MAX_MASK_BYTES G_MAXINT32

static int
mid_side (const M2fPostprocessor *post)
{
    return post->setup.postprocess == M2F_POSTPROCESS_TRANSFORMERS ? M2F_TRANSFORMERS_SIDE : 0;
}

/* ---- classes ------------------------------------------------------------------------------- */

static void
read_classes (M2fPostprocessor *post)
{
    int n = post->n_labels + 1;

    m2f_tensor_read (post->device, &post->net->class_logits, post->probs);
    for (int q = 0; q < post->n_queries; q++) {
        float *row = post->probs + (size_t) q * n;
        float max = row[0];
        double sum = 0;

        for (int i = 1; i < n; i++)
            max = MAX (max, row[i]);
        for (int i = 0; i < n; i++)
            sum += post->exps[i] = exp ((double) row[i] - (double) max);
        for (int i = 0; i < n; i++)
            row[i] = (float) (post->exps[i] / sum);
    }
}

/* The best class, "no object" (n_labels) included; the first among equals. */
static int
best_class (const M2fPostprocessor *post, int query, float *score)
{
    const float *row = post->probs + (size_t) query * (post->n_labels + 1);
    int best = 0;

    for (int i = 1; i <= post->n_labels; i++)
        if (row[i] > row[best])
            best = i;
    *score = row[best];
    return best;
}

void
m2f_post_keep_queries (M2fPostprocessor *post, bool single_precision)
{
    double threshold = post->params->threshold;

    if (single_precision)
        threshold = (double) (float) threshold;
    post->n = 0;
    for (int q = 0; q < post->n_queries; q++) {
        float score;
        int label = best_class (post, q, &score);

        if (label < post->n_labels && (double) score > threshold)
            post->candidates[post->n++]
                = (M2fCandidate) { .query = q, .label = label, .score = score, .id = M2F_NO_ID };
    }
}

void
m2f_post_keep_pairs (M2fPostprocessor *post)
{
    int n_pairs = post->n_queries * post->n_labels;

    for (int i = 0; i < n_pairs; i++)
        post->scored[i] = (M2fScored) {
            .score = post->probs[i + i / post->n_labels], /* skips "no object" */
            .index = i,
        };
    m2f_topk (post->scored, n_pairs, post->n_queries);
    post->n = 0;
    for (int i = 0; i < post->n_queries; i++)
        if ((double) post->scored[i].score >= post->params->threshold)
            post->candidates[post->n++] = (M2fCandidate) {
                .query = post->scored[i].index / post->n_labels,
                .label = post->scored[i].index % post->n_labels,
                .score = post->scored[i].score,
                .id = M2F_NO_ID,
            };
}

/* ---- plans --------------------------------------------------------------------------------- */

/* The first elements of a dense tensor as a vector. */
static M2fTensor
head (M2fTensor t, int n)
{
    t.ne[3] = t.stride = n;
    return t;
}

/* Mask logits (1, h, w, n) of the chosen queries: features . embedding^T + bias. */
static M2fTensor
chosen_masks (M2fPostprocessor *post, M2fPlan *plan)
{
    const M2fNetworkOutput *net = post->net;
    int h = net->features.ne[1], w = net->features.ne[2], c = net->features.ne[3], n = post->n;
    M2fTensor index = head (post->index_tensor, n);

    M2fTensor logits = m2f_plan_tensor (plan, "kept masks", M2F_F32, 1, h, w, n);
    M2fTensor embedding = m2f_plan_tensor (plan, "kept mask embeddings", M2F_F32, 1, 1, n, c);
    M2fTensor bias = m2f_plan_tensor (plan, "kept mask biases", M2F_F32, 1, 1, n, 1);
    m2f_gather_rows (plan, .dst = embedding, .src = net->mask_embedding, .index = index);
    m2f_gather_rows (plan, .dst = bias,
        .src = m2f_tensor_reshape (net->mask_bias, 1, 1, post->n_queries, 1), .index = index);
    m2f_matmul (plan, .dst = m2f_tensor_reshape (logits, 1, 1, h * w, n),
        .a = m2f_tensor_reshape (net->features, 1, 1, h * w, c), .b = embedding,
        .column_bias = m2f_tensor_reshape (bias, 1, 1, 1, n));
    m2f_plan_release (plan, &bias);
    m2f_plan_release (plan, &embedding);
    return logits;
}

static M2fTensor
winners (M2fPostprocessor *post, M2fPlan *plan, bool bytes)
{
    return m2f_plan_tensor (plan, "winners", bytes ? M2F_U8 : M2F_U16, 1, 1,
        post->setup.map_height, post->setup.map_width);
}

static void
record_argmax (M2fPlan *plan, void *data)
{
    M2fPostprocessor *post = data;
    bool transformers = post->setup.postprocess == M2F_POSTPROCESS_TRANSFORMERS;

    m2f_plan_stage (plan, "postprocess");
    post->winner_tensor = winners (post, plan, post->n_queries <= 255);
    post->counts_tensor = m2f_plan_tensor (plan, "counts", M2F_I32, 1, 1, 3, post->n);
    M2fTensor logits = chosen_masks (post, plan);
    m2f_mask_argmax (plan, .winner = post->winner_tensor, .counts = post->counts_tensor,
        .logits = logits, .score = head (post->score_tensor, post->n),
        .mid_height = mid_side (post), .mid_width = mid_side (post),
        .threshold = (float) post->params->mask_threshold, .weighted = transformers,
        .void_below = !transformers);
    m2f_plan_download (plan, &post->winner_tensor);
    m2f_plan_download (plan, &post->counts_tensor);
    m2f_plan_release (plan, &logits);
}

static void
record_classes (M2fPlan *plan, void *data)
{
    M2fPostprocessor *post = data;
    const M2fNetworkOutput *net = post->net;
    int h = net->features.ne[1], w = net->features.ne[2], c = net->features.ne[3];
    bool transformers = post->setup.postprocess == M2F_POSTPROCESS_TRANSFORMERS;

    m2f_plan_stage (plan, "postprocess");
    post->winner_tensor = winners (post, plan, post->n_labels <= 256);
    M2fTensor logits = m2f_plan_tensor (plan, "masks", M2F_F32, 1, h, w, post->n_queries);
    m2f_matmul (plan, .dst = m2f_tensor_reshape (logits, 1, 1, h * w, post->n_queries),
        .a = m2f_tensor_reshape (net->features, 1, 1, h * w, c), .b = net->mask_embedding,
        .column_bias = net->mask_bias);
    m2f_class_argmax (plan, .winner = post->winner_tensor, .logits = logits,
        .mix = post->mix_tensor,
        .mid_height = transformers ? mid_side (post) : post->setup.input_height,
        .mid_width = transformers ? mid_side (post) : post->setup.input_width);
    m2f_plan_download (plan, &post->winner_tensor);
    m2f_plan_release (plan, &logits);
}

static void
record_score (M2fPlan *plan, void *data)
{
    M2fPostprocessor *post = data;
    int mid = mid_side (post);

    m2f_plan_stage (plan, "postprocess");
    post->sums_tensor = m2f_plan_tensor (plan, "mask sums", M2F_F32, 1, 1, 2, post->n);
    M2fTensor logits = chosen_masks (post, plan);
    m2f_mask_score (plan, .sums = post->sums_tensor, .logits = logits,
        .height = mid ? mid : post->setup.map_height, .width = mid ? mid : post->setup.map_width);
    m2f_plan_download (plan, &post->sums_tensor);
    m2f_plan_release (plan, &logits);
}

static void
record_paint (M2fPlan *plan, void *data)
{
    M2fPostprocessor *post = data;

    m2f_plan_stage (plan, "postprocess");
    post->winner_tensor = winners (post, plan, post->n_queries <= 255);
    post->counts_tensor = m2f_plan_tensor (plan, "counts", M2F_I32, 1, 1, 1, post->n);
    M2fTensor logits = chosen_masks (post, plan);
    m2f_mask_paint (plan, .winner = post->winner_tensor, .counts = post->counts_tensor,
        .logits = logits, .mid_height = mid_side (post), .mid_width = mid_side (post));
    m2f_plan_download (plan, &post->winner_tensor);
    m2f_plan_download (plan, &post->counts_tensor);
    m2f_plan_release (plan, &logits);
}

static const M2fPlanFunc walks[M2F_N_MAP_PLANS] = {
    [M2F_PLAN_ARGMAX] = record_argmax,
    [M2F_PLAN_CLASSES] = record_classes,
    [M2F_PLAN_SCORE] = record_score,
    [M2F_PLAN_PAINT] = record_paint,
};

static bool
run_plan (M2fPostprocessor *post, M2fMapPlan which, GError **error)
{
    GError *failure = NULL;
    double threshold = post->params->mask_threshold;

    if (post->recorded[which] != threshold)
        m2f_plan_invalidate (post->plans[which]);
    post->recorded[which] = threshold;
    m2f_plan_variant (post->plans[which], which == M2F_PLAN_CLASSES ? 0 : post->n);
    if (m2f_plan_run (post->plans[which], &failure))
        return true;
    m2f_propagate_device_error (error, failure);
    return false;
}

/* ---- ops over the candidates ---------------------------------------------------------------- */

static void
choose (M2fPostprocessor *post, const M2fCandidate *candidates, int n)
{
    M2fTensor index = head (post->index_tensor, n);

    post->n = n;
    for (int i = 0; i < n; i++)
        post->index[i] = candidates[i].query;
    m2f_tensor_write (post->device, &index, post->index);
}

/* A plan that was recorded is not walked again: its tensors are as wide as the last walk made them,
 * which need not have been for as many channels. */
static void
map_counts (M2fPostprocessor *post)
{
    M2fTensor counts = head (post->counts_tensor, post->n);

    post->counts = m2f_tensor_map (post->device, &counts);
}

static void
map_winners (M2fPostprocessor *post, int n_channels)
{
    post->winner = m2f_tensor_map (post->device, &post->winner_tensor);
    post->n_channels = n_channels;
}

bool
m2f_post_argmax (M2fPostprocessor *post, GError **error)
{
    M2fTensor score = head (post->score_tensor, post->n);

    for (int i = 0; i < post->n; i++)
        post->host[i] = post->candidates[i].score;
    m2f_tensor_write (post->device, &score, post->host);
    choose (post, post->candidates, post->n);
    if (!run_plan (post, M2F_PLAN_ARGMAX, error))
        return false;
    map_counts (post);
    map_winners (post, post->n);
    return true;
}

bool
m2f_post_classes (M2fPostprocessor *post, GError **error)
{
    for (int label = 0; label < post->n_labels; label++)
        for (int q = 0; q < post->n_queries; q++)
            post->host[(size_t) label * post->n_queries + q]
                = post->probs[(size_t) q * (post->n_labels + 1) + label];
    m2f_tensor_write (post->device, &post->mix_tensor, post->host);
    if (!run_plan (post, M2F_PLAN_CLASSES, error))
        return false;
    map_winners (post, post->n_labels);
    m2f_post_scan (post);
    return true;
}

bool
m2f_post_score_masks (M2fPostprocessor *post, GError **error)
{
    choose (post, post->candidates, post->n);
    if (!run_plan (post, M2F_PLAN_SCORE, error))
        return false;
    M2fTensor sums = head (post->sums_tensor, post->n);
    m2f_tensor_read (post->device, &sums, post->sums);
    for (int i = 0; i < post->n; i++)
        post->candidates[i].score *= post->sums[i] / (post->sums[post->n + i] + 1e-6f);
    return true;
}

bool
m2f_post_paint (M2fPostprocessor *post, GError **error)
{
    choose (post, post->candidates, post->n);
    if (!run_plan (post, M2F_PLAN_PAINT, error))
        return false;
    map_counts (post);
    map_winners (post, post->n);
    m2f_post_scan (post);
    return true;
}

/* ---- segments ------------------------------------------------------------------------------ */

M2fSegment *
m2f_post_add_segment (M2fPostprocessor *post, M2fResult *result, const M2fCandidate *c)
{
    const float *embedding
        = c->query < 0 ? NULL : post->embeddings + (size_t) c->query * post->hidden;
    M2fSegment *s = m2f_result_add (result, embedding, post->hidden);

    *s = (M2fSegment) {
        .id = c->id,
        .label_id = c->label,
        .label = post->labels[c->label],
        .score = c->score,
        .is_thing = m2f_label_set_is_thing (post->set, c->label),
        .query = c->query,
    };
    return s;
}

/* An instance's own mask, painted over or not. */
static bool
mask_from_query (M2fPostprocessor *post, int query, uint8_t *mask, GError **error)
{
    choose (post, &(M2fCandidate) { .query = query }, 1);
    if (!run_plan (post, M2F_PLAN_PAINT, error))
        return false;
    map_winners (post, 1);
    m2f_post_mask_of_channel (post, 0, mask);
    return true;
}

static bool
add_masks (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    size_t pixels = (size_t) result->map_width * result->map_height;
    guint n = result->segment_array->len;

    if (n > 0 && pixels > MAX_MASK_BYTES / n) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "binary maps: %u segments of %dx%d pixels, expected %d bytes at most", n,
            result->map_width, result->map_height, MAX_MASK_BYTES);
        return false;
    }

    uint8_t *mask = m2f_result_add_masks (result);
    for (guint i = 0; i < n; i++, mask += pixels) {
        const M2fSegment *s = &g_array_index (result->segment_array, M2fSegment, i);

        if (post->setup.task != M2F_TASK_INSTANCE)
            m2f_post_mask_of_id (result, s->id, mask);
        else if (!mask_from_query (post, s->query, mask, error))
            return false;
    }
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Whether every id a map of this task can have, and the mark for none, fit into a byte. */
static int
map_depth (const M2fPostprocessor *post)
{
    int ids = post->setup.task == M2F_TASK_SEMANTIC ? post->n_labels : post->n_queries;

    return ids <= 254 ? 1 : 2;
}

bool
m2f_postprocessor_run (M2fPostprocessor *post, const M2fParams *params, M2fResult *result,
    GError **error)
{
    bool transformers = post->setup.postprocess == M2F_POSTPROCESS_TRANSFORMERS;

    post->params = params;
    post->n_channels = 0;
    memset (post->fuse, 0, sizeof *post->fuse * (size_t) post->n_labels);
    for (int i = 0; i < params->n_label_ids_to_fuse; i++)
        post->fuse[params->label_ids_to_fuse[i]] = TRUE;

    m2f_result_begin (result, post->setup.map_width, post->setup.map_height, map_depth (post));
    read_classes (post);
    m2f_tensor_read (post->device, &post->net->embeddings, post->embeddings);
    if (!(transformers ? m2f_post_transformers : m2f_post_paper) (post, result, error))
        return false;
    m2f_post_measure (post, result);
    if (params->binary_maps && !add_masks (post, result, error))
        return false;
    m2f_result_end (result);
    if (params->ids_from_one && transformers
        && (post->setup.task != M2F_TASK_PANOPTIC || result->all_void))
        m2f_result_count_from_one (result);
    return true;
}

bool
m2f_postprocessor_fits (const M2fPostprocessor *post, const M2fMapSetup *setup)
{
    const M2fMapSetup *s = &post->setup;

    return s->task == setup->task && s->postprocess == setup->postprocess
        && s->map_height == setup->map_height && s->map_width == setup->map_width
        && s->input_height == setup->input_height && s->input_width == setup->input_width;
}

static bool
new_tensors (M2fPostprocessor *post, GError **error)
{
    M2fDevice *device = post->device;

    if (post->setup.task == M2F_TASK_SEMANTIC)
        return m2f_tensor_new_shared (device, &post->mix_tensor, "class mix", M2F_F32, 1, 1,
            post->n_labels, post->n_queries, error);
    return m2f_tensor_new_shared (device, &post->index_tensor, "kept queries", M2F_I32, 1, 1, 1,
               post->n_queries, error)
        && m2f_tensor_new_shared (device, &post->score_tensor, "kept scores", M2F_F32, 1, 1, 1,
            post->n_queries, error);
}

static bool
new_plans (M2fPostprocessor *post, GError **error)
{
    static const bool wanted[][M2F_N_MAP_PLANS] = {
        [M2F_TASK_SEMANTIC] = { [M2F_PLAN_CLASSES] = true },
        [M2F_TASK_INSTANCE] = { [M2F_PLAN_SCORE] = true, [M2F_PLAN_PAINT] = true },
        [M2F_TASK_PANOPTIC] = { [M2F_PLAN_ARGMAX] = true },
    };
    const M2fParams params = { .mask_threshold = 0.5 };

    post->params = &params;
    post->n = post->n_queries; /* later runs choose fewer */
    for (int i = 0; i < M2F_N_MAP_PLANS; i++)
        if (wanted[post->setup.task][i]
            && !(post->plans[i] = m2f_plan_new (post->device, walks[i], post, error)))
            return false;
    post->params = NULL;
    return true;
}

M2fPostprocessor *
m2f_postprocessor_new (M2fDevice *device, const M2fConfig *config,
    const M2fNetworkOutput *net, const M2fMapSetup *setup, GError **error)
{
    M2fPostprocessor *post = g_new0 (M2fPostprocessor, 1);
    int n_queries = net->class_logits.ne[2], n_labels = net->class_logits.ne[3] - 1;
    size_t n_ids = (size_t) MAX (n_queries, n_labels) + 1;
    GError *failure = NULL;

    post->device = m2f_device_ref (device);
    post->labels = config->labels;
    post->set = m2f_label_set_find (config);
    post->net = net;
    post->setup = *setup;
    post->n_queries = n_queries;
    post->n_labels = n_labels;
    post->hidden = net->embeddings.ne[3];
    post->probs = g_new (float, (size_t) n_queries * (n_labels + 1));
    post->exps = g_new (double, n_labels + 1);
    post->candidates = g_new (M2fCandidate, n_queries);
    post->embeddings = g_new (float, (size_t) n_queries * post->hidden);
    post->scored = g_new (M2fScored, (size_t) n_queries * n_labels);
    post->index = g_new (int32_t, n_queries);
    post->host = g_new (float, (size_t) n_queries * n_labels);
    post->sums = g_new (float, 2 * (size_t) n_queries);
    post->regions = g_new (M2fRegion, n_ids);
    post->by_id = g_new (M2fRegion, n_ids);
    post->ids = g_new (int, n_ids);
    post->fuse = g_new (gboolean, n_labels);
    if (!new_tensors (post, &failure) || !new_plans (post, &failure)) {
        m2f_propagate_device_error (error, failure);
        m2f_postprocessor_free (&post);
    }
    return post;
}

void
m2f_postprocessor_free (M2fPostprocessor **postprocessor)
{
    M2fPostprocessor *post = g_steal_pointer (postprocessor);

    if (!post)
        return;
    for (int i = 0; i < M2F_N_MAP_PLANS; i++)
        m2f_plan_free (&post->plans[i]);
    m2f_tensor_free (post->device, &post->index_tensor);
    m2f_tensor_free (post->device, &post->score_tensor);
    m2f_tensor_free (post->device, &post->mix_tensor);
    g_free (post->probs);
    g_free (post->exps);
    g_free (post->candidates);
    g_free (post->embeddings);
    g_free (post->scored);
    g_free (post->index);
    g_free (post->host);
    g_free (post->sums);
    g_free (post->regions);
    g_free (post->by_id);
    g_free (post->ids);
    g_free (post->fuse);
    m2f_device_unref (&post->device);
    g_free (post);
}

/* From class and mask predictions to segments and a label map: the steps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/postprocess/postprocess.h"

#include <math.h>

#include "model/checkpoint/label_sets.h"
#include "model/device_error.h"
#include "model/error.h"
#include "model/postprocess/mask_plans.h"
#include "model/result.h"

/* Most bytes of a result's binary maps. */
#define MAX_MASK_BYTES G_MAXINT32

/* ---- classes ------------------------------------------------------------------------------- */

static bool
are_finite (const float *values, size_t n)
{
    bool finite = true;

    for (size_t i = 0; i < n; i++)
        finite &= isfinite (values[i]) != 0;
    return finite;
}

/* Reads class logits and embeddings.  False if something that masks and classes are made of is not
 * finite.  Of the features one pixel stands for all: a group norm makes them, so that what is not
 * finite anywhere is nowhere. */
static bool
read_output (M2fPostprocessor *post)
{
    const M2fNetworkOutput *net = post->net;
    size_t n = (size_t) post->n_queries, depth = (size_t) net->features.ne[3];
    M2fTensor pixel = net->features;

    pixel.ne[1] = pixel.ne[2] = 1;
    m2f_tensor_read (post->device, &net->class_logits, post->probs);
    m2f_tensor_read (post->device, &net->embeddings, post->embeddings);
    m2f_tensor_read (post->device, &net->mask_embedding, post->mask_embedding);
    m2f_tensor_read (post->device, &pixel, post->pixel);
    return are_finite (post->probs, n * ((size_t) post->n_labels + 1))
        && are_finite (post->embeddings, n * (size_t) post->hidden)
        && are_finite (post->mask_embedding, n * depth) && are_finite (post->pixel, depth);
}

/* Turns the class logits into probabilities. */
static void
softmax_classes (M2fPostprocessor *post)
{
    int n = post->n_labels + 1;

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

/* The first bytes of what a plan computed, for the host to read. */
static const void *
map (const MaskPlan *p, const M2fTensor *tensor, GError **error)
{
    GError *failure = NULL;
    const void *elements = m2f_tensor_map (p->post->device, tensor, &failure);

    if (failure)
        m2f_propagate_device_error (error, failure);
    return elements;
}

/* Reads the queries that the device has kept. */
static bool
read_kept (M2fPostprocessor *post, M2fMasks *masks, GError **error)
{
    const int n = post->n_queries;
    const int32_t *query = map (&post->plans[ARGMAX], &post->plans[ARGMAX].kept, error);

    if (!query)
        return false;

    const int32_t *label = query + n;

    for (int i = 0; i < n && label[i] >= 0; i++) {
        const bool is_valid = query[i] >= 0 && query[i] < n && label[i] < post->n_labels;

        if (!is_valid) /* not by a device that works */
            break;
        masks->candidates[masks->n++] = (M2fCandidate) {
            .query = query[i],
            .label = label[i],
            .score = post->probs[(size_t) query[i] * (post->n_labels + 1) + label[i]],
            .id = M2F_NO_ID,
        };
    }
    return true;
}

bool
m2f_post_keep_queries (M2fPostprocessor *post, double threshold, M2fMasks *masks, GError **error)
{
    *masks = (M2fMasks) { post->candidates, 0 };
    if (post->behind)
        return read_kept (post, masks, error);
    for (int q = 0; q < post->n_queries; q++) {
        float score;
        int label = best_class (post, q, &score);

        if (label < post->n_labels && (double) score > threshold)
            masks->candidates[masks->n++]
                = (M2fCandidate) { .query = q, .label = label, .score = score, .id = M2F_NO_ID };
    }
    return true;
}

M2fMasks
m2f_post_keep_pairs (M2fPostprocessor *post, double threshold)
{
    M2fMasks masks = { post->candidates, 0 };
    int n_pairs = post->n_queries * post->n_labels;

    for (int i = 0; i < n_pairs; i++)
        post->scored[i] = (M2fScored) {
            .score = post->probs[i + i / post->n_labels], /* skips "no object" */
            .index = i,
        };
    m2f_topk (post->scored, n_pairs, post->n_queries);
    for (int i = 0; i < post->n_queries; i++)
        if ((double) post->scored[i].score >= threshold)
            masks.candidates[masks.n++] = (M2fCandidate) {
                .query = post->scored[i].index / post->n_labels,
                .label = post->scored[i].index % post->n_labels,
                .score = post->scored[i].score,
                .id = M2F_NO_ID,
            };
    return masks;
}

M2fMasks
m2f_post_every_class (M2fPostprocessor *post)
{
    for (int label = 0; label < post->n_labels; label++)
        post->candidates[label]
            = (M2fCandidate) { .query = -1, .label = label, .score = 1, .id = M2F_NO_ID };
    return (M2fMasks) { post->candidates, post->n_labels };
}

/* ---- plans --------------------------------------------------------------------------------- */

/* Tells the plans which queries the masks are of. */
static void
write_queries (M2fPostprocessor *post, const M2fMasks *masks)
{
    M2fTensor index = head (post->index_tensor, masks->n);

    for (int i = 0; i < masks->n; i++)
        post->index[i] = masks->candidates[i].query;
    m2f_tensor_write (post->device, &index, post->index);
}

static void
write_thresholds (M2fPostprocessor *post, float score, double mask)
{
    const float thresholds[] = { score, (float) mask };

    m2f_tensor_write (post->device, &post->threshold_tensor, thresholds);
}

/* Lets an op be over `n` masks, which selects one of its recordings. */
static void
prepare_plan (MaskPlan *p, int n)
{
    p->n = n;
    m2f_plan_variant (p->plan, n);
}

static bool
run_plan (MaskPlan *p, int n, GError **error)
{
    GError *failure = NULL;

    prepare_plan (p, n);
    if (m2f_plan_run (p->plan, &failure))
        return true;
    m2f_propagate_device_error (error, failure);
    return false;
}

/* ---- ops over masks ------------------------------------------------------------------------ */

static bool
map_winners (const MaskPlan *p, M2fWinners *winners, GError **error)
{
    *winners = (M2fWinners) {
        .map = map (p, &p->winner, error),
        .height = p->winner.ne[2],
        .width = p->winner.ne[3],
        .stride = p->winner.stride * (int) m2f_type_size (p->winner.type),
        .bytes = p->winner.type == M2F_U8,
    };
    return winners->map != NULL;
}

static const int32_t *
map_counts (const MaskPlan *p, GError **error)
{
    M2fTensor counts = head (p->counts, p->n);

    return map (p, &counts, error);
}

bool
m2f_post_weigh (M2fPostprocessor *post, M2fMasks *masks, GError **error)
{
    MaskPlan *p = &post->plans[WEIGH];

    write_queries (post, masks);
    if (!run_plan (p, masks->n, error))
        return false;
    M2fTensor sums = head (p->sums, p->n);
    m2f_tensor_read (post->device, &sums, post->host);
    for (int i = 0; i < p->n; i++)
        masks->candidates[i].score *= post->host[i] / (post->host[p->n + i] + 1e-6f);
    return true;
}

bool
m2f_post_argmax (M2fPostprocessor *post, const M2fMasks *masks, double mask_threshold,
    M2fWinners *winners, GError **error)
{
    MaskPlan *p = &post->plans[ARGMAX];

    if (!post->behind) {
        M2fTensor score = head (post->score_tensor, masks->n);

        for (int i = 0; i < masks->n; i++)
            post->host[i] = masks->candidates[i].score;
        m2f_tensor_write (post->device, &score, post->host);
        write_thresholds (post, 0, mask_threshold);
        write_queries (post, masks);
        if (!run_plan (p, masks->n, error))
            return false;
    }

    const int32_t *counts = map_counts (p, error);
    if (!counts || !map_winners (p, winners, error))
        return false;
    winners->won = counts + M2F_COUNT_WON * p->n;
    winners->claimed = counts + M2F_COUNT_CLAIMED * p->n;
    winners->held = counts + M2F_COUNT_HELD * p->n;
    return true;
}

bool
m2f_post_paint (M2fPostprocessor *post, const M2fMasks *masks, M2fWinners *winners,
    GError **error)
{
    MaskPlan *p = &post->plans[PAINT];

    write_queries (post, masks);
    if (!run_plan (p, masks->n, error))
        return false;
    if (!map_winners (p, winners, error))
        return false;
    winners->claimed = map_counts (p, error);
    return winners->claimed != NULL;
}

bool
m2f_post_classes (M2fPostprocessor *post, M2fWinners *winners, GError **error)
{
    MaskPlan *p = &post->plans[CLASSES];

    if (post->behind)
        return map_winners (p, winners, error);
    for (int label = 0; label < post->n_labels; label++)
        for (int q = 0; q < post->n_queries; q++)
            post->host[(size_t) label * post->n_queries + q]
                = post->probs[(size_t) q * (post->n_labels + 1) + label];
    m2f_tensor_write (post->device, &post->mix_tensor, post->host);
    return run_plan (p, 0, error) && map_winners (p, winners, error);
}

/* ---- segments ------------------------------------------------------------------------------ */

bool
m2f_post_is_thing (const M2fPostprocessor *post, int label)
{
    return m2f_label_is_thing (post->set, label, post->labels[label]);
}

bool
m2f_post_fuses (const M2fPostprocessor *post, int label)
{
    return post->fuse[label];
}

M2fCandidate *
m2f_post_find_fused (const M2fPostprocessor *post, const M2fMasks *masks, int channel)
{
    int label = masks->candidates[channel].label;

    if (!post->fuse[label])
        return NULL;
    for (M2fCandidate *c = masks->candidates; c < masks->candidates + channel; c++)
        if (c->label == label && c->id != M2F_NO_ID)
            return c;
    return NULL;
}

M2fSegment *
m2f_post_add_segment (M2fPostprocessor *post, const M2fCandidate *c, M2fResult *result)
{
    const float *embedding
        = c->query < 0 ? NULL : post->embeddings + (size_t) c->query * post->hidden;
    M2fSegment *s = m2f_result_add (result, embedding, post->hidden);

    *s = (M2fSegment) {
        .id = c->id,
        .label_id = c->label,
        .label = post->labels[c->label],
        .score = c->score,
        .is_thing = m2f_post_is_thing (post, c->label),
        .query = c->query,
    };
    return s;
}

/* An instance's own mask, painted over or not. */
static bool
mask_from_query (M2fPostprocessor *post, int query, uint8_t *mask, GError **error)
{
    const M2fMasks one = { &(M2fCandidate) { .query = query }, 1 };
    M2fWinners winners;

    if (!m2f_post_paint (post, &one, &winners, error))
        return false;
    m2f_winners_mask (&winners, 0, mask);
    return true;
}

static bool
add_masks (M2fPostprocessor *post, M2fResult *result, GError **error)
{
    size_t pixels = (size_t) result->map_width * result->map_height;
    guint n = result->segment_array->len;

    if (n > 0 && pixels > MAX_MASK_BYTES / n) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "binary maps: %u segments of %dx%d pixels, expected %d bytes at most", n,
            result->map_width, result->map_height, MAX_MASK_BYTES);
        return false;
    }

    uint8_t *mask = m2f_result_add_masks (result, error);
    if (!mask)
        return false;
    for (guint i = 0; i < n; i++, mask += pixels) {
        const M2fSegment *s = &g_array_index (result->segment_array, M2fSegment, i);

        if (post->setup.task != M2F_TASK_INSTANCE)
            m2f_label_map_mask (result, s->id, mask);
        else if (!mask_from_query (post, s->query, mask, error))
            return false;
    }
    return true;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Bytes per pixel: 1 if every id of this task and the mark for no segment fit into it. */
static int
map_depth (const M2fPostprocessor *post)
{
    int ids = post->setup.task == M2F_TASK_SEMANTIC ? post->n_labels : post->n_queries;

    return ids <= 254 ? 1 : 2;
}

static void
choose_fused (M2fPostprocessor *post, const M2fParams *params)
{
    bool stuff = params->n_label_ids_to_fuse == M2F_FUSE_DEFAULT && !is_transformers (post);

    for (int label = 0; label < post->n_labels; label++)
        post->fuse[label] = stuff && !m2f_post_is_thing (post, label);
    for (int i = 0; i < params->n_label_ids_to_fuse; i++)
        post->fuse[params->label_ids_to_fuse[i]] = TRUE;
}

/* The largest float that is not above the threshold. */
static float
round_threshold (double threshold)
{
    const float rounded = (float) threshold;

    return (double) rounded > threshold ? nextafterf (rounded, -INFINITY) : rounded;
}

M2fPlan *
m2f_postprocessor_prepare (M2fPostprocessor *post, const M2fParams *params)
{
    if (!post->behind)
        return NULL;
    if (post->behind == &post->plans[ARGMAX]) {
        const float threshold = is_transformers (post) ? (float) params->threshold
            : round_threshold (params->threshold);

        write_thresholds (post, threshold, params->mask_threshold);
        prepare_plan (post->behind, post->n_queries);
    }
    post->is_computed = true;
    return post->behind->plan;
}

/* Runs what the device computes without the host, if that was no part of another run. */
static bool
compute (M2fPostprocessor *post, const M2fParams *params, GError **error)
{
    GError *failure = NULL;

    if (post->behind && !post->is_computed
        && !m2f_plan_run (m2f_postprocessor_prepare (post, params), &failure))
        m2f_propagate_device_error (error, failure);
    post->is_computed = false;
    return !failure;
}

bool
m2f_postprocessor_run (M2fPostprocessor *post, const M2fParams *params, M2fResult *result,
    GError **error)
{
    const M2fSegmentFunc *tasks = is_transformers (post) ? m2f_transformers : m2f_paper;
    M2fMasks masks;

    choose_fused (post, params);
    if (!compute (post, params, error))
        return false;
    if (!m2f_result_begin (result, post->setup.map_width, post->setup.map_height,
            map_depth (post), error))
        return false;
    result->non_finite = !read_output (post);
    softmax_classes (post);
    if (!tasks[post->setup.task] (post, params, &masks, result, error))
        return false;
    m2f_segments_measure (&masks, post->by_id, result);
    if (params->binary_maps && !add_masks (post, result, error))
        return false;
    m2f_result_end (result);
    if (params->ids_from_one && is_transformers (post)
        && (post->setup.task != M2F_TASK_PANOPTIC || result->all_void))
        m2f_result_count_from_one (result);
    return true;
}

void
m2f_postprocessor_set_cancel_flag (M2fPostprocessor *post, const gint *flag)
{
    for (int i = 0; i < N_MASK_OPS; i++)
        if (post->plans[i].plan)
            m2f_plan_set_cancel_flag (post->plans[i].plan, flag);
}

/* ---- life ---------------------------------------------------------------------------------- */

static bool
new_tensors (M2fPostprocessor *post, GError **error)
{
    M2fDevice *device = post->device;
    const bool is_behind = post->behind != NULL;

    switch (post->setup.task) {
    case M2F_TASK_SEMANTIC:
        return is_behind || m2f_tensor_new_shared (device, &post->mix_tensor, "class mix", M2F_F32,
            M2F_SHAPE (1, 1, post->n_labels, post->n_queries), error);
    case M2F_TASK_PANOPTIC:
        if (!m2f_tensor_new_shared (device, &post->threshold_tensor, "thresholds", M2F_F32,
                M2F_SHAPE (1, 1, 1, 2), error))
            return false;
        break;
    case M2F_TASK_INSTANCE:
        break;
    }
    return is_behind
        || (m2f_tensor_new_shared (device, &post->index_tensor, "kept queries", M2F_I32,
                M2F_SHAPE (1, 1, 1, post->n_queries), error)
            && m2f_tensor_new_shared (device, &post->score_tensor, "kept scores", M2F_F32,
                M2F_SHAPE (1, 1, 1, post->n_queries), error));
}

/* Later runs have fewer masks than there are queries. */
static bool
new_plans (M2fPostprocessor *post, GError **error)
{
    static const bool wanted[][N_MASK_OPS] = {
        [M2F_TASK_SEMANTIC] = { [CLASSES] = true },
        [M2F_TASK_INSTANCE] = { [WEIGH] = true, [PAINT] = true },
        [M2F_TASK_PANOPTIC] = { [ARGMAX] = true },
    };

    for (int i = 0; i < N_MASK_OPS; i++) {
        MaskPlan *p = &post->plans[i];

        p->post = post;
        p->n = post->n_queries;
        if (wanted[post->setup.task][i]
            && !(p->plan = m2f_plan_new (post->device, m2f_mask_recorders[i], p, error)))
            return false;
    }
    return true;
}

static bool
new_arrays (M2fPostprocessor *post, GError **error)
{
    const size_t n = (size_t) post->n_queries, labels = (size_t) post->n_labels;
    const size_t depth = (size_t) post->net->features.ne[3];

    post->probs = g_try_new (float, n * (labels + 1));
    post->exps = g_try_new (double, labels + 1);
    post->candidates = g_try_new (M2fCandidate, MAX (n, labels));
    post->embeddings = g_try_new (float, n * (size_t) post->hidden);
    post->mask_embedding = g_try_new (float, n * depth);
    post->pixel = g_try_new (float, depth);
    post->scored = g_try_new (M2fScored, n * labels + 1); /* not NULL without classes */
    post->index = g_try_new (int32_t, n);
    post->host = g_try_new (float, n * MAX (labels, 2));
    post->by_id = g_try_new (M2fRegion, MAX (n, labels) + 1);
    post->fuse = g_try_new (gboolean, labels + 1);
    if (post->probs && post->exps && post->candidates && post->embeddings && post->mask_embedding
        && post->pixel && post->scored && post->index && post->host && post->by_id && post->fuse)
        return true;
    return m2f_no_memory (error, n * labels * (sizeof (float) + sizeof (M2fScored)),
        "classes of queries");
}

M2fPostprocessor *
m2f_postprocessor_new (M2fDevice *device, const M2fConfig *config,
    const M2fNetworkOutput *net, const M2fMapSetup *setup, GError **error)
{
    M2fPostprocessor *post = g_new0 (M2fPostprocessor, 1);
    int n_queries = net->class_logits.ne[2], n_labels = net->class_logits.ne[3] - 1;
    GError *failure = NULL;

    post->device = m2f_device_ref (device);
    post->labels = config->labels;
    post->set = m2f_label_set_find (config);
    post->net = net;
    post->setup = *setup;
    post->n_queries = n_queries;
    post->n_labels = n_labels;
    post->hidden = net->embeddings.ne[3];
    if (m2f_device_limits (device)->has_queue)
        post->behind = setup->task == M2F_TASK_PANOPTIC ? &post->plans[ARGMAX]
            : setup->task == M2F_TASK_SEMANTIC ? &post->plans[CLASSES] : NULL;
    if (!new_arrays (post, &failure) || !new_tensors (post, &failure)
        || !new_plans (post, &failure)) {
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
    for (int i = 0; i < N_MASK_OPS; i++)
        m2f_plan_free (&post->plans[i].plan);
    m2f_tensor_free (post->device, &post->index_tensor);
    m2f_tensor_free (post->device, &post->score_tensor);
    m2f_tensor_free (post->device, &post->mix_tensor);
    m2f_tensor_free (post->device, &post->threshold_tensor);
    g_free (post->probs);
    g_free (post->exps);
    g_free (post->candidates);
    g_free (post->embeddings);
    g_free (post->mask_embedding);
    g_free (post->pixel);
    g_free (post->scored);
    g_free (post->index);
    g_free (post->host);
    g_free (post->by_id);
    g_free (post->fuse);
    m2f_device_unref (&post->device);
    g_free (post);
}

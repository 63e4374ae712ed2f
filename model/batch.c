/* Pictures that go through the network together.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads queue their pictures; the first that finds the batch idle computes what is queued, for
 * all.  Then every thread post-processes its own picture, and when the last of them is ready, the
 * batch is idle again.
 */
#include "model/batch.h"

#include <string.h>

#include "model/device_error.h"
#include "model/error.h"
#include "model/preprocess/preprocess.h"

struct M2fLane {
    M2fBatch *batch;
    M2fPreprocessor *preprocessor;
    M2fNetworkOutput out; /* its part of the network's output */
    M2fPostprocessor *postprocessor;
};

/* A picture that a thread wants to be computed; on that thread's stack. */
typedef struct Request {
    const M2fImage *image;
    const M2fParams *params;
    const gint *cancelled;
    bool done;
    M2fLane *lane; /* once it is done, unless there is an error */
    GError *error;
} Request;

struct M2fBatch {
    const M2fModel *model;
    M2fPreparation preparation;
    gint users; /* atomic, changed with the lock of the batches held */

    GMutex lock;
    GCond changed;   /* a request is done or the batch has become idle */
    GQueue *waiting; /* Request, oldest first */
    bool computes;   /* a thread builds or computes */
    int lent;        /* lanes that threads have */

    /* for the thread that builds or computes: */
    int most; /* pictures that device and memory allow */
    int n_lanes;
    M2fLane lanes[M2F_MAX_BATCH];
    const M2fSizeConstants *constants; /* shared */
    M2fTensor crop_index; /* i32: pixel of the feature map for each that is kept */
    M2fLevel kept;        /* size of what is kept */
    M2fPlan *forward;     /* NULL if nothing is built; variant n is for n + 1 pictures */
    int n_pictures;       /* of the run that is recorded */
};

/* ---- the forward plan ----------------------------------------------------------------------- */

/* The part of the features that shows the pictures, once padding is cut off. */
static M2fTensor
crop (const M2fBatch *b, M2fPlan *plan, M2fTensor features)
{
    const int channels = features.ne[3], pixels = b->kept.height * b->kept.width;
    M2fTensor kept = m2f_plan_tensor (plan, "features without padding", M2F_F32, b->n_pictures,
        b->kept.height, b->kept.width, channels);

    for (int i = 0; i < b->n_pictures; i++)
        m2f_gather_rows (plan,
            .dst = m2f_tensor_reshape (m2f_tensor_batch (kept, i), 1, 1, pixels, channels),
            .src = m2f_tensor_reshape (m2f_tensor_batch (features, i), 1, 1,
                features.ne[1] * features.ne[2], channels),
            .index = b->crop_index);
    return kept;
}

static M2fNetworkOutput
picture_output (const M2fNetworkOutput *out, int picture)
{
    return (M2fNetworkOutput) {
        .class_logits = m2f_tensor_batch (out->class_logits, picture),
        .embeddings = m2f_tensor_batch (out->embeddings, picture),
        .mask_embedding = m2f_tensor_batch (out->mask_embedding, picture),
        .mask_bias = m2f_tensor_batch (out->mask_bias, picture),
        .features = m2f_tensor_batch (out->features, picture),
    };
}

static void
record_forward (M2fPlan *plan, void *data)
{
    M2fBatch *b = data;
    const M2fInputSize *size = &b->preparation.size;
    M2fNetworkOutput out;

    m2f_plan_stage (plan, "preprocess");
    M2fTensor values = m2f_plan_tensor (plan, "pixel_values", M2F_F32, b->n_pictures, size->height,
        size->width, 3);                                                    /* (B, H, W, 3) */
    for (int i = 0; i < b->n_pictures; i++)
        m2f_preprocessor_run (b->lanes[i].preprocessor, plan, m2f_tensor_batch (values, i));
    m2f_network_forward (b->model->network, b->constants, plan, values, &out);
    if (b->preparation.crop)
        out.features = crop (b, plan, out.features);
    m2f_plan_download (plan, &out.class_logits);
    m2f_plan_download (plan, &out.embeddings);
    m2f_plan_download (plan, &out.mask_embedding);
    for (int i = 0; i < b->n_pictures; i++) {
        b->lanes[i].out = picture_output (&out, i);

        M2fTensor pixel = b->lanes[i].out.features; /* the one that post-processing looks at */
        pixel.ne[1] = pixel.ne[2] = 1;
        m2f_plan_download (plan, &pixel);
    }
}

/* ---- building ------------------------------------------------------------------------------- */

static bool
check_cancel (const gint *cancelled, GError **error)
{
    if (!g_atomic_int_get (cancelled))
        return true;
    m2f_set_error (error, M2F_ERROR_CANCELLED, "the run was cancelled");
    return false;
}

static void
clear (M2fBatch *b)
{
    for (int i = 0; i < b->n_lanes; i++)
        m2f_postprocessor_free (&b->lanes[i].postprocessor);
    m2f_plan_free (&b->forward);
    for (int i = 0; i < b->n_lanes; i++)
        m2f_preprocessor_free (&b->lanes[i].preprocessor);
    m2f_tensor_free (b->model->device, &b->crop_index);
    m2f_shared_constants_release (b->model->constants, &b->constants);
    b->n_lanes = 0;
}

static bool
build_crop (M2fBatch *b, GError **error)
{
    const M2fInputSize *size = &b->preparation.size;
    const M2fNetwork *network = b->model->network;
    const M2fLevel whole = m2f_network_feature_size (network, size->height, size->width);
    const M2fLevel kept
        = m2f_network_feature_size (network, size->inner_height, size->inner_width);
    const size_t pixels = (size_t) kept.height * kept.width;

    b->kept = kept;
    if (!m2f_tensor_new (b->model->device, &b->crop_index, "cropped pixels", M2F_I32,
            M2F_SHAPE (1, 1, 1, kept.height * kept.width), error))
        return false;

    g_autofree int32_t *index = g_try_new (int32_t, pixels);
    if (!index)
        return m2f_no_memory (error, pixels * sizeof *index, "cropped pixels");
    for (int y = 0, i = 0; y < kept.height; y++)
        for (int x = 0; x < kept.width; x++, i++)
            index[i] = y * whole.width + x;
    m2f_tensor_write (b->model->device, &b->crop_index, index);
    return true;
}

static bool
build_preprocessors (M2fBatch *b, GError **error)
{
    const M2fPreparation *p = &b->preparation;

    for (int i = 0; i < b->n_lanes; i++) {
        b->lanes[i].preprocessor = m2f_preprocessor_new (b->model->device, &b->model->processor,
            p->format, p->height, p->width, &p->size, error);
        if (!b->lanes[i].preprocessor)
            return false;
    }
    return true;
}

static bool
build_postprocessors (M2fBatch *b, GError **error)
{
    for (int i = 0; i < b->n_lanes; i++) {
        b->lanes[i].postprocessor = m2f_postprocessor_new (b->model->device, b->model->config,
            &b->lanes[i].out, &b->preparation.map, error);
        if (!b->lanes[i].postprocessor)
            return false;
    }
    return true;
}

static bool
build (M2fBatch *b, int n_lanes, const gint *cancelled, GError **error)
{
    const M2fPreparation *p = &b->preparation;

    b->n_lanes = b->n_pictures = n_lanes;
    b->constants = m2f_shared_constants_take (b->model->constants, p->size.height, p->size.width,
        error);
    if (!b->constants || !check_cancel (cancelled, error) || !build_preprocessors (b, error)
        || (p->crop && !build_crop (b, error)))
        return false;
    b->forward = m2f_plan_new (b->model->device, record_forward, b, error);
    return b->forward && check_cancel (cancelled, error) && build_postprocessors (b, error);
}

/* Builds lanes for all users, or for as many as there is memory for.  Called by the thread that
 * computes. */
static bool
grow (M2fBatch *b, const gint *cancelled, GError **error)
{
    const int wanted = MIN (b->most, g_atomic_int_get (&b->users));
    GError *failure = NULL;

    if (b->forward && b->n_lanes >= wanted)
        return true;
    for (int n = wanted; n > 0; n--) {
        clear (b);
        g_clear_error (&failure);
        if (build (b, n, cancelled, &failure)) {
            b->most = n < wanted ? n : b->most;
            return true;
        }
        if (g_error_matches (failure, M2F_ERROR, M2F_ERROR_CANCELLED))
            break;
    }
    clear (b);
    m2f_propagate_device_error (error, failure);
    return false;
}

/* ---- computing ------------------------------------------------------------------------------ */

static bool
is_idle (const M2fBatch *b)
{
    return !b->computes && b->lent == 0;
}

static void
give_error (Request *request, const GError *error)
{
    request->error = g_error_copy (error);
    request->done = true;
}

/* Takes the oldest requests out of the queue, except those that have been cancelled. */
static int
take_requests (M2fBatch *b, int most, Request *requests[])
{
    Request *request;
    int n = 0;

    while (n < most && (request = g_queue_pop_head (b->waiting))) {
        if (check_cancel (request->cancelled, &request->error))
            requests[n++] = request;
        else
            request->done = true;
    }
    return n;
}

/* Prepares what follows the network for each picture; returns how many plans that are. */
static int
prepare_lanes (M2fBatch *b, Request *requests[], int n, M2fPlan *plans[])
{
    int n_plans = 0;

    for (int i = 0; i < n; i++) {
        M2fPostprocessor *post = b->lanes[i].postprocessor;
        M2fPlan *plan = m2f_postprocessor_prepare (post, requests[i]->params);

        m2f_postprocessor_set_cancel_flag (post, n == 1 ? requests[0]->cancelled : NULL);
        if (plan)
            plans[n_plans++] = plan;
    }
    return n_plans;
}

static bool
compute (M2fBatch *b, Request *requests[], int n, GError **error)
{
    GError *failure = NULL;
    bool changed = false;

    if (!grow (b, requests[0]->cancelled, error))
        return false;
    for (int i = 0; i < n; i++)
        changed |= m2f_preprocessor_set_image (b->lanes[i].preprocessor, requests[i]->image);
    if (changed) {
        g_debug ("a picture's colorimetry has changed: the forward pass is recorded again");
        m2f_plan_invalidate (b->forward);
    }
    b->n_pictures = n;
    m2f_plan_variant (b->forward, n - 1);

    M2fPlan *plans[1 + M2F_MAX_BATCH] = { b->forward };
    const int n_plans = 1 + prepare_lanes (b, requests, n, plans + 1);

    m2f_plan_set_cancel_flag (b->forward, n == 1 ? requests[0]->cancelled : NULL);
    if (m2f_plans_start (plans, n_plans, &failure)
        && m2f_plans_finish (plans, n_plans, &failure))
        return true;
    m2f_propagate_device_error (error, failure);
    return false;
}

/* Hands out the lanes.  What has failed is built anew for the next picture.  What several pictures
 * together cannot have, such as memory, each of them may have alone: they are queued again. */
static void
finish (M2fBatch *b, Request *requests[], int n, const GError *error)
{
    if (error && !g_error_matches (error, M2F_ERROR, M2F_ERROR_CANCELLED))
        clear (b);
    if (error && n > 1) {
        b->most = 1;
        for (int i = n; i-- > 0;)
            g_queue_push_head (b->waiting, requests[i]);
        return;
    }
    for (int i = 0; i < n; i++) {
        if (error) {
            give_error (requests[i], error);
            continue;
        }
        requests[i]->lane = &b->lanes[i];
        requests[i]->done = true;
        b->lent++;
    }
}

/* Computes the oldest requests.  Called with the lock held, which is released meanwhile. */
static void
lead (M2fBatch *b)
{
    Request *requests[M2F_MAX_BATCH];
    g_autoptr (GError) error = NULL;
    const int n = take_requests (b, CLAMP (b->n_lanes, 1, b->most), requests);

    if (n > 0) {
        b->computes = true;
        g_mutex_unlock (&b->lock);
        if (compute (b, requests, n, &error))
            m2f_batches_note (b->model->batches, n);
        g_mutex_lock (&b->lock);
        b->computes = false;
        finish (b, requests, n, error);
    }
    g_cond_broadcast (&b->changed);
}

M2fLane *
m2f_batch_run (M2fBatch *b, const M2fImage *image, const M2fParams *params,
    const gint *cancelled, GError **error)
{
    Request request = { .image = image, .params = params, .cancelled = cancelled };

    g_mutex_lock (&b->lock);
    g_queue_push_tail (b->waiting, &request);
    while (!request.done) {
        if (is_idle (b))
            lead (b);
        else
            g_cond_wait (&b->changed, &b->lock);
    }
    g_mutex_unlock (&b->lock);
    if (request.lane)
        m2f_postprocessor_set_cancel_flag (request.lane->postprocessor, cancelled);
    else
        g_propagate_error (error, request.error);
    return request.lane;
}

M2fPostprocessor *
m2f_lane_postprocessor (M2fLane *lane)
{
    return lane->postprocessor;
}

static double
stage_ms (const M2fPlan *plan, const char *name)
{
    int n;
    const M2fStageTime *times = m2f_plan_stage_times (plan, &n);

    for (int i = 0; i < n; i++)
        if (strcmp (times[i].name, name) == 0)
            return times[i].ms;
    return 0;
}

void
m2f_lane_timings (const M2fLane *lane, M2fTimings *timings)
{
    const M2fPlan *plan = lane->batch->forward;

    timings->preprocess = stage_ms (plan, "preprocess");
    timings->backbone = stage_ms (plan, "backbone");
    timings->pixel_decoder = stage_ms (plan, "pixel decoder");
    timings->decoder = stage_ms (plan, "decoder");
}

void
m2f_lane_give_back (M2fLane *lane)
{
    M2fBatch *b = lane->batch;

    g_mutex_lock (&b->lock);
    if (--b->lent == 0)
        g_cond_broadcast (&b->changed);
    g_mutex_unlock (&b->lock);
}

/* ---- users ---------------------------------------------------------------------------------- */

static M2fBatch *
batch_new (const M2fModel *model, const M2fPreparation *preparation)
{
    M2fBatch *b = g_new0 (M2fBatch, 1);

    b->model = model;
    b->preparation = *preparation;
    b->most = MAX (m2f_device_limits (b->model->device)->batch, 1);
    b->waiting = g_queue_new ();
    for (int i = 0; i < M2F_MAX_BATCH; i++)
        b->lanes[i].batch = b;
    g_mutex_init (&b->lock);
    g_cond_init (&b->changed);
    return b;
}

static void
batch_free (M2fBatch *b)
{
    clear (b);
    g_queue_free (b->waiting);
    g_mutex_clear (&b->lock);
    g_cond_clear (&b->changed);
    g_free (b);
}

/* Called with the lock of the batches held. */
static M2fBatch *
find_or_make (const M2fModel *model, const M2fPreparation *preparation)
{
    GPtrArray *shared = model->batches->shared;

    for (guint i = 0; i < shared->len; i++) {
        M2fBatch *b = shared->pdata[i];

        if (m2f_preparation_equal (&b->preparation, preparation))
            return b;
    }

    M2fBatch *b = batch_new (model, preparation);

    if (b->most > 1)
        g_ptr_array_add (shared, b);
    return b;
}

static bool
grow_when_idle (M2fBatch *b, const gint *cancelled, GError **error)
{
    g_mutex_lock (&b->lock);
    while (!is_idle (b))
        g_cond_wait (&b->changed, &b->lock);
    b->computes = true;
    g_mutex_unlock (&b->lock);
    const bool built = grow (b, cancelled, error);
    g_mutex_lock (&b->lock);
    b->computes = false;
    g_cond_broadcast (&b->changed);
    g_mutex_unlock (&b->lock);
    return built;
}

M2fBatch *
m2f_batch_join (const M2fModel *model, const M2fPreparation *preparation, const gint *cancelled,
    GError **error)
{
    g_mutex_lock (&model->batches->lock);
    M2fBatch *b = find_or_make (model, preparation);
    g_atomic_int_inc (&b->users);
    g_mutex_unlock (&model->batches->lock);

    if (!grow_when_idle (b, cancelled, error))
        m2f_batch_leave (&b);
    return b;
}

void
m2f_batch_leave (M2fBatch **batch)
{
    M2fBatch *b = g_steal_pointer (batch);

    if (!b)
        return;

    M2fBatches *batches = b->model->batches;

    g_mutex_lock (&batches->lock);
    const bool last = g_atomic_int_dec_and_test (&b->users);
    if (last)
        g_ptr_array_remove_fast (batches->shared, b);
    g_mutex_unlock (&batches->lock);
    if (last)
        batch_free (b);
}

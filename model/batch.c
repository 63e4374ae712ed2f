/* Pictures that go through the network together.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A batch has one set of lanes, or two on a device with a queue.  A thread puts its picture into a
 * lane of a set that is not at work and goes on to wait; whoever finds the device free starts the
 * pictures of such a set, for all.  Then every thread post-processes its own picture, and when the
 * last of them is ready, the set takes pictures again.  So with two sets the pictures of one are
 * uploaded and post-processed while the device computes those of the other.
 */
#include "model/batch.h"

#include <string.h>

#include "model/device_error.h"
#include "model/error.h"
#include "model/preprocess/preprocess.h"

#define MAX_SETS 2

typedef struct Set Set;

struct M2fLane {
    Set *set;
    M2fPreprocessor *preprocessor;
    M2fNetworkOutput out; /* its part of the network's output */
    M2fPostprocessor *postprocessor;
    M2fPlan *behind; /* the postprocessor's plan that is run behind the network's; or NULL */

    /* of the thread that has it: */
    const M2fParams *params;
    const gint *cancelled;
    bool has_changed; /* the picture's colours or rows are not those of the one before */
};

/* What a set of lanes is at. */
typedef enum SetState {
    SET_OPEN,     /* it takes pictures, if it has lanes */
    SET_BUILDING, /* a thread builds lanes */
    SET_STARTING, /* a thread lets the device have the pictures */
    SET_COMPUTED, /* the device does, or has done, and nobody waits for that yet */
    SET_WAITED,   /* a thread waits for the device */
    SET_DONE,     /* threads post-process */
} SetState;

/* Lanes whose pictures go through the network together. */
struct Set {
    M2fBatch *batch;

    /* with the lock held: */
    SetState state;
    int taken;     /* lanes that threads have */
    int loaded;    /* those of them whose pictures are there */
    GError *error; /* of the last run */

    /* for the thread that builds, starts or waits: */
    int n_lanes;
    M2fLane lanes[M2F_MAX_BATCH];
    M2fPlan *forward; /* NULL if nothing is built; variant n is for n + 1 pictures */
    M2fPlan *plans[1 + M2F_MAX_BATCH]; /* of the run */
    int n_plans;
    int n_pictures; /* of the run that is recorded */
};

struct M2fBatch {
    const M2fModel *model;
    M2fPreparation preparation;
    gint users; /* atomic, changed with the lock of the batches held */

    GMutex lock;
    GCond changed; /* the state of a set has changed, or its lanes */
    int waiting;   /* threads that wait for a lane */
    int most;      /* pictures of a set that device and memory allow */
    int n_sets;    /* that they allow */
    Set sets[MAX_SETS];

    /* made when the first set is built: */
    const M2fSizeConstants *constants; /* shared */
    M2fTensor crop_index; /* i32: pixel of the feature map for each that is kept */
    M2fLevel kept;        /* size of what is kept */
};

/* ---- the forward plan ----------------------------------------------------------------------- */

/* The part of the features that shows the pictures, once padding is cut off. */
static M2fTensor
crop (const Set *set, M2fPlan *plan, M2fTensor features)
{
    const M2fBatch *b = set->batch;
    const int channels = features.ne[3], pixels = b->kept.height * b->kept.width;
    M2fTensor kept = m2f_plan_tensor (plan, "features without padding", M2F_F32, set->n_pictures,
        b->kept.height, b->kept.width, channels);

    for (int i = 0; i < set->n_pictures; i++)
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
    Set *set = data;
    const M2fBatch *b = set->batch;
    const M2fInputSize *size = &b->preparation.size;
    M2fNetworkOutput out;

    m2f_plan_stage (plan, "preprocess");
    M2fTensor values = m2f_plan_tensor (plan, "pixel_values", M2F_F32, set->n_pictures,
        size->height, size->width, 3);                                      /* (B, H, W, 3) */
    for (int i = 0; i < set->n_pictures; i++)
        m2f_preprocessor_run (set->lanes[i].preprocessor, plan, m2f_tensor_batch (values, i));
    m2f_network_forward (b->model->network, b->constants, plan, values, &out);
    if (b->preparation.crop)
        out.features = crop (set, plan, out.features);
    m2f_plan_download (plan, &out.class_logits);
    m2f_plan_download (plan, &out.embeddings);
    m2f_plan_download (plan, &out.mask_embedding);
    for (int i = 0; i < set->n_pictures; i++) {
        set->lanes[i].out = picture_output (&out, i);

        M2fTensor pixel = set->lanes[i].out.features; /* the one that post-processing looks at */
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
clear (Set *set)
{
    for (int i = 0; i < set->n_lanes; i++)
        m2f_postprocessor_free (&set->lanes[i].postprocessor);
    m2f_plan_free (&set->forward);
    for (int i = 0; i < set->n_lanes; i++)
        m2f_preprocessor_free (&set->lanes[i].preprocessor);
    set->n_lanes = 0;
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

static void
clear_shared (M2fBatch *b)
{
    m2f_tensor_free (b->model->device, &b->crop_index);
    m2f_shared_constants_release (b->model->constants, &b->constants);
}

/* Clears what may be wrong after a failure, such as constants that did not reach the device: the
 * sets of which nobody has a lane and, if that is all of them, what they share.  Called with the
 * lock held. */
static void
clear_unused (M2fBatch *b)
{
    bool is_used = false;

    for (int i = 0; i < MAX_SETS; i++) {
        Set *set = &b->sets[i];

        if (set->state == SET_OPEN && set->taken == 0)
            clear (set);
        else
            is_used = true;
    }
    if (!is_used)
        clear_shared (b);
}

/* What all sets need. */
static bool
build_shared (M2fBatch *b, const gint *cancelled, GError **error)
{
    const M2fInputSize *size = &b->preparation.size;

    if (!b->constants)
        b->constants = m2f_shared_constants_take (b->model->constants, size->height, size->width,
            error);
    return b->constants && check_cancel (cancelled, error)
        && (!b->preparation.crop || m2f_tensor_present (&b->crop_index) || build_crop (b, error));
}

static bool
build_preprocessors (Set *set, GError **error)
{
    const M2fModel *model = set->batch->model;
    const M2fPreparation *p = &set->batch->preparation;

    for (int i = 0; i < set->n_lanes; i++) {
        set->lanes[i].preprocessor = m2f_preprocessor_new (model->device, &model->processor,
            p->format, p->height, p->width, &p->size, error);
        if (!set->lanes[i].preprocessor)
            return false;
    }
    return true;
}

static bool
build_postprocessors (Set *set, GError **error)
{
    const M2fModel *model = set->batch->model;

    for (int i = 0; i < set->n_lanes; i++) {
        set->lanes[i].postprocessor = m2f_postprocessor_new (model->device, model->config,
            &set->lanes[i].out, &set->batch->preparation.map, error);
        if (!set->lanes[i].postprocessor)
            return false;
    }
    return true;
}

static bool
build (Set *set, int n_lanes, const gint *cancelled, GError **error)
{
    M2fBatch *b = set->batch;

    clear (set);
    set->n_lanes = set->n_pictures = n_lanes;
    if (!build_shared (b, cancelled, error) || !build_preprocessors (set, error))
        return false;
    set->forward = m2f_plan_new (b->model->device, record_forward, set, error);
    return set->forward && check_cancel (cancelled, error) && build_postprocessors (set, error);
}

static int
wanted_lanes (const M2fBatch *b)
{
    return MIN (b->most, g_atomic_int_get (&b->users));
}

/* Whether the set is free to be built for more users than it has lanes for. */
static bool
needs_build (const Set *set)
{
    return set->state == SET_OPEN && set->taken == 0
        && (!set->forward || set->n_lanes < wanted_lanes (set->batch));
}

/* Builds lanes for all users, or, if this is the only set, for as many as there is memory for; then
 * there is no other.  Called with the lock held, which is released meanwhile. */
static bool
build_set (Set *set, const gint *cancelled, GError **error)
{
    M2fBatch *b = set->batch;
    const bool is_only = set == &b->sets[0];
    const int wanted = wanted_lanes (b);
    GError *failure = NULL;
    int n = wanted;

    set->state = SET_BUILDING;
    g_mutex_unlock (&b->lock);
    while (!build (set, n, cancelled, &failure)) {
        clear (set);
        if (!is_only || n == 1 || g_error_matches (failure, M2F_ERROR, M2F_ERROR_CANCELLED))
            break;
        g_clear_error (&failure);
        n--;
    }
    g_mutex_lock (&b->lock);
    set->state = SET_OPEN;
    g_cond_broadcast (&b->changed);
    if (!failure) {
        b->most = n < wanted ? n : b->most;
        return true;
    }
    if (!is_only && !g_error_matches (failure, M2F_ERROR, M2F_ERROR_CANCELLED)) {
        g_debug ("one set of lanes has to do: %s", failure->message);
        g_clear_error (&failure);
        b->n_sets = 1;
        return true;
    }
    clear_unused (b);
    m2f_propagate_device_error (error, failure);
    return false;
}

/* ---- taking lanes ---------------------------------------------------------------------------- */

static bool
is_full (const Set *set)
{
    return set->taken >= MIN (set->n_lanes, set->batch->most);
}

/* The set whose lane the next picture takes, if there is one: one that others have begun to fill,
 * else one that is built. */
static Set *
find_open (M2fBatch *b)
{
    Set *found = NULL;

    for (int i = 0; i < b->n_sets; i++) {
        Set *set = &b->sets[i];

        if (set->state == SET_BUILDING)
            return NULL;
        if (set->state != SET_OPEN || (set->taken > 0 && is_full (set)))
            continue;
        if (!found || set->taken > found->taken || (set->forward && !found->forward))
            found = set;
    }
    return found;
}

/* Waits for a lane, unless it is not to.  Called with the lock held. */
static M2fLane *
take_lane (M2fBatch *b, const gint *cancelled, bool waits, GError **error)
{
    for (;;) {
        Set *set = find_open (b);

        if (!set && !waits)
            return NULL;
        if (!set) {
            b->waiting++;
            g_cond_wait (&b->changed, &b->lock);
            b->waiting--;
        } else if (!needs_build (set)) {
            return &set->lanes[set->taken++];
        } else if (!build_set (set, cancelled, error)) {
            return NULL;
        }
    }
}

/* Lets others take the lanes again once nobody has one of them; what has failed is built anew for
 * the next picture.  Called with the lock held. */
static void
give_back (M2fLane *lane)
{
    Set *set = lane->set;
    M2fBatch *b = set->batch;

    if (--set->taken > 0)
        return;
    const bool has_failed
        = set->error && !g_error_matches (set->error, M2F_ERROR, M2F_ERROR_CANCELLED);

    g_clear_error (&set->error);
    set->loaded = 0;
    set->state = SET_OPEN;
    if (has_failed)
        clear_unused (b);
    g_cond_broadcast (&b->changed);
}

void
m2f_lane_give_back (M2fLane *lane)
{
    M2fBatch *b = lane->set->batch;

    g_mutex_lock (&b->lock);
    give_back (lane);
    g_mutex_unlock (&b->lock);
}

/* ---- computing ------------------------------------------------------------------------------ */

static bool
is_at_work (const Set *set)
{
    return set->state == SET_STARTING || set->state == SET_COMPUTED || set->state == SET_WAITED;
}

/* Whether the pictures of a set are to be computed now: the device is free, or will be, and nobody
 * is left whose picture could join them. */
static bool
can_start (const Set *set)
{
    const M2fBatch *b = set->batch;
    int others = 0;

    if (set->state != SET_OPEN || set->loaded == 0 || set->loaded < set->taken
        || (b->waiting > 0 && !is_full (set))) /* they are about to join */
        return false;
    for (int i = 0; i < b->n_sets; i++)
        others += is_at_work (&b->sets[i]) ? b->sets[i].taken : 0;
    return others == 0 || set->taken + others >= g_atomic_int_get (&b->users);
}

/* Gathers the plans of a run: the network's, and for each picture what follows that. */
static void
gather_plans (Set *set)
{
    const gint *cancelled = set->n_pictures == 1 ? set->lanes[0].cancelled : NULL;

    m2f_plan_variant (set->forward, set->n_pictures - 1);
    m2f_plan_set_cancel_flag (set->forward, cancelled);
    set->plans[0] = set->forward;
    set->n_plans = 1;
    for (int i = 0; i < set->n_pictures; i++) {
        M2fLane *lane = &set->lanes[i];

        lane->behind = m2f_postprocessor_prepare (lane->postprocessor, lane->params);
        m2f_postprocessor_set_cancel_flag (lane->postprocessor, cancelled);
        if (lane->behind)
            set->plans[set->n_plans++] = lane->behind;
        if (lane->has_changed) {
            g_debug ("a picture's colours or rows have changed: the network is recorded again");
            m2f_plan_invalidate (set->forward);
        }
    }
}

/* Takes down how a run has ended.  What several pictures together cannot have, such as memory, each
 * of them may have alone. */
static void
finish_run (Set *set, GError *failure)
{
    M2fBatch *b = set->batch;

    if (failure)
        m2f_propagate_device_error (&set->error, failure);
    else
        m2f_batches_note (b->model->batches, set->n_pictures);
    if (failure && set->n_pictures > 1)
        b->most = 1;
    set->state = SET_DONE;
    g_cond_broadcast (&b->changed);
}

/* Lets the device have the pictures of a set.  Called with the lock held, which is released
 * meanwhile, as by the next two. */
static void
start_set (Set *set)
{
    M2fBatch *b = set->batch;
    GError *failure = NULL;

    set->state = SET_STARTING;
    set->n_pictures = set->taken;
    g_mutex_unlock (&b->lock);
    gather_plans (set);
    m2f_plans_start (set->plans, set->n_plans, &failure);
    g_mutex_lock (&b->lock);
    if (failure)
        finish_run (set, failure);
    else
        set->state = SET_COMPUTED;
    g_cond_broadcast (&b->changed);
}

static void
start_what_can (M2fBatch *b)
{
    for (int i = 0; i < b->n_sets; i++)
        if (can_start (&b->sets[i]))
            start_set (&b->sets[i]);
}

static void
wait_for_set (Set *set)
{
    M2fBatch *b = set->batch;
    GError *failure = NULL;

    set->state = SET_WAITED;
    g_mutex_unlock (&b->lock);
    m2f_plans_finish (set->plans, set->n_plans, &failure);
    g_mutex_lock (&b->lock);
    finish_run (set, failure);
    start_what_can (b);
}

M2fLane *
m2f_batch_start (M2fBatch *b, const M2fImage *image, const M2fParams *params,
    const gint *cancelled, bool waits, GError **error)
{
    M2fLane *lane = NULL;

    g_mutex_lock (&b->lock);
    if (check_cancel (cancelled, error))
        lane = take_lane (b, cancelled, waits, error);
    if (lane) {
        g_mutex_unlock (&b->lock);
        lane->params = params;
        lane->cancelled = cancelled;
        lane->has_changed = m2f_preprocessor_set_image (lane->preprocessor, image);
        g_mutex_lock (&b->lock);
        lane->set->loaded++;
        start_what_can (b);
        g_cond_broadcast (&b->changed);
    }
    g_mutex_unlock (&b->lock);
    return lane;
}

static Set *
find_computed (M2fBatch *b)
{
    for (int i = 0; i < b->n_sets; i++)
        if (b->sets[i].state == SET_COMPUTED)
            return &b->sets[i];
    return NULL;
}

/* The set to wait for, so that the pictures of another are computed: that set or, if it is not at
 * work yet, the one before it, whose threads may come for it much later.  NULL if other threads are
 * about to do something about it. */
static Set *
find_next (Set *set)
{
    if (set->state == SET_COMPUTED)
        return set;
    return set->state == SET_OPEN ? find_computed (set->batch) : NULL;
}

bool
m2f_lane_wait (M2fLane *lane, GError **error)
{
    Set *set = lane->set, *next;
    M2fBatch *b = set->batch;

    g_mutex_lock (&b->lock);
    while (set->state != SET_DONE) {
        if (can_start (set))
            start_set (set);
        else if ((next = find_next (set)))
            wait_for_set (next);
        else
            g_cond_wait (&b->changed, &b->lock);
    }
    const GError *failure = set->error;
    g_mutex_unlock (&b->lock);

    if (failure)
        g_propagate_error (error, g_error_copy (failure));
    if (failure || !check_cancel (lane->cancelled, error))
        return false;
    m2f_postprocessor_set_cancel_flag (lane->postprocessor, lane->cancelled);
    return true;
}

bool
m2f_lane_had_others (const M2fLane *lane)
{
    return lane->set->n_pictures > 1;
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
    const M2fPlan *plan = lane->set->forward;

    timings->preprocess = stage_ms (plan, "preprocess");
    timings->backbone = stage_ms (plan, "backbone");
    timings->pixel_decoder = stage_ms (plan, "pixel decoder");
    timings->decoder = stage_ms (plan, "decoder");
    if (lane->behind)
        timings->postprocess += stage_ms (lane->behind, "postprocess");
}

/* ---- users ---------------------------------------------------------------------------------- */

static M2fBatch *
batch_new (const M2fModel *model, const M2fPreparation *preparation)
{
    const M2fDeviceLimits *limits = m2f_device_limits (model->device);
    M2fBatch *b = g_new0 (M2fBatch, 1);

    b->model = model;
    b->preparation = *preparation;
    b->most = MAX (limits->batch, 1);
    b->n_sets = limits->has_queue ? MAX_SETS : 1;
    for (int i = 0; i < MAX_SETS; i++) {
        b->sets[i].batch = b;
        for (int k = 0; k < M2F_MAX_BATCH; k++)
            b->sets[i].lanes[k].set = &b->sets[i];
    }
    g_mutex_init (&b->lock);
    g_cond_init (&b->changed);
    return b;
}

static void
batch_free (M2fBatch *b)
{
    for (int i = 0; i < MAX_SETS; i++)
        clear (&b->sets[i]);
    clear_shared (b);
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

/* Builds the first set, or builds it for one more user if it is free. */
static bool
build_first (M2fBatch *b, const gint *cancelled, GError **error)
{
    Set *set = &b->sets[0];
    bool built = true;

    g_mutex_lock (&b->lock);
    while (set->state == SET_BUILDING) /* its plans change without the lock */
        g_cond_wait (&b->changed, &b->lock);
    if (needs_build (set))
        built = build_set (set, cancelled, error);
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

    if (!build_first (b, cancelled, error))
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

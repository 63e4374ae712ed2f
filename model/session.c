/* Sessions: preprocess, network, postprocess for the pictures of one stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/compute/ops.h"
#include "model/device_error.h"
#include "model/error.h"
#include "model/m2f_bindings.h"
#include "model/postprocess/postprocess.h"
#include "model/preparation.h"
#include "model/preprocess/preprocess.h"
#include "model/result.h"

struct M2fSession {
    gatomicrefcount refs; /* more than one only in other languages */
    M2fModel *model;
    gint cancelled; /* atomic */
    M2fPreparation prepared; /* for which the rest was built */
    const M2fSizeConstants *constants; /* shared */
    M2fPreprocessor *preprocessor;
    M2fTensor crop_index; /* i32: pixel of the feature map for each that is kept */
    int crop_height, crop_width;
    M2fPlan *forward;
    M2fNetworkOutput out; /* results of the forward plan */
    M2fPostprocessor *postprocessor;
    bool said_not_finite;
};

M2fSession *
m2f_session_new (M2fModel *model)
{
    M2fSession *session = g_new0 (M2fSession, 1);

    g_atomic_ref_count_init (&session->refs);
    session->model = m2f_model_ref (model);
    return session;
}

static void
drop (M2fSession *s, M2fParts parts)
{
    if (parts & M2F_PART_MAP)
        m2f_postprocessor_free (&s->postprocessor);
    if (parts & M2F_PART_FORWARD) {
        m2f_plan_free (&s->forward);
        m2f_preprocessor_free (&s->preprocessor);
        m2f_tensor_free (s->model->device, &s->crop_index);
    }
    if (parts & M2F_PART_CONSTANTS)
        m2f_shared_constants_release (s->model->constants, &s->constants);
}

void
m2f_session_free (M2fSession *session)
{
    if (!session || !g_atomic_ref_count_dec (&session->refs))
        return;
    drop (session, M2F_ALL_PARTS);
    m2f_model_unref (session->model);
    g_free (session);
}

static M2fSession *
ref_session (M2fSession *session)
{
    g_atomic_ref_count_inc (&session->refs);
    return session;
}

G_DEFINE_BOXED_TYPE (M2fSession, m2f_session, ref_session, m2f_session_free)

/* ---- the forward plan ----------------------------------------------------------------------- */

/* The part of the features that shows the picture, once padding is cut off. */
static M2fTensor
crop (const M2fSession *s, M2fPlan *plan, M2fTensor features)
{
    int channels = features.ne[3], pixels = s->crop_height * s->crop_width;
    M2fTensor kept = m2f_plan_tensor (plan, "features without padding", M2F_F32, 1,
        s->crop_height, s->crop_width, channels);

    m2f_gather_rows (plan, .dst = m2f_tensor_reshape (kept, 1, 1, pixels, channels),
        .src = m2f_tensor_reshape (features, 1, 1, features.ne[1] * features.ne[2], channels),
        .index = s->crop_index);
    return kept;
}

static void
record_forward (M2fPlan *plan, void *data)
{
    M2fSession *s = data;

    m2f_plan_stage (plan, "preprocess");
    M2fTensor values = m2f_preprocessor_run (s->preprocessor, plan); /* (1, H, W, 3) */
    m2f_network_forward (s->model->network, s->constants, plan, values, &s->out);
    if (s->prepared.crop)
        s->out.features = crop (s, plan, s->out.features);
    m2f_plan_download (plan, &s->out.class_logits);
    m2f_plan_download (plan, &s->out.embeddings);
}

/* ---- preparing ------------------------------------------------------------------------------ */

static bool
build_crop (M2fSession *s, GError **error)
{
    const M2fInputSize *size = &s->prepared.size;
    const M2fNetwork *network = s->model->network;
    M2fLevel whole = m2f_network_feature_size (network, size->height, size->width);
    M2fLevel kept = m2f_network_feature_size (network, size->inner_height, size->inner_width);

    s->crop_height = kept.height;
    s->crop_width = kept.width;
    if (!m2f_tensor_new (s->model->device, &s->crop_index, "cropped pixels", M2F_I32,
            M2F_SHAPE (1, 1, 1, s->crop_height * s->crop_width), error))
        return false;

    const size_t pixels = (size_t) s->crop_height * s->crop_width;
    g_autofree int32_t *index = g_try_new (int32_t, pixels);
    if (!index)
        return m2f_no_memory (error, pixels * sizeof *index, "cropped pixels");
    for (int y = 0, i = 0; y < s->crop_height; y++)
        for (int x = 0; x < s->crop_width; x++, i++)
            index[i] = y * whole.width + x;
    m2f_tensor_write (s->model->device, &s->crop_index, index);
    return true;
}

static bool
build_forward (M2fSession *s, GError **error)
{
    const M2fPreparation *p = &s->prepared;
    M2fModel *model = s->model;

    s->preprocessor = m2f_preprocessor_new (model->device, &model->processor, p->format,
        p->height, p->width, &p->size, error);
    if (!s->preprocessor || (p->crop && !build_crop (s, error)))
        return false;
    s->forward = m2f_plan_new (model->device, record_forward, s, error);
    if (!s->forward)
        return false;
    m2f_plan_set_cancel_flag (s->forward, &s->cancelled);
    return true;
}

static bool
build_postprocessor (M2fSession *s, GError **error)
{
    s->postprocessor = m2f_postprocessor_new (s->model->device, s->model->config, &s->out,
        &s->prepared.map, error);
    if (!s->postprocessor)
        return false;
    m2f_postprocessor_set_cancel_flag (s->postprocessor, &s->cancelled);
    return true;
}

static bool
check_cancel (const M2fSession *s, GError **error)
{
    if (!g_atomic_int_get (&s->cancelled))
        return true;
    m2f_set_error (error, M2F_ERROR_CANCELLED, "the run was cancelled");
    return false;
}

static bool
build (M2fSession *s, M2fParts parts, GError **error)
{
    const M2fInputSize *size = &s->prepared.size;

    if (parts & M2F_PART_CONSTANTS
        && !(s->constants = m2f_shared_constants_take (s->model->constants, size->height,
                 size->width, error)))
        return false;
    if (parts & M2F_PART_FORWARD && !(check_cancel (s, error) && build_forward (s, error)))
        return false;
    return !(parts & M2F_PART_MAP)
        || (check_cancel (s, error) && build_postprocessor (s, error));
}

/* Builds what this picture needs and the last one did not. */
static bool
prepare (M2fSession *s, const M2fImage *image, const M2fParams *params, GError **error)
{
    M2fPreparation wanted;
    GError *failure = NULL;

    if (!m2f_preparation_init (&wanted, s->model, image, params, error)
        || !check_cancel (s, error))
        return false;

    M2fParts parts = m2f_preparation_changes (&s->prepared, &wanted);

    if (parts)
        g_debug ("preparing for pictures of %dx%d, network input %dx%d", image->width,
            image->height, wanted.size.width, wanted.size.height);
    drop (s, parts);
    s->prepared = wanted;
    if (build (s, parts, &failure))
        return true;
    drop (s, M2F_ALL_PARTS);
    s->prepared = (M2fPreparation) { 0 };
    m2f_propagate_device_error (error, failure);
    return false;
}

gboolean
m2f_session_prepare (M2fSession *session, int width, int height, M2fFormat format,
    const M2fParams *params, GError **error)
{
    static const uint8_t pixel;
    const M2fImage image = {
        .format = format,
        .width = width,
        .height = height,
        .data = { &pixel, &pixel, &pixel },
        .stride = { G_MAXINT, G_MAXINT, G_MAXINT },
    };

    return prepare (session, &image, params, error);
}

void
m2f_session_input_size (const M2fSession *session, int *height, int *width)
{
    *height = session->prepared.size.height;
    *width = session->prepared.size.width;
}

/* ---- running -------------------------------------------------------------------------------- */

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

static double
milliseconds (gint64 from, gint64 to)
{
    return (double) (to - from) / 1000;
}

static bool
run (M2fSession *s, const M2fImage *image, const M2fParams *params, M2fResult *result,
    GError **error)
{
    GError *failure = NULL;
    gint64 start = g_get_monotonic_time ();

    if (!prepare (s, image, params, error))
        return false;

    if (m2f_preprocessor_set_image (s->preprocessor, image)) {
        g_debug ("the picture's colorimetry has changed: the forward pass is recorded again");
        m2f_plan_invalidate (s->forward);
    }
    if (!m2f_plan_run (s->forward, &failure)) {
        m2f_propagate_device_error (error, failure);
        return false;
    }
    gint64 forward_end = g_get_monotonic_time ();
    if (!m2f_postprocessor_run (s->postprocessor, params, result, error))
        return false;
    if (result->non_finite && !s->said_not_finite) {
        s->said_not_finite = true;
        g_info ("the network's output is not finite");
    }
    gint64 end = g_get_monotonic_time ();
    result->timings = (M2fTimings) {
        .preprocess = stage_ms (s->forward, "preprocess"),
        .backbone = stage_ms (s->forward, "backbone"),
        .pixel_decoder = stage_ms (s->forward, "pixel decoder"),
        .decoder = stage_ms (s->forward, "decoder"),
        .postprocess = milliseconds (forward_end, end),
        .total = milliseconds (start, end),
    };
    return true;
}

gboolean
m2f_session_run (M2fSession *session, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error)
{
    if (run (session, image, params, result, error))
        return TRUE;
    m2f_result_begin (result, 0, 0, 1, NULL);
    return FALSE;
}

void
m2f_session_cancel (M2fSession *session)
{
    g_atomic_int_set (&session->cancelled, 1);
}

void
m2f_session_uncancel (M2fSession *session)
{
    g_atomic_int_set (&session->cancelled, 0);
}

/* Sessions: preprocess, network, postprocess for the pictures of one stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/batch.h"
#include "model/error.h"
#include "model/m2f_bindings.h"
#include "model/preprocess/dmabuf.h"
#include "model/result.h"

struct M2fSession {
    gatomicrefcount refs; /* more than one only in other languages */
    M2fModel *model;
    gint cancelled; /* atomic */
    M2fPreparation prepared; /* that of the batch */
    M2fBatch *batch; /* NULL before the first picture and after a failure */
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

void
m2f_session_free (M2fSession *session)
{
    if (!session || !g_atomic_ref_count_dec (&session->refs))
        return;
    m2f_batch_leave (&session->batch);
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

/* ---- preparing ------------------------------------------------------------------------------ */

static bool
has_input_size (const M2fSession *s, const M2fInputSize *size)
{
    return s->batch && s->prepared.size.height == size->height
        && s->prepared.size.width == size->width;
}

/* Leaves the session's batch for another.  What is there already of constants that both need is
 * kept; what only one of them needs is never there together with the other's. */
static bool
change_batch (M2fSession *s, const M2fPreparation *wanted, GError **error)
{
    M2fModel *model = s->model;
    const M2fSizeConstants *kept = has_input_size (s, &wanted->size)
        ? m2f_shared_constants_take (model->constants, wanted->size.height, wanted->size.width,
            NULL) : NULL;

    m2f_batch_leave (&s->batch);
    s->batch = m2f_batch_join (model, wanted, &s->cancelled, error);
    m2f_shared_constants_release (model->constants, &kept);
    s->prepared = s->batch ? *wanted : (M2fPreparation) { 0 };
    return s->batch != NULL;
}

/* Builds what this picture needs and the last one did not. */
static bool
prepare (M2fSession *s, const M2fImage *image, const M2fParams *params, GError **error)
{
    M2fPreparation wanted;

    if (!m2f_preparation_init (&wanted, s->model, image, params, error))
        return false;
    if (g_atomic_int_get (&s->cancelled)) {
        m2f_set_error (error, M2F_ERROR_CANCELLED, "the run was cancelled");
        return false;
    }
    if (s->batch && m2f_preparation_equal (&s->prepared, &wanted))
        return true;
    g_debug ("preparing for pictures of %dx%d, network input %dx%d", image->width, image->height,
        wanted.size.width, wanted.size.height);
    return change_batch (s, &wanted, error);
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
milliseconds (gint64 from, gint64 to)
{
    return (double) (to - from) / 1000;
}

static bool
run (M2fSession *s, const M2fImage *image, const M2fParams *params, M2fResult *result,
    GError **error)
{
    gint64 start = g_get_monotonic_time ();
    M2fDmabufMapping mapping = { 0 };
    M2fImage mapped;

    if (!prepare (s, image, params, error))
        return false;

    M2fLane *lane = m2f_dmabuf_map (&mapping, image, &mapped, error)
        ? m2f_batch_run (s->batch, &mapped, params, &s->cancelled, error) : NULL;
    m2f_dmabuf_unmap (&mapping);
    if (!lane)
        return false;
    gint64 forward_end = g_get_monotonic_time ();
    const bool ok
        = m2f_postprocessor_run (m2f_lane_postprocessor (lane), params, result, error);
    gint64 end = g_get_monotonic_time ();
    result->timings = (M2fTimings) {
        .postprocess = milliseconds (forward_end, end),
        .total = milliseconds (start, end),
    };
    m2f_lane_timings (lane, &result->timings);
    m2f_lane_give_back (lane);
    if (ok && result->non_finite && !s->said_not_finite) {
        s->said_not_finite = true;
        g_info ("the network's output is not finite");
    }
    return ok;
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

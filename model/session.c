/* Sessions: preprocess, network, postprocess for the pictures of one stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/batch.h"
#include "model/error.h"
#include "model/m2f_bindings.h"
#include "model/preprocess/dmabuf.h"
#include "model/result.h"

#define MAX_STARTED 2 /* one that the device computes, and one before or behind that */

/* A picture that is not finished. */
typedef struct Started {
    M2fLane *lane;
    M2fParams params;
    gint64 since; /* in microseconds */
} Started;

struct M2fSession {
    gatomicrefcount refs; /* more than one only in other languages */
    M2fModel *model;
    gint cancelled; /* atomic */
    M2fPreparation prepared; /* that of the batch */
    M2fBatch *batch; /* NULL before the first picture and after a failure */
    Started *started[MAX_STARTED]; /* in order; their memory is used again */
    int n_started;
    bool said_not_finite;
};

M2fSession *
m2f_session_new (M2fModel *model)
{
    M2fSession *session = g_new0 (M2fSession, 1);

    g_atomic_ref_count_init (&session->refs);
    for (int i = 0; i < MAX_STARTED; i++)
        session->started[i] = g_new0 (Started, 1);
    session->model = m2f_model_ref (model);
    return session;
}

void
m2f_session_free (M2fSession *session)
{
    if (!session || !g_atomic_ref_count_dec (&session->refs))
        return;
    for (int i = 0; i < session->n_started; i++) {
        m2f_lane_wait (session->started[i]->lane, NULL);
        m2f_lane_give_back (session->started[i]->lane);
    }
    for (int i = 0; i < MAX_STARTED; i++)
        g_free (session->started[i]);
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

/* False with an error: there is no room for a picture of some kind before others are finished. */
static bool
no_room (const M2fSession *s, const char *kind, GError **error)
{
    m2f_set_error (error, M2F_ERROR_BUSY, "%d picture%s started and not finished: no room %s",
        s->n_started, s->n_started == 1 ? " is" : "s are", kind);
    return false;
}

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
    if (s->n_started > 0)
        return no_room (s, "for one of another size or format", error);
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
start (M2fSession *s, const M2fImage *image, const M2fParams *params, GError **error)
{
    M2fDmabufMapping mapping = { 0 };
    GError *failure = NULL;
    M2fImage mapped;

    if (s->n_started == MAX_STARTED)
        return no_room (s, "for another", error);

    Started *new = s->started[s->n_started];
    new->since = g_get_monotonic_time ();
    if (!prepare (s, image, params, error))
        return false;
    new->lane = NULL;
    new->params = *params;
    if (m2f_dmabuf_map (&mapping, image, &mapped, &failure))
        new->lane = m2f_batch_start (s->batch, &mapped, &new->params, &s->cancelled,
            s->n_started == 0, &failure);
    m2f_dmabuf_unmap (&mapping);
    if (failure)
        g_propagate_error (error, failure);
    else if (!new->lane)
        return no_room (s, "for another", error);
    s->n_started += new->lane != NULL;
    return new->lane != NULL;
}

/* Finds the segments of a picture that the device has computed. */
static bool
find_segments (M2fSession *s, const Started *done, M2fResult *result, GError **error)
{
    const gint64 since = g_get_monotonic_time ();

    if (!m2f_postprocessor_run (m2f_lane_postprocessor (done->lane), &done->params, result, error))
        return false;
    const gint64 end = g_get_monotonic_time ();
    result->timings = (M2fTimings) {
        .postprocess = milliseconds (since, end),
        .total = milliseconds (done->since, end),
    };
    m2f_lane_timings (done->lane, &result->timings);
    if (result->non_finite && !s->said_not_finite) {
        s->said_not_finite = true;
        g_info ("the network's output is not finite");
    }
    return true;
}

/* Ends with the oldest picture; `alone`, if given, says whether it may succeed without those that
 * it was computed with. */
static bool
finish (M2fSession *s, M2fResult *result, bool *alone, GError **error)
{
    Started *done = s->started[0];
    const bool computed = m2f_lane_wait (done->lane, error);
    const bool ok = computed && find_segments (s, done, result, error);

    if (alone)
        *alone = !computed && m2f_lane_had_others (done->lane);
    m2f_lane_give_back (done->lane);
    s->n_started--;
    memmove (s->started, s->started + 1, (size_t) s->n_started * sizeof *s->started);
    s->started[s->n_started] = done;
    return ok;
}

static bool
run (M2fSession *s, const M2fImage *image, const M2fParams *params, M2fResult *result,
    GError **error)
{
    const gint64 since = g_get_monotonic_time ();

    if (s->n_started > 0)
        return no_room (s, "for one to be run", error);
    for (;;) {
        GError *failure = NULL;
        bool alone = false;

        if (start (s, image, params, &failure)) {
            s->started[0]->since = since;
            if (finish (s, result, &alone, &failure))
                return true;
        }
        if (!alone) {
            g_propagate_error (error, failure);
            return false;
        }
        g_clear_error (&failure);
    }
}

static gboolean
end (bool ok, M2fResult *result)
{
    if (!ok)
        m2f_result_begin (result, 0, 0, 1, NULL);
    return ok;
}

gboolean
m2f_session_run (M2fSession *session, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error)
{
    return end (run (session, image, params, result, error), result);
}

gboolean
m2f_session_start (M2fSession *session, const M2fImage *image, const M2fParams *params,
    GError **error)
{
    return start (session, image, params, error);
}

void
m2f_session_wait (M2fSession *session)
{
    if (session->n_started > 0)
        m2f_lane_wait (session->started[0]->lane, NULL);
}

gboolean
m2f_session_finish (M2fSession *session, M2fResult *result, GError **error)
{
    if (session->n_started > 0)
        return end (finish (session, result, NULL, error), result);
    m2f_set_error (error, M2F_ERROR_ARGUMENT, "no picture was started, expected one");
    return end (false, result);
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

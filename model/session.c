/* Sessions: preprocess, network, postprocess for the pictures of one stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/device_error.h"
#include "model/model.h"
#include "model/postprocess/postprocess.h"
#include "model/preprocess/preprocess.h"
#include "model/result.h"

/* What decides about the forward plan. */
typedef struct ForwardSetup {
    M2fFormat format;
    int height, width; /* of the picture */
    M2fInputSize size;
    bool crop;         /* leave padding out of the masks */
} ForwardSetup;

struct M2fSession {
    M2fModel *model;
    ForwardSetup setup;
    M2fPreprocessor *preprocessor;
    M2fSizeConstants *constants;
    int constants_height, constants_width;
    M2fTensor crop_index; /* i32: pixel of the feature map for each that is kept */
    int crop_height, crop_width;
    M2fPlan *forward;     /* NULL until prepared */
    M2fNetworkOutput out; /* of the forward plan */
    M2fPostprocessor *postprocessor;
};

M2fSession *
m2f_session_new (M2fModel *model)
{
    M2fSession *session = g_new0 (M2fSession, 1);

    session->model = m2f_model_ref (model);
    return session;
}

static void
drop_forward (M2fSession *s)
{
    m2f_postprocessor_free (&s->postprocessor);
    m2f_plan_free (&s->forward);
    m2f_preprocessor_free (&s->preprocessor);
    if (m2f_tensor_present (&s->crop_index))
        m2f_tensor_free (s->model->device, &s->crop_index);
}

void
m2f_session_free (M2fSession *session)
{
    if (!session)
        return;
    drop_forward (session);
    m2f_size_constants_free (&session->constants);
    m2f_model_unref (session->model);
    g_free (session);
}

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
    if (s->setup.crop)
        s->out.features = crop (s, plan, s->out.features);
    m2f_plan_download (plan, &s->out.class_logits);
    m2f_plan_download (plan, &s->out.embeddings);
}

static bool
prepare_constants (M2fSession *s, GError **error)
{
    const M2fInputSize *size = &s->setup.size;

    if (s->constants && s->constants_height == size->height
        && s->constants_width == size->width)
        return true;
    m2f_size_constants_free (&s->constants);
    s->constants
        = m2f_network_constants (s->model->network, size->height, size->width, error);
    s->constants_height = size->height;
    s->constants_width = size->width;
    return s->constants != NULL;
}

static bool
prepare_crop (M2fSession *s, GError **error)
{
    const M2fInputSize *size = &s->setup.size;
    const M2fNetwork *network = s->model->network;
    M2fLevel whole = m2f_network_feature_size (network, size->height, size->width);
    M2fLevel kept = m2f_network_feature_size (network, size->inner_height, size->inner_width);

    if (!s->setup.crop)
        return true;
    s->crop_height = kept.height;
    s->crop_width = kept.width;
    if (!m2f_tensor_new (s->model->device, &s->crop_index, "cropped pixels", M2F_I32, 1, 1, 1,
            s->crop_height * s->crop_width, error))
        return false;

    g_autofree int32_t *index = g_new (int32_t, (size_t) s->crop_height * s->crop_width);
    for (int y = 0, i = 0; y < s->crop_height; y++)
        for (int x = 0; x < s->crop_width; x++, i++)
            index[i] = y * whole.width + x;
    m2f_tensor_write (s->model->device, &s->crop_index, index);
    return true;
}

static bool
same_forward (const ForwardSetup *a, const ForwardSetup *b)
{
    return a->format == b->format && a->height == b->height && a->width == b->width
        && a->crop == b->crop && a->size.height == b->size.height
        && a->size.width == b->size.width && a->size.inner_height == b->size.inner_height
        && a->size.inner_width == b->size.inner_width;
}

static bool
prepare_forward (M2fSession *s, const ForwardSetup *setup, GError **error)
{
    M2fModel *model = s->model;
    GError *failure = NULL;

    if (s->forward && same_forward (&s->setup, setup))
        return true;
    drop_forward (s);
    s->setup = *setup;
    s->preprocessor = m2f_preprocessor_new (model->device, &model->processor, setup->format,
        setup->height, setup->width, &setup->size, &failure);
    if (s->preprocessor && prepare_constants (s, &failure) && prepare_crop (s, &failure))
        s->forward = m2f_plan_new (model->device, record_forward, s, &failure);
    if (!s->forward)
        m2f_propagate_device_error (error, failure);
    return s->forward != NULL;
}

static bool
prepare (M2fSession *s, M2fFormat format, int height, int width, const M2fParams *params,
    GError **error)
{
    ForwardSetup setup = { .format = format, .height = height, .width = width };

    if (!m2f_input_size (&s->model->processor, height, width, params->input_height,
            params->input_width, &setup.size, error))
        return false;
    setup.crop = params->postprocess == M2F_POSTPROCESS_PAPER
        && (setup.size.height != setup.size.inner_height
            || setup.size.width != setup.size.inner_width);
    if (!prepare_forward (s, &setup, error))
        return false;

    M2fMapSetup map = m2f_map_setup (params, height, width, setup.size.inner_height,
        setup.size.inner_width);
    if (s->postprocessor && m2f_postprocessor_fits (s->postprocessor, &map))
        return true;
    m2f_postprocessor_free (&s->postprocessor);
    s->postprocessor
        = m2f_postprocessor_new (s->model->device, s->model->config, &s->out, &map, error);
    return s->postprocessor != NULL;
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

    return m2f_image_check (&image, error)
        && m2f_params_check (params, session->model->config->n_labels, error)
        && prepare (session, format, height, width, params, error);
}

void
m2f_session_input_size (const M2fSession *session, int *height, int *width)
{
    *height = session->setup.size.height;
    *width = session->setup.size.width;
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

gboolean
m2f_session_run (M2fSession *s, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error)
{
    GError *failure = NULL;
    gint64 start = g_get_monotonic_time ();

    if (!m2f_image_check (image, error)
        || !m2f_params_check (params, s->model->config->n_labels, error)
        || !prepare (s, image->format, image->height, image->width, params, error))
        return FALSE;

    if (m2f_preprocessor_set_image (s->preprocessor, image))
        m2f_plan_invalidate (s->forward);
    if (!m2f_plan_run (s->forward, &failure)) {
        m2f_propagate_device_error (error, failure);
        return FALSE;
    }
    gint64 forward_end = g_get_monotonic_time ();
    if (!m2f_postprocessor_run (s->postprocessor, params, result, error))
        return FALSE;
    gint64 end = g_get_monotonic_time ();
    result->timings = (M2fTimings) {
        .preprocess = stage_ms (s->forward, "preprocess"),
        .backbone = stage_ms (s->forward, "backbone"),
        .pixel_decoder = stage_ms (s->forward, "pixel decoder"),
        .decoder = stage_ms (s->forward, "decoder"),
        .postprocess = milliseconds (forward_end, end),
        .total = milliseconds (start, end),
    };
    return TRUE;
}

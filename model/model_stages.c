/* The stages on their own: the forward pass with everything kept, post-processing of given logits.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "model/device_error.h"
#include "model/error.h"
#include "model/network/network_stages.h"
#include "model/postprocess/postprocess.h"
#include "model/preparation.h"
#include "model/preprocess/preprocess.h"

/* ---- forward -------------------------------------------------------------------------------- */

typedef struct Preprocessing {
    const M2fPreprocessor *preprocessor;
    const M2fInputSize *size;
    M2fTensor values;
} Preprocessing;

static void
record_preprocess (M2fPlan *plan, void *data)
{
    Preprocessing *p = data;

    p->values = m2f_plan_tensor (plan, "pixel_values", M2F_F32, 1, p->size->height,
        p->size->width, 3);
    m2f_preprocessor_run (p->preprocessor, plan, p->values);
}

/* A picture's pixel values as (1, 3, H, W). */
static M2fHostTensor *
preprocess (M2fModel *model, const M2fImage *image, const M2fParams *params, GError **error)
{
    Preprocessing p = { 0 };
    M2fPreparation wanted;
    const M2fInputSize *size = &wanted.size;
    GError *failure = NULL;

    if (!m2f_preparation_init (&wanted, model, image, params, error))
        return NULL;

    M2fPreprocessor *preprocessor = m2f_preprocessor_new (model->device, &model->processor,
        wanted.format, wanted.height, wanted.width, size, error);
    if (!preprocessor)
        return NULL;
    m2f_preprocessor_set_image (preprocessor, image);
    p.preprocessor = preprocessor;
    p.size = size;

    M2fHostTensor *out = NULL;
    M2fPlan *plan = m2f_plan_new (model->device, record_preprocess, &p, &failure);
    if (plan && m2f_plan_run (plan, &failure)) {
        int64_t shape[] = { 1, 3, size->height, size->width };
        size_t pixels = (size_t) size->height * size->width;
        const float *values = m2f_tensor_map (model->device, &p.values, &failure);

        out = values ? m2f_host_tensor_new ("pixel_values", 4, shape) : NULL;
        if (values && !out)
            m2f_no_memory (&failure, 3 * pixels * sizeof (float), "pixel_values");
        for (size_t i = 0; out && i < pixels; i++)
            for (size_t c = 0; c < 3; c++)
                out->data[c * pixels + i] = values[i * 3 + c];
    }
    if (failure)
        m2f_propagate_device_error (error, failure);
    m2f_plan_free (&plan);
    m2f_preprocessor_free (&preprocessor);
    return out;
}

GPtrArray *
m2f_model_forward (M2fModel *model, const M2fImage *image, const M2fParams *params,
    const M2fHostTensor *pixel_values, GError **error)
{
    if (pixel_values && pixel_values->n_dims == 4
        && (pixel_values->shape[2] > M2F_MAX_SIDE || pixel_values->shape[3] > M2F_MAX_SIDE
            || pixel_values->shape[2] * pixel_values->shape[3] > M2F_MAX_INPUT_PIXELS)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "pixel_values: %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " (height x width), expected "
            "sides up to %d and %d pixels at most", (gint64) pixel_values->shape[2],
            (gint64) pixel_values->shape[3], M2F_MAX_SIDE, M2F_MAX_INPUT_PIXELS);
        return NULL;
    }
    if (pixel_values)
        return m2f_network_stages (model->network, pixel_values, params && params->attentions,
            error);
    M2fHostTensor *values = preprocess (model, image, params, error);
    if (!values)
        return NULL;
    GPtrArray *stages = m2f_network_stages (model->network, values, params->attentions, error);
    m2f_host_tensor_free (values);
    return stages;
}

/* ---- postprocess ---------------------------------------------------------------------------- */

static bool
check_finite (const M2fHostTensor *tensor, const char *name, GError **error)
{
    int64_t n = 1;

    for (int i = 0; i < tensor->n_dims; i++)
        n *= tensor->shape[i];
    for (int64_t i = 0; i < n; i++) {
        if (isfinite (tensor->data[i]))
            continue;
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "%s: element %" G_GINT64_FORMAT " is %g, expected finite values", name, (gint64) i,
            (double) tensor->data[i]);
        return false;
    }
    return true;
}

static bool
check_logits (const M2fModel *model, const M2fHostTensor *classes, const M2fHostTensor *masks,
    GError **error)
{
    int n = model->config->n_labels + 1;

    if (!classes || classes->n_dims != 3 || classes->shape[0] != 1 || classes->shape[1] < 1
        || classes->shape[1] > UINT16_MAX - 1 || classes->shape[2] != n) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "class_queries_logits: expected shape (1, queries, %d)", n);
        return false;
    }
    if (!masks || masks->n_dims != 4 || masks->shape[0] != 1
        || masks->shape[1] != classes->shape[1] || masks->shape[2] < 1 || masks->shape[3] < 1
        || masks->shape[2] > M2F_MAX_SIDE || masks->shape[3] > M2F_MAX_SIDE) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "masks_queries_logits: expected shape (1, %d, height, width) with sides up to %d",
            (int) classes->shape[1], M2F_MAX_SIDE);
        return false;
    }
    return check_finite (classes, "class_queries_logits", error)
        && check_finite (masks, "masks_queries_logits", error);
}

static bool
upload (M2fDevice *device, M2fTensor *tensor, const char *name, int height, int width,
    int channels, const float *data, GError **error)
{
    if (!m2f_tensor_new (device, tensor, name, M2F_F32,
            M2F_SHAPE (1, height, width, channels), error))
        return false;
    m2f_tensor_write (device, tensor, data);
    return true;
}

/* The logits dressed up as a network's output: the features are the mask logits themselves, and
 * query q's embedding picks channel q. */
static bool
dress_up (M2fDevice *device, const M2fHostTensor *classes, const M2fHostTensor *masks, int hidden,
    M2fNetworkOutput *net, GError **error)
{
    int n = (int) classes->shape[1], h = (int) masks->shape[2], w = (int) masks->shape[3];
    size_t pixels = (size_t) h * w;
    g_autofree float *features = g_try_new (float, pixels * (size_t) n);
    g_autofree float *unit = g_try_new0 (float, (size_t) n * (size_t) n);

    if (!features || !unit)
        return m2f_no_memory (error, (pixels + (size_t) n) * (size_t) n * sizeof (float),
            "mask logits");
    for (size_t i = 0; i < pixels; i++)
        for (int q = 0; q < n; q++)
            features[i * (size_t) n + q] = masks->data[q * pixels + i];
    for (int q = 0; q < n; q++)
        unit[(size_t) q * n + q] = 1;
    return upload (device, &net->class_logits, "class_queries_logits", 1, n,
               (int) classes->shape[2], classes->data, error)
        && upload (device, &net->features, "masks_queries_logits", h, w, n, features, error)
        && upload (device, &net->mask_embedding, "unit vectors", 1, n, n, unit, error)
        && m2f_tensor_new (device, &net->mask_bias, "no bias", M2F_F32,
            M2F_SHAPE (1, 1, 1, n), error)
        && m2f_tensor_new (device, &net->embeddings, "no embeddings", M2F_F32,
            M2F_SHAPE (1, 1, n, hidden), error);
}

gboolean
m2f_model_postprocess (M2fModel *model, const M2fHostTensor *class_logits,
    const M2fHostTensor *mask_logits, const M2fParams *params, M2fResult *result, GError **error)
{
    M2fDevice *device = model->device;
    M2fNetworkOutput net = { 0 };
    M2fPostprocessor *post = NULL;
    GError *failure = NULL;

    if (!check_logits (model, class_logits, mask_logits, error)
        || !m2f_params_check (params, model->config->n_labels, error))
        return FALSE;
    if (params->target_height == 0 && !params->no_target_size) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "params: no target size, expected the label map's height and width");
        return FALSE;
    }

    int map = m2f_finest_feature_map (model->config->fpn_levels);
    int stride = model->config->backbone.strides[map];
    M2fMapSetup setup = m2f_map_setup (params, params->target_height, params->target_width,
        (int) mask_logits->shape[2] * stride, (int) mask_logits->shape[3] * stride);
    if (dress_up (device, class_logits, mask_logits, model->config->hidden_dim, &net, &failure))
        post = m2f_postprocessor_new (device, model->config, &net, &setup, &failure);
    gboolean ok = post && m2f_postprocessor_run (post, params, result, &failure);
    if (!ok)
        m2f_propagate_device_error (error, failure);

    m2f_postprocessor_free (&post);
    M2fTensor *const tensors[] = { &net.class_logits, &net.features, &net.mask_embedding,
        &net.mask_bias, &net.embeddings };
    for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
        if (tensors[i]->buffer)
            m2f_tensor_free (device, tensors[i]);
    return ok;
}

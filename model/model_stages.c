/* The stages on their own: the forward pass with everything kept, post-processing of given logits.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "model/device_error.h"
#include "model/error.h"
#include "model/network/network_stages.h"
#include "model/postprocess/postprocess.h"
#include "model/preparation.h"
#include "model/preprocess/dmabuf.h"
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

/* A picture's pixel values as (1, 3, H, W), and the size that it has in them. */
static M2fHostTensor *
preprocess (M2fModel *model, const M2fImage *image, const M2fParams *params, M2fInputSize *size,
    GError **error)
{
    Preprocessing p = { 0 };
    M2fPreparation wanted;
    M2fDmabufMapping mapping = { 0 };
    M2fImage mapped;
    GError *failure = NULL;

    if (!m2f_preparation_init (&wanted, model, image, params, error))
        return NULL;
    *size = wanted.size;

    M2fPreprocessor *preprocessor = m2f_preprocessor_new (model->device, &model->processor,
        wanted.format, wanted.height, wanted.width, size, error);
    if (!preprocessor)
        return NULL;
    if (!m2f_dmabuf_map (&mapping, image, &mapped, error)) {
        m2f_dmabuf_unmap (&mapping);
        m2f_preprocessor_free (&preprocessor);
        return NULL;
    }
    m2f_preprocessor_set_image (preprocessor, &mapped);
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
    m2f_dmabuf_unmap (&mapping);
    return out;
}

/* Copies (1, C, h, w) to the top left of picture `index` of (N, C, H, W). */
static void
place_picture (M2fHostTensor *batch, int index, const M2fHostTensor *picture)
{
    const int64_t *to = batch->shape, *from = picture->shape;
    float *dst = batch->data + index * to[1] * to[2] * to[3];

    for (int64_t c = 0; c < from[1]; c++)
        for (int64_t y = 0; y < from[2]; y++)
            memcpy (dst + (c * to[2] + y) * to[3], picture->data + (c * from[2] + y) * from[3],
                (size_t) from[3] * sizeof (float));
}

/* A tensor of zeros. */
static M2fHostTensor *
new_zeros (const char *name, int n_dims, const int64_t *shape, GError **error)
{
    M2fHostTensor *t = m2f_host_tensor_new (name, n_dims, shape);
    size_t size = sizeof (float);

    for (int i = 0; i < n_dims; i++)
        size *= (size_t) shape[i];
    if (t)
        memset (t->data, 0, size);
    else
        m2f_no_memory (error, size, name);
    return t;
}

/* 1 in the pictures, 0 in the padding at their right and bottom. */
static M2fHostTensor *
make_pixel_mask (const M2fInputSize *sizes, int n, int64_t height, int64_t width, GError **error)
{
    M2fHostTensor *mask = new_zeros ("pixel_mask", 3, (int64_t[]) { n, height, width }, error);

    for (int i = 0; mask && i < n; i++)
        for (int y = 0; y < sizes[i].inner_height; y++)
            for (int x = 0; x < sizes[i].inner_width; x++)
                mask->data[(i * height + y) * width + x] = 1;
    return mask;
}

M2fHostTensor *
m2f_model_preprocess (M2fModel *model, const M2fImage *images, int n_images,
    const M2fParams *params, M2fHostTensor **pixel_mask, GError **error)
{
    g_autoptr (GPtrArray) pictures
        = g_ptr_array_new_with_free_func ((GDestroyNotify) m2f_host_tensor_free);
    g_autofree M2fInputSize *sizes = g_new0 (M2fInputSize, MAX (n_images, 1));
    int64_t shape[4] = { n_images, 3, 0, 0 };

    if (n_images < 1) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "images: found %d, expected at least 1",
            n_images);
        return NULL;
    }
    for (int i = 0; i < n_images; i++) {
        M2fHostTensor *picture = preprocess (model, &images[i], params, &sizes[i], error);
        if (!picture)
            return NULL;
        g_ptr_array_add (pictures, picture);
        shape[2] = MAX (shape[2], picture->shape[2]);
        shape[3] = MAX (shape[3], picture->shape[3]);
    }
    M2fHostTensor *batch = new_zeros ("pixel_values", 4, shape, error);
    for (int i = 0; batch && i < n_images; i++)
        place_picture (batch, i, pictures->pdata[i]);
    if (batch && pixel_mask) {
        *pixel_mask = make_pixel_mask (sizes, n_images, shape[2], shape[3], error);
        if (!*pixel_mask)
            g_clear_pointer (&batch, m2f_host_tensor_free);
    }
    return batch;
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
    M2fInputSize size;
    M2fHostTensor *values = preprocess (model, image, params, &size, error);
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

    const M2fBackboneConfig *backbone = &model->config->backbone;
    int map = m2f_finest_feature_map (backbone->n_maps, model->config->fpn_levels);
    const int *stride = backbone->strides[map];
    M2fMapSetup setup = m2f_map_setup (params, params->target_height, params->target_width,
        (int) mask_logits->shape[2] * stride[0], (int) mask_logits->shape[3] * stride[1]);
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

/* Picture `index` of a batch, as a view. */
static M2fHostTensor
picture_of (const M2fHostTensor *batch, int index)
{
    M2fHostTensor picture = *batch;
    int64_t size = 1;

    for (int i = 1; i < batch->n_dims; i++)
        size *= batch->shape[i];
    picture.shape[0] = 1;
    picture.data += index * size;
    return picture;
}

gboolean
m2f_model_postprocess_batch (M2fModel *model, const M2fHostTensor *class_logits,
    const M2fHostTensor *mask_logits, const M2fParams *params, M2fResult *results, int n_results,
    GError **error)
{
    if (!class_logits || !mask_logits || class_logits->n_dims < 1 || mask_logits->n_dims < 1
        || class_logits->shape[0] != n_results || mask_logits->shape[0] != n_results) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "class_queries_logits, masks_queries_logits: expected %d pictures in each", n_results);
        return FALSE;
    }
    for (int i = 0; i < n_results; i++) {
        const M2fHostTensor classes = picture_of (class_logits, i);
        const M2fHostTensor masks = picture_of (mask_logits, i);
        if (!m2f_model_postprocess (model, &classes, &masks, &params[i], &results[i], error))
            return FALSE;
    }
    return TRUE;
}

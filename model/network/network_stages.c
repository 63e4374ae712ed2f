/* Every stage of the network as host tensors in transformers' layout.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/network_stages.h"

#include <stdlib.h>
#include <string.h>

#include "model/compute/bf16.h"
#include "model/compute/half.h"
#include "model/device_error.h"
#include "model/error.h"

/* The shape that transformers gives to a tensor (B, rows, columns, channels) of a plan. */
typedef enum Layout {
    TOKENS,        /* (B, 1, T, C): (B, T, C) */
    QUERIES_FIRST, /* (B, 1, Q, C): (Q, B, C) */
    MASKS,         /* (B, 1, Q, h w): (B, Q, h, w) */
    CHANNELS_FIRST /* (B, h, w, C): (B, C, h, w) */
} Layout;

static const struct {
    const char *prefix;
    Layout layout;
} layouts[] = {
    { "backbone.stage", CHANNELS_FIRST },
    { "pixel_decoder.input", TOKENS },
    { "pixel_decoder.encoder.", TOKENS },
    { "pixel_decoder.level.", CHANNELS_FIRST },
    { "pixel_decoder.mask_features", CHANNELS_FIRST },
    { "decoder.input", QUERIES_FIRST },
    { "decoder.hidden.", QUERIES_FIRST },
    { "decoder.intermediate.", QUERIES_FIRST },
    { "decoder.aux_masks.", MASKS },
    { "decoder.aux_classes.", TOKENS },
    { "class_queries_logits", TOKENS },
    { "masks_queries_logits", MASKS },
};

typedef struct Stages {
    const M2fNetwork *network;
    M2fDevice *device;
    M2fSizeConstants *constants;
    M2fTensor pixel_values; /* (B, H, W, channels) */
    GPtrArray *out;         /* of M2fHostTensor */
    bool attentions;        /* are wanted */
    M2fAttentionOperands operands;
    GError *error;          /* of a tap */
} Stages;

/* dst (outer, columns, rows) = src (outer, rows, columns) */
static void
transpose (float *dst, const float *src, int64_t outer, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < outer; i++, dst += rows * columns, src += rows * columns)
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < columns; c++)
                dst[c * rows + r] = src[r * columns + c];
}

/* ---- stages -------------------------------------------------------------------------------- */

static Layout
layout_of (const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS (layouts); i++)
        if (g_str_has_prefix (name, layouts[i].prefix))
            return layouts[i].layout;
    g_assert_not_reached ();
}

/* The elements of a tensor of float32, bf16 or fp16 as float32 (g_free); NULL if there is no
 * memory. */
static float *
read_floats (M2fDevice *device, const M2fTensor *tensor)
{
    const size_t count = (size_t) m2f_tensor_rows (tensor) * (size_t) tensor->ne[3];
    g_autofree float *data = g_try_new (float, count);
    g_autofree uint16_t *narrow = tensor->type != M2F_F32 ? g_try_new (uint16_t, count) : NULL;

    if (!data || (tensor->type != M2F_F32 && !narrow))
        return NULL;
    if (narrow)
        m2f_tensor_read (device, tensor, narrow);
    else
        m2f_tensor_read (device, tensor, data);
    for (size_t i = 0; narrow && i < count; i++)
        data[i] = tensor->type == M2F_BF16 ? m2f_bf16_to_float (narrow[i])
                                           : m2f_half_to_float (narrow[i]);
    return g_steal_pointer (&data);
}

/* Copies (B, rows, C) to the layout of the stage. */
static void
arrange (Layout layout, const float *data, int64_t n, int64_t rows, int64_t c, float *out)
{
    switch (layout) {
    case TOKENS:
    case MASKS:
        memcpy (out, data, (size_t) (n * rows * c) * sizeof (float));
        break;
    case QUERIES_FIRST:
        for (int64_t i = 0; i < n; i++)
            for (int64_t q = 0; q < rows; q++)
                memcpy (out + (q * n + i) * c, data + (i * rows + q) * c,
                    (size_t) c * sizeof (float));
        break;
    case CHANNELS_FIRST:
        transpose (out, data, n, rows, c);
        break;
    }
}

/* The weights of the attention whose last operand `name` was, NULL if more are to come.  False
 * without memory. */
static bool
weigh (const Stages *s, const char *name, M2fHostTensor **out)
{
    const int heads = m2f_network_heads (s->network);
    const char *operand = strchr (name, '/');
    g_autofree char *attention = g_strndup (name, (gsize) (operand - name));

    if (g_str_equal (operand, "/logits"))
        *out = m2f_sampling_weights (attention, &s->operands, heads);
    else if (g_str_equal (operand, "/k") && s->operands.mask.data)
        *out = m2f_cross_attention (attention, &s->operands, heads);
    else if (g_str_equal (operand, "/k"))
        *out = m2f_self_attention (attention, &s->operands, heads);
    else if (g_str_equal (operand, "/qkv")) {
        char *numbers = attention + strlen ("backbone.attention."), *end;
        const long stage = strtol (numbers, &end, 10), index = strtol (end + 1, NULL, 10);
        const M2fWindows windows = m2f_network_windows (s->network, (int) stage, (int) index);
        *out = m2f_window_weights (attention, &s->operands, &windows);
    } else
        return true;
    return *out != NULL;
}

/* Keeps an operand of an attention, or its weights if it was the last. */
static void
keep_operand (Stages *s, const char *name, const M2fTensor *tensor)
{
    float *data = read_floats (s->device, tensor);
    M2fHostTensor *out = NULL;

    if (data)
        m2f_attention_operands_add (&s->operands, name, data, tensor->ne);
    if (!data || !weigh (s, name, &out)) {
        m2f_no_memory (&s->error, (size_t) m2f_tensor_rows (tensor) * sizeof (float), name);
        return;
    }
    if (out) {
        g_ptr_array_add (s->out, out);
        m2f_attention_operands_clear (&s->operands);
    }
}

/* A M2fTapFunc: copies a stage to the host, in transformers' layout. */
static void
keep_stage (const char *name, const M2fTensor *tensor, void *user_data)
{
    Stages *s = user_data;

    if (s->error)
        return;
    if (m2f_is_attention_operand (name)) {
        if (s->attentions)
            keep_operand (s, name, tensor);
        return;
    }
    const Layout layout = layout_of (name);
    const int64_t n = tensor->ne[0], rows = (int64_t) tensor->ne[1] * tensor->ne[2];
    const int64_t c = tensor->ne[3];
    const M2fLevel map = s->constants->features;
    const int64_t shapes[][4] = {
        [TOKENS] = { n, rows, c },
        [QUERIES_FIRST] = { rows, n, c },
        [MASKS] = { n, rows, map.height, map.width },
        [CHANNELS_FIRST] = { n, c, tensor->ne[1], tensor->ne[2] },
    };
    const int n_dims = layout == TOKENS || layout == QUERIES_FIRST ? 3 : 4;
    g_autofree float *data = read_floats (s->device, tensor);
    M2fHostTensor *out = data ? m2f_host_tensor_new (name, n_dims, shapes[layout]) : NULL;

    if (!out) {
        m2f_no_memory (&s->error, (size_t) (n * rows * c) * sizeof (float), name);
        return;
    }
    arrange (layout, data, n, rows, c, out->data);
    g_ptr_array_add (s->out, out);
}

static void
run_stages (M2fPlan *plan, void *user_data)
{
    Stages *s = user_data;
    M2fNetworkOutput out;

    m2f_network_forward (s->network, s->constants, plan, s->pixel_values, &out);
    const M2fTensor *f = &out.features;
    M2fTensor masks = m2f_plan_tensor (plan, "masks", M2F_F32, f->ne[0], 1, out.mask_bias.ne[3],
        f->ne[1] * f->ne[2]);
    m2f_matmul (plan, .dst = masks, .a = out.mask_embedding,                /* (B, 1, Q, h w) */
        .b = m2f_tensor_reshape (*f, f->ne[0], 1, f->ne[1] * f->ne[2], f->ne[3]),
        .row_bias = out.mask_bias);
    m2f_plan_tap (plan, "class_queries_logits", &out.class_logits);
    m2f_plan_tap (plan, "masks_queries_logits", &masks);
}

/* Uploads pixel_values and makes the constants of their size. */
static bool
prepare (Stages *s, const M2fHostTensor *pixel_values, GError **error)
{
    const int64_t *shape = pixel_values->shape;
    const int64_t n = shape[0], c = shape[1], pixels = shape[2] * shape[3];

    if (!m2f_tensor_new (s->device, &s->pixel_values, "pixel_values", M2F_F32,
            M2F_SHAPE ((int) n, (int) shape[2], (int) shape[3], (int) c), error))
        return false;
    g_autofree float *data = g_try_new (float, (size_t) (n * pixels * c));
    if (!data)
        return m2f_no_memory (error, (size_t) (n * pixels * c) * sizeof (float), "pixel_values");
    transpose (data, pixel_values->data, n, c, pixels);
    m2f_tensor_write (s->device, &s->pixel_values, data);

    s->constants = m2f_network_constants (s->network, (int) shape[2], (int) shape[3], error);
    return s->constants != NULL;
}

GPtrArray *
m2f_network_stages (const M2fNetwork *network, const M2fHostTensor *pixel_values, bool attentions,
    GError **error)
{
    const int64_t *shape = pixel_values->shape;
    const int channels = m2f_network_channels (network);
    bool fits = pixel_values->n_dims == 4 && shape[1] == channels;
    for (int i = 0; i < 4; i++)
        fits = fits && shape[i] > 0 && shape[i] <= G_MAXINT;
    if (!fits) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "pixel_values: expected shape (N, %d, H, W), found %d dimensions, (%d, %d, %d, %d)",
            channels, pixel_values->n_dims, (int) shape[0], (int) shape[1], (int) shape[2],
            (int) shape[3]);
        return NULL;
    }

    Stages s = {
        .network = network,
        .device = m2f_network_device (network),
        .attentions = attentions,
        .out = g_ptr_array_new_with_free_func ((GDestroyNotify) m2f_host_tensor_free),
    };
    M2fPlan *plan = NULL;
    GError *found = NULL;
    bool ok = prepare (&s, pixel_values, &found)
        && (plan = m2f_plan_new_tapped (s.device, run_stages, &s, keep_stage, &s, &found));
    if (ok) {
        const size_t size = (size_t) (shape[0] * shape[1] * shape[2] * shape[3]) * sizeof (float);
        M2fHostTensor *input = m2f_host_tensor_new ("pixel_values", 4, shape);
        if (input) {
            memcpy (input->data, pixel_values->data, size);
            g_ptr_array_add (s.out, input);
        }
        ok = input ? m2f_plan_run (plan, &found)
                   : m2f_no_memory (&found, size, "pixel_values");
    }
    if (ok && s.error) {
        found = g_steal_pointer (&s.error);
        ok = false;
    }
    g_clear_error (&s.error);
    m2f_attention_operands_clear (&s.operands);

    m2f_plan_free (&plan);
    m2f_size_constants_free (&s.constants);
    if (m2f_tensor_present (&s.pixel_values))
        m2f_tensor_free (s.device, &s.pixel_values);
    if (!ok) {
        m2f_propagate_device_error (error, found);
        g_clear_pointer (&s.out, g_ptr_array_unref);
    }
    return s.out;
}

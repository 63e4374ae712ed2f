/* The DINOv2 backbone (Oquab et al., 2023), with or without registers (Darcet et al., ICLR 2024),
 * as transformers' Dinov2Backbone and Dinov2WithRegistersBackbone run it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tokens (B, 1, T, C) are the class token, the registers and the h x w patches, in this order.
 */
#include "model/network/dinov2.h"

#include <string.h>

#include "model/error.h"
#include "model/network/backbone_maps.h"
#include "model/network/bicubic.h"
#include "model/network/layer_scale.h"
#include "model/network/layers.h"

/* ---- weights ------------------------------------------------------------------------------- */

/* Number of tokens before the patches. */
static int
prefix_tokens (const M2fDinov2 *net)
{
    return 1 + net->config->dinov2.registers;
}

/* Splits the position embeddings, the first of which belongs to the class token. */
static void
bind_tokens (M2fDinov2 *net, M2fBinder *b)
{
    const M2fDinov2Config *config = &net->config->dinov2;
    const int c = config->channels, registers = config->registers, n = prefix_tokens (net);
    const int patches = config->positions * config->positions;
    g_autofree float *class_token = m2f_bind_read (b, "cls_token", M2F_SHAPE (1, 1, c));
    g_autofree float *all = m2f_bind_read (b, "position_embeddings", M2F_SHAPE (1, patches + 1, c));
    g_autofree float *more = registers > 0
        ? m2f_bind_read (b, "register_tokens", M2F_SHAPE (1, registers, c)) : NULL;
    const bool complete = class_token && all && (more || registers == 0);
    g_autofree float *prefix = complete ? g_try_new (float, (size_t) n * c) : NULL;

    for (int i = 0; prefix && i < c; i++)
        prefix[i] = class_token[i] + all[i];
    if (prefix && more)
        memcpy (prefix + c, more, (size_t) registers * c * sizeof (float));
    m2f_bind_pack (b, &net->prefix, "prefix_tokens", M2F_PLAIN, M2F_SHAPE (n, c), prefix);
    if (complete) {
        net->positions = g_steal_pointer (&all);
        memmove (net->positions, net->positions + c, (size_t) patches * c * sizeof (float));
    }
}

static void
bind_layer (M2fBinder *b, M2fDinov2Layer *w, const M2fDinov2Config *config)
{
    static const char *const names[] = {
        "attention.attention.query", "attention.attention.key", "attention.attention.value",
    };
    const int c = config->channels, hidden = config->hidden;
    g_auto (M2fHostLinear) qkv
        = m2f_bind_read_linears (b, names, 3, M2F_SHAPE (c, c), config->qkv_bias);

    m2f_bind_norm (b, &w->norm1, "norm1", c);
    m2f_bind_pack_linear (b, &w->qkv, "attention.attention.qkv", &qkv);
    m2f_bind_scaled_linear (b, &w->proj, "attention.output.dense", "layer_scale1.lambda1", c, c);
    m2f_bind_norm (b, &w->norm2, "norm2", c);
    m2f_bind_linear (b, &w->fc1, config->is_gated ? "mlp.weights_in" : "mlp.fc1",
        M2F_SHAPE (m2f_extent (config->is_gated ? 2 * hidden : hidden), c), true);
    m2f_bind_activation (b, &w->activation, "mlp.activation",
        config->is_gated ? M2F_SILU : config->activation);
    m2f_bind_scaled_linear (b, &w->fc2, config->is_gated ? "mlp.weights_out" : "mlp.fc2",
        "layer_scale2.lambda1", c, hidden);
}

void
m2f_dinov2_bind (M2fDinov2 *net, M2fBinder *b, const M2fBackboneConfig *config)
{
    static const char *const module = "model.pixel_level_module.encoder";
    const int c = config->dinov2.channels, patch = config->dinov2.patch_size;

    net->config = config;
    net->n_layers = m2f_last_stage (config);
    net->layers = g_new0 (M2fDinov2Layer, net->n_layers);

    m2f_bind_scope (b, "%s.embeddings.", module);
    b->linear = M2F_LINEAR_WEIGHT_EXACT; /* all activations inherit its error */
    m2f_bind_linear (b, &net->patch_embedding, "patch_embeddings.projection",
        M2F_SHAPE (c, config->num_channels, patch, patch), true);
    b->linear = M2F_LINEAR_WEIGHT;
    bind_tokens (net, b);
    for (int i = 0; i < net->n_layers; i++) {
        m2f_bind_scope (b, "%s.encoder.layer.%d.", module, i);
        bind_layer (b, &net->layers[i], &config->dinov2);
    }
    m2f_bind_scope (b, "%s.", module);
    if (config->dinov2.apply_layernorm)
        m2f_bind_norm (b, &net->norm, "layernorm", c);
}

void
m2f_dinov2_clear (M2fDinov2 *net)
{
    g_clear_pointer (&net->layers, g_free);
    g_clear_pointer (&net->positions, g_free);
}

bool
m2f_dinov2_constants (const M2fDinov2 *net, M2fSizeConstants *c, GError **error)
{
    const M2fDinov2Config *config = &net->config->dinov2;
    const int h = c->features.height, w = c->features.width;
    const size_t size = (size_t) h * w * config->channels;
    g_autofree float *positions = g_try_new (float, size);

    if (!positions || !m2f_interpolate_bicubic (net->positions, config->positions,
            config->channels, config->antialias, positions, h, w))
        return m2f_no_memory (error, size * sizeof (float), "position embeddings");
    if (!m2f_tensor_new (c->device, &c->positions, "position embeddings", M2F_F32,
            M2F_SHAPE (1, 1, h * w, config->channels), error))
        return false;
    m2f_tensor_write (c->device, &c->positions, positions);
    return true;
}

/* ---- forward ------------------------------------------------------------------------------- */

/* transformers: Dinov2Embeddings */
static M2fTensor
embed (const M2fDinov2 *net, const M2fSizeConstants *constants, M2fPlan *plan, M2fTensor pixels)
{
    const M2fDinov2Config *config = &net->config->dinov2;
    const int batch = pixels.ne[0], c = config->channels, patch = config->patch_size;
    const int h = constants->features.height, w = constants->features.width;
    const int first = prefix_tokens (net);
    M2fTensor x = m2f_plan_tensor (plan, "tokens", M2F_F32, batch, 1, first + h * w, c);
    M2fTensor patches = m2f_plan_tensor (plan, "patches", M2F_F32, batch, h, w,
        pixels.ne[3] * patch * patch);

    m2f_patch_gather (plan, .dst = patches, .src = pixels,                  /* (B, h, w, 3 p p) */
        .patch = { patch, patch }, .whole = true);
    for (int i = 0; i < batch; i++) {
        M2fTensor tokens = m2f_tensor_batch (x, i);
        m2f_copy_map (plan, m2f_tensor_tokens (tokens, 0, first), net->prefix);
        m2f_linear (plan, .dst = m2f_tensor_tokens (tokens, first, h * w),  /* (1, 1, h w, C) */
            .src = m2f_tensor_batch (patches, i), M2F_WITH (net->patch_embedding),
            .addend = constants->positions);
    }
    m2f_plan_release (plan, &patches);
    return x;
}

/* x += proj (attention (qkv (norm1 (x)))) */
static void
attend (const M2fDinov2 *net, const M2fDinov2Layer *w, M2fPlan *plan, M2fTensor x)
{
    const M2fDinov2Config *config = &net->config->dinov2;
    const int c = config->channels;
    M2fTensor qkv = m2f_map_like (plan, "qkv",
        m2f_plan_input_type (plan, &w->qkv.weight, x.ne[2]), &x, 1, 3 * c);
    M2fTensor y = m2f_operand_like (plan, "attention input", &x, &w->qkv);

    m2f_norm (plan, y, x, &w->norm1, (float) config->layer_norm_eps);       /* (B, 1, T, C) */
    m2f_linear (plan, .dst = qkv, .src = y, M2F_WITH (w->qkv));             /* (B, 1, T, 3 C) */
    m2f_plan_release (plan, &y);
    y = m2f_operand_like (plan, "attention", &x, &w->proj);
    m2f_attention (plan, .dst = y, .q = m2f_tensor_columns (qkv, 0, c),     /* (B, 1, T, C) */
        .k = m2f_tensor_columns (qkv, c, c), .v = m2f_tensor_columns (qkv, 2 * c, c),
        .heads = config->heads);
    m2f_plan_release (plan, &qkv);
    m2f_linear (plan, .dst = x, .src = y, M2F_WITH (w->proj), .residual = x); /* (B, 1, T, C) */
    m2f_plan_release (plan, &y);
}

/* hidden = silu (first half of fc1 (src)) x second half (transformers: Dinov2SwiGLUFFN) */
static void
gate (const M2fDinov2Layer *w, M2fPlan *plan, M2fTensor hidden, M2fTensor src)
{
    const int half = hidden.ne[3];
    M2fTensor both = m2f_map_like (plan, "gates", M2F_F32, &hidden, 1, 2 * half);

    m2f_linear (plan, .dst = both, .src = src, M2F_WITH (w->fc1));          /* (B, 1, T, 2 H) */
    m2f_pointwise (plan, .dst = hidden, .src = m2f_tensor_columns (both, 0, half),
        .factor = m2f_tensor_columns (both, half, half), M2F_ACTIVATION (w->activation));
    m2f_plan_release (plan, &both);
}

/* x += fc2 (activation (fc1 (norm2 (x)))) */
static void
feed_forward (const M2fDinov2 *net, const M2fDinov2Layer *w, M2fPlan *plan, M2fTensor x)
{
    const M2fDinov2Config *config = &net->config->dinov2;
    M2fTensor hidden = m2f_operand_like (plan, "mlp", &x, &w->fc2);
    M2fTensor y = m2f_operand_like (plan, "mlp input", &x, &w->fc1);

    m2f_norm (plan, y, x, &w->norm2, (float) config->layer_norm_eps);
    if (config->is_gated && config->hidden > 0)
        gate (w, plan, hidden, y);                                          /* (B, 1, T, H) */
    else
        m2f_linear_activated (plan, hidden, y, &w->fc1, &w->activation);    /* (B, 1, T, 4 C) */
    m2f_plan_release (plan, &y);
    m2f_linear (plan, .dst = x, .src = hidden, M2F_WITH (w->fc2), .residual = x);
    m2f_plan_release (plan, &hidden);
}

/* The patches of the tokens as a map. */
static M2fTensor
make_map (const M2fDinov2 *net, const M2fSizeConstants *constants, M2fPlan *plan, M2fTensor x,
    int index, M2fType type)
{
    const int h = constants->features.height, w = constants->features.width;
    const M2fDinov2Config *config = &net->config->dinov2;
    const bool normalises = config->apply_layernorm;
    M2fTensor map = m2f_plan_tensor (plan, m2f_map_name (index), normalises ? type : M2F_F32,
        x.ne[0], h, w, x.ne[3]);

    for (int i = 0; i < x.ne[0]; i++) {
        M2fTensor patches = m2f_tensor_reshape (m2f_tensor_tokens (m2f_tensor_batch (x, i),
            prefix_tokens (net), h * w), 1, h, w, x.ne[3]);
        M2fTensor picture = m2f_tensor_batch (map, i);

        if (normalises)
            m2f_norm (plan, picture, patches, &net->norm, (float) config->layer_norm_eps);
        else
            m2f_copy_map (plan, picture, patches);                          /* (1, h, w, C) */
    }
    m2f_plan_tap (plan, m2f_map_name (index), &map);
    return map;
}

void
m2f_dinov2_forward (const M2fDinov2 *net, const M2fSizeConstants *constants, M2fPlan *plan,
    M2fTensor pixel_values, const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    M2fTensor x = embed (net, constants, plan, pixel_values);               /* (B, 1, T, C) */

    for (int i = 0; i <= net->n_layers; i++) {
        const int map = m2f_map_of_stage (net->config, i);

        if (i > 0) {
            attend (net, &net->layers[i - 1], plan, x);                     /* (B, 1, T, C) */
            feed_forward (net, &net->layers[i - 1], plan, x);               /* (B, 1, T, C) */
        }
        if (map >= 0)
            maps[map] = make_map (net, constants, plan, x, map, types[map]); /* (B, h, w, C) */
    }
    m2f_plan_release (plan, &x);
}

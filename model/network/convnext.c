/* The ConvNeXt backbone (Liu et al., CVPR 2022) and its second version (Woo et al., CVPR 2023), as
 * transformers' ConvNextBackbone and ConvNextV2Backbone run them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/convnext.h"

#include "model/network/backbone_maps.h"
#include "model/network/layer_scale.h"
#include "model/network/layers.h"

#define NORM_EPS 1e-6f /* ConvNextLayerNorm, ConvNextV2GRN */

/* ---- weights ------------------------------------------------------------------------------- */

static void
bind_depthwise (M2fBinder *b, M2fLinearWeights *w, int channels)
{
    const M2fShape shape = M2F_SHAPE (channels, 1, 7, 7);
    g_auto (M2fHostLinear) l = m2f_bind_read_linear (b, "dwconv", shape, true);

    m2f_bind_pack (b, &w->weight, "dwconv.weight", M2F_DEPTHWISE_WEIGHT, shape, l.weight);
    m2f_bind_pack (b, &w->bias, "dwconv.bias", M2F_PLAIN, M2F_SHAPE (channels), l.bias);
}

/* A tensor whose first three extents are 1. */
static void
bind_response (M2fBinder *b, M2fTensor *tensor, const char *name, int channels)
{
    g_autofree float *data = m2f_bind_read (b, name, M2F_SHAPE (1, 1, 1, channels));

    m2f_bind_pack (b, tensor, name, M2F_PLAIN, M2F_SHAPE (channels), data);
}

static void
bind_layer (M2fBinder *b, M2fConvnextLayer *w, const M2fConvnextConfig *config, int channels)
{
    const int hidden = 4 * channels;

    bind_depthwise (b, &w->depthwise, channels);
    m2f_bind_norm (b, &w->norm, "layernorm", channels);
    m2f_bind_linear (b, &w->pwconv1, "pwconv1", M2F_SHAPE (hidden, channels), true);
    m2f_bind_activation (b, &w->activation, "act", config->activation);
    if (config->has_response_norm) {
        bind_response (b, &w->response.weight, "grn.weight", hidden);
        bind_response (b, &w->response.bias, "grn.bias", hidden);
    }
    if (config->has_scale)
        m2f_bind_scaled_linear (b, &w->pwconv2, "pwconv2", "layer_scale_parameter", channels,
            hidden);
    else
        m2f_bind_linear (b, &w->pwconv2, "pwconv2", M2F_SHAPE (channels, hidden), true);
}

static void
bind_stage (M2fConvnext *net, M2fBinder *b, const char *module, int s)
{
    const M2fConvnextConfig *config = &net->config->convnext;
    M2fConvnextStage *stage = &net->stages[s];
    const int channels = config->channels[s];

    if (s > 0) {
        const int from = config->channels[s - 1];

        m2f_bind_scope (b, "%s.encoder.stages.%d.downsampling_layer.", module, s);
        m2f_bind_norm (b, &stage->merge_norm, "0", from);
        m2f_bind_linear (b, &stage->merge, "1", M2F_SHAPE (channels, from, 2, 2), true);
    }
    stage->layers = g_new0 (M2fConvnextLayer, config->depths[s]);
    for (int i = 0; i < config->depths[s]; i++) {
        m2f_bind_scope (b, "%s.encoder.stages.%d.layers.%d.", module, s, i);
        bind_layer (b, &stage->layers[i], config, channels);
    }
}

void
m2f_convnext_bind (M2fConvnext *net, M2fBinder *b, const M2fBackboneConfig *config)
{
    static const char *const module = "model.pixel_level_module.encoder";
    const M2fConvnextConfig *convnext = &config->convnext;

    net->config = config;
    m2f_bind_scope (b, "%s.embeddings.", module);
    b->linear = M2F_LINEAR_WEIGHT_EXACT; /* all activations inherit its error */
    m2f_bind_linear (b, &net->patch_embedding, "patch_embeddings",
        M2F_SHAPE (convnext->channels[0], config->num_channels, convnext->patch[0],
            convnext->patch[1]), true);
    b->linear = M2F_LINEAR_WEIGHT;
    m2f_bind_norm (b, &net->patch_norm, "layernorm", convnext->channels[0]);
    for (int s = 0; s < m2f_last_stage (config); s++)
        bind_stage (net, b, module, s);
    m2f_bind_scope (b, "%s.hidden_states_norms.", module);
    for (int i = 0; i < config->n_maps; i++) {
        char name[32] = "stem";

        if (config->stages[i] > 0)
            g_snprintf (name, sizeof name, "stage%d", config->stages[i]);
        m2f_bind_norm (b, &net->norms[i], name, config->channels[i]);
    }
}

void
m2f_convnext_clear (M2fConvnext *net)
{
    for (int s = 0; s < M2F_MAX_STAGES; s++)
        g_clear_pointer (&net->stages[s].layers, g_free);
}

/* ---- forward ------------------------------------------------------------------------------- */

/* x += pwconv2 (response norm (activation (pwconv1 (norm (depthwise (x)))))), the response norm in
 * the second version only */
static void
layer_forward (const M2fConvnextLayer *w, M2fPlan *plan, M2fTensor x)
{
    const bool responds = m2f_tensor_present (&w->response.weight);
    M2fTensor hidden = m2f_operand_like (plan, "hidden", &x, &w->pwconv2);
    M2fTensor filtered = m2f_map_like (plan, "filtered", M2F_F32, &x, 1, x.ne[3]);
    M2fTensor y = m2f_operand_like (plan, "normalised", &x, &w->pwconv1);
    M2fTensor wide = hidden;

    m2f_depthwise_conv (plan, .dst = filtered, .src = x, M2F_WITH (w->depthwise), .stride = 1);
    m2f_norm (plan, y, filtered, &w->norm, NORM_EPS);                       /* (B, h, w, C) */
    m2f_plan_release (plan, &filtered);
    if (responds && hidden.type != M2F_F32)
        wide = m2f_map_like (plan, "wide", M2F_F32, &x, 1, hidden.ne[3]);
    m2f_linear_activated (plan, wide, y, &w->pwconv1, &w->activation);      /* (B, h, w, 4 C) */
    m2f_plan_release (plan, &y);
    if (responds)
        m2f_response_norm (plan, .dst = hidden, .src = wide, M2F_WITH (w->response),
            .eps = NORM_EPS);                                               /* (B, h, w, 4 C) */
    if (responds && hidden.type != M2F_F32)
        m2f_plan_release (plan, &wide);
    m2f_linear (plan, .dst = x, .src = hidden, M2F_WITH (w->pwconv2),       /* (B, h, w, C) */
        .residual = x);
    m2f_plan_release (plan, &hidden);
}

/* Returns a layer of the whole patches of a map: a convolution whose stride is its kernel. */
static M2fTensor
merge_patches (M2fPlan *plan, M2fTensor map, const int patch[2], const M2fLinearWeights *w)
{
    const int h = map.ne[1] / patch[0], width = map.ne[2] / patch[1];
    M2fTensor patches = m2f_plan_tensor (plan, "patches", M2F_F32, map.ne[0], h, width,
        map.ne[3] * patch[0] * patch[1]);
    M2fTensor x = m2f_plan_tensor (plan, "merged", M2F_F32, map.ne[0], h, width, w->weight.ne[2]);

    m2f_patch_gather (plan, .dst = patches, .src = map, .patch = { patch[0], patch[1] },
        .whole = true);
    m2f_linear (plan, .dst = x, .src = patches, .weight = w->weight, .bias = w->bias);
    m2f_plan_release (plan, &patches);
    return x;
}

/* Ends a stage: returns the map that the next one reads.  Releases x. */
static M2fTensor
downsample (const M2fConvnextStage *next, M2fPlan *plan, M2fTensor x)
{
    static const int halves[2] = { 2, 2 };

    m2f_norm (plan, x, x, &next->merge_norm, NORM_EPS);                     /* (B, h, w, C) */

    M2fTensor merged = merge_patches (plan, x, halves, &next->merge);       /* (B, h/2, w/2, C') */

    m2f_plan_release (plan, &x);
    return merged;
}

void
m2f_convnext_forward (const M2fConvnext *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    const M2fConvnextConfig *config = &net->config->convnext;
    M2fTensor x = merge_patches (plan, pixel_values, config->patch,         /* (B, h, w, C) */
        &net->patch_embedding);

    m2f_norm (plan, x, x, &net->patch_norm, NORM_EPS);                      /* (B, h, w, C) */
    for (int s = 0; s <= m2f_last_stage (net->config); s++) {
        const int map = m2f_map_of_stage (net->config, s);

        if (s > 1)
            x = downsample (&net->stages[s - 1], plan, x);
        for (int i = 0; s > 0 && i < config->depths[s - 1]; i++)
            layer_forward (&net->stages[s - 1].layers[i], plan, x);         /* (B, h, w, C) */
        if (map < 0)
            continue;
        maps[map] = m2f_map_like (plan, m2f_map_name (map), types[map], &x, 1, x.ne[3]);
        m2f_norm (plan, maps[map], x, &net->norms[map], NORM_EPS);          /* (B, h, w, C) */
        m2f_plan_tap (plan, m2f_map_name (map), &maps[map]);
    }
    m2f_plan_release (plan, &x);
}

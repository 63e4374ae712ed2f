/* The Swin Transformer V2 backbone (Liu et al., CVPR 2022), as transformers' Swinv2Backbone runs
 * it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Beside Swin: attention compares queries and keys by their cosine, the bias of a relative position
 * comes from a small network, computed once at loading, and norms come last in a block.
 */
#include "model/network/swinv2.h"

#include <math.h>
#include <string.h>

#include "model/network/backbone_maps.h"
#include "model/network/layers.h"

#define BIAS_CHANNELS 512      /* inside the network of the position bias */
#define MAX_LOGIT_SCALE 100.0  /* torch.clamp of Swinv2SelfAttention */
#define REGION_PENALTY 200.0f  /* Swinv2SelfAttention adds the mask of -100 twice */

/* ---- weights ------------------------------------------------------------------------------- */

/* Binds query, key, which has no bias, and value as one layer. */
static void
bind_qkv (M2fBinder *b, M2fLinearWeights *w, int channels, bool bias)
{
    const M2fShape shape = M2F_SHAPE (channels, channels);
    const M2fLayout layout = b->linear;
    g_auto (M2fHostLinear) qkv = m2f_bind_read_linear (b, "attention.self.query", shape, bias);
    g_auto (M2fHostLinear) key = m2f_bind_read_linear (b, "attention.self.key", shape, false);
    g_auto (M2fHostLinear) value = m2f_bind_read_linear (b, "attention.self.value", shape, bias);

    if (bias && key.weight)
        key.bias = g_new0 (float, channels);
    m2f_host_linear_append (&qkv, &key);
    m2f_host_linear_append (&qkv, &value);
    /* Scores are up to 100 times a cosine: in bf16 they would be wrong by tenths. */
    b->linear = M2F_LINEAR_WEIGHT_EXACT;
    m2f_bind_pack_linear (b, w, "attention.self.qkv", &qkv);
    b->linear = layout;
}

/* A query is as long as its head's logit scale, undoing the op's (channels of a head)^-0.5; a key
 * has length 1. */
static void
bind_lengths (M2fBinder *b, M2fTensor *lengths, int heads, int head_channels)
{
    static const char *const name = "attention.self.logit_scale";
    g_autofree float *scale = m2f_bind_read (b, name, M2F_SHAPE (heads, 1, 1));
    g_autofree float *both = scale ? g_new (float, 2 * heads) : NULL;

    for (int i = 0; both && i < heads; i++) {
        both[i] = (float) (MIN (exp (scale[i]), MAX_LOGIT_SCALE) * sqrt (head_channels));
        both[heads + i] = 1;
    }
    m2f_bind_pack (b, lengths, name, M2F_PLAIN, M2F_SHAPE (2 * heads), both);
}

/* A distance in pixels as the network of the position bias sees it; `window` - 1 is the longest it
 * was trained with. */
static float
scale_distance (int distance, int window)
{
    const double scaled = window > 1 ? 8.0 * distance / (window - 1) : 0;

    return (float) (copysign (log2 (fabs (scaled) + 1), scaled) / 3);
}

/* Makes the table of position biases, of all distances in a window, row by row. */
static void
bind_position_bias (M2fBinder *b, M2fTensor *table, int window, int trained_window, int heads)
{
    const int side = 2 * window - 1, n = side * side;
    g_auto (M2fHostLinear) inner = m2f_bind_read_linear (b,
        "attention.self.continuous_position_bias_mlp.0", M2F_SHAPE (BIAS_CHANNELS, 2), true);
    g_auto (M2fHostLinear) outer = m2f_bind_read_linear (b,
        "attention.self.continuous_position_bias_mlp.2", M2F_SHAPE (heads, BIAS_CHANNELS), false);
    const bool complete = inner.weight && outer.weight;
    g_autofree float *bias = complete ? g_try_new (float, (size_t) n * heads) : NULL;
    float hidden[BIAS_CHANNELS];

    for (int i = 0; bias && i < n; i++) {
        const float distance[2] = {
            scale_distance (i / side - window + 1, trained_window),
            scale_distance (i % side - window + 1, trained_window),
        };
        float *row = bias + (size_t) i * heads;

        m2f_host_linear_apply (&inner, distance, 1, hidden);
        for (int c = 0; c < BIAS_CHANNELS; c++)
            hidden[c] = MAX (hidden[c], 0);
        m2f_host_linear_apply (&outer, hidden, 1, row);
        for (int h = 0; h < heads; h++)
            row[h] = (float) (16 / (1 + exp (-row[h])));
    }
    m2f_bind_pack (b, table, "position_bias", M2F_WINDOW_BIAS, M2F_SHAPE (n, heads), bias);
}

static void
bind_block (M2fBinder *b, M2fSwinv2Block *w, const M2fSwinv2Config *config, int s)
{
    const int channels = config->embed_dim << s, heads = config->num_heads[s];
    const int hidden = m2f_extent ((int) (config->mlp_ratio * channels));
    const int window = config->windows[s];
    const int pretrained = config->pretrained_windows[s];

    bind_qkv (b, &w->qkv, channels, config->qkv_bias);
    bind_lengths (b, &w->lengths, heads, channels / heads);
    bind_position_bias (b, &w->position_bias, window, pretrained > 0 ? pretrained : window, heads);
    m2f_bind_linear (b, &w->proj, "attention.output.dense", M2F_SHAPE (channels, channels), true);
    m2f_bind_norm (b, &w->norm_attention, "layernorm_before", channels);
    m2f_bind_linear (b, &w->fc1, "intermediate.dense", M2F_SHAPE (hidden, channels), true);
    m2f_bind_activation (b, &w->activation, "intermediate.intermediate_act_fn",
        config->activation);
    m2f_bind_linear (b, &w->fc2, "output.dense", M2F_SHAPE (channels, hidden), true);
    m2f_bind_norm (b, &w->norm_mlp, "layernorm_after", channels);
}

/* Binds the layer that halves a map.  In the file, its inputs are the channels of pixel (0, 0) of
 * four, of (1, 0), (0, 1) and (1, 1), (row, column); patch_gather has a channel's pixels together,
 * row by row. */
static void
bind_merge (M2fBinder *b, M2fLinearWeights *w, int channels)
{
    const int n = 2 * channels, k = 4 * channels;
    g_auto (M2fHostLinear) l = m2f_bind_read_linear (b, "reduction", M2F_SHAPE (n, k), false);
    g_autofree float *row = l.weight ? g_new (float, k) : NULL;

    for (int i = 0; row && i < n; i++) {
        float *weight = l.weight + (size_t) i * k;

        memcpy (row, weight, (size_t) k * sizeof (float));
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 2; x++)
                    weight[4 * c + 2 * y + x] = row[(2 * x + y) * channels + c];
    }
    m2f_bind_pack_linear (b, w, "reduction", &l);
}

void
m2f_swinv2_bind (M2fSwinv2 *net, M2fBinder *b, const M2fBackboneConfig *config)
{
    static const char *const module = "model.pixel_level_module.encoder";
    const M2fSwinv2Config *swin = &config->swinv2;
    const int n_stages = m2f_last_stage (config);

    net->config = config;
    m2f_bind_scope (b, "%s.embeddings.", module);
    b->linear = M2F_LINEAR_WEIGHT_EXACT; /* all activations inherit its error */
    m2f_bind_linear (b, &net->patch_embedding, "patch_embeddings.projection",
        M2F_SHAPE (swin->embed_dim, config->num_channels, swin->patch[0], swin->patch[1]),
        true);
    b->linear = M2F_LINEAR_WEIGHT;
    m2f_bind_norm (b, &net->patch_norm, "norm", swin->embed_dim);
    for (int s = 0; s < n_stages; s++) {
        M2fSwinv2Stage *stage = &net->stages[s];

        stage->blocks = g_new0 (M2fSwinv2Block, swin->depths[s]);
        for (int i = 0; i < swin->depths[s]; i++) {
            m2f_bind_scope (b, "%s.encoder.layers.%d.blocks.%d.", module, s, i);
            bind_block (b, &stage->blocks[i], swin, s);
        }
        if (s == n_stages - 1)
            break;
        m2f_bind_scope (b, "%s.encoder.layers.%d.downsample.", module, s);
        bind_merge (b, &stage->merge, swin->embed_dim << s);
        m2f_bind_norm (b, &stage->merge_norm, "norm", swin->embed_dim << (s + 1));
    }
}

void
m2f_swinv2_clear (M2fSwinv2 *net)
{
    for (int s = 0; s < M2F_MAX_STAGES; s++)
        g_clear_pointer (&net->stages[s].blocks, g_free);
}

/* ---- forward ------------------------------------------------------------------------------- */

/* x += norm (layer (src)).  Releases src. */
static void
add_normalised (M2fPlan *plan, M2fTensor x, M2fTensor src, const M2fLinearWeights *layer,
    const M2fNormWeights *norm, float eps)
{
    M2fTensor y = m2f_map_like (plan, "added", M2F_F32, &x, 1, x.ne[3]);

    m2f_linear (plan, .dst = y, .src = src, M2F_WITH (*layer));             /* (B, h, w, C) */
    m2f_plan_release (plan, &src);
    m2f_norm (plan, y, y, norm, eps);                                       /* (B, h, w, C) */
    m2f_pointwise (plan, .dst = x, .src = x, .addend = y);
    m2f_plan_release (plan, &y);
}

/* x += norm (attention (x)); x += norm (mlp (x))
 *
 * Windows that reach beyond the map are padded with zeros, which qkv turns into its bias.  A key's
 * is 0, and so is its cosine. */
static void
block_forward (const M2fSwinv2Block *w, const M2fSwinv2Config *config, M2fPlan *plan, M2fTensor x,
    int s, int shift)
{
    const int c = x.ne[3], heads = config->num_heads[s];
    const float eps = (float) config->layer_norm_eps;
    M2fTensor qkv = m2f_map_like (plan, "qkv", M2F_F32, &x, 1, 3 * c);
    M2fTensor y = m2f_operand_like (plan, "attention", &x, &w->proj);

    m2f_linear (plan, .dst = qkv, .src = x, M2F_WITH (w->qkv));             /* (B, h, w, 3 C) */
    M2fTensor compared = m2f_tensor_columns (qkv, 0, 2 * c);
    m2f_head_norm (plan, .dst = compared, .src = compared, .length = w->lengths);
    m2f_window_attention (plan, .dst = y, .qkv = qkv, .pad = w->qkv.bias,   /* (B, h, w, C) */
        .bias = w->position_bias, .heads = heads, .window = config->windows[s], .shift = shift,
        .region_penalty = REGION_PENALTY);
    m2f_plan_release (plan, &qkv);
    add_normalised (plan, x, y, &w->proj, &w->norm_attention, eps);

    M2fTensor hidden = m2f_operand_like (plan, "mlp", &x, &w->fc2);
    m2f_linear_activated (plan, hidden, x, &w->fc1, &w->activation);        /* (B, h, w, 4 C) */
    add_normalised (plan, x, hidden, &w->fc2, &w->norm_mlp, eps);
}

/* Returns norm (layer (patches of a map)), with zeros beyond its edges. */
static M2fTensor
merge_patches (M2fPlan *plan, M2fTensor map, const int patch[2], const M2fLinearWeights *layer,
    const M2fNormWeights *norm)
{
    M2fTensor patches = m2f_plan_tensor (plan, "patches", M2F_F32, map.ne[0],
        (map.ne[1] + patch[0] - 1) / patch[0], (map.ne[2] + patch[1] - 1) / patch[1],
        map.ne[3] * patch[0] * patch[1]);
    M2fTensor x = m2f_map_like (plan, "merged", M2F_F32, &patches, 1, layer->weight.ne[2]);

    m2f_patch_gather (plan, .dst = patches, .src = map, .patch = { patch[0], patch[1] });
    m2f_linear (plan, .dst = x, .src = patches, M2F_WITH (*layer));
    m2f_plan_release (plan, &patches);
    m2f_norm (plan, x, x, norm, M2F_NORM_EPS);
    return x;
}

void
m2f_swinv2_forward (const M2fSwinv2 *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    static const int halves[2] = { 2, 2 };
    const M2fSwinv2Config *config = &net->config->swinv2;
    M2fTensor x = merge_patches (plan, pixel_values, config->patch,         /* (B, h, w, C) */
        &net->patch_embedding, &net->patch_norm);

    for (int s = 0; s <= m2f_last_stage (net->config); s++) {
        const int map = m2f_map_of_stage (net->config, s);

        if (s > 1) {
            const M2fSwinv2Stage *last = &net->stages[s - 2];
            M2fTensor y = merge_patches (plan, x, halves, &last->merge, &last->merge_norm);

            m2f_plan_release (plan, &x);
            x = y;                                                          /* (B, h/2, w/2, 2 C) */
        }
        for (int i = 0; s > 0 && i < config->depths[s - 1]; i++)
            block_forward (&net->stages[s - 1].blocks[i], config, plan, x, s - 1,
                i % 2 ? config->shifts[s - 1] : 0);                         /* (B, h, w, C) */
        if (map < 0)
            continue;
        maps[map] = m2f_map_like (plan, m2f_map_name (map), types[map], &x, 1, x.ne[3]);
        m2f_pointwise (plan, .dst = maps[map], .src = x);                   /* (B, h, w, C) */
        m2f_plan_tap (plan, m2f_map_name (map), &maps[map]);
    }
    m2f_plan_release (plan, &x);
}

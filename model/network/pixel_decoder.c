/* The pixel decoder: multi-scale deformable attention over 1/32, 1/16 and 1/8, and an FPN, as a
 * rule of one step, to 1/4 (transformers' Mask2FormerPixelDecoder; Zhu et al., Deformable DETR).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/pixel_decoder.h"

#include "model/error.h"
#include "model/network/attentions.h"
#include "model/network/layers.h"
#include "model/network/position.h"

#define SAMPLING_POINTS 4
#define NORM_GROUPS 32

/* ---- weights ------------------------------------------------------------------------------- */

/* Number of outputs of attention_weights; sampling_offsets has two, x and y, for each. */
static int
samples (const M2fPixelDecoder *d)
{
    return d->heads * M2F_FEATURE_LEVELS * SAMPLING_POINTS;
}

static void
bind_layer (const M2fPixelDecoder *d, M2fBinder *b, M2fEncoderLayer *w)
{
    const int f = d->channels, n = samples (d);
    g_auto (M2fHostLinear) weights =
        m2f_bind_read_linear (b, "self_attn.attention_weights", M2F_SHAPE (n, f), true);

    w->sampling_host =
        m2f_bind_read_linear (b, "self_attn.sampling_offsets", M2F_SHAPE (2 * n, f), true);
    m2f_host_linear_append (&w->sampling_host, &weights);
    m2f_bind_pack_linear (b, &w->sampling, "self_attn.sampling", &w->sampling_host);
    m2f_bind_linear (b, &w->value_proj, "self_attn.value_proj", M2F_SHAPE (f, f), true);
    m2f_bind_linear (b, &w->output_proj, "self_attn.output_proj", M2F_SHAPE (f, f), true);
    m2f_bind_norm (b, &w->self_attn_norm, "self_attn_layer_norm", f);
    b->linear = M2F_LINEAR_WEIGHT_TOLERANT;
    m2f_bind_linear (b, &w->fc1, "fc1", M2F_SHAPE (m2f_extent (d->ffn), f), true);
    m2f_bind_linear (b, &w->fc2, "fc2", M2F_SHAPE (f, m2f_extent (d->ffn)), true);
    b->linear = M2F_LINEAR_WEIGHT;
    m2f_bind_norm (b, &w->final_norm, "final_layer_norm", f);

    /* The product adds the bias, so the constants of positions must not. */
    g_clear_pointer (&w->sampling_host.bias, g_free);
}

/* Level `index` of the FPN, whose map has `channels` channels. */
static void
bind_fpn_level (M2fBinder *b, M2fFpnLevel *w, int index, int f, int channels)
{
    static const char *const module = "model.pixel_level_module.decoder";

    m2f_bind_scope (b, "%s.adapter_%d.", module, index + 1);
    m2f_bind_linear (b, &w->adapter, "0", M2F_SHAPE (f, channels, 1, 1), false);
    m2f_bind_norm (b, &w->adapter_norm, "1", f);
    m2f_bind_scope (b, "%s.layer_%d.", module, index + 1);
    g_autofree float *conv = m2f_bind_read (b, "0.weight", M2F_SHAPE (f, f, 3, 3));
    m2f_bind_pack (b, &w->conv, "0.weight", M2F_CONV3X3_WEIGHT, M2F_SHAPE (f, f, 3, 3), conv);
    m2f_bind_norm (b, &w->conv_norm, "1", f);
}

void
m2f_pixel_decoder_bind (M2fPixelDecoder *d, M2fBinder *b, const M2fConfig *config)
{
    static const char *const module = "model.pixel_level_module.decoder";
    const int *channels = config->backbone.channels;
    const int f = config->feature_size;

    d->channels = f;
    d->heads = config->num_attention_heads;
    d->n_layers = config->encoder_layers;
    d->ffn = config->encoder_feedforward_dim;
    d->n_maps = config->backbone.n_maps;
    d->fpn_levels = config->fpn_levels;
    d->layers = g_new0 (M2fEncoderLayer, d->n_layers);

    for (int i = 0; i < M2F_FEATURE_LEVELS; i++) {
        m2f_bind_scope (b, "%s.input_projections.%d.", module, i);
        const int c = channels[m2f_map_of_level (d->n_maps, i)];
        m2f_bind_linear (b, &d->input_projections[i], "0", M2F_SHAPE (f, c, 1, 1), true);
        m2f_bind_norm (b, &d->input_norms[i], "1", f);
    }
    for (int i = 0; i < d->n_layers; i++) {
        m2f_bind_scope (b, "%s.encoder.layers.%d.", module, i);
        bind_layer (d, b, &d->layers[i]);
    }

    m2f_bind_scope (b, "%s.", module);
    d->level_embed = m2f_bind_read (b, "level_embed", M2F_SHAPE (M2F_FEATURE_LEVELS, f));
    for (int i = 0; i < d->fpn_levels; i++)
        bind_fpn_level (b, &d->fpn[i], i, f, channels[i]);
    m2f_bind_scope (b, "%s.", module);
    d->mask_projection_host = m2f_bind_read_linear (b, "mask_projection",
        M2F_SHAPE (config->mask_feature_size, f, 1, 1), true);
    m2f_bind_pack_linear (b, &d->mask_projection, "mask_projection", &d->mask_projection_host);
}

void
m2f_pixel_decoder_clear (M2fPixelDecoder *d)
{
    for (int i = 0; i < d->n_layers; i++)
        m2f_host_linear_clear (&d->layers[i].sampling_host);
    g_clear_pointer (&d->layers, g_free);
    g_clear_pointer (&d->level_embed, g_free);
    m2f_host_linear_clear (&d->mask_projection_host);
}

bool
m2f_pixel_decoder_constants (const M2fPixelDecoder *d, M2fSizeConstants *c, GError **error)
{
    const int n = 3 * samples (d);
    const size_t size = (size_t) c->tokens * (size_t) n;
    g_autofree float *positions = g_try_new (float, size);
    g_autofree float *level_bias = g_try_new (float, n);

    if (!positions || !level_bias)
        return m2f_no_memory (error, size * sizeof (float), "sampling positions");
    for (int i = 0; i < d->n_layers; i++) {
        M2fHostLinear sampling = d->layers[i].sampling_host;

        for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
            /* position = sine + level_embed */
            m2f_host_linear_apply (&d->layers[i].sampling_host, d->level_embed + l * d->channels, 1,
                level_bias);
            sampling.bias = level_bias;
            if (!m2f_project_positions (&sampling, c->levels[l].height, c->levels[l].width,
                    positions + (size_t) c->first[l] * n))
                return m2f_no_memory (error, size * sizeof (float), "sampling positions");
        }
        if (!m2f_tensor_new (c->device, &c->sampling[i], "sampling positions", M2F_F32,
                M2F_SHAPE (1, 1, c->tokens, n), error))
            return false;
        m2f_tensor_write (c->device, &c->sampling[i], positions);
    }
    return true;
}

/* ---- forward ------------------------------------------------------------------------------- */

void
m2f_pixel_decoder_map_types (const M2fPixelDecoder *d, const M2fSizeConstants *c,
    const M2fPlan *plan, M2fType types[M2F_MAX_MAPS])
{
    int pixels = 0;

    for (int i = 0; i < d->n_maps; i++)
        types[i] = M2F_F32;
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        pixels = c->levels[l].height * c->levels[l].width;
        types[m2f_map_of_level (d->n_maps, l)]
            = m2f_plan_input_type (plan, &d->input_projections[l].weight, pixels);
    }
    for (int i = 0; i < d->fpn_levels; i++) /* finer than the finest level */
        types[i] = m2f_plan_input_type (plan, &d->fpn[i].adapter.weight, pixels);
}

/* The maps that the FPN reads, projected to F channels.  They wait for the encoder, but a device
 * with little to do at the coarse levels has done them when it comes. */
static void
project_laterals (const M2fPixelDecoder *d, M2fPlan *plan, M2fTensor maps[M2F_MAX_MAPS],
    M2fTensor laterals[M2F_MAX_MAPS])
{
    for (int i = 0; i < d->fpn_levels; i++) {
        const M2fTensor *map = &maps[i];

        laterals[i] = m2f_plan_tensor (plan, "lateral", M2F_F32, map->ne[0], map->ne[1],
            map->ne[2], d->channels);
        m2f_linear (plan, .dst = laterals[i], .src = *map,                  /* (B, h, w, F) */
            .weight = d->fpn[i].adapter.weight);
    }
}

static void
normalise_laterals (const M2fPixelDecoder *d, M2fPlan *plan, const M2fTensor laterals[M2F_MAX_MAPS])
{
    for (int i = 0; i < d->fpn_levels; i++)
        m2f_group_norm (plan, .dst = laterals[i], .src = laterals[i],       /* (B, h, w, F) */
            M2F_WITH (d->fpn[i].adapter_norm), .groups = NORM_GROUPS, .eps = M2F_NORM_EPS);
}

/* Projects the coarser maps to F channels and writes them level by level into the tokens x
 * (B, 1, T, F). */
static void
project_inputs (const M2fPixelDecoder *d, const M2fSizeConstants *c, M2fPlan *plan,
    const M2fTensor maps[M2F_MAX_MAPS], M2fTensor x)
{
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        const M2fTensor *map = &maps[m2f_map_of_level (d->n_maps, l)];

        for (int i = 0; i < map->ne[0]; i++)
            m2f_linear (plan, .dst = m2f_level_map (c, x, i, l),            /* (1, h_l, w_l, F) */
                .src = m2f_tensor_batch (*map, i), M2F_WITH (d->input_projections[l]));
    }
}

/* Normalises the levels of the tokens, and makes their operand. */
static void
normalise_inputs (const M2fPixelDecoder *d, const M2fSizeConstants *c, M2fPlan *plan, M2fTensor x,
    M2fTensor operand)
{
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++)
        for (int i = 0; i < x.ne[0]; i++) {
            M2fTensor level = m2f_level_map (c, x, i, l), bf16_copy = { 0 };
            if (operand.type == M2F_BF16)
                bf16_copy = m2f_level_map (c, operand, i, l);
            m2f_group_norm (plan, .dst = level, .src = level,               /* (1, h_l, w_l, F) */
                .bf16_copy = bf16_copy, M2F_WITH (d->input_norms[l]), .groups = NORM_GROUPS,
                .eps = M2F_NORM_EPS);
        }
}

/* x = norm (x + deformable attention (x + position, x)); x = norm (x + ffn (x)) */
static void
encoder_layer_forward (const M2fPixelDecoder *d, int index, const M2fSizeConstants *c,
    M2fPlan *plan, M2fTensor x, M2fTensor operand)
{
    const M2fEncoderLayer *w = &d->layers[index];
    const int batch = x.ne[0], t = x.ne[2], f = x.ne[3], n = samples (d);

    M2fTensor sampling = m2f_plan_tensor (plan, "sampling", M2F_F32, batch, 1, t, 3 * n);
    m2f_linear (plan, .dst = sampling, .src = operand,                      /* (B, 1, T, 2 n + n) */
        M2F_WITH (w->sampling), .addend = c->sampling[index]);
    M2fTensor value = m2f_plan_tensor (plan, "value",
        m2f_plan_input_type (plan, &w->value_proj.weight, t), batch, 1, t, f);
    m2f_linear (plan, .dst = value, .src = operand, M2F_WITH (w->value_proj)); /* (B, 1, T, F) */
    M2fTensor y = m2f_plan_tensor (plan, "sampled",
        m2f_plan_input_type (plan, &w->output_proj.weight, t), batch, 1, t, f);
    const M2fTensor logits = m2f_tensor_columns (sampling, 2 * n, n);
    m2f_tap_operand (plan, "pixel_decoder.attention", index, "logits", &logits);
    m2f_deform_attention (plan, .dst = y, .value = value,                   /* (B, 1, T, F) */
        .offsets = m2f_tensor_columns (sampling, 0, 2 * n), .weights = logits,
        .level = { c->levels[0], c->levels[1], c->levels[2] },
        .levels = M2F_FEATURE_LEVELS, .heads = d->heads, .points = SAMPLING_POINTS);
    m2f_plan_release (plan, &value);
    m2f_plan_release (plan, &sampling);
    m2f_linear (plan, .dst = x, .src = y,                                   /* (B, 1, T, F) */
        M2F_WITH (w->output_proj), .residual = x);
    m2f_plan_release (plan, &y);
    m2f_norm_operand (plan, x, operand, &w->self_attn_norm);

    M2fTensor ffn = m2f_operand_like (plan, "encoder ffn", &x, &w->fc2);
    m2f_linear (plan, .dst = ffn, .src = operand,                           /* (B, 1, T, ffn) */
        M2F_WITH (w->fc1), .activation = M2F_RELU);
    m2f_linear (plan, .dst = x, .src = ffn, M2F_WITH (w->fc2), .residual = x); /* (B, 1, T, F) */
    m2f_plan_release (plan, &ffn);
    m2f_norm_operand (plan, x, operand, &w->final_norm);
}

/* Adds `coarser` (h', w', F), one map for each picture, to the projected map of the backbone and
 * makes features of the sum.  Releases the map. */
static M2fTensor
fpn_level_forward (const M2fPixelDecoder *d, const M2fFpnLevel *w, M2fPlan *plan,
    M2fTensor *lateral, const M2fTensor *coarser)
{
    const int batch = lateral->ne[0];
    M2fTensor features = m2f_plan_tensor (plan, "features", M2F_F32, batch, lateral->ne[1],
        lateral->ne[2], d->channels);

    for (int i = 0; i < batch; i++) {
        M2fTensor picture = m2f_tensor_batch (*lateral, i);
        m2f_resize (plan, .dst = picture, .addend = picture, .src = coarser[i]); /* (1, h, w, F) */
    }
    m2f_conv3x3 (plan, .dst = features, .src = *lateral, .weight = w->conv); /* (B, h, w, F) */
    m2f_plan_release (plan, lateral);
    m2f_group_norm (plan, .dst = features, .src = features, .relu = true,   /* (B, h, w, F) */
        M2F_WITH (w->conv_norm), .groups = NORM_GROUPS, .eps = M2F_NORM_EPS);
    return features;
}

/* Merges the finest level of the tokens with the projected maps, from coarse to fine.  Releases
 * those. */
static M2fTensor
fpn_forward (const M2fPixelDecoder *d, const M2fSizeConstants *c, M2fPlan *plan,
    M2fTensor laterals[M2F_MAX_MAPS], M2fTensor tokens)
{
    const int batch = tokens.ne[0], finest = M2F_FEATURE_LEVELS - 1;
    g_autofree M2fTensor *coarser = g_new (M2fTensor, batch);
    M2fTensor features = { 0 };

    for (int i = 0; i < batch; i++)
        coarser[i] = m2f_level_map (c, tokens, i, finest);
    for (int level = d->fpn_levels - 1; level >= 0; level--) {
        M2fTensor finer = fpn_level_forward (d, &d->fpn[level], plan, &laterals[level],
            coarser);

        if (m2f_tensor_present (&features))
            m2f_plan_release (plan, &features);
        features = finer;
        for (int i = 0; i < batch; i++)
            coarser[i] = m2f_tensor_batch (features, i);
    }
    if (d->fpn_levels > 0)
        return features;
    features = m2f_plan_tensor (plan, "features", M2F_F32, batch, c->levels[finest].height,
        c->levels[finest].width, d->channels);
    for (int i = 0; i < batch; i++)
        m2f_copy_map (plan, m2f_tensor_batch (features, i), coarser[i]);    /* (1, h, w, F) */
    return features;
}

/* Makes the tensors that only taps read: the levels as maps, and the mask features. */
static void
tap_outputs (const M2fPixelDecoder *d, const M2fSizeConstants *c, M2fPlan *plan, M2fTensor tokens,
    M2fTensor features)
{
    static const char *const names[M2F_FEATURE_LEVELS] = {
        "pixel_decoder.level.0", "pixel_decoder.level.1", "pixel_decoder.level.2",
    };
    const int batch = features.ne[0], m = d->mask_projection_host.n;

    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        M2fTensor level = m2f_plan_tensor (plan, names[l], M2F_F32, batch, c->levels[l].height,
            c->levels[l].width, d->channels);
        for (int i = 0; i < batch; i++)
            m2f_copy_map (plan, m2f_tensor_batch (level, i),                /* (1, h_l, w_l, F) */
                m2f_level_map (c, tokens, i, l));
        m2f_plan_tap (plan, names[l], &level);
        m2f_plan_release (plan, &level);
    }

    M2fTensor mask_features = m2f_plan_tensor (plan, "mask features", M2F_F32, batch,
        features.ne[1], features.ne[2], m);
    m2f_linear (plan, .dst = mask_features, .src = features,                /* (B, h, w, M) */
        M2F_WITH (d->mask_projection));
    m2f_plan_tap (plan, "pixel_decoder.mask_features", &mask_features);
    m2f_plan_release (plan, &mask_features);
}

void
m2f_pixel_decoder_forward (const M2fPixelDecoder *d, const M2fSizeConstants *c, M2fPlan *plan,
    M2fTensor maps[M2F_MAX_MAPS], M2fTensor *tokens, M2fTensor *features)
{
    const int batch = maps[0].ne[0];
    const M2fType type = d->n_layers > 0 ? m2f_copy_type (plan, &d->layers[0].fc1, c->tokens)
                                         : M2F_F32;
    M2fTensor operand = m2f_plan_tensor (plan, "operand", type, batch, 1, c->tokens, d->channels);
    M2fTensor x = operand, laterals[M2F_MAX_MAPS] = { 0 };

    if (type != M2F_F32)
        x = m2f_plan_tensor (plan, "tokens", M2F_F32, batch, 1, c->tokens, d->channels);
    project_inputs (d, c, plan, maps, x);                                   /* (B, 1, T, F) */
    project_laterals (d, plan, maps, laterals);                             /* (B, h, w, F) */
    for (int i = 0; i < d->n_maps; i++)
        m2f_plan_release (plan, &maps[i]);
    normalise_inputs (d, c, plan, x, operand);                              /* (B, 1, T, F) */
    normalise_laterals (d, plan, laterals);                                 /* (B, h, w, F) */
    m2f_plan_tap (plan, "pixel_decoder.input", &x);
    for (int i = 0; i < d->n_layers; i++) {
        char name[64];
        encoder_layer_forward (d, i, c, plan, x, operand);
        g_snprintf (name, sizeof (name), "pixel_decoder.encoder.%d", i);
        m2f_plan_tap (plan, name, &x);
    }
    *tokens = operand;                                                      /* (B, 1, T, F) */
    *features = fpn_forward (d, c, plan, laterals, x);                      /* (B, h, w, F) */
    if (m2f_plan_taps (plan))
        tap_outputs (d, c, plan, x, *features);
    if (type != M2F_F32)
        m2f_plan_release (plan, &x);
}

/* The Swin Transformer backbone (Liu et al., ICCV 2021), as transformers' SwinBackbone runs it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/swin.h"

#include "model/network/backbone_maps.h"
#include "model/network/layers.h"

/* ---- weights ------------------------------------------------------------------------------- */

#define SWIN_L_CHANNELS 192 /* embed_dim of Swin-L */

/* Names of the files on the hub, and those of transformers 5's modules (its conversion_mapping.py).
 */
static const M2fRename renames[] = {
    { "pixel_level_module.encoder.e", "pixel_level_module.encoder.swin.e" },
    { ".attention.self.query.", ".attention.q_proj." },
    { ".attention.self.key.", ".attention.k_proj." },
    { ".attention.self.value.", ".attention.v_proj." },
    { ".attention.self.relative_position_bias_table",
        ".attention.relative_position_bias.relative_position_bias_table" },
    { ".attention.output.dense.", ".attention.o_proj." },
    { ".intermediate.dense.", ".mlp.fc1." },
    { ".intermediate.intermediate_act_fn.", ".mlp.activation_fn." },
    { ".output.dense.", ".mlp.fc2." },
};

/* Binds query, key and value as one layer. */
static void
bind_qkv (M2fBinder *b, M2fLinearWeights *w, int channels, bool bias)
{
    static const char *const names[] = {
        "attention.self.query", "attention.self.key", "attention.self.value",
    };
    g_auto (M2fHostLinear) qkv =
        m2f_bind_read_linears (b, names, 3, M2F_SHAPE (channels, channels), bias);

    m2f_bind_pack_linear (b, w, "attention.self.qkv", &qkv);
}

static void
bind_block (M2fBinder *b, M2fSwinBlock *w, const M2fSwinConfig *config, int channels)
{
    static const char *const table_name = "attention.self.relative_position_bias_table";
    const int hidden = m2f_extent ((int) (config->mlp_ratio * channels));
    const int side = 2 * config->window_size - 1;
    const M2fShape table_shape = M2F_SHAPE (side * side, w->heads);

    b->linear = M2F_LINEAR_WEIGHT_TOLERANT;
    m2f_bind_norm (b, &w->norm_before, "layernorm_before", channels);
    bind_qkv (b, &w->qkv, channels, config->qkv_bias);
    w->position_bias_host = m2f_bind_read (b, table_name, table_shape);
    m2f_bind_pack (b, &w->position_bias, table_name, M2F_WINDOW_BIAS, table_shape,
        w->position_bias_host);
    m2f_bind_linear (b, &w->proj, "attention.output.dense", M2F_SHAPE (channels, channels), true);
    m2f_bind_norm (b, &w->norm_after, "layernorm_after", channels);
    m2f_bind_linear (b, &w->fc1, "intermediate.dense", M2F_SHAPE (hidden, channels), true);
    m2f_bind_activation (b, &w->activation, "intermediate.intermediate_act_fn",
        config->activation);
    /* In Swin-L this layer loses too much in int8 (NVIDIA's FasterTransformer, swin_guide.md,
     * int8_mode 2). */
    if (config->embed_dim >= SWIN_L_CHANNELS)
        b->linear = M2F_LINEAR_WEIGHT;
    m2f_bind_linear (b, &w->fc2, "output.dense", M2F_SHAPE (channels, hidden), true);
    b->linear = M2F_LINEAR_WEIGHT;
}

static void
bind_stage (M2fSwin *swin, M2fBinder *b, const char *module, int s)
{
    const M2fSwinConfig *config = &swin->config->swin;
    const int channels = config->embed_dim << s;
    M2fSwinStage *w = &swin->stages[s];

    w->channels = channels;
    w->depth = config->depths[s];
    w->blocks = g_new0 (M2fSwinBlock, w->depth);
    for (int i = 0; i < w->depth; i++) {
        m2f_bind_scope (b, "%s.encoder.layers.%d.blocks.%d.", module, s, i);
        w->blocks[i].stage = s + 1;
        w->blocks[i].index = i;
        w->blocks[i].heads = config->num_heads[s];
        w->blocks[i].shift = i % 2 ? config->window_size / 2 : 0;
        bind_block (b, &w->blocks[i], config, channels);
    }
    if (s + 1 == m2f_last_stage (swin->config))
        return;
    m2f_bind_scope (b, "%s.encoder.layers.%d.downsample.", module, s);
    m2f_bind_norm (b, &w->merge_norm, "norm", 4 * channels);
    m2f_bind_linear (b, &w->merge, "reduction", M2F_SHAPE (2 * channels, 4 * channels), false);
}

void
m2f_swin_bind (M2fSwin *swin, M2fBinder *b, const M2fBackboneConfig *backbone)
{
    static const char *const module = "model.pixel_level_module.encoder";
    const M2fSwinConfig *config = &backbone->swin;

    swin->config = backbone;
    swin->window = config->window_size;
    swin->eps = (float) config->layer_norm_eps;

    m2f_bind_renames (b, renames, G_N_ELEMENTS (renames));
    m2f_bind_scope (b, "%s.embeddings.", module);
    /* Kept in f32, because all activations inherit its error: by measurement, this layer would make
     * half of the error of bf16. */
    b->linear = M2F_LINEAR_WEIGHT_EXACT;
    m2f_bind_linear (b, &swin->patch_embedding, "patch_embeddings.projection",
        M2F_SHAPE (config->embed_dim, backbone->num_channels, config->patch[0], config->patch[1]),
        true);
    b->linear = M2F_LINEAR_WEIGHT;
    m2f_bind_norm (b, &swin->patch_norm, "norm", config->embed_dim);
    if (config->positions > 0) {
        const M2fShape shape = M2F_SHAPE (1, config->positions, config->embed_dim);
        g_autofree float *positions = m2f_bind_read (b, "position_embeddings", shape);

        m2f_bind_pack (b, &swin->positions, "position_embeddings", M2F_PLAIN,
            M2F_SHAPE (1, 1, config->positions, config->embed_dim), positions);
    }

    for (int s = 0; s < m2f_last_stage (backbone); s++)
        bind_stage (swin, b, module, s);
    m2f_bind_scope (b, "%s.hidden_states_norms.", module);
    for (int i = 0; i < backbone->n_maps; i++) {
        char name[32] = "stem";

        if (backbone->stages[i] > 0)
            g_snprintf (name, sizeof name, "stage%d", backbone->stages[i]);
        m2f_bind_norm (b, &swin->norms[i], name, backbone->channels[i]);
    }
    m2f_bind_renames (b, NULL, 0);
}

void
m2f_swin_clear (M2fSwin *swin)
{
    for (int s = 0; s < M2F_MAX_STAGES; s++) {
        for (int i = 0; i < swin->stages[s].depth && swin->stages[s].blocks; i++)
            g_free (swin->stages[s].blocks[i].position_bias_host);
        g_clear_pointer (&swin->stages[s].blocks, g_free);
    }
}

M2fWindows
m2f_swin_windows (const M2fSwin *swin, int stage, int index)
{
    const M2fSwinBlock *b = &swin->stages[stage - 1].blocks[index];

    return (M2fWindows) { b->heads, swin->window, b->shift, b->position_bias_host };
}

/* ---- forward ------------------------------------------------------------------------------- */

/* A stage's map, and the norms of it that products read.  The operand is placed while everything
 * that x is made of has its place: a backend can then normalise rows as it makes them. */
typedef struct StageMap {
    M2fTensor x;       /* (B, h, w, C) */
    M2fTensor operand; /* (B, h, w, C), absent if the stage has no blocks */
} StageMap;

static StageMap
place_stage (const M2fSwinStage *stage, M2fPlan *plan, const char *name, const M2fTensor *like)
{
    StageMap map = { .x = m2f_map_like (plan, name, M2F_F32, like, 1, stage->channels) };

    if (stage->depth > 0)
        map.operand = m2f_operand_like (plan, "norm", &map.x, &stage->blocks[0].qkv);
    return map;
}

/* transformers: SwinEmbeddings */
static StageMap
embed_patches (const M2fSwin *swin, M2fPlan *plan, M2fTensor pixels)
{
    const int *p = swin->config->swin.patch, k = pixels.ne[3] * p[0] * p[1];
    const int h = (pixels.ne[1] + p[0] - 1) / p[0], w = (pixels.ne[2] + p[1] - 1) / p[1];
    M2fTensor patches = m2f_plan_tensor (plan, "patches", M2F_F32, pixels.ne[0], h, w, k);
    StageMap map = place_stage (&swin->stages[0], plan, "patch embeddings", &patches);

    m2f_patch_gather (plan, .dst = patches, .src = pixels,                  /* (B, h, w, C p p) */
        .patch = { p[0], p[1] });
    m2f_linear (plan, .dst = map.x, .src = patches,                         /* (B, h, w, C) */
        M2F_WITH (swin->patch_embedding));
    m2f_plan_release (plan, &patches);
    m2f_norm (plan, map.x, map.x, &swin->patch_norm, M2F_NORM_EPS);
    if (m2f_tensor_present (&swin->positions))
        m2f_pointwise (plan, .dst = map.x, .src = map.x, .addend = swin->positions);
    return map;
}

static void
tap_operands (const M2fSwinBlock *b, M2fPlan *plan, const M2fTensor *qkv)
{
    char attention[32];

    g_snprintf (attention, sizeof attention, "backbone.attention.%d", b->stage);
    m2f_tap_operand (plan, attention, b->index, "pad", &b->qkv.bias);
    m2f_tap_operand (plan, attention, b->index, "qkv", qkv);
}

/* x += attention (norm (x))
 *
 * Windows that reach beyond the map are padded with zeros after the norm; qkv turns these into its
 * bias, with which the attention pads.  As in SwinBackbone, windows are not clamped to the map. */
static void
attend (const M2fSwinBlock *b, const M2fSwin *swin, M2fPlan *plan, const StageMap *map)
{
    const M2fTensor x = map->x;
    M2fTensor qkv = m2f_map_like (plan, "qkv",
        m2f_plan_input_type (plan, &b->qkv.weight, x.ne[1] * x.ne[2]), &x, 1, 3 * x.ne[3]);
    M2fTensor y = m2f_operand_like (plan, "attention", &x, &b->proj);

    m2f_norm (plan, map->operand, x, &b->norm_before, swin->eps);           /* (B, h, w, C) */
    m2f_linear (plan, .dst = qkv, .src = map->operand, M2F_WITH (b->qkv));  /* (B, h, w, 3 C) */
    m2f_window_attention (plan, .dst = y, .qkv = qkv, .pad = b->qkv.bias,   /* (B, h, w, C) */
        .bias = b->position_bias, .heads = b->heads, .window = swin->window, .shift = b->shift);
    tap_operands (b, plan, &qkv);
    m2f_plan_release (plan, &qkv);
    m2f_linear (plan, .dst = x, .src = y, M2F_WITH (b->proj), .residual = x); /* (B, h, w, C) */
    m2f_plan_release (plan, &y);
}

/* x += mlp (norm (x)); of the last block, out = norm (x) takes the place of the operand. */
static void
feed_forward (const M2fSwinBlock *b, const M2fSwin *swin, M2fPlan *plan, StageMap *map,
    M2fTensor *out)
{
    const M2fTensor x = map->x;
    M2fTensor mlp = m2f_operand_like (plan, "mlp", &x, &b->fc2);

    m2f_norm (plan, map->operand, x, &b->norm_after, swin->eps);            /* (B, h, w, C) */
    m2f_linear_activated (plan, mlp, map->operand, &b->fc1, &b->activation); /* (B, h, w, 4 C) */
    if (out) {
        m2f_plan_release (plan, &map->operand);
        *out = m2f_plan_tensor (plan, out->name, out->type, x.ne[0], x.ne[1], x.ne[2], x.ne[3]);
    }
    m2f_linear (plan, .dst = x, .src = mlp, M2F_WITH (b->fc2), .residual = x); /* (B, h, w, C) */
    m2f_plan_release (plan, &mlp);
}

/* Halves the sides of a stage's map and doubles its channels (transformers: SwinPatchMerging).
 * Releases the map. */
static StageMap
merge_patches (const M2fSwinStage *stage, M2fPlan *plan, M2fTensor x)
{
    const int b = x.ne[0], c = x.ne[3], h = (x.ne[1] + 1) / 2, w = (x.ne[2] + 1) / 2;
    M2fTensor merged = m2f_plan_tensor (plan, "merged patches",
        m2f_plan_input_type (plan, &stage->merge.weight, h * w), b, h, w, 4 * c);

    m2f_patch_merge (plan, .dst = merged, .src = x, .eps = M2F_NORM_EPS,    /* (B, h, w, 4 C) */
        M2F_WITH (stage->merge_norm));
    m2f_plan_release (plan, &x);
    StageMap next = place_stage (stage + 1, plan, "stage", &merged);
    m2f_linear (plan, .dst = next.x, .src = merged,                         /* (B, h, w, 2 C) */
        .weight = stage->merge.weight);
    m2f_plan_release (plan, &merged);
    return next;
}

/* Normalises a stage's map as a map of the backbone, whose place the last block has made. */
static void
make_map (const M2fSwin *swin, M2fPlan *plan, int index, M2fTensor x, M2fTensor *map)
{
    m2f_norm (plan, *map, x, &swin->norms[index], M2F_NORM_EPS);            /* (B, h, w, C) */
    m2f_plan_tap (plan, map->name, map);
}

/* Computes the blocks of a stage and the map `out`, if it makes one: NULL if not. */
static void
stage_forward (const M2fSwin *swin, const M2fSwinStage *stage, M2fPlan *plan, StageMap *map,
    M2fTensor *out)
{
    const M2fTensor x = map->x;

    for (int i = 0; i < stage->depth; i++) {                                /* (B, h, w, C) */
        attend (&stage->blocks[i], swin, plan, map);
        feed_forward (&stage->blocks[i], swin, plan, map, i == stage->depth - 1 ? out : NULL);
    }
    if (stage->depth > 0 && !out)
        m2f_plan_release (plan, &map->operand);
    if (stage->depth == 0 && out)
        *out = m2f_map_like (plan, out->name, out->type, &x, 1, x.ne[3]);
}

void
m2f_swin_forward (const M2fSwin *swin, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    StageMap map = embed_patches (swin, plan, pixel_values);                /* (B, h, w, C) */

    for (int s = 0; s <= m2f_last_stage (swin->config); s++) {
        const int index = m2f_map_of_stage (swin->config, s);
        M2fTensor *out = index < 0 ? NULL : &maps[index];

        if (out)
            *out = (M2fTensor) { .name = m2f_map_name (index), .type = types[index] };
        if (s > 1)
            map = merge_patches (&swin->stages[s - 2], plan, map.x);        /* (B, h/2, w/2, 2 C) */
        if (s > 0)
            stage_forward (swin, &swin->stages[s - 1], plan, &map, out);    /* (B, h, w, C) */
        else if (out)
            *out = m2f_map_like (plan, out->name, out->type, &map.x, 1, map.x.ne[3]);
        if (out)
            make_map (swin, plan, index, map.x, out);                       /* (B, h, w, C) */
    }
    m2f_plan_release (plan, &map.x);
}

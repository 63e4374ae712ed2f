/* The transformer decoder with masked attention and its two heads (Cheng et al., Masked-attention
 * Mask Transformer for Universal Image Segmentation, CVPR 2022, 3.2; transformers'
 * Mask2FormerTransformerModule).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the paper predicts a mask at 1/4 and resizes it to a level's size to get the next layer's
 * attention mask, this resizes the features to the level's size, once: both are linear, one over
 * channels and one over pixels, so they commute.  For the same reason the 1x1 convolution that
 * makes mask features out of features is folded into the mask embeddings:
 * e . (P y + p) = (P^T e) . y + e . p.
 */
#include "model/network/transformer_decoder.h"

#include <string.h>

#include "model/error.h"
#include "model/network/attentions.h"
#include "model/network/layers.h"
#include "model/network/position.h"

/* ---- weights ------------------------------------------------------------------------------- */

/* W query_position without the bias (g_free): Q rows of l->n values, `stride` values apart, and
 * zeros between them.  NULL for want of memory, or if the layer or the positions are NULL. */
static float *
project_queries (const M2fHostLinear *l, const float *positions, int queries, int stride)
{
    const M2fHostLinear unbiased = { .n = l->n, .k = l->k, .weight = l->weight };
    float *projected
        = l->weight && positions ? g_try_new0 (float, (size_t) queries * stride) : NULL;

    for (int i = 0; projected && i < queries; i++)
        m2f_host_linear_apply (&unbiased, positions + (size_t) i * l->k, 1,
            projected + (size_t) i * stride);
    return projected;
}

/* Binds the query projection of a torch.nn.MultiheadAttention; appends its key and value
 * projections to those of the level. */
static void
bind_cross_attention (const M2fTransformerDecoder *d, M2fBinder *b, M2fDecoderLayer *w,
    const float *positions, M2fHostLinear *key, M2fHostLinear *value)
{
    const int dim = d->hidden_dim;
    g_auto (M2fHostLinear) in_proj = {
        .n = 3 * dim,
        .k = dim,
        .weight = m2f_bind_read (b, "cross_attn.in_proj_weight", M2F_SHAPE (3 * dim, dim)),
        .bias = m2f_bind_read (b, "cross_attn.in_proj_bias", M2F_SHAPE (3 * dim)),
    };

    if (!in_proj.bias)
        g_clear_pointer (&in_proj.weight, g_free);
    const M2fHostLinear q = m2f_host_linear_rows (&in_proj, 0, dim);
    const M2fHostLinear k = m2f_host_linear_rows (&in_proj, dim, dim);
    const M2fHostLinear v = m2f_host_linear_rows (&in_proj, 2 * dim, dim);
    g_autofree float *addend = project_queries (&q, positions, d->queries, dim);

    m2f_bind_pack_linear (b, &w->cross_q, "cross_attn.q", &q);
    m2f_bind_pack (b, &w->cross_q_position, "cross_attn.q position", M2F_PLAIN,
        M2F_SHAPE (d->queries, dim), addend);
    m2f_host_linear_append (key, &k);
    m2f_host_linear_append (value, &v);
    m2f_bind_linear (b, &w->cross_out, "cross_attn.out_proj", M2F_SHAPE (dim, dim), true);
    m2f_bind_norm (b, &w->cross_norm, "cross_attn_layer_norm", dim);
}

static void
bind_self_attention (const M2fTransformerDecoder *d, M2fBinder *b, M2fDecoderLayer *w,
    const float *positions)
{
    static const char *const names[] = {
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
    };
    const int dim = d->hidden_dim;
    g_auto (M2fHostLinear) qkv = m2f_bind_read_linears (b, names, 3, M2F_SHAPE (dim, dim), true);
    const M2fHostLinear qk = m2f_host_linear_rows (&qkv, 0, 2 * dim);
    g_autofree float *addend = project_queries (&qk, positions, d->queries, 3 * dim);

    m2f_bind_pack_linear (b, &w->self_qkv, "self_attn.qkv", &qkv);
    m2f_bind_pack (b, &w->self_qkv_position, "self_attn.qkv position", M2F_PLAIN,
        M2F_SHAPE (d->queries, 3 * dim), addend);
    m2f_bind_linear (b, &w->self_out, "self_attn.out_proj", M2F_SHAPE (dim, dim), true);
    m2f_bind_norm (b, &w->self_norm, "self_attn_layer_norm", dim);
}

/* The layer that computes outer (projection (x) + level_embed); without a projection, outer (x +
 * level_embed). */
static M2fHostLinear
fold_level (const M2fHostLinear *outer, const M2fHostLinear *projection, const float *level_embed)
{
    const size_t size = (size_t) outer->n * outer->k;
    M2fHostLinear folded = { .n = outer->n, .k = outer->k };

    if (!level_embed || !outer->weight || (projection && !projection->weight))
        return folded;
    g_autofree float *constant = g_try_new (float, outer->k);
    if (!constant)
        return folded;
    for (int i = 0; i < outer->k; i++)
        constant[i] = level_embed[i] + (projection ? projection->bias[i] : 0);
    if (projection) {
        const M2fHostLinear inner = {
            .n = projection->n, .k = projection->k,
            .weight = projection->weight, .bias = constant,
        };
        return m2f_host_linear_compose (outer, &inner);
    }
    folded.weight = g_try_new (float, size);
    folded.bias = g_try_new (float, outer->n);
    if (!folded.weight || !folded.bias) {
        m2f_host_linear_clear (&folded);
        return folded;
    }
    memcpy (folded.weight, outer->weight, size * sizeof (float));
    m2f_host_linear_apply (outer, constant, 1, folded.bias);
    return folded;
}

/* Packs the key and value projections of all layers that read a level. */
static void
bind_level (M2fTransformerDecoder *d, M2fBinder *b, int level, bool projected,
    const float *level_embed, const M2fHostLinear *value)
{
    M2fDecoderLevel *w = &d->levels[level];
    g_auto (M2fHostLinear) projection = { 0 };

    m2f_bind_scope (b, "model.transformer_module.input_projections.");
    if (projected) {
        const char name[] = { (char) ('0' + level), '\0' };
        projection = m2f_bind_read_linear (b, name,
            M2F_SHAPE (d->hidden_dim, d->features, 1, 1), true);
    }
    w->n_layers = w->key_host.n / d->hidden_dim;
    if (!w->n_layers)
        return;
    g_auto (M2fHostLinear) k =
        fold_level (&w->key_host, projected ? &projection : NULL, level_embed);
    g_auto (M2fHostLinear) v = fold_level (value, projected ? &projection : NULL, level_embed);
    m2f_bind_pack_linear (b, &w->key, "key", &k);
    m2f_bind_pack_linear (b, &w->value, "value", &v);

    /* The product adds the bias, so the constants of positions must not. */
    g_clear_pointer (&w->key_host.bias, g_free);
}

/* The weight of a layer, transposed (g_free); NULL if it is, or for want of memory. */
static float *
transpose (const M2fHostLinear *l)
{
    float *transposed = l->weight ? g_try_new (float, (size_t) l->n * l->k) : NULL;

    for (int i = 0; transposed && i < l->k; i++)
        for (int j = 0; j < l->n; j++)
            transposed[(size_t) i * l->n + j] = l->weight[(size_t) j * l->k + i];
    return transposed;
}

/* Binds the mask embedder, with the pixel decoder's mask projection folded into its last layer. */
static void
bind_mask_embedder (M2fTransformerDecoder *d, M2fBinder *b, const M2fHostLinear *projection)
{
    const int dim = d->hidden_dim, f = projection->k, m = projection->n;

    m2f_bind_scope (b, "model.transformer_module.decoder.mask_predictor.mask_embedder.");
    m2f_bind_linear (b, &d->mask_embedder[0], "0.0", M2F_SHAPE (dim, dim), true);
    m2f_bind_linear (b, &d->mask_embedder[1], "1.0", M2F_SHAPE (dim, dim), true);
    g_auto (M2fHostLinear) last = m2f_bind_read_linear (b, "2.0", M2F_SHAPE (m, dim), true);

    g_auto (M2fHostLinear) transposed = { .n = f, .k = m, .weight = transpose (projection) };
    const M2fHostLinear bias_row = { .n = 1, .k = m, .weight = projection->bias };

    g_auto (M2fHostLinear) embedding = m2f_host_linear_compose (&transposed, &last);
    g_auto (M2fHostLinear) bias = m2f_host_linear_compose (&bias_row, &last);
    m2f_bind_pack_linear (b, &d->mask_embedding, "embedding", &embedding);
    m2f_bind_pack_linear (b, &d->mask_bias, "bias", &bias);
}

void
m2f_transformer_decoder_bind (M2fTransformerDecoder *d, M2fBinder *b, const M2fConfig *config,
    const M2fHostLinear *mask_projection)
{
    static const char *const module = "model.transformer_module";
    const int dim = config->hidden_dim, q = config->num_queries;
    const int ffn = m2f_extent (config->dim_feedforward);
    const bool projected = config->feature_size != dim || config->enforce_input_projection;

    d->hidden_dim = dim;
    d->features = config->feature_size;
    d->queries = q;
    d->heads = config->num_attention_heads;
    d->n_layers = MAX (config->decoder_layers - 1, 0);
    d->labels = config->n_labels;
    d->pre_norm = config->pre_norm;
    d->layers = g_new0 (M2fDecoderLayer, d->n_layers);

    m2f_bind_scope (b, "%s.", module);
    g_autofree float *positions = m2f_bind_read (b, "queries_embedder.weight", M2F_SHAPE (q, dim));
    g_autofree float *features = m2f_bind_read (b, "queries_features.weight", M2F_SHAPE (q, dim));
    g_autofree float *level_embed =
        m2f_bind_read (b, "level_embed.weight", M2F_SHAPE (M2F_FEATURE_LEVELS, dim));
    m2f_bind_pack (b, &d->query_features, "queries_features", M2F_PLAIN, M2F_SHAPE (q, dim),
        features);

    M2fHostLinear values[M2F_FEATURE_LEVELS] = { 0 };
    for (int i = 0; i < d->n_layers; i++) {
        M2fDecoderLayer *w = &d->layers[i];
        const int level = i % M2F_FEATURE_LEVELS;
        m2f_bind_scope (b, "%s.decoder.layers.%d.", module, i);
        bind_cross_attention (d, b, w, positions, &d->levels[level].key_host, &values[level]);
        bind_self_attention (d, b, w, positions);
        b->linear = M2F_LINEAR_WEIGHT_TOLERANT;
        m2f_bind_linear (b, &w->fc1, "fc1", M2F_SHAPE (ffn, dim), true);
        m2f_bind_activation (b, &w->activation, "activation_fn", config->activation);
        m2f_bind_linear (b, &w->fc2, "fc2", M2F_SHAPE (dim, ffn), true);
        b->linear = M2F_LINEAR_WEIGHT;
        m2f_bind_norm (b, &w->final_norm, "final_layer_norm", dim);
    }
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        bind_level (d, b, l, projected, level_embed ? level_embed + (size_t) l * dim : NULL,
            &values[l]);
        m2f_host_linear_clear (&values[l]);
    }

    m2f_bind_scope (b, "%s.", module);
    m2f_bind_norm (b, &d->norm, "decoder.layernorm", dim);
    /* Kept in f32: these layers decide on classes and on the edges of masks, and are cheap. */
    b->linear = M2F_LINEAR_WEIGHT_EXACT;
    bind_mask_embedder (d, b, mask_projection);
    m2f_bind_scope (b, "%s", "");
    m2f_bind_linear (b, &d->class_predictor, "class_predictor",
        M2F_SHAPE (config->n_labels + 1, dim), true);
    b->linear = M2F_LINEAR_WEIGHT;
    m2f_bind_constant (b, &d->first_embedding, "first mask embedding", q, d->features);
    m2f_bind_constant (b, &d->first_bias, "first mask bias", 1, q);
}

void
m2f_transformer_decoder_clear (M2fTransformerDecoder *d)
{
    g_clear_pointer (&d->layers, g_free);
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++)
        m2f_host_linear_clear (&d->levels[l].key_host);
}

bool
m2f_transformer_decoder_constants (const M2fTransformerDecoder *d, M2fSizeConstants *c,
    GError **error)
{
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        const M2fHostLinear *key = &d->levels[l].key_host;
        const int h = c->levels[l].height, w = c->levels[l].width;
        if (!d->levels[l].n_layers)
            continue;

        const size_t size = (size_t) h * w * key->n;
        g_autofree float *positions = g_try_new (float, size);
        if (!positions || !m2f_project_positions (key, h, w, positions))
            return m2f_no_memory (error, size * sizeof (float), "key positions");
        if (!m2f_tensor_new (c->device, &c->keys[l], "key positions", M2F_F32,
                M2F_SHAPE (1, 1, h * w, key->n), error))
            return false;
        m2f_tensor_write (c->device, &c->keys[l], positions);
    }
    return true;
}

/* ---- forward ------------------------------------------------------------------------------- */

/* A temporary (B, 1, Q, channels). */
static M2fTensor
queries_tensor (const M2fTransformerDecoder *d, M2fPlan *plan, const char *name, int batch,
    int channels)
{
    return m2f_plan_tensor (plan, name, M2F_F32, batch, 1, d->queries, channels);
}

/* A temporary (B, 1, Q, channels) that only an attention or a product with `weight` reads. */
static M2fTensor
operand_tensor (const M2fTransformerDecoder *d, M2fPlan *plan, const char *name,
    const M2fTensor *weight, int batch, int channels)
{
    return m2f_plan_tensor (plan, name, m2f_plan_input_type (plan, weight, d->queries), batch, 1,
        d->queries, channels);
}

/* Each of the three blocks of a layer adds to x.  The first product of a block reads `operand`:
 * with pre_norm, the block's norm of x; otherwise x or its bf16 copy, as the norm of the previous
 * block left it. */

/* What a layer's cross attention reads, and what its attentions make.  q and y are the memory of
 * all layers, apart from what else a layer places, so that a backend can compute them in one go
 * with what is before and after. */
typedef struct CrossOperands {
    M2fTensor q;    /* (B, 1, Q, D) */
    M2fTensor k, v; /* (B, 1, T_l, D): the tokens of one level */
    M2fTensor mask; /* (B, 1, Q, T_l) */
    M2fTensor y;    /* (B, 1, Q, D) */
} CrossOperands;

/* Places q and y, if there are layers. */
static CrossOperands
place_attention (const M2fTransformerDecoder *d, M2fPlan *plan, int batch)
{
    if (!d->n_layers)
        return (CrossOperands) { 0 };
    return (CrossOperands) {
        .q = operand_tensor (d, plan, "cross attention q", &d->layers[0].cross_q.weight, batch,
            d->hidden_dim),
        .y = operand_tensor (d, plan, "attention", &d->layers[0].cross_out.weight, batch,
            d->hidden_dim),
    };
}

/* q = x + query_position; of the first layer, x are the features that every picture begins with. */
static void
cross_query (const M2fTransformerDecoder *d, int index, M2fPlan *plan, M2fTensor x,
    M2fTensor operand, M2fTensor q)
{
    const M2fDecoderLayer *w = &d->layers[index];
    const bool begins = index == 0 && !d->pre_norm;

    if (d->pre_norm)
        m2f_norm (plan, operand, x, &w->cross_norm, M2F_NORM_EPS);          /* (B, 1, Q, D) */
    if (!begins)
        m2f_linear (plan, .dst = q, .src = operand,                         /* (B, 1, Q, D) */
            M2F_WITH (w->cross_q), .addend = w->cross_q_position);
    for (int i = 0; i < q.ne[0] && begins; i++)
        m2f_linear (plan, .dst = m2f_tensor_batch (q, i),                   /* (1, 1, Q, D) */
            .src = d->query_features, M2F_WITH (w->cross_q), .addend = w->cross_q_position);
}

/* x += attention (q, k = tokens + position, v = tokens), where mask >= 0.  Releases the mask. */
static void
cross_attention (const M2fTransformerDecoder *d, int index, M2fPlan *plan, M2fTensor x,
    M2fTensor operand, CrossOperands *in)
{
    static const char *const name = "decoder.cross_attention";
    const M2fDecoderLayer *w = &d->layers[index];

    m2f_tap_operand (plan, name, index, "q", &in->q);
    m2f_tap_operand (plan, name, index, "mask", &in->mask);
    m2f_tap_operand (plan, name, index, "k", &in->k);
    m2f_attention (plan, .dst = in->y, .q = in->q, .k = in->k, .v = in->v,  /* (B, 1, Q, D) */
        .mask = in->mask, .heads = d->heads);
    m2f_linear (plan, .dst = x, .src = in->y,                               /* (B, 1, Q, D) */
        M2F_WITH (w->cross_out), .residual = x);
    if (!d->pre_norm)
        m2f_norm_operand (plan, x, operand, &w->cross_norm);
    m2f_plan_release (plan, &in->mask);
}

/* x += attention (q = k = x + query_position, v = x), which is y. */
static void
self_attention (const M2fTransformerDecoder *d, int index, M2fPlan *plan, M2fTensor x,
    M2fTensor operand, M2fTensor y)
{
    static const char *const name = "decoder.self_attention";
    const M2fDecoderLayer *w = &d->layers[index];
    const int dim = d->hidden_dim;
    M2fTensor qkv = operand_tensor (d, plan, "self attention qkv", &w->self_qkv.weight, x.ne[0],
        3 * dim);

    if (d->pre_norm)
        m2f_norm (plan, operand, x, &w->self_norm, M2F_NORM_EPS);           /* (B, 1, Q, D) */
    m2f_linear (plan, .dst = qkv, .src = operand,                           /* (B, 1, Q, 3 D) */
        M2F_WITH (w->self_qkv), .addend = w->self_qkv_position);
    const M2fTensor q = m2f_tensor_columns (qkv, 0, dim), k = m2f_tensor_columns (qkv, dim, dim);
    m2f_tap_operand (plan, name, index, "q", &q);
    m2f_tap_operand (plan, name, index, "k", &k);
    m2f_attention (plan, .dst = y, .heads = d->heads, .q = q, .k = k,       /* (B, 1, Q, D) */
        .v = m2f_tensor_columns (qkv, 2 * dim, dim));
    m2f_linear (plan, .dst = x, .src = y, M2F_WITH (w->self_out), .residual = x); /* (B, 1, Q, D) */
    if (!d->pre_norm)
        m2f_norm_operand (plan, x, operand, &w->self_norm);
    m2f_plan_release (plan, &qkv);
}

/* x += ffn (x) */
static void
feed_forward (const M2fTransformerDecoder *d, const M2fDecoderLayer *w, M2fPlan *plan,
    M2fTensor x, M2fTensor operand)
{
    M2fTensor ffn = m2f_operand_like (plan, "decoder ffn", &x, &w->fc2);

    if (d->pre_norm)
        m2f_norm (plan, operand, x, &w->final_norm, M2F_NORM_EPS);          /* (B, 1, Q, D) */
    m2f_linear_activated (plan, ffn, operand, &w->fc1, &w->activation);     /* (B, 1, Q, ffn) */
    m2f_linear (plan, .dst = x, .src = ffn, M2F_WITH (w->fc2), .residual = x); /* (B, 1, Q, D) */
    if (!d->pre_norm)
        m2f_norm_operand (plan, x, operand, &w->final_norm);
    m2f_plan_release (plan, &ffn);
}

/* What the mask embedder reads and makes.  It has memory of its own, so that a backend can compute
 * it in one go with the layer before and the query after. */
typedef struct MaskEmbedder {
    M2fTensor state;     /* (B, 1, Q, D): the norm of the queries */
    M2fTensor hidden[2]; /* (B, 1, Q, D) */
    M2fTensor embedding; /* (B, 1, Q, F) */
    M2fTensor bias;      /* (B, 1, 1, Q) */
} MaskEmbedder;

static void
place_hidden (const M2fTransformerDecoder *d, M2fPlan *plan, MaskEmbedder *e)
{
    for (int i = 0; i < 2; i++)
        e->hidden[i] = queries_tensor (d, plan, "mask embedder", e->state.ne[0], d->hidden_dim);
}

static void
embed_masks (const M2fTransformerDecoder *d, M2fPlan *plan, const MaskEmbedder *e)
{
    const M2fTensor a = e->hidden[0], b = e->hidden[1];

    m2f_linear (plan, .dst = a, .src = e->state, .activation = M2F_RELU,       /* (B, 1, Q, D) */
        M2F_WITH (d->mask_embedder[0]));
    m2f_linear (plan, .dst = b, .src = a, .activation = M2F_RELU,           /* (B, 1, Q, D) */
        M2F_WITH (d->mask_embedder[1]));
    m2f_linear (plan, .dst = e->embedding, .src = b,                        /* (B, 1, Q, F) */
        M2F_WITH (d->mask_embedding));
    m2f_linear (plan, .src = b, M2F_WITH (d->mask_bias),                    /* (B, 1, Q, 1) */
        .dst = m2f_tensor_reshape (e->bias, e->bias.ne[0], 1, d->queries, 1));
}

void
m2f_transformer_decoder_fold (const M2fTransformerDecoder *d, M2fPlan *plan)
{
    MaskEmbedder e = {
        .state = queries_tensor (d, plan, "state", 1, d->hidden_dim),
        .embedding = d->first_embedding,
        .bias = d->first_bias,
    };

    place_hidden (d, plan, &e);
    m2f_norm (plan, e.state, d->query_features, &d->norm, M2F_NORM_EPS);    /* (1, 1, Q, D) */
    embed_masks (d, plan, &e);
}

/* Taps a tensor as NAME.INDEX. */
static void
tap_number (M2fPlan *plan, const char *name, int index, const M2fTensor *tensor)
{
    char numbered[64];

    g_snprintf (numbered, sizeof numbered, "%s.%d", name, index);
    m2f_plan_tap (plan, numbered, tensor);
}

/* Makes the tensors that only taps read: masks and classes as predicted before layer `index`. */
static void
tap_prediction (const M2fTransformerDecoder *d, M2fPlan *plan, int index,
    const M2fNetworkOutput *prediction)
{
    const M2fTensor *f = &prediction->features;

    M2fTensor masks = queries_tensor (d, plan, "masks", f->ne[0], f->ne[1] * f->ne[2]);
    m2f_matmul (plan, .dst = masks, .a = prediction->mask_embedding,        /* (B, 1, Q, h w) */
        .b = m2f_tensor_reshape (*f, f->ne[0], 1, f->ne[1] * f->ne[2], f->ne[3]),
        .row_bias = prediction->mask_bias);
    tap_number (plan, "decoder.aux_masks", index, &masks);
    m2f_plan_release (plan, &masks);

    M2fTensor classes = queries_tensor (d, plan, "classes", f->ne[0], d->labels + 1);
    m2f_linear (plan, .dst = classes, .src = prediction->embeddings,        /* (B, 1, Q, L + 1) */
        M2F_WITH (d->class_predictor));
    tap_number (plan, "decoder.aux_classes", index, &classes);
    m2f_plan_release (plan, &classes);
}

/* Computes the keys and values of every level.  Releases the tokens. */
static void
project_levels (const M2fTransformerDecoder *d, const M2fSizeConstants *c, M2fPlan *plan,
    M2fTensor *tokens, M2fTensor keys[M2F_FEATURE_LEVELS], M2fTensor values[M2F_FEATURE_LEVELS])
{
    const int batch = tokens->ne[0];

    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        const M2fDecoderLevel *w = &d->levels[l];
        const int t = c->levels[l].height * c->levels[l].width, n = w->n_layers * d->hidden_dim;
        if (!n)
            continue;

        keys[l] = m2f_plan_tensor (plan, "keys", m2f_plan_input_type (plan, &w->key.weight, t),
            batch, 1, t, n);
        values[l] = m2f_plan_tensor (plan, "values",
            m2f_plan_input_type (plan, &w->value.weight, t), batch, 1, t, n);
        for (int i = 0; i < batch; i++) {
            M2fTensor level = m2f_level_tokens (c, *tokens, i, l);          /* (1, 1, T_l, F) */
            M2fTensor k = m2f_tensor_batch (keys[l], i), v = m2f_tensor_batch (values[l], i);
            m2f_linear (plan, .dst = k, .src = level, .addend = c->keys[l], /* (1, 1, T_l, n D) */
                M2F_WITH (w->key));
            m2f_linear (plan, .dst = v, .src = level, M2F_WITH (w->value)); /* (1, 1, T_l, n D) */
        }
    }
    m2f_plan_release (plan, tokens);
}

/* Resizes the features to the size of every level, for attention masks. */
static void
resize_features (const M2fTransformerDecoder *d, const M2fSizeConstants *c, M2fPlan *plan,
    M2fTensor features, M2fTensor level_features[M2F_FEATURE_LEVELS])
{
    const int batch = features.ne[0], f = d->features;

    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        const int h = c->levels[l].height, w = c->levels[l].width;
        if (!d->levels[l].n_layers)
            continue;

        M2fTensor map = m2f_plan_tensor (plan, "level features", M2F_F32, batch, h, w, f);
        m2f_resize (plan, .dst = map, .src = features);                     /* (B, h_l, w_l, F) */
        level_features[l] = m2f_tensor_reshape (map, batch, 1, h * w, f);
    }
}

/* Mask logits at the size of a level: the next layer attends to pixels where they are >= 0. */
static M2fTensor
attention_mask (const M2fTransformerDecoder *d, M2fPlan *plan, M2fTensor features,
    M2fTensor embedding, M2fTensor bias)
{
    const int batch = features.ne[0];
    M2fTensor mask = queries_tensor (d, plan, "attention mask", batch, features.ne[2]);

    for (int i = 0; i < batch; i++) /* the first embeddings are the same for every picture */
        m2f_matmul (plan, .dst = m2f_tensor_batch (mask, i),                /* (1, 1, Q, T_l) */
            .a = m2f_tensor_batch (embedding, MIN (i, embedding.ne[0] - 1)),
            .b = m2f_tensor_batch (features, i),
            .row_bias = m2f_tensor_batch (bias, MIN (i, bias.ne[0] - 1)));
    return mask;
}

void
m2f_transformer_decoder_forward (const M2fTransformerDecoder *d, const M2fSizeConstants *c,
    M2fPlan *plan, M2fTensor *tokens, M2fTensor features, M2fNetworkOutput *out)
{
    const int batch = features.ne[0], dim = d->hidden_dim;
    M2fTensor keys[M2F_FEATURE_LEVELS] = { 0 }, values[M2F_FEATURE_LEVELS] = { 0 };
    M2fTensor level_features[M2F_FEATURE_LEVELS] = { 0 };

    out->features = features;
    out->embeddings = queries_tensor (d, plan, "embeddings", batch, dim);
    out->mask_embedding = queries_tensor (d, plan, "mask embedding", batch, d->features);
    out->mask_bias = m2f_plan_tensor (plan, "mask bias", M2F_F32, batch, 1, 1, d->queries);
    out->class_logits = queries_tensor (d, plan, "class logits", batch, d->labels + 1);
    M2fTensor x = queries_tensor (d, plan, "queries", batch, dim), operand = x;
    const M2fType type = d->n_layers
        ? m2f_copy_type (plan, &d->layers[0].fc1, d->queries) : M2F_F32;
    if (d->pre_norm || type != M2F_F32)
        operand = m2f_plan_tensor (plan, "queries operand", type, batch, 1, d->queries, dim);

    MaskEmbedder embedder = {
        .state = out->embeddings, .embedding = out->mask_embedding, .bias = out->mask_bias,
    };
    place_hidden (d, plan, &embedder);
    CrossOperands cross = place_attention (d, plan, batch);

    project_levels (d, c, plan, tokens, keys, values);                      /* (B, 1, T_l, n D) */
    resize_features (d, c, plan, features, level_features);                 /* (B, 1, T_l, F) */
    for (int i = 0; i < batch; i++)
        m2f_copy_map (plan, m2f_tensor_batch (x, i), d->query_features);    /* (1, 1, Q, D) */
    m2f_plan_tap (plan, "decoder.input", &x);
    if (m2f_plan_taps (plan) || !d->n_layers) {
        m2f_norm (plan, out->embeddings, x, &d->norm, M2F_NORM_EPS);        /* (B, 1, Q, D) */
        tap_number (plan, "decoder.intermediate", 0, &out->embeddings);
        embed_masks (d, plan, &embedder);
    }

    for (int i = 0; i < d->n_layers; i++) {
        const int l = i % M2F_FEATURE_LEVELS, first = i / M2F_FEATURE_LEVELS * dim;

        if (m2f_plan_taps (plan))
            tap_prediction (d, plan, i, out);
        cross.k = m2f_tensor_columns (keys[l], first, dim);                 /* (B, 1, T_l, D) */
        cross.v = m2f_tensor_columns (values[l], first, dim);               /* (B, 1, T_l, D) */
        cross_query (d, i, plan, x, operand, cross.q);                      /* (B, 1, Q, D) */
        cross.mask = attention_mask (d, plan, level_features[l],            /* (B, 1, Q, T_l) */
            i ? out->mask_embedding : d->first_embedding, i ? out->mask_bias : d->first_bias);
        cross_attention (d, i, plan, x, operand, &cross);                   /* (B, 1, Q, D) */
        self_attention (d, i, plan, x, operand, cross.y);                   /* (B, 1, Q, D) */
        feed_forward (d, &d->layers[i], plan, x, operand);                  /* (B, 1, Q, D) */
        tap_number (plan, "decoder.hidden", i, &x);

        m2f_norm (plan, out->embeddings, x, &d->norm, M2F_NORM_EPS);        /* (B, 1, Q, D) */
        tap_number (plan, "decoder.intermediate", i + 1, &out->embeddings);
        embed_masks (d, plan, &embedder);                                   /* (B, 1, Q, F) */
    }
    m2f_linear (plan, .dst = out->class_logits, .src = out->embeddings,     /* (B, 1, Q, L + 1) */
        M2F_WITH (d->class_predictor));
}

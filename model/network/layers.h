/* The three parts of the network: their weights, how these are bound, and their forward passes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shapes in comments: B pictures, Q queries, L labels; F = feature_size, D = hidden_dim, M =
 * mask_feature_size; h x w = the input's size / 4, rounded up; T = tokens of the three levels
 * together, T_l = of level l.  Levels go from 1/32 (0) over 1/16 (1) to 1/8 (2).  Maps and tokens
 * have their channels last.
 *
 * An activation that is read only by matrix products or attention is stored in the product's input
 * type (m2f_plan_input_type(): bf16 or f32) and called operand.  The residual stream stays f32;
 * where a product reads it too, a bf16 copy (also called operand) is kept beside it.
 *
 * Products with position embeddings do not depend on the picture: W (x + position) + b is computed
 * as W x + constant, the constants being made per input size (below) or when loading.
 */
#ifndef M2F_LAYERS_H
#define M2F_LAYERS_H

#include "model/network/network.h"
#include "model/network/weights.h"

#define M2F_SAMPLING_POINTS 4

/* eps of every norm whose eps no config sets. */
#define M2F_NORM_EPS 1e-5f
#define M2F_NORM_GROUPS 32

/* The weights of a layer among an op's arguments. */
#define M2F_WITH(layer) .weight = (layer).weight, .bias = (layer).bias

static inline void
m2f_norm (M2fPlan *plan, M2fTensor dst, M2fTensor src, const M2fNormWeights *w, float eps)
{
    m2f_layer_norm (plan, .dst = dst, .src = src, M2F_WITH (*w), .eps = eps);
}

/* x = norm (x); `operand` is x, or becomes the same in bf16. */
static inline void
m2f_norm_operand (M2fPlan *plan, M2fTensor x, M2fTensor operand, const M2fNormWeights *w)
{
    const M2fTensor none = { 0 };

    m2f_layer_norm (plan, .dst = x, .src = x, M2F_WITH (*w), .eps = M2F_NORM_EPS,
        .bf16_copy = operand.type == M2F_BF16 ? operand : none);
}

/* A resize to the same size copies. */
static inline void
m2f_copy_map (M2fPlan *plan, M2fTensor dst, M2fTensor src)
{
    m2f_resize (plan, .dst = dst, .src = src);
}

/* ---- pixel decoder (pixel_decoder.c) ------------------------------------------------------- */

/* transformers: Mask2FormerPixelDecoderEncoderLayer */
typedef struct M2fEncoderLayer {
    M2fLinearWeights sampling;  /* sampling_offsets and attention_weights in one product */
    M2fHostLinear sampling_host;
    M2fLinearWeights value_proj, output_proj, fc1, fc2;
    M2fNormWeights self_attn_norm, final_norm;
} M2fEncoderLayer;

/* transformers: Mask2FormerPixelDecoder */
typedef struct M2fPixelDecoder {
    int channels, heads, n_layers, ffn;
    M2fLinearWeights input_projections[M2F_FEATURE_LEVELS];
    M2fNormWeights input_norms[M2F_FEATURE_LEVELS];
    float *level_embed; /* (3, F) */
    M2fEncoderLayer *layers;
    M2fLinearWeights adapter; /* of the backbone's map at 1/4 */
    M2fNormWeights adapter_norm;
    M2fTensor conv; /* (F, F, 3, 3) */
    M2fNormWeights conv_norm;
    M2fLinearWeights mask_projection; /* for taps; folded into the mask embeddings otherwise */
    M2fHostLinear mask_projection_host;
} M2fPixelDecoder;

/* Sizes of the maps and what they make constant. */
struct M2fSizeConstants {
    M2fDevice *device;
    int height, width;                    /* h, w */
    M2fLevel levels[M2F_FEATURE_LEVELS];
    int first[M2F_FEATURE_LEVELS];        /* first token of each level */
    int tokens;                           /* T */
    int n_layers;
    M2fTensor *sampling;                  /* per encoder layer (T, 3 heads levels points):
                                           * W position, an addend */
    M2fTensor keys[M2F_FEATURE_LEVELS];   /* (T_l, D per layer on that level), likewise */
};

void m2f_pixel_decoder_bind (M2fPixelDecoder *pixel_decoder, M2fBinder *b, const M2fConfig *config);
void m2f_pixel_decoder_clear (M2fPixelDecoder *pixel_decoder);
bool m2f_pixel_decoder_constants (const M2fPixelDecoder *pixel_decoder,
    M2fSizeConstants *constants, GError **error);
/* The types the backbone's maps should have. */
void m2f_pixel_decoder_map_types (const M2fPixelDecoder *pixel_decoder, const M2fPlan *plan,
    M2fType types[M2F_MAPS]);
/* The backbone's maps, which are released, to tokens (B, 1, T, F), an operand, and features
 * (B, h, w, F). */
void m2f_pixel_decoder_forward (const M2fPixelDecoder *pixel_decoder,
    const M2fSizeConstants *constants, M2fPlan *plan, M2fTensor maps[M2F_MAPS],
    M2fTensor *tokens, M2fTensor *features);
/* Level `level` of picture `index`'s tokens (1, 1, T_l, F), and as a map (1, h_l, w_l, F). */
M2fTensor m2f_level_tokens (const M2fSizeConstants *constants, M2fTensor tokens, int index,
    int level);
M2fTensor m2f_level_map (const M2fSizeConstants *constants, M2fTensor tokens, int index, int level);

/* ---- transformer decoder (transformer_decoder.c) ------------------------------------------- */

/* transformers: Mask2FormerMaskedAttentionDecoderLayer */
typedef struct M2fDecoderLayer {
    M2fLinearWeights cross_q, cross_out;
    M2fTensor cross_q_position; /* (Q, D): W query_position, an addend */
    M2fLinearWeights self_qkv, self_out;
    M2fTensor self_qkv_position; /* (Q, 3 D): W query_position for q and k, zeros for v */
    M2fLinearWeights fc1, fc2;
    M2fNormWeights cross_norm, self_norm, final_norm;
} M2fDecoderLayer;

/* Keys and values of all layers that look at one level, in one product each. */
typedef struct M2fDecoderLevel {
    int n_layers;
    M2fLinearWeights key, value; /* (n_layers D, F): level_embed and input projection folded in */
    M2fHostLinear key_host;      /* (n_layers D, D) without them, for positions */
} M2fDecoderLevel;

/* transformers: Mask2FormerTransformerModule, Mask2FormerMaskPredictor and class_predictor */
typedef struct M2fTransformerDecoder {
    int hidden_dim, features, queries, heads, n_layers, ffn, labels;
    bool pre_norm;
    M2fDecoderLayer *layers;
    M2fDecoderLevel levels[M2F_FEATURE_LEVELS];
    M2fNormWeights norm;
    M2fLinearWeights mask_embedder[2]; /* hidden layers of the MLP */
    M2fLinearWeights mask_embedding;   /* (F, D): its last layer and the mask projection in one */
    M2fLinearWeights mask_bias;        /* (1, D): what the mask projection's bias adds */
    M2fLinearWeights class_predictor;
    M2fTensor query_features;          /* (Q, D): state before the first layer */
    M2fTensor first_embedding;         /* (Q, F): its mask embedding, */
    M2fTensor first_bias;              /* (1, Q): and bias */
} M2fTransformerDecoder;

/* The pixel decoder must have been bound: its mask projection is folded in. */
void m2f_transformer_decoder_bind (M2fTransformerDecoder *decoder, M2fBinder *b,
    const M2fConfig *config, const M2fPixelDecoder *pixel_decoder);
void m2f_transformer_decoder_clear (M2fTransformerDecoder *decoder);
/* Inside a plan: computes first_embedding and first_bias. */
void m2f_transformer_decoder_fold (const M2fTransformerDecoder *decoder, M2fPlan *plan);
bool m2f_transformer_decoder_constants (const M2fTransformerDecoder *decoder,
    M2fSizeConstants *constants, GError **error);
/* Releases the tokens. */
void m2f_transformer_decoder_forward (const M2fTransformerDecoder *decoder,
    const M2fSizeConstants *constants, M2fPlan *plan, M2fTensor *tokens, M2fTensor features,
    M2fNetworkOutput *out);

/* ---- position embeddings (position.c) ------------------------------------------------------ */

/* dst (height x width, l->n) = W p + b for the sine embedding p of every pixel of a map, of l->k
 * channels (transformers: Mask2FormerSinePositionEmbedding, normalised). */
void m2f_project_positions (const M2fHostLinear *l, int height, int width, float *dst);

#endif

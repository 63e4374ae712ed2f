/* The transformer decoder: queries to classes, embeddings and masks.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layers.h explains the shapes.
 */
#ifndef M2F_TRANSFORMER_DECODER_H
#define M2F_TRANSFORMER_DECODER_H

#include "model/checkpoint/config.h"
#include "model/network/activation_weights.h"
#include "model/network/network_output.h"
#include "model/network/size_constants.h"
#include "model/network/weights.h"

/* transformers: Mask2FormerMaskedAttentionDecoderLayer */
typedef struct M2fDecoderLayer {
    M2fLinearWeights cross_q, cross_out;
    M2fTensor cross_q_position;  /* (Q, D): W query_position, an addend */
    M2fLinearWeights self_qkv, self_out;
    M2fTensor self_qkv_position; /* (Q, 3 D): W query_position for q and k, zeros for v */
    M2fLinearWeights fc1, fc2;
    M2fActivationWeights activation;
    M2fNormWeights cross_norm, self_norm, final_norm;
} M2fDecoderLayer;

/* Keys and values of all layers that read one level, in one product each. */
typedef struct M2fDecoderLevel {
    int n_layers;
    M2fLinearWeights key, value; /* (n_layers D, F): level_embed and input projection folded in */
    M2fHostLinear key_host;      /* (n_layers D, D) without them, for position embeddings */
} M2fDecoderLevel;

/* transformers: Mask2FormerTransformerModule, Mask2FormerMaskPredictor and class_predictor */
typedef struct M2fTransformerDecoder {
    int hidden_dim, features, queries, heads, n_layers, labels;
    bool pre_norm;
    M2fDecoderLayer *layers;
    M2fDecoderLevel levels[M2F_FEATURE_LEVELS];
    M2fNormWeights norm;
    M2fLinearWeights mask_embedder[2]; /* hidden layers of the MLP */
    M2fLinearWeights mask_embedding;   /* (F, D): its last layer and the mask projection in one */
    M2fLinearWeights mask_bias;        /* (1, D): the part of the mask projection's bias */
    M2fLinearWeights class_predictor;
    M2fTensor query_features;          /* (Q, D): state before the first layer */
    M2fTensor first_embedding;         /* (Q, F): mask embedding of that state */
    M2fTensor first_bias;              /* (1, Q): mask bias of that state */
} M2fTransformerDecoder;

/* `mask_projection` makes mask features of features: it is the pixel decoder's, and folded in. */
void m2f_transformer_decoder_bind (M2fTransformerDecoder *decoder, M2fBinder *b,
    const M2fConfig *config, const M2fHostLinear *mask_projection);
void m2f_transformer_decoder_clear (M2fTransformerDecoder *decoder);
/* Inside a plan: computes first_embedding and first_bias. */
void m2f_transformer_decoder_fold (const M2fTransformerDecoder *decoder, M2fPlan *plan);
/* Makes constants->keys. */
bool m2f_transformer_decoder_constants (const M2fTransformerDecoder *decoder,
    M2fSizeConstants *constants, GError **error);
/* Reads tokens (B, 1, T, F), which it releases, and features (B, h, w, F), which become a part of
 * the output. */
void m2f_transformer_decoder_forward (const M2fTransformerDecoder *decoder,
    const M2fSizeConstants *constants, M2fPlan *plan, M2fTensor *tokens, M2fTensor features,
    M2fNetworkOutput *out);

#endif

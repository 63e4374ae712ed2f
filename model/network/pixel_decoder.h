/* The pixel decoder: the maps of the backbone to tokens of three levels and a map of features.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layers.h explains the shapes.
 */
#ifndef M2F_PIXEL_DECODER_H
#define M2F_PIXEL_DECODER_H

#include "model/checkpoint/config.h"
#include "model/network/size_constants.h"
#include "model/network/weights.h"

/* transformers: Mask2FormerPixelDecoderEncoderLayer */
typedef struct M2fEncoderLayer {
    M2fLinearWeights sampling;   /* sampling_offsets and attention_weights in one product */
    M2fHostLinear sampling_host; /* its weight, for position embeddings */
    M2fLinearWeights value_proj, output_proj, fc1, fc2;
    M2fNormWeights self_attn_norm, final_norm;
} M2fEncoderLayer;

/* A map of the backbone merged into the features: adapter_I and layer_I of transformers'
 * Mask2FormerPixelDecoder. */
typedef struct M2fFpnLevel {
    M2fLinearWeights adapter; /* projects the map */
    M2fNormWeights adapter_norm;
    M2fTensor conv;           /* (F, F, 3, 3) */
    M2fNormWeights conv_norm;
} M2fFpnLevel;

/* transformers: Mask2FormerPixelDecoder */
typedef struct M2fPixelDecoder {
    int channels, heads, n_layers, ffn, n_maps, fpn_levels;
    M2fLinearWeights input_projections[M2F_FEATURE_LEVELS];
    M2fNormWeights input_norms[M2F_FEATURE_LEVELS];
    float *level_embed;       /* (levels, F) */
    M2fEncoderLayer *layers;
    M2fFpnLevel fpn[M2F_MAX_MAPS]; /* of the fpn_levels finest maps */
    M2fLinearWeights mask_projection; /* for taps only; otherwise folded into mask embeddings */
    M2fHostLinear mask_projection_host;
} M2fPixelDecoder;

void m2f_pixel_decoder_bind (M2fPixelDecoder *pixel_decoder, M2fBinder *b, const M2fConfig *config);
void m2f_pixel_decoder_clear (M2fPixelDecoder *pixel_decoder);
/* Makes constants->sampling. */
bool m2f_pixel_decoder_constants (const M2fPixelDecoder *pixel_decoder,
    M2fSizeConstants *constants, GError **error);
/* The types that the maps of the backbone should have. */
void m2f_pixel_decoder_map_types (const M2fPixelDecoder *pixel_decoder,
    const M2fSizeConstants *constants, const M2fPlan *plan, M2fType types[M2F_MAX_MAPS]);
/* Turns the maps of the backbone into tokens (B, 1, T, F), an operand, and features (B, h, w, F).
 * Releases the maps. */
void m2f_pixel_decoder_forward (const M2fPixelDecoder *pixel_decoder,
    const M2fSizeConstants *constants, M2fPlan *plan, M2fTensor maps[M2F_MAX_MAPS],
    M2fTensor *tokens, M2fTensor *features);

#endif

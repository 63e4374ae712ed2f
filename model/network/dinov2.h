/* The DINOv2 backbone (Oquab et al., 2023), with or without registers (Darcet et al., ICLR 2024),
 * as transformers' Dinov2Backbone and Dinov2WithRegistersBackbone run it: a plain vision
 * transformer, whose maps are the outputs of four of its layers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_DINOV2_H
#define M2F_DINOV2_H

#include "model/checkpoint/config.h"
#include "model/network/activation_weights.h"
#include "model/network/size_constants.h"
#include "model/network/weights.h"

/* transformers: Dinov2Layer.  The layer scales are folded into proj and fc2. */
typedef struct M2fDinov2Layer {
    M2fNormWeights norm1, norm2;
    M2fLinearWeights qkv, proj;
    M2fLinearWeights fc1, fc2; /* of a gated mlp, fc1 makes what is activated, then the factors */
    M2fActivationWeights activation;
} M2fDinov2Layer;

/* transformers: Dinov2Backbone */
typedef struct M2fDinov2 {
    const M2fBackboneConfig *config;
    M2fLinearWeights patch_embedding;
    M2fTensor prefix; /* the first tokens: the class token at its position, the registers */
    float *positions; /* (side, side, C): position embeddings of the patches */
    int n_layers;     /* up to the last that makes a map */
    M2fDinov2Layer *layers;
    M2fNormWeights norm; /* of the maps; absent if they are not normalised */
} M2fDinov2;

/* `config` must outlive the backbone. */
void m2f_dinov2_bind (M2fDinov2 *net, M2fBinder *b, const M2fBackboneConfig *config);
void m2f_dinov2_clear (M2fDinov2 *net);
/* Makes the position embeddings of a map of patches.  False with an error without memory. */
bool m2f_dinov2_constants (const M2fDinov2 *net, M2fSizeConstants *constants, GError **error);
/* See m2f_backbone_forward(). */
void m2f_dinov2_forward (const M2fDinov2 *net, const M2fSizeConstants *constants, M2fPlan *plan,
    M2fTensor pixel_values, const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS]);

#endif

/* The ConvNeXt backbone (Liu et al., CVPR 2022) and its second version (Woo et al., CVPR 2023), as
 * transformers' ConvNextBackbone and ConvNextV2Backbone run them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CONVNEXT_H
#define M2F_CONVNEXT_H

#include "model/checkpoint/config.h"
#include "model/network/activation_weights.h"
#include "model/network/weights.h"

/* transformers: ConvNextLayer, ConvNextV2Layer.  A layer scale is folded into pwconv2. */
typedef struct M2fConvnextLayer {
    M2fLinearWeights depthwise; /* (C, 1, 7, 7) */
    M2fNormWeights norm;
    M2fLinearWeights pwconv1, pwconv2; /* (4 C, C), (C, 4 C) */
    M2fActivationWeights activation;
    M2fNormWeights response;    /* (4 C); absent in the first version */
} M2fConvnextLayer;

/* transformers: ConvNextStage */
typedef struct M2fConvnextStage {
    M2fNormWeights merge_norm;  /* before the convolution of 2x2 patches, merge (C', 4 C); */
    M2fLinearWeights merge;     /* both absent in the first stage */
    M2fConvnextLayer *layers;
} M2fConvnextStage;

/* transformers: ConvNextBackbone */
typedef struct M2fConvnext {
    const M2fBackboneConfig *config;
    M2fLinearWeights patch_embedding;
    M2fNormWeights patch_norm;
    M2fConvnextStage stages[M2F_MAX_STAGES];
    M2fNormWeights norms[M2F_MAX_MAPS]; /* of the maps */
} M2fConvnext;

/* `config` must outlive the backbone. */
void m2f_convnext_bind (M2fConvnext *net, M2fBinder *b, const M2fBackboneConfig *config);
void m2f_convnext_clear (M2fConvnext *net);
/* See m2f_backbone_forward(). */
void m2f_convnext_forward (const M2fConvnext *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS]);

#endif

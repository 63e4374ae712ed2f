/* The MobileNetV2 backbone (Sandler et al., CVPR 2018), as timm runs it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_MOBILENET_H
#define M2F_MOBILENET_H

#include "model/checkpoint/config.h"
#include "model/network/weights.h"

/* timm: InvertedResidual, and DepthwiseSeparableConv, which does not expand.  Batch norms are
 * folded into the weights. */
typedef struct M2fMobilenetBlock {
    M2fLinearWeights expand;    /* (6 C, C); absent in the first block */
    M2fLinearWeights depthwise; /* (6 C, 1, 3, 3) */
    M2fLinearWeights project;   /* (C', 6 C) */
    int stride;
    bool residual;              /* the result is added to the input */
} M2fMobilenetBlock;

/* timm: EfficientNetFeatures with the blocks of MobileNetV2 */
typedef struct M2fMobilenet {
    const M2fBackboneConfig *config;
    M2fLinearWeights stem; /* (C, 3, 3, 3), stride 2 */
    M2fMobilenetBlock *blocks[M2F_MOBILENET_STAGES];
} M2fMobilenet;

/* `config` must outlive the backbone. */
void m2f_mobilenet_bind (M2fMobilenet *net, M2fBinder *b, const M2fBackboneConfig *config);
void m2f_mobilenet_clear (M2fMobilenet *net);
/* See m2f_backbone_forward(). */
void m2f_mobilenet_forward (const M2fMobilenet *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS]);

#endif

/* The Swin Transformer backbone (Liu et al., ICCV 2021), as transformers' SwinBackbone runs it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SWIN_H
#define M2F_SWIN_H

#include "model/checkpoint/config.h"
#include "model/network/activation_weights.h"
#include "model/network/attentions.h"
#include "model/network/weights.h"

/* transformers: SwinLayer */
typedef struct M2fSwinBlock {
    M2fNormWeights norm_before, norm_after;
    M2fLinearWeights qkv, proj, fc1, fc2;
    M2fActivationWeights activation;
    M2fTensor position_bias; /* ((2 window - 1)^2, heads) */
    float *position_bias_host; /* the same, for attention weights */
    int stage, index;          /* stages count from 1, blocks of a stage from 0 */
    int heads, shift;
} M2fSwinBlock;

/* transformers: SwinStage */
typedef struct M2fSwinStage {
    int channels, depth;
    M2fSwinBlock *blocks;
    M2fNormWeights merge_norm; /* norm of four neighbours' channels; absent in the last stage */
    M2fLinearWeights merge;    /* absent in the last stage */
} M2fSwinStage;

/* transformers: SwinBackbone */
typedef struct M2fSwin {
    const M2fBackboneConfig *config;
    int window;
    float eps;
    M2fLinearWeights patch_embedding;
    M2fNormWeights patch_norm;
    M2fTensor positions; /* (patches, C), added to patch embeddings; absent as a rule */
    M2fSwinStage stages[M2F_MAX_STAGES]; /* up to the last that makes a map */
    M2fNormWeights norms[M2F_MAX_MAPS];  /* of the maps */
} M2fSwin;

void m2f_swin_bind (M2fSwin *swin, M2fBinder *b, const M2fBackboneConfig *backbone);
void m2f_swin_clear (M2fSwin *swin);
/* The window attention of block `index` of a stage, which is counted from 1. */
M2fWindows m2f_swin_windows (const M2fSwin *swin, int stage, int index);
/* See m2f_backbone_forward().  The maps have 1, 2, 4 and 8 times the stride of the patches. */
void m2f_swin_forward (const M2fSwin *swin, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS]);

#endif

/* The Swin Transformer V2 backbone (Liu et al., CVPR 2022), as transformers' Swinv2Backbone runs
 * it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SWINV2_H
#define M2F_SWINV2_H

#include "model/checkpoint/config.h"
#include "model/network/activation_weights.h"
#include "model/network/weights.h"

/* transformers: Swinv2Layer */
typedef struct M2fSwinv2Block {
    M2fLinearWeights qkv, proj, fc1, fc2;
    M2fActivationWeights activation;
    M2fNormWeights norm_attention, norm_mlp; /* of what is added to x */
    M2fTensor lengths;       /* (2 heads): of queries and keys, after the norm of the cosine */
    M2fTensor position_bias; /* ((2 window - 1)^2, heads) */
} M2fSwinv2Block;

/* transformers: Swinv2Stage */
typedef struct M2fSwinv2Stage {
    M2fSwinv2Block *blocks;
    M2fLinearWeights merge;    /* of four neighbours' channels; both absent in the last stage */
    M2fNormWeights merge_norm; /* of the merged channels */
} M2fSwinv2Stage;

/* transformers: Swinv2Backbone */
typedef struct M2fSwinv2 {
    const M2fBackboneConfig *config;
    M2fLinearWeights patch_embedding;
    M2fNormWeights patch_norm;
    M2fSwinv2Stage stages[M2F_MAX_STAGES];
} M2fSwinv2;

/* `config` must outlive the backbone. */
void m2f_swinv2_bind (M2fSwinv2 *net, M2fBinder *b, const M2fBackboneConfig *config);
void m2f_swinv2_clear (M2fSwinv2 *net);
/* See m2f_backbone_forward(). */
void m2f_swinv2_forward (const M2fSwinv2 *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS]);

#endif

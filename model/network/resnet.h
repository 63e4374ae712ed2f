/* The ResNet backbone (He et al., CVPR 2016), as transformers and timm run it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_RESNET_H
#define M2F_RESNET_H

#include "model/checkpoint/config.h"
#include "model/network/activation_weights.h"
#include "model/network/size_constants.h"
#include "model/network/weights.h"

/* transformers: ResNetConvLayer, the batch norm folded in. */
typedef struct M2fResnetConv {
    M2fLinearWeights w; /* of a linear layer if it has one pixel and stride 1, else (N, C, kernel,
                         * kernel); absent in a shortcut that passes its input on */
    int channels, kernel, stride;
} M2fResnetConv;

/* transformers: ResNetBasicLayer, ResNetBottleNeckLayer */
typedef struct M2fResnetLayer {
    M2fResnetConv conv[3]; /* basic: two of 3x3; bottleneck: 1x1, 3x3, 1x1 */
    M2fResnetConv shortcut;
    bool averages; /* the shortcut reads means of 2x2 pixels */
    M2fActivationWeights activation; /* of the sum; convolutions are followed by ReLU */
} M2fResnetLayer;

/* transformers: ResNetBackbone */
typedef struct M2fResnet {
    const M2fBackboneConfig *config;
    M2fResnetConv stem[3]; /* one of 7x7 or three of 3x3, the first with stride 2; then max pool */
    int n_stem;
    M2fActivationWeights activation; /* of the stem */
    M2fResnetLayer *layers[M2F_MAX_STAGES];
} M2fResnet;

/* `config` must outlive the backbone. */
void m2f_resnet_bind (M2fResnet *net, M2fBinder *b, const M2fBackboneConfig *config);
void m2f_resnet_clear (M2fResnet *net);
/* Computes what shortcuts need of the size of the input. */
bool m2f_resnet_constants (const M2fResnet *net, M2fSizeConstants *constants, int height, int width,
    GError **error);
/* See m2f_backbone_forward(). */
void m2f_resnet_forward (const M2fResnet *net, const M2fSizeConstants *constants, M2fPlan *plan,
    M2fTensor pixel_values, const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS]);

#endif

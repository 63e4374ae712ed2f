/* The shape of a backbone, as a checkpoint's config tells it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BACKBONE_CONFIG_H
#define M2F_BACKBONE_CONFIG_H

#include <stdbool.h>

#include "model/compute/activation.h"

#define M2F_MAX_MAPS 64      /* feature maps that a backbone makes: M2F_FEATURE_LEVELS to this */
#define M2F_FEATURE_LEVELS 3 /* coarsest of them, which the pixel decoder's encoder reads */
#define M2F_MAX_STAGES 14    /* of a backbone whose config has a number of them; each halves maps */
#define M2F_MOBILENET_STAGES 7
#define M2F_TIMM_RESNET_STAGES 4
#define M2F_RESNET_REDUCTION 4 /* channels of a ResNet's bottleneck layer per channel inside */
#define M2F_MOBILENET_EXPANSION 6 /* channels inside a block per input channel, but for stage 1 */

/* transformers' SwinConfig, as far as inference needs it.  A loaded one keeps its promises: sizes
 * are at least 1, num_heads[i] divides the embed_dim << i channels of its stage, no product of two
 * sizes overflows an int.  (int) (mlp_ratio * channels) may be 0. */
typedef struct M2fSwinConfig {
    int embed_dim, n_stages;
    int depths[M2F_MAX_STAGES]; /* 0 or more */
    int num_heads[M2F_MAX_STAGES];
    int window_size;
    int patch[2]; /* height and width */
    double mlp_ratio;
    bool qkv_bias;
    double layer_norm_eps;
    M2fActivation activation;
    int positions; /* patches with an absolute position embedding, all of an input; 0 = none has */
} M2fSwinConfig;

/* The shape that timm gives a MobileNetV2. */
typedef struct M2fMobilenetConfig {
    const char *name; /* timm's, static: "mobilenetv2_100" */
    int stem;         /* channels of the first convolution */
    int depths[M2F_MOBILENET_STAGES];   /* blocks */
    int channels[M2F_MOBILENET_STAGES]; /* channels of a stage's output */
} M2fMobilenetConfig;

/* transformers' ResNetConfig, as far as inference needs it, or the shape that timm gives a ResNet.
 * All sizes are at least 1, channels of a net of bottleneck layers at least 4. */
typedef struct M2fResnetConfig {
    const char *timm_name;  /* static: "resnet50", whose tensors have timm's names; or NULL */
    int stem;               /* channels of the stem */
    int deep_stem[2];       /* channels of the first two of its three layers; 0 = it has one */
    int n_stages;
    int depths[M2F_MAX_STAGES];   /* layers of a stage */
    int channels[M2F_MAX_STAGES]; /* channels of a stage's output */
    bool bottleneck;        /* or basic layers */
    int width;              /* channels inside a bottleneck layer for M2F_RESNET_REDUCTION of its
                             * output */
    int groups;             /* of the middle convolution of a bottleneck layer */
    bool averages;          /* shortcuts halve a map by averaging it, not by a stride */
    bool downsample_in_first_stage;
    M2fActivation activation; /* of the stem and of the sum of a layer */
    bool downsample_in_bottleneck; /* strides belong to the first convolution of a layer, not to the
                                    * second */
} M2fResnetConfig;

/* transformers' Dinov2Config or Dinov2WithRegistersConfig, as far as inference needs it.  All sizes
 * are at least 1, heads divides channels. */
typedef struct M2fDinov2Config {
    int channels, heads;
    int hidden;         /* channels between the two layers of an mlp; 0 or more */
    int patch_size;
    int positions;      /* side of the square of learned position embeddings */
    int registers;      /* tokens that belong to no patch, beside the class token: 0 or more */
    bool antialias;     /* positions are interpolated with antialiasing */
    bool qkv_bias, is_gated, apply_layernorm;
    double layer_norm_eps;
    M2fActivation activation; /* of an mlp */
} M2fDinov2Config;

/* transformers' ConvNextConfig or ConvNextV2Config, as far as inference needs it.  All sizes are at
 * least 1. */
typedef struct M2fConvnextConfig {
    int n_stages;
    int depths[M2F_MAX_STAGES];   /* layers of a stage */
    int channels[M2F_MAX_STAGES]; /* channels of a stage's output */
    int patch[2]; /* height and width */
    M2fActivation activation;
    bool has_scale;         /* the outputs of a layer are scaled */
    bool has_response_norm; /* the second version */
} M2fConvnextConfig;

/* transformers' Swinv2Config, as far as inference needs it.  Sizes are at least 1, num_heads[i]
 * divides the embed_dim << i channels of its stage. */
typedef struct M2fSwinv2Config {
    int embed_dim, n_stages;
    int depths[M2F_MAX_STAGES], num_heads[M2F_MAX_STAGES];
    int windows[M2F_MAX_STAGES];
    int shifts[M2F_MAX_STAGES]; /* of every second layer of a stage */
    int pretrained_windows[M2F_MAX_STAGES]; /* that distances are relative to; 0 = windows[i] */
    int patch[2]; /* height and width */
    double mlp_ratio;
    bool qkv_bias;
    double layer_norm_eps;
    M2fActivation activation;
} M2fSwinv2Config;

typedef enum M2fBackboneKind {
    M2F_BACKBONE_SWIN,
    M2F_BACKBONE_MOBILENET,
    M2F_BACKBONE_RESNET,
    M2F_BACKBONE_DINOV2,
    M2F_BACKBONE_CONVNEXT,
    M2F_BACKBONE_SWINV2,
} M2fBackboneKind;

/* A backbone and the feature maps that it makes, finest first. */
typedef struct M2fBackboneConfig {
    M2fBackboneKind kind;
    int num_channels; /* of the input: 3 for pictures */
    int n_maps;
    int channels[M2F_MAX_MAPS];
    int strides[M2F_MAX_MAPS][2]; /* input pixels per pixel of the map, down and across */
    int stages[M2F_MAX_MAPS]; /* whose outputs the maps are, in order; 0 = before the first */
    bool drops_partial_patches; /* at the right and bottom edge, rather than fill them up */
    union {                /* by kind */
        M2fSwinConfig swin;
        M2fMobilenetConfig mobilenet;
        M2fResnetConfig resnet;
        M2fDinov2Config dinov2;
        M2fConvnextConfig convnext;
        M2fSwinv2Config swinv2;
    };
} M2fBackboneConfig;

/* The last stage that makes a map. */
static inline int
m2f_last_stage (const M2fBackboneConfig *config)
{
    return config->stages[config->n_maps - 1];
}

#endif

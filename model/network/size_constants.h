/* Tensors that depend on the size of the input only, and the sizes of the maps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layers.h explains the shapes.
 */
#ifndef M2F_SIZE_CONSTANTS_H
#define M2F_SIZE_CONSTANTS_H

#include "model/checkpoint/config.h"
#include "model/compute/ops.h"

typedef struct M2fSizeConstants {
    M2fDevice *device;
    M2fLevel features;                    /* h, w */
    M2fLevel levels[M2F_FEATURE_LEVELS];  /* coarsest first */
    int first[M2F_FEATURE_LEVELS];        /* first token of each level */
    int tokens;                           /* T */
    M2fTensor positions;                  /* addend of the backbone's patch embeddings, (h w, C);
                                           * absent if it has none */
    M2fTensor even[M2F_TIMM_RESNET_STAGES]; /* pixels of maps with even extents, that a ResNet's
                                           * averages need; absent where they are anyway */
    int n_layers;                         /* layers of the pixel decoder's encoder */
    M2fTensor *sampling;                  /* addends of the encoder layers' sampling products,
                                           * (T, 3 heads levels points) each */
    M2fTensor keys[M2F_FEATURE_LEVELS];   /* addends of the transformer decoder's keys, (T_l, D
                                           * per layer that reads the level); absent if none */
} M2fSizeConstants;

/* The map of `n_maps` that is level `level`. */
static inline int
m2f_map_of_level (int n_maps, int level)
{
    return n_maps - 1 - level;
}

/* The backbone's map whose size the features have: the finest, or, without an FPN, level 2. */
static inline int
m2f_finest_feature_map (int n_maps, int fpn_levels)
{
    return fpn_levels > 0 ? 0 : m2f_map_of_level (n_maps, M2F_FEATURE_LEVELS - 1);
}

/* Sizes for these coarsest maps, finest first; features are 0 x 0, all tensors absent. */
M2fSizeConstants *m2f_size_constants_new (M2fDevice *device,
    const M2fLevel maps[M2F_FEATURE_LEVELS], int n_layers);
void m2f_size_constants_free (M2fSizeConstants **constants);

/* The part (1, 1, T_l, F) of tokens (B, 1, T, F) that is level `level` of picture `index`. */
M2fTensor m2f_level_tokens (const M2fSizeConstants *constants, M2fTensor tokens, int index,
    int level);
/* The part of these tokens as a map (1, h_l, w_l, F). */
M2fTensor m2f_level_map (const M2fSizeConstants *constants, M2fTensor tokens, int index, int level);

#endif

/* The notation and the norms that all parts of the network share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shapes in comments: B pictures, Q queries, L labels; F = feature_size, D = hidden_dim, M =
 * mask_feature_size; h x w = size of the backbone's finest map, as a rule 1/4 of the input's (or of
 * level 2, where common_stride leaves the finest map out); T = number of
 * tokens of the three levels together, T_l = of level l.  Level 0 is the coarsest map, at 1/32,
 * level 2 the finest of the three, at 1/8.  Channels are the last dimension of maps and tokens.
 *
 * An activation that is read only by matrix products or attention is stored in the product's input
 * type (m2f_plan_input_type(): bf16, fp16 or f32) and called operand.  The residual stream stays
 * f32; where a product reads it too, a bf16 copy (also called operand) is kept beside it.
 *
 * Position embeddings do not depend on the picture: W (x + position) + b is computed as
 * (W x + b) + W position, and W position is an addend of the product, computed once per input size
 * (size_constants.h) or when the weights are loaded.
 */
#ifndef M2F_LAYERS_H
#define M2F_LAYERS_H

#include "model/compute/ops.h"
#include "model/network/activation_weights.h"
#include "model/network/weights.h"

/* eps of every norm whose eps is not in the config. */
#define M2F_NORM_EPS 1e-5f

/* The weights of a layer among an op's arguments. */
#define M2F_WITH(layer) .weight = (layer).weight, .bias = (layer).bias

/* An activation and its weights among the arguments of pointwise. */
#define M2F_ACTIVATION(a) \
    .activation = (a).kind, \
    .alpha = { (a).alpha[0], (a).alpha[1], (a).alpha[2], (a).alpha[3] }

static inline void
m2f_norm (M2fPlan *plan, M2fTensor dst, M2fTensor src, const M2fNormWeights *w, float eps)
{
    m2f_layer_norm (plan, .dst = dst, .src = src, M2F_WITH (*w), .eps = eps);
}

/* x = norm (x), and the operand's bf16 copy of it if there is one; if not, operand is x. */
static inline void
m2f_norm_operand (M2fPlan *plan, M2fTensor x, M2fTensor operand, const M2fNormWeights *w)
{
    const M2fTensor none = { 0 };

    m2f_layer_norm (plan, .dst = x, .src = x, M2F_WITH (*w), .eps = M2F_NORM_EPS,
        .bf16_copy = operand.type == M2F_BF16 ? operand : none);
}

/* The type of a copy of what is in float32, too: a copy in fp16 would cost as much as it saves. */
static inline M2fType
m2f_copy_type (const M2fPlan *plan, const M2fLinearWeights *layer, int rows)
{
    const M2fType type = m2f_plan_input_type (plan, &layer->weight, rows);

    return type == M2F_BF16 ? M2F_BF16 : M2F_F32;
}

/* dst = activation (layer (src)).  What products do not compute takes a pass of its own. */
static inline void
m2f_linear_activated (M2fPlan *plan, M2fTensor dst, M2fTensor src, const M2fLinearWeights *w,
    const M2fActivationWeights *activation)
{
    if (activation->kind <= M2F_GELU) {
        m2f_linear (plan, .dst = dst, .src = src, M2F_WITH (*w), .activation = activation->kind);
        return;
    }
    M2fTensor sums = m2f_plan_tensor (plan, "before activation", M2F_F32, dst.ne[0], dst.ne[1],
        dst.ne[2], dst.ne[3]);
    m2f_linear (plan, .dst = sums, .src = src, M2F_WITH (*w));
    m2f_pointwise (plan, .dst = dst, .src = sums, M2F_ACTIVATION (*activation));
    m2f_plan_release (plan, &sums);
}

/* A temporary map of a `stride`th of the height and width of `like`. */
static inline M2fTensor
m2f_map_like (M2fPlan *plan, const char *name, M2fType type, const M2fTensor *like, int stride,
    int channels)
{
    return m2f_plan_tensor (plan, name, type, like->ne[0], (like->ne[1] + stride - 1) / stride,
        (like->ne[2] + stride - 1) / stride, channels);
}

/* A temporary map, or tokens, as large as `like`: what only `layer` reads, with a channel for each
 * input of it. */
static inline M2fTensor
m2f_operand_like (M2fPlan *plan, const char *name, const M2fTensor *like,
    const M2fLinearWeights *layer)
{
    return m2f_map_like (plan, name,
        m2f_plan_input_type (plan, &layer->weight, like->ne[1] * like->ne[2]), like, 1,
        layer->weight.ne[3]);
}

/* A resize to the same size is a copy. */
static inline void
m2f_copy_map (M2fPlan *plan, M2fTensor dst, M2fTensor src)
{
    m2f_resize (plan, .dst = dst, .src = src);
}

#endif

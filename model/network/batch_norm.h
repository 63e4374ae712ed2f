/* Convolutions with a batch norm behind them, folded into one (torch.nn.BatchNorm2d).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * At inference a batch norm is a factor and an offset for each channel.
 */
#ifndef M2F_BATCH_NORM_H
#define M2F_BATCH_NORM_H

#include "model/network/weights.h"

/* Names, in the scope of the binder, of a convolution without a bias and of its batch norm. */
typedef struct M2fConvNames {
    const char *conv, *norm;
} M2fConvNames;

/* Binds a convolution of shape (N, C, kernel, kernel) in the layout of the op that it is for. */
void m2f_bind_conv_norm (M2fBinder *b, M2fLinearWeights *w, M2fConvNames names, M2fLayout layout,
    M2fShape shape);
/* Binds a convolution in groups of channels, for conv2d, from `channels` to as many. */
void m2f_bind_grouped_conv_norm (M2fBinder *b, M2fLinearWeights *w, M2fConvNames names, int groups,
    int channels, int kernel);
/* Binds a convolution of one pixel, which is a linear layer from k channels to n. */
void m2f_bind_pointwise_norm (M2fBinder *b, M2fLinearWeights *w, M2fConvNames names, int n, int k);

#endif

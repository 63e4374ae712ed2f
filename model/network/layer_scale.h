/* Layers whose outputs a checkpoint scales channel by channel, folded into one (LayerScale).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_LAYER_SCALE_H
#define M2F_LAYER_SCALE_H

#include "model/network/weights.h"

/* Binds the layer that computes scale * (`name` (x)), with a bias; `scale` names the tensor of n
 * factors. */
void m2f_bind_scaled_linear (M2fBinder *b, M2fLinearWeights *w, const char *name,
    const char *scale, int n, int k);

#endif

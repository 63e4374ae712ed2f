/* Activations, with the weights of those that have some.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ACTIVATION_WEIGHTS_H
#define M2F_ACTIVATION_WEIGHTS_H

#include "model/network/weights.h"

typedef struct M2fActivationWeights {
    M2fActivation kind;
    float alpha[M2F_MAX_ALPHA]; /* arguments of pointwise; 0 where the kind has no weights */
} M2fActivationWeights;

/* Reads the weights of an activation, if it has some, from the module `name`. */
void m2f_bind_activation (M2fBinder *b, M2fActivationWeights *w, const char *name,
    M2fActivation kind);

#endif

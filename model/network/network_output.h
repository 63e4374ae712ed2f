/* The output of the forward pass, which post-processing reads.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_NETWORK_OUTPUT_H
#define M2F_NETWORK_OUTPUT_H

#include "model/compute/ops.h"

/* Temporaries of the plan.  Mask logits = features . mask_embedding^T + mask_bias: the 1x1
 * convolution that would make mask features of the features is folded into the embeddings.
 * layers.h explains the shapes. */
typedef struct M2fNetworkOutput {
    M2fTensor class_logits;   /* (B, 1, Q, L + 1) */
    M2fTensor embeddings;     /* (B, 1, Q, D): last decoder state after the shared norm */
    M2fTensor mask_embedding; /* (B, 1, Q, F) */
    M2fTensor mask_bias;      /* (B, 1, 1, Q) */
    M2fTensor features;       /* (B, h, w, F) */
} M2fNetworkOutput;

#endif

/* Functions of one number, by which layers are followed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ACTIVATION_H
#define M2F_ACTIVATION_H

/* Products and convolutions have those up to GELU, pointwise has all. */
typedef enum M2fActivation {
    M2F_NO_ACTIVATION,
    M2F_RELU,          /* max (x, 0) */
    M2F_RELU6,         /* min (max (x, 0), 6) */
    M2F_GELU,          /* x (1 + erf (x / sqrt (2))) / 2 */
    M2F_GELU_TANH,     /* x (1 + tanh (sqrt (2 / pi) (x + 0.044715 x^3))) / 2 */
    M2F_GELU_CLIPPED,  /* GELU, at most 10 */
    M2F_GELU_SIGMOID,  /* x sigmoid (1.702 x) */
    M2F_SILU,          /* x sigmoid (x) */
    M2F_HARD_SWISH,    /* x min (max (x + 3, 0), 6) / 6 */
    M2F_MISH,          /* x tanh (log (1 + exp (x))) */
    M2F_LEAKY_RELU,    /* x, or x / 100 below 0 */
    M2F_RELU_SQUARED,  /* max (x, 0)^2 */
    M2F_SIGMOID,       /* 1 / (1 + exp (-x)) */
    M2F_TANH,
    M2F_LAPLACE,       /* (1 + erf ((x - 0.707107) / (0.282095 sqrt (2)))) / 2 */
    M2F_SQRT_SOFTPLUS, /* sqrt (log (1 + exp (x))) */
    M2F_PRELU,         /* x, or alpha[0] x below 0 */
    M2F_XIELU,         /* alpha[2] x + alpha[0] x^2, or up to 0
                        * alpha[2] x + alpha[1] (exp (min (x, alpha[3])) - 1 - x) */
    M2F_N_ACTIVATIONS
} M2fActivation;

#define M2F_MAX_ALPHA 4 /* weights of an activation */

#endif

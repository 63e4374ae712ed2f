/* Functions of one number.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/reference/reference.h"

static double
sigmoid (double x)
{
    return 1 / (1 + exp (-x));
}

/* log (1 + exp (x)), which does not overflow. */
static double
softplus (double x)
{
    return (x < 0 ? 0 : x) + log1p (exp (-fabs (x)));
}

static double
gelu (double x)
{
    return 0.5 * x * (1 + erf (x / sqrt (2)));
}

static double
clamp (double x, double most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

/* Those without weights. */
double
m2f_reference_activate (M2fActivation activation, double x)
{
    switch (activation) {
    case M2F_RELU:
        return x < 0 ? 0 : x;
    case M2F_RELU6:
        return clamp (x, 6);
    case M2F_GELU:
        return gelu (x);
    case M2F_GELU_TANH:
        return 0.5 * x * (1 + tanh (sqrt (2 / G_PI) * (x + 0.044715 * x * x * x)));
    case M2F_GELU_CLIPPED:
        return gelu (x) > 10 ? 10 : gelu (x);
    case M2F_GELU_SIGMOID:
        return x * sigmoid (1.702 * x);
    case M2F_SILU:
        return x * sigmoid (x);
    case M2F_HARD_SWISH:
        return x * clamp (x + 3, 6) / 6;
    case M2F_MISH:
        return x * tanh (softplus (x));
    case M2F_LEAKY_RELU:
        return x < 0 ? 0.01 * x : x;
    case M2F_RELU_SQUARED:
        return x < 0 ? 0 : x * x;
    case M2F_SIGMOID:
        return sigmoid (x);
    case M2F_TANH:
        return tanh (x);
    case M2F_LAPLACE:
        return 0.5 * (1 + erf ((x - 0.707107) / (0.282095 * sqrt (2))));
    case M2F_SQRT_SOFTPLUS:
        return sqrt (softplus (x));
    case M2F_NO_ACTIVATION:
    case M2F_PRELU:
    case M2F_XIELU:
    case M2F_N_ACTIVATIONS:
        break;
    }
    return x;
}

static double
activate (const M2fPointwise *args, double x)
{
    if (args->activation == M2F_PRELU)
        return x < 0 ? args->alpha[0] * x : x;
    if (args->activation == M2F_XIELU)
        return args->alpha[2] * x + (x > 0 ? args->alpha[0] * x * x
            : args->alpha[1] * (expm1 (fmin (x, args->alpha[3])) - x));
    return m2f_reference_activate (args->activation, x);
}

void
m2f_reference_pointwise (M2fPlan *plan, const M2fPointwise *args)
{
    for (int64_t i = 0; i < m2f_tensor_rows (&args->dst); i++)
        for (int c = 0; c < args->dst.ne[3]; c++) {
            double x = m2f_row_f32 (&args->src, i)[c];

            if (m2f_tensor_present (&args->addend))
                x += m2f_row_f32 (&args->addend, i % m2f_tensor_rows (&args->addend))[c];
            x = activate (args, x);
            if (m2f_tensor_present (&args->factor))
                x *= m2f_row_f32 (&args->factor, i)[c];
            ref_store (&args->dst, i, c, x);
        }
}

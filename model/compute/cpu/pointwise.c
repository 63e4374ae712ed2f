/* pointwise: functions of one number, for networks whose activation is not in the products.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/bf16.h"
#include "model/compute/cpu/cpu.h"

#include <math.h>

#define ROWS 8      /* rows at a time */
#define COLUMNS 256 /* numbers of a row at a time */

static inline float
sigmoid (float x)
{
    return 1 / (1 + expf (-x));
}

/* log (1 + exp (x)), which does not overflow. */
static inline float
softplus (float x)
{
    return (x < 0 ? 0 : x) + log1pf (expf (-fabsf (x)));
}

static inline float
gelu (float x)
{
    return 0.5f * x * (1 + erff (x * (float) G_SQRT2 / 2));
}

static inline float
clamp (float x, float most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

static float
activate (const M2fPointwise *args, float x)
{
    switch (args->activation) {
    case M2F_RELU:
        return x < 0 ? 0 : x;
    case M2F_RELU6:
        return clamp (x, 6);
    case M2F_GELU:
        return gelu (x);
    case M2F_GELU_TANH:
        return 0.5f * x * (1 + tanhf (0.797884561f * (x + 0.044715f * x * x * x)));
    case M2F_GELU_CLIPPED:
        return gelu (x) > 10 ? 10 : gelu (x);
    case M2F_GELU_SIGMOID:
        return x * sigmoid (1.702f * x);
    case M2F_SILU:
        return x * sigmoid (x);
    case M2F_HARD_SWISH:
        return x * clamp (x + 3, 6) / 6;
    case M2F_MISH:
        return x * tanhf (softplus (x));
    case M2F_LEAKY_RELU:
        return x < 0 ? 0.01f * x : x;
    case M2F_RELU_SQUARED:
        return x < 0 ? 0 : x * x;
    case M2F_SIGMOID:
        return sigmoid (x);
    case M2F_TANH:
        return tanhf (x);
    case M2F_LAPLACE:
        return 0.5f * (1 + erff ((x - 0.707107f) / (0.282095f * (float) G_SQRT2)));
    case M2F_SQRT_SOFTPLUS:
        return sqrtf (softplus (x));
    case M2F_PRELU:
        return x < 0 ? args->alpha[0] * x : x;
    case M2F_XIELU:
        return args->alpha[2] * x + (x > 0 ? args->alpha[0] * x * x
            : args->alpha[1] * (expm1f (x < args->alpha[3] ? x : args->alpha[3]) - x));
    case M2F_NO_ACTIVATION:
    case M2F_N_ACTIVATIONS:
        break;
    }
    return x;
}

/* Numbers [first, first + n) of row `i`. */
static void
activate_part (const M2fPointwise *args, int i, int first, int n)
{
    const bool rounded = args->dst.type == M2F_BF16;
    const float *src = m2f_row_f32 (&args->src, i) + first;
    float sums[COLUMNS];
    float *dst = rounded ? sums : m2f_row_f32 (&args->dst, i) + first;

    for (int c = 0; c < n; c++)
        dst[c] = src[c];
    if (m2f_tensor_present (&args->addend)) {
        const int row = (int) (i % m2f_tensor_rows (&args->addend));
        const float *addend = m2f_row_f32 (&args->addend, row) + first;

        for (int c = 0; c < n; c++)
            dst[c] += addend[c];
    }
    for (int c = 0; c < n; c++)
        dst[c] = activate (args, dst[c]);
    if (m2f_tensor_present (&args->factor)) {
        const float *factor = m2f_row_f32 (&args->factor, i) + first;

        for (int c = 0; c < n; c++)
            dst[c] *= factor[c];
    }
    for (int c = 0; rounded && c < n; c++)
        m2f_row_bf16 (&args->dst, i)[first + c] = m2f_bf16_from_float (dst[c]);
}

static void
pointwise_rows (void *arg, int begin, int end, int thread)
{
    const M2fPointwise *args = arg;

    for (int i = begin; i < end; i++)
        for (int c = 0; c < args->dst.ne[3]; c += COLUMNS)
            activate_part (args, i, c, MIN (COLUMNS, args->dst.ne[3] - c));
}

static void
pointwise (CpuDevice *device, const M2fPointwise *args)
{
    cpu_parallel (device->pool, (int) m2f_tensor_rows (&args->dst), ROWS, pointwise_rows,
        (void *) args);
}

void
ISA (cpu_init_pointwise) (CpuKernels *kernels)
{
    kernels->pointwise = pointwise;
}

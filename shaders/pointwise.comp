#version 450
/* Functions of one number: one invocation per number, or per pair in fp16.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "half.glsl"

layout (local_size_x = 256) in;
layout (constant_id = 0) const int HALVES = 0;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Addend { float addend[]; };
layout (binding = 3) readonly buffer Factor { float factor[]; };
layout (push_constant) uniform Push { PointwisePush p; };

/* The built-in one is a quotient of exponentials, which may overflow. */
float
tanh_bounded (float x)
{
    return 1.0 - 2.0 / (exp (2.0 * x) + 1.0);
}

/* log (1 + exp (x)); the square root of a small one has to be right too. */
float
softplus (float x)
{
    float e = exp (-abs (x));

    return (x < 0.0 ? 0.0 : x) + (e < 1e-3 ? e - 0.5 * e * e : log (1.0 + e));
}

float
clamp_below (float x, float most)
{
    return x < 0.0 ? 0.0 : x > most ? most : x; /* NaN stays NaN */
}

float
gelu (float x)
{
    return 0.5 * x * (1.0 + erf_approx (x * 0.70710678118654752));
}

float
activate (int activation, float x)
{
    switch (activation) {
    case PUSH_RELU:
        return x < 0.0 ? 0.0 : x;
    case PUSH_RELU6:
        return clamp_below (x, 6.0);
    case PUSH_GELU:
        return gelu (x);
    case PUSH_GELU_TANH:
        return 0.5 * x * (1.0 + tanh_bounded (0.79788456080286536 * (x + 0.044715 * x * x * x)));
    case PUSH_GELU_CLIPPED:
        return gelu (x) > 10.0 ? 10.0 : gelu (x);
    case PUSH_GELU_SIGMOID:
        return x * sigmoid (1.702 * x);
    case PUSH_SILU:
        return x * sigmoid (x);
    case PUSH_HARD_SWISH:
        return x * clamp_below (x + 3.0, 6.0) / 6.0;
    case PUSH_MISH:
        return x * tanh_bounded (softplus (x));
    case PUSH_LEAKY_RELU:
        return x < 0.0 ? 0.01 * x : x;
    case PUSH_RELU_SQUARED:
        return x < 0.0 ? 0.0 : x * x;
    case PUSH_SIGMOID:
        return sigmoid (x);
    case PUSH_TANH:
        return tanh_bounded (x);
    case PUSH_LAPLACE:
        return 0.5 * (1.0 + erf_approx ((x - 0.707107) / (0.282095 * 1.41421356237309505)));
    case PUSH_SQRT_SOFTPLUS:
        return sqrt (softplus (x));
    case PUSH_PRELU:
        return x < 0.0 ? p.alpha0 * x : x;
    case PUSH_XIELU:
        return p.alpha2 * x + (x > 0.0 ? p.alpha0 * x * x
            : p.alpha1 * (exp (min (x, p.alpha3)) - 1.0 - x));
    default:
        return x;
    }
}

const int OWN = HALVES != 0 ? 2 : 1; /* numbers of an invocation */

float
compute (int row, int column)
{
    float x = src[p.src + row * p.src_stride + column];

    if ((p.flags & M2F_HAS_ADDEND) != 0)
        x += addend[p.addend + row % p.addend_rows * p.addend_stride + column];
    x = activate (p.activation, x);
    if ((p.flags & M2F_HAS_FACTOR) != 0)
        x *= factor[p.factor + row * p.factor_stride + column];
    return x;
}

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x, pieces = uint (p.columns / OWN);
    int column = int (id % pieces) * OWN, row = int (id / pieces);
    int to = p.dst + row * p.dst_stride + column;

    if (row >= p.rows)
        return;
    if (OWN == 1)
        dst[to] = compute (row, column);
    else
        dst_halves[to / 2] = halves_of (compute (row, column), compute (row, column + 1));
}

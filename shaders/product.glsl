/* Operands and epilogue of the products: linear, matmul, convolutions (CONV).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WEIGHT_F16: weights are pairs of halves.
 */
#include "activation.glsl"

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
#ifdef WEIGHT_F16
layout (binding = 2) readonly buffer Weight { uint weight[]; };
#else
layout (binding = 2) readonly buffer Weight { float weight[]; };
#endif
layout (binding = 3) readonly buffer Bias { float bias[]; };
#ifndef CONV
layout (binding = 4) readonly buffer Addend { float addend[]; };
layout (binding = 5) readonly buffer Residual { float residual[]; };
layout (push_constant) uniform Push { GemmPush p; };
#else
layout (push_constant) uniform Push { ConvPush p; };
#endif

float
weight_at (int index)
{
#ifdef WEIGHT_F16
    vec2 pair = unpackHalf2x16 (weight[index >> 1]);
    return (index & 1) == 0 ? pair.x : pair.y;
#else
    return weight[index];
#endif
}

#ifdef CONV
/* Element k = tap * channels + channel of the pixels around output pixel m. */
float
a_at (int m, int k, int batch)
{
    int tap = k / p.channels, c = k - tap * p.channels, padding = p.kernel / 2;
    int y = m / p.width * p.step + tap / p.kernel - padding;
    int x = m % p.width * p.step + tap % p.kernel - padding;

    if (y < 0 || x < 0 || y >= p.src_height || x >= p.src_width)
        return 0.0;
    return src[p.src + ((batch * p.src_height + y) * p.src_width + x) * p.src_stride + c];
}
#else
float
a_at (int m, int k, int batch)
{
    return src[p.src + batch * p.src_batch + m * p.src_stride + k];
}
#endif

void
store (int m, int n, int batch, float sum)
{
#ifdef CONV
    if ((p.flags & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + n];
    dst[p.dst + (batch * p.height * p.width + m) * p.dst_stride + n]
        = activate (p.activation, sum);
#else
    if ((p.flags & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + batch * p.bias_batch + n];
    if ((p.flags & M2F_HAS_ROW_BIAS) != 0)
        sum += addend[p.addend + batch * p.row_bias_batch + m];
    if ((p.flags & M2F_HAS_ADDEND) != 0)
        sum += addend[p.addend + m % p.addend_rows * p.addend_stride + n];
    sum = activate (p.activation, sum);
    if ((p.flags & M2F_HAS_RESIDUAL) != 0)
        sum += residual[p.residual + m * p.residual_stride + n];
    dst[p.dst + batch * p.dst_batch + m * p.dst_stride + n] = sum;
#endif
}

#ifdef CONV
int rows () { return p.height * p.width; }
int depth () { return p.kernel * p.kernel * p.channels; }
int weight_row (int n, int batch) { return p.weight + n * depth (); }
#else
int rows () { return p.m; }
int depth () { return p.k; }
int weight_row (int n, int batch)
{
    return p.weight + batch * p.weight_batch + n * p.weight_stride;
}
#endif

/* Factors of output (m, n), zero where there are none. */
float
left (int m, int k, int batch)
{
    return m < rows () && k < depth () ? a_at (m, k, batch) : 0.0;
}

float
right (int n, int k, int batch)
{
    return n < p.n && k < depth () ? weight_at (weight_row (n, batch) + k) : 0.0;
}

/* Stores an output that is there. */
void
put (int m, int n, int batch, float sum)
{
    if (m < rows () && n < p.n)
        store (m, n, batch, sum);
}

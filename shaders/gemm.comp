#version 450
/* dst = activation (src . weight^T + bias + addend) + residual, and the 3x3 convolution as the
 * same product over gathered pixels (CONV3X3).  WEIGHT_F16: weights are pairs of halves.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The portable tier: 64 x 64 outputs per workgroup from slabs of 16 in shared memory (8.5 KiB),
 * 4 x 4 of them per invocation; nothing depends on the subgroup.
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
#ifdef WEIGHT_F16
layout (binding = 2) readonly buffer Weight { uint weight[]; };
#else
layout (binding = 2) readonly buffer Weight { float weight[]; };
#endif
layout (binding = 3) readonly buffer Bias { float bias[]; };
#ifndef CONV3X3
layout (binding = 4) readonly buffer Addend { float addend[]; };
layout (binding = 5) readonly buffer Residual { float residual[]; };
layout (push_constant) uniform Push { GemmPush p; };
#else
layout (push_constant) uniform Push { ConvPush p; };
#endif

const int TILE = 64, DEPTH = 16;
shared float a_tile[TILE][DEPTH + 1];
shared float b_tile[TILE][DEPTH + 1];

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

#ifdef CONV3X3
/* Element k = tap * channels + channel of the pixels around output pixel m. */
float
a_at (int m, int k, int batch)
{
    int tap = k / p.channels, c = k - tap * p.channels;
    int y = m / p.width + tap / 3 - 1, x = m % p.width + tap % 3 - 1;

    if (y < 0 || x < 0 || y >= p.height || x >= p.width)
        return 0.0;
    return src[p.src + ((batch * p.height + y) * p.width + x) * p.src_stride + c];
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
#ifdef CONV3X3
    if ((p.flags & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + n];
    dst[p.dst + (batch * p.height * p.width + m) * p.dst_stride + n] = sum;
#else
    if ((p.flags & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + batch * p.bias_batch + n];
    if ((p.flags & M2F_HAS_ROW_BIAS) != 0)
        sum += addend[p.addend + batch * p.row_bias_batch + m];
    if ((p.flags & M2F_HAS_ADDEND) != 0)
        sum += addend[p.addend + m % p.addend_rows * p.addend_stride + n];
    if (p.activation == 1)
        sum = max (sum, 0.0);
    else if (p.activation == 2)
        sum = 0.5 * sum * (1.0 + erf_approx (sum * 0.70710678118654752));
    if ((p.flags & M2F_HAS_RESIDUAL) != 0)
        sum += residual[p.residual + m * p.residual_stride + n];
    dst[p.dst + batch * p.dst_batch + m * p.dst_stride + n] = sum;
#endif
}

void
main ()
{
#ifdef CONV3X3
    int rows = p.height * p.width, depth = 9 * p.channels, weight_stride = depth;
    int weight_first = p.weight;
#else
    int rows = p.m, depth = p.k, weight_stride = p.weight_stride;
    int weight_first = p.weight + int (gl_WorkGroupID.z) * p.weight_batch;
#endif
    int id = int (gl_LocalInvocationID.x), batch = int (gl_WorkGroupID.z);
    int m0 = int (gl_WorkGroupID.y) * TILE, n0 = int (gl_WorkGroupID.x) * TILE;
    int tx = id % 16, ty = id / 16;
    float sum[4][4];

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            sum[i][j] = 0.0;
    for (int k0 = 0; k0 < depth; k0 += DEPTH) {
        for (int l = 0; l < 4; l++) {
            int row = id / DEPTH + 16 * l, k = k0 + id % DEPTH;
            bool in_depth = k < depth;
            a_tile[row][id % DEPTH] = in_depth && m0 + row < rows ? a_at (m0 + row, k, batch) : 0.0;
            b_tile[row][id % DEPTH] = in_depth && n0 + row < p.n
                ? weight_at (weight_first + (n0 + row) * weight_stride + k) : 0.0;
        }
        barrier ();
        for (int k = 0; k < DEPTH; k++) {
            float a[4], b[4];
            for (int i = 0; i < 4; i++) {
                a[i] = a_tile[ty + 16 * i][k];
                b[i] = b_tile[tx + 16 * i][k];
            }
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++)
                    sum[i][j] = fma (a[i], b[j], sum[i][j]);
        }
        barrier ();
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            if (m0 + ty + 16 * i < rows && n0 + tx + 16 * j < p.n)
                store (m0 + ty + 16 * i, n0 + tx + 16 * j, batch, sum[i][j]);
}

/* Operands and epilogue of the products: linear, matmul, convolutions (CONV).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WEIGHT_F16: weights are pairs of halves.
 */
#include "activation.glsl"

layout (constant_id = 4) const int ACTIVATION = 0;
layout (constant_id = 5) const int FLAGS = 0;
layout (constant_id = 6) const int WIDE = 0; /* 1: rows of whole slabs, four numbers aligned */
layout (constant_id = 7) const int NORM_VALUES = 0; /* that a lane has of a normalised row */

layout (binding = 0) coherent buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
#ifdef WEIGHT_F16
layout (binding = 2) readonly buffer Weight { uint weight[]; };
#else
layout (binding = 2) readonly buffer Weight { float weight[]; };
#endif
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (binding = 4) readonly buffer Addend { float addend[]; };
#ifndef CONV
layout (binding = 5) readonly buffer Residual { float residual[]; };
layout (binding = 6) writeonly buffer Normed { float normed[]; };
layout (binding = 7) readonly buffer NormWeight { float norm_weight[]; };
layout (binding = 8) readonly buffer NormBias { float norm_bias[]; };
layout (binding = 9) coherent buffer Scratch { uint scratch[]; };
layout (binding = 10) writeonly buffer Normed2 { float normed_2[]; };
layout (binding = 11) readonly buffer NormWeight2 { float norm_weight_2[]; };
layout (binding = 12) readonly buffer NormBias2 { float norm_bias_2[]; };
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
    if ((FLAGS & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + n];
    m += batch * p.height * p.width;
    if ((FLAGS & M2F_HAS_ADDEND) != 0)
        sum += addend[p.addend + m * p.addend_stride + n];
    dst[p.dst + m * p.dst_stride + n] = activate (ACTIVATION, sum);
#else
    if ((FLAGS & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + batch * p.bias_batch + n];
    if ((FLAGS & M2F_HAS_ROW_BIAS) != 0)
        sum += addend[p.addend + batch * p.row_bias_batch + m];
    if ((FLAGS & M2F_HAS_ADDEND) != 0)
        sum += addend[p.addend + m % p.addend_rows * p.addend_stride + n];
    sum = activate (ACTIVATION, sum);
    if ((FLAGS & M2F_HAS_RESIDUAL) != 0)
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

#ifdef WEIGHT_F16
layout (binding = 1) readonly buffer Src4 { vec4 src4[]; };
layout (binding = 2) readonly buffer Weight4 { uvec2 weight4[]; };

/* Four neighbouring factors of output m.  Rows beyond the last are never stored: any will do. */
vec4
left4 (int m, int k, int batch)
{
    if (WIDE == 0)
        return vec4 (left (m, k, batch), left (m, k + 1, batch), left (m, k + 2, batch),
            left (m, k + 3, batch));
    m = min (m, rows () - 1);
#ifdef CONV
    int tap = k / p.channels, padding = p.kernel / 2;
    int y = m / p.width * p.step + tap / p.kernel - padding;
    int x = m % p.width * p.step + tap % p.kernel - padding;
    if (y < 0 || x < 0 || y >= p.src_height || x >= p.src_width)
        return vec4 (0.0);
    int row = (batch * p.src_height + y) * p.src_width + x;
    return src4[(p.src + row * p.src_stride + k - tap * p.channels) / 4];
#else
    return src4[(p.src + batch * p.src_batch + m * p.src_stride + k) / 4];
#endif
}

/* Four neighbouring factors of output n, as halves. */
uvec2
right4 (int n, int k, int batch)
{
    if (WIDE == 0)
        return uvec2 (packHalf2x16 (vec2 (right (n, k, batch), right (n, k + 1, batch))),
            packHalf2x16 (vec2 (right (n, k + 2, batch), right (n, k + 3, batch))));
    return weight4[(weight_row (min (n, p.n - 1), batch) + k) / 4];
}
#endif

/* Stores an output that is there. */
void
put (int m, int n, int batch, float sum)
{
    if (m < rows () && n < p.n)
        store (m, n, batch, sum);
}

#ifdef CONV
int picture () { return int (gl_WorkGroupID.z); }
int first_k () { return 0; }
int last_k () { return depth (); }
#else
int picture () { return int (gl_WorkGroupID.z) / p.splits; }
int first_k () { return int (gl_WorkGroupID.z) % p.splits * p.split_depth; }
int last_k () { return min (first_k () + p.split_depth, depth ()); }

/* ---- outputs that several workgroups share -------------------------------------------------- */

shared uint arrival;

/* Whether all of `count` workgroups have come here and so everything that they wrote is there. */
bool
is_last (int counter, int count)
{
    memoryBarrierBuffer ();
    barrier ();
    if (gl_LocalInvocationIndex == 0u) {
        arrival = atomicAdd (scratch[counter], 1u);
        if (arrival == uint (count - 1))
            scratch[counter] = 0u; /* for the next run */
    }
    barrier ();
    memoryBarrierBuffer ();
    return arrival == uint (count - 1);
}

/* Row of tiles of this workgroup, over all pictures. */
int
tile_row ()
{
    return picture () * int (gl_NumWorkGroups.y) + int (gl_WorkGroupID.y);
}

int
tile ()
{
    return tile_row () * int (gl_NumWorkGroups.x) + int (gl_WorkGroupID.x);
}

/* Where sum `index` of the tile is that summed over one part of k. */
int
part_at (int split, int index)
{
    return PRODUCT_TILES + PRODUCT_ROWS
        + (tile () * p.splits + split) * PRODUCT_TILE * PRODUCT_TILE + index;
}

void
leave_sum (int index, float sum)
{
    scratch[part_at (int (gl_WorkGroupID.z) % p.splits, index)] = floatBitsToUint (sum);
}

float
part (int split, int index)
{
    return uintBitsToFloat (scratch[part_at (split, index)]);
}

/* ---- layer norm of finished rows ------------------------------------------------------------ */

const int LANES = PRODUCT_NORM_LANES;
const int VALUES = NORM_VALUES > 0 ? NORM_VALUES : 1;
shared float lane_sums[256];

/* The sum of the values of a row's lanes. */
float
row_total (float value)
{
    int id = int (gl_LocalInvocationIndex), first = id / LANES * LANES;
    float sum = 0.0;

    barrier ();
    lane_sums[id] = value;
    barrier ();
    for (int i = 0; i < LANES; i++)
        sum += lane_sums[first + i];
    return sum;
}

/* What a lane has of its row: channels lane, lane + LANES and so on. */
float values[VALUES];

/* Takes the mean from the row's values and divides them by the deviation. */
void
standardise ()
{
    int lane = int (gl_LocalInvocationIndex) % LANES;
    float sum = 0.0, squares = 0.0;

    [[unroll]] for (int j = 0; j < VALUES; j++)
        sum += values[j];
    float mean = row_total (sum) / float (p.n);
    [[unroll]] for (int j = 0; j < VALUES; j++) {
        values[j] -= mean;
        squares += lane + LANES * j < p.n ? values[j] * values[j] : 0.0;
    }
    float scale = inversesqrt (row_total (squares) / float (p.n) + p.eps);
    [[unroll]] for (int j = 0; j < VALUES; j++)
        values[j] *= scale;
}

/* Normalises row m, which is there if m is below p.m, with the lanes of the invocation's group. */
void
normalise_row (int m)
{
    int lane = int (gl_LocalInvocationIndex) % LANES, row = min (m, p.m - 1);

    [[unroll]] for (int j = 0; j < VALUES; j++) {
        int c = lane + LANES * j;
        values[j] = c < p.n ? dst[p.dst + row * p.dst_stride + c] : 0.0;
    }
    standardise ();
    [[unroll]] for (int j = 0; j < VALUES; j++) {
        int c = lane + LANES * j;
        values[j] = c < p.n
            ? values[j] * norm_weight[p.norm_weight + c] + norm_bias[p.norm_bias + c] : 0.0;
        if (m < p.m && c < p.n)
            normed[p.normed + row * p.normed_stride + c] = values[j];
    }
    if ((FLAGS & M2F_HAS_NORM_2) == 0)
        return;
    standardise ();
    [[unroll]] for (int j = 0; j < VALUES; j++) {
        int c = lane + LANES * j;
        if (m < p.m && c < p.n)
            normed_2[p.normed_2 + row * p.normed_stride_2 + c]
                = values[j] * norm_weight_2[p.norm_weight_2 + c] + norm_bias_2[p.norm_bias_2 + c];
    }
}

/* Normalises the rows of a tile once all their outputs are there; all invocations must call it. */
void
normalise_rows ()
{
    int first = int (gl_WorkGroupID.y) * PRODUCT_TILE;
    int group = int (gl_LocalInvocationIndex) / LANES, groups = int (gl_WorkGroupSize.x) / LANES;

    if (is_last (PRODUCT_TILES + tile_row (), int (gl_NumWorkGroups.x)))
        for (int i = group; i < PRODUCT_TILE; i += groups)
            normalise_row (first + i);
}
#endif

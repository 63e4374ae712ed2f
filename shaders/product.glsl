/* Operands and epilogue of the products: linear, matmul, convolutions (CONV).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WEIGHT_F16: weights are pairs of halves.
 */
#include "activation.glsl"
#include "half.glsl"

layout (constant_id = 4) const int ACTIVATION = 0;
layout (constant_id = 5) const int FLAGS = 0;
layout (constant_id = 6) const int WIDE = 0; /* 1: rows of whole slabs, four numbers aligned */
layout (constant_id = 7) const int NORM_CHANNELS = 0; /* of a row that is normalised, rounded up */
layout (constant_id = 8) const int TILE_M = PRODUCT_TILE; /* outputs of a workgroup: 32 or 64 */
layout (constant_id = 9) const int TILE_N = PRODUCT_TILE;
layout (constant_id = 11) const int HALVES = 0; /* what is in fp16 */

layout (binding = 0) coherent buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 1) readonly buffer SrcHalves { uint src_halves[]; };
#ifdef WEIGHT_F16
layout (binding = 2) readonly buffer Weight { uint weight[]; };
#else
layout (binding = 2) readonly buffer Weight { float weight[]; };
#endif
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (binding = 4) readonly buffer Addend { float addend[]; };
layout (binding = 9) coherent buffer Scratch { uint scratch[]; };
#ifndef CONV
layout (binding = 5) readonly buffer Residual { float residual[]; };
layout (binding = 6) writeonly buffer Normed { float normed[]; };
layout (binding = 6) writeonly buffer NormedHalves { uint normed_halves[]; };
layout (binding = 7) readonly buffer NormWeight { float norm_weight[]; };
layout (binding = 8) readonly buffer NormBias { float norm_bias[]; };
layout (binding = 10) writeonly buffer Normed2 { float normed_2[]; };
layout (binding = 10) writeonly buffer Normed2Halves { uint normed_2_halves[]; };
layout (binding = 11) readonly buffer NormWeight2 { float norm_weight_2[]; };
layout (binding = 12) readonly buffer NormBias2 { float norm_bias_2[]; };
layout (push_constant) uniform Push { GemmPush p; };
#else
layout (push_constant) uniform Push { ConvPush p; };
#endif
layout (binding = 1) readonly buffer Src4 { vec4 src4[]; };
layout (binding = 1) readonly buffer SrcHalves4 { uvec2 src_halves4[]; };
#ifdef WEIGHT_F16
layout (binding = 2) readonly buffer Weight4 { uvec2 weight4[]; };
#else
layout (binding = 2) readonly buffer Weight4 { vec4 weight4[]; };
#endif

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

/* What this workgroup computes: tile (x, y) of a picture, summed over a part of k. */
int picture () { return int (gl_WorkGroupID.z) / p.splits; }
int first_m () { return int (gl_WorkGroupID.y) * TILE_M; }
int first_n () { return int (gl_WorkGroupID.x) * TILE_N; }
int first_k () { return int (gl_WorkGroupID.z) % p.splits * p.split_depth; }
int last_k () { return min (first_k () + p.split_depth, depth ()); }

/* ---- slabs ---------------------------------------------------------------------------------- */

/* What an invocation reads of a slab: four factors at a time. */
const int QUADS = DEPTH / 4; /* of a row */
const int READS_A = (TILE_M * QUADS + THREADS - 1) / THREADS;
const int READS_B = (TILE_N * QUADS + THREADS - 1) / THREADS;
vec4 a_read[READS_A];
uvec2 a_halves[READS_A]; /* in their place, of a source in fp16 */
#ifdef WEIGHT_F16
uvec2 b_read[READS_B]; /* halves */
#else
vec4 b_read[READS_B];
#endif

int quad (int i) { return int (gl_LocalInvocationIndex) + i * THREADS; }

float
weight_at (int index)
{
#ifdef WEIGHT_F16
    return half_in (weight[index >> 1], index);
#else
    return weight[index];
#endif
}

float
src_at (int index)
{
    return (HALVES & HALVES_SRC) != 0 ? half_in (src_halves[index >> 1], index) : src[index];
}

/* Factor k of output n, zero where there is none. */
float
right (int n, int k, int batch)
{
    return n < p.n && k < depth () ? weight_at (weight_row (n, batch) + k) : 0.0;
}

#ifdef CONV
/* Where the pixels around the output of every read begin, and the tile's channels of a pixel. */
ivec2 corner[READS_A];
int first_channel;

/* Where the tile's channels of pixel (y, x) of the source begin; -1 outside. */
int
pixel (ivec2 at, int batch)
{
    if (at.x < 0 || at.y < 0 || at.x >= p.src_width || at.y >= p.src_height)
        return -1;
    return first_channel + ((batch * p.src_height + at.y) * p.src_width + at.x) * p.src_stride;
}

void
find_rows ()
{
    first_channel = p.src + first_n () / p.group * p.channels;
    [[unroll]] for (int i = 0; i < READS_A; i++) {
        int m = min (first_m () + quad (i) / QUADS, rows () - 1), y = m / p.width;
        corner[i] = ivec2 (m - y * p.width, y) * p.step - p.kernel / 2;
    }
}

/* Factor k of read i: k is tap * channels + channel. */
float
left (int i, int k, int batch)
{
    int tap = k / p.channels, y = tap / p.kernel;
    int at = k < depth () ? pixel (corner[i] + ivec2 (tap - y * p.kernel, y), batch) : -1;

    return at < 0 ? 0.0 : src_at (at + k - tap * p.channels);
}
#else
void find_rows () { }

float
left (int i, int k, int batch)
{
    int m = min (first_m () + quad (i) / QUADS, rows () - 1);

    return k < depth () ? src_at (p.src + batch * p.src_batch + m * p.src_stride + k) : 0.0;
}
#endif

/* Where the four factors of read i in the wide slab that begins at k0 are, all of one tap; -1 if
 * they are zero.  Rows beyond the last are never stored: any will do. */
int
left_place (int i, int k0, int batch)
{
    int k = quad (i) % QUADS * 4;

#ifdef CONV
    int tap = k0 / p.channels, y = tap / p.kernel;
    int at = pixel (corner[i] + ivec2 (tap - y * p.kernel, y), batch);
    return at < 0 ? -1 : at + k0 - tap * p.channels + k;
#else
    int m = min (first_m () + quad (i) / QUADS, rows () - 1);
    return p.src + batch * p.src_batch + m * p.src_stride + k0 + k;
#endif
}

/* Reads four neighbouring factors in the slab that begins at k0. */
void
read_left (int i, int k0, int batch)
{
    if (WIDE == 0) {
        int k = k0 + quad (i) % QUADS * 4;
        a_read[i] = vec4 (left (i, k, batch), left (i, k + 1, batch), left (i, k + 2, batch),
            left (i, k + 3, batch));
        return;
    }
    int at = left_place (i, k0, batch);
    if ((HALVES & HALVES_SRC) != 0)
        a_halves[i] = at < 0 ? uvec2 (0u) : src_halves4[at / 4];
    else
        a_read[i] = at < 0 ? vec4 (0.0) : src4[at / 4];
}

/* Whether factors were read as halves. */
const bool IS_HALF = (HALVES & HALVES_SRC) != 0 && WIDE != 0;

#ifdef WEIGHT_F16
uvec2
#else
vec4
#endif
right4 (int i, int k0, int batch)
{
    int n = first_n () + column_of (quad (i) / QUADS), k = k0 + quad (i) % QUADS * 4;

    if (WIDE != 0)
        return weight4[(weight_row (min (n, p.n - 1), batch) + k) / 4];
    vec4 four = vec4 (right (n, k, batch), right (n, k + 1, batch), right (n, k + 2, batch),
        right (n, k + 3, batch));
#ifdef WEIGHT_F16
    return uvec2 (packHalf2x16 (four.xy), packHalf2x16 (four.zw));
#else
    return four;
#endif
}

void
read_slab (int k0)
{
    int batch = picture ();

    [[unroll]] for (int i = 0; i < READS_A; i++)
        read_left (i, k0, batch);
    [[unroll]] for (int i = 0; i < READS_B; i++)
        b_read[i] = right4 (i, k0, batch);
}

/* Whether read i is one of the slab's `rows` rows. */
bool is_in_slab (int i, int rows) { return rows * QUADS % THREADS == 0 || quad (i) < rows * QUADS; }

/* ---- outputs -------------------------------------------------------------------------------- */

/* Output (m, n) from its sum of products. */
float
finish (int m, int n, int batch, float sum)
{
#ifdef CONV
    if ((FLAGS & M2F_HAS_BIAS) != 0)
        sum += bias[p.bias + n];
    m += batch * p.height * p.width;
    if ((FLAGS & M2F_HAS_ADDEND) != 0)
        sum += addend[p.addend + m * p.addend_stride + n];
    return activate (ACTIVATION, sum);
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
    return sum;
#endif
}

int
dst_at (int m, int n, int batch)
{
#ifdef CONV
    return p.dst + (batch * p.height * p.width + m) * p.dst_stride + n;
#else
    return p.dst + batch * p.dst_batch + m * p.dst_stride + n;
#endif
}

/* Stores an output that is there. */
void
put (int m, int n, int batch, float sum)
{
    if (m < rows () && n < p.n)
        dst[dst_at (m, n, batch)] = finish (m, n, batch, sum);
}

/* Stores two neighbouring outputs in fp16: n is even, and so is their number. */
void
put_pair (int m, int n, int batch, float sum, float next)
{
    if (m < rows () && n < p.n)
        dst_halves[dst_at (m, n, batch) / 2]
            = halves_of (finish (m, n, batch, sum), finish (m, n + 1, batch, next));
}

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
        + (tile () * p.splits + split) * TILE_M * TILE_N + index;
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

#ifndef CONV
/* ---- layer norm of finished rows ------------------------------------------------------------ */

/* Lanes that share a row, so many that what each of them has stays in registers. */
const int MOST_LANES = THREADS < 64 ? THREADS : 64;
const int LANES = NORM_CHANNELS > 384 ? MOST_LANES : PRODUCT_NORM_LANES;
const bool IN_PAIRS = (HALVES & (HALVES_NORMED | HALVES_NORMED_2)) != 0;
const int EACH = NORM_CHANNELS > 0 ? (NORM_CHANNELS + LANES - 1) / LANES : 1;
const int VALUES = IN_PAIRS ? (EACH + 1) / 2 * 2 : EACH;
shared float lane_sums[THREADS];

/* The sum of the values of `n` lanes, `step` apart from `first` on; all invocations call it. */
float
lane_total (float value, int first, int step, int n)
{
    float sum = 0.0;

    barrier ();
    lane_sums[gl_LocalInvocationIndex] = value;
    barrier ();
    for (int i = 0; i < n; i++)
        sum += lane_sums[first + i * step];
    return sum;
}

/* The sum of the values of a row's lanes. */
float
row_total (float value)
{
    const int NEAR = PRODUCT_NORM_LANES;
    int id = int (gl_LocalInvocationIndex);
    float sum = lane_total (value, id / NEAR * NEAR, 1, NEAR);

    return LANES > NEAR ? lane_total (sum, id / LANES * LANES, NEAR, LANES / NEAR) : sum;
}

/* What a lane has of its row: channels lane, lane + LANES and so on, or pairs of them. */
float values[VALUES];

/* The channel of value j. */
int
channel_of (int j)
{
    int lane = int (gl_LocalInvocationIndex) % LANES;

    return IN_PAIRS ? (j / 2 * LANES + lane) * 2 + j % 2 : lane + LANES * j;
}

/* Takes the mean from the row's values and divides them by the deviation. */
void
standardise ()
{
    float sum = 0.0, squares = 0.0;

    [[unroll]] for (int j = 0; j < VALUES; j++)
        sum += values[j];
    float mean = row_total (sum) / float (p.n);
    [[unroll]] for (int j = 0; j < VALUES; j++) {
        values[j] -= mean;
        squares += channel_of (j) < p.n ? values[j] * values[j] : 0.0;
    }
    float scale = inversesqrt (row_total (squares) / float (p.n) + p.eps);
    [[unroll]] for (int j = 0; j < VALUES; j++)
        values[j] *= scale;
}

/* Normalises row m, which is there if m is below p.m, with the lanes of the invocation's group. */
void
normalise_row (int m)
{
    int row = min (m, p.m - 1), to = p.normed + row * p.normed_stride;

    [[unroll]] for (int j = 0; j < VALUES; j++) {
        int c = channel_of (j);
        values[j] = c < p.n ? dst[p.dst + row * p.dst_stride + c] : 0.0;
    }
    standardise ();
    [[unroll]] for (int j = 0; j < VALUES; j++) {
        int c = channel_of (j);
        values[j] = c < p.n
            ? values[j] * norm_weight[p.norm_weight + c] + norm_bias[p.norm_bias + c] : 0.0;
        if ((HALVES & HALVES_NORMED) == 0 && m < p.m && c < p.n)
            normed[to + c] = values[j];
        if ((HALVES & HALVES_NORMED) != 0 && j % 2 == 1 && m < p.m && c < p.n)
            normed_halves[(to + c) / 2] = halves_of (values[j - 1], values[j]);
    }
    if ((FLAGS & M2F_HAS_NORM_2) == 0)
        return;
    standardise ();
    to = p.normed_2 + row * p.normed_stride_2;
    [[unroll]] for (int j = 0; j < VALUES; j++) {
        int c = channel_of (j);
        values[j] = c < p.n
            ? values[j] * norm_weight_2[p.norm_weight_2 + c] + norm_bias_2[p.norm_bias_2 + c] : 0.0;
        if ((HALVES & HALVES_NORMED_2) == 0 && m < p.m && c < p.n)
            normed_2[to + c] = values[j];
        if ((HALVES & HALVES_NORMED_2) != 0 && j % 2 == 1 && m < p.m && c < p.n)
            normed_2_halves[(to + c) / 2] = halves_of (values[j - 1], values[j]);
    }
}

/* Normalises the rows of a tile once all their outputs are there; all invocations must call it. */
void
normalise_rows ()
{
    int group = int (gl_LocalInvocationIndex) / LANES, groups = THREADS / LANES;

    if (is_last (PRODUCT_TILES + tile_row (), int (gl_NumWorkGroups.x)))
        for (int i = group; i < TILE_M; i += groups)
            normalise_row (first_m () + i);
}
#endif

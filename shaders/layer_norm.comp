#version 450
/* Layer norm of one row per workgroup; PATCH_MERGE: of the four pixels of a 2x2 block.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The row is read once and stays in registers; a wide one has a larger workgroup.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"
#include "half.glsl"

layout (local_size_x = 64, local_size_x_id = 0) in; /* a multiple of NORM_NEAR */
layout (constant_id = 1) const int CHANNELS = 256;  /* of a row, or somewhat more */
layout (constant_id = 2) const int HALVES = 0;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { NormPush p; };

float
source (int row, int c)
{
#ifdef PATCH_MERGE
    /* blocks are concatenated as (row, column) (0,0) (1,0) (0,1) (1,1) */
    int quarter = p.channels / 4, block = c / quarter;
    int blocks_x = (p.width + 1) / 2, blocks_y = (p.height + 1) / 2;
    int x = row % blocks_x * 2 + block / 2, y = row / blocks_x % blocks_y * 2 + block % 2;
    int batch = row / (blocks_x * blocks_y);

    if (x >= p.width || y >= p.height)
        return 0.0;
    return src[p.src + ((batch * p.height + y) * p.width + x) * p.src_stride + c % quarter];
#else
    return src[p.src + row * p.src_stride + c];
#endif
}

const int SIZE = int (gl_WorkGroupSize.x), EACH = (CHANNELS + SIZE - 1) / SIZE;
const int VALUES = HALVES != 0 ? (EACH + 1) / 2 * 2 : EACH;
shared float partial[SIZE];

/* The sum of every invocation's value, for all of them: of NORM_NEAR at a time, then of these. */
float
total (float value)
{
    int id = int (gl_LocalInvocationID.x), first = id / NORM_NEAR * NORM_NEAR;
    float near = 0.0, sum = 0.0;

    barrier ();
    partial[id] = value;
    barrier ();
    for (int i = 0; i < NORM_NEAR; i++)
        near += partial[first + i];
    barrier ();
    partial[id] = near;
    barrier ();
    for (int i = 0; i < SIZE; i += NORM_NEAR)
        sum += partial[i];
    return sum;
}

/* The channel of value i of an invocation, which has pairs if the result is in fp16. */
int
channel_of (int i)
{
    int id = int (gl_LocalInvocationID.x);

    return HALVES != 0 ? (i / 2 * SIZE + id) * 2 + i % 2 : id + i * SIZE;
}

void
main ()
{
    int row = int (flat_group ());
    float values[VALUES], sum = 0.0, squares = 0.0;

    if (row >= p.rows)
        return;
    [[unroll]] for (int i = 0; i < VALUES; i++) {
        int c = channel_of (i);
        values[i] = c < p.channels ? source (row, c) : 0.0;
        sum += values[i];
    }
    float mean = total (sum) / float (p.channels);
    [[unroll]] for (int i = 0; i < VALUES; i++) {
        values[i] -= mean;
        squares += channel_of (i) < p.channels ? values[i] * values[i] : 0.0;
    }
    float scale = inversesqrt (total (squares) / float (p.channels) + p.eps);
    [[unroll]] for (int i = 0; i < VALUES; i++) {
        int c = channel_of (i), at = p.dst + row * p.dst_stride + c;
        if (c >= p.channels)
            continue;
        values[i] = values[i] * scale * weight[p.weight + c] + bias[p.bias + c];
        if (HALVES == 0)
            dst[at] = values[i];
        else if (i % 2 == 1)
            dst_halves[at / 2] = halves_of (values[i - 1], values[i]);
    }
}

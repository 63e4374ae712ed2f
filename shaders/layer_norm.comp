#version 450
/* Layer norm of one row per workgroup; PATCH_MERGE: of the four pixels of a 2x2 block.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "reduce.glsl"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
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

void
main ()
{
    int row = int (flat_group ()), id = int (gl_LocalInvocationID.x);
    float sum = 0.0, squares = 0.0;

    if (row >= p.rows)
        return;
    for (int c = id; c < p.channels; c += 64)
        sum += source (row, c);
    float mean = total (sum) / float (p.channels);
    for (int c = id; c < p.channels; c += 64) {
        float d = source (row, c) - mean;
        squares += d * d;
    }
    float scale = inversesqrt (total (squares) / float (p.channels) + p.eps);
    for (int c = id; c < p.channels; c += 64)
        dst[p.dst + row * p.dst_stride + c]
            = (source (row, c) - mean) * scale * weight[p.weight + c] + bias[p.bias + c];
}

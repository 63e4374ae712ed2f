#version 450
/* First half of group norm: count, mean and squared deviation of one chunk of pixels of a group.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A chunk is read twice, so that deviations are taken from its own mean: sums of squares would
 * cancel over ten thousands of pixels.
 */
#include "common.glsl"
#include "push.h"
#include "reduce.glsl"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { vec4 stats[]; }; /* [batch][group][chunk] */
layout (binding = 1) readonly buffer Src { float src[]; };
layout (push_constant) uniform Push { GroupNormPush p; };

void
main ()
{
    int chunk = int (gl_WorkGroupID.x), group = int (gl_WorkGroupID.y);
    int batch = int (gl_WorkGroupID.z), id = int (gl_LocalInvocationID.x);
    int width = p.channels / p.groups;
    int begin = int (uint (p.pixels) / uint (p.chunks)) * chunk
        + min (chunk, p.pixels % p.chunks);
    int count = p.pixels / p.chunks + int (chunk < p.pixels % p.chunks);
    int first = p.src + (batch * p.pixels + begin) * p.src_stride + group * width;
    float sum = 0.0, squares = 0.0;

    for (int i = id; i < count * width; i += 64)
        sum += src[first + i / width * p.src_stride + i % width];
    float mean = total (sum) / max (float (count * width), 1.0);
    for (int i = id; i < count * width; i += 64) {
        float d = src[first + i / width * p.src_stride + i % width] - mean;
        squares += d * d;
    }
    squares = total (squares);
    if (id == 0)
        stats[(batch * p.groups + group) * p.chunks + chunk]
            = vec4 (float (count * width), mean, squares, 0.0);
}

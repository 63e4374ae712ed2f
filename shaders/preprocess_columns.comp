#version 450
/* Frame to network input, along the columns: filter, rounding, normalisation; one invocation per
 * output pixel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "fixed_point.glsl"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Rows { uint rows[]; };
layout (binding = 2) readonly buffer YFirst { int y_firsts[]; };
layout (binding = 3) readonly buffer YWeight { float y_weight[]; };
layout (binding = 4) readonly buffer Colors { PreprocessColors colors; };
layout (push_constant) uniform Push { PreprocessPush p; };

void
main ()
{
    int id = int (flat_group () * 64u + gl_LocalInvocationID.x);
    int x = id % p.width, y = id / p.width;
    ivec3 sum = ivec3 (0);

    if (y >= p.height)
        return;
    int first = y_firsts[p.y_first + y];
    for (int t = 0; t < p.y_taps; t++) {
        int weight = fixed_weight (y_weight[p.y_weight + y * p.y_weight_stride + t]);
        int row = min (first + t, p.source_height - 1);
        sum += weight * (ivec3 (int (rows[row * p.width + x])) >> ivec3 (0, 8, 16) & 0xff);
    }
    vec3 rgb = vec3 (fixed_byte (sum));
    for (int c = 0; c < 3; c++)
        dst[p.dst + id * p.dst_stride + c] = rgb[c] * colors.scale[c] + colors.offset[c];
}

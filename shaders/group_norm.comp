#version 450
/* Second half of group norm: the chunks' statistics are merged (Chan), then applied.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Weight { float weight[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (binding = 4) readonly buffer Stats { vec4 stats[]; };
layout (push_constant) uniform Push { GroupNormPush p; };

void
main ()
{
    int chunk = int (gl_WorkGroupID.x), group = int (gl_WorkGroupID.y);
    int batch = int (gl_WorkGroupID.z), id = int (gl_LocalInvocationID.x);
    int width = p.channels / p.groups;
    float count = 0.0, mean = 0.0, squares = 0.0;

    for (int i = 0; i < p.chunks; i++) {
        vec4 part = stats[(batch * p.groups + group) * p.chunks + i];
        if (part.x == 0.0)
            continue;
        float both = count + part.x, delta = part.y - mean;
        mean += delta * (part.x / both);
        squares += part.z + delta * delta * (count * part.x / both);
        count = both;
    }
    float scale = inversesqrt (squares / count + p.eps);
    int begin = p.pixels / p.chunks * chunk + min (chunk, p.pixels % p.chunks);
    int pixels = p.pixels / p.chunks + int (chunk < p.pixels % p.chunks);

    for (int i = id; i < pixels * width; i += 64) {
        int pixel = batch * p.pixels + begin + i / width, c = group * width + i % width;
        float value = (src[p.src + pixel * p.src_stride + c] - mean) * scale
            * weight[p.weight + c] + bias[p.bias + c];
        dst[p.dst + pixel * p.dst_stride + c] = p.relu != 0 && value < 0.0 ? 0.0 : value;
    }
}

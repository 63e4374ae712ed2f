#version 450
/* Frame to network input, along the rows: colour to 8-bit RGB, filter, rounding; one invocation
 * per source row and output column.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"
#include "fixed_point.glsl"

layout (local_size_x = 64) in;

layout (binding = 0) writeonly buffer Rows { uint rows[]; }; /* [source row][column]: r, g, b */
layout (binding = 1) readonly buffer Plane0 { uint plane0[]; };
layout (binding = 2) readonly buffer Plane1 { uint plane1[]; };
layout (binding = 3) readonly buffer Plane2 { uint plane2[]; };
layout (binding = 4) readonly buffer XFirst { int x_firsts[]; };
layout (binding = 5) readonly buffer XWeight { float x_weight[]; };
layout (binding = 6) readonly buffer Colors { PreprocessColors colors; };
layout (push_constant) uniform Push { PreprocessPush p; };

int
byte_of (uint word, int index)
{
    return int (word >> (index & 3) * 8 & 0xffu);
}

ivec3
rgb_at (int y, int x)
{
    if (p.pixels == 0) {
        int at = p.plane0 + y * p.stride0 + x * p.pixel_stride;
        ivec3 i = at + (ivec3 (p.rgb) >> ivec3 (0, 8, 16) & 0xff);
        return ivec3 (byte_of (plane0[i.r >> 2], i.r), byte_of (plane0[i.g >> 2], i.g),
            byte_of (plane0[i.b >> 2], i.b));
    }
    int luma = p.plane0 + y * p.stride0 + x;
    vec4 yuv = vec4 (byte_of (plane0[luma >> 2], luma), 0.0, 0.0, 1.0);
    if (p.pixels == 1) {
        int chroma = p.plane1 + y / 2 * p.stride1 + x / 2 * 2;
        yuv.y = byte_of (plane1[chroma >> 2], chroma);
        yuv.z = byte_of (plane1[chroma + 1 >> 2], chroma + 1);
    } else {
        int u = p.plane1 + y / 2 * p.stride1 + x / 2, v = p.plane2 + y / 2 * p.stride2 + x / 2;
        yuv.y = byte_of (plane1[u >> 2], u);
        yuv.z = byte_of (plane2[v >> 2], v);
    }
    vec3 rgb = vec3 (0.0);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 4; i++)
            rgb[c] += colors.yuv_to_rgb[4 * c + i] * yuv[i];
    return ivec3 (clamp (floor (rgb + 0.5), 0.0, 255.0));
}

void
main ()
{
    int id = int (flat_group () * 64u + gl_LocalInvocationID.x);
    int x = id % p.width, y = id / p.width;
    ivec3 sum = ivec3 (0);

    if (y >= p.source_height)
        return;
    int first = x_firsts[p.x_first + x];
    for (int t = 0; t < p.x_taps; t++) {
        int weight = fixed_weight (x_weight[p.x_weight + x * p.x_weight_stride + t]);
        if (weight != 0)
            sum += weight * rgb_at (y, min (first + t, p.source_width - 1));
    }
    ivec3 rgb = fixed_byte (sum);
    rows[id] = uint (rgb.r | rgb.g << 8 | rgb.b << 16);
}

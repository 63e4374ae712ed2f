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
byte_at (int plane, int i)
{
    uint word = plane == 0 ? plane0[i >> 2] : plane == 1 ? plane1[i >> 2] : plane2[i >> 2];

    return int (word >> (i & 3) * 8 & 0xffu);
}

/* Component c of a pixel of the frame. */
int
sample_at (int c, int y, int x)
{
    int plane = p.component[c] & 0xff, step = p.component[c] >> 8 & 0xff;
    int start = plane == 0 ? p.plane0 : plane == 1 ? p.plane1 : p.plane2;
    int stride = plane == 0 ? p.stride0 : plane == 1 ? p.stride1 : p.stride2;

    if (c > 0) {
        y >>= p.y_shift;
        x >>= p.x_shift;
    }
    int i = start + y * stride + x * step + (p.component[c] >> 16);
    int low = byte_at (plane, i);
    return p.sample_bytes == 1 ? low : low | byte_at (plane, i + 1) << 8;
}

ivec3
rgb_at (int y, int x)
{
    ivec3 samples = ivec3 (sample_at (0, y, x), sample_at (1, y, x), sample_at (2, y, x));

    if (p.is_yuv == 0)
        return samples;
    vec4 yuv = vec4 (samples, 1.0);
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

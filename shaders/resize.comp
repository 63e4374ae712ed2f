#version 450
/* Bilinear resize plus addend: one invocation per channel of an output pixel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 1) readonly buffer Src { float src[]; };
layout (binding = 2) readonly buffer Addend { float addend[]; };
layout (push_constant) uniform Push { ResizePush p; };

float
at (int batch, int y, int x, int c)
{
    return src[p.src + ((batch * p.src_height + y) * p.src_width + x) * p.src_stride + c];
}

void
main ()
{
    uint id = flat_group () * 256u + gl_LocalInvocationID.x;
    int c = int (id % uint (p.channels)), pixel = int (id / uint (p.channels));

    if (pixel >= p.batch * p.height * p.width)
        return;
    int batch = pixel / (p.height * p.width);
    Bilinear y = bilinear (pixel / p.width % p.height, p.src_height, p.height);
    Bilinear x = bilinear (pixel % p.width, p.src_width, p.width);
    float upper = mix (at (batch, y.i0, x.i0, c), at (batch, y.i0, x.i1, c), x.w1);
    float lower = mix (at (batch, y.i1, x.i0, c), at (batch, y.i1, x.i1, c), x.w1);
    float value = mix (upper, lower, y.w1);

    if ((p.flags & M2F_HAS_ADDEND) != 0)
        value += addend[p.addend + pixel * p.addend_stride + c];
    dst[p.dst + pixel * p.dst_stride + c] = value;
}

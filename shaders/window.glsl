/* Windows of a map: operands of window attention, and where a window's tokens are.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "half.glsl"

layout (constant_id = 0) const int DIM = 32;   /* channels of a head, at most MAX_HEAD_CHANNELS */
layout (constant_id = 1) const int WINDOW = 7; /* pixels along a side */
layout (constant_id = 2) const int HALVES = 0; /* of dst only if DIM is even */

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 2) readonly buffer Pad { float pad[]; };
layout (binding = 3) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { WindowPush p; };

const int TOKENS = WINDOW * WINDOW;

/* Token t of this window: its pixel in the map, or y < 0 for padding; z is its region. */
ivec3
locate (int t)
{
    int padded_h = p.rows * WINDOW, padded_w = p.columns * WINDOW;
    int window = p.first_window + int (gl_WorkGroupID.x);
    int wy = window / p.columns, wx = window % p.columns;
    int y = wy * WINDOW + t / WINDOW, x = wx * WINDOW + t % WINDOW;
    int region = 0;

    if (p.shift > 0) {
        int ry = y < padded_h - WINDOW ? 0 : y < padded_h - p.shift ? 1 : 2;
        int rx = x < padded_w - WINDOW ? 0 : x < padded_w - p.shift ? 1 : 2;
        region = ry * 3 + rx;
    }
    y = (y + p.shift) % padded_h;
    x = (x + p.shift) % padded_w;
    return ivec3 (y < p.height && x < p.width ? y : -1, x, region);
}

/* Where the projections of a pixel of the map begin. */
int
qkv_row (ivec3 at)
{
    int y = at.x - p.first_row + (at.x < p.first_row ? p.height : 0);

    return p.qkv + ((int (gl_WorkGroupID.z) * p.height + y) * p.width + at.y) * p.qkv_stride;
}

int
dst_row (ivec3 at)
{
    return p.dst + ((int (gl_WorkGroupID.z) * p.height + at.x) * p.width + at.y) * p.dst_stride;
}

/* What stands in the place of a projection of padding. */
float
padding (int column)
{
    return (p.flags & M2F_HAS_BIAS) != 0 ? pad[p.pad + column] : 0.0;
}

/* What is added to the score of a key by where it is from the query. */
float
position_bias (int query, int key, int head)
{
    const int ROW = 2 * WINDOW - 1;
    int dy = query / WINDOW - key / WINDOW, dx = query % WINDOW - key % WINDOW;

    return bias[p.bias + ((dy + WINDOW - 1) * ROW + dx + WINDOW - 1) * p.heads + head];
}

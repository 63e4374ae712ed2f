#version 450
/* The class with the largest sum at every output pixel of a band of rows.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 64) in;

layout (binding = 0) buffer Winner { uint winner[]; };
layout (binding = 1) readonly buffer Sums { float sums[]; };
layout (push_constant) uniform Push { ClassPush p; };
#include "small.glsl"

void
main ()
{
    int id = int (flat_group () * 64u + gl_LocalInvocationID.x);
    int pixel = p.first_out * p.width + id;

    if (id >= p.out_rows * p.width)
        return;
    Bilinear y = bilinear (pixel / p.width, p.mid_height, p.height);
    Bilinear x = bilinear (pixel % p.width, p.mid_width, p.width);
    int upper = (y.i0 - p.first_row) * p.mid_width * p.classes;
    int lower = (y.i1 - p.first_row) * p.mid_width * p.classes;
    int left = x.i0 * p.classes, right = x.i1 * p.classes, best = 0;
    float best_sum = 0.0;

    for (int c = 0; c < p.classes; c++) {
        float sum = mix (mix (sums[upper + left + c], sums[upper + right + c], x.w1),
            mix (sums[lower + left + c], sums[lower + right + c], x.w1), y.w1);
        if (c == 0 || sum > best_sum) {
            best = c;
            best_sum = sum;
        }
    }
    store_small (p.winner + pixel / p.width * p.winner_stride + pixel % p.width, uint (best),
        p.per_word);
}

#version 450
/* Masks painted over one another in channel order: one invocation per output pixel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) buffer Winner { uint winner[]; };
layout (binding = 1) buffer Counts { uint counts[]; }; /* claimed, by channel */
layout (binding = 2) readonly buffer Logits { float logits[]; };
layout (push_constant) uniform Push { MaskPush p; };
#include "small.glsl"

shared uint tally[MAX_CHANNELS];

void
main ()
{
    uint id = gl_LocalInvocationID.x;
    int pixel = int (flat_group () * 256u + id);
    bool inside = pixel < p.height * p.width;
    int out_y = min (pixel / p.width, p.height - 1), out_x = pixel % p.width;
    Bilinear y, x;
    uint last = 0xffffu;

    for (uint i = id; i < uint (p.channels); i += 256u)
        tally[i] = 0u;
    barrier ();
    if (p.mid_height > 0) {
        y = bilinear (nearest (out_y, p.mid_height, p.height), p.src_height, p.mid_height);
        x = bilinear (nearest (out_x, p.mid_width, p.width), p.src_width, p.mid_width);
    } else {
        y = bilinear (out_y, p.src_height, p.height);
        x = bilinear (out_x, p.src_width, p.width);
    }
    int upper = p.logits + y.i0 * p.src_width * p.logits_stride;
    int lower = p.logits + y.i1 * p.src_width * p.logits_stride;
    int left = x.i0 * p.logits_stride, right = x.i1 * p.logits_stride;
    for (int k = 0; inside && k < p.channels; k++) {
        float logit = mix (mix (logits[upper + left + k], logits[upper + right + k], x.w1),
            mix (logits[lower + left + k], logits[lower + right + k], x.w1), y.w1);
        if (logit > 0.0) {
            last = uint (k);
            atomicAdd (tally[k], 1u);
        }
    }
    if (inside)
        store_small (p.winner + out_y * p.winner_stride + out_x, last, p.per_word);
    barrier ();
    for (uint i = id; i < uint (p.channels); i += 256u)
        if (tally[i] > 0u)
            atomicAdd (counts[p.counts + i / uint (p.channels) * uint (p.counts_stride)
                          + i % uint (p.channels)],
                tally[i]);
}

#version 450
/* Finds the mask that owns each pixel, and counts its pixels: one invocation per output pixel.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "common.glsl"
#include "push.h"

layout (local_size_x = 256) in;

layout (binding = 0) buffer Winner { uint winner[]; };
layout (binding = 1) buffer Counts { uint counts[]; }; /* [won, claimed, held][channel] */
layout (binding = 2) readonly buffer Logits { float logits[]; };
layout (binding = 3) readonly buffer Score { float score[]; };
layout (binding = 4) readonly buffer Threshold { float threshold[]; };
layout (push_constant) uniform Push { MaskPush p; };
#include "small.glsl"

shared uint tally[3 * MAX_CHANNELS];

float
resized (Bilinear y, Bilinear x, int k)
{
    int upper = p.logits + y.i0 * p.src_width * p.logits_stride + k;
    int lower = p.logits + y.i1 * p.src_width * p.logits_stride + k;

    return mix (mix (logits[upper + x.i0 * p.logits_stride],
                    logits[upper + x.i1 * p.logits_stride], x.w1),
        mix (logits[lower + x.i0 * p.logits_stride], logits[lower + x.i1 * p.logits_stride],
            x.w1),
        y.w1);
}

void
main ()
{
    uint id = gl_LocalInvocationID.x;
    int pixel = int (flat_group () * 256u + id);
    bool inside = pixel < p.height * p.width;
    bool mid = p.mid_height > 0;
    int out_y = min (pixel / p.width, p.height - 1), out_x = pixel % p.width;
    Bilinear y, x, my0, my1, mx0, mx1;

    for (uint i = id; i < 3u * uint (p.channels); i += 256u)
        tally[i] = 0u;
    barrier ();
    if (mid) {
        y = bilinear (out_y, p.mid_height, p.height);
        x = bilinear (out_x, p.mid_width, p.width);
        my0 = bilinear (y.i0, p.src_height, p.mid_height);
        my1 = bilinear (y.i1, p.src_height, p.mid_height);
        mx0 = bilinear (x.i0, p.src_width, p.mid_width);
        mx1 = bilinear (x.i1, p.src_width, p.mid_width);
    } else {
        y = bilinear (out_y, p.src_height, p.height);
        x = bilinear (out_x, p.src_width, p.width);
    }
    int best = 0; /* also where every value is NaN */
    float best_value = -1.0;
    bool best_claims = false;
    float least = threshold[p.threshold];
    for (int k = 0; inside && k < p.channels; k++) {
        float weight = score[p.score + k], probability;
        if (k > 0 && weight < 0.0)
            break;
        if (mid)
            probability = mix (
                mix (sigmoid (resized (my0, mx0, k)), sigmoid (resized (my0, mx1, k)), x.w1),
                mix (sigmoid (resized (my1, mx0, k)), sigmoid (resized (my1, mx1, k)), x.w1),
                y.w1);
        else
            probability = sigmoid (resized (y, x, k));
        float value = weight * probability;
        bool claims = (p.weighted != 0 ? value : probability) >= least;
        if (claims)
            atomicAdd (tally[p.channels + k], 1u);
        if (value > best_value) {
            best = k;
            best_value = value;
            best_claims = claims;
        }
    }
    if (inside) {
        atomicAdd (tally[best], 1u);
        if (best_claims)
            atomicAdd (tally[2 * p.channels + best], 1u);
        store_small (p.winner + out_y * p.winner_stride + out_x,
            p.void_below != 0 && !best_claims ? 0xffffu : uint (best), p.per_word);
    }
    barrier ();
    for (uint i = id; i < 3u * uint (p.channels); i += 256u)
        if (tally[i] > 0u)
            atomicAdd (counts[p.counts + i / uint (p.channels) * uint (p.counts_stride)
                          + i % uint (p.channels)],
                tally[i]);
}

#version 450
/* Attention of some queries of one head over one slice of the keys.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hundred queries and eight heads do not fill a GPU; slices of the keys do (flash-decoding).
 * Every workgroup leaves the sums of its slice in memory; the one that finds itself the last to do
 * so brings them together.
 *
 * A query with every key blocked attends to all of them.  Until its first open key is met a query
 * sums over the blocked ones too, and then starts anew.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"
#include "half.glsl"

layout (local_size_x = 64) in;
layout (constant_id = 0) const int DIM = 32;   /* channels of a head, at most MAX_HEAD_CHANNELS */
layout (constant_id = 1) const int MASKED = 0; /* 1: there is a mask */
layout (constant_id = 2) const int SLICED = 0; /* 1: there are several slices */
layout (constant_id = 3) const int HALVES = 0; /* of dst only if DIM is even */

layout (binding = 0) writeonly buffer Dst { float dst[]; };
layout (binding = 0) writeonly buffer DstHalves { uint dst_halves[]; };
layout (binding = 1) readonly buffer Q { float q_in[]; };
layout (binding = 1) readonly buffer QHalves { uint q_halves[]; };
layout (binding = 2) readonly buffer K { float k_in[]; };
layout (binding = 2) readonly buffer KHalves { uint k_halves[]; };
layout (binding = 3) readonly buffer V { float v_in[]; };
layout (binding = 3) readonly buffer VHalves { uint v_halves[]; };
layout (binding = 4) readonly buffer Mask { float mask[]; };
/* [batch][head][block][slice][OWN / 4 + 1][invocation]: sums, then largest score, total weight, has
 * an open key */
layout (binding = 5) coherent buffer Parts { vec4 parts[]; };
layout (binding = 6) coherent buffer Arrived { uint arrived[]; }; /* [batch][head][block], zeros */
layout (push_constant) uniform Push { AttentionPush p; };

#include "running_softmax.glsl"

const int PART = (OWN / 4 + 1) * 64;
shared uint arrival;

/* Whether an open key was met. */
bool open;

float
q_at (int i)
{
    return (HALVES & HALVES_SRC) != 0 ? half_in (q_halves[i >> 1], i) : q_in[i];
}

float
k_at (int i)
{
    return (HALVES & HALVES_KEYS) != 0 ? half_in (k_halves[i >> 1], i) : k_in[i];
}

float
v_at (int i)
{
    return (HALVES & HALVES_VALUES) != 0 ? half_in (v_halves[i >> 1], i) : v_in[i];
}

/* Reads keys and values from k0 on into the tiles. */
void
load_tiles (int k0, int keys, int head, int batch)
{
    int id = int (gl_LocalInvocationID.x);

    barrier ();
    for (int i = id; i < keys * WIDTH; i += 64) {
        int key = batch * p.keys + k0 + i / WIDTH, channel = i % WIDTH;
        bool there = WIDTH == DIM || channel < DIM;
        k_tile[i] = there ? k_at (p.k + key * p.k_stride + head * DIM + channel) : 0.0;
        v_tile[i] = there ? v_at (p.v + key * p.v_stride + head * DIM + channel) : 0.0;
    }
    barrier ();
}

/* Attends to the keys of a slice; `row` is the query. */
void
attend (int row, int slice, int head, int batch)
{
    int length = (p.keys + p.slices - 1) / p.slices;
    int begin = slice * length, end = min (begin + length, p.keys);

    [[unroll]] for (int d = 0; d < OWN; d++)
        q[d] = is_own (d) ? q_at (p.q + row * p.q_stride + head * DIM + own (d)) * p.scale : 0.0;
    start ();
    open = MASKED == 0;
    for (int k0 = begin; k0 < end; k0 += KEYS) {
        int keys = min (KEYS, end - k0);
        load_tiles (k0, keys, head, batch);
        make_scores (keys);
        for (int k = 0; k < keys; k++) {
            if (MASKED != 0) {
                bool blocked = mask[p.mask + row * p.mask_stride + k0 + k] < 0.0;
                if (blocked && open)
                    continue;
                if (!blocked && !open) {
                    open = true;
                    top = LEAST; /* what was summed up fades to zero */
                }
            }
            add_value (k, score_of (k));
        }
    }
}

/* Leaves the slice's part in memory; whether the parts of all slices are there. */
bool
leave_part (int block, int slice)
{
    int id = int (gl_LocalInvocationID.x), at = (block * p.slices + slice) * PART + id;

    [[unroll]] for (int d = 0; d < OWN; d += 4)
        parts[at + d * 16] = vec4 (sum[d], sum[d + 1], sum[d + 2], sum[d + 3]);
    parts[at + OWN * 16] = vec4 (top, weight, open ? 1.0 : 0.0, 0.0);
    memoryBarrierBuffer ();
    barrier ();
    if (id == 0) {
        arrival = atomicAdd (arrived[block], 1u);
        if (arrival == uint (p.slices - 1))
            arrived[block] = 0u; /* for the next run */
    }
    barrier ();
    memoryBarrierBuffer ();
    return arrival == uint (p.slices - 1);
}

/* Brings the parts together. */
void
merge_parts (int block)
{
    int first = block * p.slices * PART + int (gl_LocalInvocationID.x);

    start ();
    open = false;
    for (int slice = 0; slice < p.slices; slice++) {
        int at = first + slice * PART;
        vec4 part = parts[at + OWN * 16];
        bool part_open = part.z != 0.0;
        if (open && !part_open)
            continue;
        if (part_open && !open) {
            open = true;
            top = LEAST;
        }
        float higher = max (top, part.x), fade = exp (top - higher);
        float part_fade = exp (part.x - higher);
        weight = weight * fade + part.y * part_fade;
        [[unroll]] for (int d = 0; d < OWN; d += 4) {
            vec4 four = parts[at + d * 16];
            [[unroll]] for (int i = 0; i < 4; i++)
                sum[d + i] = fma (four[i], part_fade, sum[d + i] * fade);
        }
        top = higher;
    }
}

void
main ()
{
    int blocks = (p.queries + QUERIES - 1) / QUERIES, head = int (gl_WorkGroupID.y);
    int block = int (gl_WorkGroupID.x) % blocks, slice = int (gl_WorkGroupID.x) / blocks;
    int batch = int (gl_WorkGroupID.z);
    int query = block * QUERIES + lane_query ();
    int row = batch * p.queries + min (query, p.queries - 1);

    attend (row, slice, head, batch);
    if (SLICED != 0) {
        block += (batch * p.heads + head) * blocks;
        if (!leave_part (block, slice))
            return;
        merge_parts (block);
    }
    if (query >= p.queries)
        return;
    int to = p.dst + row * p.dst_stride + head * DIM;
    [[unroll]] for (int d = 0; d < OWN; d++) {
        sum[d] /= weight;
        if ((HALVES & HALVES_DST) == 0 && is_own (d))
            dst[to + own (d)] = sum[d];
        if ((HALVES & HALVES_DST) != 0 && d % 2 == 1 && is_own (d))
            dst_halves[(to + own (d)) / 2] = halves_of (sum[d - 1], sum[d]);
    }
}

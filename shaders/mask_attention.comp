#version 450
/* Masked attention of all heads with the mask's product: logits = a . b^T + bias, and a key is
 * blocked for a query where its logit is negative.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A workgroup takes some queries and a slice of the keys; an invocation is one query of one head.
 * For 64 keys at a time the logits become bits in shared memory, then four keys and values at a
 * time pass through it (15 KiB in all, in the same place).  chain.comp brings the slices together.
 *
 * A query with every key blocked attends to all of them.  Until its first open key is met a query
 * sums over the blocked ones too, and then starts anew.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"
#include "half.glsl"

layout (local_size_x = 256) in;
layout (constant_id = 0) const int DIM = 32;  /* channels of a head, at most 32 */
layout (constant_id = 1) const int HEADS = 8; /* 4, 8 or 16 */
layout (constant_id = 2) const int HALVES = 0;

layout (binding = 0) writeonly buffer Parts { float parts[]; };
layout (binding = 1) writeonly buffer Mask { float mask[]; };
layout (binding = 2) readonly buffer Q { float q_in[]; };
layout (binding = 2) readonly buffer QHalves { uint q_halves[]; };
layout (binding = 3) readonly buffer K { vec4 k_in[]; };
layout (binding = 3) readonly buffer KHalves { uvec2 k_halves[]; };
layout (binding = 4) readonly buffer V { vec4 v_in[]; };
layout (binding = 4) readonly buffer VHalves { uvec2 v_halves[]; };
layout (binding = 5) readonly buffer A { vec4 a_in[]; };
layout (binding = 6) readonly buffer B { vec4 b_in[]; };
layout (binding = 7) readonly buffer Bias { float bias[]; };
layout (push_constant) uniform Push { MaskAttentionPush p; };

const int QUERIES = 256 / HEADS, KEYS = 64;
const int DEPTH = 4, STEP = DEPTH + 1;    /* of a slab of the mask's product, in vec4 */
const int READ = 4, ROW = HEADS * DIM / 4; /* keys that are read at a time; vec4 of one */
const int SLAB = (QUERIES + KEYS) * STEP, TILES = 2 * READ * ROW;
shared vec4 pool[SLAB > TILES ? SLAB : TILES];
shared uint open_bits[QUERIES * 2];

/* Reads a slab of the factors of the mask's product, from channel 4 k0 on. */
void
read_slab (int q0, int first, int k0)
{
    for (int i = int (gl_LocalInvocationID.x); i < (QUERIES + KEYS) * DEPTH; i += 256) {
        int row = i / DEPTH, k = k0 + i % DEPTH;
        int a = min (q0 + row, p.queries - 1), b = min (first + row - QUERIES, p.keys - 1);
        pool[row * STEP + i % DEPTH] = row < QUERIES ? a_in[(p.a + a * p.a_stride) / 4 + k]
                                                     : b_in[(p.b + b * p.b_stride) / 4 + k];
    }
}

/* Makes the bits of 64 keys, and leaves their logits in memory. */
void
make_bits (int q0, int first)
{
    const int ROWS = QUERIES / 16;
    int id = int (gl_LocalInvocationID.x), tk = id % 16, tq = id / 16;
    float sums[ROWS][4];

    [[unroll]] for (int i = 0; i < ROWS; i++)
        [[unroll]] for (int j = 0; j < 4; j++)
            sums[i][j] = 0.0;
    if (id < QUERIES * 2)
        open_bits[id] = 0u;
    for (int k0 = 0; k0 < p.depth / 4; k0 += DEPTH) {
        barrier ();
        read_slab (q0, first, k0);
        barrier ();
        [[unroll]] for (int k = 0; k < DEPTH; k++) {
            vec4 a[ROWS];
            [[unroll]] for (int i = 0; i < ROWS; i++)
                a[i] = pool[(tq + 16 * i) * STEP + k];
            [[unroll]] for (int j = 0; j < 4; j++) {
                vec4 b = pool[(QUERIES + tk + 16 * j) * STEP + k];
                [[unroll]] for (int i = 0; i < ROWS; i++)
                    sums[i][j] += dot (a[i], b);
            }
        }
    }
    [[unroll]] for (int i = 0; i < ROWS; i++) {
        int row = tq + 16 * i, query = min (q0 + row, p.queries - 1);
        [[unroll]] for (int j = 0; j < 4; j++) {
            int key = tk + 16 * j;
            float logit = sums[i][j] + (p.has_bias != 0 ? bias[p.bias + query] : 0.0);
            if (first + key < p.keys && q0 + row < p.queries)
                mask[p.mask + query * p.mask_stride + first + key] = logit;
            if (first + key < p.keys && !(logit < 0.0))
                atomicOr (open_bits[row * 2 + key / 32], 1u << (key & 31));
        }
    }
    barrier ();
}

/* Running softmax of one query and head. */
vec4 sum[DIM / 4];
float top, weight;

void
start ()
{
    [[unroll]] for (int d = 0; d < DIM / 4; d++)
        sum[d] = vec4 (0.0);
    top = LEAST;
    weight = 0.0;
}

/* Reads four keys and their values. */
void
read_keys (int first)
{
    barrier ();
    for (int i = int (gl_LocalInvocationID.x); i < READ * ROW; i += 256) {
        int key = min (first + i / ROW, p.keys - 1);
        int k = (p.k + key * p.k_stride) / 4 + i % ROW, v = (p.v + key * p.v_stride) / 4 + i % ROW;
        pool[i] = (HALVES & HALVES_KEYS) != 0 ? floats_of (k_halves[k]) : k_in[k];
        pool[READ * ROW + i] = (HALVES & HALVES_VALUES) != 0 ? floats_of (v_halves[v]) : v_in[v];
    }
    barrier ();
}

void
main ()
{
    int id = int (gl_LocalInvocationID.x), head = id / QUERIES, own = id % QUERIES;
    int q0 = int (gl_WorkGroupID.x) * QUERIES, slice = int (gl_WorkGroupID.y);
    int begin = slice * p.slice, end = min (begin + p.slice, p.keys);
    int query = min (q0 + own, p.queries - 1);
    bool open = false;
    vec4 q[DIM / 4];

    [[unroll]] for (int d = 0; d < DIM; d++) {
        int at = p.q + query * p.q_stride + head * DIM + d;
        q[d / 4][d % 4] = p.scale
            * ((HALVES & HALVES_SRC) != 0 ? half_in (q_halves[at >> 1], at) : q_in[at]);
    }
    start ();
    for (int first = begin; first < end; first += KEYS) {
        make_bits (q0, first);
        uvec2 bits = uvec2 (open_bits[own * 2], open_bits[own * 2 + 1]);
        if (!open && bits != uvec2 (0u)) {
            open = true;
            start ();
        }
        if (!open)
            bits = uvec2 (0xffffffffu);
        int keys = min (KEYS, end - first);
        for (int k0 = 0; k0 < keys; k0 += READ) {
            read_keys (first + k0);
            for (int k = k0; k < min (k0 + READ, keys); k++) {
                if (((k < 32 ? bits.x : bits.y) >> (k & 31) & 1u) == 0u)
                    continue;
                int at = (k - k0) * ROW + head * (DIM / 4);
                float score = 0.0;
                [[unroll]] for (int d = 0; d < DIM / 4; d++)
                    score += dot (q[d], pool[at + d]);
                float higher = max (top, score), fade = exp (top - higher);
                float share = exp (score - higher);
                weight = weight * fade + share;
                [[unroll]] for (int d = 0; d < DIM / 4; d++)
                    sum[d] = fma (vec4 (share), pool[READ * ROW + at + d], sum[d] * fade);
                top = higher;
            }
        }
    }
    if (q0 + own >= p.queries)
        return;
    /* [slice][query]: sums by channel; then the heads' largest scores, weights, and open keys */
    int channels = HEADS * DIM;
    int to = (slice * p.queries + query) * (channels + 3 * HEADS);
    [[unroll]] for (int d = 0; d < DIM; d++)
        parts[to + head * DIM + d] = sum[d / 4][d % 4];
    parts[to + channels + head] = top;
    parts[to + channels + HEADS + head] = weight;
    parts[to + channels + 2 * HEADS + head] = open ? 1.0 : 0.0;
}

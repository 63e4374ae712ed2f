#version 450
/* A chain of linear layers and norms over the same few rows: four of them per workgroup.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hundred rows do not fill a GPU with tiles of 64 x 64, and every layer by itself waits for the
 * one before.  Here the rows stay in shared memory (15 KiB) from link to link, so that only reading
 * the weights takes time.  The links come from a buffer; all weights lie in one binding and all
 * rows in another.
 *
 * The first link may be the attention that makes the rows, or what brings its slices together.  A
 * layer with many outputs is split, if the next layer reads them: a workgroup makes a part of them
 * and what they add to the next layer's sums, and the last of the workgroups that share the rows
 * adds up and goes on alone.
 */
#extension GL_EXT_control_flow_attributes : require
#include "common.glsl"
#include "push.h"

layout (local_size_x = CHAIN_CHANNELS) in;

#include "activation.glsl"

layout (binding = 0) buffer Memory { float memory[]; };
layout (binding = 0) readonly buffer Memory4 { vec4 memory4[]; };
layout (binding = 1) readonly buffer Weights { float weights[]; };
layout (binding = 1) readonly buffer Weights4 { vec4 weights4[]; };
layout (binding = 1) readonly buffer Halves8 { uvec4 halves8[]; };
layout (binding = 2) readonly buffer Links { ChainLink links[]; };
/* A counter for every four rows, then [four rows][part][channel]. */
layout (binding = 3) coherent buffer Counters { uint counters[]; };
layout (binding = 3) coherent buffer Scratch { uvec4 scratch[]; };
layout (binding = 3) readonly buffer Slices { float slices[]; }; /* of mask_attention.comp */
layout (push_constant) uniform Push { ChainPush p; };

shared vec4 places[CHAIN_BUFFERS][CHAIN_CHANNELS]; /* channels of four rows */
shared vec4 partial[CHAIN_CHANNELS / 2];
shared uint arrival;

/* The rows of this workgroup; those beyond the last repeat it and are not stored. */
int
row_of (int i)
{
    return min (int (gl_WorkGroupID.x) * CHAIN_ROWS + i, p.rows - 1);
}

/* Reads channel c of four rows. */
vec4
read_rows (int at, int stride, int c)
{
    vec4 values;

    [[unroll]] for (int i = 0; i < CHAIN_ROWS; i++)
        values[i] = memory[p.memory + at + row_of (i) * stride + c];
    return values;
}

/* Stores channel n of a link's result where it is wanted. */
void
store (ChainLink l, int n, vec4 values)
{
    if (l.to >= 0)
        places[l.to][n] = values;
    if ((l.flags & M2F_IS_SPLIT) != 0)
        n += int (gl_WorkGroupID.y) * l.n;
    [[unroll]] for (int i = 0; i < CHAIN_ROWS; i++)
        if (int (gl_WorkGroupID.x) * CHAIN_ROWS + i < p.rows)
            memory[p.memory + l.dst + row_of (i) * l.dst_stride + n] = values[i];
}

/* ---- linear layers -------------------------------------------------------------------------- */

/* Adds four products for each of four rows. */
vec4
add_products (vec4 sums, int place, int k, vec4 w)
{
    [[unroll]] for (int i = 0; i < 4; i++)
        sums = fma (vec4 (w[i]), places[place][k + i], sums);
    return sums;
}

/* The products of four rows with a row of weights that begins at element `at`. */
vec4
multiply (ChainLink l, int at)
{
    vec4 sums = vec4 (0.0);

    if ((l.flags & CHAIN_HALVES) == 0) {
        for (int k = 0; k < l.k; k += 16) {
            vec4 w[4];
            [[unroll]] for (int j = 0; j < 4; j++)
                w[j] = weights4[(p.weights + l.weight + at + k) / 4 + j];
            [[unroll]] for (int j = 0; j < 4; j++)
                sums = add_products (sums, l.from, k + 4 * j, w[j]);
        }
        return sums;
    }
    for (int k = 0; k < l.k; k += 32) {
        uvec4 w[4];
        [[unroll]] for (int j = 0; j < 4; j++)
            w[j] = halves8[(p.weights + l.weight + (at + k) / 2) / 4 + j];
        [[unroll]] for (int j = 0; j < 4; j++) {
            vec4 low = vec4 (unpackHalf2x16 (w[j].x), unpackHalf2x16 (w[j].y));
            vec4 high = vec4 (unpackHalf2x16 (w[j].z), unpackHalf2x16 (w[j].w));
            sums = add_products (sums, l.from, k + 8 * j, low);
            sums = add_products (sums, l.from, k + 8 * j + 4, high);
        }
    }
    return sums;
}

/* Output n of a layer, from its products with four rows. */
void
finish (ChainLink l, int n, vec4 sums)
{
    int at = (l.flags & M2F_IS_SPLIT) != 0 ? int (gl_WorkGroupID.y) * l.n + n : n;

    if ((l.flags & M2F_HAS_BIAS) != 0)
        sums += weights[p.weights + l.bias + at];
    [[unroll]] for (int i = 0; i < CHAIN_ROWS; i++) {
        if ((l.flags & M2F_HAS_ADDEND) != 0)
            sums[i] += weights[p.weights + l.addend + row_of (i) % l.addend_rows * l.addend_stride
                + at];
        sums[i] = activate (l.activation, sums[i]);
    }
    if ((l.flags & M2F_HAS_RESIDUAL) != 0)
        sums += read_rows (l.residual, l.residual_stride, n);
    store (l, n, sums);
}

void
linear (ChainLink l)
{
    int first = (l.flags & M2F_IS_SPLIT) != 0 ? int (gl_WorkGroupID.y) * l.n : 0;

    for (int n = int (gl_LocalInvocationID.x); n < l.n; n += CHAIN_CHANNELS)
        finish (l, n, multiply (l, (first + n) * l.weight_stride));
}

/* Where in the scratch a workgroup leaves output n. */
int
part_at (int part, int n)
{
    int group = int (gl_WorkGroupID.x) * int (gl_NumWorkGroups.y) + part;

    return (int (gl_NumWorkGroups.x) + 3) / 4 + group * CHAIN_CHANNELS + n;
}

/* Sums over this workgroup's part of k; whether it is the last one, which then has them all. */
bool
gather (ChainLink l)
{
    int n = int (gl_LocalInvocationID.x), parts = int (gl_NumWorkGroups.y);

    if (n < l.n)
        scratch[part_at (int (gl_WorkGroupID.y), n)] = floatBitsToUint (
            multiply (l, n * l.weight_stride + int (gl_WorkGroupID.y) * l.k));
    memoryBarrierBuffer ();
    barrier ();
    if (n == 0) {
        arrival = atomicAdd (counters[gl_WorkGroupID.x], 1u);
        if (arrival == uint (parts - 1))
            counters[gl_WorkGroupID.x] = 0u; /* for the next run */
    }
    barrier ();
    memoryBarrierBuffer ();
    if (arrival != uint (parts - 1))
        return false;
    vec4 sums = vec4 (0.0);
    for (int part = 0; part < parts && n < l.n; part++)
        sums += uintBitsToFloat (scratch[part_at (part, n)]);
    if (n < l.n)
        finish (l, n, sums);
    return true;
}

/* ---- norms ---------------------------------------------------------------------------------- */

/* The sums of the channels' values; all invocations must call it. */
vec4
total (vec4 values)
{
    int id = int (gl_LocalInvocationID.x);

    barrier ();
    if (id >= CHAIN_CHANNELS / 2)
        partial[id - CHAIN_CHANNELS / 2] = values;
    barrier ();
    if (id < CHAIN_CHANNELS / 2)
        partial[id] += values;
    for (int step = CHAIN_CHANNELS / 4; step > 0; step /= 2) {
        barrier ();
        if (id < step)
            partial[id] += partial[id + step];
    }
    barrier ();
    return partial[0];
}

void
normalise (ChainLink l)
{
    int c = int (gl_LocalInvocationID.x);
    vec4 values = c < l.n ? places[l.from][c] : vec4 (0.0);

    values -= total (values) / float (l.n);
    vec4 squares = c < l.n ? values * values : vec4 (0.0);
    values *= inversesqrt (total (squares) / float (l.n) + l.eps);
    if (c < l.n)
        store (l, c, values * weights[p.weights + l.weight + c] + weights[p.weights + l.bias + c]);
}

/* ---- attention ------------------------------------------------------------------------------ */

/* The score of a key for a head of four queries. */
vec4
score (ChainLink l, int row, int head, int dim)
{
    vec4 sums = vec4 (0.0);

    for (int d = head * dim; d < (head + 1) * dim; d += 4)
        sums = add_products (sums, l.from, d,
            memory4[(p.memory + l.keys + row * l.keys_stride + d) / 4]);
    return sums * l.eps;
}

/* Attends to all keys, as many of them at a time as give every invocation a score. */
void
attend (ChainLink l)
{
    int id = int (gl_LocalInvocationID.x), chunk = CHAIN_CHANNELS / l.heads, dim = l.n / l.heads;
    int head = id / chunk, own = min (id / dim, l.heads - 1), scores = (l.from + 2) % CHAIN_BUFFERS;
    int batch = row_of (0) / l.queries * l.n_keys;
    vec4 sum = vec4 (0.0), weight = vec4 (0.0), top = vec4 (LEAST);

    for (int k0 = 0; k0 < l.n_keys; k0 += chunk) {
        int keys = min (chunk, l.n_keys - k0), key = id % chunk;
        vec4 s = key < keys ? score (l, batch + k0 + key, head, dim) : vec4 (LEAST);
        barrier ();
        places[scores][id] = s;
        barrier ();
        vec4 higher = top;
        for (int j = 0; j < keys; j++)
            higher = max (higher, places[scores][own * chunk + j]);
        if (id % dim == 0 && id < l.n)
            partial[own] = higher;
        barrier ();
        places[scores][id] = exp (s - partial[head]);
        barrier ();
        vec4 fade = exp (top - higher);
        sum *= fade;
        weight *= fade;
        top = higher;
        for (int j = 0; j < keys && id < l.n; j++) {
            vec4 share = places[scores][own * chunk + j];
            weight += share;
            sum = fma (share, vec4 (memory[p.memory + l.values
                + (batch + k0 + j) * l.values_stride + id]), sum);
        }
    }
    if (id < l.n)
        store (l, id, sum / weight);
}

/* Where a slice of attention left what it has of row i. */
int
slice_at (ChainLink l, int slice, int i)
{
    return (slice * p.rows + row_of (i)) * (l.n + 3 * l.heads);
}

/* Brings slices of masked attention together: those with open keys, or all if none has. */
void
merge_slices (ChainLink l)
{
    int c = int (gl_LocalInvocationID.x), head = c / (l.n / l.heads);
    vec4 merged = vec4 (0.0);

    if (c >= l.n)
        return;
    [[unroll]] for (int i = 0; i < CHAIN_ROWS; i++) {
        float open = 0.0, top = LEAST, sum = 0.0, weight = 0.0;

        for (int s = 0; s < l.n_keys; s++)
            open = max (open, slices[slice_at (l, s, i) + l.n + 2 * l.heads + head]);
        for (int s = 0; s < l.n_keys; s++) {
            int at = slice_at (l, s, i) + l.n + head;
            if (slices[at + 2 * l.heads] == open)
                top = max (top, slices[at]);
        }
        for (int s = 0; s < l.n_keys; s++) {
            int at = slice_at (l, s, i);
            if (slices[at + l.n + 2 * l.heads + head] != open)
                continue;
            float share = exp (slices[at + l.n + head] - top);
            sum += share * slices[at + c];
            weight += share * slices[at + l.n + l.heads + head];
        }
        merged[i] = sum / weight;
    }
    store (l, c, merged);
}

/* --------------------------------------------------------------------------------------------- */

void
main ()
{
    for (int i = 0; i < p.links; i++) {
        ChainLink l = links[p.first + i];

        if (l.src >= 0)
            for (int c = int (gl_LocalInvocationID.x); c < l.k; c += CHAIN_CHANNELS)
                places[l.from][c] = read_rows (l.src, l.src_stride, c);
        barrier ();
        if (l.kind == CHAIN_NORM)
            normalise (l);
        else if (l.kind == CHAIN_ATTENTION)
            attend (l);
        else if (l.kind == CHAIN_MERGE)
            merge_slices (l);
        else if (l.kind == CHAIN_GATHER) {
            if (!gather (l))
                return;
        } else
            linear (l);
        barrier ();
    }
}

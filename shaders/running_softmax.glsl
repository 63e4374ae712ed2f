/* The running softmax of attention (FlashAttention, algorithm 1): queries of one head and a tile of
 * its keys and values.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Include after declaring DIM, the number of channels of a head, as a constant: arrays of an
 * invocation that are indexed up to a variable lie in memory and not in registers.  A query of more
 * than 32 channels is shared by several invocations, as it and its sums take more registers than an
 * invocation has.  Workgroups have 64 invocations.
 */
const int LANES = HEAD_LANES (DIM);       /* invocations that share a query */
const int OWN = HEAD_OWN (DIM);           /* channels that one of them has, a multiple of four */
const int WIDTH = OWN * LANES;            /* of a key in shared memory: zeros follow DIM channels */
const int QUERIES = 64 / LANES;           /* of a workgroup */
const int KEYS = LANES > 1 ? 16 : 32;     /* of a tile */
shared float k_tile[KEYS * WIDTH];
shared float v_tile[KEYS * WIDTH];
shared float part_scores[LANES > 1 ? KEYS * 64 : 1];

/* Of this invocation: its channels of the query, the sum of its channels of the values; the query's
 * largest score and the sum of its weights. */
float q[OWN], sum[OWN], top, weight;

/* The compilers do not know that an invocation's number is below 64. */
int lane () { return LANES == 1 ? 0 : int (gl_LocalInvocationID.x) / QUERIES; }
int lane_query () { return int (gl_LocalInvocationID.x) - lane () * QUERIES; }

/* Channel d of the invocation's, among the head's. */
int own (int d) { return lane () * OWN + d; }
bool is_own (int d) { return WIDTH == DIM || own (d) < DIM; }

void
start ()
{
    [[unroll]] for (int d = 0; d < OWN; d++)
        sum[d] = 0.0;
    top = LEAST;
    weight = 0.0;
}

/* What the invocation's channels add to the score of key k of the tile. */
float
part_score (int k)
{
    float score = 0.0;

    [[unroll]] for (int d = 0; d < OWN; d++)
        score = fma (q[d], k_tile[k * WIDTH + own (d)], score);
    return score;
}

/* Makes the scores of the tile's keys; all invocations call it once the tile is there. */
void
make_scores (int keys)
{
    if (LANES == 1)
        return;
    for (int k = 0; k < keys; k++)
        part_scores[k * 64 + int (gl_LocalInvocationID.x)] = part_score (k);
    barrier ();
}

float
score_of (int k)
{
    float score = 0.0;

    if (LANES == 1)
        return part_score (k);
    [[unroll]] for (int i = 0; i < LANES; i++)
        score += part_scores[k * 64 + i * QUERIES + lane_query ()];
    return score;
}

/* Adds value k of the tile. */
void
add_value (int k, float score)
{
    float higher = max (top, score), fade = exp (top - higher), share = exp (score - higher);

    weight = weight * fade + share;
    [[unroll]] for (int d = 0; d < OWN; d++)
        sum[d] = fma (share, v_tile[k * WIDTH + own (d)], sum[d] * fade);
    top = higher;
}

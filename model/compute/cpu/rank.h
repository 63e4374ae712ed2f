/* The largest of several upsampled channels at every pixel of a span.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_RANK_H
#define M2F_CPU_RANK_H

#include "model/compute/cpu/cells.h"

/* The number that is compared. */
typedef enum RankValue {
    RANK_VALUES, /* the value x scale */
    RANK_LOGITS, /* sigmoid (value) / scale, by its reciprocal: no division */
} RankValue;

/* A channel that is not settled for the span. */
typedef struct RankChannel {
    int channel;
    bool ranks;             /* may win somewhere */
    bool crosses;           /* may be on either side of its threshold */
    bool claims;            /* if it does not cross: reaches the threshold */
    float scale;
    float pass_scale, pass; /* claims where value x pass_scale >= pass */
    vf32 top, bottom;       /* source columns */
} RankChannel;

typedef struct RankJob {
    const CpuCells *cells;
    const M2fTensor *winner;
    bool void_below; /* no label where the winner does not claim the pixel */
} RankJob;

/* Pixels of a thread by M2fMaskCount, then by channel. */
typedef struct RankCounts {
    int32_t *won, *claimed, *held;
    float *bound; /* scratch for RANK_LOGITS: SPAN for every listed channel */
} RankCounts;

/* VEC pixels on their way through the channels. */
typedef struct RankPixels {
    vi32 index;
    vf32 across;
    unsigned inside; /* lanes that are pixels */
    vf32 best;       /* key so far */
    vf32 reach;      /* the largest key is at least this */
    vi32 label;
    vmask claimed; /* by the label */
} RankPixels;

static inline vmask
all_or_none (bool all)
{
    return vm_from_bits (all ? (1u << VEC) - 1 : 0);
}

/* At most e^-x, and within 6.3 percent of it: the exponent is put where floats have theirs, and
 * the line between powers of two moved below the curve. */
#define EXP_BELOW_SLACK 1.063f

static inline vf32
exp_below (vf32 x)
{
    vf32 t = vf_fma (x, vf_set (-0x1p23f * 1.44269504f), vf_set (0x1p23f * (127 - 0.0863f)));

    return (vf32) vi_from (vf_min (vf_max (t, vf_zero ()), vf_set (0x1.fcp30f)));
}

/* Takes in a channel's values x. */
static inline __attribute__ ((always_inline)) void
rank_values (RankValue value, const RankChannel *c, vf32 x, vmask claimed, RankPixels *p)
{
    vf32 key = x * vf_set (c->scale);
    vmask better;

    if (value == RANK_LOGITS)
        key = vf_fnma (vf_exp (-x), vf_set (c->scale), vf_set (-c->scale));
    better = vf_lt (p->best, key);
    p->best = vf_blend (better, p->best, key);
    p->label = vi_select (better, p->label, vi_set (c->channel));
    p->claimed = vm_select (better, p->claimed, claimed);
}

static inline vmask
claimed_pixels (const RankChannel *c, vf32 x)
{
    if (!c->crosses)
        return all_or_none (c->claims);
    return vf_le (vf_set (c->pass), x * vf_set (c->pass_scale));
}

/* After the bounds: evaluates where a channel may have the largest key, which is a few times per
 * pixel however many channels there are. */
static inline __attribute__ ((always_inline)) void
rank_contenders (int vecs, float fraction, const RankChannel *list, int n, const float *bound,
    RankPixels *p)
{
    for (int i = 0; i < n; i++) {
        const RankChannel *c = &list[i];

        if (!c->ranks)
            continue;
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++) {
            if (vm_bits (vf_le (p[v].reach, vf_load (bound + i * SPAN + v * VEC))) == 0)
                continue;

            CpuLine line = line_between (c->top, c->bottom, fraction);
            vf32 x = line_pixels (&line, p[v].index, p[v].across);

            rank_values (RANK_LOGITS, c, x, claimed_pixels (c, x), &p[v]);
        }
    }
}

/* Adds the winners of VEC pixels to the counts, one label after another. */
static inline void
count_winners (const RankPixels *p, const RankCounts *counts)
{
    int32_t label[VEC];
    unsigned claimed = vm_bits (p->claimed), left = p->inside;

    vi_store (label, p->label);
    while (left != 0) {
        int channel = label[__builtin_ctz (left)];
        unsigned same = vm_bits (vi_eq (p->label, vi_set (channel))) & left;

        counts->won[channel] += __builtin_popcount (same);
        counts->held[channel] += __builtin_popcount (same & claimed);
        left &= ~same;
    }
}

/* The pixels of a span before a channel was seen; ties go to `first`, the first that ranks. */
static inline __attribute__ ((always_inline)) void
rank_begin (int vecs, const RankJob *job, const CpuSpan *span, const RankChannel *first,
    RankPixels *p)
{
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++) {
        int left = span->pixels - v * VEC;

        p[v] = (RankPixels) {
            .index = vi_load (job->cells->index + span->x + v * VEC),
            .across = vf_load (job->cells->fraction + span->x + v * VEC),
            .inside = left >= VEC ? (1u << VEC) - 1 : left > 0 ? (1u << left) - 1 : 0,
            .best = vf_set (-INFINITY), .reach = vf_set (-INFINITY),
            .label = vi_set (first->channel), .claimed = all_or_none (first->claims),
        };
    }
}

/* Counts and stores the winners of row `y`. */
static inline __attribute__ ((always_inline)) void
rank_end (int vecs, const RankJob *job, const CpuSpan *span, int y, RankPixels *p,
    const RankCounts *counts)
{
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++) {
        if (p[v].inside == 0)
            break;
        if (counts != NULL)
            count_winners (&p[v], counts);
        if (job->void_below)
            p[v].label = vi_select (p[v].claimed, vi_set (-1), p[v].label);
        store_labels (job->winner, y, span->x + v * VEC, p[v].label, span->pixels - v * VEC);
    }
}

/* Ranks one output row of a span of up to vecs vectors; channels are in rising order. */
static inline __attribute__ ((always_inline)) void
rank_row (RankValue value, int vecs, const RankJob *job, const CpuSpan *span, int y,
    const RankChannel *list, int n, const RankCounts *counts)
{
    const CpuCells *cells = job->cells;
    const float fraction = m2f_bilinear (y, cells->in_height, cells->height).w1;
    RankPixels p[SPAN_VECS];
    int first = 0;

    while (!list[first].ranks)
        first++;
    rank_begin (vecs, job, span, &list[first], p);
    for (int i = 0; i < n; i++) {
        const RankChannel *c = &list[i];
        CpuLine line = line_between (c->top, c->bottom, fraction);
        int claimed = 0;

#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++) {
            vf32 x = line_pixels (&line, p[v].index, p[v].across);
            vmask claims = claimed_pixels (c, x);

            if (c->crosses)
                claimed += __builtin_popcount (vm_bits (claims) & p[v].inside);
            if (!c->ranks)
                continue;
            if (value == RANK_VALUES) {
                rank_values (RANK_VALUES, c, x, claims, &p[v]);
            } else {
                vf32 scale = vf_set (c->scale), e = exp_below (x);

                vf_store (counts->bound + i * SPAN + v * VEC, vf_fnma (e, scale, -scale));
                p[v].reach = vf_max (p[v].reach,
                    vf_fnma (e * vf_set (EXP_BELOW_SLACK), scale, -scale));
            }
        }
        if (counts != NULL)
            counts->claimed[c->channel] += claimed;
    }
    if (value == RANK_LOGITS)
        rank_contenders (vecs, fraction, list, n, counts->bound, p);
    rank_end (vecs, job, span, y, p, counts);
}

/* Rows [y0, y1) of the span.  At least one channel of the list ranks; NULL counts nothing. */
static inline void
rank_span (const RankJob *job, RankValue value, const CpuSpan *span, int y0, int y1,
    const RankChannel *list, int n, const RankCounts *counts)
{
    const bool narrow = span->pixels <= VEC;

    for (int y = y0; y < y1; y++) {
        if (value == RANK_VALUES && narrow)
            rank_row (RANK_VALUES, 1, job, span, y, list, n, counts);
        else if (value == RANK_VALUES)
            rank_row (RANK_VALUES, SPAN_VECS, job, span, y, list, n, counts);
        else if (narrow)
            rank_row (RANK_LOGITS, 1, job, span, y, list, n, counts);
        else
            rank_row (RANK_LOGITS, SPAN_VECS, job, span, y, list, n, counts);
    }
}

#endif

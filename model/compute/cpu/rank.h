/* The largest of several upsampled channels at every pixel of a segment.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_RANK_H
#define M2F_CPU_RANK_H

#include "cells.h"

/* What is compared. */
typedef enum RankValue {
    RANK_VALUES, /* the value x scale */
    RANK_LOGITS, /* sigmoid (value) / scale, by its reciprocal: no division */
} RankValue;

/* A channel that is not settled for the segment. */
typedef struct RankChannel {
    int channel;
    bool ranks;             /* may win somewhere */
    bool crosses;           /* may be on either side of its threshold */
    bool above;             /* which side it is on if it does not cross */
    float scale;
    float pass_scale, pass; /* above where value x pass_scale >= pass */
    int over, won, both;    /* counted: pixels above; pixels won; won and above */
    vf32 top, bottom;       /* source columns */
} RankChannel;

typedef struct RankJob {
    const Cells *cells;
    const M2fTensor *winner;
    bool void_below; /* no label where the winner is not above */
    bool count;
} RankJob;

static inline vmask
all_or_none (bool all)
{
    return vm_from_bits (all ? (1u << VEC) - 1 : 0);
}

/* Ranks one output row of a segment of up to vecs vectors; channels are in rising order. */
static inline __attribute__ ((always_inline)) void
rank_row (RankValue value, int vecs, const RankJob *job, const Segment *segment, int y,
    float fraction, RankChannel *list, int n)
{
    vi32 index[SEGMENT_VECS], label[SEGMENT_VECS];
    vf32 across[SEGMENT_VECS], best[SEGMENT_VECS];
    vmask over[SEGMENT_VECS];
    unsigned inside[SEGMENT_VECS];
    bool first = true;

#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++) {
        int left = segment->pixels - v * VEC;

        index[v] = vi_load (job->cells->index + segment->x + v * VEC);
        across[v] = vf_load (job->cells->fraction + segment->x + v * VEC);
        inside[v] = left >= VEC ? (1u << VEC) - 1 : left > 0 ? (1u << left) - 1 : 0;
        best[v] = vf_set (-INFINITY);
        label[v] = vi_set (-1);
        over[v] = all_or_none (false);
    }
    for (int i = 0; i < n; i++) {
        RankChannel *c = &list[i];
        Line line = line_between (c->top, c->bottom, fraction);
        int passed = 0;

#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++) {
            vf32 x = line_pixels (&line, index[v], across[v]);
            vmask above = all_or_none (c->above);

            if (c->crosses) {
                above = vf_le (vf_set (c->pass), x * vf_set (c->pass_scale));
                passed += __builtin_popcount (vm_bits (above) & inside[v]);
            }
            if (c->ranks) {
                vf32 key = x * vf_set (c->scale);
                vmask better;

                if (value == RANK_LOGITS)
                    key = vf_fnma (vf_exp (-x), vf_set (c->scale), vf_set (-c->scale));
                better = first ? all_or_none (true) : vf_lt (best[v], key);
                best[v] = vf_select (better, best[v], key);
                label[v] = vi_select (better, label[v], vi_set (c->channel));
                over[v] = vm_select (better, over[v], above);
            }
        }
        first &= !c->ranks;
        c->over += passed;
    }
    if (job->count)
        for (int i = 0; i < n; i++)
            if (list[i].ranks)
#pragma GCC unroll 4
                for (int v = 0; v < vecs; v++) {
                    unsigned won = vm_bits (vi_eq (label[v], vi_set (list[i].channel)))
                        & inside[v];

                    list[i].won += __builtin_popcount (won);
                    list[i].both += __builtin_popcount (won & vm_bits (over[v]));
                }
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++)
        if (inside[v] != 0)
            store_labels (job->winner, y, segment->x + v * VEC,
                job->void_below ? vi_select (over[v], vi_set (-1), label[v]) : label[v],
                segment->pixels - v * VEC);
}

/* Rows [y0, y1) of the segment.  At least one channel of the list ranks. */
static inline void
rank_segment (const RankJob *job, RankValue value, const Segment *segment, int y0, int y1,
    RankChannel *list, int n)
{
    const Cells *cells = job->cells;

    for (int y = y0; y < y1; y++) {
        float fraction = m2f_bilinear (y, cells->in_height, cells->height).w1;
        bool narrow = segment->pixels <= VEC;

        if (value == RANK_VALUES && narrow)
            rank_row (RANK_VALUES, 1, job, segment, y, fraction, list, n);
        else if (value == RANK_VALUES)
            rank_row (RANK_VALUES, SEGMENT_VECS, job, segment, y, fraction, list, n);
        else if (narrow)
            rank_row (RANK_LOGITS, 1, job, segment, y, fraction, list, n);
        else
            rank_row (RANK_LOGITS, SEGMENT_VECS, job, segment, y, fraction, list, n);
    }
}

#endif

/* Bilinear upsampling of many channels by cells: output pixels that read the same few source
 * pixels are judged together before they are looked at one by one.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every output pixel is a convex combination of its four source pixels, so that their smallest and
 * largest value bound what a channel can be anywhere in the cell.  Sources have their channels
 * innermost; a span of an output row reads at most VEC source columns, which are gathered into
 * one register per channel and spread over the pixels by permutation.
 */
#ifndef M2F_CPU_CELLS_H
#define M2F_CPU_CELLS_H

#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/lanes.h"

#include "model/compute/bilinear.h"

/* Neighbouring output pixels of a row that read at most VEC source columns. */
#define SPAN_VECS 4
#define SPAN (SPAN_VECS * VEC) /* output pixels, at most */

typedef struct CpuSpan {
    int x, pixels;      /* output columns */
    int first, columns; /* source columns */
} CpuSpan;

typedef struct CpuCells {
    int height, width;       /* output */
    int in_height, in_width; /* source */
    CpuSpan *span;        /* across the output */
    int spans;
    int *row;                /* group g of output rows, [row[g], row[g + 1]), reads one pair */
    int groups;
    int32_t *index;          /* per output column: left source column in its span */
    float *fraction;         /* and weight of the right one */
} CpuCells;

static inline size_t
cells_size (int height, int width)
{
    return sizeof (CpuSpan) * (size_t) width + sizeof (int) * ((size_t) height + 1)
        + (sizeof (int32_t) + sizeof (float)) * ((size_t) width + SPAN);
}

/* `memory` has room for cells_size(). */
static inline CpuCells
cells_new (void *memory, int in_height, int in_width, int height, int width)
{
    CpuCells c = {
        .height = height, .width = width, .in_height = in_height, .in_width = in_width,
        .span = memory,
    };
    int previous = -1;

    c.row = (int *) (c.span + width);
    c.index = c.row + height + 1;
    c.fraction = (float *) (c.index + width + SPAN);
    for (int y = 0; y < height; y++) {
        int i0 = m2f_bilinear (y, in_height, height).i0;

        if (i0 != previous)
            c.row[c.groups++] = y;
        previous = i0;
    }
    c.row[c.groups] = height;
    for (int x = 0; x < width; x++) {
        M2fBilinear b = m2f_bilinear (x, in_width, width);
        CpuSpan *s = &c.span[c.spans - 1];

        if (x == 0 || x - s->x == SPAN || b.i1 - s->first >= VEC) {
            s = &c.span[c.spans++];
            *s = (CpuSpan) { .x = x, .first = b.i0 };
        }
        s->pixels = x + 1 - s->x;
        s->columns = b.i1 + 1 - s->first;
        c.index[x] = b.i0 - s->first;
        c.fraction[x] = b.i1 > b.i0 ? b.w1 : 0;
    }
    for (int x = width; x < width + SPAN; x++) {
        c.index[x] = 0;
        c.fraction[x] = 0;
    }
    return c;
}

/* A pair of source rows, columns `ld` floats apart. */
typedef struct CpuRowPair {
    const float *row[2];
    int ld;
} CpuRowPair;

/* Smallest and largest source value of channels [k, k + VEC), of which `n` exist. */
static inline void
span_bounds (const CpuRowPair *pair, const CpuSpan *span, int k, int n, vf32 *min, vf32 *max)
{
    *min = vf_set (INFINITY);
    *max = vf_set (-INFINITY);
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < span->columns; c++) {
            vf32 v = vf_load_n (pair->row[r] + (size_t) (span->first + c) * pair->ld + k, n);

            *min = vf_min (v, *min);
            *max = vf_max (v, *max);
        }
}

/* Most that rounding may add to a combination of values from `min` to `max`. */
static inline vf32
rounding_margin (vf32 min, vf32 max)
{
    return vf_max (vf_max (max, -max), vf_max (min, -min)) * vf_set (1e-6f);
}

/* A channel's source columns; the last one again where there are no more. */
static inline vf32
gather_columns (const float *row, int ld, const CpuSpan *span, int channel)
{
    vi32 column = vi_min (vi_iota (), vi_set (span->columns - 1));

    return vf_gather (row + (size_t) span->first * ld + channel, column * ld);
}

/* An output row of a channel before it is spread over the pixels. */
typedef struct CpuLine {
    vf32 value, step; /* at the source columns, and to the next one */
} CpuLine;

static inline CpuLine
line_between (vf32 top, vf32 bottom, float fraction)
{
    CpuLine line;

    line.value = vf_fma (vf_set (fraction), bottom - top, top);
    line.step = vf_next (line.value) - line.value;
    return line;
}

static inline vf32
line_pixels (const CpuLine *line, vi32 index, vf32 fraction)
{
    return vf_fma (fraction, vf_permute (line->step, index), vf_permute (line->value, index));
}

/* Elements [x, x + n) of a label map's row. */
static inline void
store_labels (const M2fTensor *map, int y, int x, vi32 label, int n)
{
    size_t at = (size_t) y * map->stride + x;

    if (map->type == M2F_U8)
        vi_store_u8 ((uint8_t *) m2f_tensor_host (map) + at, label, n);
    else
        vi_store_u16 ((uint16_t *) m2f_tensor_host (map) + at, label, n);
}

static inline void
fill_labels (const M2fTensor *map, int y0, int y1, int x, int n, int label)
{
    for (int y = y0; y < y1; y++)
        for (int i = 0; i < n; i += VEC)
            store_labels (map, y, x + i, vi_set (label), n - i);
}

/* dst[c][k] = row y of the source resized to `height` rows; columns are `ld` apart. */
static inline void
resize_row (const M2fTensor *src, int y, int height, float *dst, int ld)
{
    M2fBilinear v = m2f_bilinear (y, src->ne[1], height);
    int channels = src->ne[3];

    for (int x = 0; x < src->ne[2]; x++) {
        const float *top = m2f_row_f32 (src, (int64_t) v.i0 * src->ne[2] + x);
        const float *bottom = m2f_row_f32 (src, (int64_t) v.i1 * src->ne[2] + x);

        for (int k = 0; k < channels; k += VEC) {
            vf32 t = vf_load_n (top + k, channels - k), b = vf_load_n (bottom + k, channels - k);

            vf_store (dst + (size_t) x * ld + k, vf_fma (vf_set (v.w1), b - t, t));
        }
    }
}

#endif

/* The small products inside attention: a few query rows times a block of keys or values that
 * stays in the first-level cache.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_ATTENTION_TILE_H
#define M2F_CPU_ATTENTION_TILE_H

#include "model/compute/cpu/lanes.h"
#include "model/compute/backend.h"

/* Rows and vectors of a tile of the result, so that its sums fit the registers. */
#define ATTN_ROWS 6
#if VEC == 16
#define ATTN_VECS 4
#else
#define ATTN_VECS 2
#endif

/* Whether this instruction set multiplies pairs of bf16 (AVX512_BF16); otherwise bf16 operands are
 * widened to float32. */
#if defined __AVX512BF16__
#define ATTN_PAIRS true
#else
#define ATTN_PAIRS false
#endif

/* A softmax's weights 2^(s - max) in place, or as bf16 from s on; returns their sum. */
static inline float
softmax_weights (float *s, int vecs, float max, bool bf16)
{
    vf32 sum = vf_zero ();

    for (int v = 0; v < vecs; v++) {
        vf32 e = vf_exp2_weight (vf_load (s + v * VEC) - vf_set (max));

        if (bf16) {
            uint16_t *rounded = (uint16_t *) s + v * VEC;

            vf_store_bf16 (rounded, e);
            e = vf_load_bf16 (rounded); /* alike weights round alike: the sum has to know */
        } else {
            vf_store (s + v * VEC, e);
        }
        sum += e;
    }
    return vf_sum (sum);
}

/* Operands of a product a . b.  With pairs, an element is two of bf16, neighbours along n. */
typedef struct AttnIn {
    const float *const *a; /* a pointer for each row of n elements */
    const float *b;        /* n rows, ldb floats apart; vector v of a row is at v * step */
    int ldb, step, n;
} AttnIn;

/* Destination of the sums of a product: row r, vector `column` / VEC of the result. */
typedef struct AttnOut {
    float *c;              /* result rows, ldc apart */
    int ldc;
    float scale;           /* c = sum * scale + addend */
    const float *const *addend; /* a row each, or NULL */
    const float *keep;     /* per row: c = sum + c * keep; NULL = overwrite */
} AttnOut;

static inline vf32
attn_multiply_add (bool pairs, vf32 a, vf32 b, vf32 sum)
{
    return pairs ? vf_dot_pairs (a, b, sum) : vf_fma (a, b, sum);
}

/* Rows [row, row + rows) and `vecs` vectors from `column` on of the result. */
static inline __attribute__ ((always_inline)) void
attn_tile (bool pairs, int rows, int vecs, const AttnIn *in, const AttnOut *out, int row,
    int column)
{
    const float *const *a = in->a + row;
    const float *b = in->b + column / VEC * in->step;
    const int ldb = in->ldb, step = in->step, n = in->n;
    vf32 acc[ATTN_ROWS][ATTN_VECS];

#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++)
            acc[r][v] = vf_zero ();
    for (int k = 0; k < n; k++) {
        vf32 bk[ATTN_VECS];

#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++)
            bk[v] = vf_load (b + k * ldb + v * step);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            vf32 ak = vf_set (a[r][k]);

#pragma GCC unroll 4
            for (int v = 0; v < vecs; v++)
                acc[r][v] = attn_multiply_add (pairs, ak, bk[v], acc[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++) {
            float *c = out->c + (row + r) * out->ldc + column + v * VEC;

            if (out->addend != NULL)
                acc[r][v] = vf_fma (acc[r][v], vf_set (out->scale),
                    vf_load (out->addend[row + r] + column + v * VEC));
            else if (out->keep != NULL)
                acc[r][v] = vf_fma (vf_load (c), vf_set (out->keep[row + r]), acc[r][v]);
            else
                acc[r][v] *= vf_set (out->scale);
            vf_store (c, acc[r][v]);
        }
}

/* All columns of `rows` rows, a constant. */
static inline __attribute__ ((always_inline)) void
attn_tile_row (bool pairs, int rows, int vecs, const AttnIn *in, const AttnOut *out, int row)
{
    for (int v = 0, left = vecs; left > 0;) {
        int pieces = (left + ATTN_VECS - 1) / ATTN_VECS;
        int w = (left + pieces - 1) / pieces;

        switch (w) {
#if ATTN_VECS == 4
        case 4: attn_tile (pairs, rows, 4, in, out, row, v * VEC); break;
        case 3: attn_tile (pairs, rows, 3, in, out, row, v * VEC); break;
#endif
        case 2: attn_tile (pairs, rows, 2, in, out, row, v * VEC); break;
        default: attn_tile (pairs, rows, 1, in, out, row, v * VEC); break;
        }
        v += w;
        left -= w;
    }
}

static inline __attribute__ ((always_inline)) void
attn_tile_rows (bool pairs, int rows, int vecs, const AttnIn *in, const AttnOut *out)
{
    if (rows == 6) {
        attn_tile_row (pairs, 6, vecs, in, out, 0);
        return;
    }
    for (int r = 0; r < rows;) {
        int left = rows - r;

        if (left >= 4) {
            attn_tile_row (pairs, 4, vecs, in, out, r);
            r += 4;
        } else if (left >= 2) {
            attn_tile_row (pairs, 2, vecs, in, out, r);
            r += 2;
        } else {
            attn_tile_row (pairs, 1, vecs, in, out, r);
            r++;
        }
    }
}

/* A product of up to ATTN_ROWS rows and `vecs` vectors of columns. */
typedef void AttnProduct (int rows, int vecs, const AttnIn *in, const AttnOut *out);

static inline void
attn_product (int rows, int vecs, const AttnIn *in, const AttnOut *out)
{
    attn_tile_rows (false, rows, vecs, in, out);
}

/* A product of pairs of bf16. */
static inline void
attn_product_pairs (int rows, int vecs, const AttnIn *in, const AttnOut *out)
{
    attn_tile_rows (true, rows, vecs, in, out);
}

/* dst[c * stride + i] = row[i][c] for `rows` rows, a multiple of VEC, and `columns` columns. */
static inline void
transpose_rows (float *dst, int stride, const float *const *row, int rows, int columns)
{
    for (int i = 0; i < rows; i += VEC) {
        int c = 0;

        for (; c + VEC <= columns; c += VEC)
            transpose_block (dst + c * stride + i, stride, row + i, c);
        if (c < columns)
            transpose_columns (dst + c * stride + i, stride, row + i, c, columns - c);
    }
}

/* The `dim` elements from `first` on of a row of `t`: where they lie, or those of bf16 as float32
 * in `wide`, which has room for whole vectors. */
static inline const float *
head_row (const M2fTensor *t, int64_t row, int first, int dim, float *wide)
{
    if (t->type != M2F_BF16)
        return m2f_row_f32 (t, row) + first;
    for (int c = 0; c < dim; c += VEC)
        vf_store (wide + c, vf_load_bf16_n (m2f_row_bf16 (t, row) + first + c, dim - c));
    return wide;
}

/* The head's elements as bf16, copied to `to`, where pairs of them can be read as float32: a row of
 * the tensor may start in the middle of a pair. */
static inline const float *
head_row_bf16 (const M2fTensor *t, int64_t row, int first, int dim, float *to)
{
    if (t->type == M2F_BF16)
        return memcpy (to, m2f_row_bf16 (t, row) + first, sizeof (uint16_t) * dim);
    for (int c = 0; c < dim; c += VEC)
        vf_store_bf16 ((uint16_t *) to + c, vf_load_n (m2f_row_f32 (t, row) + first + c, dim - c));
    return to;
}

/* Copies the elements that head_row() returns to `to`. */
static inline void
copy_head_row (const M2fTensor *t, int64_t row, int first, int dim, float *to)
{
    const float *from = head_row (t, row, first, dim, to);
    int c = 0;

    if (from == to)
        return;
    for (; c + VEC <= dim; c += VEC)
        vf_store (to + c, vf_load (from + c));
    if (c < dim)
        vf_store (to + c, vf_load_n (from + c, dim - c));
}

/* Rows a and b, n elements of bf16 each, as pairs in whole vectors; NULL is zeros. */
static inline void
pair_rows (const uint16_t *a, const uint16_t *b, int n, float *to)
{
    for (int c = 0; c < n; c += VEC) {
        vi32 low = (vi32) vf_load_bf16_n (a + c, n - c);
        vi32 high = (vi32) (b != NULL ? vf_load_bf16_n (b + c, n - c) : vf_zero ());

        vf_store (to + c, (vf32) ((low >> 16 & 0xffff) | high));
    }
}

/* A row of one head of dst, float32 or bf16, from its sums of weighted values; `mean`, if not
 * NULL, was taken from those. */
static inline void
store_head (const M2fTensor *dst, int64_t row, int head, int dim, const float *sum, float scale,
    const float *mean)
{
    for (int c = 0; c < dim; c += VEC) {
        vf32 x = vf_load (sum + c) * vf_set (scale);

        if (mean != NULL)
            x += vf_load (mean + c);
        if (dst->type == M2F_BF16)
            vf_store_bf16_n (m2f_row_bf16 (dst, row) + head * dim + c, x, dim - c);
        else
            vf_store_n (m2f_row_f32 (dst, row) + head * dim + c, x, dim - c);
    }
}

#endif

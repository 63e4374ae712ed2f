/* Moving lanes about: what attention and the mask ops need beyond vec.h's arithmetic.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_LANES_H
#define M2F_CPU_LANES_H

#include "model/compute/cpu/vec.h"

/* 0, 1, 2 ... */
static inline vi32
vi_iota (void)
{
#if VEC == 16
    return (vi32) { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
#elif VEC == 8
    return (vi32) { 0, 1, 2, 3, 4, 5, 6, 7 };
#else
    return (vi32) { 0, 1, 2, 3 };
#endif
}

/* The lanes whose bits are set. */
static inline vmask
vm_from_bits (unsigned bits)
{
#if defined __AVX512F__
    return (vmask) bits;
#else
#if VEC == 8
    vi32 bit = { 1, 2, 4, 8, 16, 32, 64, 128 };
#else
    vi32 bit = { 1, 2, 4, 8 };
#endif

    return (vmask) ((vi_set ((int) bits) & bit) == bit);
#endif
}

static inline vmask
vi_eq (vi32 a, vi32 b)
{
#if defined __AVX512F__
    return _mm512_cmpeq_epi32_mask ((__m512i) a, (__m512i) b);
#else
    return (vmask) (a == b);
#endif
}

/* b where m, else a */
static inline vmask
vm_select (vmask m, vmask a, vmask b)
{
    return (vmask) ((a & ~m) | (b & m));
}

/* Lane i of the result is lane index[i] of a; 0 <= index < VEC. */
static inline vf32
vf_permute (vf32 a, vi32 index)
{
#if defined __AVX512F__
    return _mm512_permutexvar_ps ((__m512i) index, a);
#elif defined __AVX2__
    return _mm256_permutevar8x32_ps (a, (__m256i) index);
#else
    return (vf32) { a[index[0]], a[index[1]], a[index[2]], a[index[3]] };
#endif
}

/* Lane i of the result is lane i + 1 of a; the last lane stays. */
static inline vf32
vf_next (vf32 a)
{
    return vf_permute (a, vi_min (vi_iota () + 1, vi_set (VEC - 1)));
}

#define LOG2_E 1.44269504f

/* 2^x to 2e-7 for a softmax, x <= 0.  Ends at 2^-115: nobody sees the difference beside a largest
 * weight of 1, but denormal numbers would take hundreds of cycles each.  A NaN stays one. */
static inline vf32
vf_exp2_weight (vf32 x)
{
    x = vf_max (vf_set (-115), x);

    vf32 n = vf_round (x), r = x - n;
    vf32 y = vf_fma (vf_set (1.32647273e-3f), r, vf_set (9.67151299e-3f));

    y = vf_fma (y, r, vf_set (5.55073358e-2f));
    y = vf_fma (y, r, vf_set (2.40222424e-1f));
    y = vf_fma (y, r, vf_set (6.93147004e-1f));
    return vf_scale (vf_fma (y, r, vf_set (1)), n);
}

/* Every second lane of a and b side by side, from the first or from the second on. */
static inline vf32
vf_even (vf32 a, vf32 b)
{
#if defined __AVX512F__
    return _mm512_permutex2var_ps (a, (__m512i) (vi_iota () * 2), b);
#elif defined __AVX2__
    return (vf32) _mm256_permute4x64_pd ((__m256d) _mm256_shuffle_ps (a, b, 0x88), 0xd8);
#else
    return (vf32) { a[0], a[2], b[0], b[2] };
#endif
}

static inline vf32
vf_odd (vf32 a, vf32 b)
{
#if defined __AVX512F__
    return _mm512_permutex2var_ps (a, (__m512i) (vi_iota () * 2 + 1), b);
#elif defined __AVX2__
    return (vf32) _mm256_permute4x64_pd ((__m256d) _mm256_shuffle_ps (a, b, 0xdd), 0xd8);
#else
    return (vf32) { a[1], a[3], b[1], b[3] };
#endif
}

/* Stores the lanes of `a` whose bits are set one after another, and rubbish up to VEC elements. */
static inline void
vi_store_packed (int32_t *p, vi32 a, unsigned bits)
{
#if defined __AVX512F__
    vi_store (p, (vi32) _mm512_maskz_compress_epi32 ((vmask) bits, (__m512i) a));
#else
    int32_t lane[VEC];

    vi_store (lane, a);
    for (int i = 0, n = 0; i < VEC; i++) { /* no branches: bits are hard to predict */
        p[n] = lane[i];
        n += bits >> i & 1;
    }
#endif
}

/* The low bytes, or halves, of the first n lanes. */
static inline void
vi_store_u8 (uint8_t *p, vi32 a, int n)
{
#if defined __AVX512F__
    if (n >= VEC)
        _mm_storeu_si128 ((__m128i *) p, _mm512_cvtepi32_epi8 ((__m512i) a));
    else
        _mm512_mask_cvtepi32_storeu_epi8 (p, vm_first (n), (__m512i) a);
#elif defined __AVX2__
    const __m256i first = _mm256_broadcastsi128_si256 (
        _mm_setr_epi8 (0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    __m256i quads = _mm256_shuffle_epi8 ((__m256i) a, first);
    __m128i bytes
        = _mm_unpacklo_epi32 (_mm256_castsi256_si128 (quads), _mm256_extracti128_si256 (quads, 1));

    if (n >= VEC)
        _mm_storel_epi64 ((__m128i *) p, bytes);
    else
        memcpy (p, &bytes, (size_t) n);
#else
    for (int i = 0; i < (n < VEC ? n : VEC); i++)
        p[i] = (uint8_t) a[i];
#endif
}

static inline void
vi_store_u16 (uint16_t *p, vi32 a, int n)
{
#if defined __AVX512F__
    if (n >= VEC)
        _mm256_storeu_si256 ((__m256i *) p, _mm512_cvtepi32_epi16 ((__m512i) a));
    else
        _mm512_mask_cvtepi32_storeu_epi16 (p, vm_first (n), (__m512i) a);
#elif defined __AVX2__
    const __m256i first = _mm256_broadcastsi128_si256 (
        _mm_setr_epi8 (0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1));
    __m256i quads = _mm256_shuffle_epi8 ((__m256i) a, first);
    __m128i halves
        = _mm_unpacklo_epi64 (_mm256_castsi256_si128 (quads), _mm256_extracti128_si256 (quads, 1));

    if (n >= VEC)
        _mm_storeu_si128 ((__m128i *) p, halves);
    else
        memcpy (p, &halves, (size_t) n * sizeof *p);
#else
    for (int i = 0; i < (n < VEC ? n : VEC); i++)
        p[i] = (uint16_t) a[i];
#endif
}

#if defined __AVX512F__

/* Lanes of a and b in turn, within each 16-byte group. */
static inline vf32 vf_zip_low (vf32 a, vf32 b) { return _mm512_unpacklo_ps (a, b); }
static inline vf32 vf_zip_high (vf32 a, vf32 b) { return _mm512_unpackhi_ps (a, b); }
static inline vf32
vf_zip_low2 (vf32 a, vf32 b)
{
    return (vf32) _mm512_unpacklo_pd ((__m512d) a, (__m512d) b);
}
static inline vf32
vf_zip_high2 (vf32 a, vf32 b)
{
    return (vf32) _mm512_unpackhi_pd ((__m512d) a, (__m512d) b);
}

#elif defined __AVX2__

static inline vf32 vf_zip_low (vf32 a, vf32 b) { return _mm256_unpacklo_ps (a, b); }
static inline vf32 vf_zip_high (vf32 a, vf32 b) { return _mm256_unpackhi_ps (a, b); }
static inline vf32
vf_zip_low2 (vf32 a, vf32 b)
{
    return (vf32) _mm256_unpacklo_pd ((__m256d) a, (__m256d) b);
}
static inline vf32
vf_zip_high2 (vf32 a, vf32 b)
{
    return (vf32) _mm256_unpackhi_pd ((__m256d) a, (__m256d) b);
}

#else

static inline vf32 vf_zip_low (vf32 a, vf32 b) { return (vf32) { a[0], b[0], a[1], b[1] }; }
static inline vf32 vf_zip_high (vf32 a, vf32 b) { return (vf32) { a[2], b[2], a[3], b[3] }; }
static inline vf32 vf_zip_low2 (vf32 a, vf32 b) { return (vf32) { a[0], a[1], b[0], b[1] }; }
static inline vf32 vf_zip_high2 (vf32 a, vf32 b) { return (vf32) { a[2], a[3], b[2], b[3] }; }

#endif

/* 2 VEC elements of bf16: the even ones and the odd ones. */
static inline void
vf_load_bf16_pairs (const uint16_t *p, vf32 *even, vf32 *odd)
{
    vi32 pairs;

    memcpy (&pairs, p, sizeof pairs);
    *even = (vf32) (pairs << 16);
    *odd = (vf32) (pairs & (int32_t) 0xffff0000);
}

/* Pairs of bf16, rounded from the lanes of two vectors. */
static inline vf32
vf_pair_bf16 (vf32 first, vf32 second)
{
#if defined __AVX512BF16__
    const __m512i lanes = _mm512_set_epi16 (31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9,
        24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);

    return (vf32) _mm512_permutexvar_epi16 (lanes, (__m512i) _mm512_cvtne2ps_pbh (second, first));
#else
    return (vf32) (vi_round_bf16 (first) | vi_round_bf16 (second) << 16);
#endif
}

/* sum + the products of the pairs of bf16 that the lanes of a and b hold. */
static inline vf32
vf_dot_pairs (vf32 a, vf32 b, vf32 sum)
{
#if defined __AVX512BF16__
    return _mm512_dpbf16_ps (sum, (__m512bh) a, (__m512bh) b);
#else
    const vi32 upper = vi_set ((int32_t) 0xffff0000);
    vf32 even = vf_fma ((vf32) ((vi32) a << 16), (vf32) ((vi32) b << 16), sum);

    return vf_fma ((vf32) ((vi32) a & upper), (vf32) ((vi32) b & upper), even);
#endif
}

/* Lanes of a and b in turn, over both. */
static inline void
vf_interleave (vf32 *a, vf32 *b)
{
    vf32 low = vf_zip_low (*a, *b), high = vf_zip_high (*a, *b);

#if defined __AVX512F__
    const vi32 first = { 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23 };

    *a = _mm512_permutex2var_ps (low, (__m512i) first, high);
    *b = _mm512_permutex2var_ps (low, (__m512i) (first + 8), high);
#elif defined __AVX2__
    *a = _mm256_permute2f128_ps (low, high, 0x20);
    *b = _mm256_permute2f128_ps (low, high, 0x31);
#else
    *a = low;
    *b = high;
#endif
}

/* VEC bytes as floats. */
static inline vf32
vf_load_u8 (const uint8_t *p)
{
#if defined __AVX512F__
    return _mm512_cvtepi32_ps (_mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) p)));
#elif defined __AVX2__
    return _mm256_cvtepi32_ps (_mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *) p)));
#else
    return (vf32) { p[0], p[1], p[2], p[3] };
#endif
}

/* The first n bytes, zeros after; n may be VEC or more. */
static inline vf32
vf_load_u8_n (const uint8_t *p, int n)
{
    uint8_t some[VEC] = { 0 };

    if (n >= VEC)
        return vf_load_u8 (p);
    memcpy (some, p, (size_t) n);
    return vf_load_u8 (some);
}

/* VEC bytes as integers. */
static inline vi32
vi_load_u8 (const uint8_t *p)
{
#if defined __AVX512F__
    return (vi32) _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) p));
#elif defined __AVX2__
    return (vi32) _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *) p));
#else
    return (vi32) { p[0], p[1], p[2], p[3] };
#endif
}

/* VEC little-endian 16-bit words as integers. */
static inline vi32
vi_load_u16 (const uint8_t *p)
{
#if defined __AVX512F__
    return (vi32) _mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *) p));
#elif defined __AVX2__
    return (vi32) _mm256_cvtepu16_epi32 (_mm_loadu_si128 ((const __m128i *) p));
#else
    return (vi32) { p[0] | p[1] << 8, p[2] | p[3] << 8, p[4] | p[5] << 8, p[6] | p[7] << 8 };
#endif
}

/* Lane by lane the product of the low halves plus that of the high ones, all of them signed. */
static inline vi32
vi_dot_halves (vi32 a, vi32 b)
{
#if defined __AVX512BW__
    return (vi32) _mm512_madd_epi16 ((__m512i) a, (__m512i) b);
#elif defined __AVX2__ && !defined __AVX512F__
    return (vi32) _mm256_madd_epi16 ((__m256i) a, (__m256i) b);
#else
    return (vi32) ((vi32) (a << 16) >> 16) * ((vi32) (b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

/* Quad i of the result is the sum of the quads of v[i]. */
static inline vi32
vi_sum_quads (const vi32 v[VEC / 4])
{
#if defined __AVX512F__
#define SHUFFLE(x, y, n) ((vi32) _mm512_shuffle_i32x4 ((__m512i) (x), (__m512i) (y), n))
    vi32 a = SHUFFLE (v[0], v[1], 0x88) + SHUFFLE (v[0], v[1], 0xdd);
    vi32 b = SHUFFLE (v[2], v[3], 0x88) + SHUFFLE (v[2], v[3], 0xdd);

    return SHUFFLE (a, b, 0x88) + SHUFFLE (a, b, 0xdd);
#undef SHUFFLE
#elif defined __AVX2__
    __m256i a = (__m256i) v[0], b = (__m256i) v[1];

    return (vi32) _mm256_permute2x128_si256 (a, b, 0x20)
        + (vi32) _mm256_permute2x128_si256 (a, b, 0x31);
#else
    return v[0];
#endif
}

/* Transposes the 4 x 4 blocks that four rows hold side by side. */
static inline void
transpose_quads (vf32 r[4])
{
    vf32 a = vf_zip_low (r[0], r[1]), b = vf_zip_low (r[2], r[3]);
    vf32 c = vf_zip_high (r[0], r[1]), d = vf_zip_high (r[2], r[3]);

    r[0] = vf_zip_low2 (a, b);
    r[1] = vf_zip_high2 (a, b);
    r[2] = vf_zip_low2 (c, d);
    r[3] = vf_zip_high2 (c, d);
}

/* dst[c * stride + i] = row[i][column + c] for VEC rows and n columns; n may be VEC or more. */
static inline __attribute__ ((always_inline)) void
transpose_columns (float *dst, int stride, const float *const row[VEC], int column, int n)
{
    vf32 r[VEC], t[VEC];

    /* Quads of rows i, i + VEC / 4 ... go to registers in the order the last step wants. */
#pragma GCC unroll 16
    for (int i = 0; i < VEC; i++)
        r[i] = vf_load_n (row[i] + column, n);
#pragma GCC unroll 4
    for (int i = 0; i < VEC; i += 4)
        transpose_quads (r + i);
#if defined __AVX512F__
    /* r[4 g + j] group h holds column 4 h + j of rows 4 g .. 4 g + 3. */
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        vf32 a = _mm512_shuffle_f32x4 (r[j], r[4 + j], 0x88);
        vf32 b = _mm512_shuffle_f32x4 (r[8 + j], r[12 + j], 0x88);
        vf32 c = _mm512_shuffle_f32x4 (r[j], r[4 + j], 0xdd);
        vf32 d = _mm512_shuffle_f32x4 (r[8 + j], r[12 + j], 0xdd);

        t[j] = _mm512_shuffle_f32x4 (a, b, 0x88);
        t[4 + j] = _mm512_shuffle_f32x4 (c, d, 0x88);
        t[8 + j] = _mm512_shuffle_f32x4 (a, b, 0xdd);
        t[12 + j] = _mm512_shuffle_f32x4 (c, d, 0xdd);
    }
#elif defined __AVX2__
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        t[j] = _mm256_permute2f128_ps (r[j], r[4 + j], 0x20);
        t[4 + j] = _mm256_permute2f128_ps (r[j], r[4 + j], 0x31);
    }
#else
    for (int j = 0; j < 4; j++)
        t[j] = r[j];
#endif
#pragma GCC unroll 16
    for (int c = 0; c < VEC; c++)
        if (c < n)
            vf_store (dst + c * stride, t[c]);
}

/* Transposes VEC columns. */
static inline void
transpose_block (float *dst, int stride, const float *const row[VEC], int column)
{
    transpose_columns (dst, stride, row, column, VEC);
}

#endif

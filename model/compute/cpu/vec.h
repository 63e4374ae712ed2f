/* Vectors of float, as wide as the instruction set being compiled for has them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vf32 holds VEC floats, vi32 as many 32-bit integers; + - * / work on both as the compilers'
 * vector extensions define them.  vmask is a truth value per lane.  Loads and stores take any
 * address.  The plain version is what the compiler makes of 16-byte vectors: SSE2 on x86-64, NEON
 * on ARM.  bf16, the upper half of a float32, exists in memory only.
 */
#ifndef M2F_CPU_VEC_H
#define M2F_CPU_VEC_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined __AVX2__
#include <immintrin.h>
#endif

#if defined __AVX512F__

#define VEC 16
typedef __m512 vf32;
typedef int32_t vi32 __attribute__ ((vector_size (64)));
typedef __mmask16 vmask;

static inline vmask vm_first (int n) { return (vmask) ((1u << n) - 1); } /* lanes [0, n), n < VEC */
static inline vf32 vf_load (const float *p) { return _mm512_loadu_ps (p); }
static inline void vf_store (float *p, vf32 a) { _mm512_storeu_ps (p, a); }
static inline vf32 vf_load_mask (const float *p, vmask m) { return _mm512_maskz_loadu_ps (m, p); }
static inline void vf_store_mask (float *p, vf32 a, vmask m) { _mm512_mask_storeu_ps (p, m, a); }
static inline vf32 vf_set (float a) { return _mm512_set1_ps (a); }
static inline vf32 vf_fma (vf32 a, vf32 b, vf32 c) { return _mm512_fmadd_ps (a, b, c); }
static inline vf32 vf_fnma (vf32 a, vf32 b, vf32 c) { return _mm512_fnmadd_ps (a, b, c); }
/* b where a or b is not a number */
static inline vf32 vf_min (vf32 a, vf32 b) { return _mm512_min_ps (a, b); }
static inline vf32 vf_max (vf32 a, vf32 b) { return _mm512_max_ps (a, b); }
static inline vf32 vf_sqrt (vf32 a) { return _mm512_sqrt_ps (a); }
static inline vf32 vf_floor (vf32 a) { return _mm512_roundscale_ps (a, 9); }
static inline vf32 vf_round (vf32 a) { return _mm512_roundscale_ps (a, 8); } /* halves to even */
static inline vi32 vi_load (const int32_t *p) { return (vi32) _mm512_loadu_si512 (p); }
static inline void vi_store (int32_t *p, vi32 a) { _mm512_storeu_si512 (p, (__m512i) a); }
static inline vi32 vi_set (int32_t a) { return (vi32) _mm512_set1_epi32 (a); }
static inline vi32
vi_min (vi32 a, vi32 b)
{
    return (vi32) _mm512_min_epi32 ((__m512i) a, (__m512i) b);
}
static inline vi32
vi_max (vi32 a, vi32 b)
{
    return (vi32) _mm512_max_epi32 ((__m512i) a, (__m512i) b);
}
static inline vi32 vi_from (vf32 a) { return (vi32) _mm512_cvttps_epi32 (a); } /* truncates */
static inline vf32 vf_from (vi32 a) { return _mm512_cvtepi32_ps ((__m512i) a); }
static inline vf32
vf_gather (const float *p, vi32 i)
{
    return _mm512_i32gather_ps ((__m512i) i, p, 4);
}
static inline vmask vf_lt (vf32 a, vf32 b) { return _mm512_cmp_ps_mask (a, b, _CMP_LT_OQ); }
static inline vmask vf_le (vf32 a, vf32 b) { return _mm512_cmp_ps_mask (a, b, _CMP_LE_OQ); }
static inline vmask
vi_lt (vi32 a, vi32 b)
{
    return _mm512_cmplt_epi32_mask ((__m512i) a, (__m512i) b);
}
static inline vmask vm_and (vmask a, vmask b) { return a & b; }
static inline vmask vm_or (vmask a, vmask b) { return a | b; }
static inline unsigned vm_bits (vmask m) { return m; } /* bit i = lane i */
/* b where m, else a */
static inline vf32 vf_blend (vmask m, vf32 a, vf32 b) { return _mm512_mask_blend_ps (m, a, b); }
static inline vi32
vi_select (vmask m, vi32 a, vi32 b)
{
    return (vi32) _mm512_mask_blend_epi32 (m, (__m512i) a, (__m512i) b);
}
static inline float vf_sum (vf32 a) { return _mm512_reduce_add_ps (a); }
static inline float vf_max_lane (vf32 a) { return _mm512_reduce_max_ps (a); }
static inline float vf_min_lane (vf32 a) { return _mm512_reduce_min_ps (a); }
/* a * 2^n for an integer n, down to 0 */
static inline vf32 vf_scale (vf32 a, vf32 n) { return _mm512_scalef_ps (a, n); }

#elif defined __AVX2__

#define VEC 8
typedef __m256 vf32;
typedef int32_t vi32 __attribute__ ((vector_size (32)));
typedef __m256i vmask;

static inline vmask
vm_first (int n)
{
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n), _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vf32 vf_load (const float *p) { return _mm256_loadu_ps (p); }
static inline void vf_store (float *p, vf32 a) { _mm256_storeu_ps (p, a); }
static inline vf32 vf_load_mask (const float *p, vmask m) { return _mm256_maskload_ps (p, m); }
static inline void vf_store_mask (float *p, vf32 a, vmask m) { _mm256_maskstore_ps (p, m, a); }
static inline vf32 vf_set (float a) { return _mm256_set1_ps (a); }
static inline vf32 vf_fma (vf32 a, vf32 b, vf32 c) { return _mm256_fmadd_ps (a, b, c); }
static inline vf32 vf_fnma (vf32 a, vf32 b, vf32 c) { return _mm256_fnmadd_ps (a, b, c); }
static inline vf32 vf_min (vf32 a, vf32 b) { return _mm256_min_ps (a, b); }
static inline vf32 vf_max (vf32 a, vf32 b) { return _mm256_max_ps (a, b); }
static inline vf32 vf_sqrt (vf32 a) { return _mm256_sqrt_ps (a); }
static inline vf32 vf_floor (vf32 a) { return _mm256_floor_ps (a); }
static inline vf32 vf_round (vf32 a) { return _mm256_round_ps (a, 8); }
static inline vi32
vi_load (const int32_t *p)
{
    return (vi32) _mm256_loadu_si256 ((const __m256i *) p);
}
static inline void
vi_store (int32_t *p, vi32 a)
{
    _mm256_storeu_si256 ((__m256i *) p, (__m256i) a);
}
static inline vi32 vi_set (int32_t a) { return (vi32) _mm256_set1_epi32 (a); }
static inline vi32
vi_min (vi32 a, vi32 b)
{
    return (vi32) _mm256_min_epi32 ((__m256i) a, (__m256i) b);
}
static inline vi32
vi_max (vi32 a, vi32 b)
{
    return (vi32) _mm256_max_epi32 ((__m256i) a, (__m256i) b);
}
static inline vi32 vi_from (vf32 a) { return (vi32) _mm256_cvttps_epi32 (a); }
static inline vf32 vf_from (vi32 a) { return _mm256_cvtepi32_ps ((__m256i) a); }
static inline vf32
vf_gather (const float *p, vi32 i)
{
    return _mm256_i32gather_ps (p, (__m256i) i, 4);
}
static inline vmask vf_lt (vf32 a, vf32 b) { return (vmask) _mm256_cmp_ps (a, b, _CMP_LT_OQ); }
static inline vmask vf_le (vf32 a, vf32 b) { return (vmask) _mm256_cmp_ps (a, b, _CMP_LE_OQ); }
static inline vmask vi_lt (vi32 a, vi32 b) { return _mm256_cmpgt_epi32 ((__m256i) b, (__m256i) a); }
static inline vmask vm_and (vmask a, vmask b) { return a & b; }
static inline vmask vm_or (vmask a, vmask b) { return a | b; }
static inline unsigned vm_bits (vmask m) { return (unsigned) _mm256_movemask_ps ((__m256) m); }
static inline vf32
vf_blend (vmask m, vf32 a, vf32 b)
{
    return _mm256_blendv_ps (a, b, (__m256) m);
}
static inline vi32
vi_select (vmask m, vi32 a, vi32 b)
{
    return (vi32) _mm256_blendv_epi8 ((__m256i) a, (__m256i) b, m);
}

#else

#define VEC 4
typedef float vf32 __attribute__ ((vector_size (16)));
typedef int32_t vi32 __attribute__ ((vector_size (16)));
typedef vi32 vmask;

static inline vmask vm_first (int n) { return (vi32) { 0, 1, 2, 3 } < (vi32) { n, n, n, n }; }
static inline vf32 vf_load (const float *p) { vf32 a; memcpy (&a, p, sizeof a); return a; }
static inline void vf_store (float *p, vf32 a) { memcpy (p, &a, sizeof a); }
static inline vf32
vf_load_mask (const float *p, vmask m)
{
    vf32 a = { 0 };

    for (int i = 0; i < VEC; i++)
        if (m[i])
            a[i] = p[i];
    return a;
}
static inline void
vf_store_mask (float *p, vf32 a, vmask m)
{
    for (int i = 0; i < VEC; i++)
        if (m[i])
            p[i] = a[i];
}
static inline vf32 vf_set (float a) { return (vf32) { a, a, a, a }; }
static inline vf32 vf_fma (vf32 a, vf32 b, vf32 c) { return a * b + c; }
static inline vf32 vf_fnma (vf32 a, vf32 b, vf32 c) { return c - a * b; }
static inline vf32
vf_blend (vmask m, vf32 a, vf32 b)
{
    return (vf32) ((~m & (vi32) a) | (m & (vi32) b));
}
static inline vi32 vi_select (vmask m, vi32 a, vi32 b) { return (~m & a) | (m & b); }
static inline vf32 vf_min (vf32 a, vf32 b) { return vf_blend (a < b, b, a); }
static inline vf32 vf_max (vf32 a, vf32 b) { return vf_blend (a > b, b, a); }
static inline vf32
vf_sqrt (vf32 a)
{
    return (vf32) { sqrtf (a[0]), sqrtf (a[1]), sqrtf (a[2]), sqrtf (a[3]) };
}
static inline vf32
vf_floor (vf32 a)
{
    return (vf32) { floorf (a[0]), floorf (a[1]), floorf (a[2]), floorf (a[3]) };
}
static inline vf32
vf_round (vf32 a)
{
    return (vf32) { rintf (a[0]), rintf (a[1]), rintf (a[2]), rintf (a[3]) };
}
static inline vi32 vi_load (const int32_t *p) { vi32 a; memcpy (&a, p, sizeof a); return a; }
static inline void vi_store (int32_t *p, vi32 a) { memcpy (p, &a, sizeof a); }
static inline vi32 vi_set (int32_t a) { return (vi32) { a, a, a, a }; }
static inline vi32 vi_min (vi32 a, vi32 b) { return vi_select (a < b, b, a); }
static inline vi32 vi_max (vi32 a, vi32 b) { return vi_select (a > b, b, a); }
static inline vi32 vi_from (vf32 a) { return __builtin_convertvector (a, vi32); }
static inline vf32 vf_from (vi32 a) { return __builtin_convertvector (a, vf32); }
static inline vf32
vf_gather (const float *p, vi32 i)
{
    return (vf32) { p[i[0]], p[i[1]], p[i[2]], p[i[3]] };
}
static inline vmask vf_lt (vf32 a, vf32 b) { return a < b; }
static inline vmask vf_le (vf32 a, vf32 b) { return a <= b; }
static inline vmask vi_lt (vi32 a, vi32 b) { return a < b; }
static inline vmask vm_and (vmask a, vmask b) { return a & b; }
static inline vmask vm_or (vmask a, vmask b) { return a | b; }
static inline unsigned
vm_bits (vmask m)
{
    return (m[0] & 1) | (m[1] & 2) | (m[2] & 4) | (m[3] & 8);
}

#endif

static inline vf32 vf_zero (void) { return vf_set (0); }

#if !defined __AVX512F__

/* By halves, as wider machines do. */
static inline float
vf_sum (vf32 a)
{
    float f[VEC];

    vf_store (f, a);
    for (int n = VEC / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++)
            f[i] += f[i + n];
    return f[0];
}

static inline float
vf_max_lane (vf32 a)
{
    float m = a[0];

    for (int i = 1; i < VEC; i++)
        m = a[i] > m ? a[i] : m;
    return m;
}

static inline float
vf_min_lane (vf32 a)
{
    float m = a[0];

    for (int i = 1; i < VEC; i++)
        m = a[i] < m ? a[i] : m;
    return m;
}

/* In two steps, so that 2^n need not be a normal number. */
static inline vf32
vf_scale (vf32 a, vf32 n)
{
    vi32 whole = vi_from (n);
    vi32 half = whole >> 1;

    return a * (vf32) ((half + 127) << 23) * (vf32) ((whole - half + 127) << 23);
}

#endif

/* The first n elements, zeros after; n may be VEC or more. */
static inline vf32
vf_load_n (const float *p, int n)
{
    return n >= VEC ? vf_load (p) : vf_load_mask (p, vm_first (n));
}

static inline void
vf_store_n (float *p, vf32 a, int n)
{
    if (n >= VEC)
        vf_store (p, a);
    else
        vf_store_mask (p, a, vm_first (n));
}

/* ---- bf16 ---------------------------------------------------------------------------------- */

/* The nearest bf16 in the lower halves, ties to even; a NaN stays one. */
static inline vi32
vi_round_bf16 (vf32 a)
{
    const vi32 bits = (vi32) a;
    const vi32 upper = (bits >> 16) & 0xffff;
    const vi32 nearest = ((bits + 0x7fff + (upper & 1)) >> 16) & 0xffff;

    return vi_select (vf_le (a, a), upper | 0x40, nearest);
}

#if defined __AVX512F__

/* 16 bf16 as float32: element i becomes the upper half of lane i, in one instruction. */
static inline vf32
vf_from_bf16 (__m256i a)
{
    const __m512i halves = _mm512_set_epi16 (15, 0, 14, 0, 13, 0, 12, 0, 11, 0, 10, 0, 9, 0, 8, 0,
        7, 0, 6, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 0, 0);

    return (vf32) _mm512_maskz_permutexvar_epi16 (0xaaaaaaaa, halves, _mm512_castsi256_si512 (a));
}
static inline vf32
vf_load_bf16 (const uint16_t *p)
{
    return vf_from_bf16 (_mm256_loadu_si256 ((const __m256i *) p));
}
static inline __m256i
vf_to_bf16 (vf32 a)
{
#if defined __AVX512BF16__
    return (__m256i) _mm512_cvtneps_pbh (a);
#else
    return _mm512_cvtepi32_epi16 ((__m512i) vi_round_bf16 (a));
#endif
}
static inline void
vf_store_bf16 (uint16_t *p, vf32 a)
{
    _mm256_storeu_si256 ((__m256i *) p, vf_to_bf16 (a));
}
static inline vf32
vf_load_bf16_mask (const uint16_t *p, vmask m)
{
    return vf_from_bf16 (_mm256_maskz_loadu_epi16 (m, p));
}
static inline void
vf_store_bf16_mask (uint16_t *p, vf32 a, vmask m)
{
    _mm256_mask_storeu_epi16 (p, m, vf_to_bf16 (a));
}

#else

#if defined __AVX2__

static inline vf32
vf_load_bf16 (const uint16_t *p)
{
    __m128i a = _mm_loadu_si128 ((const __m128i *) p);

    return (vf32) _mm256_slli_epi32 (_mm256_cvtepu16_epi32 (a), 16);
}
static inline void
vf_store_bf16 (uint16_t *p, vf32 a)
{
    __m256i halves = (__m256i) vi_round_bf16 (a);

    _mm_storeu_si128 ((__m128i *) p, _mm_packus_epi32 (_mm256_castsi256_si128 (halves),
        _mm256_extracti128_si256 (halves, 1)));
}

#else

static inline vf32
vf_load_bf16 (const uint16_t *p)
{
    return (vf32) ((vi32) { p[0], p[1], p[2], p[3] } << 16);
}
static inline void
vf_store_bf16 (uint16_t *p, vf32 a)
{
    const vi32 halves = vi_round_bf16 (a);

    for (int i = 0; i < VEC; i++)
        p[i] = (uint16_t) halves[i];
}

#endif

/* There is no masking of 16-bit elements: by way of a whole vector. */
static inline vf32
vf_load_bf16_mask (const uint16_t *p, vmask m)
{
    const unsigned lanes = vm_bits (m);
    uint16_t whole[VEC];

    for (int i = 0; i < VEC; i++)
        whole[i] = lanes >> i & 1 ? p[i] : 0;
    return vf_load_bf16 (whole);
}
static inline void
vf_store_bf16_mask (uint16_t *p, vf32 a, vmask m)
{
    const unsigned lanes = vm_bits (m);
    uint16_t whole[VEC];

    vf_store_bf16 (whole, a);
    for (int i = 0; i < VEC; i++)
        if (lanes >> i & 1)
            p[i] = whole[i];
}

#endif

/* The first n elements, as above. */
static inline vf32
vf_load_bf16_n (const uint16_t *p, int n)
{
    return n >= VEC ? vf_load_bf16 (p) : vf_load_bf16_mask (p, vm_first (n));
}

static inline void
vf_store_bf16_n (uint16_t *p, vf32 a, int n)
{
    if (n >= VEC)
        vf_store_bf16 (p, a);
    else
        vf_store_bf16_mask (p, a, vm_first (n));
}

/* 2 VEC elements */
static inline void
vf_store_bf16_both (uint16_t *p, vf32 a, vf32 b)
{
#if defined __AVX512BF16__
    _mm512_storeu_si512 (p, (__m512i) _mm512_cvtne2ps_pbh (b, a));
#else
    vf_store_bf16 (p, a);
    vf_store_bf16 (p + VEC, b);
#endif
}

/* ---- functions ----------------------------------------------------------------------------- */

/* e^x to 1 ulp or so; 0 below -104 and infinity above 88.7, as it should be. */
static inline vf32
vf_exp (vf32 x)
{
    /* A NaN stays one: min and max return their second operand then. */
    x = vf_min (vf_set (89.f), vf_max (vf_set (-104.f), x));

    vf32 n = vf_round (x * vf_set (1.44269504f));
    vf32 r = vf_fnma (n, vf_set (0.693359375f), x); /* ln 2 in two parts, the first one exact */
    vf32 y = vf_set (1.9875691500e-4f);

    r = vf_fnma (n, vf_set (-2.12194440e-4f), r);
    y = vf_fma (y, r, vf_set (1.3981999507e-3f));
    y = vf_fma (y, r, vf_set (8.3334519073e-3f));
    y = vf_fma (y, r, vf_set (4.1665795894e-2f));
    y = vf_fma (y, r, vf_set (1.6666665459e-1f));
    y = vf_fma (y, r, vf_set (5.0000001201e-1f));
    return vf_scale (vf_fma (y, r * r, r + vf_set (1.f)), n);
}

static inline vf32
vf_sigmoid (vf32 x)
{
    return vf_set (1.f) / (vf_set (1.f) + vf_exp (-x));
}

#endif

/* A frame's bytes to the network's input: colour, the filter along rows and columns, all in cache.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pixels are four lanes wide on the way, red, green, blue and one for alignment: that makes both
 * passes plain vector sums.  Weights are integers, of 16 bits as in ATen's kernels for bytes: sums
 * are exact however many pixels they are of, where float32 would round some to the next level.
 */
#include "model/compute/cpu/cpu.h"

#include "model/compute/cpu/lanes.h"

#define QUADS (VEC / 4) /* pixels of a vector */

typedef struct PreprocessJob {
    const M2fPreprocess *args;
    int x_bits, y_bits;      /* fraction bits of the weights */
    int x_taps;              /* taps of a packed filter: a multiple of 2 * QUADS */
    const int16_t *x_weight; /* [dst width][x_taps], from an even pixel on */
    int padded_width;        /* pixels of a row in scratch */
} PreprocessJob;

/* ---- colour: a row of the frame to r, g, b, 0 bytes ------------------------------------------ */

static const uint8_t *
plane_row (const M2fPreprocess *a, int plane, int y)
{
    return (const uint8_t *) m2f_tensor_host (&a->plane[plane])
        + (size_t) y * a->plane[plane].stride;
}

#if defined __AVX2__

/* VEC pixels of `step` bytes each, in fours that lie 16 bytes apart in the result; 16 bytes are
 * read for the last four, too. */
static inline vi32
load_packed (const uint8_t *from, int step)
{
#define FOUR(i) ((const __m128i *) (from + 4 * (i) * step))
    __m256i first = _mm256_loadu2_m128i (FOUR (1), FOUR (0));

#if defined __AVX512F__
    return (vi32) _mm512_inserti64x4 (_mm512_castsi256_si512 (first),
        _mm256_loadu2_m128i (FOUR (3), FOUR (2)), 1);
#else
    return (vi32) first;
#endif
#undef FOUR
}

/* Bytes `order` of every four lanes, zero where its highest bit is set. */
static inline vi32
shuffle_bytes (vi32 a, const uint8_t order[16])
{
    const __m128i o = _mm_loadu_si128 ((const __m128i *) order);

#if defined __AVX512F__
    return (vi32) _mm512_shuffle_epi8 ((__m512i) a, _mm512_broadcast_i32x4 (o));
#else
    return (vi32) _mm256_shuffle_epi8 ((__m256i) a, _mm256_broadcastsi128_si256 (o));
#endif
}

#endif

static void
convert_packed (const M2fPreprocess *a, int y, int32_t *restrict dst)
{
    const M2fComponent *at = a->pixels.component;
    const uint8_t *src = plane_row (a, at->plane, y);
    const int n = at->step, r = at[0].offset, g = at[1].offset, b = at[2].offset;
    const int width = a->width;
    int x = 0;

#if defined __AVX2__
    uint8_t order[16];

    for (int i = 0; i < 4; i++) {
        order[4 * i] = (uint8_t) (i * n + r);
        order[4 * i + 1] = (uint8_t) (i * n + g);
        order[4 * i + 2] = (uint8_t) (i * n + b);
        order[4 * i + 3] = 0x80;
    }
    for (; (x + VEC - 4) * n + 16 <= width * n; x += VEC)
        vi_store (dst + x, shuffle_bytes (load_packed (src + x * n, n), order));
#endif
    for (; x < width; x++)
        dst[x] = src[x * n + r] | src[x * n + g] << 8 | src[x * n + b] << 16;
}

/* A component's samples of a row of the frame. */
typedef struct Samples {
    const uint8_t *row;
    int count, step;
    int shift, mask; /* of the sample in its `step` bytes */
} Samples;

static Samples
row_samples (const M2fPreprocess *a, int c, int y)
{
    const M2fPixels *pixels = &a->pixels;
    const M2fComponent at = pixels->component[c];

    return (Samples) {
        .row = plane_row (a, at.plane, c > 0 ? y >> pixels->y_shift : y),
        .count = m2f_pixels_columns (pixels, c, a->width),
        .step = at.step,
        .shift = 8 * at.offset,
        .mask = pixels->sample_bytes == 1 ? 0xff : 0xffff,
    };
}

/* VEC samples from `first` on; zeros after the last. */
static inline vi32
load_samples (const Samples *s, int first)
{
    const uint8_t *from = s->row + (size_t) first * s->step;
    uint8_t some[4 * VEC] = { 0 };
    vi32 lanes;

    if (s->count - first < VEC)
        from = memcpy (some, from, (size_t) MAX (s->count - first, 0) * s->step);
    switch (s->step) {
    case 1: return vi_load_u8 (from);
    case 2: lanes = vi_load_u16 (from); break;
    default: memcpy (&lanes, from, sizeof lanes); break;
    }
    return lanes >> s->shift & s->mask;
}

static void
convert_planes (const M2fPreprocess *a, int y, int32_t *dst)
{
    const Samples r = row_samples (a, 0, y), g = row_samples (a, 1, y), b = row_samples (a, 2, y);

    for (int x = 0; x < a->width; x += VEC)
        vi_store (dst + x,
            load_samples (&r, x) | load_samples (&g, x) << 8 | load_samples (&b, x) << 16);
}

/* Pixels of colours that are clamped to 0..255. */
static inline vi32
pack_rgb (const vi32 rgb[3])
{
#if defined __AVX2__
    static const uint8_t order[16] = { 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 };
#if defined __AVX512F__
    __m512i rg = _mm512_packs_epi32 ((__m512i) rgb[0], (__m512i) rgb[1]);
    __m512i b = _mm512_packs_epi32 ((__m512i) rgb[2], _mm512_setzero_si512 ());

    return shuffle_bytes ((vi32) _mm512_packus_epi16 (rg, b), order);
#else
    __m256i rg = _mm256_packs_epi32 ((__m256i) rgb[0], (__m256i) rgb[1]);
    __m256i b = _mm256_packs_epi32 ((__m256i) rgb[2], _mm256_setzero_si256 ());

    return shuffle_bytes ((vi32) _mm256_packus_epi16 (rg, b), order);
#endif
#else
    vi32 pixels = vi_set (0);

    for (int c = 0; c < 3; c++)
        pixels |= vi_min (vi_max (rgb[c], vi_set (0)), vi_set (255)) << 8 * c;
    return pixels;
#endif
}

/* What U and V add to R, G and B, with the constants and what rounds ties up. */
typedef struct Chroma {
    vf32 sum[3];
} Chroma;

static inline Chroma
load_chroma (const M2fPreprocess *a, const Samples *us, const Samples *vs, int first)
{
    vf32 u = vf_from (load_samples (us, first)), v = vf_from (load_samples (vs, first));
    Chroma chroma;

    for (int c = 0; c < 3; c++) {
        const float *m = a->yuv_to_rgb[c];

        chroma.sum[c] = vf_fma (vf_set (m[1]), u, vf_fma (vf_set (m[2]), v, vf_set (m[3] + 0.5f)));
    }
    return chroma;
}

/* The colours of VEC pixels; lane i has the chroma of lane `sample`[i]. */
static inline void
store_yuv (const M2fPreprocess *a, int32_t *dst, vf32 y, const Chroma *chroma, vi32 sample)
{
    vi32 rgb[3];

    for (int c = 0; c < 3; c++)
        rgb[c] = vi_from (vf_fma (vf_set (a->yuv_to_rgb[c][0]), y,
            vf_permute (chroma->sum[c], sample)));
    vi_store (dst, pack_rgb (rgb));
}

static void
convert_yuv (const M2fPreprocess *a, int y, int32_t *dst)
{
    const Samples luma = row_samples (a, 0, y), us = row_samples (a, 1, y);
    const Samples vs = row_samples (a, 2, y);
    const int shift = a->pixels.x_shift;

    for (int x = 0; x < a->width; x += VEC << shift) {
        const Chroma chroma = load_chroma (a, &us, &vs, x >> shift);

        for (int i = 0; i < VEC << shift; i += VEC)
            store_yuv (a, dst + x + i, vf_from (load_samples (&luma, x + i)), &chroma,
                (vi_iota () + i) >> shift);
    }
}

static void
convert_row (const M2fPreprocess *a, int y, int32_t *dst)
{
    if (a->pixels.is_yuv)
        convert_yuv (a, y, dst);
    else if (m2f_pixels_are_packed (&a->pixels))
        convert_packed (a, y, dst);
    else
        convert_planes (a, y, dst);
}

/* ---- filter --------------------------------------------------------------------------------- */

/* Bits of the fraction of weights in 16 bits: as many as the largest one leaves room for. */
static int
fraction_bits (const M2fTensor *weights)
{
    float largest = 0;
    int bits = 0;

    for (int i = 0; i < weights->ne[2]; i++)
        for (int t = 0; t < weights->ne[3]; t++)
            largest = MAX (largest, fabsf (m2f_row_f32 (weights, i)[t]));
    while (bits < 22 && (int) (0.5f + largest * (float) (1 << (bits + 1))) < 1 << 15)
        bits++;
    return bits;
}

static inline int32_t
fixed_point (float weight, int bits)
{
    return (int32_t) lrintf (weight * (float) (1 << bits));
}

/* The start of a sum, so that cutting its fraction off rounds. */
static inline vi32
half (int bits)
{
    return vi_set ((1 << bits) >> 1);
}

static inline vi32
to_byte (vi32 sum, int bits)
{
    return vi_min (vi_max (sum >> bits, vi_set (0)), vi_set (255));
}

/* r, g, b, 0 bytes of n pixels, an even number, to halves of two pixels: r r, g g, b b, 0 0. */
static void
pair_pixels (const int32_t *restrict src, int n, int32_t *restrict dst)
{
    int x = 0;

#if defined __AVX2__
    static const uint8_t order[16]
        = { 0, 0x80, 4, 0x80, 1, 0x80, 5, 0x80, 2, 0x80, 6, 0x80, 3, 0x80, 7, 0x80 };

    for (; x + VEC / 2 <= n; x += VEC / 2) {
#if defined __AVX512F__
        vi32 twice = (vi32) _mm512_permutexvar_epi64 (_mm512_setr_epi64 (0, 0, 1, 1, 2, 2, 3, 3),
            _mm512_castsi256_si512 (_mm256_loadu_si256 ((const __m256i *) (src + x))));
#else
        vi32 twice = (vi32) _mm256_permute4x64_epi64 (
            _mm256_castsi128_si256 (_mm_loadu_si128 ((const __m128i *) (src + x))), 0x50);
#endif
        vi_store (dst + 2 * x, shuffle_bytes (twice, order));
    }
#endif
    for (; x < n; x += 2)
        for (int c = 0; c < 4; c++)
            dst[2 * x + c] = (src[x] >> 8 * c & 0xff) | (src[x + 1] >> 8 * c & 0xff) << 16;
}

/* Every one of QUADS pairs of weights in the lanes of a quad. */
static inline vi32
spread_pairs (const int16_t *p)
{
#if defined __AVX512F__
    return (vi32) _mm512_permutexvar_epi32 ((__m512i) (vi_iota () >> 2),
        _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i *) p)));
#elif defined __AVX2__
    __m128i pairs = _mm_loadl_epi64 ((const __m128i *) p);

    return (vi32) _mm256_permutevar8x32_epi32 (_mm256_castsi128_si256 (pairs),
        (__m256i) (vi_iota () >> 2));
#else
    int32_t pair;

    memcpy (&pair, p, sizeof pair);
    return vi_set (pair);
#endif
}

/* The filter along a row of pairs of pixels; the result is r, g, b, 0 bytes. */
static void
filter_along_row (const PreprocessJob *job, const int32_t *src, uint8_t *restrict dst)
{
    const M2fPreprocess *a = job->args;
    const int32_t *first = m2f_tensor_host (&a->x_first);
    const int16_t *weights = job->x_weight;
    const int width = a->dst.ne[2], taps = job->x_taps, bits = job->x_bits;
    const vi32 rounding = half (bits);

    for (int x = 0; x < width; x += QUADS) {
        vi32 pixel[QUADS];

#pragma GCC unroll 4
        for (int i = 0; i < QUADS; i++) {
            int at = MIN (x + i, width - 1);
            const int32_t *from = src + 2 * (first[at] & ~1);
            const int16_t *w = weights + (size_t) at * taps;

            pixel[i] = vi_set (0);
            for (int t = 0; t < taps; t += 2 * QUADS)
                pixel[i] += vi_dot_halves (vi_load (from + 2 * t), spread_pairs (w + t));
        }
        vi_store_u8 (dst + 4 * x, to_byte (vi_sum_quads (pixel) + rounding, bits), VEC);
    }
}

/* Filtered rows of the frame in use, row y in slot y % slots. */
typedef struct Ring {
    uint8_t *rows;
    int *row; /* which row a slot holds, -1 = none */
    int slots;
    size_t row_bytes;
    int32_t *pixels; /* one row before the filter, zeros after its end */
    int32_t *pairs;  /* the same */
} Ring;

static const uint8_t *
filtered_row (const PreprocessJob *job, Ring *ring, int row)
{
    int slot = row % ring->slots;
    uint8_t *filtered = ring->rows + slot * ring->row_bytes;

    if (ring->row[slot] != row) {
        convert_row (job->args, row, ring->pixels);
        for (int x = job->args->width; x < job->padded_width; x++)
            ring->pixels[x] = 0;
        pair_pixels (ring->pixels, job->padded_width, ring->pairs);
        filter_along_row (job, ring->pairs, filtered);
        ring->row[slot] = row;
    }
    return filtered;
}

/* The filter along the columns, two rows at a time, scaled and stored without the fourth lane. */
static void
filter_along_columns (const PreprocessJob *job, Ring *ring, int y, const uint8_t **source,
    int32_t *weight, vf32 scale, vf32 offset)
{
    const M2fPreprocess *a = job->args;
    const float *w = m2f_row_f32 (&a->y_weight, y);
    const vi32 three = vi_min (vi_iota () + vi_iota () / 3, vi_set (VEC - 1)); /* 0 1 2 4 5 6 ... */
    float *dst = m2f_row_f32 (&a->dst, (int64_t) y * a->dst.ne[2]);
    int first = ((const int32_t *) m2f_tensor_host (&a->y_first))[y], n = 0;

    for (int t = 0; t < a->y_weight.ne[3]; t++) {
        if (w[t] == 0)
            continue;
        source[n] = filtered_row (job, ring, MIN (first + t, a->height - 1));
        weight[n++] = fixed_point (w[t], job->y_bits);
    }
    if (n % 2 != 0) {
        source[n] = source[n - 1];
        weight[n++] = 0;
    }
    for (int t = 0; t < n; t += 2)
        weight[t] = (int32_t) ((uint32_t) weight[t + 1] << 16 | (weight[t] & 0xffff));
    for (int x = 0; x < a->dst.ne[2]; x += QUADS) {
        vi32 sum = half (job->y_bits);

        for (int t = 0; t < n; t += 2)
            sum += vi_dot_halves (vi_load_u8 (source[t] + 4 * x)
                | vi_load_u8 (source[t + 1] + 4 * x) << 16, vi_set (weight[t]));

        vf32 v = vf_fma (vf_from (to_byte (sum, job->y_bits)), scale, offset);

        vf_store_n (dst + 3 * x, vf_permute (v, three), 3 * MIN (QUADS, a->dst.ne[2] - x));
    }
}

static vf32
per_colour (const float value[3])
{
    float lane[VEC];

    for (int i = 0; i < VEC; i++)
        lane[i] = i % 4 < 3 ? value[i % 4] : 0;
    return vf_load (lane);
}

/* An item is a row of the output; neighbours share most rows of the frame. */
static void
preprocess_rows (void *arg, int begin, int end, int thread)
{
    const PreprocessJob *job = arg;
    const M2fPreprocess *a = job->args;
    int taps = a->y_weight.ne[3], room = taps + 1; /* one more makes pairs of rows */
    size_t row_bytes = (size_t) (a->dst.ne[2] + QUADS - 1) / QUADS * VEC;
    size_t pixel_bytes = 3 * job->padded_width * sizeof (int32_t); /* pixels and pairs */
    char *scratch = cpu_scratch (CPU_SCRATCH_THREAD, pixel_bytes
        + room * (sizeof (uint8_t *) + sizeof (int32_t)) + taps * (sizeof (int) + row_bytes));
    Ring ring = { .pixels = (int32_t *) scratch, .slots = taps, .row_bytes = row_bytes };
    vf32 scale = per_colour (a->scale), offset = per_colour (a->offset);
    const uint8_t **source;
    int32_t *weight;

    if (scratch == NULL)
        return;
    ring.pairs = ring.pixels + job->padded_width;
    source = (const uint8_t **) (scratch + pixel_bytes);
    weight = (int32_t *) (source + room);
    ring.row = (int *) (weight + room);
    ring.rows = (uint8_t *) (ring.row + taps);
    for (int t = 0; t < taps; t++)
        ring.row[t] = -1;
    for (int y = begin; y < end; y++)
        filter_along_columns (job, &ring, y, source, weight, scale, offset);
}

static void
preprocess (CpuDevice *device, const M2fPreprocess *args)
{
    int width = args->dst.ne[2], height = args->dst.ne[1], taps = args->x_weight.ne[3];
    int x_taps = (taps + 1 + 2 * QUADS - 1) / (2 * QUADS) * (2 * QUADS);
    const int32_t *first = m2f_tensor_host (&args->x_first);
    int16_t *x_weight = cpu_scratch (CPU_SCRATCH_OP, sizeof *x_weight * width * x_taps);
    PreprocessJob job = {
        .args = args,
        .x_bits = fraction_bits (&args->x_weight), .y_bits = fraction_bits (&args->y_weight),
        .x_taps = x_taps, .x_weight = x_weight,
        .padded_width = (args->width + x_taps + 2 * VEC - 1) / (2 * VEC) * (2 * VEC),
    };

    if (x_weight == NULL)
        return;
    memset (x_weight, 0, sizeof *x_weight * width * x_taps);
    for (int x = 0; x < width; x++)
        for (int t = 0; t < taps; t++)
            x_weight[x * x_taps + first[x] % 2 + t]
                = (int16_t) fixed_point (m2f_row_f32 (&args->x_weight, x)[t], job.x_bits);
    cpu_parallel (device->pool, height, MAX (8, height / (4 * cpu_pool_threads (device->pool))),
        preprocess_rows, &job);
}

void
ISA (cpu_init_preprocess) (CpuKernels *kernels)
{
    kernels->preprocess = preprocess;
}

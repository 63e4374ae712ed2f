/* A frame's bytes to the network's input: colour, the filter's columns, its rows, all in cache.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pixels are four lanes wide on the way, red, green, blue and one for alignment: that makes both
 * passes plain vector sums.  The vertical pass comes first, as it has the long rows.
 */
#include "cpu.h"

#include "lanes.h"

#define QUADS (VEC / 4) /* pixels of a vector */

typedef struct PreprocessJob {
    const M2fPreprocess *args;
    int x_taps;            /* of a packed filter: a multiple of QUADS */
    const float *x_weight; /* [dst width][x_taps][4], every weight four times */
    int padded_width;      /* pixels of a row in scratch */
} PreprocessJob;

/* ---- colour: a row of the frame to r, g, b, 0 bytes ------------------------------------------ */

static const uint8_t *
plane_row (const M2fPreprocess *a, int plane, int y)
{
    return (const uint8_t *) m2f_tensor_host (&a->plane[plane])
        + (size_t) y * a->plane[plane].stride;
}

static inline int32_t
packed_pixel (const uint8_t *p, const M2fPreprocess *a)
{
    return p[a->r] | p[a->g] << 8 | p[a->b] << 16;
}

static void
convert_packed (const M2fPreprocess *a, int y, int32_t *dst)
{
    const uint8_t *src = plane_row (a, 0, y);
    int n = a->pixel_stride, x = 0;

#if defined __AVX2__
    /* Four pixels at a time, as long as 16 bytes can be read. */
    if (n <= 4) {
        uint8_t order[16];

        for (int i = 0; i < 4; i++) {
            order[4 * i] = (uint8_t) (i * n + a->r);
            order[4 * i + 1] = (uint8_t) (i * n + a->g);
            order[4 * i + 2] = (uint8_t) (i * n + a->b);
            order[4 * i + 3] = 0x80;
        }
        for (; x * n + 16 <= a->width * n; x += 4) {
            __m128i p = _mm_loadu_si128 ((const __m128i *) (src + x * n));

            p = _mm_shuffle_epi8 (p, _mm_loadu_si128 ((const __m128i *) order));
            _mm_storeu_si128 ((__m128i *) (dst + x), p);
        }
    }
#endif
    for (; x < a->width; x++)
        dst[x] = packed_pixel (src + x * n, a);
}

/* A colour of VEC pixels as 0..255, ties up. */
static inline vi32
matrix_row (const float m[4], vf32 y, vf32 u, vf32 v)
{
    vf32 c = vf_fma (vf_set (m[2]), v, vf_set (m[3] + 0.5f));

    c = vf_fma (vf_set (m[0]), y, vf_fma (vf_set (m[1]), u, c));
    return vi_from (vf_min (vf_max (c, vf_zero ()), vf_set (255)));
}

static inline void
store_yuv (const M2fPreprocess *a, int32_t *dst, vf32 y, vf32 u, vf32 v)
{
    vi_store (dst, matrix_row (a->yuv_to_rgb[0], y, u, v)
        | matrix_row (a->yuv_to_rgb[1], y, u, v) << 8
        | matrix_row (a->yuv_to_rgb[2], y, u, v) << 16);
}

static void
convert_nv12 (const M2fPreprocess *a, int y, int32_t *dst)
{
    const uint8_t *luma = plane_row (a, 0, y), *chroma = plane_row (a, 1, y / 2);
    vi32 first = vi_iota () & ~1;

    for (int x = 0; x < a->width; x += VEC) {
        int n = a->width - x;
        vf32 uv = vf_load_u8_n (chroma + x, (n + 1) & ~1);

        store_yuv (a, dst + x, vf_load_u8_n (luma + x, n), vf_permute (uv, first),
            vf_permute (uv, first + 1));
    }
}

static void
convert_i420 (const M2fPreprocess *a, int y, int32_t *dst)
{
    const uint8_t *luma = plane_row (a, 0, y);
    const uint8_t *u = plane_row (a, 1, y / 2), *v = plane_row (a, 2, y / 2);
    vi32 twice = vi_iota () >> 1;

    for (int x = 0; x < a->width; x += VEC) {
        int n = a->width - x, half = MIN ((n + 1) / 2, VEC / 2);

        store_yuv (a, dst + x, vf_load_u8_n (luma + x, n),
            vf_permute (vf_load_u8_n (u + x / 2, half), twice),
            vf_permute (vf_load_u8_n (v + x / 2, half), twice));
    }
}

static void
convert_row (const M2fPreprocess *a, int y, int32_t *dst)
{
    switch (a->pixels) {
    case M2F_PIXELS_PACKED: convert_packed (a, y, dst); break;
    case M2F_PIXELS_NV12: convert_nv12 (a, y, dst); break;
    case M2F_PIXELS_I420: convert_i420 (a, y, dst); break;
    }
}

/* ---- filter --------------------------------------------------------------------------------- */

/* Rows of the frame in use, row y in slot y % slots. */
typedef struct Ring {
    int32_t *pixels;
    int *row; /* which row a slot holds, -1 = none */
    int slots;
} Ring;

/* line = the weighted sum of the rows output row `y` is made of. */
static void
filter_rows (const PreprocessJob *job, Ring *ring, int y, const uint8_t **source, float *weight,
    float *line)
{
    const M2fPreprocess *a = job->args;
    const float *w = m2f_row_f32 (&a->y_weight, y);
    int first = ((const int32_t *) m2f_tensor_host (&a->y_first))[y], n = 0;

    for (int t = 0; t < a->y_weight.ne[3]; t++) {
        int row = MIN (first + t, a->height - 1), slot = row % ring->slots;
        int32_t *pixels = ring->pixels + (size_t) slot * job->padded_width;

        if (w[t] == 0)
            continue;
        if (ring->row[slot] != row) {
            convert_row (a, row, pixels);
            ring->row[slot] = row;
        }
        source[n] = (const uint8_t *) pixels;
        weight[n++] = w[t];
    }
    for (int x = 0; x < a->width * 4; x += 2 * VEC) {
        vf32 low = vf_zero (), high = vf_zero ();

        for (int t = 0; t < n; t++) {
            low = vf_fma (vf_set (weight[t]), vf_load_u8 (source[t] + x), low);
            high = vf_fma (vf_set (weight[t]), vf_load_u8 (source[t] + x + VEC), high);
        }
        vf_store (line + x, low);
        vf_store (line + x + VEC, high);
    }
    for (int x = a->width; x < job->padded_width; x++)
        memcpy (line + 4 * x, line + 4 * (a->width - 1), 4 * sizeof *line);
}

/* The filter along a line, rounded, scaled and stored without the fourth lane. */
static void
filter_columns (const PreprocessJob *job, const float *line, vf32 scale, vf32 offset, float *dst)
{
    const M2fPreprocess *a = job->args;
    const int32_t *first = m2f_tensor_host (&a->x_first);
    const vi32 three = vi_iota () + vi_iota () / 3; /* 0 1 2 4 5 6 8 ... */
    int width = a->dst.ne[2], taps = job->x_taps;

    for (int x = 0; x < width; x += QUADS) {
        int n = MIN (QUADS, width - x);
        vf32 pixel[QUADS];

#pragma GCC unroll 4
        for (int i = 0; i < QUADS; i++) {
            int at = x + MIN (i, n - 1);
            const float *from = line + 4 * first[at];
            const float *w = job->x_weight + (size_t) at * taps * 4;

            pixel[i] = vf_zero ();
            for (int t = 0; t < taps; t += QUADS)
                pixel[i] = vf_fma (vf_load (w + 4 * t), vf_load (from + 4 * t), pixel[i]);
        }

        vf32 v = vf_floor (vf_sum_quads (pixel) + vf_set (0.5f));

        v = vf_min (vf_max (v, vf_zero ()), vf_set (255));
        v = vf_fma (v, scale, offset);
        vf_store_n (dst + 3 * x, vf_permute (v, vi_min (three, vi_set (VEC - 1))), 3 * n);
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
    int taps = a->y_weight.ne[3];
    size_t width = job->padded_width;
    char *scratch = cpu_scratch (CPU_SCRATCH_THREAD, width * 4 * sizeof (float)
        + taps * (width * sizeof (int32_t) + sizeof (void *) + sizeof (float) + sizeof (int)));
    float *line = (float *) scratch;
    Ring ring = { .pixels = (int32_t *) (line + width * 4), .slots = taps };
    const uint8_t **source = (const uint8_t **) (ring.pixels + taps * width);
    float *weight = (float *) (source + taps);
    vf32 scale = per_colour (a->scale), offset = per_colour (a->offset);

    ring.row = (int *) (weight + taps);
    for (int t = 0; t < taps; t++)
        ring.row[t] = -1;
    for (int y = begin; y < end; y++) {
        filter_rows (job, &ring, y, source, weight, line);
        filter_columns (job, line, scale, offset,
            m2f_row_f32 (&a->dst, (int64_t) y * a->dst.ne[2]));
    }
}

static void
preprocess (CpuDevice *device, const M2fPreprocess *args)
{
    int width = args->dst.ne[2], height = args->dst.ne[1], taps = args->x_weight.ne[3];
    int x_taps = (taps + QUADS - 1) / QUADS * QUADS;
    float *x_weight = cpu_scratch (CPU_SCRATCH_OP, sizeof *x_weight * width * x_taps * 4);
    PreprocessJob job = {
        .args = args,
        .x_taps = x_taps, .x_weight = x_weight,
        .padded_width = (args->width + x_taps + 15) & ~15,
    };

    for (int x = 0; x < width; x++)
        for (int t = 0; t < x_taps; t++)
            for (int i = 0; i < 4; i++)
                *x_weight++ = t < taps ? m2f_row_f32 (&args->x_weight, x)[t] : 0;
    cpu_parallel (device->pool, height, MAX (8, height / (4 * cpu_pool_threads (device->pool))),
        preprocess_rows, &job);
}

void
ISA (cpu_init_preprocess) (CpuKernels *kernels)
{
    kernels->preprocess = preprocess;
}

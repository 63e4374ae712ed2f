/* Products of bf16 matrices with float32 sums, by vdpbf16ps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pair of bf16 that are neighbours along k takes the place of a float32: the instruction adds
 * two products to each sum, everything around it is that of float32 products.  B is rounded when
 * it is packed.  A that is bf16 already is read where it lies; float32 is rounded a block at a
 * time, which costs about as much as one more panel of C.  Both round to nearest even.
 */
#define GEMM_PAIRS
#include "gemm_peak.h"

#include <stdlib.h>

/* `k` floats, even, as k / 2 pairs, and zeros up to a whole vector. */
static void
round_row (const float *src, int k, float *pairs)
{
    for (int i = 0; i < k; i += 2 * VEC, pairs += VEC) {
        vf32 low = vf_load_n (src + i, k - i);
        vf32 high = k - i > VEC ? vf_load_n (src + i + VEC, k - i - VEC) : vf_zero ();

        vf_store (pairs, (vf32) _mm512_cvtne2ps_pbh (high, low));
    }
}

static const float *
rounded (const Gemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    *stride = block_stride (k);
    for (int row = begin; row < end; row++)
        round_row ((const float *) g->a + row * g->a_stride + 2 * from, 2 * k,
            room + (row - begin) * *stride);
    return room;
}

static const float *
in_place (const Gemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    const uint16_t *a = (const uint16_t *) g->a + begin * g->a_stride + 2 * from;

    *stride = g->a_stride / 2;
    return (const float *) (const void *) a;
}

/* For rows that do not all start where a pair may. */
static const float *
copied (const Gemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    *stride = block_stride (k);
    for (int row = begin; row < end; row++)
        memcpy (room + (row - begin) * *stride,
            (const uint16_t *) g->a + row * g->a_stride + 2 * from, sizeof (float) * k);
    return room;
}

static void
bf16_rows (const Gemm *g, int begin, int end)
{
    if (g->a_type != M2F_BF16)
        all_rows (g, begin, end, rounded, BLOCK_ROOM);
    else if (g->a_stride % 2 == 0 && (uintptr_t) g->a % sizeof (float) == 0)
        all_rows (g, begin, end, in_place, 0);
    else
        all_rows (g, begin, end, copied, BLOCK_ROOM);
}

/* ---- weights ------------------------------------------------------------------------------- */

static size_t
weight_size (const int ne[4])
{
    return gemm_packed_size (ne[2], ne[3] / 2);
}

static void
weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int k = ne[3], pairs = k / 2;
    const ptrdiff_t stride = block_stride (pairs);
    float *rows = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * GEMM_PANEL * stride);

    for (int j = 0; j < ne[2]; j += GEMM_PANEL) {
        const int n = MIN (GEMM_PANEL, ne[2] - j);

        for (int i = 0; i < n; i++)
            round_row (data + (ptrdiff_t) (j + i) * k, k, rows + i * stride);
        gemm_pack (rows, stride, n, pairs, (float *) packed + (ptrdiff_t) j * pairs);
    }
}

/* ---- worth it? ----------------------------------------------------------------------------- */

#define TRIALS 8
#define TRIAL_SIZE 192 /* rows and columns of all three matrices: 60 us in float32 */

static gint64
trial_time (void (*rows) (const Gemm *, int, int), const Gemm *g)
{
    const gint64 start = g_get_monotonic_time ();

    rows (g, 0, g->m);
    return g_get_monotonic_time () - start;
}

/* Some processors have the instruction without a unit as wide as the one for float32. */
static bool
pays (void)
{
    const size_t size = TRIAL_SIZE * TRIAL_SIZE;
    float *memory = cpu_alloc (sizeof (float) * 3 * size);
    Gemm floats = { .m = TRIAL_SIZE, .n = TRIAL_SIZE, .k = TRIAL_SIZE, .a = memory,
        .b = memory + size, .c = memory + 2 * size, .a_stride = TRIAL_SIZE,
        .c_stride = TRIAL_SIZE };
    Gemm pairs = floats;
    gint64 least_floats = G_MAXINT64, least_pairs = G_MAXINT64;

    if (memory == NULL)
        return false;
    memset (memory, 0, sizeof (float) * 3 * size);
    pairs.k = TRIAL_SIZE / 2;
    for (int i = 0; i < TRIALS; i++) { /* in turn, as neither is to have the quieter moments */
        least_floats = MIN (least_floats, trial_time (gemm_rows, &floats));
        least_pairs = MIN (least_pairs, trial_time (bf16_rows, &pairs));
    }
    free (memory);
    return 10 * least_pairs < 8 * least_floats;
}

void
ISA (cpu_init_bf16) (CpuKernels *kernels)
{
    kernels->bf16 = (CpuProducts) { bf16_rows, { weight_size, weight_pack }, pays };
    kernels->peaks.bf16 = peak;
}

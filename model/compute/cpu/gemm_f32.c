/* Products of float32 matrices by our own micro-kernels, and how their weights are packed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/gemm_loops.h"
#include "model/compute/cpu/gemm_peak.h"
#include "model/compute/cpu/lanes.h"

/* Its rows are contiguous, so packing would only copy them. */
static const float *
in_place (const CpuGemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    *stride = g->a_stride;
    return (const float *) g->a + begin * g->a_stride + from;
}

static const float *
widened (const CpuGemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    *stride = block_stride (k);
    for (int row = begin; row < end; row++)
        gemm_widen ((const uint16_t *) g->a + row * g->a_stride + from, k,
            room + (row - begin) * *stride);
    return room;
}

void
gemm_rows (const CpuGemm *g, int begin, int end)
{
    if (g->a_type == M2F_BF16)
        all_rows (g, begin, end, widened, BLOCK_ROOM);
    else
        all_rows (g, begin, end, in_place, 0);
}

double
gemm_peak (int64_t rounds)
{
    return peak (rounds);
}

/* ---- packing ------------------------------------------------------------------------------- */

size_t
gemm_packed_size (int n, int k)
{
    return sizeof (float) * k * ((n + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL);
}

/* packed[p * GEMM_PANEL + j] = b[j][p] for the j of one vector, 0 for those from n on. */
static void
pack_vector (const float *b, ptrdiff_t stride, int n, int k, float *packed)
{
    const float *row[VEC];
    int p = 0;

    if (n >= VEC) {
        for (int j = 0; j < VEC; j++)
            row[j] = b + j * stride;
        for (; p + VEC <= k; p += VEC)
            transpose_block (packed + (ptrdiff_t) p * GEMM_PANEL, GEMM_PANEL, row, p);
    }
    for (; p < k; p++)
        for (int j = 0; j < VEC; j++)
            packed[(ptrdiff_t) p * GEMM_PANEL + j] = j < n ? b[j * stride + p] : 0.f;
}

void
gemm_pack (const float *b, ptrdiff_t stride, int n, int k, float *packed)
{
    for (int j = 0; j < n; j += GEMM_PANEL) {
        pack_vector (b + j * stride, stride, n - j, k, packed);
        pack_vector (b + (j + VEC) * stride, stride, n - j - VEC, k, packed + VEC);
        packed += (ptrdiff_t) GEMM_PANEL * k;
    }
}

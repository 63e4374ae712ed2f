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
#include "model/compute/cpu/gemm_bf16.h"
#include "model/compute/cpu/gemm_loops.h"
#include "model/compute/cpu/gemm_peak.h"

static const float *
rounded (const CpuGemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    *stride = block_stride (k);
    for (int row = begin; row < end; row++)
        round_row ((const float *) g->a + row * g->a_stride + 2 * from, 2 * k,
            room + (row - begin) * *stride);
    return room;
}

static const float *
as_pairs (const CpuGemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    const uint16_t *a = (const uint16_t *) g->a + begin * g->a_stride + 2 * from;

    *stride = g->a_stride / 2;
    return (const float *) (const void *) a;
}

/* For rows that do not all start where a pair may. */
static const float *
copied (const CpuGemm *g, int begin, int end, int from, int k, float *room, ptrdiff_t *stride)
{
    *stride = block_stride (k);
    for (int row = begin; row < end; row++)
        memcpy (room + (row - begin) * *stride,
            (const uint16_t *) g->a + row * g->a_stride + 2 * from, sizeof (float) * k);
    return room;
}

static void
bf16_rows (const CpuGemm *g, int begin, int end)
{
    if (g->a_type != M2F_BF16)
        all_rows (g, begin, end, rounded, BLOCK_ROOM);
    else if (g->a_stride % 2 == 0 && (uintptr_t) g->a % sizeof (float) == 0)
        all_rows (g, begin, end, as_pairs, 0);
    else
        all_rows (g, begin, end, copied, BLOCK_ROOM);
}

/* ---- weights ------------------------------------------------------------------------------- */

static size_t
bf16_weight_size (const int ne[4])
{
    return gemm_packed_size (ne[2], ne[3] / 2);
}

static void
bf16_weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    const int k = ne[3], pairs = k / 2;
    const ptrdiff_t stride = block_stride (pairs);
    float *rows = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * GEMM_PANEL * stride);

    if (rows == NULL)
        return;
    for (int j = 0; j < ne[2]; j += GEMM_PANEL) {
        const int n = MIN (GEMM_PANEL, ne[2] - j);

        for (int i = 0; i < n; i++)
            round_row (data + (ptrdiff_t) (j + i) * k, k, rows + i * stride);
        gemm_pack (rows, stride, n, pairs, (float *) packed + (ptrdiff_t) j * pairs);
    }
}

static bool
pays (void)
{
    return bf16_pays (bf16_rows);
}

void
ISA (cpu_init_bf16) (CpuKernels *kernels)
{
    kernels->bf16 = (CpuProducts) { bf16_rows, { bf16_weight_size, bf16_weight_pack }, NULL, pays };
    kernels->peaks.bf16 = peak;
}

/* Products of float32 matrices by OpenBLAS, on processors without AVX2.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The other kernels of this set are those of plain C.  OpenBLAS chooses its code by the processor
 * it runs on and so may use instructions that ours do not, AVX for example.
 */
#include "model/compute/cpu/blas.h"
#include "model/compute/cpu/gemm_epilogue.h"

#include <string.h>

size_t
gemm_packed_size (int n, int k)
{
    return sizeof (float) * k * ((n + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL);
}

/* "Packed" is dense: column j of C starts at j * k, as in a packing by panels. */
void
gemm_pack (const float *b, ptrdiff_t stride, int n, int k, float *packed)
{
    for (int j = 0; j < n; j++)
        memcpy (packed + (ptrdiff_t) j * k, b + j * stride, sizeof (float) * k);
}

void
gemm_rows (const CpuGemm *g, int begin, int end)
{
    const int stride = (g->n + VEC - 1) / VEC * VEC;
    const int wide = g->a_type == M2F_BF16 ? (g->k + VEC - 1) / VEC * VEC : 0; /* rows of A */
    float *sums = cpu_scratch (CPU_SCRATCH_GEMM,
        sizeof (float) * (stride + wide) * GEMM_BLOCK_ROWS);
    float *widened;

    if (sums == NULL)
        return;
    widened = sums + (ptrdiff_t) stride * GEMM_BLOCK_ROWS;
    for (int row = begin; row < end; row += GEMM_BLOCK_ROWS) {
        const int rows = MIN (GEMM_BLOCK_ROWS, end - row);
        const float *a = widened;
        ptrdiff_t a_stride = wide;

        if (wide == 0) {
            a = (const float *) g->a + row * g->a_stride;
            a_stride = g->a_stride;
        }
        for (int i = 0; i < rows && wide > 0; i++)
            gemm_widen ((const uint16_t *) g->a + (row + i) * g->a_stride, g->k,
                widened + (ptrdiff_t) i * wide);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < g->n; j++)
                sums[(ptrdiff_t) i * stride + j] = g->bias != NULL ? g->bias[j] : 0.f;
        cpu_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, rows, g->n, g->k, 1.f,
            a, (blasint) a_stride, g->b, g->k, 1.f, sums, stride);
        finish (g, sums, stride, row, rows, 0, g->n);
    }
}

/* Its best on matrices that stay in the caches: its registers are out of reach. */
double
gemm_peak (int64_t rounds)
{
    enum { SIZE = 256 };
    float *memory = cpu_scratch (CPU_SCRATCH_THREAD, sizeof (float) * 3 * SIZE * SIZE);

    if (memory == NULL)
        return 0;
    memset (memory, 0, sizeof (float) * 3 * SIZE * SIZE);
    for (int64_t r = 0; r < rounds; r++)
        cpu_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, SIZE, SIZE, SIZE, 1.f, memory, SIZE,
            memory + SIZE * SIZE, SIZE, 1.f, memory + 2 * SIZE * SIZE, SIZE);
    return 2.0 * (double) rounds * SIZE * SIZE * SIZE;
}

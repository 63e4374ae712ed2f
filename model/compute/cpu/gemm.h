/* Products of matrices, the core of linear, matmul and conv3x3.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * C (M, N) = A (M, K) . B (N, K)^T, where B has been packed.  gemm_f32.c has micro-kernels
 * for float32, and gemm_blas.c has the same interface to OpenBLAS for the instruction set whose
 * other kernels are those of plain C.
 * A precision below float32 is another CpuProducts: gemm_bf16.c and gemm_int8.c have those for
 * vector units, chosen by isa.c.
 */
#ifndef M2F_CPU_GEMM_H
#define M2F_CPU_GEMM_H

#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

/* Columns of C whose rows of B are packed together. */
#define GEMM_PANEL (2 * VEC)
/* Work is split at multiples of this, which is a multiple of the rows of every micro-kernel. */
#define GEMM_ROW_STEP 12
/* Rows of C that are taken past all of B at once, at least and at most. */
#define GEMM_BLOCK_ROWS 96
#define GEMM_MOST_ROWS 384

/* Rows whose A fills a quarter of a second-level cache of 1 MiB: the more rows a block has, the
 * less often B is read.  `k` is that of CpuGemm. */
static inline int
gemm_block_rows (int k)
{
    const int rows = (240 << 10) / (int) sizeof (float) / k / GEMM_ROW_STEP * GEMM_ROW_STEP;

    return CLAMP (rows, GEMM_BLOCK_ROWS, GEMM_MOST_ROWS);
}

typedef struct CpuGemm {
    int m, n;
    int k; /* in four bytes of packed B: a float32, or two bf16 or four int8 along k */
    const void *a;
    const float *b; /* from gemm_pack() */
    const float *b_scale, *b_sum; /* int8: what a column's bytes are multiplied by; their sum */
    void *c;
    M2fType a_type, c_type; /* F32 or BF16: of c rounded to nearest even at the end */
    ptrdiff_t a_stride, c_stride; /* elements of their type from row to row */

    /* Done to a tile while it is hot, in this order; each is optional. */
    const float *bias;     /* + bias[column] */
    const float *row_bias; /* + row_bias[row] */
    const float *addend;   /* + addend[row % addend_rows][column] */
    ptrdiff_t addend_stride;
    int addend_rows;
    M2fActivation activation;
    const float *residual; /* + residual[row][column]; may be c */
    ptrdiff_t residual_stride;
} CpuGemm;

/* Rows [begin, end) of C. */
typedef void (*CpuGemmRows) (const CpuGemm *gemm, int begin, int end);

#define gemm_packed_size ISA (cpu_gemm_packed_size)
#define gemm_pack ISA (cpu_gemm_pack)
#define gemm_rows ISA (cpu_gemm_rows)
#define gemm_peak ISA (cpu_gemm_peak)

/* Bytes of N rows of K, packed; a multiple of 64 for whole panels. */
size_t gemm_packed_size (int n, int k);
void gemm_pack (const float *b, ptrdiff_t stride, int n, int k, float *packed);
/* Rows [begin, end) of C. */
void gemm_rows (const CpuGemm *gemm, int begin, int end);
/* CpuPeakLoops.f32 */
double gemm_peak (int64_t rounds);

/* `n` elements of bf16 as float32, and zeros up to a whole vector. */
static inline void
gemm_widen (const uint16_t *src, int n, float *dst)
{
    for (int i = 0; i < n; i += VEC)
        vf_store (dst + i, vf_load_bf16_n (src + i, n - i));
}

/* Makes a product of float32 one with an int8 weight, which lies at `b`: its panels, then a scale
 * for each of their columns, then a sum for each. */
static inline void
gemm_use_int8 (CpuGemm *gemm)
{
    gemm->k /= 4;
    gemm->b_scale = gemm->b + gemm_packed_size (gemm->n, gemm->k) / sizeof (float);
    gemm->b_sum = gemm->b_scale + gemm_packed_size (gemm->n, 1) / sizeof (float);
}

/* Makes a product of float32 one with a weight of this type, and returns the function that
 * computes rows of it. */
static inline CpuGemmRows
gemm_use_type (const CpuDevice *device, CpuGemm *gemm, M2fType type)
{
    if (type == M2F_BF16) {
        gemm->k /= 2;
        return device->kernels.bf16.rows;
    }
    if (type == M2F_I8) {
        gemm_use_int8 (gemm);
        return device->kernels.int8.rows;
    }
    return gemm_rows;
}

/* Columns [first, first + count) of a product; `first` is a multiple of GEMM_PANEL. */
static inline CpuGemm
gemm_columns (CpuGemm gemm, int first, int count)
{
    gemm.n = count;
    gemm.b += (ptrdiff_t) first * gemm.k;
    gemm.c = (char *) gemm.c + first * (ptrdiff_t) m2f_type_size (gemm.c_type);
    if (gemm.b_scale != NULL) {
        gemm.b_scale += first;
        gemm.b_sum += first;
    }
    if (gemm.bias != NULL)
        gemm.bias += first;
    if (gemm.addend != NULL)
        gemm.addend += first;
    if (gemm.residual != NULL)
        gemm.residual += first;
    return gemm;
}

#endif

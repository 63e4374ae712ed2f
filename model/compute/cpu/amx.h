/* Products on AMX, Intel's matrix units: what linear and conv3x3 have in common.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_AMX_H
#define M2F_CPU_AMX_H

#include "model/compute/cpu/gemm.h"
#include "model/compute/cpu/gemm_quantise.h"

/* Rows of a tile, and of the two by two tiles of sums that a micro-kernel keeps. */
#define AMX_TILE_ROWS 16
#define AMX_STRIP_ROWS (2 * AMX_TILE_ROWS)
#define AMX_MAX_STRIPS 64

/* Consecutive rows of A and C. */
typedef struct AmxStrip {
    const void *a;      /* readable up to whole tiles; the rows beyond `rows` change nothing */
    ptrdiff_t a_stride; /* bytes from row to row */
    int row, rows;      /* first row of C and number of rows; at most AMX_STRIP_ROWS */
} AmxStrip;

typedef struct AmxProduct {
    const CpuGemm *gemm;    /* all but its A */
    AmxStrip strips[AMX_MAX_STRIPS];
    int n_strips;
    const CpuRowRange *ranges; /* int8: of the first strip's first row on; NULL = bf16 */
    int parts;            /* k is divided into so many, in each of which a row of A is contiguous */
    ptrdiff_t part_bytes; /* from a part of a row of A to the next part of the same row */
} AmxProduct;

/* Floats that amx_multiply() needs for sums. */
#define AMX_SUMS(n_strips) ((n_strips) * AMX_STRIP_ROWS * GEMM_PANEL)

#define amx_multiply ISA (cpu_amx_multiply)
#define amx_peak_bf16 ISA (cpu_amx_peak_bf16)
#define amx_peak_int8 ISA (cpu_amx_peak_int8)

/* The strips of C.  `sums`: room for AMX_SUMS (n_strips). */
void amx_multiply (const AmxProduct *product, float *sums);
/* The loops of CpuPeakLoops. */
double amx_peak_bf16 (int64_t rounds);
double amx_peak_int8 (int64_t rounds);

#endif

/* OpenBLAS, loaded when its products are wanted.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_BLAS_H
#define M2F_CPU_BLAS_H

#include <cblas.h>
#include <stdbool.h>

/* cblas_sgemm() of the loaded library; NULL until cpu_blas_load() has returned true. */
extern __typeof__ (cblas_sgemm) *cpu_sgemm;

/* Loads the library, for the rest of the process, at the first call.  False if it is not
 * installed. */
bool cpu_blas_load (void);

#endif

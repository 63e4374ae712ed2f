/* Reads and writes a block of memory and does nothing else: what the other ops are compared with.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/vec.h"

/* In place, so that every line is brought in once and written back once. */
static void
stream (float *block, size_t n)
{
    const vf32 one = vf_set (1.f);

    for (size_t i = 0; i + 4 * VEC <= n; i += 4 * VEC)
#pragma GCC unroll 4
        for (size_t j = i; j < i + 4 * VEC; j += VEC)
            vf_store (block + j, vf_load (block + j) + one);
}

void
ISA (cpu_init_stream) (CpuKernels *kernels)
{
    kernels->peaks.stream = stream;
}

/* Fills in the table of kernels for one instruction set.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

void
ISA (cpu_init_kernels) (CpuKernels *kernels)
{
    /* cpu_init_linear_avx2() and so on. */
#define CALL(file) ISA (cpu_init_##file) (kernels);
    CPU_KERNEL_FILES (CALL)
#undef CALL
}

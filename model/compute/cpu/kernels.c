/* Fills in the table of kernels for one instruction set.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

void
ISA (cpu_init_kernels) (CpuKernels *kernels)
{
    ISA (cpu_init_conv) (kernels);
    ISA (cpu_init_gather) (kernels);
    ISA (cpu_init_linear) (kernels);
    ISA (cpu_init_norm) (kernels);
    ISA (cpu_init_resize) (kernels);
    ISA (cpu_init_stream) (kernels);
    ISA (cpu_init_window_attention) (kernels);
    ISA (cpu_init_deform_attention) (kernels);
    ISA (cpu_init_attention) (kernels);
    ISA (cpu_init_preprocess) (kernels);
    ISA (cpu_init_mask_argmax) (kernels);
    ISA (cpu_init_class_argmax) (kernels);
    ISA (cpu_init_mask_paint) (kernels);
}

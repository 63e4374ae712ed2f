/* Chooses the instruction set, once, when a device is opened.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#if CPU_HAVE_OPENBLAS
#include "model/compute/cpu/blas.h"
#endif

#include <string.h>
#if CPU_HAVE_X86
#include <cpuid.h>
#endif
#if defined __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* The functions that meson.build compiles, by kernels and instruction set: INIT (conv_amx, avx512)
 * is cpu_init_conv_amx_avx512(). */
#define INITS(INIT)                      \
    INIT (kernels, c)                    \
    INIT (kernels, avx2)                 \
    INIT (kernels, avx512)               \
    INIT (conv, openblas)                \
    INIT (conv2d, openblas)              \
    INIT (inverted_residual, openblas)   \
    INIT (linear, openblas)              \
    INIT (attention, avx512)             \
    INIT (attention, avx512bf16)         \
    INIT (deform_attention, avx512bf16)  \
    INIT (depthwise_conv, avx512bf16)    \
    INIT (norm, avx512bf16)              \
    INIT (window_attention, avx512)      \
    INIT (window_attention, avx512bf16)  \
    INIT (int8, avx2)                    \
    INIT (int8, avx512)                  \
    INIT (bf16, avx512)                  \
    INIT (conv_bf16, avx512)             \
    INIT (amx, avx512)                   \
    INIT (conv_amx, avx512)

#define DECLARE(kernels, isa) void cpu_init_##kernels##_##isa (CpuKernels *table);
INITS (DECLARE)
#undef DECLARE

bool cpu_amx_emulated;

static bool
always (void)
{
    return true;
}

#if CPU_HAVE_X86
/* These ask the operating system's support as well as the processor's. */

static bool
has_avx2 (void)
{
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
}

static bool
has_avx512 (void)
{
    return has_avx2 () && __builtin_cpu_supports ("avx512f") &&
        __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq") &&
        __builtin_cpu_supports ("avx512vl");
}

static bool
has_avx512_vnni (void)
{
    return has_avx512 () && __builtin_cpu_supports ("avx512vnni");
}

static bool
has_avx512_bf16 (void)
{
    return has_avx512_vnni () && __builtin_cpu_supports ("avx512bf16");
}

/* Not every compiler knows this one's name. */
static bool
has_avx2_vnni (void)
{
    unsigned eax = 0, ebx, ecx, edx;

    return has_avx2 () && __get_cpuid_count (7, 1, &eax, &ebx, &ecx, &edx) && eax & 1 << 4;
}

static void
init_avx2_vnni (CpuKernels *kernels)
{
    cpu_init_kernels_avx2 (kernels);
    cpu_init_int8_avx2 (kernels);
}

static void
init_avx512_vnni (CpuKernels *kernels)
{
    cpu_init_kernels_avx512 (kernels);
    cpu_init_int8_avx512 (kernels);
}

static void
init_avx512_bf16 (CpuKernels *kernels)
{
    init_avx512_vnni (kernels);
    cpu_init_bf16_avx512 (kernels);
    cpu_init_conv_bf16_avx512 (kernels);
    cpu_init_attention_avx512bf16 (kernels);
    cpu_init_deform_attention_avx512bf16 (kernels);
    cpu_init_depthwise_conv_avx512bf16 (kernels);
    cpu_init_norm_avx512bf16 (kernels);
    cpu_init_window_attention_avx512bf16 (kernels);
}

/* The processor has tiles with products of bf16 and int8, and the system saves them. */
static bool
amx_present (void)
{
    const unsigned wanted = 1u << 22 | 1u << 24 | 1u << 25; /* AMX-BF16, AMX-TILE, AMX-INT8 */
    const unsigned saved = 1u << 17 | 1u << 18;             /* XTILECFG, XTILEDATA */
    unsigned a, b, c, d, state, high;

    if (!__get_cpuid (1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return false;
    if (!__get_cpuid_count (7, 0, &a, &b, &c, &d) || (d & wanted) != wanted)
        return false;
    __asm__ ("xgetbv" : "=a" (state), "=d" (high) : "c" (0));
    return (state & saved) == saved;
}

/* Linux grants the tiles, 8 KiB more to save for each thread, to processes that ask. */
static bool
amx_granted (void)
{
#if defined __linux__ && defined SYS_arch_prctl
    enum { REQUEST_PERMISSION = 0x1023, XTILEDATA = 18 };

    return syscall (SYS_arch_prctl, REQUEST_PERMISSION, XTILEDATA) == 0;
#else
    return false;
#endif
}

bool
cpu_has_amx (void)
{
    static gsize asked; /* 1 = no, 2 = yes */

    if (g_once_init_enter (&asked))
        g_once_init_leave (&asked, amx_present () && amx_granted () ? 2 : 1);
    return asked == 2;
}

static bool
has_amx (void)
{
    return has_avx512_bf16 () && (cpu_has_amx () || cpu_amx_emulated);
}

static void
init_amx (CpuKernels *kernels)
{
    init_avx512_bf16 (kernels);
    /* Vector units beside tiles multiply bf16 at half the rate of float32. */
    cpu_init_attention_avx512 (kernels);
    cpu_init_window_attention_avx512 (kernels);
    cpu_init_amx_avx512 (kernels);
    cpu_init_conv_amx_avx512 (kernels);
}
#endif

#if CPU_HAVE_OPENBLAS
static void
init_openblas (CpuKernels *kernels)
{
    cpu_init_kernels_c (kernels);
    cpu_init_conv_openblas (kernels);
    cpu_init_conv2d_openblas (kernels);
    cpu_init_inverted_residual_openblas (kernels);
    cpu_init_linear_openblas (kernels);
}
#endif

/* Best first. */
static const CpuIsa isas[] = {
#if CPU_HAVE_X86
    { "amx", "AMX", "fp32,bf16,int8", has_amx, init_amx },
    { "avx512bf16", "AVX-512", "fp32,bf16,int8", has_avx512_bf16, init_avx512_bf16 },
    { "avx512vnni", "AVX-512", "fp32,int8", has_avx512_vnni, init_avx512_vnni },
    { "avx512", "AVX-512", "fp32", has_avx512, cpu_init_kernels_avx512 },
    { "avx2vnni", "AVX2", "fp32,int8", has_avx2_vnni, init_avx2_vnni },
    { "avx2", "AVX2", "fp32", has_avx2, cpu_init_kernels_avx2 },
#endif
#if CPU_HAVE_OPENBLAS
    { "openblas", "OpenBLAS", "fp32", cpu_blas_load, init_openblas },
#endif
    { "c", NULL, "fp32", always, cpu_init_kernels_c },
};

const CpuIsa *
cpu_isa_choose (GError **error)
{
    const char *wanted = g_getenv ("M2F_CPU");

    for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
        if ((wanted == NULL || strcmp (wanted, isas[i].level) == 0) && isas[i].usable ())
            return &isas[i];

    GString *usable = g_string_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
        if (isas[i].usable ())
            g_string_append_printf (usable, "%s%s", usable->len > 0 ? ", " : "", isas[i].level);
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
        "M2F_CPU=%s: this build and machine have %s", wanted, usable->str);
    g_string_free (usable, TRUE);
    return NULL;
}

/* The cpu backend: memory, weights, and the table of slots.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#include "model/compute/cpu/pin.h"
#include "model/compute/host_memory.h"

#include <string.h>

/* ---- device -------------------------------------------------------------------------------- */

/* The processor's own name; free with g_free(). */
static char *
cpu_name (void)
{
    char *text = NULL;
    char *name = NULL;

    if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL)) {
        char *key = strstr (text, "model name");
        char *colon = key != NULL ? strchr (key, ':') : NULL;

        if (colon != NULL)
            name = g_strstrip (g_strndup (colon + 1, strcspn (colon + 1, "\n")));
    }
    g_free (text);
    return name != NULL ? name : g_strdup ("CPU");
}

static void
fill_info (M2fDeviceInfo *info, const CpuIsa *isa)
{
    char *name = cpu_name ();

    *info = (M2fDeviceInfo) { .spec = "cpu", .backend = "cpu", .kind = "cpu",
    };
    g_strlcpy (info->precisions, isa->precisions, sizeof info->precisions);
    if (isa->label != NULL)
        g_snprintf (info->name, sizeof info->name, "%s (%s)", name, isa->label);
    else
        g_strlcpy (info->name, name, sizeof info->name);
    g_free (name);
}

static void
cpu_list (GArray *infos)
{
    const CpuIsa *isa = cpu_isa_choose (NULL);
    M2fDeviceInfo info;

    if (isa == NULL)
        return;
    fill_info (&info, isa);
    g_array_append_val (infos, info);
}

/* Products of bf16 agree with fp32 (tests/stages/agreement.c), so speed decides; measured once.
 * Those of int8 have to be asked for. */
static M2fPrecision
best_precision (const CpuProducts *bf16)
{
    static gsize measured;

    if (bf16->pays == NULL)
        return M2F_PRECISION_FP32;
    if (g_once_init_enter (&measured))
        g_once_init_leave (&measured, bf16->pays () ? M2F_PRECISION_BF16 : M2F_PRECISION_FP32);
    return (M2fPrecision) measured;
}

const char *
cpu_missing_kernel (const CpuKernels *kernels)
{
#define M2F_OP(name, Args) /* kernels->conv3x3 */ \
    if (kernels->name == NULL) \
        return #name;
#include "model/compute/ops.def"
#undef M2F_OP
    return NULL;
}

static CpuDevice *
new_device (const CpuIsa *isa, GError **error)
{
    CpuDevice *device = g_new0 (CpuDevice, 1);
    const char *missing;

    isa->init (&device->kernels);
    missing = cpu_missing_kernel (&device->kernels);
    if (missing == NULL)
        return device;
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
        "cpu: no kernel for %s in the instruction set %s", missing, isa->level);
    g_free (device);
    return NULL;
}

static M2fDevice *
cpu_open (int index, M2fPrecision precision, int threads, GError **error)
{
    const char *pin = g_getenv ("M2F_PIN");
    g_autofree int *cpus = NULL;
    const CpuIsa *isa;
    M2fDeviceInfo info;
    CpuDevice *device;

    if (index > 0) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "no device cpu:%d: there is one cpu device", index);
        return NULL;
    }
    isa = cpu_isa_choose (error);
    if (isa == NULL)
        return NULL;
    fill_info (&info, isa);
    if (!m2f_device_info_offers (&info, precision)) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
            "device cpu offers precision %s here, not %s", info.precisions,
            m2f_precision_name (precision));
        return NULL;
    }
    if (pin != NULL && *pin != '\0') {
        cpus = cpu_pin_parse (pin, threads, error);
        if (cpus == NULL)
            return NULL;
    }

    device = new_device (isa, error);
    if (device == NULL)
        return NULL;
    device->base.info = info;
    device->pool = cpu_pool_new (threads, cpus);
    device->base.threads = cpu_pool_threads (device->pool);
    if (device->base.threads < threads)
        device->base.warning = g_strdup_printf ("cpu: %d threads instead of %d, because the system "
            "did not start all of them", device->base.threads, threads);
    device->base.precision
        = precision == M2F_PRECISION_AUTO ? best_precision (&device->kernels.bf16) : precision;
    return &device->base;
}

static void
cpu_close (M2fDevice *base)
{
    CpuDevice *device = (CpuDevice *) base;

    cpu_pool_free (&device->pool);
    g_free (device);
}

/* ---- weights ------------------------------------------------------------------------------- */

/* At int8, what is not int8 is bf16 where there are such products. */
static M2fType
stored_type (const CpuDevice *device, M2fLayout layout, const int ne[4])
{
    const M2fPrecision precision = device->base.precision;
    const bool bf16 = precision != M2F_PRECISION_FP32 && device->kernels.bf16.rows != NULL;

    switch (layout) {
    case M2F_LINEAR_WEIGHT_TOLERANT:
        if (precision == M2F_PRECISION_INT8 && ne[3] % 4 == 0 && ne[3] <= CPU_INT8_K)
            return M2F_I8;
        /* fall through */
    case M2F_LINEAR_WEIGHT:
        return bf16 && ne[3] % 2 == 0 ? M2F_BF16 : M2F_F32;
    case M2F_CONV3X3_WEIGHT:
        return bf16 && ne[1] % 2 == 0 ? M2F_BF16 : M2F_F32;
    case M2F_CONV2D_WEIGHT:
        return bf16 && ne[1] * ne[2] * ne[3] % 2 == 0 ? M2F_BF16 : M2F_F32;
    default:
        return M2F_F32;
    }
}

static const CpuPacking *
packing_of (const CpuDevice *device, M2fLayout layout, M2fType type)
{
    const CpuKernels *kernels = &device->kernels;

    if (type == M2F_I8)
        return &kernels->int8.packing;
    if (type != M2F_BF16)
        return &kernels->packing[layout];
    switch (layout) {
    case M2F_CONV3X3_WEIGHT:
        return &kernels->conv3x3_bf16.packing;
    case M2F_CONV2D_WEIGHT:
        return &kernels->conv2d_bf16;
    default:
        return &kernels->bf16.packing;
    }
}

static size_t
cpu_weight_size (M2fDevice *base, M2fLayout layout, const int ne[4], M2fType *type)
{
    const CpuDevice *device = (const CpuDevice *) base;

    *type = stored_type (device, layout, ne);
    return packing_of (device, layout, *type)->size (ne);
}

static bool
cpu_weight_write (M2fDevice *base, const M2fTensor *weight, const float *data, GError **error)
{
    CpuDevice *device = (CpuDevice *) base;

    cpu_missing_memory (); /* by others in this thread */
    packing_of (device, weight->layout, weight->type)->pack (device, weight->ne, data,
        m2f_tensor_host (weight));

    const size_t missing = cpu_missing_memory ();

    if (missing > 0)
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "no memory for %zu bytes while packing", missing);
    return missing == 0;
}

/* ---- plans --------------------------------------------------------------------------------- */

/* Ops compute when they are called, so there is nothing to record. */

static bool
cpu_begin (M2fPlan *plan)
{
    cpu_missing_memory (); /* by others in this thread */
    return true;
}

static void
cpu_end (M2fPlan *plan)
{
}

/* Fails the plan if the op found no memory for its scratch. */
static void
check_memory (M2fPlan *plan, const char *op)
{
    const size_t missing = cpu_missing_memory ();

    if (missing > 0)
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "cpu: no memory for %zu bytes of scratch in %s", missing, op);
}

#define M2F_OP(name, Args) /* cpu_conv3x3() */ \
    static void cpu_##name (M2fPlan *plan, const Args *args) \
    { \
        CpuDevice *device = (CpuDevice *) m2f_plan_device (plan); \
\
        device->kernels.name (device, args); \
        check_memory (plan, #name); \
    }
#include "model/compute/ops.def"
#undef M2F_OP

const M2fBackendFns m2f_cpu_backend = {
    .name = "cpu",
    .narrow = M2F_BF16,
    .list = cpu_list,
    .open = cpu_open,
    .close = cpu_close,
    M2F_HOST_MEMORY_SLOTS,
    .weight_size = cpu_weight_size,
    .weight_write = cpu_weight_write,
    .begin = cpu_begin,
    .end = cpu_end,
    .peaks = cpu_peaks,
#define M2F_OP(name, Args) .name = cpu_##name, /* cpu_conv3x3() */
#include "model/compute/ops.def"
#undef M2F_OP
};

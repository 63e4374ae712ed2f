/* The reference backend's table: ordinary memory, weights as they came.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/host_memory.h"
#include "model/compute/reference/reference.h"

#include <string.h>

static const M2fDeviceInfo reference_info = {
    .spec = "reference",
    .name = "plain C in double precision",
    .backend = "reference",
    .kind = "cpu",
    .precisions = "fp32",
};

static void
ref_list (GArray *infos)
{
    g_array_append_val (infos, reference_info);
}

static M2fDevice *
ref_open (int index, M2fPrecision precision, int threads, GError **error)
{
    if (precision != M2F_PRECISION_AUTO && precision != M2F_PRECISION_FP32) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
            "reference: precision %s, expected fp32", m2f_precision_name (precision));
        return NULL;
    }

    M2fDevice *device = g_new0 (M2fDevice, 1);

    device->info = reference_info;
    device->precision = M2F_PRECISION_FP32;
    device->threads = 1;
    return device;
}

static void
ref_close (M2fDevice *device)
{
    g_free (device);
}

static size_t
ref_weight_size (M2fDevice *device, M2fLayout layout, const int ne[4], M2fType *type)
{
    *type = M2F_F32;
    return m2f_shape_size (M2F_F32, ne);
}

static bool
ref_weight_write (M2fDevice *device, const M2fTensor *weight, const float *data, GError **error)
{
    memcpy (m2f_tensor_host (weight), data, m2f_shape_size (M2F_F32, weight->ne));
    return true;
}

static bool
ref_begin (M2fPlan *plan)
{
    return true;
}

static void
ref_end (M2fPlan *plan)
{
}

const M2fBackendFns m2f_reference_backend = {
    .name = "reference",
    .narrow = M2F_BF16,
    .list = ref_list,
    .open = ref_open,
    .close = ref_close,
    M2F_HOST_MEMORY_SLOTS,
    .weight_size = ref_weight_size,
    .weight_write = ref_weight_write,
    .begin = ref_begin,
    .end = ref_end,
#define M2F_OP(name, Args) .name = m2f_reference_##name, /* m2f_reference_conv3x3() */
#include "model/compute/ops.def"
#undef M2F_OP
};

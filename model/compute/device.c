/* An open device, and tensors with memory of their own.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/backend.h"

/* The name of an op without a kernel, or NULL: every slot of a backend that opens is mandatory. */
static const char *
missing_op (const M2fBackendFns *fns)
{
    g_assert (fns->list && fns->open && fns->close && fns->buffer_new && fns->buffer_free);
    g_assert (fns->write && fns->read && fns->borrow && fns->map);
    g_assert (fns->weight_size && fns->weight_write && fns->begin && fns->end);
#define M2F_OP(name, Args) /* fns->conv3x3 */ \
    if (!fns->name) \
        return #name;
#define M2F_FUSED_OP(name, Args)
#include "model/compute/ops.def"
#undef M2F_OP
    return NULL;
}

M2fDevice *
m2f_device_open_backend (const M2fBackendFns *fns, int index, M2fPrecision precision, int threads,
    GError **error)
{
    if (threads < 0 || threads > M2F_MAX_THREADS) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
            "%s: %d threads asked for, expected 0 (all) to %d", fns->name, threads,
            M2F_MAX_THREADS);
        return NULL;
    }

    if (threads == 0) /* all processors that this process may run on */
        threads = (int) MIN (g_get_num_processors (), M2F_MAX_THREADS);

    M2fDevice *device = fns->open (index, precision, threads, error);

    if (!device)
        return NULL;

    const char *missing = missing_op (fns);

    if (missing) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
            "%s: no kernel for %s", fns->name, missing);
        fns->close (device);
        return NULL;
    }
    device->fns = fns;
    device->refs = 1;
    return device;
}

M2fDevice *
m2f_device_ref (M2fDevice *device)
{
    g_atomic_int_inc (&device->refs);
    return device;
}

void
m2f_device_unref (M2fDevice **device)
{
    M2fDevice *d = g_steal_pointer (device);

    if (d && g_atomic_int_dec_and_test (&d->refs)) {
        g_free (d->warning);
        d->fns->close (d);
    }
}

const M2fDeviceInfo *
m2f_device_info (const M2fDevice *device)
{
    return &device->info;
}

const M2fDeviceLimits *
m2f_device_limits (const M2fDevice *device)
{
    return &device->limits;
}

const char *
m2f_device_warning (const M2fDevice *device)
{
    return device->warning;
}

M2fPrecision
m2f_device_precision (const M2fDevice *device)
{
    return device->precision;
}

int
m2f_device_threads (const M2fDevice *device)
{
    return device->threads;
}

/* ---- tensors -------------------------------------------------------------------------------- */

static bool
allocate (M2fDevice *device, M2fTensor *tensor, size_t size, bool shared, GError **error)
{
    const M2fBackendFns *fns = device->fns;

    tensor->buffer = shared && fns->buffer_new_shared
        ? fns->buffer_new_shared (device, size, error)
        : fns->buffer_new (device, size, error);
    if (!tensor->buffer) {
        g_autofree char *what = m2f_tensor_describe (tensor);

        g_prefix_error (error, "%s on %s: ", what, device->info.spec);
        *tensor = (M2fTensor) { .name = tensor->name };
        return false;
    }
    return true;
}

static bool
bad_shape (const char *name, const int ne[4], const char *expected, GError **error)
{
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
        "tensor %s has shape (%d, %d, %d, %d), expected %s", name ? name : "(unnamed)", ne[0],
        ne[1], ne[2], ne[3], expected);
    return false;
}

static bool
new_tensor (M2fDevice *device, M2fTensor *tensor, const char *name, M2fType type, const int ne[4],
    bool shared, GError **error)
{
    size_t size = m2f_shape_size (type, ne);

    *tensor = (M2fTensor) {
        .type = type, .ne = { ne[0], ne[1], ne[2], ne[3] }, .stride = ne[3], .name = name
    };
    if (size == 0) {
        *tensor = (M2fTensor) { .name = name };
        return bad_shape (name, ne, "extents from 1 that fit into memory", error);
    }
    return allocate (device, tensor, size, shared, error);
}

bool
m2f_tensor_new (M2fDevice *device, M2fTensor *tensor, const char *name, M2fType type,
    M2fShape shape, GError **error)
{
    return new_tensor (device, tensor, name, type, shape.n, false, error);
}

bool
m2f_tensor_new_shared (M2fDevice *device, M2fTensor *tensor, const char *name, M2fType type,
    M2fShape shape, GError **error)
{
    return new_tensor (device, tensor, name, type, shape.n, true, error);
}

/* The shape that a layout wants if a weight does not have it, or NULL. */
static const char *
layout_wants (M2fLayout layout, const int ne[4])
{
    switch (layout) {
    case M2F_PLAIN:
        return NULL;
    case M2F_LINEAR_WEIGHT:
    case M2F_LINEAR_WEIGHT_EXACT:
    case M2F_LINEAR_WEIGHT_TOLERANT:
        return ne[0] == 1 && ne[1] == 1 ? NULL : "(1, 1, N, K)";
    case M2F_CONV3X3_WEIGHT:
        return ne[2] == 3 && ne[3] == 3 ? NULL : "(N, C, 3, 3)";
    case M2F_CONV2D_WEIGHT:
        return ne[2] == ne[3] ? NULL : "(N, C, kernel, kernel)";
    case M2F_DEPTHWISE_WEIGHT:
        return ne[1] == 1 && ne[2] == ne[3] ? NULL : "(C, 1, kernel, kernel)";
    case M2F_WINDOW_BIAS:
        return ne[0] == 1 && ne[1] == 1 ? NULL : "(1, 1, (2 window - 1)^2, heads)";
    }
    return "a known weight layout";
}

bool
m2f_tensor_new_weight (M2fDevice *device, M2fTensor *tensor, const char *name, M2fLayout layout,
    const int ne[4], const float *data, GError **error)
{
    const char *wanted = layout_wants (layout, ne);
    M2fType type = M2F_F32;

    *tensor = (M2fTensor) { .name = name };
    if (m2f_shape_size (M2F_F32, ne) == 0)
        wanted = "extents from 1 that fit into memory";
    if (wanted)
        return bad_shape (name, ne, wanted, error);

    size_t size = device->fns->weight_size (device, layout, ne, &type);

    if (layout == M2F_LINEAR_WEIGHT_EXACT || layout == M2F_LINEAR_WEIGHT_TOLERANT)
        layout = M2F_LINEAR_WEIGHT;
    *tensor = (M2fTensor) {
        .type = type,
        .layout = layout,
        .ne = { ne[0], ne[1], ne[2], ne[3] },
        .stride = ne[3],
        .name = name,
    };
    if (device->limits.weight_bytes > 0 && size > device->limits.weight_bytes) {
        *tensor = (M2fTensor) { .name = name };
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
            "%s on %s: %" G_GSIZE_FORMAT " bytes, expected at most %" G_GSIZE_FORMAT, name,
            device->info.spec, size, device->limits.weight_bytes);
        return false;
    }
    if (!allocate (device, tensor, size, false, error))
        return false;
    if (device->fns->weight_write (device, tensor, data, error))
        return true;
    g_prefix_error (error, "weight %s on %s: ", name ? name : "(unnamed)", device->info.spec);
    m2f_tensor_free (device, tensor);
    return false;
}

size_t
m2f_weight_size (M2fDevice *device, M2fLayout layout, const int ne[4])
{
    M2fType type;

    if (layout_wants (layout, ne) || m2f_shape_size (M2F_F32, ne) == 0)
        return 0;
    return device->fns->weight_size (device, layout, ne, &type);
}

void
m2f_tensor_free (M2fDevice *device, M2fTensor *tensor)
{
    if (tensor->buffer)
        device->fns->buffer_free (device, tensor->buffer);
    *tensor = (M2fTensor) { .name = tensor->name };
}

void
m2f_tensor_write (M2fDevice *device, const M2fTensor *tensor, const void *data)
{
    device->fns->write (device, tensor, data);
}

void
m2f_tensor_read (M2fDevice *device, const M2fTensor *tensor, void *data)
{
    device->fns->read (device, tensor, data);
}

void
m2f_tensor_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride)
{
    device->fns->borrow (device, tensor, rows, stride);
}

bool
m2f_device_imports (const M2fDevice *device)
{
    return device->imports;
}

bool
m2f_tensors_import (M2fDevice *device, const M2fTensor *tensors, const M2fImport *imports, int n,
    GError **error)
{
    if (device->imports)
        return device->fns->import (device, tensors, imports, n, error);
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
        "%s: it imports no memory of other devices", device->info.name);
    return false;
}

const void *
m2f_tensor_map (M2fDevice *device, const M2fTensor *tensor, GError **error)
{
    const void *elements = device->fns->map (device, tensor);

    if (!elements)
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "%s on %s: no memory for %zu bytes for the host to read",
            tensor->name ? tensor->name : "a tensor", device->info.spec,
            m2f_tensor_extent (tensor));
    return elements;
}

/* ---- profile.h ------------------------------------------------------------------------------- */

void
m2f_device_profile (M2fDevice *device, M2fProfile *profile)
{
    device->profile = profile;
}

bool
m2f_device_peaks (M2fDevice *device, M2fPeaks *peaks)
{
    *peaks = (M2fPeaks) { 0 };
    if (!device->fns->peaks)
        return false;
    device->fns->peaks (device, peaks);
    return true;
}

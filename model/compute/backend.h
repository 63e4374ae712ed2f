/* The interface that a backend implements.  For model/compute only.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BACKEND_H
#define M2F_BACKEND_H

#include "model/compute/ops.h"
#include "model/compute/profile.h"

/* Device memory.  Backends put their own fields behind it. */
struct M2fBuffer {
    size_t size; /* bytes */
    void *host;  /* where the CPU sees it; NULL if it does not */
};

/* A device; backends put their own fields behind it (first member `M2fDevice base`). */
struct M2fDevice {
    const struct M2fBackendFns *fns;
    gint refs;
    M2fDeviceInfo info;
    M2fDeviceLimits limits;
    M2fPrecision precision;
    int threads;
    bool imports;  /* import() may work */
    char *warning; /* see m2f_device_warning() */
    M2fProfile *profile; /* NULL as a rule */
};

/* One row of a backend's table per slot; every slot is mandatory unless it says otherwise.  Op
 * slots may trust their arguments: the wrappers have checked them. */
typedef struct M2fBackendFns {
    const char *name;
    bool numbered; /* several devices: "name:N" is one of them */
    M2fType narrow; /* what operands may be besides float32: BF16 or F16; F32 = that alone */
    int few_rows;  /* with no more than so many, narrow operands do not pay */

    /* Appends a M2fDeviceInfo for everything open() would take. */
    void (*list) (GArray *infos);
    /* `index` is the N of "name:N", -1 if there was none; `threads` is at least 1.  Fills in info,
     * precision and threads of the device; the caller does `fns` and `refs`. */
    M2fDevice *(*open) (int index, M2fPrecision precision, int threads, GError **error);
    void (*close) (M2fDevice *device);

    /* Zeroed memory, aligned to 64 bytes. */
    M2fBuffer *(*buffer_new) (M2fDevice *device, size_t size, GError **error);
    /* Optional: the same where the host reaches it without a copy; NULL = buffer_new(). */
    M2fBuffer *(*buffer_new_shared) (M2fDevice *device, size_t size, GError **error);
    void (*buffer_free) (M2fDevice *device, M2fBuffer *buffer);
    void (*write) (M2fDevice *device, const M2fTensor *tensor, const void *data);
    void (*read) (M2fDevice *device, const M2fTensor *tensor, void *data);
    void (*borrow) (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride);
    const void *(*map) (M2fDevice *device, const M2fTensor *tensor);
    /* Optional: see m2f_tensors_import(). */
    bool (*import) (M2fDevice *device, const M2fTensor *tensors, const M2fImport *imports, int n,
        GError **error);

    /* Bytes and element type of a weight of this layout and logical shape on this device: fp32 for
     * LINEAR_WEIGHT_EXACT, which then is a LINEAR_WEIGHT, as LINEAR_WEIGHT_TOLERANT is. */
    size_t (*weight_size) (M2fDevice *device, M2fLayout layout, const int ne[4], M2fType *type);
    /* Fails if there is no memory for what converting takes. */
    bool (*weight_write) (M2fDevice *device, const M2fTensor *weight, const float *data,
        GError **error);

    /* Called before a run; returns whether the plan's function is to be called (a backend that
     * records needs that once). */
    bool (*begin) (M2fPlan *plan);
    /* Called after the plan's function, also if begin() or an op has failed: unless there is a
     * submit(), everything has been computed when it returns, or m2f_plan_fail() was called. */
    void (*end) (M2fPlan *plan);
    /* Optional, for a device with a queue: lets it compute plans that have ended, in order.  Calls
     * m2f_plan_fail() for one of them if that fails; then it is at work on none. */
    void (*submit) (M2fPlan *const plans[], int n);
    /* With submit(): waits until all of these plans have been computed, or fails one of them. */
    void (*wait) (M2fPlan *const plans[], int n);
    /* Optional: forget what begin() keeps for all variants of a plan, because scalar arguments
     * change or because the plan's memory goes. */
    void (*forget) (M2fPlan *plan);
    /* Optional: everything issued so far has been computed when it returns.  Called before a tap
     * of a tapped plan reads and after every op of a profiled one; begin() is true
     * for such plans at every run. */
    void (*flush) (M2fPlan *plan);
    /* Optional: a copy of a temporary for the host becomes part of what is issued. */
    void (*download) (M2fPlan *plan, const M2fTensor *tensor);
    /* Optional: how many objects and allocations were made since the device was opened: a plan
     * that is run again makes none. */
    int (*created) (M2fDevice *device);
    /* Optional: fills in the ms of `count` stages after end(); NULL = wall clock of the plan's
     * function. */
    void (*stage_times) (M2fPlan *plan, M2fStageTime *stages, int count);
    /* Optional: a stage starts here. */
    void (*stage) (M2fPlan *plan, int index);
    /* Optional: measures what of the device's peaks it has and uses, for two seconds. */
    void (*peaks) (M2fDevice *device, M2fPeaks *peaks);

    /* fns->conv3x3() and so on. */
#define M2F_OP(name, Args) void (*name) (M2fPlan *plan, const Args *args);
#include "model/compute/ops.def"
#undef M2F_OP
} M2fBackendFns;

extern const M2fBackendFns m2f_reference_backend;
extern const M2fBackendFns m2f_cpu_backend;
extern const M2fBackendFns m2f_vulkan_backend;

/* Whether the device can be opened with this precision. */
bool m2f_device_info_offers (const M2fDeviceInfo *info, M2fPrecision precision);

/* Opens a device of a backend that need not be in the table, as m2f_device_open() does. */
M2fDevice *m2f_device_open_backend (const M2fBackendFns *fns, int index, M2fPrecision precision,
    int threads, GError **error);

/* Opens a device as m2f_device_open() does, from another table of backends. */
M2fDevice *m2f_device_open_among (const M2fBackendFns *const *table, size_t n, const char *spec,
    M2fPrecision precision, int threads, GError **error);

/* Bytes of a dense tensor; 0 when an extent is below 1 or the product does not fit. */
size_t m2f_shape_size (M2fType type, const int ne[4]);

/* The plan failed; the first call wins and further ops are ignored. */
void m2f_plan_fail (M2fPlan *plan, M2fComputeError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* A place for what the backend keeps per plan; NULL at first. */
void **m2f_plan_backend_data (M2fPlan *plan);

/* n / by, rounded up; n >= 0. */
static inline int64_t
divide_up (int64_t n, int64_t by)
{
    return (n + by - 1) / by;
}

/* Bytes from a PLAIN tensor's first element to the end of its last row. */
static inline size_t
m2f_tensor_extent (const M2fTensor *t)
{
    return ((size_t) (m2f_tensor_rows (t) - 1) * (size_t) t->stride + (size_t) t->ne[3])
        * m2f_type_size (t->type);
}

/* The elements of a tensor in memory the CPU sees. */
static inline void *
m2f_tensor_host (const M2fTensor *t)
{
    return (char *) t->buffer->host + t->offset;
}

/* Row `row` of a bf16 tensor in memory the CPU sees. */
static inline uint16_t *
m2f_row_bf16 (const M2fTensor *t, int64_t row)
{
    return (uint16_t *) m2f_tensor_host (t) + row * t->stride;
}

/* Row `row` of a float32 tensor in memory the CPU sees. */
static inline float *
m2f_row_f32 (const M2fTensor *t, int64_t row)
{
    return (float *) m2f_tensor_host (t) + row * t->stride;
}

#endif

/* Tensors, devices and plans: the front door of model/compute.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device owns memory and a backend.  A tensor is plain data that points into a buffer of a
 * device.  A plan is one sequence of ops over tensors: its function is called once to check
 * every shape and to place every temporary, then run as often as wanted without allocating.
 *
 * Threads: a device may be used by several plans from several threads at once; one plan is used
 * by one thread at a time.
 */
#ifndef M2F_COMPUTE_H
#define M2F_COMPUTE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

G_BEGIN_DECLS

/* ---- errors -------------------------------------------------------------------------------- */

#define M2F_COMPUTE_ERROR (m2f_compute_error_quark ())
GQuark m2f_compute_error_quark (void);

typedef enum M2fComputeError {
    M2F_COMPUTE_ERROR_NO_DEVICE,     /* no such device, or this build does not have its backend */
    M2F_COMPUTE_ERROR_UNSUPPORTED,   /* the device cannot do what was asked (a precision, a size) */
    M2F_COMPUTE_ERROR_INVALID,       /* an argument that fits no device: an op's shapes, M2F_PIN;
                                      * or a backend that lacks an op */
    M2F_COMPUTE_ERROR_OUT_OF_MEMORY, /* the device's memory does not hold the plan or the weights */
    M2F_COMPUTE_ERROR_LOST,          /* the device stopped answering */
    M2F_COMPUTE_ERROR_CANCELLED,     /* somebody set the plan's cancel flag */
} M2fComputeError;

/* ---- tensors ------------------------------------------------------------------------------- */

typedef enum M2fType { M2F_F32, M2F_F16, M2F_BF16, M2F_I32, M2F_I8, M2F_U16, M2F_U8 } M2fType;

/* How the elements lie.  Everything but PLAIN is a weight in whatever order the backend's kernel
 * reads best; `ne` keeps the logical shape. */
typedef enum M2fLayout {
    M2F_PLAIN,             /* row-major */
    M2F_LINEAR_WEIGHT,     /* logical (N, K): output features, input features */
    M2F_CONV3X3_WEIGHT,    /* logical (N, C, 3, 3): output channels, input channels, row, column */
    M2F_CONV2D_WEIGHT,     /* the same for m2f_conv2d(): logical (N, C, kernel, kernel) */
    M2F_DEPTHWISE_WEIGHT,  /* logical (C, 1, kernel, kernel) */
    M2F_WINDOW_BIAS,       /* logical ((2w-1)^2, heads): Swin's relative_position_bias_table */
    /* Only for m2f_tensor_new_weight(): a LINEAR_WEIGHT kept in fp32 at any precision, and one that
     * bears int8 where that is the precision. */
    M2F_LINEAR_WEIGHT_EXACT,
    M2F_LINEAR_WEIGHT_TOLERANT,
} M2fLayout;

typedef struct M2fBuffer M2fBuffer;
typedef struct M2fDevice M2fDevice;

/* A view of a buffer.  `ne` counts elements, outermost first, and always has four extents; unused
 * leading ones are 1: tokens are (batch, 1, tokens, channels), maps (batch, height, width,
 * channels), vectors (1, 1, 1, n).  All extents 0 means "absent" for an optional operand. */
typedef struct M2fTensor {
    M2fBuffer *buffer;
    size_t offset;     /* bytes from the buffer's start to the first element */
    M2fType type;
    M2fLayout layout;
    int ne[4];
    int stride;        /* elements from one row of ne[3] elements to the next; >= ne[3] */
    const char *name;  /* for messages; static or owned by whoever owns the buffer */
} M2fTensor;

/* Four extents, outermost first. */
typedef struct M2fShape {
    int n[4];
} M2fShape;
#define M2F_SHAPE(...) ((M2fShape) { { __VA_ARGS__ } })

size_t m2f_type_size (M2fType type);
const char *m2f_type_name (M2fType type);

static inline bool
m2f_tensor_present (const M2fTensor *t)
{
    return t->ne[3] != 0;
}

/* Rows of ne[3] elements in the tensor. */
static inline int64_t
m2f_tensor_rows (const M2fTensor *t)
{
    return (int64_t) t->ne[0] * t->ne[1] * t->ne[2];
}

/* Views.  One that does not fit is an absent tensor, which the op it is given to refuses. */

/* Views all elements with other extents; the tensor must be dense unless the row length stays. */
M2fTensor m2f_tensor_reshape (M2fTensor t, int n0, int n1, int n2, int n3);
/* Columns [first, first + count) of every row. */
M2fTensor m2f_tensor_columns (M2fTensor t, int first, int count);
/* Tokens [first, first + count) of dimension 2; ne[0] and ne[1] must be 1, or the view would not
 * be evenly strided. */
M2fTensor m2f_tensor_tokens (M2fTensor t, int first, int count);
/* Element `index` of the batch, with ne[0] == 1. */
M2fTensor m2f_tensor_batch (M2fTensor t, int index);
/* "name f32 (1, 96, 96, 256)" for messages; free with g_free(). */
char *m2f_tensor_describe (const M2fTensor *t);

/* ---- devices ------------------------------------------------------------------------------- */

typedef enum M2fPrecision {
    M2F_PRECISION_AUTO,
    M2F_PRECISION_FP32,
    M2F_PRECISION_BF16,
    M2F_PRECISION_FP16,
    M2F_PRECISION_INT8,
} M2fPrecision;

const char *m2f_precision_name (M2fPrecision precision);

typedef struct M2fDeviceInfo {
    char spec[32];       /* what to pass to m2f_device_open() */
    char name[256];      /* the device's own name, with the instruction sets in use for a CPU */
    char backend[16];    /* "cpu", "vulkan", "reference" */
    char kind[16];       /* "cpu", "discrete", "integrated", "virtual", "software" */
    char precisions[64]; /* comma-separated names the device can be opened with */
} M2fDeviceInfo;

/* Most CPU threads of a device. */
#define M2F_MAX_THREADS 1024

#define M2F_MAX_BATCH 4

/* The largest that a device's ops take, where there is a limit that does not depend on the size of
 * a picture; 0 = none. */
typedef struct M2fDeviceLimits {
    int head_channels; /* of attention and window attention */
    int mask_channels; /* of the ops that turn mask logits into maps */
    size_t weight_bytes; /* and of other operands, but for the rows of linear layers and of the map
                          * that window attention reads */
    int batch; /* pictures that it computes together in less time than one after the other, at most
                * M2F_MAX_BATCH; 0 = one at a time */
    bool has_queue; /* it computes while the host does something else: see m2f_plans_start() */
} M2fDeviceLimits;

/* Opens a device.
 *   spec       "auto", "cpu", "reference", "vulkan" or "vulkan:N"; "auto" is a GPU or, where there
 *              is none or none opens, the CPU
 *   precision  of products and stored weights; AUTO is the device's fastest that keeps agreement,
 *              but never INT8, which is coarser than the rest and has to be asked for
 *   threads    CPU threads including the caller, at most M2F_MAX_THREADS; 0 = every core this
 *              process may use
 * Returns a reference, or NULL with a M2F_COMPUTE_ERROR that names what was asked for and what
 * could be had. */
M2fDevice *m2f_device_open (const char *spec, M2fPrecision precision, int threads, GError **error);
M2fDevice *m2f_device_ref (M2fDevice *device);
/* Drops a reference and clears the caller's pointer; accepts a pointer to NULL. */
void m2f_device_unref (M2fDevice **device);
const M2fDeviceInfo *m2f_device_info (const M2fDevice *device);
const M2fDeviceLimits *m2f_device_limits (const M2fDevice *device);
/* One line about better devices that "auto" passed over because they did not open, or about threads
 * that the system did not start; NULL if there were none. */
const char *m2f_device_warning (const M2fDevice *device);
M2fPrecision m2f_device_precision (const M2fDevice *device);
int m2f_device_threads (const M2fDevice *device);
/* Everything m2f_device_open() could open here; free with g_array_unref().  Elements are
 * M2fDeviceInfo. */
GArray *m2f_device_list (void);

/* A tensor with memory of its own, zeroed, dense, PLAIN.  Lives until m2f_tensor_free(). */
bool m2f_tensor_new (M2fDevice *device, M2fTensor *tensor, const char *name, M2fType type,
    M2fShape shape, GError **error);
/* A tensor in memory that host and device both reach, for data that the host writes before every
 * run; otherwise as from m2f_tensor_new(). */
bool m2f_tensor_new_shared (M2fDevice *device, M2fTensor *tensor, const char *name, M2fType type,
    M2fShape shape, GError **error);
/* A weight: `data` holds the logical shape's elements in row-major order and is copied, converted
 * to the device's precision and packed.  `layout` may be PLAIN (kept in fp32). */
bool m2f_tensor_new_weight (M2fDevice *device, M2fTensor *tensor, const char *name,
    M2fLayout layout, const int ne[4], const float *data, GError **error);
/* Bytes that such a weight takes on the device; 0 if a weight of the layout cannot have the
 * shape. */
size_t m2f_weight_size (M2fDevice *device, M2fLayout layout, const int ne[4]);
void m2f_tensor_free (M2fDevice *device, M2fTensor *tensor);
/* Host copies of a PLAIN tensor's elements, dense on the host side.  Not while a plan that uses
 * the tensor runs. */
void m2f_tensor_write (M2fDevice *device, const M2fTensor *tensor, const void *data);
void m2f_tensor_read (M2fDevice *device, const M2fTensor *tensor, void *data);
/* Makes a tensor from m2f_tensor_new() hold the caller's rows, `stride` elements apart, until the
 * next call or write: the CPU points at them (they must stay valid while plans run), a GPU copies.
 */
void m2f_tensor_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride);

/* The place of a tensor's first row in memory that devices share by a file descriptor, a DMABuf. */
typedef struct M2fImport {
    int fd;
    size_t offset; /* bytes */
} M2fImport;

/* Whether m2f_tensors_import() is worth trying. */
bool m2f_device_imports (const M2fDevice *device);
/* Copies rows out of DMABufs to tensors of m2f_tensor_new(), on the device and without the host.
 * The rows lie as far apart there as in the tensors.  Waits until the device that writes the memory
 * is done.  False with an error if the driver does not take it: then the host can still write the
 * tensors. */
bool m2f_tensors_import (M2fDevice *device, const M2fTensor *tensors, const M2fImport *imports,
    int n, GError **error);
/* The elements where the CPU can read them without a copy, valid until the next plan runs; NULL
 * with an error if a device that does not share its memory finds none for a copy. */
const void *m2f_tensor_map (M2fDevice *device, const M2fTensor *tensor, GError **error);

/* ---- plans --------------------------------------------------------------------------------- */

typedef struct M2fPlan M2fPlan;
/* The sequence of ops.  Must take and release the same temporaries and call the same ops in the
 * same order every time; shapes may shrink from those of the first call, and it may stop early. */
typedef void (*M2fPlanFunc) (M2fPlan *plan, void *user_data);
/* Called with every tensor handed to m2f_plan_tap() when the plan runs. */
typedef void (*M2fTapFunc) (const char *name, const M2fTensor *tensor, void *user_data);

/* Calls `func` once without computing: every op's operands are checked and every temporary is
 * placed in one arena by liveness, which is then allocated.  NULL with an error that names the op,
 * the operand, what was expected and what was found. */
M2fPlan *m2f_plan_new (M2fDevice *device, M2fPlanFunc func, void *user_data, GError **error);
void m2f_plan_free (M2fPlan **plan);
/* Computes.  On failure the tensors hold nothing useful. */
bool m2f_plan_run (M2fPlan *plan, GError **error);
/* Runs plans of one device in order, where a later one may read what an earlier one has computed;
 * a device with a queue gets all of them at once.  On failure nothing is left to be waited for. */
bool m2f_plans_start (M2fPlan *const plans[], int n, GError **error);
/* Waits until the plans that were started together have been computed; until then the host neither
 * writes what they read nor runs, changes or frees them.  Other plans may be started meanwhile. */
bool m2f_plans_finish (M2fPlan *const plans[], int n, GError **error);
/* Lets another thread stop the plan: while *flag, which is read atomically, is not 0, a run fails
 * with M2F_COMPUTE_ERROR_CANCELLED.  It is read between two ops, and before and after what a
 * backend has recorded.  NULL = never; the flag must outlive the plan. */
void m2f_plan_set_cancel_flag (M2fPlan *plan, const gint *flag);
/* The next run's scalar arguments differ from the last one's: a backend that records a plan once
 * is to record it again. */
void m2f_plan_invalidate (M2fPlan *plan);
/* Chooses one of several sets of shapes for the next runs, by a small number from 0: a backend that
 * records keeps a recording of each. */
void m2f_plan_variant (M2fPlan *plan, int variant);
/* Like m2f_plan_new(), but every run calls `tap` for each m2f_plan_tap(), in order, when the tensor
 * has just been computed and can be read with m2f_tensor_read().  m2f_plan_taps() tells `func`
 * that it is worth computing what only a tap needs. */
M2fPlan *m2f_plan_new_tapped (M2fDevice *device, M2fPlanFunc func, void *user_data, M2fTapFunc tap,
    void *tap_data, GError **error);
M2fDevice *m2f_plan_device (M2fPlan *plan);
/* Bytes of the arena. */
size_t m2f_plan_memory (const M2fPlan *plan);

/* Inside M2fPlanFunc: */

/* A temporary, uninitialised, dense, PLAIN, 64-byte aligned; valid until released. */
M2fTensor m2f_plan_tensor (M2fPlan *plan, const char *name, M2fType type, int n0, int n1, int n2,
    int n3);
/* The host reads this temporary after every run: a device with memory of its own copies it as part
 * of the run. */
void m2f_plan_download (M2fPlan *plan, const M2fTensor *tensor);
/* The type to give a temporary that nothing reads but products with `weight`, of which a picture
 * has `rows` rows: the weight's, BF16 or F16, where the device takes such operands and would round
 * those of float32 to it anyway; else F32. */
M2fType m2f_plan_input_type (const M2fPlan *plan, const M2fTensor *weight, int rows);
/* Gives the memory of a temporary (or of a view that starts where it starts) back, to be reused by
 * later ones, and makes it absent.  What is not released lasts to the end of the run. */
void m2f_plan_release (M2fPlan *plan, M2fTensor *tensor);
bool m2f_plan_taps (const M2fPlan *plan);
void m2f_plan_tap (M2fPlan *plan, const char *name, const M2fTensor *tensor);
/* Everything until the next call counts as stage `name` (static) in the timings. */
void m2f_plan_stage (M2fPlan *plan, const char *name);

typedef struct M2fStageTime {
    const char *name;
    double ms; /* of the last run */
} M2fStageTime;
/* Stages of the last run in order. */
const M2fStageTime *m2f_plan_stage_times (const M2fPlan *plan, int *count);

G_END_DECLS

#endif

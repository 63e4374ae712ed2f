/* Finds the tensors of a checkpoint by name, checks them and packs them for a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Weights are bound twice, by the same functions.  The dry run compares the name, type and shape of
 * every tensor with what is asked for and allocates no memory for them; m2f_binder_finish() reports
 * all problems at once.  The second run reads and packs.  Whatever a binder reads is NULL in the
 * dry run and after an error, and everything below takes NULL for it.
 */
#ifndef M2F_WEIGHTS_H
#define M2F_WEIGHTS_H

#include "model/compute/ops.h"
#include "model/checkpoint/safetensors.h"

/* A linear layer on the device. */
typedef struct M2fLinearWeights {
    M2fTensor weight; /* (N, K) */
    M2fTensor bias;   /* (N), absent if the layer has none */
} M2fLinearWeights;

typedef struct M2fNormWeights {
    M2fTensor weight, bias; /* (C) */
} M2fNormWeights;

/* A linear layer in host memory, where layers are folded into each other before packing.  Its
 * weight is NULL in a dry run, after an error, and if there was no memory for it or for a layer
 * that it is made of; packing it then records that. */
typedef struct M2fHostLinear {
    int n, k;
    float *weight; /* n x k */
    float *bias;   /* n, NULL if the layer has none */
} M2fHostLinear;

void m2f_host_linear_clear (M2fHostLinear *l);
/* The outputs [first, first + n) of a layer, as a view: `l` must outlive it. */
M2fHostLinear m2f_host_linear_rows (const M2fHostLinear *l, int first, int n);
/* Appends the outputs of `l` to those of `to`, which may be zero-initialised; either both have a
 * bias or neither. */
void m2f_host_linear_append (M2fHostLinear *to, const M2fHostLinear *l);
/* The layer that computes outer (inner (x)); free with m2f_host_linear_clear(). */
M2fHostLinear m2f_host_linear_compose (const M2fHostLinear *outer, const M2fHostLinear *inner);
/* dst (rows x n) = src (rows x k) . weight^T + bias, accumulated in double.  Does nothing if one of
 * them is NULL. */
void m2f_host_linear_apply (const M2fHostLinear *l, const float *src, int rows, float *dst);

/* The shapes below are those of tensors in the file: up to four extents, followed by zeros.  An
 * extent that is 0 is M2F_EMPTY. */
#define M2F_EMPTY (-1)
#define M2F_SCALAR M2F_SHAPE (0) /* no extent at all */

/* A number of a config as an extent. */
static inline int
m2f_extent (int n)
{
    return n > 0 ? n : M2F_EMPTY;
}

/* Files by different tools spell the names of tensors differently: another spelling is the name
 * with `from` replaced by `to`. */
typedef struct M2fRename {
    const char *from, *to;
} M2fRename;

typedef struct M2fBinder {
    M2fSafetensors *file;
    M2fDevice *device;
    GArray *tensors;     /* M2fTensor: every tensor made.  The network frees them, */
    GStringChunk *names; /* and then their names */
    M2fLayout linear;    /* layout of weights packed from now on; M2F_LINEAR_WEIGHT at first */
    /* private */
    bool dry;
    GString *scope;
    const M2fRename *renames;
    int n_renames;
    GString *problems;
    int n_problems, n_checked;
    uint64_t packed_size; /* bytes that the weights take on the device, by the dry run */
    float *staging; /* a layer between the file and the device */
    size_t staging_size;
    GError *error;
} M2fBinder;

/* The second run may only ask for what a dry run has found to fit. */
void m2f_binder_init (M2fBinder *b, M2fSafetensors *file, M2fDevice *device, bool dry);
/* Dry run: true if all tensors fit, and if they do not take far more memory than their files;
 * otherwise M2F_ERROR_WEIGHTS.  Second run: true if all were packed; otherwise M2F_ERROR_WEIGHTS,
 * _READ or _DEVICE. */
bool m2f_binder_finish (M2fBinder *b, GError **error);

/* Sets the prefix of all names asked for from now on, including its final dot. */
void m2f_bind_scope (M2fBinder *b, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Sets the rules for names asked for from now on; n = 0 for none.  The rules are not copied. */
void m2f_bind_renames (M2fBinder *b, const M2fRename *renames, int n);

/* True if the file has a tensor of this name, which is then to be read. */
bool m2f_bind_has (M2fBinder *b, const char *name);
/* Reads the elements of a tensor; NULL in a dry run and after an error.  Free with g_free(). */
float *m2f_bind_read (M2fBinder *b, const char *name, M2fShape shape);
/* Reads `name`.weight, whose first extent is the number of outputs, and `name`.bias; free with
 * m2f_host_linear_clear().  A layer of no outputs has one that is zero, one of no inputs has one
 * whose weights are zero, so that only the binder need know of them. */
M2fHostLinear m2f_bind_read_linear (M2fBinder *b, const char *name, M2fShape shape, bool bias);
/* Reads `count` layers of one shape as a single layer with the outputs of all, in that order. */
M2fHostLinear m2f_bind_read_linears (M2fBinder *b, const char *const *names, int count,
    M2fShape shape, bool bias);

/* Packs host data of extents `ne` into a new tensor.  NULL outside a dry run is an error, for want
 * of memory. */
void m2f_bind_pack (M2fBinder *b, M2fTensor *tensor, const char *name, M2fLayout layout,
    M2fShape ne, const float *data);
void m2f_bind_pack_linear (M2fBinder *b, M2fLinearWeights *w, const char *name,
    const M2fHostLinear *l);
/* Reads and packs a layer. */
void m2f_bind_linear (M2fBinder *b, M2fLinearWeights *w, const char *name, M2fShape shape,
    bool bias);
void m2f_bind_norm (M2fBinder *b, M2fNormWeights *w, const char *name, int channels);
/* Makes a zeroed float32 tensor for a constant that the device will compute. */
void m2f_bind_constant (M2fBinder *b, M2fTensor *tensor, const char *name, int rows, int columns);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (M2fHostLinear, m2f_host_linear_clear)

#endif

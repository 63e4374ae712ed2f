/* A checkpoint's tensors, found by name, checked, folded and packed for a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A binder never stops at the first problem: what is missing or does not fit is noted, stands in
 * as zeros, and m2f_binder_finish() reports all of it at once.
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

/* A linear layer on the host, for what is folded before it is packed. */
typedef struct M2fHostLinear {
    int n, k;
    float *weight; /* n x k */
    float *bias;   /* n, or NULL */
} M2fHostLinear;

void m2f_host_linear_clear (M2fHostLinear *l);
/* Rows [first, first + n) as a layer of their own; the whole must be kept while it is used. */
M2fHostLinear m2f_host_linear_rows (const M2fHostLinear *l, int first, int n);
/* Adds the outputs of `l` behind those of `to`, which may be zeroed; both have a bias or none. */
void m2f_host_linear_append (M2fHostLinear *to, const M2fHostLinear *l);
/* outer (inner (x)) as one layer. */
M2fHostLinear m2f_host_linear_compose (const M2fHostLinear *outer, const M2fHostLinear *inner);
/* dst (rows x n) = src (rows x k) . weight^T + bias, with double sums. */
void m2f_host_linear_apply (const M2fHostLinear *l, const float *src, int rows, float *dst);

/* Extents as in the file, outermost first; zeros behind. */
typedef struct M2fShape {
    int n[4];
} M2fShape;
#define M2F_SHAPE(...) ((M2fShape) { { __VA_ARGS__ } })

/* Files by different tools spell the names of tensors differently: another spelling is the name
 * with `from` replaced by `to`. */
typedef struct M2fRename {
    const char *from, *to;
} M2fRename;

typedef struct M2fBinder {
    M2fSafetensors *file;
    M2fDevice *device;
    GArray *tensors;     /* M2fTensor, every one that was made: the network's to free */
    GStringChunk *names; /* the network's to free, after the tensors */
    M2fLayout linear;    /* how linear layers bound from here on are kept: at first LINEAR_WEIGHT */
    /* private */
    GString *scope;
    const M2fRename *renames;
    int n_renames;
    GString *problems;
    int n_problems, n_read;
    float *staging; /* one layer on its way from the file to the device */
    size_t staging_size;
    GError *error;
} M2fBinder;

void m2f_binder_init (M2fBinder *b, M2fSafetensors *file, M2fDevice *device);
/* Whether everything fitted and was packed: M2F_ERROR_WEIGHTS, READ or DEVICE if not. */
bool m2f_binder_finish (M2fBinder *b, GError **error);

/* What all names are relative to from here on, with its final dot. */
void m2f_bind_scope (M2fBinder *b, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Rules for the names asked for from here on; n = 0 for none.  The rules are not copied. */
void m2f_bind_renames (M2fBinder *b, const M2fRename *renames, int n);

/* The named tensor's elements; zeros if it is missing or does not fit.  Free with g_free(). */
float *m2f_bind_read (M2fBinder *b, const char *name, M2fShape shape);
/* `name`.weight, of shape[0] outputs, and `name`.bias; free with m2f_host_linear_clear(). */
M2fHostLinear m2f_bind_read_linear (M2fBinder *b, const char *name, M2fShape shape, bool bias);
/* The same of layers that share a shape, as one layer: the first one's outputs come first. */
M2fHostLinear m2f_bind_read_linears (M2fBinder *b, const char *const *names, int count,
    M2fShape shape, bool bias);

/* Packs host data. */
void m2f_bind_pack (M2fBinder *b, M2fTensor *tensor, const char *name, M2fLayout layout,
    M2fShape ne, const float *data);
void m2f_bind_pack_linear (M2fBinder *b, M2fLinearWeights *w, const char *name,
    const M2fHostLinear *l);
/* Reads and packs. */
void m2f_bind_linear (M2fBinder *b, M2fLinearWeights *w, const char *name, M2fShape shape,
    bool bias);
void m2f_bind_norm (M2fBinder *b, M2fNormWeights *w, const char *name, int channels);
/* A tensor of the network's own, zeroed float32, for constants computed on the device. */
void m2f_bind_constant (M2fBinder *b, M2fTensor *tensor, const char *name, int rows, int columns);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (M2fHostLinear, m2f_host_linear_clear)

#endif

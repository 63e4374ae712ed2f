/* Writing a safetensors file.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SAFETENSORS_WRITE_H
#define M2F_SAFETENSORS_WRITE_H

#include "model/checkpoint/safetensors.h"

/* A tensor to be written. */
typedef struct M2fSafetensorOut {
    const char *name;
    M2fDtype dtype;       /* F32, I32 or U8 */
    int n_dims;
    const int64_t *shape;
    const void *data;
} M2fSafetensorOut;

/* Replaces the file; tensors lie in the order given.  M2F_ERROR_READ if it cannot be written. */
bool m2f_safetensors_write (const char *path, const M2fSafetensorOut *tensors, int count,
    GError **error);

#endif

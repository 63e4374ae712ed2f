/* A tensor that the header of a file lists.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TENSOR_ENTRY_H
#define M2F_TENSOR_ENTRY_H

#include <stdint.h>

typedef enum M2fDtype {
    M2F_DTYPE_F32, M2F_DTYPE_F16, M2F_DTYPE_BF16, M2F_DTYPE_F64,
    M2F_DTYPE_I64, M2F_DTYPE_I32, M2F_DTYPE_I16, M2F_DTYPE_I8, M2F_DTYPE_U8, M2F_DTYPE_BOOL,
    M2F_DTYPE_OTHER, /* known to the format, of no use to us */
} M2fDtype;

#define M2F_SAFETENSORS_MAX_DIMS 8

/* One entry of a header. */
typedef struct M2fSafetensor {
    char *name;
    M2fDtype dtype;
    char dtype_name[16];
    int n_dims;
    int64_t shape[M2F_SAFETENSORS_MAX_DIMS];
    int64_t n_elements;
    /* private */
    int file;
    int is_read; /* atomic */
    uint64_t offset, size;
} M2fSafetensor;

#endif

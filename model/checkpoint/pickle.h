/* The tensors of a pickled state dict, by an interpreter that knows nothing else.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pickle is a program that may call any function.  This interpreter accepts the opcodes that
 * pickling a dictionary of tensors needs, and of functions and classes only OrderedDict, those
 * that rebuild a tensor, and the storages of torch; anything else is refused by its name.
 */
#ifndef M2F_PICKLE_H
#define M2F_PICKLE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define M2F_PICKLE_MAX_DIMS 8

typedef struct M2fPickledTensor {
    char *name;
    char *storage_class; /* "FloatStorage" */
    char *key;           /* key of the storage: the name of a file in the archive */
    int64_t storage_elements, offset; /* elements */
    int n_dims;
    int64_t shape[M2F_PICKLE_MAX_DIMS], stride[M2F_PICKLE_MAX_DIMS]; /* elements */
} M2fPickledTensor;

/* Interprets a pickle; `file` is for messages.  Elements are M2fPickledTensor (g_array_unref), in
 * the order of the dictionary; other values than tensors are left out.  NULL with M2F_ERROR_FORMAT,
 * or M2F_ERROR_UNSUPPORTED for what no state dict has. */
GArray *m2f_pickle_read (const uint8_t *data, size_t size, const char *file, GError **error);

#endif

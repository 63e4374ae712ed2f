/* Reading model.safetensors, single or sharded.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SAFETENSORS_H
#define M2F_SAFETENSORS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/checkpoint/tensor_entry.h"

typedef struct M2fSafetensors M2fSafetensors;

/* Opens one file, or a checkpoint directory's model.safetensors or, without it, the shards that
 * model.safetensors.index.json names (in the same directory; of their tensors those that the index
 * names), or else pytorch_model.bin or the
 * shards of pytorch_model.bin.index.json, see pytorch.h.  Strict, as safetensors/src/tensor.rs is:
 * header of at most 100 MB, no holes, overlaps or duplicates, sizes that match shapes.  Only
 * headers are read; files stay open until m2f_safetensors_close().  One extra "model." before all
 * names of a directory's tensors is removed, as transformers does.  NULL with
 *   M2F_ERROR_NOT_FOUND    no such file, directory or shard
 *   M2F_ERROR_READ         it is no file or no directory, or not readable
 *   M2F_ERROR_FORMAT       not safetensors, truncated, or inconsistent; names the tensor
 *   M2F_ERROR_WEIGHTS      all names of a directory's tensors have another prefix; says which
 *   M2F_ERROR_UNSUPPORTED  a .bin file has what no state dict has, see pytorch.h */
M2fSafetensors *m2f_safetensors_open_file (const char *path, GError **error);
M2fSafetensors *m2f_safetensors_open_dir (const char *dir, GError **error);
void m2f_safetensors_close (M2fSafetensors *st);
/* NULL if there is no such tensor. */
const M2fSafetensor *m2f_safetensors_find (const M2fSafetensors *st, const char *name);
/* Tensors of all files, sorted by name. */
const M2fSafetensor *m2f_safetensors_list (const M2fSafetensors *st, int *count);
/* Bytes of the data of all tensors. */
uint64_t m2f_safetensors_size (const M2fSafetensors *st);
const char *m2f_safetensors_file_name (const M2fSafetensors *st, const M2fSafetensor *tensor);
/* Adds a line to `warnings` (char *) that names tensors that were never read: parts of another
 * network.  Leftovers of training that every tool leaves in its files are not named. */
void m2f_safetensors_warn_unread (const M2fSafetensors *st, GPtrArray *warnings);
/* Converts a float tensor (F32, F16, BF16, F64) to `n_elements` floats.  Another dtype or a value
 * that is not finite is M2F_ERROR_WEIGHTS; a file that shrank is M2F_ERROR_READ.  Several threads
 * may read at once. */
bool m2f_safetensors_read_f32 (M2fSafetensors *st, const M2fSafetensor *tensor, float *out,
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fSafetensors, m2f_safetensors_close)

#endif

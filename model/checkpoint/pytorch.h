/* The tensors of pytorch_model.bin: a state dict as torch.save() writes it since torch 1.6.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PYTORCH_H
#define M2F_PYTORCH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Appends the tensors (M2fSafetensor) of an open file of `size` bytes to `tensors`, as those of
 * file number `file`, with offsets from its start; `path` is for messages.  Nothing of the file is
 * run, see pickle.h.  False with M2F_ERROR_READ, M2F_ERROR_FORMAT, or M2F_ERROR_UNSUPPORTED for
 * what no state dict has, older formats, and tensors that are not contiguous. */
bool m2f_pytorch_list (int fd, const char *path, uint64_t size, int file, GArray *tensors,
    GError **error);

#endif

/* Buffers in ordinary memory: the slots of M2fBackendFns that every backend on the CPU shares.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_HOST_MEMORY_H
#define M2F_HOST_MEMORY_H

#include "model/compute/backend.h"

M2fBuffer *m2f_host_buffer_new (M2fDevice *device, size_t size, GError **error);
void m2f_host_buffer_free (M2fDevice *device, M2fBuffer *buffer);
void m2f_host_write (M2fDevice *device, const M2fTensor *tensor, const void *data);
void m2f_host_read (M2fDevice *device, const M2fTensor *tensor, void *data);
void m2f_host_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride);
const void *m2f_host_map (M2fDevice *device, const M2fTensor *tensor);

/* For the initialiser of a backend's table. */
#define M2F_HOST_MEMORY_SLOTS \
    .buffer_new = m2f_host_buffer_new, \
    .buffer_free = m2f_host_buffer_free, \
    .write = m2f_host_write, \
    .read = m2f_host_read, \
    .borrow = m2f_host_borrow, \
    .map = m2f_host_map

#endif

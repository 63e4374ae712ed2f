/* Buffers in ordinary memory.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/host_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN 64
#define HUGE_PAGE (2 << 20)

typedef struct HostBuffer {
    M2fBuffer base;
    void *block;     /* what calloc() gave */
    void *own;       /* its first aligned byte; base.host unless rows are borrowed */
    size_t own_size; /* bytes from `own` on */
} HostBuffer;

/* calloc() rather than aligned_alloc() and memset(): large blocks come as untouched zero pages,
 * which the thread that first uses them brings in.  They are laid out for huge pages, which spare
 * products that read a dozen rows at once most of their misses in the address translation. */
static bool
allocate (HostBuffer *b, size_t size)
{
    const size_t align = size >= HUGE_PAGE ? HUGE_PAGE : ALIGN;

    if (size > SIZE_MAX - align)
        return false;
    b->block = calloc (1, size + align);
    if (!b->block)
        return false;
    b->own = (void *) (((uintptr_t) b->block + align - 1) / align * align);
#ifdef MADV_HUGEPAGE
    if (align == HUGE_PAGE)
        madvise (b->own, size, MADV_HUGEPAGE); /* a wish: refused, it costs only speed */
#endif
    b->own_size = size;
    b->base.host = b->own;
    b->base.size = size;
    return true;
}

M2fBuffer *
m2f_host_buffer_new (M2fDevice *device, size_t size, GError **error)
{
    HostBuffer *b = g_new0 (HostBuffer, 1);

    if (!allocate (b, size)) {
        g_free (b);
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "no memory for %zu bytes", size);
        return NULL;
    }
    return &b->base;
}

void
m2f_host_buffer_free (M2fDevice *device, M2fBuffer *buffer)
{
    HostBuffer *b = (HostBuffer *) buffer;

    free (b->block);
    g_free (b);
}

/* Back from borrowed rows to memory of our own, which must hold the stride of those rows. */
static bool
reclaim (HostBuffer *b, size_t size)
{
    if (b->own_size < size) {
        HostBuffer larger = { 0 };

        if (!allocate (&larger, size))
            return false;
        free (b->block);
        *b = larger;
    }
    b->base.host = b->own;
    b->base.size = b->own_size;
    return true;
}

void
m2f_host_write (M2fDevice *device, const M2fTensor *tensor, const void *data)
{
    HostBuffer *b = (HostBuffer *) tensor->buffer;
    size_t row = tensor->ne[3] * m2f_type_size (tensor->type);
    size_t stride = tensor->stride * m2f_type_size (tensor->type);

    if (b->base.host != b->own && !reclaim (b, m2f_tensor_extent (tensor))) {
        g_critical ("no memory for the %zu bytes of %s", m2f_tensor_extent (tensor), tensor->name);
        return;
    }
    for (int64_t i = 0; i < m2f_tensor_rows (tensor); i++)
        memcpy ((char *) m2f_tensor_host (tensor) + i * stride, (const char *) data + i * row, row);
}

void
m2f_host_read (M2fDevice *device, const M2fTensor *tensor, void *data)
{
    size_t row = tensor->ne[3] * m2f_type_size (tensor->type);
    size_t stride = tensor->stride * m2f_type_size (tensor->type);

    for (int64_t i = 0; i < m2f_tensor_rows (tensor); i++)
        memcpy ((char *) data + i * row, (char *) m2f_tensor_host (tensor) + i * stride, row);
}

void
m2f_host_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride)
{
    tensor->stride = stride;
    tensor->buffer->host = (void *) rows;
    tensor->buffer->size = m2f_tensor_extent (tensor);
}

const void *
m2f_host_map (M2fDevice *device, const M2fTensor *tensor)
{
    return m2f_tensor_host (tensor);
}

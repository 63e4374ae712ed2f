/* Pictures in DMABufs: memory that devices share by file descriptors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/dmabuf.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined __linux__
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#endif

#include "model/error.h"

#define LINEAR 0 /* DRM_FORMAT_MOD_LINEAR */

bool
m2f_dmabuf_is_linear (const M2fDmabuf *dmabuf)
{
    return dmabuf->modifier == LINEAR;
}

/* ---- checks --------------------------------------------------------------------------------- */

static bool
check_plane (const M2fImage *image, int plane, size_t plane_size, GError **error)
{
    const int fd = image->dmabuf->fd[plane];
    const size_t offset = image->dmabuf->offset[plane];
    const off_t size = lseek (fd, 0, SEEK_END);

    if (size < 0) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "image: file descriptor %d of plane %d is no DMABuf: %s", fd, plane,
            g_strerror (errno));
        return false;
    }
    if (offset > (size_t) size || plane_size > (size_t) size - offset) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "image: plane %d takes %zu bytes of its DMABuf from %zu on, which has %zu", plane,
            plane_size, offset, (size_t) size);
        return false;
    }
    return true;
}

bool
m2f_dmabuf_check (const M2fImage *image, GError **error)
{
    int row_bytes, rows;

    if (!m2f_dmabuf_is_linear (image->dmabuf)) {
        m2f_set_error (error, M2F_ERROR_UNSUPPORTED,
            "image: the DMABuf's modifier is 0x%" G_GINT64_MODIFIER "x, expected 0, linear",
            image->dmabuf->modifier);
        return false;
    }
    for (int i = 0; m2f_format_plane_size (image->format, i, image->width, image->height,
             &row_bytes, &rows);
         i++) {
        const size_t size
            = (size_t) (rows - 1) * (size_t) image->stride[i] + (size_t) row_bytes;

        if (!check_plane (image, i, size, error))
            return false;
    }
    return true;
}

/* ---- mapping -------------------------------------------------------------------------------- */

/* Tells the memory's owner that the host begins or ends to read, which waits for a device that
 * writes it and makes caches agree.  Memory without an owner needs neither. */
static void
sync_reading (int fd, bool begins)
{
#if defined __linux__
    struct dma_buf_sync sync
        = { .flags = DMA_BUF_SYNC_READ | (begins ? DMA_BUF_SYNC_START : DMA_BUF_SYNC_END) };

    while (ioctl (fd, DMA_BUF_IOCTL_SYNC, &sync) < 0 && (errno == EINTR || errno == EAGAIN))
        ;
#endif
}

/* All of the memory of a file descriptor, or NULL with an error. */
static const uint8_t *
map_fd (M2fDmabufMapping *mapping, int fd, GError **error)
{
    for (int i = 0; i < mapping->n; i++)
        if (mapping->maps[i].fd == fd)
            return mapping->maps[i].address;

    const off_t size = lseek (fd, 0, SEEK_END);
    void *address = mmap (NULL, (size_t) MAX (size, 0), PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) {
        m2f_set_error (error, M2F_ERROR_DEVICE,
            "image: the DMABuf of file descriptor %d cannot be mapped: %s", fd,
            g_strerror (errno));
        return NULL;
    }
    sync_reading (fd, true);
    mapping->maps[mapping->n].fd = fd;
    mapping->maps[mapping->n].address = address;
    mapping->maps[mapping->n++].size = (size_t) size;
    return address;
}

bool
m2f_dmabuf_map (M2fDmabufMapping *mapping, const M2fImage *image, M2fImage *mapped, GError **error)
{
    bool host_has_it = true;
    int row_bytes, rows, n = 0;

    *mapped = *image;
    for (; m2f_format_plane_size (image->format, n, image->width, image->height, &row_bytes, &rows);
         n++)
        host_has_it &= image->data[n] != NULL;
    for (int i = 0; !host_has_it && i < n; i++) {
        const uint8_t *start = map_fd (mapping, image->dmabuf->fd[i], error);

        if (!start)
            return false;
        mapped->data[i] = start + image->dmabuf->offset[i];
    }
    return true;
}

void
m2f_dmabuf_unmap (M2fDmabufMapping *mapping)
{
    for (int i = 0; i < mapping->n; i++) {
        sync_reading (mapping->maps[i].fd, false);
        munmap (mapping->maps[i].address, mapping->maps[i].size);
    }
    *mapping = (M2fDmabufMapping) { 0 };
}

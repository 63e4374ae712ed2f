/* Pictures whose planes lie both in memory that processes share and in a copy of it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A DMABuf takes a device that exports one.  The file descriptors here are of memory that can be
 * mapped as well, which is all that the library and software renderers ask for.
 */
#ifndef SHARED_PICTURE_H
#define SHARED_PICTURE_H

#include <check.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/m2f.h"

typedef struct SharedPicture {
    M2fImage image; /* data and dmabuf are the same picture */
    M2fDmabuf dmabuf;
    uint8_t *copies[3];
} SharedPicture;

/* Smooth colours with blocks in them, which differ by `seed`. */
static inline void
shared_picture_fill (uint8_t *bytes, int n, int stride, int rows, int seed)
{
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < n; x++)
            bytes[(size_t) y * (size_t) stride + (size_t) x]
                = (uint8_t) ((x + 7 * seed) / 24 % 3 * 60 + y * 90 / rows + 20);
}

/* Rows are `padding` bytes longer than they have to be; the planes follow one another in one
 * memory, or have one each. */
static inline void
shared_picture_init (SharedPicture *p, M2fFormat format, int width, int height, int padding,
    bool one_memory, int seed)
{
    int row_bytes, rows, fd = -1;
    size_t end = 64;

    *p = (SharedPicture) { .image = { .format = format, .width = width, .height = height } };
    for (int i = 0; i < 3; i++)
        p->dmabuf.fd[i] = -1;
    for (int i = 0; i < 3
         && m2f_format_plane_size (format, i, width, height, &row_bytes, &rows); i++) {
        const int stride = row_bytes + padding;
        const size_t size = (size_t) stride * (size_t) rows;

        if (fd < 0 || !one_memory) {
            fd = memfd_create ("picture", MFD_CLOEXEC);
            end = 64;
        }
        ck_assert_int_ge (fd, 0);
        p->copies[i] = g_malloc0 (size);
        shared_picture_fill (p->copies[i], row_bytes, stride, rows, seed + i);
        ck_assert_int_eq (pwrite (fd, p->copies[i], size, (off_t) end), (ssize_t) size);
        p->image.data[i] = p->copies[i];
        p->image.stride[i] = stride;
        p->dmabuf.fd[i] = fd;
        p->dmabuf.offset[i] = end;
        end += size;
        ck_assert_int_eq (ftruncate (fd, (off_t) ((end + 4095) / 4096 * 4096)), 0);
    }
    p->image.dmabuf = &p->dmabuf;
}

/* The picture in the memory of `p` alone. */
static inline M2fImage
shared_picture_only (const SharedPicture *p)
{
    M2fImage image = p->image;

    for (int i = 0; i < 3; i++)
        image.data[i] = NULL;
    return image;
}

/* The picture in the host's memory alone. */
static inline M2fImage
shared_picture_copy (const SharedPicture *p)
{
    M2fImage image = p->image;

    image.dmabuf = NULL;
    return image;
}

static inline void
shared_picture_clear (SharedPicture *p)
{
    for (int i = 0; i < 3; i++) {
        bool is_shared = false;

        for (int before = 0; before < i; before++)
            is_shared |= p->dmabuf.fd[before] == p->dmabuf.fd[i];
        if (p->dmabuf.fd[i] >= 0 && !is_shared)
            close (p->dmabuf.fd[i]);
        g_free (p->copies[i]);
    }
}

#endif

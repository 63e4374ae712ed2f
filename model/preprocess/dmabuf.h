/* Pictures in DMABufs: memory that devices share by file descriptors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_DMABUF_H
#define M2F_DMABUF_H

#include <stdbool.h>

#include "model/m2f.h"

/* A picture's memory where the host reads it; zeroed = none. */
typedef struct M2fDmabufMapping {
    int n;
    struct {
        int fd;
        void *address;
        size_t size;
    } maps[3]; /* one for planes that share a file descriptor */
} M2fDmabufMapping;

/* Whether a device can import the picture: its rows lie as in a M2fImage. */
bool m2f_dmabuf_is_linear (const M2fDmabuf *dmabuf);
/* Whether the planes of a picture that the host does not have lie in its DMABuf, and the host could
 * read them: M2F_ERROR_ARGUMENT or M2F_ERROR_UNSUPPORTED says what is wrong. */
bool m2f_dmabuf_check (const M2fImage *image, GError **error);
/* Gives the host all data of a picture that m2f_image_check() has passed: maps its DMABuf if some
 * of that is NULL.  M2F_ERROR_DEVICE if the memory cannot be mapped.  m2f_dmabuf_unmap() is due in
 * any case, when `mapped` is no longer read. */
bool m2f_dmabuf_map (M2fDmabufMapping *mapping, const M2fImage *image, M2fImage *mapped,
    GError **error);
/* Does nothing if there is no mapping. */
void m2f_dmabuf_unmap (M2fDmabufMapping *mapping);

#endif

/* A picture's planes on a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/planes.h"

#include "model/preprocess/dmabuf.h"
#include "model/preprocess/picture.h"

struct M2fPlanes {
    M2fDevice *device;
    int n;
    int row_bytes[3], rows[3];
    M2fTensor host[3];     /* of pictures that the host has */
    M2fTensor imported[3]; /* of pictures that the device imports; absent before the first */
    bool refused;          /* the device did not import one */
};

M2fPlanes *
m2f_planes_new (M2fDevice *device, M2fFormat format, int height, int width, M2fTensor plane[3],
    GError **error)
{
    M2fPlanes *p = g_new0 (M2fPlanes, 1);

    p->device = m2f_device_ref (device);
    for (int i = 0; m2f_format_plane_size (format, i, width, height, &p->row_bytes[i],
             &p->rows[i]);
         i++) {
        if (!m2f_tensor_new_shared (device, &p->host[i], "picture", M2F_U8,
                M2F_SHAPE (1, 1, p->rows[i], p->row_bytes[i]), error)) {
            m2f_planes_free (&p);
            return NULL;
        }
        plane[i] = p->host[i];
        if (++p->n == 3)
            break;
    }
    return p;
}

void
m2f_planes_free (M2fPlanes **planes)
{
    M2fPlanes *p = g_steal_pointer (planes);

    if (!p)
        return;
    for (int i = 0; i < 3; i++) {
        m2f_tensor_free (p->device, &p->host[i]);
        m2f_tensor_free (p->device, &p->imported[i]);
    }
    m2f_device_unref (&p->device);
    g_free (p);
}

/* Makes room for rows of `stride` bytes in the device's own memory. */
static bool
make_room (M2fPlanes *p, int plane, int stride, GError **error)
{
    M2fTensor *t = &p->imported[plane];

    if (m2f_tensor_present (t) && t->stride == stride)
        return true;
    m2f_tensor_free (p->device, t);
    if (!m2f_tensor_new (p->device, t, "imported picture", M2F_U8,
            M2F_SHAPE (1, 1, p->rows[plane], stride), error))
        return false;
    *t = m2f_tensor_columns (*t, 0, p->row_bytes[plane]);
    return true;
}

static bool
import (M2fPlanes *p, const M2fImage *image, GError **error)
{
    M2fImport imports[3];

    for (int i = 0; i < p->n; i++) {
        if (!make_room (p, i, image->stride[i], error))
            return false;
        imports[i] = (M2fImport) { image->dmabuf->fd[i], image->dmabuf->offset[i] };
    }
    return m2f_tensors_import (p->device, p->imported, imports, p->n, error);
}

/* Whether the device has imported the picture.  What it does not take once is not tried again. */
static bool
is_imported (M2fPlanes *p, const M2fImage *image)
{
    g_autoptr (GError) error = NULL;

    if (p->refused || !image->dmabuf || !m2f_dmabuf_is_linear (image->dmabuf)
        || !m2f_device_imports (p->device))
        return false;
    if (import (p, image, &error))
        return true;
    g_info ("pictures in DMABufs are read by the host: %s", error->message);
    p->refused = true;
    return false;
}

bool
m2f_planes_set (M2fPlanes *p, const M2fImage *image, M2fTensor plane[3])
{
    const bool imported = is_imported (p, image);
    bool changed = false;

    for (int i = 0; i < p->n; i++) {
        const M2fTensor *t = imported ? &p->imported[i] : &p->host[i];

        if (!imported)
            m2f_tensor_borrow (p->device, &p->host[i], image->data[i], image->stride[i]);
        changed |= plane[i].buffer != t->buffer || plane[i].stride != t->stride;
        plane[i] = *t;
    }
    return changed;
}

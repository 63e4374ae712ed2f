/* Tensors in host memory: what goes into and comes out of the stages.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/m2f.h"

M2fHostTensor *
m2f_host_tensor_new (const char *name, int n_dims, const int64_t *shape)
{
    M2fHostTensor *tensor;
    size_t n = 1;

    g_return_val_if_fail (n_dims >= 0 && n_dims <= (int) G_N_ELEMENTS (tensor->shape), NULL);

    tensor = g_new0 (M2fHostTensor, 1);
    tensor->name = g_strdup (name);
    tensor->n_dims = n_dims;
    for (int i = 0; i < n_dims; i++) {
        tensor->shape[i] = shape[i];
        n *= (size_t) shape[i];
    }
    tensor->data = g_try_new (float, MAX (n, 1));
    if (!tensor->data)
        g_clear_pointer (&tensor, m2f_host_tensor_free);
    return tensor;
}

void
m2f_host_tensor_free (M2fHostTensor *tensor)
{
    if (!tensor)
        return;
    g_free (tensor->name);
    g_free (tensor->data);
    g_free (tensor);
}

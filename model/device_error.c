/* Errors of the device as errors of the library.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/device_error.h"

#include "model/compute/compute.h"
#include "model/error.h"

void
m2f_propagate_device_error (GError **error, GError *found)
{
    if (found->domain == M2F_COMPUTE_ERROR) {
        found->code = found->code == M2F_COMPUTE_ERROR_CANCELLED ? M2F_ERROR_CANCELLED
                                                                 : M2F_ERROR_DEVICE;
        found->domain = M2F_ERROR;

        char *message = m2f_printable (found->message); /* it may quote a driver */
        g_free (found->message);
        found->message = message;
    }
    g_propagate_error (error, found);
}

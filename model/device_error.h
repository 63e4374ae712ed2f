/* Errors of the device as errors of the library.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_DEVICE_ERROR_H
#define M2F_DEVICE_ERROR_H

#include <glib.h>

/* g_propagate_error() for a caller of both the device and the library: an error of the device
 * (M2F_COMPUTE_ERROR) becomes M2F_ERROR_DEVICE or M2F_ERROR_CANCELLED with the same message, made
 * printable; any other is passed on as it is.  Takes ownership of `found`. */
void m2f_propagate_device_error (GError **error, GError *found);

#endif

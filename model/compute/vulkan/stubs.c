/* A backend without devices, for builds without Vulkan.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/backend.h"

static void
stub_list (GArray *infos)
{
}

static M2fDevice *
stub_open (int index, M2fPrecision precision, int threads, GError **error)
{
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
        "vulkan: this library was built without Vulkan");
    return NULL;
}

const M2fBackendFns m2f_vulkan_backend = {
    .name = "vulkan",
    .numbered = true,
    .list = stub_list,
    .open = stub_open,
};

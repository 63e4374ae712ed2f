/* Opens the Vulkan loader at run time, so that machines without it run on the CPU.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/loader.h"

#include <dlfcn.h>
#include <string.h>

#include "model/compute/compute.h"

#define LIBRARY "libvulkan.so.1"

#define DEFINE(name) PFN_##name name;
VULKAN_FUNCTIONS (DEFINE)
#undef DEFINE

/* What the library exports are trampolines that serve every instance and device.  Returns why it
 * cannot be used, or NULL. */
static char *
open_library (void)
{
    void *library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return g_strdup (dlerror ());
#define FIND(name)                                        \
    *(void **) &name = dlsym (library, #name);            \
    if (!name)                                            \
        return g_strdup (LIBRARY " has no " #name "()");
    VULKAN_FUNCTIONS (FIND)
#undef FIND
    return NULL;
}

bool
vk_load (GError **error)
{
    static gsize tried;
    static char *problem;

    if (g_strcmp0 (g_getenv ("M2F_VULKAN"), "off") == 0) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "vulkan: switched off by the environment variable M2F_VULKAN");
        return false;
    }
    if (g_once_init_enter (&tried)) {
        problem = open_library ();
        g_once_init_leave (&tried, 1);
    }
    if (problem)
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "vulkan: the Vulkan loader cannot be used: %s", problem);
    return !problem;
}

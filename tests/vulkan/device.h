/* The device of the Vulkan tests.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdio.h>

#include "model/compute/compute.h"
#include "tests/suite.h"

#define DEVICE "vulkan:0"

/* Runs the suite as run_suite() does, or skips it where there is no such device. */
static inline int
run_suite_on_device (Suite *suite)
{
    g_autoptr (GArray) devices = m2f_device_list ();

    for (guint i = 0; i < devices->len; i++)
        if (g_str_equal (g_array_index (devices, M2fDeviceInfo, i).spec, DEVICE))
            return run_suite (suite);
    fprintf (stderr, "no device " DEVICE "\n");
    return 77;
}

#endif

/* Sums over a workgroup of 64 invocations.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
shared float partial[64];

/* The sum of every invocation's value, for all of them; all must call it. */
float
total (float value)
{
    uint id = gl_LocalInvocationID.x;

    barrier ();
    partial[id] = value;
    barrier ();
    for (uint step = 32; step > 0; step >>= 1) {
        if (id < step)
            partial[id] += partial[id + step];
        barrier ();
    }
    return partial[0];
}

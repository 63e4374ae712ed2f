/* Sums over a workgroup of REDUCED invocations, a power of two; 64 unless said otherwise.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef REDUCED
#define REDUCED 64
#endif

shared float partial[REDUCED];

/* The sum of every invocation's value, for all of them; all must call it. */
float
total (float value)
{
    uint id = gl_LocalInvocationID.x;

    barrier ();
    partial[id] = value;
    barrier ();
    for (uint step = REDUCED / 2; step > 0; step >>= 1) {
        if (id < step)
            partial[id] += partial[id + step];
        barrier ();
    }
    return partial[0];
}

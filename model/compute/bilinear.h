/* The samples that torch.nn.functional.interpolate reads, for the backends that run on the CPU.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Single precision on purpose: torch computes coordinates of float32 images in float32 (ATen's
 * UpSample.h), in kernels compiled with fused multiply-add, and the last bit of a coordinate
 * decides which side of a threshold a mask's pixel falls on.
 */
#ifndef M2F_BILINEAR_H
#define M2F_BILINEAR_H

/* An output sample is w0 * in[i0] + w1 * in[i1]. */
typedef struct M2fBilinear {
    int i0, i1;
    float w0, w1;
} M2fBilinear;

/* mode="bilinear", align_corners=False, one axis: output `dst` of `out` from `in` samples. */
static inline M2fBilinear
m2f_bilinear (int dst, int in, int out)
{
    float scale = (float) in / (float) out;
    float src = (float) ((double) scale * ((double) dst + 0.5) - 0.5); /* an fma without one */
    M2fBilinear b;

    if (src < 0)
        src = 0;
    b.i0 = (int) src < in - 1 ? (int) src : in - 1;
    b.i1 = b.i0 + (b.i0 < in - 1);
    b.w1 = src - (float) b.i0;
    if (b.w1 > 1)
        b.w1 = 1;
    b.w0 = 1 - b.w1;
    return b;
}

/* mode="nearest", one axis. */
static inline int
m2f_nearest (int dst, int in, int out)
{
    int i = (int) ((float) dst * ((float) in / (float) out)); /* not negative: the floor */

    return i < in - 1 ? i : in - 1;
}

#endif

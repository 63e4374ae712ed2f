/* Bilinear resizing of maps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/bilinear.h"
#include "model/compute/reference/reference.h"

double
m2f_reference_interpolate (const M2fTensor *src, int b, int c, int y, int x, int height, int width)
{
    M2fBilinear v = m2f_bilinear (y, src->ne[1], height);
    M2fBilinear h = m2f_bilinear (x, src->ne[2], width);

    return (double) v.w0
            * ((double) h.w0 * ref_pixel (src, b, v.i0, h.i0)[c]
                + (double) h.w1 * ref_pixel (src, b, v.i0, h.i1)[c])
        + (double) v.w1
            * ((double) h.w0 * ref_pixel (src, b, v.i1, h.i0)[c]
                + (double) h.w1 * ref_pixel (src, b, v.i1, h.i1)[c]);
}

void
m2f_reference_resize (M2fPlan *plan, const M2fResize *args)
{
    const int *ne = args->dst.ne;

    for (int b = 0; b < ne[0]; b++) {
        for (int y = 0; y < ne[1]; y++) {
            for (int x = 0; x < ne[2]; x++) {
                for (int c = 0; c < ne[3]; c++) {
                    double v = m2f_reference_interpolate (&args->src, b, c, y, x, ne[1], ne[2]);

                    if (m2f_tensor_present (&args->addend))
                        v += ref_pixel (&args->addend, b, y, x)[c];
                    ref_pixel (&args->dst, b, y, x)[c] = (float) v;
                }
            }
        }
    }
}

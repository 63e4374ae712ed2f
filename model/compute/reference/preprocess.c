/* A frame's bytes to the network's input.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/reference/reference.h"

#include <math.h>

/* To 8 bits, ties up. */
static int
byte (double x)
{
    return (int) CLAMP (floor (x + 0.5), 0, 255);
}

static const guint8 *
plane_row (const M2fTensor *plane, int y)
{
    return (const guint8 *) m2f_tensor_host (plane) + (gsize) y * plane->stride;
}

/* Component `c` of a source pixel. */
static int
sample (const M2fPreprocess *args, int y, int x, int c)
{
    const M2fPixels *pixels = &args->pixels;
    const M2fComponent at = pixels->component[c];
    const guint8 *from;

    if (c > 0) {
        y >>= pixels->y_shift;
        x >>= pixels->x_shift;
    }
    from = plane_row (&args->plane[at.plane], y) + x * at.step + at.offset;
    return pixels->sample_bytes == 1 ? from[0] : from[0] | from[1] << 8;
}

/* Colour `c` (red, green, blue) of a source pixel. */
static int
colour (const M2fPreprocess *args, int y, int x, int c)
{
    const float *row = args->yuv_to_rgb[c];

    if (!args->pixels.is_yuv)
        return sample (args, y, x, c);
    return byte ((double) row[0] * sample (args, y, x, 0) + (double) row[1] * sample (args, y, x, 1)
        + (double) row[2] * sample (args, y, x, 2) + row[3]);
}

/* Colour `c` of an output pixel. */
static int
filtered (const M2fPreprocess *args, int y, int x, int c)
{
    int first_y = ((const gint32 *) m2f_tensor_host (&args->y_first))[y];
    int first_x = ((const gint32 *) m2f_tensor_host (&args->x_first))[x];
    const float *weight_y = m2f_row_f32 (&args->y_weight, y);
    const float *weight_x = m2f_row_f32 (&args->x_weight, x);
    double sum = 0;

    for (int i = 0; i < args->y_weight.ne[3]; i++) {
        int sy = MIN (first_y + i, args->height - 1);
        double line = 0;

        for (int j = 0; j < args->x_weight.ne[3]; j++) {
            int sx = MIN (first_x + j, args->width - 1);

            line += (double) weight_x[j] * colour (args, sy, sx, c);
        }
        sum += (double) weight_y[i] * byte (line);
    }
    return byte (sum);
}

void
m2f_reference_preprocess (M2fPlan *plan, const M2fPreprocess *args)
{
    for (int y = 0; y < args->dst.ne[1]; y++)
        for (int x = 0; x < args->dst.ne[2]; x++)
            for (int c = 0; c < 3; c++)
                ref_pixel (&args->dst, 0, y, x)[c]
                    = (float) ((double) filtered (args, y, x, c) * args->scale[c]
                        + args->offset[c]);
}

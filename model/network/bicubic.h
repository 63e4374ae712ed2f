/* The bicubic interpolation of learned position embeddings (torch.nn.functional.interpolate).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BICUBIC_H
#define M2F_BICUBIC_H

#include <stdbool.h>

/* Interpolates src (side, side, channels) to dst (height, width, channels), align_corners false:
 * without `antialias` by the cubic through four neighbours (a = -0.75), as torch does; with it by
 * the wider filter that torch and Pillow use to shrink (a = -0.5).  False if there is no memory. */
bool m2f_interpolate_bicubic (const float *src, int side, int channels, bool antialias,
    float *dst, int height, int width);

#endif

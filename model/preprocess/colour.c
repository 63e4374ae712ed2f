/* Colour conversion and normalisation.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/colour.h"

void
m2f_yuv_matrix (M2fMatrix matrix, bool full_range, int bits, int shift, float rgb[3][4])
{
    static const double luma[][2] = { /* Kr, Kb */
        [M2F_MATRIX_BT709] = { 0.2126, 0.0722 },
        [M2F_MATRIX_BT601] = { 0.299, 0.114 },
        [M2F_MATRIX_BT2020] = { 0.2627, 0.0593 },
    };
    double kr = luma[matrix][0], kb = luma[matrix][1], kg = 1 - kr - kb;
    double unit = 1 << (bits - 8), largest = (1 << bits) - 1; /* the step of 8 bits */
    double y = 255 / (full_range ? largest : 219 * unit), y0 = full_range ? 0 : 16 * unit;
    double c = 2 * 255 / (full_range ? largest : 224 * unit), c0 = 128 * unit;
    double uv[3][2] = {
        { 0, c * (1 - kr) },
        { -c * kb * (1 - kb) / kg, -c * kr * (1 - kr) / kg },
        { c * (1 - kb), 0 },
    };

    for (int i = 0; i < 3; i++) {
        rgb[i][0] = (float) (y / (1 << shift));
        rgb[i][1] = (float) (uv[i][0] / (1 << shift));
        rgb[i][2] = (float) (uv[i][1] / (1 << shift));
        rgb[i][3] = (float) (-y * y0 - c0 * (uv[i][0] + uv[i][1]));
    }
}

void
m2f_normalisation (const M2fProcessorConfig *config, float scale[3], float offset[3])
{
    double factor = config->do_rescale ? config->rescale_factor : 1;

    for (int i = 0; i < 3; i++) {
        scale[i] = (float) (config->do_normalize ? factor / config->image_std[i] : factor);
        offset[i]
            = (float) (config->do_normalize ? -config->image_mean[i] / config->image_std[i] : 0);
    }
}

void
m2f_limit_range (const float scale[3], const float offset[3], float limited_scale[3],
    float limited_offset[3])
{
    for (int i = 0; i < 3; i++) {
        limited_scale[i] = scale[i] * 255 / 219;
        limited_offset[i] = offset[i] - 16 * limited_scale[i];
    }
}

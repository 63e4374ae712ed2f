/* Colour conversion and normalisation.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_COLOUR_H
#define M2F_COLOUR_H

#include <stdbool.h>

#include "model/checkpoint/processor_config.h"
#include "model/m2f.h"

/* R, G, B in 0..255 = row . (Y, U, V, 1) from samples of `bits` bits, with `shift` zeros below. */
void m2f_yuv_matrix (M2fMatrix matrix, bool full_range, int bits, int shift, float rgb[3][4]);
/* value = byte x scale + offset per channel: transformers' rescale_and_normalize(), which folds
 * the rescale factor into mean and std. */
void m2f_normalisation (const M2fProcessorConfig *config, float scale[3], float offset[3]);
/* The same value for bytes of which 16..235 stand for 0..255. */
void m2f_limit_range (const float scale[3], const float offset[3], float limited_scale[3],
    float limited_offset[3]);

#endif

/* The size of the network's input, as transformers computes it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SIZE_H
#define M2F_SIZE_H

#include <stdbool.h>

#include "model/checkpoint/processor_config.h"
#include "model/m2f.h"

/* Longest side of a picture, a network input or a label map, in pixels. */
#define M2F_MAX_SIDE 32768
/* Most pixels of a network input. */
#define M2F_MAX_INPUT_PIXELS (1 << 26)

/* Sizes of one network input.  The picture is stretched to inner_* and lies in the top left of
 * height x width; the rest, if any, is zero after normalisation (pad_size). */
typedef struct M2fInputSize {
    int height, width;
    int inner_height, inner_width;
} M2fInputSize;

/* The network's input for a picture of height x width; input_height and input_width as in
 * M2fParams.  M2F_ERROR_ARGUMENT if that makes no usable size. */
bool m2f_input_size (const M2fProcessorConfig *config, int height, int width, int input_height,
    int input_width, M2fInputSize *size, GError **error);

#endif

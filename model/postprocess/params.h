/* M2fParams checked, and the label map that they ask for.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PARAMS_H
#define M2F_PARAMS_H

#include <stdbool.h>

#include "model/m2f.h"

/* transformers resizes all mask logits to this first, whatever the input's size. */
#define M2F_TRANSFORMERS_SIDE 384

/* The parameters that the plans and buffers of a postprocessor depend on. */
typedef struct M2fMapSetup {
    M2fTask task;
    M2fPostprocess postprocess;
    int map_height, map_width;     /* size of the label map */
    int input_height, input_width; /* size of the network's input, its padding excluded */
} M2fMapSetup;

/* Checks parameters for a checkpoint of n_labels classes; M2F_ERROR_ARGUMENT names the one that is
 * out of range. */
bool m2f_params_check (const M2fParams *params, int n_labels, GError **error);
/* The setup for a picture of height x width that the network sees as input_height x input_width
 * pixels. */
M2fMapSetup m2f_map_setup (const M2fParams *params, int height, int width, int input_height,
    int input_width);
bool m2f_map_setup_equal (const M2fMapSetup *a, const M2fMapSetup *b);

#endif

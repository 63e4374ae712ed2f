/* A picture to the network's input: size, filters, colour, normalisation.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transformers: Mask2FormerImageProcessor (the torchvision one), do_resize to pad.
 */
#ifndef M2F_PREPROCESS_H
#define M2F_PREPROCESS_H

#include <stdbool.h>

#include "model/compute/ops.h"
#include "model/checkpoint/config.h"
#include "model/m2f.h"

/* ---- geometry ------------------------------------------------------------------------------ */

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

/* ---- filters ------------------------------------------------------------------------------- */

/* One direction of a separable resize: output i is the sum over t < taps of weight[i x taps + t]
 * times source pixel first[i] + t.  Every source pixel named lies inside the source. */
typedef struct M2fFilter {
    int size, taps;
    int32_t *first;
    float *weight;
} M2fFilter;

/* torchvision's antialiased resize (triangle, Keys cubic with a = -0.5, Lanczos 3; the support
 * grows with the reduction) with its weights for bytes, and `nearest-exact` for
 * M2F_RESAMPLE_NEAREST. */
void m2f_filter_init (M2fFilter *filter, M2fResample resample, int source, int size);
void m2f_filter_clear (M2fFilter *filter);

/* R, G, B in 0..255 = row . (Y, U, V, 1) from bytes Y, U, V. */
void m2f_yuv_matrix (M2fMatrix matrix, bool full_range, float rgb[3][4]);

/* ---- preprocessor -------------------------------------------------------------------------- */

/* The device's side of it for pictures of one size and format: planes, tables, arguments. */
typedef struct M2fPreprocessor M2fPreprocessor;

/* M2F_ERROR_DEVICE if the device's memory does not hold it. */
M2fPreprocessor *m2f_preprocessor_new (M2fDevice *device, const M2fProcessorConfig *config,
    M2fFormat format, int height, int width, const M2fInputSize *size, GError **error);
/* Accepts a pointer to NULL. */
void m2f_preprocessor_free (M2fPreprocessor **preprocessor);
/* Takes a picture of that size and format, without a copy where the device is the CPU: it must
 * stay until the plan has run.  Returns whether the colorimetry differs from the last picture's,
 * so that the plan is to be recorded again. */
bool m2f_preprocessor_set_image (M2fPreprocessor *preprocessor, const M2fImage *image);
/* Inside a plan: the pixel values (1, H, W, 3) of the picture set, a temporary of the plan. */
M2fTensor m2f_preprocessor_run (const M2fPreprocessor *preprocessor, M2fPlan *plan);

/* ---- pictures ------------------------------------------------------------------------------ */

/* Bytes of a row and rows of plane `index` of a picture; false if the format has no such plane. */
bool m2f_plane_size (M2fFormat format, int height, int width, int index, int *row_bytes,
    int *rows);
/* Whether the picture can be read: M2F_ERROR_ARGUMENT says what is wrong with it. */
bool m2f_image_check (const M2fImage *image, GError **error);

#endif

/* A picture to the network's input: resized, normalised, padded.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transformers: Mask2FormerImageProcessor (the torchvision one), do_resize to pad.
 */
#ifndef M2F_PREPROCESS_H
#define M2F_PREPROCESS_H

#include <stdbool.h>

#include "model/checkpoint/processor_config.h"
#include "model/compute/compute.h"
#include "model/m2f.h"
#include "model/preprocess/size.h"

/* Planes, filters and arguments on a device, for pictures of one size and format. */
typedef struct M2fPreprocessor M2fPreprocessor;

/* M2F_ERROR_DEVICE if the device's memory does not hold it. */
M2fPreprocessor *m2f_preprocessor_new (M2fDevice *device, const M2fProcessorConfig *config,
    M2fFormat format, int height, int width, const M2fInputSize *size, GError **error);
/* Accepts a pointer to NULL. */
void m2f_preprocessor_free (M2fPreprocessor **preprocessor);
/* Takes a picture of that size and format, without a copy where the device is the CPU: it must
 * stay until the plan has run.  The host has all of its data.  Returns true if its colorimetry or
 * the place of its rows is not the last picture's, so that the plan must be recorded again. */
bool m2f_preprocessor_set_image (M2fPreprocessor *preprocessor, const M2fImage *image);
/* Inside a plan: writes the pixel values (1, H, W, 3) of the picture that was set. */
void m2f_preprocessor_run (const M2fPreprocessor *preprocessor, M2fPlan *plan, M2fTensor values);

#endif

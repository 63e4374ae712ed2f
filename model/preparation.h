/* What a picture and its parameters need built before a run.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PREPARATION_H
#define M2F_PREPARATION_H

#include "model/model.h"
#include "model/postprocess/params.h"
#include "model/preprocess/size.h"

/* Everything that plans and buffers depend on; all zero stands for none.  Thresholds, lists of
 * labels and colorimetry are not among it: they may differ from run to run. */
typedef struct M2fPreparation {
    M2fFormat format;
    int height, width; /* size of the picture */
    M2fInputSize size; /* size of the network's input */
    bool crop;         /* the padding of the input is left out of the masks */
    M2fMapSetup map;
} M2fPreparation;

/* Checks picture and parameters and fills in what they ask for.  M2F_ERROR_ARGUMENT. */
bool m2f_preparation_init (M2fPreparation *preparation, const M2fModel *model,
    const M2fImage *image, const M2fParams *params, GError **error);
/* Whether what is built for one serves the other. */
bool m2f_preparation_equal (const M2fPreparation *a, const M2fPreparation *b);

#endif

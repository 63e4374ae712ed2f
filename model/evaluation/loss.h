/* The training loss of a prediction (transformers' Mask2FormerLoss).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_EVALUATION_LOSS_H
#define M2F_EVALUATION_LOSS_H

#include "model/evaluation/loss_points.h"

/* Mask2FormerConfig's keys about the loss. */
typedef struct M2fLossRules {
    double no_object_weight, class_weight, mask_weight, dice_weight;
    M2fPointRules points; /* train_num_points, oversample_ratio, importance_sample_ratio */
    bool dense;           /* at all pixels in place of the points */
} M2fLossRules;

/* Logits of a batch of pictures in host memory. */
typedef struct M2fPrediction {
    int batch, queries, labels; /* labels without the one that stands for no object */
    int height, width;          /* of the masks */
    const float *classes;       /* batch x queries x (labels + 1) */
    const float *masks;         /* batch x queries x height x width */
} M2fPrediction;

/* Matches queries and targets of each picture, and computes the weighted losses.  The classes of
 * the targets are labels, and their masks all have the same size.  False with an error if the
 * random numbers or memory have run out. */
bool m2f_loss_compute (const M2fLossRules *rules, const M2fPrediction *prediction,
    const M2fLossTarget *targets, M2fRandomStream *stream, M2fLossTerms *terms, GError **error);

#endif

/* libmask2former: the training loss.  Programs include m2f.h.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_LOSS_H
#define M2F_LOSS_H

#include "m2f_types.h"

G_BEGIN_DECLS

/**
 * M2fLossTarget:
 * @n: number of segments in the picture, 0 or more
 * @class_labels: (array length=n): their classes
 * @masks: n masks of height x width, row by row: 1 inside of a segment, 0 outside.  Other numbers
 * count as they are, as they do in transformers, whose encode_inputs() fills padding with
 * ignore_index
 * @height: of the masks
 * @width: of the masks
 *
 * What a picture should have been segmented into: transformers' class_labels and mask_labels.
 */
typedef struct M2fLossTarget {
    int n;
    const int *class_labels;
    const float *masks;
    int height, width;
    /*< private >*/
    gpointer reserved[2];
} M2fLossTarget;

/**
 * M2fLossOptions:
 * @dense: masks are compared at the centre of every pixel of the target's masks, all with the same
 * weight, in place of points drawn at random; the loss is then the same every time
 * @random: (array length=n_random) (nullable): numbers from 0 to 1 to draw points with, in the
 * order in which transformers draws them by torch.rand(); %NULL for numbers of our own
 * @n_random: number of those numbers
 * @seed: of our own numbers
 *
 * Where masks are compared.
 */
typedef struct M2fLossOptions {
    gboolean dense;
    const float *random;
    gsize n_random;
    guint32 seed;
    /*< private >*/
    gpointer reserved[3];
} M2fLossOptions;

/**
 * M2fLossTerms:
 * @cross_entropy: of the classes
 * @mask: binary cross entropy of the masks
 * @dice: of the masks
 *
 * The losses of one prediction, each with its weight of config.json in it.
 */
typedef struct M2fLossTerms {
    double cross_entropy, mask, dice;
} M2fLossTerms;

/**
 * M2fLoss:
 * @total: the sum of all terms, transformers' `loss`
 * @final_terms: those of the decoder's output
 * @auxiliary: (array length=n_auxiliary): those of the predictions before each decoder layer
 * @n_auxiliary: number of decoder layers
 * @n_random: random numbers that were drawn
 *
 * A training loss; free what it holds with m2f_loss_clear().
 */
typedef struct M2fLoss {
    double total;
    M2fLossTerms final_terms;
    M2fLossTerms *auxiliary;
    int n_auxiliary;
    gsize n_random;
    /*< private >*/
    gpointer reserved[2];
} M2fLoss;

/**
 * m2f_loss_clear: (skip)
 * @loss: (nullable): a loss
 *
 * Frees what the loss holds and sets it to { 0 }.
 */
void m2f_loss_clear (M2fLoss *loss);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (M2fLoss, m2f_loss_clear)

G_END_DECLS

#endif

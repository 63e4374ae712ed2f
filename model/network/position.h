/* Sine position embeddings after the projection that reads them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_POSITION_H
#define M2F_POSITION_H

#include "model/network/weights.h"

/* dst (height x width, l->n) = W p + b for the sine embedding p, of l->k channels, of every pixel
 * of a map (transformers: Mask2FormerSinePositionEmbedding, normalised).  False if there
 * is no memory. */
bool m2f_project_positions (const M2fHostLinear *l, int height, int width, float *dst);

#endif

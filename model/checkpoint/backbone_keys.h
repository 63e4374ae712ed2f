/* Keys that the configs of several backbones have in common.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BACKBONE_KEYS_H
#define M2F_BACKBONE_KEYS_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Reads out_features and out_indices, which choose the maps among "stem" (0) and "stage1" (1) to
 * "stageN" (n_stages), in that order; the last four if the config has neither key.
 * M2F_ERROR_UNSUPPORTED unless they are four, M2F_ERROR_CONFIG if the two keys disagree. */
void m2f_backbone_read_stages (M2fJson *json, int n_stages, int stages[M2F_MAPS]);

/* The number of stages, which is that of the elements of depths; 4 if the config does not say. */
int m2f_backbone_count_stages (M2fJson *json);

/* A list of an integer per stage; `values` holds the defaults of four stages, of which others must
 * not be missing. */
void m2f_backbone_read_list (M2fJson *json, const char *key, int *values, int n_stages, int min,
    int max);

/* Height and width of pictures or patches: an integer for both, or a list of the two. */
void m2f_backbone_read_sides (M2fJson *json, const char *key, int fallback, int min, int max,
    int sides[2]);

/* M2F_ERROR_CONFIG unless the heads of every stage divide its channels, which double from stage to
 * stage, and its MLPs have hidden channels.  The keys are num_heads and mlp_ratio. */
void m2f_backbone_check_stages (M2fJson *json, int n_stages, int embed_dim, const int *num_heads,
    double mlp_ratio);

/* M2F_ERROR_UNSUPPORTED unless num_channels is 3 or missing. */
void m2f_backbone_require_rgb (M2fJson *json);

#endif

/* Keys that the configs of several backbones have in common.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BACKBONE_KEYS_H
#define M2F_BACKBONE_KEYS_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Sets the number of maps and their stages from out_features and out_indices, which choose among
 * "stem" (0) and "stage1" (1) to "stageN" (n_stages), in that order; the last four if the config
 * has neither key.  M2F_ERROR_UNSUPPORTED unless they are M2F_FEATURE_LEVELS to M2F_MAX_MAPS,
 * M2F_ERROR_CONFIG if the two keys disagree.  After an error there are no maps. */
void m2f_backbone_read_stages (M2fJson *json, int n_stages, M2fBackboneConfig *config);

/* Sets the channels and strides of a map whose pixel is a patch of the input, its sides doubled
 * `halved` times. */
void m2f_backbone_set_map (M2fBackboneConfig *config, int map, int channels, const int patch[2],
    int halved);

/* The number of stages, which is that of the elements of depths; 4 if the config does not say. */
int m2f_backbone_count_stages (M2fJson *json);

/* A list of an integer per stage, which may have more of them, as transformers' defaults for fewer
 * than four stages do; `values` holds the defaults of four, and has room for M2F_MAX_STAGES. */
void m2f_backbone_read_list (M2fJson *json, const char *key, int *values, int n_stages, int min,
    int max);

/* Height and width of pictures or patches: an integer for both, or a list of the two. */
void m2f_backbone_read_sides (M2fJson *json, const char *key, int fallback, int min, int max,
    int sides[2]);

/* M2F_ERROR_CONFIG unless the heads of every stage divide its channels, which double from stage to
 * stage.  The key is num_heads. */
void m2f_backbone_check_stages (M2fJson *json, int n_stages, int embed_dim, const int *num_heads);

#endif

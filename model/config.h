/* What config.json and preprocessor_config.json say, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CONFIG_H
#define M2F_CONFIG_H

#include <glib.h>
#include <stdbool.h>

#define M2F_SWIN_STAGES 4
#define M2F_FEATURE_LEVELS 3 /* 1/32, 1/16, 1/8: fixed by the architecture */

/* transformers' SwinConfig, as far as inference needs it. */
typedef struct M2fSwinConfig {
    int embed_dim;
    int depths[M2F_SWIN_STAGES];
    int num_heads[M2F_SWIN_STAGES];
    int window_size;
    int patch_size;
    double mlp_ratio;
    bool qkv_bias;
    bool use_absolute_embeddings; /* refused by m2f_config_load() if true with a clear message */
    double layer_norm_eps;
} M2fSwinConfig;

/* transformers' Mask2FormerConfig, as far as inference needs it. */
typedef struct M2fConfig {
    M2fSwinConfig swin;
    int feature_size, mask_feature_size, hidden_dim;
    int encoder_layers, encoder_feedforward_dim;
    int decoder_layers; /* as in config.json: one more than there are layers with weights */
    int dim_feedforward;
    int num_attention_heads;
    int num_queries;
    bool pre_norm;
    bool enforce_input_projection;
    int n_labels;
    char **labels; /* n_labels names, NULL-terminated */
} M2fConfig;

/* Filters of transformers' `resample`, numbered as PIL does. */
typedef enum M2fResample {
    M2F_RESAMPLE_NEAREST = 0,
    M2F_RESAMPLE_LANCZOS = 1,
    M2F_RESAMPLE_BILINEAR = 2,
    M2F_RESAMPLE_BICUBIC = 3,
} M2fResample;

typedef enum M2fSizeMode {
    M2F_SIZE_EXACT,   /* {height, width}: aspect not kept */
    M2F_SIZE_EDGES,   /* {shortest_edge, longest_edge}: aspect kept */
    M2F_SIZE_FIT,     /* {max_height, max_width}: the largest that fits, aspect kept */
} M2fSizeMode;

/* transformers' Mask2FormerImageProcessor. */
typedef struct M2fProcessorConfig {
    bool do_resize, do_rescale, do_normalize;
    M2fSizeMode size_mode;
    int height, width;               /* EXACT, FIT */
    int shortest_edge, longest_edge; /* EDGES; longest_edge 0 = unbounded */
    int size_divisor;                /* 0 or 1: none.  Sides are stretched up to multiples */
    M2fResample resample;
    double rescale_factor;
    double image_mean[3], image_std[3];
    int pad_height, pad_width;       /* pad_size; 0 = none */
} M2fProcessorConfig;

/* Reads DIR/config.json.  M2F_ERROR_NOT_FOUND, READ, FORMAT, CONFIG (names the key), UNSUPPORTED.
 * Unknown keys are ignored, missing ones get Mask2FormerConfig's defaults. */
M2fConfig *m2f_config_load (const char *dir, GError **error);
void m2f_config_free (M2fConfig *config);

/* Reads DIR/preprocessor_config.json; without the file, Mask2FormerImageProcessor's defaults. */
bool m2f_processor_config_load (const char *dir, M2fProcessorConfig *config, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fConfig, m2f_config_free)

#endif

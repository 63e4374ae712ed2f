/* Mask2FormerConfig: what config.json says, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CONFIG_H
#define M2F_CONFIG_H

#include <glib.h>
#include <stdbool.h>

#include "model/checkpoint/labels.h"

#define M2F_MAPS 4           /* feature maps that a backbone makes */
#define M2F_FEATURE_LEVELS 3 /* coarsest of them, which the pixel decoder's encoder reads */
#define M2F_SWIN_STAGES 4
#define M2F_MOBILENET_STAGES 7
#define M2F_MOBILENET_EXPANSION 6 /* of the channels inside a block of every stage but the first */

/* transformers' SwinConfig, as far as inference needs it.  A loaded one keeps its promises: sizes
 * are at least 1, num_heads[i] divides the embed_dim << i channels of its stage, patch_size is 4,
 * (int) (mlp_ratio * channels) is at least 1, no product of two sizes overflows an int. */
typedef struct M2fSwinConfig {
    int embed_dim;
    int depths[M2F_SWIN_STAGES];
    int num_heads[M2F_SWIN_STAGES];
    int window_size;
    int patch_size;
    double mlp_ratio;
    bool qkv_bias;
    double layer_norm_eps;
} M2fSwinConfig;

/* The shape that timm gives a MobileNetV2. */
typedef struct M2fMobilenetConfig {
    const char *name; /* timm's, static: "mobilenetv2_100" */
    int stem;         /* channels of the first convolution */
    int depths[M2F_MOBILENET_STAGES];   /* blocks */
    int channels[M2F_MOBILENET_STAGES]; /* of what a stage makes */
    int map_stages[M2F_MAPS];           /* stages that make the maps */
} M2fMobilenetConfig;

typedef enum M2fBackboneKind {
    M2F_BACKBONE_SWIN,
    M2F_BACKBONE_MOBILENET,
} M2fBackboneKind;

/* A backbone and the feature maps that it makes, finest first. */
typedef struct M2fBackboneConfig {
    M2fBackboneKind kind;
    int channels[M2F_MAPS];
    int strides[M2F_MAPS]; /* input pixels per pixel of the map, in each direction */
    union {                /* by kind */
        M2fSwinConfig swin;
        M2fMobilenetConfig mobilenet;
    };
} M2fBackboneConfig;

/* transformers' Mask2FormerConfig, as far as inference needs it.  A loaded one keeps its promises:
 * sizes are at least 1, feature_size is a multiple of 32 (group norms), feature_size and
 * hidden_dim are multiples of num_attention_heads and 4, decoder_layers is at least 2. */
typedef struct M2fConfig {
    M2fBackboneConfig backbone;
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
    /* private */
    char *path;
    M2fLabels label_names;
} M2fConfig;

/* Reads DIR/config.json.  Unknown keys are ignored; missing and null ones get the defaults of
 * Mask2FormerConfig and SwinConfig, except that out_features may be missing.
 * A checkpoint of another class is no error but a line added to `warnings` (char *; may be NULL).
 * NULL with
 *   M2F_ERROR_NOT_FOUND    no such directory or file
 *   M2F_ERROR_READ         it is no directory, no file, or not readable
 *   M2F_ERROR_FORMAT       not JSON, nested too deeply, over 16 MiB
 *   M2F_ERROR_CONFIG       a value of the wrong type, out of range, or at odds with another
 *   M2F_ERROR_UNSUPPORTED  another model or backbone, or an option no published checkpoint has */
M2fConfig *m2f_config_load (const char *dir, GPtrArray *warnings, GError **error);
void m2f_config_free (M2fConfig *config);

/* Sets the number of classes, at least 1, and a name for each: the rows of class_predictor decide,
 * not config.json, which stands for them until then.  Adds to `warnings`, which may be NULL, how
 * the names differ from those in the file. */
void m2f_config_set_n_labels (M2fConfig *config, int n_labels, GPtrArray *warnings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fConfig, m2f_config_free)

#endif

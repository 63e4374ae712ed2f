/* Mask2FormerConfig: what config.json says, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CONFIG_H
#define M2F_CONFIG_H

#include <glib.h>
#include <stdbool.h>

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/labels.h"
#include "model/compute/activation.h"

/* Mask2FormerConfig's keys about the training loss; weights are at least 0, there is at least one
 * point, importance_sample_ratio is from 0 to 1. */
typedef struct M2fLossConfig {
    double no_object_weight, class_weight, mask_weight, dice_weight;
    int train_num_points;
    double oversample_ratio, importance_sample_ratio;
} M2fLossConfig;

/* transformers' Mask2FormerConfig, as far as inference needs it.  A loaded one keeps its promises:
 * sizes are at least 1 unless said otherwise, feature_size is a multiple of 32 (group norms),
 * feature_size and hidden_dim are multiples of num_attention_heads and 4. */
typedef struct M2fConfig {
    M2fBackboneConfig backbone;
    int feature_size, mask_feature_size, hidden_dim;
    int encoder_layers; /* 0 or more */
    int encoder_feedforward_dim; /* 0 or more */
    int fpn_levels;     /* finest maps that the pixel decoder's FPN merges: 0 to all */
    int decoder_layers; /* as in config.json: one more than there are layers with weights, or 0 */
    int dim_feedforward; /* 0 or more */
    M2fActivation activation; /* between the layers of the decoder's feed-forward networks */
    int num_attention_heads;
    int num_queries;
    bool pre_norm;
    bool enforce_input_projection;
    M2fLossConfig loss;
    int n_labels; /* 0 or more */
    char **labels; /* n_labels names, NULL-terminated */
    /* private */
    char *path;
    M2fLabels label_names;
} M2fConfig;

/* Reads DIR/config.json.  Unknown keys are ignored; missing and null ones get the defaults of
 * Mask2FormerConfig and of the backbone's config, except that out_features may be missing.
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

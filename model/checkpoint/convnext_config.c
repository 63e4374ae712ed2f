/* The config of a ConvNeXt backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/convnext_config.h"

#include "model/checkpoint/activation_names.h"
#include "model/checkpoint/backbone_keys.h"

/* No published ConvNeXt comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_LAYERS 256
#define MAX_PATCH 64

static void
read_keys (M2fJson *json, M2fConvnextConfig *net)
{
    static const int depths[4] = { 3, 3, 9, 3 }, channels[4] = { 96, 192, 384, 768 };

    net->n_stages = m2f_backbone_count_stages (json);
    for (int i = 0; i < 4; i++) {
        net->depths[i] = depths[i];
        net->channels[i] = channels[i];
    }
    m2f_json_ints (json, "depths", net->depths, net->n_stages, 0, MAX_LAYERS);
    m2f_backbone_read_list (json, "hidden_sizes", net->channels, net->n_stages, 1, MAX_CHANNELS);
    if (m2f_json_int (json, "num_stages", 4, 1, M2F_MAX_STAGES) != net->n_stages)
        m2f_json_fail (json, M2F_ERROR_CONFIG, "num_stages", m2f_json_get (json, "num_stages"),
            "the %d of depths", net->n_stages);
    m2f_backbone_read_sides (json, "patch_size", 4, 1, MAX_PATCH, net->patch);
    net->activation = m2f_activation_read (json, "hidden_act", M2F_GELU);
}

static void
read_config (M2fJson *json, M2fBackboneConfig *config)
{
    M2fConvnextConfig *net = &config->convnext;

    config->kind = M2F_BACKBONE_CONVNEXT;
    config->drops_partial_patches = true;
    read_keys (json, net);
    m2f_backbone_read_stages (json, net->n_stages, config);
    for (int i = 0; i < config->n_maps; i++) {
        const int stage = MAX (config->stages[i] - 1, 0); /* the stem makes what stage 1 reads */

        m2f_backbone_set_map (config, i, net->channels[stage], net->patch, stage);
    }
}

void
m2f_convnext_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    config->convnext = (M2fConvnextConfig) {
        .has_scale = m2f_json_double (json, "layer_scale_init_value", 1e-6, -1e6, 1e6) > 0,
    };
    read_config (json, config);
}

void
m2f_convnext_v2_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    config->convnext = (M2fConvnextConfig) { .has_response_norm = true };
    read_config (json, config);
}

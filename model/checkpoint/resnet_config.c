/* The config of a ResNet backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/resnet_config.h"

#include <string.h>

#include "model/checkpoint/activation_names.h"
#include "model/checkpoint/backbone_keys.h"

/* No published ResNet comes near these. */
#define MAX_CHANNELS 8192
#define MAX_LAYERS 256

static void
read_layer_type (M2fJson *json, M2fResnetConfig *net)
{
    const char *type = m2f_json_string (json, "layer_type", "bottleneck");

    if (*json->error)
        return;
    net->bottleneck = strcmp (type, "bottleneck") == 0;
    if (!net->bottleneck && strcmp (type, "basic") != 0)
        m2f_json_fail (json, M2F_ERROR_CONFIG, "layer_type", m2f_json_get (json, "layer_type"),
            "\"basic\" or \"bottleneck\"");
}

/* A bottleneck layer has a quarter of the channels inside. */
static void
check_channels (M2fJson *json, const M2fResnetConfig *net)
{
    for (int i = 0; net->bottleneck && i < net->n_stages && !*json->error; i++)
        if (net->channels[i] < M2F_RESNET_REDUCTION)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "hidden_sizes",
                m2f_json_get (json, "hidden_sizes"), "at least %d channels",
                M2F_RESNET_REDUCTION);
}

static void
read_keys (M2fJson *json, M2fResnetConfig *net)
{
    net->n_stages = m2f_backbone_count_stages (json);
    net->stem = m2f_json_int (json, "embedding_size", 64, 1, MAX_CHANNELS);
    m2f_backbone_read_list (json, "hidden_sizes", net->channels, net->n_stages, 1, MAX_CHANNELS);
    m2f_json_ints (json, "depths", net->depths, net->n_stages, 0, MAX_LAYERS);
    for (int i = 0; i < net->n_stages; i++) /* the first layer is there in any case */
        net->depths[i] = MAX (net->depths[i], 1);
    read_layer_type (json, net);
    net->downsample_in_first_stage = m2f_json_bool (json, "downsample_in_first_stage", false);
    net->downsample_in_bottleneck = m2f_json_bool (json, "downsample_in_bottleneck", false);
    net->activation = m2f_activation_read (json, "hidden_act", M2F_RELU);
    check_channels (json, net);
}

void
m2f_resnet_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    static const int stem[2] = { 4, 4 };
    M2fResnetConfig *net = &config->resnet;

    config->kind = M2F_BACKBONE_RESNET;
    *net = (M2fResnetConfig) {
        .depths = { 3, 4, 6, 3 }, .channels = { 256, 512, 1024, 2048 },
        .width = 1, .groups = 1,
    };
    read_keys (json, net);
    m2f_backbone_read_stages (json, net->n_stages, config);
    for (int i = 0; i < config->n_maps; i++) {
        const int stage = config->stages[i];
        const int halved = stage - (net->downsample_in_first_stage ? 0 : 1); /* after the stem */

        m2f_backbone_set_map (config, i, stage > 0 ? net->channels[stage - 1] : net->stem, stem,
            MAX (halved, 0));
    }
}

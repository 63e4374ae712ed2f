/* The config of a ResNet backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/resnet_config.h"

#include <string.h>

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
    for (int i = 0; net->bottleneck && i < M2F_MAPS && !*json->error; i++)
        if (net->channels[i] < M2F_RESNET_REDUCTION)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "hidden_sizes",
                m2f_json_get (json, "hidden_sizes"), "at least %d channels",
                M2F_RESNET_REDUCTION);
}

/* Only all four stages in order make maps of strides 4 to 32. */
static void
require_all_stages (M2fJson *json)
{
    const char *key = m2f_json_get (json, "out_features") ? "out_features" : "out_indices";
    int stages[M2F_MAPS];

    m2f_backbone_read_stages (json, M2F_MAPS, stages);
    if (stages[0] == 0)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, key, m2f_json_get (json, key), "[1, 2, 3, 4]");
}

void
m2f_resnet_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    M2fResnetConfig *net = &config->resnet;

    config->kind = M2F_BACKBONE_RESNET;
    *net = (M2fResnetConfig) {
        .depths = { 3, 4, 6, 3 }, .channels = { 256, 512, 1024, 2048 },
    };
    net->stem = m2f_json_int (json, "embedding_size", 64, 1, MAX_CHANNELS);
    m2f_json_ints (json, "hidden_sizes", net->channels, M2F_MAPS, 1, MAX_CHANNELS);
    m2f_json_ints (json, "depths", net->depths, M2F_MAPS, 1, MAX_LAYERS);
    read_layer_type (json, net);
    net->downsample_in_bottleneck = m2f_json_bool (json, "downsample_in_bottleneck", false);
    if (m2f_json_bool (json, "downsample_in_first_stage", false))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "downsample_in_first_stage",
            m2f_json_get (json, "downsample_in_first_stage"), "false, for maps of stride 4");
    m2f_json_require (json, "hidden_act", "relu");
    m2f_backbone_require_rgb (json);
    require_all_stages (json);
    check_channels (json, net);
    for (int i = 0; i < M2F_MAPS; i++) {
        config->channels[i] = net->channels[i];
        config->strides[i] = 4 << i;
    }
}

/* The config of a Swin V2 backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/swinv2_config.h"

#include "model/checkpoint/activation_names.h"
#include "model/checkpoint/backbone_keys.h"

/* No published Swin V2 comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_WINDOW 64
#define MAX_PATCH 64
#define MAX_SIDE 16384

/* Sets the windows of the stages: those of image_size, wherever a map of it has less than one, and
 * only maps of more than one are shifted (Swinv2Layer._compute_window_shift). */
static void
read_windows (M2fJson *json, M2fSwinv2Config *net)
{
    const int window = m2f_json_int (json, "window_size", 7, 1, MAX_WINDOW);
    int image[2];

    m2f_backbone_read_sides (json, "image_size", 224, 1, MAX_SIDE, image);
    for (int i = 0; i < net->n_stages; i++) {
        const int height = image[0] / net->patch[0] >> i;

        net->windows[i] = MIN (height, window);
        net->shifts[i] = height > window ? window / 2 : 0;
    }
    if (net->windows[net->n_stages - 1] < 1)
        m2f_json_fail (json, M2F_ERROR_CONFIG, "image_size", m2f_json_get (json, "image_size"),
            "at least %d", net->patch[0] << (net->n_stages - 1));
    if (m2f_json_get (json, "pretrained_window_sizes"))
        m2f_backbone_read_list (json, "pretrained_window_sizes", net->pretrained_windows,
            net->n_stages, 0, MAX_WINDOW);
    for (int i = 0; i < net->n_stages; i++) /* it divides by one less */
        if (net->pretrained_windows[i] == 1)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "pretrained_window_sizes",
                m2f_json_get (json, "pretrained_window_sizes"), "windows of 0, or of 2 and more");
}

static void
read_keys (M2fJson *json, M2fSwinv2Config *net)
{
    net->n_stages = m2f_backbone_count_stages (json);
    net->embed_dim = m2f_json_int (json, "embed_dim", 96, 1, MAX_CHANNELS >> (net->n_stages - 1));
    m2f_json_ints (json, "depths", net->depths, net->n_stages, 0, MAX_LAYERS);
    m2f_backbone_read_list (json, "num_heads", net->num_heads, net->n_stages, 1, MAX_HEADS);
    m2f_backbone_read_sides (json, "patch_size", 4, 1, MAX_PATCH, net->patch);
    net->mlp_ratio = m2f_json_double (json, "mlp_ratio", 4.0, 0, 16);
    net->qkv_bias = m2f_json_bool (json, "qkv_bias", true);
    net->layer_norm_eps = m2f_json_double (json, "layer_norm_eps", 1e-5, 0, 1);
    net->activation = m2f_activation_read (json, "hidden_act", M2F_GELU);
    read_windows (json, net);
    m2f_backbone_check_stages (json, net->n_stages, net->embed_dim, net->num_heads);
    /* transformers adds one position too many to the patches, and fails. */
    if (m2f_json_bool (json, "use_absolute_embeddings", false))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "use_absolute_embeddings",
            m2f_json_get (json, "use_absolute_embeddings"), "false");
}

void
m2f_swinv2_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    M2fSwinv2Config *net = &config->swinv2;

    config->kind = M2F_BACKBONE_SWINV2;
    *net = (M2fSwinv2Config) { .depths = { 2, 2, 6, 2 }, .num_heads = { 3, 6, 12, 24 } };
    read_keys (json, net);
    m2f_backbone_read_stages (json, net->n_stages, config);
    for (int i = 0; i < config->n_maps; i++) {
        const int stage = MAX (config->stages[i] - 1, 0); /* the stem makes what stage 1 reads */

        m2f_backbone_set_map (config, i, net->embed_dim << stage, net->patch, stage);
    }
}

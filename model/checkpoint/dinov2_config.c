/* The config of a DINOv2 backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/dinov2_config.h"

#include "model/checkpoint/activation_names.h"
#include "model/checkpoint/backbone_keys.h"

/* No published DINOv2 comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_PATCH 256
#define MAX_IMAGE 16384
#define MAX_POSITIONS 1024 /* in a row and in a column */
#define MAX_REGISTERS 1024

/* Sets the sides of the grid of positions, which transformers takes for square. */
static void
read_positions (M2fJson *json, M2fDinov2Config *net)
{
    int image[2];

    m2f_backbone_read_sides (json, "image_size", 224, 1, MAX_IMAGE, image);

    const int count = (image[0] / net->patch_size) * (image[1] / net->patch_size);
    net->positions = 1;
    while (net->positions < MAX_POSITIONS && net->positions * net->positions < count)
        net->positions++;
    if (net->positions * net->positions != count)
        m2f_json_fail (json, M2F_ERROR_CONFIG, "image_size", m2f_json_get (json, "image_size"),
            "a square number of patches, 1 to %d in a row", MAX_POSITIONS);
}

/* Sets the channels between the two layers of an mlp. */
static void
read_hidden (M2fJson *json, M2fDinov2Config *net)
{
    net->hidden = (int) (net->channels * m2f_json_double (json, "mlp_ratio", 4, 0, 16));
    net->is_gated = m2f_json_bool (json, "use_swiglu_ffn", false);
    if (net->is_gated) /* Dinov2SwiGLUFFN: two thirds, rounded up to a multiple of 8 */
        net->hidden = (net->hidden * 2 / 3 + 7) / 8 * 8;
    net->activation = m2f_activation_read (json, "hidden_act", M2F_GELU);
}

static void
read_keys (M2fJson *json, M2fDinov2Config *net, int patch_size)
{
    net->channels = m2f_json_int (json, "hidden_size", 768, 1, MAX_CHANNELS);
    net->heads = m2f_json_int (json, "num_attention_heads", 12, 1, MAX_HEADS);
    net->patch_size = m2f_json_int (json, "patch_size", patch_size, 1, MAX_PATCH);
    net->qkv_bias = m2f_json_bool (json, "qkv_bias", true);
    net->apply_layernorm = m2f_json_bool (json, "apply_layernorm", true);
    net->layer_norm_eps = m2f_json_double (json, "layer_norm_eps", 1e-6, 0, 1);
    read_positions (json, net);
    read_hidden (json, net);
    if (net->channels % net->heads != 0)
        m2f_json_fail (json, M2F_ERROR_CONFIG, "num_attention_heads",
            m2f_json_get (json, "num_attention_heads"), "a divisor of the %d channels",
            net->channels);
    /* The pixel decoder reads maps, not rows of tokens. */
    if (!m2f_json_bool (json, "reshape_hidden_states", true))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "reshape_hidden_states",
            m2f_json_get (json, "reshape_hidden_states"), "true");
}

/* `patch_size` is the default of the config's class. */
static void
read_config (M2fJson *json, M2fBackboneConfig *config, int patch_size)
{
    const int layers = m2f_json_int (json, "num_hidden_layers", 12, M2F_FEATURE_LEVELS - 1,
        MAX_LAYERS);

    config->kind = M2F_BACKBONE_DINOV2;
    config->drops_partial_patches = true;
    read_keys (json, &config->dinov2, patch_size);
    m2f_backbone_read_stages (json, layers, config);
    const int patch[2] = { config->dinov2.patch_size, config->dinov2.patch_size };
    for (int i = 0; i < config->n_maps; i++)
        m2f_backbone_set_map (config, i, config->dinov2.channels, patch, 0);
}

void
m2f_dinov2_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    config->dinov2 = (M2fDinov2Config) { 0 };
    read_config (json, config, 14);
}

void
m2f_dinov2_with_registers_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    config->dinov2 = (M2fDinov2Config) {
        .registers = m2f_json_int (json, "num_register_tokens", 4, 0, MAX_REGISTERS),
        .antialias = true,
    };
    read_config (json, config, 16);
}

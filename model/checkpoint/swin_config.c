/* The config of a Swin backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/swin_config.h"

#include "model/checkpoint/activation_names.h"
#include "model/checkpoint/backbone_keys.h"

/* No published Swin comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_INPUT_CHANNELS 64
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_WINDOW 64
#define MAX_PATCH 64
#define MAX_SIDE 16384

/* patch_size may be one integer or two (SwinPatchEmbeddings), but patches are square. */
static void
read_patch_size (M2fJson *json, M2fSwinConfig *swin)
{
    int patch[2];

    m2f_backbone_read_sides (json, "patch_size", 4, 1, MAX_PATCH, patch);
    if (patch[0] != patch[1])
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "patch_size",
            m2f_json_get (json, "patch_size"), "square patches");
    swin->patch_size = patch[0];
}

/* image_size, one integer or height and width, says how many patches have a position. */
static void
read_positions (M2fJson *json, M2fSwinConfig *swin)
{
    int side[2];

    if (!m2f_json_bool (json, "use_absolute_embeddings", false))
        return;
    m2f_backbone_read_sides (json, "image_size", 224, swin->patch_size, MAX_SIDE, side);
    swin->positions = (side[0] / swin->patch_size) * (side[1] / swin->patch_size);
}

/* Only all four stages in order make maps of strides 4 to 32. */
static void
require_all_stages (M2fJson *json)
{
    const char *key = m2f_json_get (json, "out_features") ? "out_features" : "out_indices";
    int stages[M2F_MAPS];

    m2f_backbone_read_stages (json, M2F_SWIN_STAGES, stages);
    if (stages[0] == 0)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, key, m2f_json_get (json, key), "[1, 2, 3, 4]");
}

/* `swin` holds the defaults of depths and num_heads. */
static void
read_swin (M2fJson *json, M2fSwinConfig *swin)
{
    swin->activation = m2f_activation_read (json, "hidden_act", M2F_GELU);
    swin->embed_dim = m2f_json_int (json, "embed_dim", 96, 1, MAX_CHANNELS / 8);
    m2f_json_ints (json, "depths", swin->depths, M2F_SWIN_STAGES, 1, MAX_LAYERS);
    m2f_json_ints (json, "num_heads", swin->num_heads, M2F_SWIN_STAGES, 1, MAX_HEADS);
    swin->window_size = m2f_json_int (json, "window_size", 7, 1, MAX_WINDOW);
    swin->mlp_ratio = m2f_json_double (json, "mlp_ratio", 4.0, 1e-3, 16);
    swin->qkv_bias = m2f_json_bool (json, "qkv_bias", true);
    swin->layer_norm_eps = m2f_json_double (json, "layer_norm_eps", 1e-5, 0, 1);
    read_patch_size (json, swin);
    require_all_stages (json);

    read_positions (json, swin);
    m2f_backbone_check_stages (json, M2F_SWIN_STAGES, swin->embed_dim, swin->num_heads,
        swin->mlp_ratio);
}

void
m2f_swin_config_read (M2fJson *json, M2fBackboneConfig *backbone, int depth)
{
    backbone->kind = M2F_BACKBONE_SWIN;
    backbone->num_channels = m2f_json_int (json, "num_channels", 3, 1, MAX_INPUT_CHANNELS);
    backbone->swin
        = (M2fSwinConfig) { .depths = { 2, 2, depth, 2 }, .num_heads = { 3, 6, 12, 24 } };
    read_swin (json, &backbone->swin);
    for (int i = 0; i < M2F_MAPS; i++) {
        backbone->channels[i] = backbone->swin.embed_dim << i;
        backbone->strides[i] = backbone->swin.patch_size << i;
    }
}

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
    int patch[2] = { 4, 4 };
    if (json_is_array (m2f_json_get (json, "patch_size")))
        m2f_json_ints (json, "patch_size", patch, 2, 1, MAX_PATCH);
    else
        patch[0] = patch[1] = m2f_json_int (json, "patch_size", 4, 1, MAX_PATCH);
    if (patch[0] != patch[1])
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "patch_size",
            m2f_json_get (json, "patch_size"), "square patches");
    swin->patch_size = patch[0];
}

/* image_size, one integer or height and width, says how many patches have a position. */
static void
read_positions (M2fJson *json, M2fSwinConfig *swin)
{
    int side[2] = { 224, 224 };

    if (!m2f_json_bool (json, "use_absolute_embeddings", false))
        return;
    if (json_is_array (m2f_json_get (json, "image_size")))
        m2f_json_ints (json, "image_size", side, 2, swin->patch_size, MAX_SIDE);
    else
        side[0] = side[1] = m2f_json_int (json, "image_size", 224, swin->patch_size, MAX_SIDE);
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

static void
check_swin_stages (M2fJson *json, const M2fSwinConfig *swin)
{
    for (int i = 0; !*json->error && i < M2F_SWIN_STAGES; i++) {
        int channels = swin->embed_dim << i;
        if (channels % swin->num_heads[i] != 0) {
            g_autofree char *key = g_strdup_printf ("num_heads[%d]", i);
            g_autoptr (json_t) found = json_integer (swin->num_heads[i]);
            m2f_json_fail (json, M2F_ERROR_CONFIG, key, found,
                "a divisor of the stage's %d channels", channels);
        }
        if ((int) (swin->mlp_ratio * channels) < 1)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "mlp_ratio", m2f_json_get (json, "mlp_ratio"),
                "at least one hidden channel for %d", channels);
    }
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
    check_swin_stages (json, swin);
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

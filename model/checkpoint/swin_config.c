/* The config of a Swin backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/swin_config.h"

#include "model/checkpoint/backbone_keys.h"

/* No published Swin comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_WINDOW 64

/* patch_size may be one integer or two (SwinPatchEmbeddings); only 4 x 4 ends at stride 4. */
static void
read_patch_size (M2fJson *json, M2fSwinConfig *swin)
{
    int patch[2] = { 4, 4 };
    if (json_is_array (m2f_json_get (json, "patch_size")))
        m2f_json_ints (json, "patch_size", patch, 2, 1, 1024);
    else
        patch[0] = patch[1] = m2f_json_int (json, "patch_size", 4, 1, 1024);
    if (patch[0] != 4 || patch[1] != 4)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "patch_size",
            m2f_json_get (json, "patch_size"), "4");
    swin->patch_size = patch[0];
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
    m2f_json_require (json, "hidden_act", "gelu");
    swin->embed_dim = m2f_json_int (json, "embed_dim", 96, 1, MAX_CHANNELS / 8);
    m2f_json_ints (json, "depths", swin->depths, M2F_SWIN_STAGES, 1, MAX_LAYERS);
    m2f_json_ints (json, "num_heads", swin->num_heads, M2F_SWIN_STAGES, 1, MAX_HEADS);
    swin->window_size = m2f_json_int (json, "window_size", 7, 1, MAX_WINDOW);
    swin->mlp_ratio = m2f_json_double (json, "mlp_ratio", 4.0, 1e-3, 16);
    swin->qkv_bias = m2f_json_bool (json, "qkv_bias", true);
    swin->layer_norm_eps = m2f_json_double (json, "layer_norm_eps", 1e-5, 0, 1);
    read_patch_size (json, swin);
    require_all_stages (json);

    if (m2f_json_bool (json, "use_absolute_embeddings", false))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "use_absolute_embeddings",
            m2f_json_get (json, "use_absolute_embeddings"), "false");
    m2f_backbone_require_rgb (json);
    check_swin_stages (json, swin);
}

void
m2f_swin_config_read (M2fJson *json, M2fBackboneConfig *backbone, int depth)
{
    backbone->kind = M2F_BACKBONE_SWIN;
    backbone->swin
        = (M2fSwinConfig) { .depths = { 2, 2, depth, 2 }, .num_heads = { 3, 6, 12, 24 } };
    read_swin (json, &backbone->swin);
    for (int i = 0; i < M2F_MAPS; i++) {
        backbone->channels[i] = backbone->swin.embed_dim << i;
        backbone->strides[i] = backbone->swin.patch_size << i;
    }
}

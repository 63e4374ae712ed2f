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
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_WINDOW 64
#define MAX_PATCH 64
#define MAX_SIDE 16384

/* image_size, one integer or height and width, says how many patches have a position. */
static void
read_positions (M2fJson *json, M2fSwinConfig *swin)
{
    int side[2];

    if (!m2f_json_bool (json, "use_absolute_embeddings", false))
        return;
    m2f_backbone_read_sides (json, "image_size", 224, MAX (swin->patch[0], swin->patch[1]),
        MAX_SIDE, side);
    swin->positions = (side[0] / swin->patch[0]) * (side[1] / swin->patch[1]);
}

/* `swin` holds the defaults of depths and num_heads. */
static void
read_swin (M2fJson *json, M2fSwinConfig *swin)
{
    swin->activation = m2f_activation_read (json, "hidden_act", M2F_GELU);
    swin->n_stages = m2f_backbone_count_stages (json);
    swin->embed_dim
        = m2f_json_int (json, "embed_dim", 96, 1, MAX_CHANNELS >> (swin->n_stages - 1));
    m2f_json_ints (json, "depths", swin->depths, swin->n_stages, 0, MAX_LAYERS);
    m2f_backbone_read_list (json, "num_heads", swin->num_heads, swin->n_stages, 1, MAX_HEADS);
    swin->window_size = m2f_json_int (json, "window_size", 7, 1, MAX_WINDOW);
    swin->mlp_ratio = m2f_json_double (json, "mlp_ratio", 4.0, 0, 16);
    swin->qkv_bias = m2f_json_bool (json, "qkv_bias", true);
    swin->layer_norm_eps = m2f_json_double (json, "layer_norm_eps", 1e-5, 0, 1);
    m2f_backbone_read_sides (json, "patch_size", 4, 1, MAX_PATCH, swin->patch);
    read_positions (json, swin);
    m2f_backbone_check_stages (json, swin->n_stages, swin->embed_dim, swin->num_heads);
}

void
m2f_swin_config_read (M2fJson *json, M2fBackboneConfig *backbone, int depth)
{
    backbone->kind = M2F_BACKBONE_SWIN;
    backbone->swin
        = (M2fSwinConfig) { .depths = { 2, 2, depth, 2 }, .num_heads = { 3, 6, 12, 24 } };
    read_swin (json, &backbone->swin);
    m2f_backbone_read_stages (json, backbone->swin.n_stages, backbone);
    for (int i = 0; i < backbone->n_maps; i++) {
        const int stage = MAX (backbone->stages[i] - 1, 0); /* the stem makes what stage 1 reads */

        m2f_backbone_set_map (backbone, i, backbone->swin.embed_dim << stage, backbone->swin.patch,
            stage);
    }
}

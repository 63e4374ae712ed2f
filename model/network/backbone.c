/* The backbone: a choice by kind.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/backbone.h"

#include "model/error.h"

void
m2f_backbone_bind (M2fBackbone *backbone, M2fBinder *b, const M2fBackboneConfig *config)
{
    backbone->config = config;
    switch (config->kind) {
    case M2F_BACKBONE_SWIN:
        m2f_swin_bind (&backbone->swin, b, config);
        break;
    case M2F_BACKBONE_MOBILENET:
        m2f_mobilenet_bind (&backbone->mobilenet, b, config);
        break;
    case M2F_BACKBONE_RESNET:
        m2f_resnet_bind (&backbone->resnet, b, config);
        break;
    case M2F_BACKBONE_DINOV2:
        m2f_dinov2_bind (&backbone->dinov2, b, config);
        break;
    case M2F_BACKBONE_CONVNEXT:
        m2f_convnext_bind (&backbone->convnext, b, config);
        break;
    case M2F_BACKBONE_SWINV2:
        m2f_swinv2_bind (&backbone->swinv2, b, config);
        break;
    }
}

void
m2f_backbone_clear (M2fBackbone *backbone)
{
    switch (backbone->config->kind) {
    case M2F_BACKBONE_SWIN:
        m2f_swin_clear (&backbone->swin);
        break;
    case M2F_BACKBONE_MOBILENET:
        m2f_mobilenet_clear (&backbone->mobilenet);
        break;
    case M2F_BACKBONE_RESNET:
        m2f_resnet_clear (&backbone->resnet);
        break;
    case M2F_BACKBONE_DINOV2:
        m2f_dinov2_clear (&backbone->dinov2);
        break;
    case M2F_BACKBONE_CONVNEXT:
        m2f_convnext_clear (&backbone->convnext);
        break;
    case M2F_BACKBONE_SWINV2:
        m2f_swinv2_clear (&backbone->swinv2);
        break;
    }
}

bool
m2f_backbone_constants (const M2fBackbone *backbone, M2fSizeConstants *constants, int height,
    int width, GError **error)
{
    if (backbone->config->kind == M2F_BACKBONE_RESNET)
        return m2f_resnet_constants (&backbone->resnet, constants, height, width, error);
    return backbone->config->kind != M2F_BACKBONE_DINOV2
        || m2f_dinov2_constants (&backbone->dinov2, constants, error);
}

void
m2f_backbone_forward (const M2fBackbone *backbone, const M2fSizeConstants *constants,
    M2fPlan *plan, M2fTensor pixel_values, const M2fType types[M2F_MAX_MAPS],
    M2fTensor maps[M2F_MAX_MAPS])
{
    switch (backbone->config->kind) {
    case M2F_BACKBONE_SWIN:
        m2f_swin_forward (&backbone->swin, plan, pixel_values, types, maps);
        break;
    case M2F_BACKBONE_MOBILENET:
        m2f_mobilenet_forward (&backbone->mobilenet, plan, pixel_values, types, maps);
        break;
    case M2F_BACKBONE_RESNET:
        m2f_resnet_forward (&backbone->resnet, constants, plan, pixel_values, types, maps);
        break;
    case M2F_BACKBONE_DINOV2:
        m2f_dinov2_forward (&backbone->dinov2, constants, plan, pixel_values, types, maps);
        break;
    case M2F_BACKBONE_CONVNEXT:
        m2f_convnext_forward (&backbone->convnext, plan, pixel_values, types, maps);
        break;
    case M2F_BACKBONE_SWINV2:
        m2f_swinv2_forward (&backbone->swinv2, plan, pixel_values, types, maps);
        break;
    }
}

/* A Swin pads its input, and each of its maps before the next, up to whole patches; a convolution
 * of stride 2 whose padding is half its kernel makes as many pixels. */
M2fLevel
m2f_backbone_map_size (const M2fBackboneConfig *config, int map, int height, int width)
{
    const int *stride = config->strides[map];

    if (config->drops_partial_patches)
        return (M2fLevel) { height / stride[0], width / stride[1] };
    return (M2fLevel) { (height + stride[0] - 1) / stride[0], (width + stride[1] - 1) / stride[1] };
}

M2fWindows
m2f_backbone_windows (const M2fBackbone *backbone, int stage, int index)
{
    g_assert (backbone->config->kind == M2F_BACKBONE_SWIN);
    return m2f_swin_windows (&backbone->swin, stage, index);
}

int
m2f_backbone_head_channels (const M2fBackboneConfig *config)
{
    int widest = 0;

    if (config->kind == M2F_BACKBONE_DINOV2)
        return config->dinov2.channels / config->dinov2.heads;
    if (config->kind == M2F_BACKBONE_SWINV2)
        for (int i = 0; i < config->swinv2.n_stages; i++)
            widest = MAX (widest, (config->swinv2.embed_dim << i) / config->swinv2.num_heads[i]);
    for (int i = 0; config->kind == M2F_BACKBONE_SWIN && i < config->swin.n_stages; i++)
        widest = MAX (widest, (config->swin.embed_dim << i) / config->swin.num_heads[i]);
    return widest;
}

bool
m2f_backbone_check_size (const M2fBackboneConfig *config, int height, int width, GError **error)
{
    const M2fLevel map = m2f_backbone_map_size (config, 0, height, width);
    const int positions = config->kind == M2F_BACKBONE_SWIN ? config->swin.positions : 0;

    if (positions <= 1 || map.height * map.width == positions)
        return true;
    m2f_set_error (error, M2F_ERROR_ARGUMENT, "input of %dx%d (height x width): its patches are "
        "%dx%d, but the backbone has absolute positions for %d patches (use_absolute_embeddings)",
        height, width, map.height, map.width, positions);
    return false;
}

/* ---- description --------------------------------------------------------------------------- */

static json_t *
ints_json (const int *values, int n)
{
    json_t *array = json_array ();

    for (int i = 0; i < n; i++)
        json_array_append_new (array, json_integer (values[i]));
    return array;
}

static json_t *
swin_json (const M2fSwinConfig *swin)
{
    return json_pack ("{s:s, s:i, s:o, s:o, s:i}", "type", "swin", "embed_dim", swin->embed_dim,
        "depths", ints_json (swin->depths, swin->n_stages), "num_heads",
        ints_json (swin->num_heads, swin->n_stages), "window_size", swin->window_size);
}

static json_t *
dinov2_json (const M2fBackboneConfig *config)
{
    const M2fDinov2Config *net = &config->dinov2;

    return json_pack ("{s:s, s:i, s:i, s:i, s:i, s:o}", "type",
        net->antialias ? "dinov2_with_registers" : "dinov2", "hidden_size", net->channels,
        "num_attention_heads", net->heads, "patch_size", net->patch_size, "num_register_tokens",
        net->registers, "out_indices", ints_json (config->stages, config->n_maps));
}

static json_t *
swinv2_json (const M2fBackboneConfig *config)
{
    const M2fSwinv2Config *swin = &config->swinv2;

    return json_pack ("{s:s, s:i, s:o, s:o, s:o, s:o}", "type", "swinv2", "embed_dim",
        swin->embed_dim, "depths", ints_json (swin->depths, swin->n_stages), "num_heads",
        ints_json (swin->num_heads, swin->n_stages), "window_sizes",
        ints_json (swin->windows, swin->n_stages), "out_indices",
        ints_json (config->stages, config->n_maps));
}

static json_t *
convnext_json (const M2fBackboneConfig *config)
{
    const M2fConvnextConfig *net = &config->convnext;

    return json_pack ("{s:s, s:o, s:o, s:o, s:o}", "type",
        net->has_response_norm ? "convnextv2" : "convnext", "depths",
        ints_json (net->depths, net->n_stages), "hidden_sizes",
        ints_json (net->channels, net->n_stages), "patch_size", ints_json (net->patch, 2),
        "out_indices", ints_json (config->stages, config->n_maps));
}

static json_t *
timm_json (const char *name)
{
    return json_pack ("{s:s, s:s}", "type", "timm_backbone", "backbone", name);
}

static json_t *
resnet_json (const M2fBackboneConfig *config)
{
    const M2fResnetConfig *net = &config->resnet;

    if (net->timm_name)
        return timm_json (net->timm_name);
    return json_pack ("{s:s, s:s, s:i, s:o, s:o, s:o}", "type", "resnet", "layer_type",
        net->bottleneck ? "bottleneck" : "basic", "embedding_size", net->stem, "depths",
        ints_json (net->depths, net->n_stages), "hidden_sizes",
        ints_json (net->channels, net->n_stages), "out_indices",
        ints_json (config->stages, config->n_maps));
}

json_t *
m2f_backbone_to_json (const M2fBackboneConfig *config)
{
    switch (config->kind) {
    case M2F_BACKBONE_SWIN:
        return swin_json (&config->swin);
    case M2F_BACKBONE_MOBILENET:
        return timm_json (config->mobilenet.name);
    case M2F_BACKBONE_RESNET:
        return resnet_json (config);
    case M2F_BACKBONE_DINOV2:
        return dinov2_json (config);
    case M2F_BACKBONE_CONVNEXT:
        return convnext_json (config);
    case M2F_BACKBONE_SWINV2:
        return swinv2_json (config);
    }
    g_assert_not_reached ();
}

/* The network: loading, the constants of an input size, and the forward pass.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/network.h"

#include "model/device_error.h"
#include "model/error.h"
#include "model/network/backbone.h"
#include "model/network/pixel_decoder.h"
#include "model/network/transformer_decoder.h"

struct M2fNetwork {
    M2fDevice *device;
    GArray *tensors; /* M2fTensor: every weight */
    GStringChunk *names;
    M2fBackbone backbone;
    M2fPixelDecoder pixel_decoder;
    M2fTransformerDecoder decoder;
};

M2fDevice *
m2f_network_device (const M2fNetwork *network)
{
    return network->device;
}

/* ---- loading ------------------------------------------------------------------------------- */

static void
fold (M2fPlan *plan, void *network)
{
    m2f_transformer_decoder_fold (&((M2fNetwork *) network)->decoder, plan);
}

/* Computes the constants that layers of the network make of each other: once, on the device. */
static bool
fold_constants (M2fNetwork *network, GError **error)
{
    GError *found = NULL;
    M2fPlan *plan = m2f_plan_new (network->device, fold, network, &found);

    if (plan)
        m2f_plan_run (plan, &found);
    m2f_plan_free (&plan);
    if (found)
        m2f_propagate_device_error (error, found);
    return !found;
}

static bool
is_within (const M2fDevice *device, const char *what, int found, int limit, GError **error)
{
    if (limit == 0 || found <= limit)
        return true;
    m2f_set_error (error, M2F_ERROR_DEVICE, "%s: the network has %d %s, expected at most %d",
        m2f_device_info (device)->spec, found, what, limit);
    return false;
}

/* Refuses a network that the device's ops do not take, which they would only say at the first
 * picture. */
static bool
check_limits (const M2fConfig *config, const M2fDevice *device, GError **error)
{
    const M2fDeviceLimits *limits = m2f_device_limits (device);
    int head = MAX (config->hidden_dim / config->num_attention_heads,
        m2f_backbone_head_channels (&config->backbone));

    return is_within (device, "channels in an attention head", head, limits->head_channels, error)
        && is_within (device, "queries", config->num_queries, limits->mask_channels, error);
}

/* Binds all weights; in a dry run, the network has none and serves for nothing. */
static M2fNetwork *
bind (const M2fConfig *config, M2fSafetensors *weights, M2fDevice *device, bool dry,
    GError **error)
{
    M2fNetwork *network = g_new0 (M2fNetwork, 1);
    M2fBinder b;

    m2f_binder_init (&b, weights, device, dry);
    network->device = m2f_device_ref (device);
    network->tensors = b.tensors;
    network->names = b.names;
    m2f_backbone_bind (&network->backbone, &b, &config->backbone);
    m2f_pixel_decoder_bind (&network->pixel_decoder, &b, config);
    m2f_transformer_decoder_bind (&network->decoder, &b, config,
        &network->pixel_decoder.mask_projection_host);

    if (!m2f_binder_finish (&b, error))
        m2f_network_free (&network);
    return network;
}

M2fNetwork *
m2f_network_load (const M2fConfig *config, M2fSafetensors *weights, M2fDevice *device,
    GError **error)
{
    M2fNetwork *network = bind (config, weights, device, true, error);

    if (!network)
        return NULL;
    m2f_network_free (&network);
    if (!check_limits (config, device, error))
        return NULL;
    network = bind (config, weights, device, false, error);
    if (network && !fold_constants (network, error))
        m2f_network_free (&network);
    return network;
}

void
m2f_network_free (M2fNetwork **network)
{
    M2fNetwork *n = g_steal_pointer (network);

    if (!n)
        return;
    m2f_transformer_decoder_clear (&n->decoder);
    m2f_pixel_decoder_clear (&n->pixel_decoder);
    m2f_backbone_clear (&n->backbone);
    for (guint i = 0; i < n->tensors->len; i++)
        m2f_tensor_free (n->device, &g_array_index (n->tensors, M2fTensor, i));
    g_array_unref (n->tensors);
    g_string_chunk_free (n->names);
    m2f_device_unref (&n->device);
    g_free (n);
}

/* ---- size constants ------------------------------------------------------------------------ */

M2fLevel
m2f_network_feature_size (const M2fNetwork *network, int height, int width)
{
    const M2fBackboneConfig *config = network->backbone.config;

    return m2f_backbone_map_size (config,
        m2f_finest_feature_map (config->n_maps, network->pixel_decoder.fpn_levels), height, width);
}

int
m2f_network_channels (const M2fNetwork *network)
{
    return network->backbone.config->num_channels;
}

int
m2f_network_heads (const M2fNetwork *network)
{
    return network->decoder.heads;
}

M2fWindows
m2f_network_windows (const M2fNetwork *network, int stage, int index)
{
    return m2f_backbone_windows (&network->backbone, stage, index);
}

static bool
find_map_sizes (const M2fBackboneConfig *config, int height, int width, M2fLevel maps[M2F_MAX_MAPS],
    GError **error)
{
    for (int i = 0; i < config->n_maps; i++) {
        maps[i] = m2f_backbone_map_size (config, i, height, width);
        if (maps[i].height == 0 || maps[i].width == 0) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT, "input size: expected at least %dx%d for "
                "this backbone, found %dx%d", config->strides[config->n_maps - 1][1],
                config->strides[config->n_maps - 1][0], width, height);
            return false;
        }
    }
    return true;
}

M2fSizeConstants *
m2f_network_constants (const M2fNetwork *network, int height, int width, GError **error)
{
    M2fLevel maps[M2F_MAX_MAPS];
    GError *found = NULL;

    if (!m2f_backbone_check_size (network->backbone.config, height, width, error)
        || !find_map_sizes (network->backbone.config, height, width, maps, error))
        return NULL;
    M2fSizeConstants *c
        = m2f_size_constants_new (network->device, maps + network->backbone.config->n_maps
            - M2F_FEATURE_LEVELS, network->pixel_decoder.n_layers);
    c->features = m2f_network_feature_size (network, height, width);
    if (!m2f_backbone_constants (&network->backbone, c, height, width, &found)
        || !m2f_pixel_decoder_constants (&network->pixel_decoder, c, &found)
        || !m2f_transformer_decoder_constants (&network->decoder, c, &found)) {
        m2f_propagate_device_error (error, found);
        m2f_size_constants_free (&c);
    }
    return c;
}

/* ---- forward ------------------------------------------------------------------------------- */

void
m2f_network_forward (const M2fNetwork *network, const M2fSizeConstants *constants, M2fPlan *plan,
    M2fTensor pixel_values, M2fNetworkOutput *out)
{
    M2fTensor maps[M2F_MAX_MAPS], tokens, features;
    M2fType types[M2F_MAX_MAPS];

    m2f_pixel_decoder_map_types (&network->pixel_decoder, constants, plan, types);
    m2f_plan_stage (plan, "backbone");
    m2f_backbone_forward (&network->backbone, constants, plan, pixel_values, types,
        maps);                                                /* (B, h, w, C) */

    m2f_plan_stage (plan, "pixel decoder");
    m2f_pixel_decoder_forward (&network->pixel_decoder, constants, plan, maps,
        &tokens, &features);                                  /* (B, 1, T, F), (B, h, w, F) */

    m2f_plan_stage (plan, "decoder");
    m2f_transformer_decoder_forward (&network->decoder, constants, plan, &tokens, features, out);
}

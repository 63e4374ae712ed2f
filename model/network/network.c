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

/* Most numbers that the weights may lack, for which the binder has zeros at hand: 128 MB. */
#define MAX_MISSING (1 << 25)

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

/* Fewest numbers that the weights of such a network have. */
static double
count_at_least (const M2fConfig *c)
{
    const double f = c->feature_size, dim = c->hidden_dim, m = c->mask_feature_size;
    const double count = c->encoder_layers * f * (2 * f + 2.0 * c->encoder_feedforward_dim)
        + (c->decoder_layers - 1) * dim * (8 * dim + 2.0 * c->dim_feedforward)
        + 9 * f * f + f * m + m * dim + dim * (2.0 * c->num_queries + c->n_labels);

    return count + m2f_backbone_count (&c->backbone);
}

/* Refuses a config that asks for far more than the files hold, before anything is allocated for
 * it.  A few tensors that are missing are for the binder to name. */
static bool
check_size (const M2fConfig *config, const M2fSafetensors *weights, GError **error)
{
    const double asked_for = count_at_least (config);
    double held = 0;
    int n;
    const M2fSafetensor *tensors = m2f_safetensors_list (weights, &n);

    for (int i = 0; i < n; i++)
        held += (double) tensors[i].n_elements;
    if (asked_for <= held + MAX_MISSING)
        return true;
    m2f_set_error (error, M2F_ERROR_WEIGHTS,
        "expected at least %.0f numbers in the weights, as config.json asks for, found %.0f",
        asked_for, held);
    return false;
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

M2fNetwork *
m2f_network_load (const M2fConfig *config, M2fSafetensors *weights, M2fDevice *device,
    GError **error)
{
    if (!check_size (config, weights, error) || !check_limits (config, device, error))
        return NULL;
    M2fNetwork *network = g_new0 (M2fNetwork, 1);
    M2fBinder b;

    m2f_binder_init (&b, weights, device);
    network->device = m2f_device_ref (device);
    network->tensors = b.tensors;
    network->names = b.names;
    m2f_backbone_bind (&network->backbone, &b, &config->backbone);
    m2f_pixel_decoder_bind (&network->pixel_decoder, &b, config);
    m2f_transformer_decoder_bind (&network->decoder, &b, config,
        &network->pixel_decoder.mask_projection_host);

    if (!m2f_binder_finish (&b, error) || !fold_constants (network, error))
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
    return m2f_backbone_map_size (network->backbone.config, 0, height, width);
}

M2fSizeConstants *
m2f_network_constants (const M2fNetwork *network, int height, int width, GError **error)
{
    M2fLevel maps[M2F_MAPS];
    GError *found = NULL;

    for (int i = 0; i < M2F_MAPS; i++)
        maps[i] = m2f_backbone_map_size (network->backbone.config, i, height, width);
    M2fSizeConstants *c
        = m2f_size_constants_new (network->device, maps, network->pixel_decoder.n_layers);
    if (!m2f_pixel_decoder_constants (&network->pixel_decoder, c, &found)
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
    M2fTensor maps[M2F_MAPS], tokens, features;
    M2fType types[M2F_MAPS];

    m2f_pixel_decoder_map_types (&network->pixel_decoder, plan, types);
    m2f_plan_stage (plan, "backbone");
    m2f_backbone_forward (&network->backbone, plan, pixel_values, types, maps); /* (B, h, w, C) */

    m2f_plan_stage (plan, "pixel decoder");
    m2f_pixel_decoder_forward (&network->pixel_decoder, constants, plan, maps,
        &tokens, &features);                                  /* (B, 1, T, F), (B, h, w, F) */

    m2f_plan_stage (plan, "decoder");
    m2f_transformer_decoder_forward (&network->decoder, constants, plan, &tokens, features, out);
}

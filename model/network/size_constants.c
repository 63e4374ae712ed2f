/* Tensors that depend on the size of the input only, and the sizes of the maps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/size_constants.h"

M2fSizeConstants *
m2f_size_constants_new (M2fDevice *device, const M2fLevel maps[M2F_FEATURE_LEVELS], int n_layers)
{
    M2fSizeConstants *c = g_new0 (M2fSizeConstants, 1);

    c->device = m2f_device_ref (device);
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++) {
        c->levels[l] = maps[m2f_map_of_level (M2F_FEATURE_LEVELS, l)];
        c->first[l] = c->tokens;
        c->tokens += c->levels[l].height * c->levels[l].width;
    }
    c->n_layers = n_layers;
    c->sampling = g_new0 (M2fTensor, n_layers);
    return c;
}

void
m2f_size_constants_free (M2fSizeConstants **constants)
{
    M2fSizeConstants *c = g_steal_pointer (constants);

    if (!c)
        return;
    if (m2f_tensor_present (&c->positions))
        m2f_tensor_free (c->device, &c->positions);
    for (int i = 0; i < M2F_TIMM_RESNET_STAGES; i++)
        if (m2f_tensor_present (&c->even[i]))
            m2f_tensor_free (c->device, &c->even[i]);
    for (int i = 0; i < c->n_layers; i++)
        if (m2f_tensor_present (&c->sampling[i]))
            m2f_tensor_free (c->device, &c->sampling[i]);
    for (int l = 0; l < M2F_FEATURE_LEVELS; l++)
        if (m2f_tensor_present (&c->keys[l]))
            m2f_tensor_free (c->device, &c->keys[l]);
    g_free (c->sampling);
    m2f_device_unref (&c->device);
    g_free (c);
}

M2fTensor
m2f_level_tokens (const M2fSizeConstants *c, M2fTensor tokens, int index, int level)
{
    return m2f_tensor_tokens (m2f_tensor_batch (tokens, index), c->first[level],
        c->levels[level].height * c->levels[level].width);
}

M2fTensor
m2f_level_map (const M2fSizeConstants *c, M2fTensor tokens, int index, int level)
{
    return m2f_tensor_reshape (m2f_level_tokens (c, tokens, index, level), 1,
        c->levels[level].height, c->levels[level].width, tokens.ne[3]);
}

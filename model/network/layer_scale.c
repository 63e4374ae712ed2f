/* Layers whose outputs a checkpoint scales channel by channel, folded into one (LayerScale).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/layer_scale.h"

void
m2f_bind_scaled_linear (M2fBinder *b, M2fLinearWeights *w, const char *name, const char *scale,
    int n, int k)
{
    g_auto (M2fHostLinear) l = m2f_bind_read_linear (b, name, M2F_SHAPE (n, m2f_extent (k)), true);
    g_autofree float *factors = m2f_bind_read (b, scale, M2F_SHAPE (n));

    for (int i = 0; l.weight && factors && i < n; i++) {
        for (int j = 0; j < l.k; j++)
            l.weight[(size_t) i * l.k + j] *= factors[i];
        l.bias[i] *= factors[i];
    }
    m2f_bind_pack_linear (b, w, name, &l);
}

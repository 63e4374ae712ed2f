/* Every stage of the network as host tensors in transformers' layout.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_NETWORK_STAGES_H
#define M2F_NETWORK_STAGES_H

#include "model/m2f.h"
#include "model/network/network.h"

/* Runs the network on `pixel_values` (B, channels, H, W) and keeps every stage's tensor, and the
 * attention weights if asked for, named and shaped as m2f_model_forward() says.  Elements are
 * M2fHostTensor (transfer full; the array frees them). */
GPtrArray *m2f_network_stages (const M2fNetwork *network, const M2fHostTensor *pixel_values,
    bool attentions, GError **error);

#endif

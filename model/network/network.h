/* The network: weights on a device, and the forward pass over them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Immutable once loaded: any number of plans in any number of threads may use one network.
 */
#ifndef M2F_NETWORK_H
#define M2F_NETWORK_H

#include "model/checkpoint/config.h"
#include "model/checkpoint/safetensors.h"
#include "model/compute/ops.h"
#include "model/m2f.h"
#include "model/network/attentions.h"
#include "model/network/network_output.h"
#include "model/network/size_constants.h"

/* The weights of a checkpoint on a device, and the constants computed from them. */
typedef struct M2fNetwork M2fNetwork;

/* Binds every tensor that the config asks for by its name.  `config` is not copied and must
 * outlive the network; `weights` may be closed afterwards.  All tensors are compared with the
 * config before one is read: M2F_ERROR_WEIGHTS lists those that are missing or do not fit.
 * M2F_ERROR_DEVICE says what the device refused. */
M2fNetwork *m2f_network_load (const M2fConfig *config, M2fSafetensors *weights, M2fDevice *device,
    GError **error);
/* Accepts a pointer to NULL. */
void m2f_network_free (M2fNetwork **network);

/* Makes the constants for pixel_values of height x width; free with m2f_size_constants_free(). */
M2fSizeConstants *m2f_network_constants (const M2fNetwork *network, int height, int width,
    GError **error);

/* Records the whole network on pixel_values (B, H, W, channels) into a plan, with the constants of
 * H and W.  Stages "backbone", "pixel decoder", "decoder".  The outputs stay valid until the plan
 * runs again. */
void m2f_network_forward (const M2fNetwork *network, const M2fSizeConstants *constants,
    M2fPlan *plan, M2fTensor pixel_values, M2fNetworkOutput *out);

M2fDevice *m2f_network_device (const M2fNetwork *network);
/* Channels of pixel_values, 3 for pictures. */
int m2f_network_channels (const M2fNetwork *network);
/* Heads of the attentions of both decoders. */
int m2f_network_heads (const M2fNetwork *network);
/* See m2f_backbone_windows(). */
M2fWindows m2f_network_windows (const M2fNetwork *network, int stage, int index);
/* Height and width of the output features for pixel_values of height x width. */
M2fLevel m2f_network_feature_size (const M2fNetwork *network, int height, int width);

#endif

/* The config of a ConvNeXt backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CONVNEXT_CONFIG_H
#define M2F_CONVNEXT_CONFIG_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Read transformers' ConvNextConfig and ConvNextV2Config, with their defaults, and set the channels
 * and strides of the maps. */
void m2f_convnext_config_read (M2fJson *json, M2fBackboneConfig *config);
void m2f_convnext_v2_config_read (M2fJson *json, M2fBackboneConfig *config);

#endif

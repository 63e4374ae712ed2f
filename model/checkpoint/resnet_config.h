/* The config of a ResNet backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_RESNET_CONFIG_H
#define M2F_RESNET_CONFIG_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Reads transformers' ResNetConfig, with its defaults (ResNet-50), and sets the channels and
 * strides of the maps. */
void m2f_resnet_config_read (M2fJson *json, M2fBackboneConfig *config);

#endif

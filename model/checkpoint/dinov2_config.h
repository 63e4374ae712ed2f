/* The config of a DINOv2 backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_DINOV2_CONFIG_H
#define M2F_DINOV2_CONFIG_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Read transformers' Dinov2Config and Dinov2WithRegistersConfig, with their defaults, and set the
 * channels and strides of the maps of four layers. */
void m2f_dinov2_config_read (M2fJson *json, M2fBackboneConfig *config);
void m2f_dinov2_with_registers_config_read (M2fJson *json, M2fBackboneConfig *config);

#endif

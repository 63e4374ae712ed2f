/* The config of a Swin V2 backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SWINV2_CONFIG_H
#define M2F_SWINV2_CONFIG_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Reads transformers' Swinv2Config, with its defaults, and sets the channels and strides of the
 * maps. */
void m2f_swinv2_config_read (M2fJson *json, M2fBackboneConfig *config);

#endif

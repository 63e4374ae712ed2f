/* The config of a Swin backbone.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_SWIN_CONFIG_H
#define M2F_SWIN_CONFIG_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Reads transformers' SwinConfig, with its defaults (Swin-T; `depth` is that of the third stage),
 * and sets the channels and strides of the maps of its four stages. */
void m2f_swin_config_read (M2fJson *json, M2fBackboneConfig *backbone, int depth);

#endif

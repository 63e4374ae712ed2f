/* The timm_backbone of config.json: networks of the timm library by their names.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TIMM_CONFIG_H
#define M2F_TIMM_CONFIG_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Reads transformers' TimmBackboneConfig, whose `backbone` is a name such as "mobilenetv2_100", and
 * works out the shape that timm gives this network.  Fails with M2F_ERROR_UNSUPPORTED for a name
 * that is not known, and for other maps than those of strides 4, 8, 16 and 32. */
void m2f_timm_config_read (M2fJson *json, M2fBackboneConfig *config);

#endif

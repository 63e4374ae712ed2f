/* The backbone of a config.json: a choice by model_type or by name.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BACKBONE_CHOICE_H
#define M2F_BACKBONE_CHOICE_H

#include "model/checkpoint/backbone_config.h"
#include "model/checkpoint/json.h"

/* Reads backbone_config or, without it, the older keys backbone and backbone_kwargs.  A config with
 * neither has a Swin-S, as in transformers. */
void m2f_backbone_config_read (M2fJson *json, M2fBackboneConfig *backbone);

#endif

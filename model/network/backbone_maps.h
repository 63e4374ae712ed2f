/* What the backbones do alike with their maps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BACKBONE_MAPS_H
#define M2F_BACKBONE_MAPS_H

#include "model/checkpoint/backbone_config.h"
#include "model/compute/ops.h"

/* The map that is made of stage `stage`, -1 if none is. */
static inline int
m2f_map_of_stage (const M2fBackboneConfig *config, int stage)
{
    for (int i = 0; i < config->n_maps; i++)
        if (config->stages[i] == stage)
            return i;
    return -1;
}

/* The name of a map, for taps. */
static inline const char *
m2f_map_name (int map)
{
    static const char *const names[M2F_MAX_MAPS] = {
        "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4",
        "backbone.stage5", "backbone.stage6", "backbone.stage7", "backbone.stage8",
        "backbone.stage9", "backbone.stage10", "backbone.stage11", "backbone.stage12",
        "backbone.stage13", "backbone.stage14", "backbone.stage15", "backbone.stage16",
    };

    return names[map];
}

#endif

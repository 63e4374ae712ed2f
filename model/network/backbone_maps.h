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
        "backbone.stage17", "backbone.stage18", "backbone.stage19", "backbone.stage20",
        "backbone.stage21", "backbone.stage22", "backbone.stage23", "backbone.stage24",
        "backbone.stage25", "backbone.stage26", "backbone.stage27", "backbone.stage28",
        "backbone.stage29", "backbone.stage30", "backbone.stage31", "backbone.stage32",
        "backbone.stage33", "backbone.stage34", "backbone.stage35", "backbone.stage36",
        "backbone.stage37", "backbone.stage38", "backbone.stage39", "backbone.stage40",
        "backbone.stage41", "backbone.stage42", "backbone.stage43", "backbone.stage44",
        "backbone.stage45", "backbone.stage46", "backbone.stage47", "backbone.stage48",
        "backbone.stage49", "backbone.stage50", "backbone.stage51", "backbone.stage52",
        "backbone.stage53", "backbone.stage54", "backbone.stage55", "backbone.stage56",
        "backbone.stage57", "backbone.stage58", "backbone.stage59", "backbone.stage60",
        "backbone.stage61", "backbone.stage62", "backbone.stage63", "backbone.stage64",
    };

    return names[map];
}

#endif

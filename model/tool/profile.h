/* m2f bench --profile: the shortest time of every op, and the peak rates of the device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOOL_PROFILE_H
#define M2F_TOOL_PROFILE_H

#include <stdio.h>

#include "model/compute/profile.h"
#include "model/tool/tool.h"

#define TOOL_N_STAGES 5

typedef struct ToolProfile {
    M2fDevice *device;
    M2fProfile *run;   /* times of the current run */
    M2fProfile *least; /* shortest time of every op in all runs */
    double stage_ms[TOOL_N_STAGES];   /* shortest time of every stage */
    double outside_ms[TOOL_N_STAGES]; /* shortest time of a stage that is not spent in ops */
    double total_ms;                  /* shortest run */
    int runs;
    M2fPeaks peaks;
    bool has_peaks;
} ToolProfile;

void tool_profile_init (ToolProfile *profile, M2fModel *model);
void tool_profile_clear (ToolProfile *profile);
/* Called before and after every run. */
void tool_profile_begin (ToolProfile *profile);
void tool_profile_end (ToolProfile *profile, const M2fTimings *timings);
/* Called after the last run: measures the peak rates of the device. */
void tool_profile_finish (ToolProfile *profile);

/* Appends the members "peaks", "stages" and "profile" to a JSON object, each after a comma. */
void tool_profile_to_json (const ToolProfile *profile, GString *json);
/* Prints a table of all ops, slowest first, and a table of the stages. */
void tool_profile_print (const ToolProfile *profile, FILE *file);

#endif

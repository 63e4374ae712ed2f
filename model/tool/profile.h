/* m2f bench --profile: the least time of every op, beside the machine's peaks.
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
    M2fProfile *run, *least; /* of the run that goes on; the least times of all */
    double stage_ms[TOOL_N_STAGES], outside_ms[TOOL_N_STAGES]; /* likewise; and not in any op */
    double total_ms;
    int runs;
    M2fPeaks peaks;
    bool has_peaks;
} ToolProfile;

void tool_profile_init (ToolProfile *profile, M2fModel *model);
void tool_profile_clear (ToolProfile *profile);
/* Around every run. */
void tool_profile_begin (ToolProfile *profile);
void tool_profile_end (ToolProfile *profile, const M2fTimings *timings);
/* After the last run: measures the peaks. */
void tool_profile_finish (ToolProfile *profile);

/* Members "peaks", "stages" and "profile" of a JSON object, each after a comma. */
void tool_profile_to_json (const ToolProfile *profile, GString *json);
/* The same as a table for people, most expensive op first. */
void tool_profile_print (const ToolProfile *profile, FILE *file);

#endif

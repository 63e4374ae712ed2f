/* m2f eval: figures of merit over the pictures of a dataset.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOOL_SCORES_H
#define M2F_TOOL_SCORES_H

#include <jansson.h>

#include "model/evaluation/mean_iou.h"
#include "model/tool/dataset.h"

#define TOOL_N_TUBES 4 /* lengths of VPQ's windows */

typedef struct ToolScores {
    M2fTask task;
    int n_labels;
    bool *is_thing, *is_stuff; /* by class */
    M2fQuality *quality;       /* panoptic */
    M2fClassPixels *classes;   /* panoptic and semantic */
    M2fAveragePrecision *instances;

    /* of videos */
    int video;                 /* of the latest frame; -1: none */
    GArray *truth, *found;     /* M2fPanoptic: the frames so far */
    M2fQuality *tubes[TOOL_N_TUBES];
    M2fTrackQuality *tracks;
    int n_videos;
} ToolScores;

void tool_scores_init (ToolScores *scores, const M2fModel *model, M2fTask task);
void tool_scores_clear (ToolScores *scores);
/* Judges a result, whose ids count from 1, by the truth of the dataset. */
bool tool_scores_add (ToolScores *scores, const ToolDataset *dataset, const ToolLabelled *picture,
    const M2fResult *result, GError **error);
/* Judges the last video, after the last result. */
bool tool_scores_end (ToolScores *scores, GError **error);
/* Adds the figures to a JSON object, after the end. */
void tool_scores_to_json (ToolScores *scores, json_t *object);

#endif

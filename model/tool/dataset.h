/* Labelled pictures, in the layouts that datasets are published in.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOOL_DATASET_H
#define M2F_TOOL_DATASET_H

#include <stdbool.h>

#include "model/evaluation/average_precision.h"
#include "model/evaluation/panoptic.h"
#include "model/m2f.h"

typedef enum ToolDatasetFormat {
    TOOL_COCO_PANOPTIC, /* JSON with segments, and PNGs of ids in a folder of the JSON's name */
    TOOL_COCO,          /* JSON with instances */
    TOOL_ADE20K,        /* images/.../NAME.jpg, annotations/.../NAME.png of class numbers */
    TOOL_CITYSCAPES,    /* leftImg8bit/.../X_leftImg8bit.png, gtFine/.../X_gtFine_instanceIds.png */
    TOOL_N_FORMATS,
} ToolDatasetFormat;

typedef struct ToolLabelled {
    char *image;       /* path of the picture */
    char *map;         /* path of the PNG with the truth; NULL: `instances` has it */
    int video;         /* number of the video it is a frame of; -1: it is a picture of its own */
    GArray *segments;  /* M2fPanopticSegment: those of the map; NULL: the map says all */
    GArray *instances; /* M2fInstance, whose masks it owns */
} ToolLabelled;

typedef struct ToolDataset {
    ToolDatasetFormat format;
    const M2fModel *model;
    GPtrArray *pictures;   /* ToolLabelled; frames of a video in their order */
    int ignore_index;      /* ADE20K: number that is no class */
    bool labels_from_zero; /* ADE20K: 0 is a class rather than what is to be ignored */
} ToolDataset;

/* Whether `name` is one of coco-panoptic, coco, ade20k and cityscapes. */
bool tool_dataset_format (const char *name, ToolDatasetFormat *format, GError **error);
/* Lists the pictures of a dataset: `path` is the JSON file, or the folder for those without.
 * `images` is the folder of the pictures; NULL: where the dataset has it.  Classes are those of the
 * model, known by their names; pixels of others are void.  `model` must outlive the dataset. */
bool tool_dataset_open (ToolDataset *dataset, const char *path, const char *images,
    GError **error);
void tool_dataset_clear (ToolDataset *dataset);

/* Reads the truth of a picture.  Free with tool_panoptic_clear(). */
bool tool_dataset_truth (const ToolDataset *dataset, const ToolLabelled *picture,
    M2fPanoptic *truth, GError **error);
void tool_panoptic_clear (M2fPanoptic *panoptic);

/* For the readers of the layouts: */
ToolLabelled *tool_dataset_add (ToolDataset *dataset, char *image, char *map);
bool tool_dataset_read_coco (ToolDataset *dataset, const char *path, const char *images,
    GError **error);
/* The number of the model's class of that name, -1 if there is none. */
int tool_find_label (const M2fModel *model, const char *name);

#endif

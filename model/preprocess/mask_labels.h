/* Segmentation maps to the targets of training: a mask and a class for each segment.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transformers' Mask2FormerImageProcessor.encode_inputs(), that is, its call with
 * segmentation_maps.
 */
#ifndef M2F_MASK_LABELS_H
#define M2F_MASK_LABELS_H

#include "model/preprocess/size.h"

#define M2F_NO_IGNORE_INDEX (-1)

/* Numbers of a dataset's classes or instances, row by row. */
typedef struct M2fSegmentationMap {
    int height, width;
    const int32_t *numbers;
} M2fSegmentationMap;

/* What the numbers mean. */
typedef struct M2fLabelRules {
    int ignore_index;    /* number that is no segment, and fills padding; or M2F_NO_IGNORE_INDEX */
    bool reduce_labels;  /* 0 is to be ignored, and the others are one less: ADE20K */
    GHashTable *classes; /* instance_id_to_semantic_id, with GINT_TO_POINTER (); NULL: numbers are
                          * classes */
} M2fLabelRules;

/* The segments of a picture, by number. */
typedef struct M2fMaskLabels {
    int n, height, width; /* of the network's input, padding included */
    int *class_labels;    /* n classes */
    float *mask_labels;   /* n x height x width: 1 inside, 0 outside, ignore_index in padding */
    uint8_t *pixel_mask;  /* height x width: 1 in the picture, 0 in padding */
} M2fMaskLabels;

/* do_reduce_labels for one number. */
static inline int32_t
m2f_reduce_label (int32_t number, int ignore_index)
{
    return number == 0 ? ignore_index : number - 1;
}

/* Resizes a map as torch's interpolation "nearest-exact" does. */
void m2f_segmentation_map_resize (const M2fSegmentationMap *map, int height, int width,
    int32_t *numbers);

/* Resizes the maps of a batch as the processor does its pictures, pads them to the largest, and
 * fills in an element of `labels` for each.  M2F_ERROR_ARGUMENT, with nothing to free: rules that
 * contradict one another, a number without a class, a size that cannot be. */
bool m2f_mask_labels_encode (const M2fSegmentationMap *maps, int n,
    const M2fProcessorConfig *config, const M2fLabelRules *rules, M2fMaskLabels *labels,
    GError **error);
void m2f_mask_labels_clear (M2fMaskLabels *labels);

#endif

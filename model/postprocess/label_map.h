/* The label map: from the winner of each pixel to the id of its segment, with areas and boxes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_LABEL_MAP_H
#define M2F_LABEL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/m2f.h"

#define M2F_NO_ID (-1)

typedef struct M2fRegion {
    int64_t area; /* pixels; the box is undefined where it is 0 */
    int left, top, right, bottom; /* right and bottom are inside */
} M2fRegion;

/* A mask that may become a segment, or, where the task is semantic, a class. */
typedef struct M2fCandidate {
    int query; /* -1 if it is a class */
    int label;
    float score;
    int id;           /* id of its segment, from 0; M2F_NO_ID while it has none */
    M2fRegion region; /* pixels that it won */
} M2fCandidate;

/* The masks that are left at some step.  Mask i is channel i of the ops over them. */
typedef struct M2fMasks {
    M2fCandidate *candidates; /* owned by the postprocessor, valid until its next run */
    int n;
} M2fMasks;

/* The mask that won each pixel.  Valid until the step that made it runs again.  The counts have one
 * element per mask and are NULL where the step does not count them. */
typedef struct M2fWinners {
    const void *map; /* height rows of width channels; all bits set = no mask */
    int height, width;
    int stride; /* bytes from row to row */
    bool bytes; /* channels are uint8_t, else uint16_t */
    /* Pixels by M2fMaskCount: */
    const int32_t *won, *claimed, *held;
} M2fWinners;

/* Fills in the regions of the masks. */
void m2f_winners_measure (const M2fWinners *winners, M2fMasks *masks);
/* Writes the label map: the id of the mask that won the pixel, `none` where there is no such mask
 * or it has no id.  Fills in the regions of the masks on the way. */
void m2f_winners_write (const M2fWinners *winners, M2fMasks *masks, int none, M2fResult *result);
/* Writes a binary map of map_width x map_height bytes: 1 where mask `channel` won. */
void m2f_winners_mask (const M2fWinners *winners, int channel, uint8_t *mask);

/* Makes `value` the whole label map. */
void m2f_label_map_fill (M2fResult *result, int value);
/* Writes a binary map of map_width x map_height bytes: 1 where the label map has the id. */
void m2f_label_map_mask (const M2fResult *result, int id, uint8_t *mask);
/* Gives every segment the area and the box of all masks that have its id.  `by_id` is scratch with
 * an element for every id. */
void m2f_segments_measure (const M2fMasks *masks, M2fRegion *by_id, M2fResult *result);

#endif

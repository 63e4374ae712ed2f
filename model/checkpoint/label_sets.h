/* The classes of known label sets that are stuff, which published configs leave out.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A label set is known by its number of labels and a few of their names.  The tables are those of
 * the data sets as Mask2Former registers them (mask2former/data/datasets, detectron2's builtin
 * metadata), in the order of the published checkpoints' id2label.
 */
#ifndef M2F_LABEL_SETS_H
#define M2F_LABEL_SETS_H

#include <glib.h>
#include <stdbool.h>

#include "model/checkpoint/config.h"
#include "model/m2f.h"

typedef struct M2fLabelSet {
    const char *name;  /* "COCO panoptic" */
    int n_labels;
    const int *stuff;  /* n_stuff ids, ascending; every other class is a thing */
    int n_stuff;
    M2fTask task;      /* what most checkpoints with these labels were trained for */
    /* private */
    struct { int id; const char *name; } marks[4]; /* unused ones have name NULL */
} M2fLabelSet;

/* NULL if the labels are of no known set. */
const M2fLabelSet *m2f_label_set_find (const M2fConfig *config);
/* True for every class of an unknown set (NULL). */
bool m2f_label_set_is_thing (const M2fLabelSet *set, int id);
/* True if a class is a thing by its set and is not the background by its name. */
bool m2f_label_is_thing (const M2fLabelSet *set, int id, const char *label);
/* The task a checkpoint is meant for.  If its directory's name has "semantic", "instance" or
 * "panoptic" in it, that one; else the set's; else panoptic.  For a snapshot of the Hugging Face
 * cache (models--OWNER--NAME/snapshots/HASH) the name is models--OWNER--NAME. */
M2fTask m2f_label_set_task (const M2fLabelSet *set, const char *dir);

#endif

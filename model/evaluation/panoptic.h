/* Panoptic quality of pictures, of tubes of video, and the segmentation and tracking quality.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_EVALUATION_PANOPTIC_H
#define M2F_EVALUATION_PANOPTIC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A segment of a picture or, with the same id in every frame, of a video. */
typedef struct M2fPanopticSegment {
    uint32_t id;   /* not 0 */
    int label_id;
    bool is_crowd; /* truth: many objects in one segment */
} M2fPanopticSegment;

/* Who is where.  Pixels whose id is no segment's are void. */
typedef struct M2fPanoptic {
    int width, height;
    uint32_t *ids; /* width x height */
    M2fPanopticSegment *segments;
    int n_segments;
} M2fPanoptic;

/* ---- panoptic quality ---------------------------------------------------------------------- */

/* Of one class: matched pairs, segments that were found and are not there, and the other way. */
typedef struct M2fQuality {
    double iou; /* sum over matched pairs */
    int64_t true_positives, false_positives, false_negatives;
} M2fQuality;

/* Adds a picture to the counts, an element for every class that occurs: Kirillov et al., "Panoptic
 * Segmentation", CVPR 2019, as panopticapi computes it.  Pairs of a class match above an IoU of
 * 0.5, in which void does not count; what lies for the most part in void, or in a crowd of its
 * class, is not wrong.  Both show a picture of one size.  False if there is no memory, as in those
 * below: the table of pairs grows with the numbers of segments. */
bool m2f_quality_add (M2fQuality *classes, const M2fPanoptic *truth, const M2fPanoptic *found);

/* Means over classes that are there or were found. */
typedef struct M2fMeanQuality {
    double pq, sq, rq; /* NAN if there is no such class */
    int n_classes;
} M2fMeanQuality;

/* `chosen` has an element per class; NULL chooses all. */
M2fMeanQuality m2f_quality_mean (const M2fQuality *classes, int n_classes, const bool *chosen);

/* Video panoptic quality: adds every window of `length` frames in a row, whose segments are tubes:
 * Kim et al., "Video Panoptic Segmentation", CVPR 2020.  Clips that are shorter add nothing. */
bool m2f_quality_add_tubes (M2fQuality *classes, const M2fPanoptic *truth,
    const M2fPanoptic *found, int n_frames, int length);

/* ---- segmentation and tracking quality ----------------------------------------------------- */

/* Weber et al., "STEP: Segmenting and Tracking Every Pixel", 2021. */
typedef struct M2fTrackQuality M2fTrackQuality;

/* `is_thing` has n_classes elements, which are copied. */
M2fTrackQuality *m2f_track_quality_new (const bool *is_thing, int n_classes);
void m2f_track_quality_free (M2fTrackQuality *quality);
/* Adds a clip, in all frames of which the same id is the same object. */
bool m2f_track_quality_add (M2fTrackQuality *quality, const M2fPanoptic *truth,
    const M2fPanoptic *found, int n_frames);
/* The geometric mean of association and segmentation quality, and both; NAN if there is nothing
 * to judge. */
double m2f_track_quality_get (const M2fTrackQuality *quality, double *association,
    double *segmentation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fTrackQuality, m2f_track_quality_free)

#endif

/* libmask2former: objects followed through a stream.  Programs include m2f.h.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TRACKER_H
#define M2F_TRACKER_H

#include "m2f_result.h"

G_BEGIN_DECLS

/**
 * M2fTracking:
 * @M2F_TRACKING_NONE: segments have no track id
 * @M2F_TRACKING_QUERY: things are known again by the embedding of their query, as in MinVIS, and by
 * where they are
 * @M2F_TRACKING_IOU: things are known again by where they are alone
 *
 * How the objects of one result are found again in the next.
 */
typedef enum M2fTracking {
    M2F_TRACKING_NONE,
    M2F_TRACKING_QUERY,
    M2F_TRACKING_IOU,
} M2fTracking;

/**
 * m2f_tracking_name:
 * @tracking: a way of tracking
 *
 * Returns: (nullable): "none", "query" or "iou"; %NULL if @tracking is not a #M2fTracking
 */
const char *m2f_tracking_name (M2fTracking tracking);
/**
 * m2f_tracking_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @tracking: (out): the way of tracking of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_tracking_from_name (const char *name, M2fTracking *tracking, GError **error);

/**
 * M2fTracker:
 *
 * The objects of one stream.  Needs no model: it works on results alone.  One caller at a time.
 */
typedef struct M2fTracker M2fTracker;

/**
 * M2F_TRACK_WINDOW:
 *
 * Seconds for which a tracker remembers an object that is out of sight, unless told otherwise.
 */
#define M2F_TRACK_WINDOW 2.0

/**
 * m2f_tracker_new:
 * @tracking: how objects are found again
 * @embedding_size: number of floats in #M2fSegment.embedding, m2f_model_embedding_size()
 *
 * Returns: (transfer full): a tracker that has seen nothing
 */
M2fTracker *m2f_tracker_new (M2fTracking tracking, int embedding_size);
/**
 * m2f_tracker_free:
 * @tracker: (transfer full) (nullable): a tracker
 */
void m2f_tracker_free (M2fTracker *tracker);
/**
 * m2f_tracker_set_tracking:
 * @tracker: a tracker
 * @tracking: how objects are found again from the next result on
 */
void m2f_tracker_set_tracking (M2fTracker *tracker, M2fTracking tracking);
/**
 * m2f_tracker_set_window:
 * @tracker: a tracker
 * @seconds: time for which an object that is out of sight keeps its id; 0 or more
 */
void m2f_tracker_set_window (M2fTracker *tracker, double seconds);
/**
 * m2f_tracker_update:
 * @tracker: a tracker
 * @result: a result of the stream; the track_id of its segments is set
 * @seconds: when the picture was taken, in the stream's time
 * @carried: (nullable): the label map of the latest result, moved to where its segments are to be
 * expected in this picture; %NULL for where they were
 *
 * Follows the objects of a stream.  Results come in the order of their pictures, at any distance in
 * time.  A thing keeps its id while it is in sight and, out of sight, for the window's time; it
 * only continues a thing of its own class.  All segments of a class of stuff, and segments that
 * have no query (of the semantic task), share one id, the same in the whole stream.  Ids count from
 * 1 and are not used twice.
 */
void m2f_tracker_update (M2fTracker *tracker, M2fResult *result, double seconds,
    const M2fLabelMap *carried);
/**
 * m2f_tracker_reset:
 * @tracker: a tracker
 *
 * Forgets all objects: another stream begins, and its ids count from 1 again.
 */
void m2f_tracker_reset (M2fTracker *tracker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fTracker, m2f_tracker_free)

G_END_DECLS

#endif

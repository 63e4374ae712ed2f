/* Pictures that go through the network together.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A batch has the plans and buffers for pictures of one preparation.  On a device that computes
 * several pictures together in less time than one after the other, all sessions of a model with
 * equal preparations share a batch: those that wait while others are computed are the next to be
 * computed, together.  Nobody waits for a batch to fill.  On a device with a queue, pictures are
 * loaded and post-processed while it computes others.  On other devices every session has a batch
 * of its own, for one picture.
 */
#ifndef M2F_BATCH_H
#define M2F_BATCH_H

#include "model/postprocess/postprocess.h"
#include "model/preparation.h"

typedef struct M2fBatch M2fBatch;
/* The place of one picture in a batch. */
typedef struct M2fLane M2fLane;

/* Makes the caller one of the users of a batch, which is built for as many pictures as it has
 * users, if memory and device allow.  The model must outlive it.  NULL with M2F_ERROR_DEVICE, or
 * with M2F_ERROR_CANCELLED once `cancelled` is not 0. */
M2fBatch *m2f_batch_join (const M2fModel *model, const M2fPreparation *preparation,
    const gint *cancelled, GError **error);
/* Clears the caller's pointer; accepts a pointer to NULL. */
void m2f_batch_leave (M2fBatch **batch);

/* Puts a picture into a lane and lets the device have it, possibly together with those of other
 * threads, for the network and for what follows it that the device does without the host; a device
 * without a queue is done on return.  The lane belongs to the caller until it is given back; until
 * then `params` and `cancelled` must stay.  If no lane is free, waits for one or, unless `waits`,
 * returns NULL without an error; else NULL with an error as from m2f_batch_join(). */
M2fLane *m2f_batch_start (M2fBatch *batch, const M2fImage *image, const M2fParams *params,
    const gint *cancelled, bool waits, GError **error);
/* Waits until the picture of a lane has been computed.  False with an error as from
 * m2f_batch_join() if that has failed; then the lane is only to be given back. */
bool m2f_lane_wait (M2fLane *lane, GError **error);
/* Whether the picture of a lane was computed together with others: alone it may not fail. */
bool m2f_lane_had_others (const M2fLane *lane);
/* What post-processes the picture of a lane. */
M2fPostprocessor *m2f_lane_postprocessor (M2fLane *lane);
/* Fills in how long the stages of the network took for all pictures of the batch; adds what the
 * device has done of post-processing behind the network to the time of that. */
void m2f_lane_timings (const M2fLane *lane, M2fTimings *timings);
void m2f_lane_give_back (M2fLane *lane);

#endif

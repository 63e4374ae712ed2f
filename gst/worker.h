/* Analyses the newest frame of a stream in a thread of its own.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * At any time one frame is being analysed, at most one waits for its turn, and at most one finding
 * waits to be taken; a newer one takes the place of the one that waits.  Where an analyser has room
 * for two frames, that which waits gets its turn when the device is done with the one before it,
 * whose segments are found meanwhile: no sooner, so that it is as new as can be.  Frames come from
 * one thread, that of the stream, which also takes the findings.  Any thread may set the worker
 * flushing.
 */
#ifndef __GST_MASK2FORMER_WORKER_H__
#define __GST_MASK2FORMER_WORKER_H__

#include <gst/video/video.h>

#include "gst/settings.h"
#include "model/m2f.h"

G_BEGIN_DECLS

/* All that is known of a frame besides its pixels. */
typedef struct
{
  GstMask2FormerThresholds thresholds;
  GstClockTime pts;             /* or GST_CLOCK_TIME_NONE */
  GstClockTime running_time;    /* or GST_CLOCK_TIME_NONE */
  GstClockTime stream_time;     /* or GST_CLOCK_TIME_NONE */
  GstClockTime arrival;         /* by a clock that never goes back */
  guint64 number;               /* in the history of motion, or GST_MASK2FORMER_NO_FRAME */
} GstMask2FormerJob;

/* What was found in a frame.  Start from { 0 }; taking another one reuses the memory. */
typedef struct
{
  GstMask2FormerJob job;        /* that of the frame */
  M2fResult result;
  GError *error;                /* instead of a result, or NULL */
} GstMask2FormerFinding;

void gst_mask2former_finding_clear (GstMask2FormerFinding * finding);

typedef struct
{
  /* The first three are called by the worker's thread. */

  /* Begins to find the segments of a frame.  FALSE with M2F_ERROR_BUSY if there is no room for it
   * before a frame that was started is finished. */
    gboolean (*start) (gpointer user_data, const GstVideoFrame * frame,
      const GstMask2FormerThresholds * thresholds, GError ** error);
  /* Waits until the device is done with the frame that is to be finished next. */
  void (*wait) (gpointer user_data);
  /* Finds the segments of the frame that was started first of those not finished; if that fails,
   * it is finished, too. */
    gboolean (*finish) (gpointer user_data, M2fResult * result,
      GError ** error);
  /* Makes what is left to be done for all frames that are started fail as soon as it can, without
   * waiting for that; what finish() returns is not looked at.  Called by any thread. */
  void (*cancel) (gpointer user_data);
  /* Takes cancel() back; called by the worker's thread before the next start(). */
  void (*uncancel) (gpointer user_data);
} GstMask2FormerWorkerFuncs;

typedef struct _GstMask2FormerWorker GstMask2FormerWorker;

/* `funcs` is not copied. */
GstMask2FormerWorker *gst_mask2former_worker_new (const
    GstMask2FormerWorkerFuncs * funcs, gpointer user_data);
/* Stops it first; accepts NULL. */
void gst_mask2former_worker_free (GstMask2FormerWorker * worker);

/* Starts the thread; the worker is not flushing.  FALSE if the system starts none. */
gboolean gst_mask2former_worker_start (GstMask2FormerWorker * worker,
    GError ** error);
/* Cancels what is running, waits for it and ends the thread.  Nothing is left to be taken.  May be
 * called again, and without start(). */
void gst_mask2former_worker_stop (GstMask2FormerWorker * worker);

/* TRUE: drops the frame and the finding that wait, cancels what is running, whose finding is
 * dropped, too, and takes no frames until FALSE.  Does not wait, but lets run() return. */
void gst_mask2former_worker_set_flushing (GstMask2FormerWorker * worker,
    gboolean flushing);
/* Drops and cancels the same and goes on taking frames. */
void gst_mask2former_worker_forget (GstMask2FormerWorker * worker);

/* Lets a copy of a frame mapped for reading be analysed when its turn comes.  Does not wait.  FALSE
 * if there is no memory for the copy. */
gboolean gst_mask2former_worker_offer (GstMask2FormerWorker * worker,
    const GstVideoFrame * frame, const GstMask2FormerJob * job,
    GError ** error);
/* Analyses a frame, without a copy, and waits for it.  FALSE if that was cut short by flushing;
 * otherwise there is a finding to take, which is that of this frame. */
gboolean gst_mask2former_worker_run (GstMask2FormerWorker * worker,
    const GstVideoFrame * frame, const GstMask2FormerJob * job);
/* Waits until nothing is running and nothing waits to run. */
void gst_mask2former_worker_wait (GstMask2FormerWorker * worker);

/* Moves the newest finding out, in exchange for an older one, or { 0 }.  FALSE if there is none
 * that was not taken before; `finding` stays as it is then. */
gboolean gst_mask2former_worker_take (GstMask2FormerWorker * worker,
    GstMask2FormerFinding * finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMask2FormerWorker,
    gst_mask2former_worker_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstMask2FormerFinding,
    gst_mask2former_finding_clear)

G_END_DECLS

#endif

/* The segments of every frame of a stream: found in it, or carried from an earlier frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the thread of the stream uses a segmenter while it is started, but for
 * gst_mask2former_segmenter_set_flushing() and _qos(), which any thread may call at any time.
 */
#ifndef __GST_MASK2FORMER_SEGMENTER_H__
#define __GST_MASK2FORMER_SEGMENTER_H__

#include <gst/video/video.h>

#include "gst/analyser.h"
#include "gst/view.h"
#include "gst/worker.h"

G_BEGIN_DECLS

typedef struct _GstMask2FormerSegmenter GstMask2FormerSegmenter;

GstMask2FormerSegmenter *gst_mask2former_segmenter_new (void);
/* Stops it first. */
void gst_mask2former_segmenter_free (GstMask2FormerSegmenter * segmenter);

/* Loads the model and reads the files that the settings name.  Views get the settings' source_id,
 * as UTF-8.  Returns the model (transfer full), or NULL with an error that names the property or
 * the file. */
M2fModel *gst_mask2former_segmenter_start (GstMask2FormerSegmenter * segmenter,
    const GstMask2FormerSettings * settings, GError ** error);
/* Cancels what is running, and frees the model.  May be called again, and without start(). */
void gst_mask2former_segmenter_stop (GstMask2FormerSegmenter * segmenter);

/* TRUE: cancels what is running, lets process() return, and finds nothing until FALSE. */
void gst_mask2former_segmenter_set_flushing (GstMask2FormerSegmenter *
    segmenter, gboolean flushing);
/* Takes note of a QoS event: late frames are not analysed. */
void gst_mask2former_segmenter_qos (GstMask2FormerSegmenter * segmenter,
    GstEvent * event);

/* Frames from now on have nothing to do with those before: nothing is carried over to them. */
void gst_mask2former_segmenter_forget (GstMask2FormerSegmenter * segmenter);
/* The same; track ids of the next results count from 1. */
void gst_mask2former_segmenter_start_stream (GstMask2FormerSegmenter *
    segmenter);
/* Builds the plan for frames like this before the first of them comes, so that it takes no longer
 * than the others. */
gboolean gst_mask2former_segmenter_prepare (GstMask2FormerSegmenter *
    segmenter, const GstVideoInfo * info, GError ** error);

/* How a frame is to be treated. */
typedef struct
{
  gboolean waits;               /* until it was analysed, instead of carrying the newest result */
  guint interval;               /* N, if every Nth frame is analysed */
  gboolean propagates;          /* carried results follow the picture */
  M2fTracking tracking;
  gdouble track_window;         /* seconds */
} GstMask2FormerPolicy;

/* What became of a frame. */
typedef struct
{
  const GstPanopticView *view;  /* until the next frame; NULL: there is no result yet */
  const GstMask2FormerFinding *finding; /* what was found in this frame or an earlier one, or NULL
                                         * if that was known before */
  const GstPanopticView *found; /* that, as it was in its own frame */
  gint input_height, input_width;       /* of the network about then */
  gboolean was_moved;           /* the view is of an earlier frame, and was moved to this one */
  gboolean same_map;            /* the view's label map is that of the frame before */
  GstClockTime motion;          /* ns that following the picture took */
  gboolean is_late;             /* it was not analysed because of these: */
  GstClockTimeDiff jitter;      /* ns by which frames were late */
  gdouble proportion;           /* of the QoS event */
} GstMask2FormerOutcome;

/* Lets a frame mapped for reading be analysed if it is its turn, and finds the newest result.
 * FALSE with an error if a frame could not be analysed, FALSE without one if flushing cut it
 * short. */
gboolean gst_mask2former_segmenter_process (GstMask2FormerSegmenter *
    segmenter, const GstVideoFrame * frame, const GstMask2FormerJob * job,
    const GstMask2FormerPolicy * policy, GstMask2FormerOutcome * outcome,
    GError ** error);

G_END_DECLS

#endif

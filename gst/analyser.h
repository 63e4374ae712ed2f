/* Finds segments in video frames: a model, how it is to be run, and the plan for one stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows frames and settings, but neither elements nor buffers, so that it can be run by any
 * thread.  One thread at a time may prepare, run or free an analyser; it need not be the same each
 * time.  gst_mask2former_analyser_get_model() and _get_task() may be called by any thread at any
 * time in between, what they return does not change.
 *
 * Results belong to the caller: an M2fResult may be copied by value, as long as one copy only is
 * used and cleared, handed to another thread, and outlive the analyser.
 */
#ifndef __GST_MASK2FORMER_ANALYSER_H__
#define __GST_MASK2FORMER_ANALYSER_H__

#include <gst/video/video.h>

#include "gst/settings.h"
#include "model/m2f.h"

G_BEGIN_DECLS

typedef struct _GstMask2FormerAnalyser GstMask2FormerAnalyser;

/* Loads the model and reads the files that the settings name.  NULL with an error of M2F_ERROR
 * that names the property or the file. */
GstMask2FormerAnalyser *gst_mask2former_analyser_new (const
    GstMask2FormerSettings * settings, GError ** error);
/* Accepts NULL. */
void gst_mask2former_analyser_free (GstMask2FormerAnalyser * analyser);

/* (transfer none) */
M2fModel *gst_mask2former_analyser_get_model (const GstMask2FormerAnalyser *
    analyser);
M2fTask gst_mask2former_analyser_get_task (const GstMask2FormerAnalyser *
    analyser);

/* Builds the plan for frames of this size, format and pixel aspect ratio, so that the first one
 * need not wait.  Input sizes that keep the aspect keep that of the displayed frame. */
gboolean gst_mask2former_analyser_prepare (GstMask2FormerAnalyser * analyser,
    const GstVideoInfo * info, GError ** error);

/* Runs the network on a frame mapped for reading.  The result, { 0 } or one of an earlier run, has
 * ids from 1 and a label map of the frame's size. */
gboolean gst_mask2former_analyser_run (GstMask2FormerAnalyser * analyser,
    const GstVideoFrame * frame, const GstMask2FormerThresholds * thresholds,
    M2fResult * result, GError ** error);

/* The same in parts, as m2f_session_start(), _wait() and _finish().  The frame is not looked at
 * once it is started. */
gboolean gst_mask2former_analyser_start (GstMask2FormerAnalyser * analyser,
    const GstVideoFrame * frame, const GstMask2FormerThresholds * thresholds,
    GError ** error);
void gst_mask2former_analyser_wait (GstMask2FormerAnalyser * analyser);
gboolean gst_mask2former_analyser_finish (GstMask2FormerAnalyser * analyser,
    M2fResult * result, GError ** error);

/* The size of the network's input in the newest run that has ended; any thread may ask. */
void gst_mask2former_analyser_get_input_size (GstMask2FormerAnalyser *
    analyser, gint * height, gint * width);

/* Makes the run in progress, and all until uncancel(), fail with M2F_ERROR_CANCELLED.  Does not
 * wait; any thread may call it. */
void gst_mask2former_analyser_cancel (GstMask2FormerAnalyser * analyser);
void gst_mask2former_analyser_uncancel (GstMask2FormerAnalyser * analyser);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMask2FormerAnalyser,
    gst_mask2former_analyser_free)

G_END_DECLS

#endif

/* Durations of frames: statistics for people, latency for the pipeline.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_RUNSTATS_H__
#define __GST_MASK2FORMER_RUNSTATS_H__

#include <gst/gst.h>

#include "model/m2f.h"

G_BEGIN_DECLS

#define GST_MASK2FORMER_N_STAGES 7
#define GST_MASK2FORMER_LATENCY_WINDOW 16
#define GST_MASK2FORMER_LATENCY_WARM_UP 10      /* inferences whose every rise is reported */

/* Zero is the state of a new stream.  No locking of its own. */
typedef struct
{
  guint64 frames;               /* seen, also those passed through; counted by the element */
  guint64 inferences;
  guint64 unusable_frames;      /* that went on without metadata; counted by the element */
  struct
  {
    gdouble last, sum, max;     /* milliseconds */
  } stages[GST_MASK2FORMER_N_STAGES];

  GstClockTime window[GST_MASK2FORMER_LATENCY_WINDOW];  /* newest frames' times, a ring */
  guint64 n_window;             /* times ever put into it */
  GstClockTime latency;         /* what the element says it adds */
  GstClockTime latency_changed; /* when it last did */
} GstMask2FormerRunStats;

/* Counts an inference: the library's stages, drawing, and the frame's arrival and departure by a
 * clock that never goes back.  TRUE if `latency` changed, so that the pipeline should ask again.
 *
 * The latency is 5 % more than the second longest of the last frames, so that a single hiccup does
 * not count.  Every change makes the sink skip or wait: it grows when those 5 % are used up,
 * shrinks by a quarter or more, and after the first frames changes once a second at most. */
gboolean gst_mask2former_run_stats_add (GstMask2FormerRunStats * stats,
    const M2fTimings * timings, GstClockTime overlay, GstClockTime arrival,
    GstClockTime departure);

/* Starts the latency anew, for frames of another size. */
void gst_mask2former_run_stats_reset_latency (GstMask2FormerRunStats * stats);

/* The "stats" property without what the element knows of its model (transfer full). */
GstStructure *gst_mask2former_run_stats_to_structure (const
    GstMask2FormerRunStats * stats);

G_END_DECLS

#endif

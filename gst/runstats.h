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

#define GST_MASK2FORMER_N_STAGES 10
#define GST_MASK2FORMER_LATENCY_WINDOW 16
#define GST_MASK2FORMER_LATENCY_WARM_UP 10      /* frames whose every rise is reported */

/* Zero is the state of a new stream.  No locking of its own. */
typedef struct
{
  guint64 frames;               /* seen, also those passed through; counted by the element */
  guint64 inferences;
  gint input_height, input_width;       /* of the network, of late; set by the element */
  guint64 carried_frames;       /* with the result of an earlier one */
  guint64 moved_frames;         /* of those, whose result followed the picture */
  guint64 late_frames;          /* not analysed because of QoS; counted by the element */
  guint64 unusable_frames;      /* that went on without metadata; counted by the element */
  struct
  {
    guint64 n;
    gdouble last, sum, max;     /* milliseconds */
  } stages[GST_MASK2FORMER_N_STAGES];

  GstClockTime window[GST_MASK2FORMER_LATENCY_WINDOW];  /* newest frames' times, a ring */
  guint64 n_window;             /* times ever put into it */
  GstClockTime latency;         /* what the element says it adds */
  GstClockTime latency_changed; /* when it last did */
} GstMask2FormerRunStats;

/* Counts an inference and the library's stages. */
void gst_mask2former_run_stats_add_inference (GstMask2FormerRunStats * stats,
    const M2fTimings * timings);

/* What became of a frame with segments; in ns. */
typedef struct
{
  GstClockTime age;             /* of its result */
  GstClockTime motion;          /* time for moving that */
  GstClockTime overlay;         /* time for drawing */
  GstClockTime arrival, departure;      /* by a clock that never goes back */
} GstMask2FormerFrameTimes;

void gst_mask2former_run_stats_add_frame (GstMask2FormerRunStats * stats,
    const GstMask2FormerFrameTimes * times);

/* Takes a frame into account for the latency.  TRUE if `latency` changed, so that the pipeline
 * should ask again.
 *
 * The latency is 5 % more than the second longest of the last frames, so that a single hiccup does
 * not count.  Every change makes the sink skip or wait: it grows when those 5 % are used up,
 * shrinks by a quarter or more, and after the first frames changes once a second at most. */
gboolean gst_mask2former_run_stats_add_latency (GstMask2FormerRunStats * stats,
    GstClockTime arrival, GstClockTime departure);

/* Starts the latency anew, for frames of another size or that wait for other things. */
void gst_mask2former_run_stats_reset_latency (GstMask2FormerRunStats * stats);

/* The property "stats", and its value (transfer full); the model may be NULL. */
GParamSpec *gst_mask2former_run_stats_param_spec (void);
GstStructure *gst_mask2former_run_stats_to_structure (const
    GstMask2FormerRunStats * stats, const M2fModel * model, gboolean waits);

G_END_DECLS

#endif

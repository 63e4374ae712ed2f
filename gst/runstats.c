/* Durations of frames: statistics for people, latency for the pipeline.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/runstats.h"

/* The library's stages, all of them together, and those of a frame. */
enum
{
  PREPROCESS,
  BACKBONE,
  PIXEL_DECODER,
  DECODER,
  POSTPROCESS,
  INFERENCE,
  MOTION,
  OVERLAY,
  AGE,
  TOTAL,
};

static const gchar *const stage_names[] = {
  [PREPROCESS] = "preprocess",
  [BACKBONE] = "backbone",
  [PIXEL_DECODER] = "pixel-decoder",
  [DECODER] = "decoder",
  [POSTPROCESS] = "postprocess",
  [INFERENCE] = "inference",
  [MOTION] = "motion",
  [OVERLAY] = "overlay",
  [AGE] = "age",
  [TOTAL] = "total",
};

G_STATIC_ASSERT (G_N_ELEMENTS (stage_names) == GST_MASK2FORMER_N_STAGES);

/* Time that frames now take, without headroom. */
static GstClockTime
estimate (const GstMask2FormerRunStats * stats)
{
  guint i, n = MIN (stats->n_window, GST_MASK2FORMER_LATENCY_WINDOW);
  GstClockTime longest = 0, second = 0;

  for (i = 0; i < n; i++) {
    GstClockTime time = stats->window[i];

    if (time > longest) {
      second = longest;
      longest = time;
    } else if (time > second) {
      second = time;
    }
  }
  return n == 1 ? longest : second;
}

static void
add_time (GstMask2FormerRunStats * stats, guint stage, gdouble milliseconds)
{
  stats->stages[stage].n++;
  stats->stages[stage].last = milliseconds;
  stats->stages[stage].sum += milliseconds;
  stats->stages[stage].max = MAX (stats->stages[stage].max, milliseconds);
}

void
gst_mask2former_run_stats_add_inference (GstMask2FormerRunStats * stats,
    const M2fTimings * timings)
{
  stats->inferences++;
  add_time (stats, PREPROCESS, timings->preprocess);
  add_time (stats, BACKBONE, timings->backbone);
  add_time (stats, PIXEL_DECODER, timings->pixel_decoder);
  add_time (stats, DECODER, timings->decoder);
  add_time (stats, POSTPROCESS, timings->postprocess);
  add_time (stats, INFERENCE, timings->total);
}

void
gst_mask2former_run_stats_add_frame (GstMask2FormerRunStats * stats,
    const GstMask2FormerFrameTimes * times)
{
  GstClockTime total = times->departure - times->arrival;

  add_time (stats, MOTION, (gdouble) times->motion / GST_MSECOND);
  add_time (stats, OVERLAY, (gdouble) times->overlay / GST_MSECOND);
  add_time (stats, AGE, (gdouble) times->age / GST_MSECOND);
  add_time (stats, TOTAL, (gdouble) total / GST_MSECOND);
}

gboolean
gst_mask2former_run_stats_add_latency (GstMask2FormerRunStats * stats,
    GstClockTime arrival, GstClockTime departure)
{
  GstClockTime needed, wanted;

  stats->window[stats->n_window++ % GST_MASK2FORMER_LATENCY_WINDOW] =
      departure - arrival;
  needed = estimate (stats);
  wanted = needed * 105 / 100;
  if (needed <= stats->latency &&
      (stats->n_window < GST_MASK2FORMER_LATENCY_WINDOW ||
          wanted > stats->latency / 4 * 3))
    return FALSE;
  if (stats->stages[TOTAL].n > GST_MASK2FORMER_LATENCY_WARM_UP &&
      departure - stats->latency_changed < GST_SECOND)
    return FALSE;
  stats->latency = wanted;
  stats->latency_changed = departure;
  return TRUE;
}

void
gst_mask2former_run_stats_reset_latency (GstMask2FormerRunStats * stats)
{
  stats->n_window = 0;
}

/**
 * GstMask2FormerSeg:stats:
 *
 * A structure of
 *
 * - `frames` (guint64): frames since the element started, those passed through included
 * - `inferences` (guint64): frames that the network has run on
 * - `carried-frames` (guint64): frames that left with the result of an earlier one
 * - `moved-frames` (guint64): those of them whose result was moved as the picture has moved since,
 *   see #GstMask2FormerSeg:propagate
 * - `late-frames` (guint64): frames that were not looked at because of QoS events
 * - `unusable-frames` (guint64): frames that went on without metadata, because they were too short,
 *   described themselves wrongly or could not be mapped; the first of a kind gave a WARNING
 * - `latency` (guint64): nanoseconds that the element adds to the latency of live pipelines
 * - `mode` (string): `every-frame` or `latest`, whichever is in effect
 * - `input-height`, `input-width` (gint): pixels of the network's input in the newest inference; 0
 *   before the first
 * - `preprocess`, `backbone`, `pixel-decoder`, `decoder`, `postprocess` and all of them together,
 *   `inference`, each with `-last`, `-mean` and `-max` (gdouble): milliseconds of the newest
 *   inference, and the mean and the maximum since the element started
 * - `motion`, `overlay` and `total`, likewise: milliseconds that moving segments and drawing them
 *   into a frame took, and that frame spent in the element
 * - `age`, likewise: milliseconds between a frame and the one whose result it left with
 * - `model`, `device`, `precision` (strings, while a model is loaded): directory of the checkpoint,
 *   what it runs on and what it computes in
 *
 * Since: 0.1
 */

GParamSpec *
gst_mask2former_run_stats_param_spec (void)
{
  return g_param_spec_boxed ("stats", "Statistics",
      "Number of frames, inferences, carried, moved, late and unusable frames, "
      "milliseconds per stage (last, mean, max), latency in ns, mode, input "
      "size, model, device and precision", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

GstStructure *
gst_mask2former_run_stats_to_structure (const GstMask2FormerRunStats * stats,
    const M2fModel * model, gboolean waits)
{
  GstStructure *structure = gst_structure_new ("mask2former-stats",
      "frames", G_TYPE_UINT64, stats->frames,
      "inferences", G_TYPE_UINT64, stats->inferences,
      "carried-frames", G_TYPE_UINT64, stats->carried_frames,
      "moved-frames", G_TYPE_UINT64, stats->moved_frames,
      "late-frames", G_TYPE_UINT64, stats->late_frames,
      "unusable-frames", G_TYPE_UINT64, stats->unusable_frames,
      "latency", G_TYPE_UINT64, stats->latency,
      "mode", G_TYPE_STRING, waits ? "every-frame" : "latest",
      "input-height", G_TYPE_INT, stats->input_height,
      "input-width", G_TYPE_INT, stats->input_width, NULL);
  guint i;

  for (i = 0; i < GST_MASK2FORMER_N_STAGES; i++) {
    const gdouble values[] = {
      stats->stages[i].last,
      stats->stages[i].sum / MAX (stats->stages[i].n, 1),
      stats->stages[i].max,
    };
    static const gchar *const suffixes[] = { "last", "mean", "max" };
    guint k;

    for (k = 0; k < G_N_ELEMENTS (values); k++) {
      g_autofree gchar *name =
          g_strdup_printf ("%s-%s", stage_names[i], suffixes[k]);

      gst_structure_set (structure, name, G_TYPE_DOUBLE, values[k], NULL);
    }
  }
  if (model)
    gst_structure_set (structure,
        "model", G_TYPE_STRING, m2f_model_path (model),
        "device", G_TYPE_STRING, m2f_model_device (model),
        "precision", G_TYPE_STRING, m2f_model_precision (model), NULL);
  return structure;
}

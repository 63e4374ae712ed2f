/* Durations of frames: statistics for people, latency for the pipeline.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/runstats.h"

static const gchar *const stage_names[GST_MASK2FORMER_N_STAGES] = {
  "preprocess", "backbone", "pixel-decoder", "decoder", "postprocess",
  "overlay", "total",
};

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

static gboolean
update_latency (GstMask2FormerRunStats * stats, GstClockTime arrival,
    GstClockTime departure)
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
  if (stats->inferences > GST_MASK2FORMER_LATENCY_WARM_UP &&
      departure - stats->latency_changed < GST_SECOND)
    return FALSE;
  stats->latency = wanted;
  stats->latency_changed = departure;
  return TRUE;
}

gboolean
gst_mask2former_run_stats_add (GstMask2FormerRunStats * stats,
    const M2fTimings * timings, GstClockTime overlay, GstClockTime arrival,
    GstClockTime departure)
{
  const gdouble times[GST_MASK2FORMER_N_STAGES] = {
    timings->preprocess, timings->backbone, timings->pixel_decoder,
    timings->decoder, timings->postprocess,
    (gdouble) overlay / GST_MSECOND,
    (gdouble) (departure - arrival) / GST_MSECOND,
  };
  guint i;

  stats->inferences++;
  for (i = 0; i < GST_MASK2FORMER_N_STAGES; i++) {
    stats->stages[i].last = times[i];
    stats->stages[i].sum += times[i];
    stats->stages[i].max = MAX (stats->stages[i].max, times[i]);
  }
  return update_latency (stats, arrival, departure);
}

void
gst_mask2former_run_stats_reset_latency (GstMask2FormerRunStats * stats)
{
  stats->n_window = 0;
}

GstStructure *
gst_mask2former_run_stats_to_structure (const GstMask2FormerRunStats * stats)
{
  GstStructure *structure = gst_structure_new ("mask2former-stats",
      "frames", G_TYPE_UINT64, stats->frames,
      "inferences", G_TYPE_UINT64, stats->inferences,
      "unusable-frames", G_TYPE_UINT64, stats->unusable_frames,
      "latency", G_TYPE_UINT64, stats->latency, NULL);
  guint i;

  for (i = 0; i < GST_MASK2FORMER_N_STAGES; i++) {
    const gdouble values[] = {
      stats->stages[i].last,
      stats->stages[i].sum / MAX (stats->inferences, 1),
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
  return structure;
}

/* A perfect model that takes as long as the test says, in place of gst/analyser.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/perfect.h"

#include "gst/analyser.h"

struct _GstMask2FormerAnalyser
{
  M2fModel *model;
  gboolean is_on_cpu;           /* as the settings say; the model is in any case */
  gboolean is_started;
  gint width, height;           /* of the frame that is started */
  gdouble threshold;
};

static struct
{
  GMutex lock;
  GCond changed;
  const Clip *clip;
  gint begun;                   /* runs */
  gint permits;                 /* for runs to end */
  gboolean is_cancelled;
  gboolean overflows;
  gboolean refuses[2];          /* preparations, runs */
} perfect;

static gint on_gpu;             /* atomic */

static gboolean
refuses (GstMask2FormerAnalyser * analyser, gint what, GError ** error)
{
  if (analyser->is_on_cpu || !perfect.refuses[what])
    return FALSE;
  g_set_error (error, M2F_ERROR, M2F_ERROR_DEVICE, "perfect: refused");
  return TRUE;
}

GstMask2FormerAnalyser *
gst_mask2former_analyser_new (const GstMask2FormerSettings * settings,
    GError ** error)
{
  M2fModel *model = m2f_model_load (&(M2fLoadOptions) {
        .path = settings->model,.device = "cpu" }, error);
  GstMask2FormerAnalyser *analyser;

  if (!model)
    return NULL;
  analyser = g_new0 (GstMask2FormerAnalyser, 1);
  analyser->model = model;
  analyser->is_on_cpu = g_strcmp0 (settings->device, "cpu") == 0;
  g_atomic_int_set (&on_gpu, !analyser->is_on_cpu);
  return analyser;
}

void
gst_mask2former_analyser_free (GstMask2FormerAnalyser * analyser)
{
  if (analyser)
    m2f_model_unref (analyser->model);
  g_free (analyser);
}

M2fModel *
gst_mask2former_analyser_get_model (const GstMask2FormerAnalyser * analyser)
{
  return analyser->model;
}

M2fTask
gst_mask2former_analyser_get_task (const GstMask2FormerAnalyser * analyser)
{
  return M2F_TASK_PANOPTIC;
}

gboolean
gst_mask2former_analyser_prepare (GstMask2FormerAnalyser * analyser,
    const GstVideoInfo * info, GError ** error)
{
  return !refuses (analyser, 0, error);
}

gboolean
gst_mask2former_analyser_start (GstMask2FormerAnalyser * analyser,
    const GstVideoFrame * frame, const GstMask2FormerThresholds * thresholds,
    GError ** error)
{
  if (refuses (analyser, 1, error))
    return FALSE;
  if (analyser->is_started) {
    g_set_error (error, M2F_ERROR, M2F_ERROR_BUSY, "one frame is started");
    return FALSE;
  }
  analyser->is_started = TRUE;
  analyser->width = GST_VIDEO_FRAME_WIDTH (frame);
  analyser->height = GST_VIDEO_FRAME_HEIGHT (frame);
  analyser->threshold = thresholds->score;

  g_mutex_lock (&perfect.lock);
  perfect.begun++;
  g_cond_broadcast (&perfect.changed);
  g_mutex_unlock (&perfect.lock);
  return TRUE;
}

void
gst_mask2former_analyser_wait (GstMask2FormerAnalyser * analyser)
{
  if (!analyser->is_started)
    return;
  g_mutex_lock (&perfect.lock);
  while (perfect.permits == 0 && !perfect.is_cancelled)
    g_cond_wait (&perfect.changed, &perfect.lock);
  g_mutex_unlock (&perfect.lock);
}

gboolean
gst_mask2former_analyser_finish (GstMask2FormerAnalyser * analyser,
    M2fResult * result, GError ** error)
{
  Clip clip = *perfect.clip;
  M2fResult found;
  gboolean is_cancelled, overflows;

  gst_mask2former_analyser_wait (analyser);
  analyser->is_started = FALSE;
  g_mutex_lock (&perfect.lock);
  overflows = perfect.overflows;
  is_cancelled = perfect.is_cancelled;
  perfect.permits -= !is_cancelled;
  g_mutex_unlock (&perfect.lock);
  if (is_cancelled) {
    g_set_error (error, M2F_ERROR, M2F_ERROR_CANCELLED, "cancelled");
    return FALSE;
  }

  clip.width = analyser->width;
  clip.height = analyser->height;
  found = clip_result (&clip, analyser->threshold);
  m2f_result_clear (result);
  result->map = g_steal_pointer (&found.map);
  result->map_width = result->map_stride = found.map_width;
  result->map_height = found.map_height;
  result->map_depth = 1;
  result->segment_array = g_array_new (FALSE, FALSE, sizeof (M2fSegment));
  g_array_append_vals (result->segment_array, found.segments, found.n_segments);
  result->segments = (M2fSegment *) result->segment_array->data;
  result->n_segments = overflows ? 0 : found.n_segments;
  result->non_finite = overflows;
  clip_result_clear (&found);
  return TRUE;
}

void
gst_mask2former_analyser_get_input_size (GstMask2FormerAnalyser * analyser,
    gint * height, gint * width)
{
  *height = *width = 0;
}

static void
set_cancelled (gboolean is_cancelled)
{
  g_mutex_lock (&perfect.lock);
  perfect.is_cancelled = is_cancelled;
  g_cond_broadcast (&perfect.changed);
  g_mutex_unlock (&perfect.lock);
}

void
gst_mask2former_analyser_cancel (GstMask2FormerAnalyser * analyser)
{
  set_cancelled (TRUE);
}

void
gst_mask2former_analyser_uncancel (GstMask2FormerAnalyser * analyser)
{
  set_cancelled (FALSE);
}

/* ---- for tests ---- */

void
perfect_start (const Clip * clip)
{
  g_mutex_lock (&perfect.lock);
  perfect.clip = clip;
  perfect.begun = perfect.permits = 0;
  perfect.is_cancelled = perfect.overflows = FALSE;
  perfect.refuses[0] = perfect.refuses[1] = FALSE;
  g_mutex_unlock (&perfect.lock);
}

void
perfect_overflow (void)
{
  g_mutex_lock (&perfect.lock);
  perfect.overflows = TRUE;
  g_mutex_unlock (&perfect.lock);
}

gboolean
perfect_is_on_gpu (void)
{
  return g_atomic_int_get (&on_gpu);
}

void
perfect_refuse (gint what)
{
  g_mutex_lock (&perfect.lock);
  perfect.refuses[what] = TRUE;
  g_mutex_unlock (&perfect.lock);
}

gint
perfect_begun (void)
{
  gint begun;

  g_mutex_lock (&perfect.lock);
  begun = perfect.begun;
  g_mutex_unlock (&perfect.lock);
  return begun;
}

void
perfect_permit (gint runs)
{
  g_mutex_lock (&perfect.lock);
  perfect.permits += runs;
  g_cond_broadcast (&perfect.changed);
  g_mutex_unlock (&perfect.lock);
}

void
perfect_wait_begun (gint n)
{
  g_mutex_lock (&perfect.lock);
  while (perfect.begun < n)
    g_cond_wait (&perfect.changed, &perfect.lock);
  g_mutex_unlock (&perfect.lock);
}

void
perfect_finish_run (void)
{
  gint begun = perfect_begun ();

  perfect_permit (1);
  perfect_wait_begun (begun + 1);
}

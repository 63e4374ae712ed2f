/* Finds segments in video frames: a model, how it is to be run, and the plan for one stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/analyser.h"

#include "gst/budget.h"
#include "gst/dmabuf.h"
#include "gst/frame.h"
#include "gst/parse.h"

struct _GstMask2FormerAnalyser
{
  M2fModel *model;
  M2fSession *session;
  M2fParams params;             /* label_ids_to_fuse: the model's or those below */
  GArray *label_ids_to_fuse;    /* gint; NULL without such a setting */
  const gchar **labels;         /* of labels-file by label id, or NULL */

  gboolean chooses_size;        /* input-size is auto */
  gdouble target_rate;          /* results per second */
  GstMask2FormerBudget budget;  /* for frames like `info` */
  GstVideoInfo info;

  GMutex lock;
  gint input_height, input_width;       /* of the newest run; under the lock */
};

/* Names that results may point to for as long as they like. */
static gboolean
read_labels (GstMask2FormerAnalyser * analyser, const gchar * path,
    GError ** error)
{
  gint n = m2f_model_n_labels (analyser->model), i;
  g_auto (GStrv) labels = m2f_labels_from_file (path, n, error);

  if (!labels) {
    g_prefix_error (error, "labels-file ");
    return FALSE;
  }
  analyser->labels = g_try_new (const gchar *, n);
  if (!analyser->labels) {
    g_set_error (error, M2F_ERROR, M2F_ERROR_DEVICE,
        "labels-file: no memory for %d names", n);
    return FALSE;
  }
  for (i = 0; i < n; i++)
    analyser->labels[i] = g_intern_string (labels[i]);
  return TRUE;
}

/* Replaces what the checkpoint says by what the settings say. */
static gboolean
apply_settings (GstMask2FormerAnalyser * analyser,
    const GstMask2FormerSettings * settings, GError ** error)
{
  M2fParams *params = &analyser->params;

  m2f_params_init (params, analyser->model);
  params->postprocess = settings->postprocess;
  params->ids_from_one = TRUE;  /* metadata says 0 where there is no segment */
  if (settings->task != GST_MASK2FORMER_TASK_AUTO)
    params->task = settings->task;

  analyser->target_rate = settings->target_rate;
  analyser->chooses_size = g_strcmp0 (settings->input_size, "auto") == 0;
  if (!analyser->chooses_size &&
      settings->input_size && *settings->input_size &&
      !gst_mask2former_parse_input_size (settings->input_size,
          &params->input_height, &params->input_width, error))
    return FALSE;
  if (settings->label_ids_to_fuse && *settings->label_ids_to_fuse) {
    analyser->label_ids_to_fuse =
        gst_mask2former_parse_label_ids (settings->label_ids_to_fuse,
        m2f_model_n_labels (analyser->model), error);
    if (!analyser->label_ids_to_fuse)
      return FALSE;
    params->label_ids_to_fuse =
        (const gint *) analyser->label_ids_to_fuse->data;
    params->n_label_ids_to_fuse = analyser->label_ids_to_fuse->len;
  }
  return !settings->labels_file || !*settings->labels_file ||
      read_labels (analyser, settings->labels_file, error);
}

GstMask2FormerAnalyser *
gst_mask2former_analyser_new (const GstMask2FormerSettings * settings,
    GError ** error)
{
  g_autoptr (GstMask2FormerAnalyser) analyser =
      g_new0 (GstMask2FormerAnalyser, 1);

  g_mutex_init (&analyser->lock);
  analyser->model = m2f_model_load (&(M2fLoadOptions) {
      .path = settings->model && *settings->model ? settings->model : NULL,
      .device = settings->device,
      .precision = gst_mask2former_precision_name (settings->precision),
      .threads = settings->threads,
      }, error);

  if (!analyser->model || !apply_settings (analyser, settings, error))
    return NULL;
  analyser->session = m2f_session_new (analyser->model);
  return g_steal_pointer (&analyser);
}

void
gst_mask2former_analyser_free (GstMask2FormerAnalyser * analyser)
{
  if (!analyser)
    return;
  g_free (analyser->labels);
  g_clear_pointer (&analyser->label_ids_to_fuse, g_array_unref);
  m2f_session_free (analyser->session);
  m2f_model_unref (analyser->model);
  g_mutex_clear (&analyser->lock);
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
  return analyser->params.task;
}

static void
set_aspect (GstMask2FormerAnalyser * analyser, const GstVideoInfo * info)
{
  gdouble ratio = (gdouble) GST_VIDEO_INFO_PAR_N (info) /
      MAX (GST_VIDEO_INFO_PAR_D (info), 1);

  /* no camera and no film goes beyond; such numbers are mistakes */
  analyser->params.pixel_aspect_ratio =
      ratio >= 1.0 / 16 && ratio <= 16 ? ratio : 1;
}

static gboolean
prepare_session (GstMask2FormerAnalyser * analyser, const GstVideoInfo * info,
    GError ** error)
{
  return m2f_session_prepare (analyser->session, info->width, info->height,
      gst_mask2former_format (GST_VIDEO_INFO_FORMAT (info)),
      &analyser->params, error);
}

/* Begins to look for the size at which frames like this hold the rate. */
static gboolean
start_budget (GstMask2FormerAnalyser * analyser, const GstVideoInfo * info,
    GError ** error)
{
  gint height, width;

  analyser->params.input_height = analyser->params.input_width = 0;
  if (!prepare_session (analyser, info, error))
    return FALSE;
  m2f_session_input_size (analyser->session, &height, &width);
  gst_mask2former_budget_init (&analyser->budget, height, width,
      analyser->target_rate);
  analyser->info = *info;
  return TRUE;
}

/* Sets how frames like this are run. */
static gboolean
set_params (GstMask2FormerAnalyser * analyser, const GstVideoInfo * info,
    GError ** error)
{
  M2fParams *params = &analyser->params;
  GstMask2FormerBudget *budget = &analyser->budget;

  set_aspect (analyser, info);
  if (!analyser->chooses_size)
    return TRUE;
  if ((info->width != analyser->info.width ||
          info->height != analyser->info.height ||
          info->par_n != analyser->info.par_n ||
          info->par_d != analyser->info.par_d) &&
      !start_budget (analyser, info, error))
    return FALSE;

  gst_mask2former_budget_get_size (budget, &params->input_height,
      &params->input_width);
  if (params->input_height == budget->own_height &&
      params->input_width == budget->own_width)
    params->input_height = params->input_width = 0;     /* as the checkpoint says */
  return TRUE;
}

gboolean
gst_mask2former_analyser_prepare (GstMask2FormerAnalyser * analyser,
    const GstVideoInfo * info, GError ** error)
{
  return set_params (analyser, info, error) &&
      prepare_session (analyser, info, error);
}

/* Takes note of a run. */
static void
finish_run (GstMask2FormerAnalyser * analyser, const M2fResult * result)
{
  gint height, width;

  m2f_session_input_size (analyser->session, &height, &width);
  g_mutex_lock (&analyser->lock);
  analyser->input_height = height;
  analyser->input_width = width;
  g_mutex_unlock (&analyser->lock);
  if (analyser->chooses_size)
    gst_mask2former_budget_add (&analyser->budget, result->timings.total);
}

/* How the session is to run a frame. */
static gboolean
describe_run (GstMask2FormerAnalyser * analyser, const GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds, M2fImage * image,
    M2fDmabuf * dmabuf, M2fParams * params, GError ** error)
{
  if (!set_params (analyser, &frame->info, error))
    return FALSE;
  *params = analyser->params;
  params->threshold = thresholds->score;
  params->mask_threshold = thresholds->mask;
  params->overlap_mask_area_threshold = thresholds->overlap_mask_area;
  if (!gst_mask2former_frame_to_image (frame, image)) {
    g_set_error (error, M2F_ERROR, M2F_ERROR_UNSUPPORTED,
        "frames of format %s cannot be read",
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)));
    return FALSE;
  }
  if (gst_mask2former_dmabuf_of_frame (frame, dmabuf))
    image->dmabuf = dmabuf;
  return TRUE;
}

/* Gives the segments the names of labels-file. */
static void
name_segments (const GstMask2FormerAnalyser * analyser, M2fResult * result)
{
  gint i;

  for (i = 0; analyser->labels && i < result->n_segments; i++)
    result->segments[i].label = analyser->labels[result->segments[i].label_id];
}

gboolean
gst_mask2former_analyser_run (GstMask2FormerAnalyser * analyser,
    const GstVideoFrame * frame, const GstMask2FormerThresholds * thresholds,
    M2fResult * result, GError ** error)
{
  M2fParams params;
  M2fDmabuf dmabuf;
  M2fImage image;

  if (!describe_run (analyser, frame, thresholds, &image, &dmabuf, &params,
          error) ||
      !m2f_session_run (analyser->session, &image, &params, result, error))
    return FALSE;
  finish_run (analyser, result);
  name_segments (analyser, result);
  return TRUE;
}

gboolean
gst_mask2former_analyser_start (GstMask2FormerAnalyser * analyser,
    const GstVideoFrame * frame, const GstMask2FormerThresholds * thresholds,
    GError ** error)
{
  M2fParams params;
  M2fDmabuf dmabuf;
  M2fImage image;

  return describe_run (analyser, frame, thresholds, &image, &dmabuf, &params,
      error) &&
      m2f_session_start (analyser->session, &image, &params, error);
}

void
gst_mask2former_analyser_wait (GstMask2FormerAnalyser * analyser)
{
  m2f_session_wait (analyser->session);
}

gboolean
gst_mask2former_analyser_finish (GstMask2FormerAnalyser * analyser,
    M2fResult * result, GError ** error)
{
  if (!m2f_session_finish (analyser->session, result, error))
    return FALSE;
  finish_run (analyser, result);
  name_segments (analyser, result);
  return TRUE;
}

void
gst_mask2former_analyser_cancel (GstMask2FormerAnalyser * analyser)
{
  m2f_session_cancel (analyser->session);
}

void
gst_mask2former_analyser_uncancel (GstMask2FormerAnalyser * analyser)
{
  m2f_session_uncancel (analyser->session);
}

void
gst_mask2former_analyser_get_input_size (GstMask2FormerAnalyser * analyser,
    gint * height, gint * width)
{
  g_mutex_lock (&analyser->lock);
  *height = analyser->input_height;
  *width = analyser->input_width;
  g_mutex_unlock (&analyser->lock);
}

/* The planes of a mapped frame as rows of blocks of samples.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/planes.h"

/* Adds the samples of a component to the blocks of its plane. */
static void
place_component (GstMask2FormerPlane * plane, const GstVideoFormatInfo * format,
    gint comp)
{
  gint step = gst_mask2former_sample_step (format, comp, plane->sample_size);
  gint first = gst_mask2former_first_sample (format, comp, plane->sample_size);
  gboolean wide = GST_VIDEO_FORMAT_INFO_W_SUB (format, comp) > 0;
  gboolean high = GST_VIDEO_FORMAT_INFO_H_SUB (format, comp) > 0;
  gint sample, i;

  for (sample = first; sample < plane->n_samples; sample += step) {
    plane->is_colour[sample] = 1;
    for (i = 0; i < 4; i++) {
      gint column = wide ? i & 1 : (sample - first) / step;

      plane->pixels[sample][i] = column + (high ? i & 2 : 0);
    }
  }
}

static void
init_plane (GstMask2FormerPlane * plane, const GstVideoFrame * frame,
    guint number)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gint comp, step = 0;

  *plane = (GstMask2FormerPlane) {
    .data = GST_VIDEO_FRAME_PLANE_DATA (frame, number),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, number),
    .sample_size = GST_VIDEO_FORMAT_INFO_DEPTH (format, 0) > 8 ? 2 : 1,
  };
  for (comp = 0; comp < gst_mask2former_n_colours (format); comp++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (format, comp) != number)
      continue;
    step = MAX (step, GST_VIDEO_FORMAT_INFO_PSTRIDE (format, comp));
    plane->w_shift = MAX (plane->w_shift,
        GST_VIDEO_FORMAT_INFO_W_SUB (format, comp));
    plane->h_shift = MAX (plane->h_shift,
        GST_VIDEO_FORMAT_INFO_H_SUB (format, comp));
  }
  plane->n_samples = step / plane->sample_size;
  plane->columns = GST_VIDEO_SUB_SCALE (plane->w_shift,
      GST_VIDEO_FRAME_WIDTH (frame));
  plane->rows = GST_VIDEO_SUB_SCALE (plane->h_shift,
      GST_VIDEO_FRAME_HEIGHT (frame));
  for (comp = 0; comp < gst_mask2former_n_colours (format); comp++)
    if (GST_VIDEO_FORMAT_INFO_PLANE (format, comp) == number)
      place_component (plane, format, comp);
}

void
gst_mask2former_planes_init (GstMask2FormerPlanes * planes,
    const GstVideoFrame * frame)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  guint i;

  *planes = (GstMask2FormerPlanes) {
    .format = format,
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .n_planes = MIN (GST_VIDEO_FRAME_N_PLANES (frame),
        GST_MASK2FORMER_MAX_PLANES),
    .band = 1,
    .depth = GST_VIDEO_FORMAT_INFO_DEPTH (format, 0),
    .shift = GST_VIDEO_FORMAT_INFO_SHIFT (format, 0),
  };
  for (i = 0; i < planes->n_planes; i++) {
    init_plane (&planes->plane[i], frame, i);
    planes->band = MAX (planes->band, 1 << planes->plane[i].h_shift);
  }
}

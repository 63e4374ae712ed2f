/* Layout of a video frame's pixels, and the colours they stand for.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/frame.h"

GstVideoColorMatrix
gst_mask2former_frame_matrix (const GstVideoInfo * info)
{
  switch (GST_VIDEO_INFO_COLORIMETRY (info).matrix) {
    case GST_VIDEO_COLOR_MATRIX_UNKNOWN:
      /* meaningless for YUV, but occurs in practice; treated as unspecified */
    case GST_VIDEO_COLOR_MATRIX_RGB:
      return GST_VIDEO_INFO_HEIGHT (info) > 576 ?
          GST_VIDEO_COLOR_MATRIX_BT709 : GST_VIDEO_COLOR_MATRIX_BT601;
    default:
      return GST_VIDEO_INFO_COLORIMETRY (info).matrix;
  }
}

gint
gst_mask2former_format (GstVideoFormat format)
{
  M2fFormat same;

  switch (format) {
    case GST_VIDEO_FORMAT_RGBx:
      return M2F_FORMAT_RGBA;
    case GST_VIDEO_FORMAT_BGRx:
      return M2F_FORMAT_BGRA;
    case GST_VIDEO_FORMAT_xRGB:
      return M2F_FORMAT_ARGB;
    case GST_VIDEO_FORMAT_xBGR:
      return M2F_FORMAT_ABGR;
    default:                   /* the library has GStreamer's names */
      return m2f_format_from_name (gst_video_format_to_string (format), &same,
          NULL) ? (gint) same : -1;
  }
}

/* Of RGB and grey, where 0..255 is the rule. */
static gboolean
is_limited_range (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_COLORIMETRY (info).range == GST_VIDEO_COLOR_RANGE_16_235;
}

/* Of YUV, where 16..235 is. */
static gboolean
is_full_range (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_COLORIMETRY (info).range == GST_VIDEO_COLOR_RANGE_0_255;
}

gboolean
gst_mask2former_frame_to_image (const GstVideoFrame * frame, M2fImage * image)
{
  gint format = gst_mask2former_format (GST_VIDEO_FRAME_FORMAT (frame));
  guint i;

  if (format < 0)
    return FALSE;

  *image = (M2fImage) {
    .format = format,
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .full_range = is_full_range (&frame->info),
    .limited_range = is_limited_range (&frame->info),
  };
  for (i = 0; i < MIN (GST_VIDEO_FRAME_N_PLANES (frame),
          G_N_ELEMENTS (image->data)); i++) {   /* a fourth plane has alpha */
    image->data[i] = GST_VIDEO_FRAME_PLANE_DATA (frame, i);
    image->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
  }

  /* FCC is BT.601 to three digits, and SMPTE 240M within one level of BT.709 */
  switch (gst_mask2former_frame_matrix (&frame->info)) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
    case GST_VIDEO_COLOR_MATRIX_FCC:
      image->matrix = M2F_MATRIX_BT601;
      break;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      image->matrix = M2F_MATRIX_BT2020;
      break;
    default:
      image->matrix = M2F_MATRIX_BT709;
      break;
  }
  return TRUE;
}

/* Y in 0..1, U and V in -0.5..0.5 from R'G'B' in 0..1. */
static void
yuv_rows (const GstVideoInfo * info, gdouble rows[3][3])
{
  gdouble kr, kg, kb;
  guint c;

  if (!gst_video_color_matrix_get_Kr_Kb (gst_mask2former_frame_matrix (info),
          &kr, &kb))
    kr = 0.2126, kb = 0.0722;
  kg = 1 - kr - kb;
  rows[0][0] = kr, rows[0][1] = kg, rows[0][2] = kb;
  for (c = 0; c < 3; c++) {
    rows[1][c] = ((c == 2) - rows[0][c]) / (1 - kb) / 2;
    rows[2][c] = ((c == 0) - rows[0][c]) / (1 - kr) / 2;
  }
}

void
gst_mask2former_colour_space_init (GstMask2FormerColourSpace * space,
    const GstVideoInfo * info)
{
  gboolean is_full = GST_VIDEO_INFO_IS_YUV (info) ? is_full_range (info) :
      !is_limited_range (info);
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  gdouble rows[3][3] = { {1, 0, 0}, {0, 1, 0}, {0, 0, 1} };
  guint i, c;

  if (!GST_VIDEO_INFO_IS_RGB (info))
    yuv_rows (info, rows);
  gst_video_color_range_offsets (is_full ? GST_VIDEO_COLOR_RANGE_0_255 :
      GST_VIDEO_COLOR_RANGE_16_235, info->finfo, offset, scale);
  for (i = 0; i < 3; i++) {
    for (c = 0; c < 3; c++)
      space->matrix[i][c] = rows[i][c] * scale[i] / 255;
    space->offset[i] = offset[i];
  }
}

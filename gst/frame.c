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
  switch (format) {
    case GST_VIDEO_FORMAT_RGB:
      return M2F_FORMAT_RGB;
    case GST_VIDEO_FORMAT_BGR:
      return M2F_FORMAT_BGR;
    case GST_VIDEO_FORMAT_RGBA:
    case GST_VIDEO_FORMAT_RGBx:
      return M2F_FORMAT_RGBA;
    case GST_VIDEO_FORMAT_BGRA:
    case GST_VIDEO_FORMAT_BGRx:
      return M2F_FORMAT_BGRA;
    case GST_VIDEO_FORMAT_ARGB:
    case GST_VIDEO_FORMAT_xRGB:
      return M2F_FORMAT_ARGB;
    case GST_VIDEO_FORMAT_ABGR:
    case GST_VIDEO_FORMAT_xBGR:
      return M2F_FORMAT_ABGR;
    case GST_VIDEO_FORMAT_NV12:
      return M2F_FORMAT_NV12;
    case GST_VIDEO_FORMAT_I420:
      return M2F_FORMAT_I420;
    default:
      return -1;
  }
}

/* Of RGB, where 0..255 is the rule. */
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
  for (i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
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

void
gst_mask2former_colour_space_init (GstMask2FormerColourSpace * space,
    const GstVideoInfo * info)
{
  gdouble kr, kb, luma, chroma;

  if (!GST_VIDEO_INFO_IS_YUV (info)) {
    gfloat scale = is_limited_range (info) ? 219.0 / 255.0 : 1.0;
    gfloat black = is_limited_range (info) ? 16 : 0;

    *space = (GstMask2FormerColourSpace) {
      .matrix = { {scale, 0, 0}, {0, scale, 0}, {0, 0, scale} },
      .offset = {black, black, black},
    };
    return;
  }

  if (!gst_video_color_matrix_get_Kr_Kb (gst_mask2former_frame_matrix (info),
          &kr, &kb))
    kr = 0.2126, kb = 0.0722;
  luma = is_full_range (info) ? 1.0 : 219.0 / 255.0;
  chroma = is_full_range (info) ? 1.0 : 224.0 / 255.0;

  *space = (GstMask2FormerColourSpace) {
    .matrix = {
      {kr * luma, (1 - kr - kb) * luma, kb * luma},
      {-kr / (1 - kb) / 2 * chroma, -(1 - kr - kb) / (1 - kb) / 2 * chroma,
          chroma / 2},
      {chroma / 2, -(1 - kr - kb) / (1 - kr) / 2 * chroma,
          -kb / (1 - kr) / 2 * chroma},
    },
    .offset = {is_full_range (info) ? 0 : 16, 128, 128},
  };
}

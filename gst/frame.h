/* Layout of a video frame's pixels, and the colours they stand for.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_FRAME_H__
#define __GST_MASK2FORMER_FRAME_H__

#include <gst/video/video.h>

#include "model/m2f.h"

G_BEGIN_DECLS

/* The formats every element of this plugin reads and draws into. */
#define GST_MASK2FORMER_FORMATS \
    "{ RGB, BGR, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR, NV12, I420, " \
    "NV21, YV12, Y42B, Y444, YUY2, UYVY, P010_10LE, I420_10LE, " \
    "RGBP, BGRP, GBR, GBRA, GRAY8 }"

/* Components of a pixel from R'G'B' in 0..255: matrix * rgb + offset, in the format's own steps
 * (0..1023 where it has 10 bits).  GRAY8 has the first only. */
typedef struct
{
  gfloat matrix[3][3];
  gfloat offset[3];
} GstMask2FormerColourSpace;

/* The matrix of a YUV or grey frame; streams that do not say are BT.709 above 576 lines and BT.601
 * up to there, as everywhere in GStreamer. */
GstVideoColorMatrix gst_mask2former_frame_matrix (const GstVideoInfo * info);

/* Describes a mapped frame to the library.  The picture points into the frame's memory and is
 * valid as long as the mapping.  FALSE for a format outside GST_MASK2FORMER_FORMATS. */
gboolean gst_mask2former_frame_to_image (const GstVideoFrame * frame,
    M2fImage * image);

/* The library's name of a format, or -1 for one outside GST_MASK2FORMER_FORMATS. */
gint gst_mask2former_format (GstVideoFormat format);

/* Bytes from the start of a row to the first sample of a component.  GStreamer 1.22 counts the
 * second component of P010's words as 1. */
static inline gint
gst_mask2former_sample_offset (const GstVideoFormatInfo * format, guint comp)
{
  gint offset = GST_VIDEO_FORMAT_INFO_POFFSET (format, comp);

  return GST_VIDEO_FORMAT_INFO_DEPTH (format, comp) > 8 ?
      GST_ROUND_UP_2 (offset) : offset;
}

void gst_mask2former_colour_space_init (GstMask2FormerColourSpace * space,
    const GstVideoInfo * info);

/* Converts premultiplied R'G'B' (0..255) of the given coverage (0..1). */
static inline void
gst_mask2former_colour_space_convert (const GstMask2FormerColourSpace * space,
    const gfloat rgb[3], gfloat coverage, gfloat out[3])
{
  guint i;

  for (i = 0; i < 3; i++)
    out[i] = space->matrix[i][0] * rgb[0] + space->matrix[i][1] * rgb[1] +
        space->matrix[i][2] * rgb[2] + space->offset[i] * coverage;
}

G_END_DECLS

#endif

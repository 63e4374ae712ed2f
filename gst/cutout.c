/* Segments cut out of a frame: all else becomes transparent.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/cutout.h"

#include <string.h>

#include "gst/isa.h"

/* Formats that come out, and those that may go in for them: the same memory. */
static const struct
{
  GstVideoFormat in, out;
} pairs[] = {
  {GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_RGBA},
  {GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_BGRA},
  {GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_ARGB},
  {GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_ABGR},
  {GST_VIDEO_FORMAT_GBRA, GST_VIDEO_FORMAT_GBRA},
  {GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_RGBA},
  {GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_BGRA},
  {GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_ARGB},
  {GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_ABGR},
};

/* ---- caps ---- */

/* True if frames of this structure may have the format. */
static gboolean
allows (const GstStructure * structure, const gchar * format)
{
  const GValue *value = gst_structure_get_value (structure, "format");
  GValue one = G_VALUE_INIT;
  gboolean result;

  if (!value)
    return TRUE;
  g_value_init (&one, G_TYPE_STRING);
  g_value_set_static_string (&one, format);
  result = gst_value_intersect (NULL, value, &one);
  g_value_unset (&one);
  return result;
}

GstCaps *
gst_mask2former_cutout_transform_caps (const GstCaps * caps,
    GstPadDirection direction)
{
  GstCaps *other = gst_caps_new_empty ();
  guint i, k;

  for (k = 0; k < G_N_ELEMENTS (pairs); k++) {
    const gchar *in = gst_video_format_to_string (pairs[k].in);
    const gchar *out = gst_video_format_to_string (pairs[k].out);
    gboolean forward = direction == GST_PAD_SINK;

    for (i = 0; i < gst_caps_get_size (caps); i++) {
      const GstStructure *structure = gst_caps_get_structure (caps, i);
      GstStructure *copy;

      if (!allows (structure, forward ? in : out))
        continue;
      copy = gst_structure_copy (structure);
      gst_structure_set (copy, "format", G_TYPE_STRING, forward ? out : in,
          NULL);
      other = gst_caps_merge_structure_full (other, copy,
          gst_caps_features_copy (gst_caps_get_features (caps, i)));
    }
  }
  return other;
}

gboolean
gst_mask2former_cutout_can_be (GstVideoFormat format)
{
  guint k;

  for (k = 0; k < G_N_ELEMENTS (pairs); k++)
    if (pairs[k].in == format)
      return TRUE;
  return FALSE;
}

/* ---- pixels ---- */

/* Shift of the byte of a pixel of four, read as a word, that is not a colour. */
static guint
alpha_shift (const GstVideoFormatInfo * format)
{
  guint byte = 0 + 1 + 2 + 3, i;

  for (i = 0; i < 3; i++)
    byte -= GST_VIDEO_FORMAT_INFO_POFFSET (format, i);
  return 8 * (G_BYTE_ORDER == G_LITTLE_ENDIAN ? byte : 3 - byte);
}

/* a * b / 255, rounded. */
static inline guint32
multiply (guint32 a, guint32 b)
{
  guint32 product = a * b + 128;

  return (product + (product >> 8)) >> 8;
}

FOR_EACH_ISA static void
cut_pixels (guint8 * pixels, const guint8 * covered, gint n, guint shift,
    gboolean has_alpha)
{
  guint32 opaque = has_alpha ? 0 : 0xffu << shift, pixel;
  gint i;

  for (i = 0; i < n; i++) {
    memcpy (&pixel, pixels + 4 * i, sizeof pixel);
    pixel |= opaque;
    pixel = (pixel & ~(0xffu << shift)) |
        multiply (pixel >> shift & 0xff, covered[i]) << shift;
    pixel = covered[i] ? pixel : 0;
    memcpy (pixels + 4 * i, &pixel, sizeof pixel);
  }
}

FOR_EACH_ISA static void
cut_plane (guint8 * samples, const guint8 * covered, gint n, gboolean is_alpha)
{
  gint i;

  if (is_alpha)
    for (i = 0; i < n; i++)
      samples[i] = multiply (samples[i], covered[i]);
  else
    for (i = 0; i < n; i++)
      samples[i] = covered[i] ? samples[i] : 0;
}

static guint8 *
row_of (GstVideoFrame * frame, guint plane, gint y)
{
  return (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
      (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
}

gboolean
gst_mask2former_cut_out (GstVideoFrame * frame,
    const GstMask2FormerCoverage * coverage)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gint width = GST_VIDEO_FRAME_WIDTH (frame), y;
  guint plane;

  if (!gst_mask2former_cutout_can_be (GST_VIDEO_FRAME_FORMAT (frame)))
    return FALSE;
  for (y = 0; y < GST_VIDEO_FRAME_HEIGHT (frame); y++) {
    const guint8 *covered = gst_mask2former_coverage_row (coverage, y);

    if (GST_VIDEO_FRAME_N_PLANES (frame) == 1)
      cut_pixels (row_of (frame, 0, y), covered, width, alpha_shift (format),
          GST_VIDEO_FORMAT_INFO_HAS_ALPHA (format));
    else
      for (plane = 0; plane < 4; plane++)
        cut_plane (row_of (frame, plane, y), covered, width,
            plane == GST_VIDEO_FORMAT_INFO_PLANE (format, 3));
  }
  return TRUE;
}

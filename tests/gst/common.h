/* Shared by the tests of the element: the element in a harness, a picture in any format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_GST_COMMON_H
#define M2F_TESTS_GST_COMMON_H

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gst/panopticmeta.h"

#ifndef TEST_DATA               /* by hand, in the source folder */
#define TEST_DATA "tests/data"
#endif
#define FIXTURES TEST_DATA "/fixtures/"
#define SQUARE FIXTURES "square"        /* a checkpoint of 0.7 MB with 6 classes */

/* The checkpoint has random weights: take every segment, however unsure. */
#define ANY_SCORE " threshold=0 overlap-mask-area-threshold=0 "

/* The element on the small checkpoint. */
static inline GstHarness *
seg_harness (const gchar * properties)
{
  g_autofree gchar *launch = g_strdup_printf ("mask2formerseg model=" SQUARE
      " precision=fp32 mode=every-frame" ANY_SCORE "%s", properties);

  return gst_harness_new_parse (launch);
}

/* A harness with a downstream that reads frames as their GstVideoMeta says. */
static inline GstHarness *
layout_harness (const gchar * properties)
{
  GstHarness *h = seg_harness (properties);

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
  return h;
}

/* Caps of a format and size; the colorimetry is GStreamer's default for them. */
static inline void
set_caps (GstHarness * h, GstVideoFormat format, gint width, gint height)
{
  GstVideoInfo info;

  fail_unless (gst_video_info_set_format (&info, format, width, height));
  GST_VIDEO_INFO_FPS_N (&info) = 25;
  GST_VIDEO_INFO_FPS_D (&info) = 1;
  gst_harness_set_src_caps (h, gst_video_info_to_caps (&info));
}

/* The fixture's picture, 90 x 120 RGB. */
static inline GstBuffer *
picture (GstVideoInfo * info)
{
  g_autofree gchar *ppm = NULL;
  gsize size, pixels = 90 * 120 * 3;
  GstBuffer *buffer;
  GstVideoFrame frame;
  guint y;

  fail_unless (g_file_get_contents (SQUARE "/image.ppm", &ppm, &size, NULL));
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, 90, 120);
  buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  gst_buffer_memset (buffer, 0, 0, info->size); /* the padding, too, is the same every time */
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (y = 0; y < 120; y++)
    memcpy ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0),
        ppm + size - pixels + y * 270, 270);
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* An empty frame; padded: offset and strides larger than needed, described by a GstVideoMeta. */
static inline GstBuffer *
empty_frame (const GstVideoInfo * info, gboolean padded, guint8 fill)
{
  GstVideoInfo layout = *info;
  GstBuffer *buffer;
  guint plane;
  gsize size = 0;

  if (padded) {
    for (plane = 0; plane < GST_VIDEO_INFO_N_PLANES (info); plane++) {
      gsize rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (info->finfo, plane,
          GST_VIDEO_INFO_HEIGHT (info));

      layout.stride[plane] = info->stride[plane] + 36;
      layout.offset[plane] = size + 12;
      size = layout.offset[plane] + rows * layout.stride[plane];
    }
    layout.size = size;
  }
  buffer = gst_buffer_new_allocate (NULL, layout.size, NULL);
  gst_buffer_memset (buffer, 0, fill, layout.size);
  if (padded)
    gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_INFO_FORMAT (info),
        GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info),
        GST_VIDEO_INFO_N_PLANES (info), layout.offset, layout.stride);
  return buffer;
}

/* Converts and scales a frame into another; GstVideoConverter's options are (transfer full). */
static inline void
convert_with (GstBuffer * from, const GstVideoInfo * from_info, GstBuffer * to,
    const GstVideoInfo * to_info, GstStructure * options)
{
  GstVideoConverter *converter =
      gst_video_converter_new (from_info, to_info, options);
  GstVideoFrame in, out;

  fail_unless (gst_video_frame_map (&in, from_info, from, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, to_info, to, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &in, &out);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  gst_video_converter_free (converter);
}

static inline void
convert (GstBuffer * from, const GstVideoInfo * from_info, GstBuffer * to,
    const GstVideoInfo * to_info)
{
  convert_with (from, from_info, to, to_info, NULL);
}

/* The picture in another format and size, without details, so that subsampled chroma loses none. */
static inline GstBuffer *
picture_as (GstVideoInfo * info, GstVideoFormat format, gint width,
    gint height, gboolean padded)
{
  GstVideoInfo rgb, small_rgb;
  GstBuffer *from = picture (&rgb), *small, *to;

  gst_video_info_set_format (&small_rgb, GST_VIDEO_FORMAT_RGB, 9, 12);
  small = empty_frame (&small_rgb, FALSE, 0);
  convert (from, &rgb, small, &small_rgb);
  fail_unless (gst_video_info_set_format (info, format, width, height));
  to = empty_frame (info, padded, 0xa5);
  convert (small, &small_rgb, to, info);
  gst_buffer_unref (from);
  gst_buffer_unref (small);
  return to;
}

/* Pushes a frame (transfer full) and returns what comes out, which has metadata. */
static inline GstBuffer *
push_frame (GstHarness * h, GstBuffer * frame)
{
  GstBuffer *out = gst_harness_push_and_pull (h, frame);

  fail_unless (out != NULL);
  fail_unless (gst_buffer_get_panoptic_meta (out) != NULL);
  return out;
}

/* The label map as tight bytes (transfer full). */
static inline guint8 *
label_map_bytes (const GstStructure * meta, gint * width, gint * height)
{
  GstBuffer *map = gst_panoptic_meta_get_label_map (meta, NULL);
  GstVideoMeta *video = gst_buffer_get_video_meta (map);
  GstMapInfo info;
  gpointer data;
  guint8 *bytes;
  gint stride;
  guint y;

  fail_unless (video != NULL);
  fail_unless_equals_int (video->format, GST_VIDEO_FORMAT_GRAY8);
  bytes = g_malloc (video->width * video->height);
  fail_unless (gst_video_meta_map (video, 0, &info, &data, &stride,
          GST_MAP_READ));
  for (y = 0; y < video->height; y++)
    memcpy (bytes + y * video->width, (guint8 *) data + y * stride,
        video->width);
  gst_video_meta_unmap (video, 0, &info);
  *width = video->width;
  *height = video->height;
  return bytes;
}

#endif

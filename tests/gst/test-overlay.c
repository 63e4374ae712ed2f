/* The parts of the plugin that need no pipeline: drawing, placing labels, colorimetry, latency.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include "gst/frame.h"
#include "gst/labels.h"
#include "gst/layout.h"
#include "gst/overlay.h"
#include "gst/placement.h"

static const GstMask2FormerLook areas_only = { .opacity = 0.5 };

static const GstMask2FormerLook everything = {
  .opacity = 0.5,.outlines = TRUE,.labels = TRUE,
};

#define N_RGB_FORMATS 14        /* the first so many */
static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_RGBA,
  GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_ABGR,
  GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_xRGB,
  GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_RGBP, GST_VIDEO_FORMAT_BGRP,
  GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_GBRA, GST_VIDEO_FORMAT_NV12,
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_YV12,
  GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_YUY2,
  GST_VIDEO_FORMAT_UYVY, GST_VIDEO_FORMAT_P010_10LE,
  GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_GRAY8,
};

/* Areas and boxes of segments 1..n of a map of bytes. */
static void
measure (M2fResult * result)
{
  gint i, x, y;

  for (i = 0; i < result->n_segments; i++) {
    M2fSegment *segment = &result->segments[i];
    gint left = G_MAXINT, top = G_MAXINT, right = 0, bottom = 0;

    for (y = 0; y < result->map_height; y++) {
      for (x = 0; x < result->map_width; x++) {
        if (result->map[y * result->map_stride + x] != segment->id)
          continue;
        segment->area++;
        left = MIN (left, x);
        top = MIN (top, y);
        right = MAX (right, x + 1);
        bottom = MAX (bottom, y + 1);
      }
    }
    segment->x = left;
    segment->y = top;
    segment->width = right - left;
    segment->height = bottom - top;
  }
}

/* Void on the left third, then two segments; the border between those is at an odd column. */
static M2fResult
two_segments (gint width, gint height)
{
  static M2fSegment segments[2];
  M2fResult result = {
    .map_width = width,.map_height = height,.map_stride = width + 3,
    .map_depth = 1,.segments = segments,.n_segments = 2,
    .map = g_malloc0 ((width + 3) * height),
  };
  gint x, y;

  for (y = 0; y < height; y++)
    for (x = width / 3; x < width; x++)
      result.map[y * result.map_stride + x] =
          x < (width * 2 / 3 | 1) ? 1 : 2;
  segments[0] = (M2fSegment) {.id = 1,.label_id = 0,.label = "road" };
  segments[1] = (M2fSegment) {.id = 2,.label_id = 1,.label = "sky" };
  measure (&result);
  return result;
}

/* Draws a view into a frame full of one value. */
static GstBuffer *
draw_view (const GstVideoInfo * info, const GstPanopticView * view,
    const GstMask2FormerLook * look, guint8 fill)
{
  GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
  GstBuffer *buffer = empty_frame (info, TRUE, fill);
  GstVideoFrame frame;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  gst_mask2former_overlay_draw (overlay, &frame, view, look);
  gst_video_frame_unmap (&frame);
  gst_mask2former_overlay_free (overlay);
  return buffer;
}

/* Draws a result that covers the whole frame. */
static GstBuffer *
draw (const GstVideoInfo * info, const M2fResult * result,
    const GstMask2FormerLook * look, guint8 fill)
{
  g_auto (GstPanopticView) view = { 0 };

  gst_panoptic_view_set_result (&view, result, M2F_TASK_PANOPTIC, info->width,
      info->height, GST_CLOCK_TIME_NONE);
  return draw_view (info, &view, look, fill);
}

static guint8
sample (GstBuffer * buffer, const GstVideoInfo * info, guint comp, gint x,
    gint y)
{
  GstVideoFrame frame;
  guint8 value;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  x >>= GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, comp);
  y >>= GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, comp);
  value = ((guint8 *) GST_VIDEO_FRAME_COMP_DATA (&frame, comp))[
      y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, comp) +
      x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, comp)];
  gst_video_frame_unmap (&frame);
  return value;
}

#define fail_unless_close(a, b, tolerance) \
    fail_unless (ABS ((gint) (a) - (gint) (b)) <= (tolerance), \
        #a " is %d, " #b " is %d", (gint) (a), (gint) (b))

/* Half of the frame, half of the segment's colour; void, alpha and padding as they were. */
GST_START_TEST (test_blend_rgb)
{
  GstVideoFormat format = formats[__i__];
  M2fResult result = two_segments (61, 37);
  GstVideoInfo info;
  GstBuffer *buffer;
  guint8 rgb[3];
  guint comp;
  gint i;

  gst_video_info_set_format (&info, format, 61, 37);
  buffer = draw (&info, &result, &areas_only, 100);
  for (i = 0; i < 2; i++) {
    m2f_palette_colour (areas_only.palette, &result.segments[i],
        rgb);
    for (comp = 0; comp < 3; comp++) {
      gint x = i ? 60 : 20, y = i ? 36 : 0;

      fail_unless_close (sample (buffer, &info, comp, x, y),
          (100 + rgb[comp] + 1) / 2, 1);
    }
  }
  for (comp = 0; comp < GST_VIDEO_INFO_N_COMPONENTS (&info); comp++)
    fail_unless_equals_int (sample (buffer, &info, comp, 19, 18), 100);
  if (GST_VIDEO_INFO_HAS_ALPHA (&info))
    fail_unless_equals_int (sample (buffer, &info, 3, 60, 36), 100);
  gst_buffer_unref (buffer);
  g_free (result.map);
}

GST_END_TEST;

static const GstVideoColorimetry colorimetries[] = {
  {GST_VIDEO_COLOR_RANGE_16_235, GST_VIDEO_COLOR_MATRIX_BT601,
      GST_VIDEO_TRANSFER_BT601, GST_VIDEO_COLOR_PRIMARIES_SMPTE170M},
  {GST_VIDEO_COLOR_RANGE_16_235, GST_VIDEO_COLOR_MATRIX_BT709,
      GST_VIDEO_TRANSFER_BT709, GST_VIDEO_COLOR_PRIMARIES_BT709},
  {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_BT709,
      GST_VIDEO_TRANSFER_BT709, GST_VIDEO_COLOR_PRIMARIES_BT709},
  {GST_VIDEO_COLOR_RANGE_16_235, GST_VIDEO_COLOR_MATRIX_BT2020,
      GST_VIDEO_TRANSFER_BT2020_10, GST_VIDEO_COLOR_PRIMARIES_BT2020},
};

/* RGB of limited range is drawn in its range: areas, labels and the pixels under them. */
GST_START_TEST (test_blend_limited_rgb)
{
  GstVideoFormat format = formats[__i__];
  M2fResult result = two_segments (160, 90);
  const GstMask2FormerLook solid = {.opacity = 1,.labels = TRUE };
  GstVideoInfo info, full_info;
  GstBuffer *limited, *full;
  gint x, y;
  guint comp;

  gst_video_info_set_format (&info, format, 160, 90);
  info.colorimetry.range = GST_VIDEO_COLOR_RANGE_16_235;
  gst_video_info_set_format (&full_info, format, 160, 90);
  limited = draw (&info, &result, &solid, 16);
  full = draw (&full_info, &result, &solid, 0);
  for (y = 0; y < 90; y++)
    for (x = 0; x < 160; x++)
      for (comp = 0; comp < 3; comp++)
        fail_unless_close (sample (limited, &info, comp, x, y),
            16 + sample (full, &full_info, comp, x, y) * 219 / 255, 1);
  gst_buffer_unref (limited);
  gst_buffer_unref (full);
  g_free (result.map);
}

GST_END_TEST;

/* Drawn over black as YUV and converted by GStreamer, it is what is drawn as RGB. */
GST_START_TEST (test_blend_yuv)
{
  GstVideoFormat format = __i__ % 2 ? GST_VIDEO_FORMAT_NV12 :
      GST_VIDEO_FORMAT_I420;
  M2fResult result = two_segments (61, 37);
  const GstMask2FormerLook solid = {.opacity = 1 };
  GstVideoInfo info, rgb_info;
  GstBuffer *yuv, *rgb, *expected;
  guint comp;
  gint i;

  gst_video_info_set_format (&info, format, 61, 37);
  info.colorimetry = colorimetries[__i__ / 2];
  gst_video_info_set_format (&rgb_info, GST_VIDEO_FORMAT_RGB, 61, 37);
  rgb_info.colorimetry.primaries = info.colorimetry.primaries;
  rgb_info.colorimetry.transfer = info.colorimetry.transfer;
  yuv = draw (&info, &result, &solid, 128);
  expected = draw (&rgb_info, &result, &solid, 0);
  rgb = empty_frame (&rgb_info, FALSE, 0);
  convert (yuv, &info, rgb, &rgb_info);
  for (i = 0; i < 2; i++)
    for (comp = 0; comp < 3; comp++)
      fail_unless_close (sample (rgb, &rgb_info, comp, i ? 58 : 30, 18),
          sample (expected, &rgb_info, comp, i ? 58 : 30, 18), 4);
  fail_unless_equals_int (sample (yuv, &info, 0, 19, 36), 128);
  fail_unless_equals_int (sample (yuv, &info, 1, 18, 36), 128);
  gst_buffer_unref (yuv);
  gst_buffer_unref (rgb);
  gst_buffer_unref (expected);
  g_free (result.map);
}

GST_END_TEST;

/* A chroma sample over two segments has half of each: over columns 40, 41 and over rows 20, 21. */
GST_START_TEST (test_chroma_coverage)
{
  M2fResult result = two_segments (60, 36);     /* segment 2 starts at column 41 */
  const GstMask2FormerLook solid = {.opacity = 1 };
  GstVideoInfo info;
  GstBuffer *buffer;
  guint comp;
  gint y;

  for (y = 21; y < 36; y++)
    memset (result.map + y * result.map_stride, 2, 60);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_NV12, 60, 36);
  buffer = draw (&info, &result, &solid, 128);
  for (comp = 1; comp < 3; comp++) {
    gint both = sample (buffer, &info, comp, 36, 10) +
        sample (buffer, &info, comp, 44, 10);

    fail_unless_close (2 * sample (buffer, &info, comp, 40, 10), both, 2);
    fail_unless_close (2 * sample (buffer, &info, comp, 30, 20), both, 2);
  }
  fail_unless (sample (buffer, &info, 1, 36, 10) !=
      sample (buffer, &info, 1, 44, 10));
  gst_buffer_unref (buffer);
  g_free (result.map);
}

GST_END_TEST;

/* One pixel on either side of a border, none along the frame's edge, none over void. */
GST_START_TEST (test_outlines)
{
  M2fResult result = two_segments (60, 36);
  const GstMask2FormerLook lines = {.opacity = 0,.outlines = TRUE };
  GstVideoInfo info;
  GstBuffer *buffer;
  gint x;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 60, 36);
  buffer = draw (&info, &result, &lines, 0);
  for (x = 0; x < 60; x++) {
    gboolean line = x == 20 || x == 40 || x == 41;

    fail_unless_equals_int (sample (buffer, &info, 2, x, 0) > 0, line);
    fail_unless_equals_int (sample (buffer, &info, 2, x, 20) > 0, line);
  }
  gst_buffer_unref (buffer);
  g_free (result.map);
}

GST_END_TEST;

/* Maps of 16 bits are drawn like maps of 8; values without a segment are not drawn. */
GST_START_TEST (test_deep_map)
{
  M2fResult result = two_segments (61, 37), deep = result;
  GstVideoInfo info;
  GstBuffer *a, *b;
  GstMapInfo map;
  gint x, y;

  deep.map_depth = 2;
  deep.map_stride = 2 * 64;
  deep.map = g_malloc0 (deep.map_stride * 37);
  for (y = 0; y < 37; y++) {
    result.map[y * result.map_stride + 5] = 200;
    for (x = 0; x < 61; x++)
      ((guint16 *) (deep.map + y * deep.map_stride))[x] =
          result.map[y * result.map_stride + x];
    ((guint16 *) (deep.map + y * deep.map_stride))[5] = 40000;
  }
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 61, 37);
  a = draw (&info, &result, &everything, 90);
  b = draw (&info, &deep, &everything, 90);
  fail_unless_equals_int (sample (a, &info, 0, 5, 10), 90);
  gst_buffer_map (a, &map, GST_MAP_READ);
  fail_unless (gst_buffer_memcmp (b, 0, map.data, map.size) == 0);
  gst_buffer_unmap (a, &map);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  g_free (result.map);
  g_free (deep.map);
}

GST_END_TEST;

/* Frames smaller than a label, a chroma block or an outline are drawn without harm. */
GST_START_TEST (test_tiny_frames)
{
  gint width = 1 + __i__ % 5, height = 1 + __i__ / 5;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    M2fResult result = two_segments (width, height);
    GstVideoInfo info;

    gst_video_info_set_format (&info, formats[i], width, height);
    gst_buffer_unref (draw (&info, &result, &everything, 7));
    g_free (result.map);
  }
}

GST_END_TEST;

/* Random maps: placed labels lie in the frame, on even pixels, apart from one another. */
GST_START_TEST (test_placement)
{
  GRand *rand = g_rand_new_with_seed (__i__);
  gint width = g_rand_int_range (rand, 40, 700);
  gint height = g_rand_int_range (rand, 30, 500);
  M2fSegment segments[30] = { {0} };
  GstVideoRectangle boxes[30];
  g_auto (GstPanopticView) view = { 0 };
  M2fResult result = {
    .map_width = width,.map_height = height,.map_stride = width,
    .map_depth = 1,.segments = segments,.n_segments = 30,
    .map = g_malloc0 (width * height),
  };
  gint i, k, x, y, placed = 0;

  for (i = 0; i < 30; i++) {
    gint left = g_rand_int_range (rand, 0, width);
    gint top = g_rand_int_range (rand, 0, height);
    gint right = g_rand_int_range (rand, left, width) + 1;
    gint bottom = g_rand_int_range (rand, top, height) + 1;

    for (y = top; y < bottom; y++)
      for (x = left; x < right; x++)
        result.map[y * width + x] = i + 1;
    segments[i].id = i + 1;
    segments[i].label = "car";
    boxes[i].w = 2 * g_rand_int_range (rand, 5, 80);
    boxes[i].h = 18;
  }
  measure (&result);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, width,
      height, 0);
  gst_mask2former_place_labels (&view, width, height, boxes);

  for (i = 0; i < 30; i++) {
    if (boxes[i].w == 0)
      continue;
    placed++;
    fail_unless (boxes[i].x >= 0 && boxes[i].x + boxes[i].w <= width);
    fail_unless (boxes[i].y >= 0 && boxes[i].y + boxes[i].h <= height);
    fail_unless (boxes[i].x % 2 == 0 && boxes[i].y % 2 == 0);
    for (k = 0; k < i; k++)
      fail_if (boxes[k].w > 0 && boxes[i].x < boxes[k].x + boxes[k].w &&
          boxes[k].x < boxes[i].x + boxes[i].w &&
          boxes[i].y < boxes[k].y + boxes[k].h &&
          boxes[k].y < boxes[i].y + boxes[i].h, "labels %d and %d overlap",
          i, k);
  }
  fail_unless (placed > 0);
  g_free (result.map);
  g_rand_free (rand);
}

GST_END_TEST;

/* The label of a segment with room for it lies wholly inside. */
GST_START_TEST (test_placed_inside)
{
  M2fResult result = two_segments (600, 400);
  GstVideoRectangle boxes[2] = { {0, 0, 120, 20}, {0, 0, 120, 20} };
  g_auto (GstPanopticView) view = { 0 };
  gint i, x, y;

  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, 600, 400, 0);
  gst_mask2former_place_labels (&view, 600, 400, boxes);
  for (i = 0; i < 2; i++) {
    fail_unless_equals_int (boxes[i].w, 120);
    for (y = boxes[i].y; y < boxes[i].y + boxes[i].h; y++)
      for (x = boxes[i].x; x < boxes[i].x + boxes[i].w; x++)
        fail_unless_equals_int (result.map[y * result.map_stride + x], i + 1);
  }
  g_free (result.map);
}

GST_END_TEST;

/* Text is rendered once, ellipsized where it must be, and its box keeps white readable. */
/* A segment of a background class has neither area nor outline nor label, unless asked for. */
GST_START_TEST (test_background)
{
  M2fResult result = two_segments (200, 150);
  GstMask2FormerLook look = everything;
  GstVideoInfo info;
  GstBuffer *buffer;
  gint x, y;

  result.segments[0].label = "Background";
  gst_video_info_set_format (&info, __i__ ? GST_VIDEO_FORMAT_I420 :
      GST_VIDEO_FORMAT_RGB, 200, 150);
  buffer = draw (&info, &result, &look, 100);
  for (y = 0; y < 150; y++)
    for (x = 0; x < (200 * 2 / 3 | 1); x++)
      fail_unless_equals_int (sample (buffer, &info, 0, x, y), 100);
  fail_if (sample (buffer, &info, 0, 190, 140) == 100, "the other segment");
  gst_buffer_unref (buffer);

  look.background = TRUE;
  buffer = draw (&info, &result, &look, 100);
  fail_if (sample (buffer, &info, 0, 70, 10) == 100);
  gst_buffer_unref (buffer);
  g_free (result.map);
}

GST_END_TEST;

GST_START_TEST (test_labels)
{
  GstMask2FormerLabels *labels = gst_mask2former_labels_new ();
  const guint8 yellow[3] = { 255, 255, 0 };
  cairo_surface_t *label, *narrow;
  const guint8 *middle;

  gst_mask2former_labels_begin_frame (labels, 480);
  label = gst_mask2former_labels_get (labels, "traffic light", yellow, 640);
  fail_unless (gst_mask2former_labels_get (labels, "traffic light", yellow,
          640) == label);
  fail_unless (cairo_image_surface_get_width (label) % 2 == 0);
  fail_unless (cairo_image_surface_get_height (label) % 2 == 0);
  fail_unless (cairo_image_surface_get_height (label) >= 12);
  /* the left end of the box, half way down: no text there */
  middle = cairo_image_surface_get_data (label) +
      cairo_image_surface_get_height (label) / 2 *
      cairo_image_surface_get_stride (label) + 4;
  fail_unless ((*(const guint32 *) middle >> 8 & 0xff) < 140);
  narrow = gst_mask2former_labels_get (labels, "traffic light", yellow, 60);
  fail_unless (cairo_image_surface_get_width (narrow) <= 60);
  gst_mask2former_labels_free (labels);
}

GST_END_TEST;

/* The library gets a frame's planes and colours. */
GST_START_TEST (test_frame_to_image)
{
  static const M2fMatrix matrices[] = { M2F_MATRIX_BT601, M2F_MATRIX_BT709,
    M2F_MATRIX_BT709, M2F_MATRIX_BT2020
  };
  GstVideoInfo info;
  GstBuffer *buffer;
  GstVideoFrame frame;
  M2fImage image;
  guint i, plane;

  for (i = 0; i < G_N_ELEMENTS (colorimetries); i++) {
    gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 33, 17);
    info.colorimetry = colorimetries[i];
    buffer = empty_frame (&info, TRUE, 0);
    fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    fail_unless (gst_mask2former_frame_to_image (&frame, &image));
    fail_unless_equals_int (image.format, M2F_FORMAT_I420);
    fail_unless_equals_int (image.width, 33);
    fail_unless_equals_int (image.height, 17);
    fail_unless_equals_int (image.matrix, matrices[i]);
    fail_unless_equals_int (image.full_range, i == 2);
    for (plane = 0; plane < 3; plane++) {
      fail_unless (image.data[plane] == frame.data[plane]);
      fail_unless_equals_int (image.stride[plane], info.stride[plane] + 36);
    }
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (buffer);
  }

  /* RGB says so, or uses all of 0..255 */
  for (i = 0; i < 3; i++) {
    GstVideoInfo rgb;

    gst_video_info_set_format (&rgb, GST_VIDEO_FORMAT_RGB, 33, 17);
    rgb.colorimetry.range = i == 0 ? GST_VIDEO_COLOR_RANGE_UNKNOWN : i == 1 ?
        GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
    buffer = empty_frame (&rgb, FALSE, 0);
    fail_unless (gst_video_frame_map (&frame, &rgb, buffer, GST_MAP_READ));
    fail_unless (gst_mask2former_frame_to_image (&frame, &image));
    fail_unless_equals_int (image.limited_range, i == 2);
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (buffer);
  }

  /* says nothing: by size */
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  info.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_UNKNOWN;
  fail_unless_equals_int (gst_mask2former_frame_matrix (&info),
      GST_VIDEO_COLOR_MATRIX_BT601);
  info.height = 720;
  fail_unless_equals_int (gst_mask2former_frame_matrix (&info),
      GST_VIDEO_COLOR_MATRIX_BT709);
}

GST_END_TEST;

/* All planes of every format, but for a fourth. */
GST_START_TEST (test_planes)
{
  gint row_bytes, rows, plane;
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;
  M2fImage image;

  gst_video_info_set_format (&info, formats[__i__], 33, 17);
  buffer = empty_frame (&info, TRUE, 0);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  fail_unless (gst_mask2former_frame_to_image (&frame, &image));
  for (plane = 0; plane < 3; plane++)
    fail_unless_equals_int (image.data[plane] != NULL,
        m2f_format_plane_size (image.format, plane, 33, 17, &row_bytes, &rows));
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* Maps a frame of one row of 91 pixels whose buffer and stride are given; what is wrong, or -1. */
static gint
map_row (GstVideoFormat format, gsize size, gint stride, gsize offset)
{
  GstVideoInfo info;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gint strides[GST_VIDEO_MAX_PLANES] = { stride };
  gsize offsets[GST_VIDEO_MAX_PLANES] = { offset };
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;

  gst_video_info_set_format (&info, format, 91, 1);
  gst_buffer_add_video_meta_full (buffer, 0, format, 91, 1,
      GST_VIDEO_INFO_N_PLANES (&info), offsets, strides);
  if (gst_mask2former_frame_map (&frame, &info, buffer, GST_MAP_READ, &error))
    gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  return error ? error->code : -1;
}

/* A row of YUY2 ends with a whole pair of pixels. */
GST_START_TEST (test_row_layout)
{
  const GstVideoFormat yuy2 = GST_VIDEO_FORMAT_YUY2;

  fail_unless_equals_int (map_row (yuy2, 184, 184, 0), -1);
  fail_unless_equals_int (map_row (yuy2, 184, 182, 0),
      GST_MASK2FORMER_LAYOUT_ERROR_META);
  fail_unless_equals_int (map_row (yuy2, 182, 184, 0),
      GST_MASK2FORMER_LAYOUT_ERROR_SIZE);
  fail_unless_equals_int (map_row (yuy2, 185, 185, 1), -1);
  fail_unless_equals_int (map_row (GST_VIDEO_FORMAT_GRAY8, 91, 91, 0), -1);
  fail_unless_equals_int (map_row (GST_VIDEO_FORMAT_GRAY8, 91, 90, 0),
      GST_MASK2FORMER_LAYOUT_ERROR_META);
}

GST_END_TEST;

/* Words lie at even addresses. */
GST_START_TEST (test_word_layout)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  gint i;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_P010_10LE, 90, 2);
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1000, NULL);
    gint strides[GST_VIDEO_MAX_PLANES] = { i == 1 ? 181 : 182, 182 };
    gsize offsets[GST_VIDEO_MAX_PLANES] = { 0, i == 2 ? 401 : 400 };
    g_autoptr (GError) error = NULL;

    gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_P010_10LE, 90,
        2, 2, offsets, strides);
    if (i == 0) {
      fail_unless (gst_mask2former_frame_map (&frame, &info, buffer,
              GST_MAP_READ, NULL));
      gst_video_frame_unmap (&frame);
    } else {
      fail_if (gst_mask2former_frame_map (&frame, &info, buffer, GST_MAP_READ,
              &error));
      fail_unless (strstr (error->message, "odd addresses") != NULL);
    }
    gst_buffer_unref (buffer);
  }
}

GST_END_TEST;

static Suite *
overlay_suite (void)
{
  Suite *suite = suite_create ("overlay");
  TCase *tcase = tcase_create ("overlay");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_blend_rgb, 0, N_RGB_FORMATS);
  tcase_add_loop_test (tcase, test_blend_limited_rgb, 0,
      N_RGB_FORMATS);
  tcase_add_loop_test (tcase, test_blend_yuv, 0,
      2 * G_N_ELEMENTS (colorimetries));
  tcase_add_test (tcase, test_chroma_coverage);
  tcase_add_test (tcase, test_outlines);
  tcase_add_test (tcase, test_deep_map);
  tcase_add_loop_test (tcase, test_tiny_frames, 0, 25);
  tcase_add_loop_test (tcase, test_placement, 0, 20);
  tcase_add_test (tcase, test_placed_inside);
  tcase_add_loop_test (tcase, test_background, 0, 2);
  tcase_add_test (tcase, test_labels);
  tcase_add_test (tcase, test_frame_to_image);
  tcase_add_loop_test (tcase, test_planes, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tcase, test_row_layout);
  tcase_add_test (tcase, test_word_layout);
  return suite;
}

GST_CHECK_MAIN (overlay);

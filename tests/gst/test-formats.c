/* Every pixel format and memory layout gives the same segments, and memory is left as promised.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <gst/allocators/gstdmabuf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/m2f.h"

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

/* The element's main pads take these formats and no others. */
GST_START_TEST (test_caps)
{
  static const gchar *const names[] = { "sink", "src" };
  GstElement *element = gst_element_factory_make ("mask2formerseg", NULL);
  GstPad *pad = gst_element_get_static_pad (element, names[__i__]);
  GstCaps *caps = gst_pad_get_pad_template_caps (pad);
  const GValue *list =
      gst_structure_get_value (gst_caps_get_structure (caps, 0), "format");
  guint i;

  fail_unless_equals_int (gst_value_list_get_size (list),
      G_N_ELEMENTS (formats));
  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    GstCaps *one = gst_caps_new_simple ("video/x-raw", "format",
        G_TYPE_STRING, gst_video_format_to_string (formats[i]), NULL);

    fail_unless (gst_caps_can_intersect (caps, one), "%s",
        gst_video_format_to_string (formats[i]));
    gst_caps_unref (one);
  }
  gst_caps_unref (caps);
  gst_object_unref (pad);
  gst_object_unref (element);
}

GST_END_TEST;

/* The label map of a frame of the caps that were set (transfer full); the frame is consumed. */
static guint8 *
segment_next (GstHarness * h, GstBuffer * frame, const GstVideoInfo * info)
{
  GstBuffer *out;
  guint8 *map;
  gint width, height;

  out = push_frame (h, frame);
  map = label_map_bytes (gst_buffer_get_panoptic_meta (out), &width, &height);
  fail_unless_equals_int (width, info->width);
  fail_unless_equals_int (height, info->height);
  gst_buffer_unref (out);
  return map;
}

static guint8 *
segment (GstHarness * h, GstBuffer * frame, const GstVideoInfo * info)
{
  set_caps (h, GST_VIDEO_INFO_FORMAT (info), info->width, info->height);
  return segment_next (h, frame, info);
}

/* Bytes in another order are the same picture, to the last pixel. */
GST_START_TEST (test_rgb_orders)
{
  GstVideoFormat format = formats[__i__ / 2];
  GstHarness *h = seg_harness ("overlay=none");
  GstVideoInfo info, rgb_info;
  GstBuffer *rgb = picture_as (&rgb_info, GST_VIDEO_FORMAT_RGB, 90, 120, FALSE);
  GstBuffer *frame = picture_as (&info, format, 90, 120, __i__ % 2);
  g_autofree guint8 *reference = segment (h, rgb, &rgb_info);
  g_autofree guint8 *map = segment (h, frame, &info);
  gint i, distinct = 0, seen[256] = { 0 };

  for (i = 0; i < 90 * 120; i++)
    distinct += !seen[reference[i]]++;
  fail_unless (distinct > 2, "the picture has no segments to compare");
  fail_unless (memcmp (map, reference, 90 * 120) == 0, "%s, padded %d",
      gst_video_format_to_string (format), (gint) (__i__ % 2));
  gst_harness_teardown (h);
}

GST_END_TEST;

static gboolean
has_device (const gchar * spec)
{
  g_autoptr (M2fModel) model = m2f_model_load (&(M2fLoadOptions) {
      .path = SQUARE,
      .device = spec,
      }, NULL);

  return model != NULL;
}

/* The same frame in memory that devices share, in as many memories as it has planes or in one that
 * begins elsewhere. */
static GstBuffer *
shared_frame (GstBuffer * frame, const GstVideoInfo * info, gboolean one)
{
  GstAllocator *allocator = gst_dmabuf_allocator_new ();
  GstBuffer *shared = gst_buffer_new ();
  gsize size = gst_buffer_get_size (frame), begin, end;
  guint n = one ? 1 : GST_VIDEO_INFO_N_PLANES (info), i;

  for (i = 0; i < n; i++) {
    gint fd = memfd_create ("frame", MFD_CLOEXEC);
    g_autofree guint8 *bytes = g_malloc0 (size);
    GstMemory *memory;

    begin = one ? 0 : info->offset[i];
    end = i + 1 < n ? info->offset[i + 1] : size;
    gst_buffer_extract (frame, begin, bytes, end - begin);
    fail_unless_equals_int (pwrite (fd, bytes, end - begin, 4096),
        end - begin);
    memory = gst_dmabuf_allocator_alloc (allocator, fd, 4096 + end - begin);
    gst_memory_resize (memory, 4096, end - begin);
    gst_buffer_append_memory (shared, memory);
  }
  gst_buffer_add_video_meta_full (shared, 0, GST_VIDEO_INFO_FORMAT (info),
      info->width, info->height, GST_VIDEO_INFO_N_PLANES (info),
      (gsize *) info->offset, (gint *) info->stride);
  gst_object_unref (allocator);
  return shared;
}

/* Memory that devices share is read wherever the network runs. */
GST_START_TEST (test_dmabuf)
{
  static const GstVideoFormat shared[] = {
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_I420,
  };
  static const gchar *const devices[] = { "cpu", "vulkan:0" };
  g_autofree gchar *properties = g_strdup_printf ("overlay=%s device=%s",
      __i__ % 2 ? "blend" : "none", devices[__i__ / 2]);
  GstHarness *h;
  GstBuffer *frame, *copy;
  GstVideoInfo info;
  guint i;

  if (__i__ / 2 == 1 && !has_device (devices[1]))
    return;
  h = layout_harness (properties);
  for (i = 0; i < 2 * G_N_ELEMENTS (shared); i++) {
    g_autofree guint8 *expected = NULL, *map = NULL;

    frame = picture_as (&info, shared[i / 2], 90, 120, FALSE);
    copy = shared_frame (frame, &info, i % 2);
    expected = segment (h, frame, &info);
    map = segment (h, copy, &info);
    fail_unless (memcmp (map, expected, 90 * 120) == 0, "%s, %s",
        gst_video_format_to_string (shared[i / 2]), properties);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

#if GST_CHECK_VERSION (1, 24, 0)
/* Sets such caps, if they are accepted. */
static gboolean
set_drm_caps (GstHarness * h, const gchar * format, const GstVideoInfo * info)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      "DMA_DRM", "drm-format", G_TYPE_STRING, format, "width", G_TYPE_INT,
      info->width, "height", G_TYPE_INT, info->height, "framerate",
      GST_TYPE_FRACTION, 30, 1, NULL);
  gboolean accepted;

  gst_caps_set_features_simple (caps,
      gst_caps_features_new_single (GST_CAPS_FEATURE_MEMORY_DMABUF));
  accepted = gst_pad_peer_query_accept_caps (h->srcpad, caps) &&
      gst_harness_push_event (h, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  return accepted;
}

/* Caps of DMABufs whose rows lie one below the other are taken for the format that they name, and
 * go on as they are; what has tiles is refused when caps are chosen. */
GST_START_TEST (test_dma_drm)
{
  static const GstVideoFormat shared[] = {
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_P010_10LE,
  };
  static const gchar *const names[] = { "NV12", "XR24", "P010" };
  GstHarness *h = layout_harness (__i__ ? "overlay=blend" : "overlay=none");
  GstBuffer *frame, *copy;
  GstVideoInfo info;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (shared); i++) {
    g_autofree guint8 *expected = NULL, *map = NULL;
    g_autoptr (GstCaps) caps = NULL;

    frame = picture_as (&info, shared[i], 90, 120, FALSE);
    copy = shared_frame (frame, &info, FALSE);
    expected = segment (h, frame, &info);
    fail_unless (set_drm_caps (h, names[i], &info));
    map = segment_next (h, copy, &info);
    fail_unless (memcmp (map, expected, 90 * 120) == 0, "%s", names[i]);
    caps = gst_pad_get_current_caps (h->sinkpad);
    fail_unless (gst_video_is_dma_drm_caps (caps));
  }
  fail_if (set_drm_caps (h, "NV12:0x0100000000000001", &info));
  fail_if (set_drm_caps (h, "AB48", &info));
  gst_harness_teardown (h);
}

GST_END_TEST;
#endif

/* Colours that the shipped checkpoint takes for sky, trees and a road. */
static GstBuffer *
street (GstVideoInfo * info)
{
  static const guint8 sky[3] = { 200, 215, 235 }, trees[3] = { 60, 85, 40 },
    road[3] = { 95, 95, 98 };
  GstBuffer *buffer;
  GstVideoFrame frame;
  gint x, y;

  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, 160, 96);
  buffer = empty_frame (info, FALSE, 0);
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (y = 0; y < 96; y++) {
    guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    for (x = 0; x < 160; x++) { /* in 2x2 blocks, for subsampled chroma */
      gint side = ABS (x / 2 * 2 - 80), line = y / 2 * 2;
      gboolean is_tree = line < 60 && side > 20 + MAX (0, line - 30);

      memcpy (row + 3 * x, is_tree ? trees : line < 36 ? sky : road, 3);
    }
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* A trained checkpoint is sure enough of what it sees not to mind the rounding of YUV.  A grey
 * street it compares with that in RGB. */
GST_START_TEST (test_yuv)
{
  GstVideoFormat format = formats[N_RGB_FORMATS + __i__ / 2];
  GstHarness *h = gst_harness_new_parse ("mask2formerseg overlay=none "
      "precision=fp32 mode=every-frame task=semantic input-size=192x320");
  GstVideoInfo rgb_info, info;
  GstBuffer *rgb = street (&rgb_info), *frame;
  g_autofree guint8 *reference = NULL;
  g_autofree guint8 *map = NULL;
  gint i, equal = 0;

  gst_video_info_set_format (&info, format, 160, 96);
  frame = empty_frame (&info, __i__ % 2, 0xa5);
  convert (rgb, &rgb_info, frame, &info);
  if (format == GST_VIDEO_FORMAT_GRAY8)
    convert (frame, &info, rgb, &rgb_info);
  reference = segment (h, rgb, &rgb_info);
  map = segment (h, frame, &info);

  for (i = 0; i < 160 * 96; i++)
    equal += map[i] == reference[i];
  fail_if (format != GST_VIDEO_FORMAT_GRAY8 &&
      (reference[10 * 160 + 80] == reference[10 * 160 + 10] ||
          reference[10 * 160 + 10] == reference[90 * 160 + 80]),
      "sky, trees and road are not told apart");
  fail_unless (equal > 0.98 * 160 * 96, "%s, padded %d: %d of %d pixels agree",
      gst_video_format_to_string (format), (gint) (__i__ % 2), equal, 160 * 96);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Marks the bytes of a sample; the last pair of YUY2 and UYVY has two Y even where the picture has
 * one, and GStreamer 1.22 has V of P010 at byte 1 instead of 2. */
static void
mark_sample (GstVideoFrame * frame, guint comp, gint x, gint y)
{
  gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp);
  gint size = GST_VIDEO_FRAME_COMP_DEPTH (frame, comp) > 8 ? 2 : 1;
  guint8 *at = (guint8 *) GST_VIDEO_FRAME_COMP_DATA (frame, comp) +
      y * GST_VIDEO_FRAME_COMP_STRIDE (frame, comp) + x * step;

  at += size == 2 && GST_VIDEO_FRAME_COMP_POFFSET (frame, comp) == 1;
  memset (at, 1, size);
  if (step == 2 && GST_VIDEO_FRAME_N_PLANES (frame) == 1)
    at[(x & ~1) * step + step - x * step] = 1;
}

/* Writes nothing beside the picture: odd sizes, and padding full of a known value. */
GST_START_TEST (test_padding_untouched)
{
  GstVideoFormat format = formats[__i__];
  GstHarness *h = layout_harness ("overlay=blend opacity=1");
  GstVideoInfo info;
  GstBuffer *in, *copy, *out, *blank;
  GstMapInfo before, after, mask;
  gsize i, painted = 0;

  set_caps (h, format, 91, 61);
  in = picture_as (&info, format, 91, 61, TRUE);
  copy = gst_buffer_copy_deep (in);
  out = push_frame (h, in);

  /* what belongs to the picture: a frame painted with two values that differ everywhere */
  blank = empty_frame (&info, TRUE, 0);
  {
    GstVideoFrame frame;
    guint comp;

    fail_unless (gst_video_frame_map (&frame, &info, blank, GST_MAP_WRITE));
    for (comp = 0; comp < GST_VIDEO_FRAME_N_COMPONENTS (&frame); comp++) {
      gint x, y;

      if (comp == GST_VIDEO_COMP_A)     /* stays, too */
        continue;
      for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, comp); y++)
        for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, comp); x++)
          mark_sample (&frame, comp, x, y);
    }
    gst_video_frame_unmap (&frame);
  }

  gst_buffer_map (copy, &before, GST_MAP_READ);
  gst_buffer_map (out, &after, GST_MAP_READ);
  gst_buffer_map (blank, &mask, GST_MAP_READ);
  fail_unless_equals_int (before.size, after.size);
  for (i = 0; i < before.size; i++) {
    if (mask.data[i])
      painted += before.data[i] != after.data[i];
    else
      fail_unless_equals_int (before.data[i], after.data[i]);
  }
  fail_unless (painted > 0);
  gst_buffer_unmap (copy, &before);
  gst_buffer_unmap (out, &after);
  gst_buffer_unmap (blank, &mask);
  gst_buffer_unref (copy);
  gst_buffer_unref (out);
  gst_buffer_unref (blank);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Someone else holds the frame, as behind a tee. */
GST_START_TEST (test_shared_memory)
{
  gboolean draw = __i__;
  GstHarness *h = seg_harness (draw ? "overlay=blend" : "overlay=none");
  GstVideoInfo info;
  GstBuffer *in, *copy, *out;
  GstMapInfo map;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  in = picture (&info);
  copy = gst_buffer_copy_deep (in);
  out = push_frame (h, gst_buffer_ref (in));

  fail_if (gst_buffer_get_panoptic_meta (in) != NULL);
  gst_buffer_map (copy, &map, GST_MAP_READ);
  fail_unless (gst_buffer_memcmp (in, 0, map.data, map.size) == 0);
  if (draw) {
    fail_unless (gst_buffer_memcmp (out, 0, map.data, map.size) != 0);
  } else {
    fail_unless (gst_buffer_peek_memory (in, 0) ==
        gst_buffer_peek_memory (out, 0), "the pixels were copied");
  }
  gst_buffer_unmap (copy, &map);
  gst_buffer_unref (in);
  gst_buffer_unref (copy);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A frame nobody else holds goes through in its own buffer and memory, drawn into or not. */
GST_START_TEST (test_in_place)
{
  GstHarness *h = seg_harness (__i__ ? "overlay=blend" : "overlay=none");
  GstVideoInfo info;
  GstBuffer *in, *out;
  GstMemory *memory;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  in = picture (&info);
  memory = gst_buffer_peek_memory (in, 0);
  out = push_frame (h, in);
  fail_unless (out == in);
  fail_unless (gst_buffer_peek_memory (out, 0) == memory);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* All formats in one stream, in many sizes. */
GST_START_TEST (test_renegotiation)
{
  static const gint sizes[][2] = { {90, 120}, {64, 48}, {33, 97}, {160, 90} };
  GstHarness *h = seg_harness ("");
  guint i;

  for (i = 0; i < 2 * G_N_ELEMENTS (sizes); i++) {
    const gint *size = sizes[i % G_N_ELEMENTS (sizes)];
    GstVideoInfo info;
    GstBuffer *frame = picture_as (&info, formats[i * 7 %
            G_N_ELEMENTS (formats)], size[0], size[1], i % 2);

    g_free (segment (h, frame, &info));
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
formats_suite (void)
{
  Suite *suite = suite_create ("formats");
  TCase *tcase = tcase_create ("formats");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_caps, 0, 2);
  tcase_add_loop_test (tcase, test_rgb_orders, 0, 2 * N_RGB_FORMATS);
  tcase_add_loop_test (tcase, test_yuv, 0,
      2 * (G_N_ELEMENTS (formats) - N_RGB_FORMATS));
  tcase_add_loop_test (tcase, test_padding_untouched, 0,
      G_N_ELEMENTS (formats));
  tcase_add_loop_test (tcase, test_shared_memory, 0, 2);
  tcase_add_loop_test (tcase, test_dmabuf, 0, 4);
#if GST_CHECK_VERSION (1, 24, 0)
  tcase_add_loop_test (tcase, test_dma_drm, 0, 2);
#endif
  tcase_add_loop_test (tcase, test_in_place, 0, 2);
  tcase_add_test (tcase, test_renegotiation);
  return suite;
}

GST_CHECK_MAIN (formats);

/* GStreamer's own overlays draw the segments of GstAnalytics metadata where they are.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

static GstBuffer *
black_frame (void)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 90 * 120 * 4, NULL);

  gst_buffer_memset (frame, 0, 0, -1);
  return frame;
}

/* The element and one that follows, or NULL where that does not exist; frames are black. */
static GstHarness *
harness_before (const gchar * properties, const gchar * overlay)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *launch = g_strdup_printf ("mask2formerseg model=" SQUARE
      " precision=fp32 mode=every-frame overlay=none" ANY_SCORE "%s ! %s", properties, overlay);
  GstElement *bin = gst_parse_bin_from_description_full (launch, TRUE, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, &error);
  GstHarness *h;

  if (g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT))
    return NULL;
  fail_unless (bin != NULL, "%s", error ? error->message : launch);
  h = gst_harness_new_with_element (bin, "sink", "src");
  gst_object_unref (bin);
  set_caps (h, GST_VIDEO_FORMAT_BGRx, 90, 120);
  return h;
}

/* Pixels of a frame of BGRx without the padding. */
static guint32 *
pixels (GstBuffer * buffer)
{
  guint32 *copy = g_malloc (90 * 120 * 4);

  fail_unless_equals_int (gst_buffer_extract (buffer, 0, copy, 90 * 120 * 4),
      90 * 120 * 4);
  for (guint i = 0; i < 90 * 120; i++)
    copy[i] = GUINT32_FROM_LE (copy[i]) & 0xffffff;
  return copy;
}

/* segmentationoverlay draws every segment in a colour of its own, and void not at all. */
GST_START_TEST (test_segmentationoverlay)
{
  GstHarness *h =
      harness_before ("", "segmentationoverlay hint-maximum-segment-type=255");
  g_autofree guint8 *map = NULL;
  g_autofree guint32 *drawn = NULL;
  guint32 colours[256] = { 0 };
  gboolean seen[256] = { FALSE };
  GstBuffer *out;
  gint width, height;
  guint n = 0, i, k;

  if (!h) {
    GST_INFO ("segmentationoverlay is new in GStreamer 1.28");
    return;
  }
  out = push_frame (h, black_frame ());
  map = label_map_bytes (gst_buffer_get_panoptic_meta (out), &width, &height);
  fail_unless (width == 90 && height == 120);
  drawn = pixels (out);
  for (i = 0; i < 90 * 120; i++) {
    if (!seen[map[i]])
      colours[map[i]] = drawn[i];
    seen[map[i]] = TRUE;
    fail_unless (drawn[i] == colours[map[i]], "pixel %u of segment %d", i,
        map[i]);
  }
  for (i = 1; i < 256; i++) {
    n += seen[i];
    for (k = 0; k < i; k++)
      fail_if (seen[i] && colours[i] == colours[k], "segments %u and %u", i, k);
  }
  fail_unless (n >= 2);
  fail_unless_equals_int (colours[0], 0);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* objectdetectionoverlay frames every thing. */
GST_START_TEST (test_objectdetectionoverlay)
{
  GstHarness *h = harness_before ("task=instance", "objectdetectionoverlay "
      "draw-labels=false object-detection-outline-color=0xffffffff");
  g_autofree guint32 *drawn = NULL;
  const GstStructure *meta;
  GstBuffer *out;
  guint n, i;

  if (!h) {
    GST_INFO ("objectdetectionoverlay is not installed");
    return;
  }
  out = push_frame (h, black_frame ());
  meta = gst_buffer_get_panoptic_meta (out);
  drawn = pixels (out);
  n = gst_panoptic_meta_get_n_segments (meta);
  fail_unless (n > 0);
  for (i = 0; i < n; i++) {
    GstPanopticSegment segment;
    gint x, y, lit = 0;

    fail_unless (gst_panoptic_meta_get_segment (meta, i, &segment));
    /* the left and the upper edge, to a pixel */
    y = segment.box.y + segment.box.h / 2;
    for (x = MAX (segment.box.x - 1, 0); x <= segment.box.x + 1; x++)
      lit += drawn[y * 90 + x] != 0;
    fail_unless (lit > 0, "no left edge of segment %u", i);
    x = segment.box.x + segment.box.w / 2;
    for (lit = 0, y = MAX (segment.box.y - 1, 0); y <= segment.box.y + 1; y++)
      lit += drawn[y * 90 + x] != 0;
    fail_unless (lit > 0, "no upper edge of segment %u", i);
  }
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
stock_overlays_suite (void)
{
  Suite *suite = suite_create ("stock-overlays");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_segmentationoverlay);
  tcase_add_test (tcase, test_objectdetectionoverlay);
  return suite;
}

GST_CHECK_MAIN (stock_overlays);

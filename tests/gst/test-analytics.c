/* GstAnalytics metadata: what GStreamer's own elements are told of the segments.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#define GST_USE_UNSTABLE_API
#include <gst/analytics/analytics.h>

#include "gst/panopticwriter.h"

#define WIDTH 13                /* rows of masks are not padded to a multiple of 4 */
#define HEIGHT 8

static GstAnalyticsRelationMeta *
get_relations (GstBuffer * buffer)
{
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta (buffer);

  fail_unless (relations != NULL);
  return relations;
}

static guint
count (GstAnalyticsRelationMeta * relations, GstAnalyticsMtdType type)
{
  GstAnalyticsMtd mtd;
  gpointer state = NULL;
  guint n = 0;

  while (gst_analytics_relation_meta_iterate (relations, &state, type, &mtd))
    n++;
  return n;
}

static void
get_segmentation (GstAnalyticsRelationMeta * relations,
    GstAnalyticsSegmentationMtd * segmentation)
{
  gpointer state = NULL;

  fail_unless (gst_analytics_relation_meta_iterate (relations, &state,
          gst_analytics_segmentation_mtd_get_mtd_type (), segmentation));
}

/* What is related to it in all of these ways, and it to that in all of those. */
static void
get_related (GstAnalyticsRelationMeta * relations, guint id,
    GstAnalyticsRelTypes there, GstAnalyticsRelTypes back,
    GstAnalyticsMtdType type, GstAnalyticsMtd * related)
{
  gpointer state = NULL;

  fail_unless (gst_analytics_relation_meta_get_direct_related (relations, id,
          GST_ANALYTICS_REL_TYPE_ANY, type, &state, related));
  fail_unless_equals_int (gst_analytics_relation_meta_get_relation (relations,
          id, related->id), there);
  fail_unless_equals_int (gst_analytics_relation_meta_get_relation (relations,
          related->id, id), back);
}

/* ---- a view with every kind of segment ---- */

static const GstPanopticSegment segments[] = {
  {.id = 2,.label = "road",.score = 0.5,.area = 52,.box = {0, 4, WIDTH, 4}},
  {.id = 4,.label = "car",.score = 0.75,.area = 6,.box = {2, 1, 3, 2},
      .is_thing = TRUE,.track_id = 77},
  {.id = 1,.label = "car",.score = 0.25,.area = 1,.box = {12, 0, 1, 1},
      .is_thing = TRUE,.track_id = GST_PANOPTIC_NO_TRACK},
};

/* Attaches them to a frame twice as high and three times as wide, at (10, 20) of it. */
static GstBuffer *
frame_with_segments (M2fTask task)
{
  guint8 map[HEIGHT * (WIDTH + 2)] = { 0 };
  GstPanopticView view = {
    .task = task,.pts = 5,.source_id = "test",.map = map,.width = WIDTH,
    .height = HEIGHT,.stride = WIDTH + 2,.depth = 1,
    .rectangle = {10, 20, 3 * WIDTH, 2 * HEIGHT},.segments = segments,
    .n_segments = G_N_ELEMENTS (segments),
  };
  GstPanopticWriter *writer = gst_panoptic_writer_new ();
  GstBuffer *buffer = gst_buffer_new ();

  for (guint i = 0; i < G_N_ELEMENTS (segments); i++)
    for (gint y = 0; y < segments[i].box.h; y++)
      memset (map + (segments[i].box.y + y) * view.stride + segments[i].box.x,
          segments[i].id, segments[i].box.w);
  fail_unless (gst_panoptic_meta_register ());
  fail_unless (gst_panoptic_writer_attach (writer, buffer, &view, FALSE));
  gst_panoptic_writer_free (writer);
  return buffer;
}

GST_START_TEST (test_regions)
{
  static const gchar *const labels[] = { "void", "car", "road", "void", "car" };
  static const gfloat scores[] = { -1, 0.25f, 0.5f, -1, 0.75f };
  GstBuffer *buffer = frame_with_segments (M2F_TASK_PANOPTIC);
  GstAnalyticsRelationMeta *relations = get_relations (buffer);
  GstAnalyticsSegmentationMtd segmentation;
  GstAnalyticsClsMtd classes;

  get_segmentation (relations, &segmentation);
  fail_unless_equals_int (gst_analytics_segmentation_mtd_get_region_count
      (&segmentation), 5);
  get_related (relations, segmentation.id,
      GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_N_TO_N,
      GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_N_TO_N,
      gst_analytics_cls_mtd_get_mtd_type (), &classes);
  fail_unless_equals_int (gst_analytics_cls_mtd_get_length (&classes), 5);
  for (guint i = 0; i < 5; i++) {
    fail_unless_equals_int (gst_analytics_segmentation_mtd_get_region_id
        (&segmentation, i), i);
    fail_unless_equals_string (g_quark_to_string (gst_analytics_cls_mtd_get_quark
            (&classes, i)), labels[i]);
    fail_unless (gst_analytics_cls_mtd_get_level (&classes, i) == scores[i]);
  }
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* The mask is the label map, tight, and lies where that does. */
GST_START_TEST (test_mask)
{
  GstBuffer *buffer = frame_with_segments (M2F_TASK_PANOPTIC), *mask;
  GstAnalyticsSegmentationMtd segmentation;
  GstVideoMeta *video;
  GstMapInfo map;
  gint x, y;
  guint w, h;

  get_segmentation (get_relations (buffer), &segmentation);
  mask = gst_analytics_segmentation_mtd_get_mask (&segmentation, &x, &y, &w,
      &h);
  fail_unless (mask == gst_panoptic_meta_get_label_map
      (gst_buffer_get_panoptic_meta (buffer), NULL));
  fail_unless (x == 10 && y == 20 && w == 3 * WIDTH && h == 2 * HEIGHT);
  video = gst_buffer_get_video_meta (mask);
  fail_unless_equals_int (video->stride[0], WIDTH);
  fail_unless_equals_int (video->width, WIDTH);
  fail_unless_equals_int (video->height, HEIGHT);
  fail_unless (gst_buffer_map (mask, &map, GST_MAP_READ));
  fail_unless_equals_int (map.size, WIDTH * HEIGHT);
  fail_unless_equals_int (map.data[0], 0);
  fail_unless_equals_int (map.data[12], 1);
  fail_unless_equals_int (map.data[2 * WIDTH + 4], 4);
  fail_unless_equals_int (map.data[WIDTH * HEIGHT - 1], 2);
  gst_buffer_unmap (mask, &map);
  gst_buffer_unref (mask);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_things)
{
  static const GstVideoRectangle boxes[] = { {16, 22, 9, 4}, {46, 20, 3, 2} };
  static const gfloat scores[] = { 0.75f, 0.25f };
  GstBuffer *buffer = frame_with_segments (M2F_TASK_PANOPTIC);
  GstAnalyticsRelationMeta *relations = get_relations (buffer);
  GstAnalyticsSegmentationMtd segmentation;
  GstAnalyticsODMtd detection, first = { 0 };
  GstAnalyticsTrackingMtd track;
  GstClockTime begun, seen;
  gpointer state = NULL;
  gboolean lost;
  guint64 id;
  guint n = 0;

  get_segmentation (relations, &segmentation);
  while (gst_analytics_relation_meta_iterate (relations, &state,
          gst_analytics_od_mtd_get_mtd_type (), &detection)) {
    GstVideoRectangle box;
    gfloat score;

    fail_unless (n < G_N_ELEMENTS (boxes));
    fail_unless (gst_analytics_od_mtd_get_location (&detection, &box.x, &box.y,
            &box.w, &box.h, &score));
    fail_unless (memcmp (&box, &boxes[n], sizeof box) == 0,
        "%d x %d at (%d, %d)", box.w, box.h, box.x, box.y);
    fail_unless (score == scores[n]);
    fail_unless_equals_string (g_quark_to_string
        (gst_analytics_od_mtd_get_obj_type (&detection)), "car");
    fail_unless_equals_int (gst_analytics_relation_meta_get_relation (relations,
            segmentation.id, detection.id),
        GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_CONTAIN);
    fail_unless_equals_int (gst_analytics_relation_meta_get_relation (relations,
            detection.id, segmentation.id),
        GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_IS_PART_OF);
    if (n++ == 0)
      first = detection;
  }
  fail_unless_equals_int (n, 2);

  fail_unless_equals_int (count (relations,
          gst_analytics_tracking_mtd_get_mtd_type ()), 1);
  get_related (relations, first.id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
      GST_ANALYTICS_REL_TYPE_RELATE_TO,
      gst_analytics_tracking_mtd_get_mtd_type (), &track);
  fail_unless (gst_analytics_tracking_mtd_get_info (&track, &id, &begun, &seen,
          &lost));
  fail_unless_equals_uint64 (id, 77);
  fail_if (lost);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* ---- behind the element ---- */

/* Nothing was found: the metadata says so, and overlays clear. */
GST_START_TEST (test_nothing_found)
{
  GstHarness *h = seg_harness ("threshold=1");
  GstVideoInfo info;
  GstBuffer *out;
  GstAnalyticsRelationMeta *relations;
  GstAnalyticsSegmentationMtd segmentation;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  relations = get_relations (out);
  get_segmentation (relations, &segmentation);
  fail_unless_equals_int (gst_analytics_segmentation_mtd_get_region_count
      (&segmentation), 1);
  fail_unless_equals_int (count (relations,
          gst_analytics_od_mtd_get_mtd_type ()), 0);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* GStreamer scales the rectangle of the mask and the boxes. */
GST_START_TEST (test_scaled)
{
  GstHarness *h = seg_harness ("! videoscale add-borders=false "
      "! capsfilter caps=video/x-raw,width=180,height=60");
  GstVideoInfo info;
  GstBuffer *out;
  GstAnalyticsSegmentationMtd segmentation;
  gint x, y;
  guint w, hh;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  get_segmentation (get_relations (out), &segmentation);
  gst_buffer_unref (gst_analytics_segmentation_mtd_get_mask (&segmentation, &x,
          &y, &w, &hh));
  fail_unless (x == 0 && y == 0 && w == 180 && hh == 60);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
analytics_suite (void)
{
  Suite *suite = suite_create ("analytics");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_regions);
  tcase_add_test (tcase, test_mask);
  tcase_add_test (tcase, test_things);
  tcase_add_test (tcase, test_nothing_found);
  tcase_add_test (tcase, test_scaled);
  return suite;
}

GST_CHECK_MAIN (analytics);

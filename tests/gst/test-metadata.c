/* The metadata of frames, and what other elements do to it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <glib/gstdio.h>

static void
check_segment (const GstPanopticSegment * segment, const guint8 * map,
    gint width, gint height)
{
  gint left = width, top = height, right = -1, bottom = -1, x, y;
  guint64 area = 0;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      if (map[y * width + x] != segment->id)
        continue;
      area++;
      left = MIN (left, x);
      right = MAX (right, x);
      top = MIN (top, y);
      bottom = MAX (bottom, y);
    }
  }
  fail_unless (segment->id > 0);
  fail_unless_equals_uint64 (segment->area, area);
  fail_unless_equals_int (segment->box.x, left);
  fail_unless_equals_int (segment->box.y, top);
  fail_unless_equals_int (segment->box.w, right + 1 - left);
  fail_unless_equals_int (segment->box.h, bottom + 1 - top);
  fail_unless (segment->score >= 0 && segment->score <= 1);
  fail_unless (segment->label_id < 6);
  fail_unless (segment->label != NULL);
}

/* Everything the metadata of a frame says is true of its label map. */
static void
check_meta (const GstStructure * meta)
{
  gint width, height, i;
  g_autofree guint8 *map = label_map_bytes (meta, &width, &height);
  guint n = gst_panoptic_meta_get_n_segments (meta), k;
  gboolean known[256] = { TRUE };

  for (k = 0; k < n; k++) {
    GstPanopticSegment segment;

    fail_unless (gst_panoptic_meta_get_segment (meta, k, &segment));
    check_segment (&segment, map, width, height);
    fail_if (known[segment.id], "id %u twice", segment.id);
    known[segment.id] = TRUE;
  }
  for (i = 0; i < width * height; i++)
    fail_unless (known[map[i]], "%d is in the map but not a segment", map[i]);
}

GST_START_TEST (test_content)
{
  static const gchar *const tasks[] = { "semantic", "instance", "panoptic" };
  g_autofree gchar *properties =
      g_strdup_printf ("task=%s postprocess=paper", tasks[__i__]);
  GstHarness *h = seg_harness (properties);
  const GstStructure *meta;
  GstVideoInfo info;
  GstVideoRectangle rectangle;
  GstBuffer *in, *out;
  guint64 pts, age;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  in = picture (&info);
  GST_BUFFER_PTS (in) = 7 * GST_SECOND;
  out = push_frame (h, in);
  meta = gst_buffer_get_panoptic_meta (out);
  check_meta (meta);
  fail_unless (gst_panoptic_meta_get_n_segments (meta) > 0);
  fail_unless_equals_string (gst_structure_get_string (meta, "task"),
      tasks[__i__]);
  fail_unless (gst_structure_get (meta, "pts", G_TYPE_UINT64, &pts, "age",
          G_TYPE_UINT64, &age, NULL));
  fail_unless_equals_uint64 (pts, 7 * GST_SECOND);
  fail_unless_equals_uint64 (age, 0);
  gst_panoptic_meta_get_label_map (meta, &rectangle);
  fail_unless (rectangle.x == 0 && rectangle.y == 0);
  fail_unless (rectangle.w == 90 && rectangle.h == 120);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* transformers numbers segments in its own way; 0 means the same in the metadata all the same. */
GST_START_TEST (test_transformers)
{
  static const gchar *const tasks[] = { "semantic", "instance" };
  g_autofree gchar *properties =
      g_strdup_printf ("task=%s postprocess=transformers", tasks[__i__]);
  GstHarness *h = seg_harness (properties);
  GstVideoInfo info;
  GstBuffer *out;
  GstPanopticSegment segment;
  const GstStructure *meta;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  meta = gst_buffer_get_panoptic_meta (out);
  fail_unless (gst_panoptic_meta_get_n_segments (meta) > 0);
  for (guint i = 0; i < gst_panoptic_meta_get_n_segments (meta); i++) {
    fail_unless (gst_panoptic_meta_get_segment (meta, i, &segment));
    fail_unless (segment.id > 0);
  }
  if (__i__ == 0)
    check_meta (meta);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_nothing_found)
{
  static const gchar *const modes[] = {
    "postprocess=paper", "postprocess=transformers task=panoptic",
    "postprocess=transformers task=instance",
  };
  GstHarness *h = seg_harness (modes[__i__]);
  GstVideoInfo info;
  GstBuffer *out;
  const GstStructure *meta;
  guint8 *map;
  gint width, height, i;

  gst_harness_set (h, "mask2formerseg", "threshold", 1.0, NULL);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  meta = gst_buffer_get_panoptic_meta (out);
  fail_unless_equals_int (gst_panoptic_meta_get_n_segments (meta), 0);
  map = label_map_bytes (meta, &width, &height);
  for (i = 0; i < width * height; i++)
    fail_unless_equals_int (map[i], 0);
  g_free (map);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_regions_of_interest)
{
  GstHarness *h = seg_harness ("task=instance");
  GstVideoInfo info;
  GstBuffer *out;
  const GstStructure *meta;
  guint i, things = 0, regions;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  meta = gst_buffer_get_panoptic_meta (out);
  for (i = 0; i < gst_panoptic_meta_get_n_segments (meta); i++) {
    GstPanopticSegment segment;
    GstVideoRegionOfInterestMeta *roi;
    GstStructure *param;
    guint label_id;

    fail_unless (gst_panoptic_meta_get_segment (meta, i, &segment));
    if (!segment.is_thing)
      continue;
    things++;
    roi = gst_buffer_get_video_region_of_interest_meta_id (out, segment.id);
    fail_unless (roi != NULL);
    fail_unless_equals_string (g_quark_to_string (roi->roi_type),
        segment.label);
    fail_unless_equals_int (roi->x, segment.box.x);
    fail_unless_equals_int (roi->y, segment.box.y);
    fail_unless_equals_int (roi->w, segment.box.w);
    fail_unless_equals_int (roi->h, segment.box.h);
    param = gst_video_region_of_interest_meta_get_param (roi, "mask2former");
    fail_unless (param != NULL);
    fail_unless (gst_structure_get_uint (param, "label-id", &label_id));
    fail_unless_equals_int (label_id, segment.label_id);
  }
  regions = gst_buffer_get_n_meta (out,
      GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
  fail_unless_equals_int (regions, things);
  fail_unless (things > 0);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Scaled to double width and half height behind a queue and a tee. */
GST_START_TEST (test_survives_scaling)
{
  GstHarness *h = gst_harness_new_parse ("mask2formerseg model=" SQUARE
      " precision=fp32 mode=every-frame" ANY_SCORE "task=instance overlay=none "
      "! queue ! tee ! videoconvertscale add-borders=false "
      "! capsfilter caps=video/x-raw,format=NV12,width=180,height=60");
  GstVideoInfo info;
  GstVideoRectangle rectangle;
  GstPanopticSegment segment;
  GstVideoRegionOfInterestMeta *roi;
  GstBuffer *out;
  const GstStructure *meta;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  meta = gst_buffer_get_panoptic_meta (out);
  gst_panoptic_meta_get_label_map (meta, &rectangle);
  fail_unless (rectangle.x == 0 && rectangle.y == 0);
  fail_unless_equals_int (rectangle.w, 180);
  fail_unless_equals_int (rectangle.h, 60);
  check_meta (meta);            /* boxes and areas are the label map's, which stays */
  fail_unless (gst_panoptic_meta_get_segment (meta, 0, &segment));
  roi = gst_buffer_get_video_region_of_interest_meta_id (out, segment.id);
  fail_unless (roi != NULL);
  fail_unless_equals_int (roi->x, segment.box.x * 2);
  fail_unless_equals_int (roi->h, segment.box.h / 2);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

#define SQUARE_PIXELS "pixel-aspect-ratio=1/1"

static const struct
{
  const gchar *chain;           /* behind a frame of 320 x 240 square pixels */
  gint x, y, width, height;
} scalings[] = {
  /* the aspect ratio changes: borders above and below, then left and right */
  {"videoscale ! video/x-raw,width=320,height=320," SQUARE_PIXELS,
      0, 40, 320, 240},
  {"videoscale ! video/x-raw,width=400,height=200," SQUARE_PIXELS,
      67, 0, 267, 200},
  {"videoconvertscale ! video/x-raw,format=NV12,width=102,height=334,"
        SQUARE_PIXELS, 0, 129, 102, 76},
  /* it stays */
  {"videoscale ! video/x-raw,width=160,height=120", 0, 0, 160, 120},
  {"videoscale ! video/x-raw,width=320,height=480", 0, 0, 320, 480},
  /* borders are switched off, also where the scaler is hard to find */
  {"videoscale add-borders=false ! video/x-raw,width=320,height=320,"
        SQUARE_PIXELS, 0, 0, 320, 320},
  {"queue ! tee ! identity ! bin. ( queue "
        "! videoconvertscale add-borders=false ) "
        "! video/x-raw,width=320,height=320," SQUARE_PIXELS, 0, 0, 320, 320},
  /* pixels that are not square */
  {"videoscale ! video/x-raw,width=320,height=240,pixel-aspect-ratio=1/2",
      0, 60, 320, 120},
  {"videoscale ! video/x-raw,width=320,height=480,pixel-aspect-ratio=2/1 "
        "! videoscale ! video/x-raw,width=320,height=320," SQUARE_PIXELS,
      0, 40, 320, 240},
  /* twice: the second keeps the borders of the first inside the frame */
  {"videoscale ! video/x-raw,width=320,height=320," SQUARE_PIXELS
        " ! videoscale ! video/x-raw,width=160,height=160," SQUARE_PIXELS,
      0, 20, 160, 120},
  {"videoscale ! video/x-raw,width=320,height=320," SQUARE_PIXELS
        " ! videoscale ! video/x-raw,width=640,height=320," SQUARE_PIXELS,
      160, 40, 320, 240},
#if GST_CHECK_VERSION (1, 28, 0)
  /* elements that add borders and crop */
  {"videobox left=-20 top=-10", 20, 10, 320, 240},
  {"videocrop left=16 top=10", -16, -10, 320, 240},
  {"videocrop right=20 ! videoscale ! video/x-raw,width=600,height=480",
      0, 0, 640, 480},
#endif
};

/* The part of a frame that is not black. */
static GstVideoRectangle
bright_part (GstBuffer * buffer, const GstVideoInfo * info)
{
  gint left = G_MAXINT, top = G_MAXINT, right = 0, bottom = 0, x, y;
  GstVideoFrame frame;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (y = 0; y < info->height; y++) {
    const guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    for (x = 0; x < info->width; x++) {
      if (row[3 * x] < 128)
        continue;
      left = MIN (left, x);
      right = MAX (right, x + 1);
      top = MIN (top, y);
      bottom = MAX (bottom, y + 1);
    }
  }
  gst_video_frame_unmap (&frame);
  return (GstVideoRectangle) { left, top, right - left, bottom - top };
}

static void
fail_unless_near (const GstVideoRectangle * a, gint x, gint y, gint width,
    gint height)
{
  fail_unless (ABS (a->x - x) <= 1 && ABS (a->y - y) <= 1 &&
      ABS (a->w - width) <= 1 && ABS (a->h - height) <= 1,
      "%d x %d at (%d, %d), expected %d x %d at (%d, %d)", a->w, a->h, a->x,
      a->y, width, height, x, y);
}

/* The rectangle is the picture without the borders that a scaler adds; the picture is white. */
GST_START_TEST (test_letterbox)
{
  g_autofree gchar *text = g_strconcat ("videotestsrc num-buffers=1 "
      "pattern=white ! video/x-raw,format=RGB,width=320,height=240,"
      SQUARE_PIXELS " ! mask2formerseg model=" SQUARE " precision=fp32 "
      "overlay=none ! ", scalings[__i__].chain, " ! videoconvert "
      "! video/x-raw,format=RGB ! fakesink name=sink enable-last-sample=true",
      NULL);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error), *sink;
  GstVideoRectangle rectangle, bright;
  GstSample *sample;
  GstVideoInfo info;
  GstBus *bus;
  GstMessage *message;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);

  g_object_get (sink, "last-sample", &sample, NULL);
  fail_unless (gst_video_info_from_caps (&info, gst_sample_get_caps (sample)));
  gst_panoptic_meta_get_label_map (gst_buffer_get_panoptic_meta
      (gst_sample_get_buffer (sample)), &rectangle);
  bright = bright_part (gst_sample_get_buffer (sample), &info);
  fail_unless_near (&rectangle, scalings[__i__].x, scalings[__i__].y,
      scalings[__i__].width, scalings[__i__].height);
  /* what was cropped cannot be seen */
  fail_unless_near (&bright, MAX (rectangle.x, 0), MAX (rectangle.y, 0),
      MIN (rectangle.x + rectangle.w, info.width) - MAX (rectangle.x, 0),
      MIN (rectangle.y + rectangle.h, info.height) - MAX (rectangle.y, 0));

  gst_sample_unref (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* Copies of a frame share one label map. */
GST_START_TEST (test_copies_share_the_map)
{
  GstHarness *h = seg_harness ("");
  GstVideoInfo info;
  GstBuffer *out, *copy;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  copy = gst_buffer_copy (out);
  fail_unless (gst_panoptic_meta_get_label_map (gst_buffer_get_panoptic_meta
          (copy), NULL) ==
      gst_panoptic_meta_get_label_map (gst_buffer_get_panoptic_meta (out),
          NULL));
  gst_buffer_unref (out);
  check_meta (gst_buffer_get_panoptic_meta (copy));
  gst_buffer_unref (copy);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_labels_file)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *properties = NULL;
  GstHarness *h;
  GstVideoInfo info;
  GstBuffer *out;
  GstPanopticSegment segment;
  gint fd = g_file_open_tmp (NULL, &path, NULL);

  fail_unless (fd >= 0);
  g_close (fd, NULL);
  /* Windows line ends and empty lines at the end */
  fail_unless (g_file_set_contents (path, "zero\r\none\r\ntwo\nthree\nfour\n"
          "five\n\n\n", -1, NULL));
  properties = g_strdup_printf ("labels-file=%s", path);
  h = seg_harness (properties);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  out = push_frame (h, picture (&info));
  fail_unless (gst_panoptic_meta_get_segment (gst_buffer_get_panoptic_meta
          (out), 0, &segment));
  {
    static const gchar *const names[] = { "zero", "one", "two", "three",
      "four", "five"
    };
    fail_unless_equals_string (segment.label, names[segment.label_id]);
  }
  gst_buffer_unref (out);
  gst_harness_teardown (h);
  g_unlink (path);
}

GST_END_TEST;

/* Segments of classes that are called background are stuff without a region of interest, and are
 * not drawn. */
GST_START_TEST (test_background)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *properties = NULL;
  GstHarness *h;
  GstVideoInfo info;
  GstBuffer *in, *out;
  const GstStructure *meta;
  GstPanopticSegment segment;
  guint i;
  gint fd = g_file_open_tmp (NULL, &path, NULL);

  fail_unless (fd >= 0);
  g_close (fd, NULL);
  fail_unless (g_file_set_contents (path, "background\nVOID\nUnlabelled\n"
          "__ignore__\nother\nvoid--unlabeled\n", -1, NULL));
  properties = g_strdup_printf ("task=instance labels-file=%s", path);
  h = seg_harness (properties);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  in = picture (&info);
  out = push_frame (h, gst_buffer_copy_deep (in));
  meta = gst_buffer_get_panoptic_meta (out);
  fail_unless (gst_panoptic_meta_get_n_segments (meta) > 0);
  for (i = 0; i < gst_panoptic_meta_get_n_segments (meta); i++) {
    fail_unless (gst_panoptic_meta_get_segment (meta, i, &segment));
    fail_unless (segment.is_background, "%s", segment.label);
    fail_if (segment.is_thing);
  }
  fail_unless_equals_int (gst_buffer_get_n_meta (out,
          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 0);
  {
    GstMapInfo before;

    fail_unless (gst_buffer_map (in, &before, GST_MAP_READ));
    fail_unless_equals_int (gst_buffer_memcmp (out, 0, before.data,
            before.size), 0);
    gst_buffer_unref (out);
    gst_harness_set (h, "mask2formerseg", "draw-background", TRUE, NULL);
    out = push_frame (h, gst_buffer_copy_deep (in));
    fail_if (gst_buffer_memcmp (out, 0, before.data, before.size) == 0);
    gst_buffer_unmap (in, &before);
  }
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
  g_unlink (path);
}

GST_END_TEST;

/* Two analysers in series, the second for another task. */
static GstBuffer *
analysed_twice (GstHarness ** h, const gchar * first, const gchar * second)
{
  g_autofree gchar *launch = g_strdup_printf ("mask2formerseg model=" SQUARE
      " precision=fp32 mode=every-frame overlay=none task=panoptic" ANY_SCORE "%s "
      "! mask2formerseg model=" SQUARE " precision=fp32 mode=every-frame overlay=none "
      "task=instance" ANY_SCORE "%s", first, second);
  GstVideoInfo info;

  *h = gst_harness_new_parse (launch);
  set_caps (*h, GST_VIDEO_FORMAT_RGB, 90, 120);
  return push_frame (*h, picture (&info));
}

static const gchar *
task_of (GstBuffer * buffer, const gchar * source_id)
{
  const GstStructure *meta =
      gst_buffer_get_panoptic_meta_from (buffer, source_id);

  return meta ? gst_structure_get_string (meta, "task") : NULL;
}

/* Number of regions of interest of a source. */
static guint
count_regions (GstBuffer * buffer, const gchar * source_id)
{
  gpointer state = NULL;
  GstMeta *meta;
  guint n = 0;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstStructure *param = gst_video_region_of_interest_meta_get_param (
        (GstVideoRegionOfInterestMeta *) meta, "mask2former");

    n += g_strcmp0 (gst_structure_get_string (param, "source-id"),
        source_id) == 0;
  }
  return n;
}

static guint
count_things (const GstStructure * meta)
{
  GstPanopticSegment segment;
  guint i, n = 0;

  for (i = 0; i < gst_panoptic_meta_get_n_segments (meta); i++)
    n += gst_panoptic_meta_get_segment (meta, i, &segment) && segment.is_thing;
  return n;
}

/* Both results stay on the frame, also where it is copied; the newest is found without asking. */
GST_START_TEST (test_two_sources)
{
  GstHarness *h;
  GstBuffer *out = analysed_twice (&h, "name=first", "source-id=second"), *copy;
  GstVideoRegionOfInterestMeta *roi;
  const GstStructure *newest;

  copy = gst_buffer_copy (out);
  gst_buffer_unref (out);
  newest = gst_buffer_get_panoptic_meta (copy);
  fail_unless (newest == gst_custom_meta_get_structure
      (gst_buffer_get_custom_meta (copy, GST_PANOPTIC_META_NAME)));
  fail_unless_equals_string (task_of (copy, NULL), "instance");
  fail_unless_equals_string (task_of (copy, "second"), "instance");
  fail_unless_equals_string (task_of (copy, "first"), "panoptic");
  fail_unless (task_of (copy, "third") == NULL);

  fail_unless_equals_int (count_regions (copy, "second"),
      count_things (newest));
  fail_unless_equals_int (count_regions (copy, "first"),
      count_things (gst_buffer_get_panoptic_meta_from (copy, "first")));
  roi = gst_buffer_get_video_region_of_interest_meta_id (copy, 1);
  fail_unless_equals_string (gst_structure_get_string
      (gst_video_region_of_interest_meta_get_param (roi, "mask2former"),
          "source-id"), "second");
  gst_buffer_unref (copy);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A result replaces the one of its own source, regions of interest and all. */
GST_START_TEST (test_same_source)
{
  GstHarness *h;
  GstBuffer *out = analysed_twice (&h, "source-id=one", "name=one");

  fail_unless_equals_int (gst_buffer_get_n_meta (out,
          gst_meta_get_info (GST_PANOPTIC_META_NAME)->api), 1);
  fail_unless_equals_string (task_of (out, "one"), "instance");
  fail_unless_equals_int (gst_buffer_get_n_meta (out,
          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE),
      count_things (gst_buffer_get_panoptic_meta (out)));
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
metadata_suite (void)
{
  Suite *suite = suite_create ("metadata");
  TCase *tcase = tcase_create ("metadata");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_content, 0, 3);
  tcase_add_loop_test (tcase, test_transformers, 0, 2);
  tcase_add_loop_test (tcase, test_nothing_found, 0, 3);
  tcase_add_test (tcase, test_regions_of_interest);
  tcase_add_test (tcase, test_survives_scaling);
  tcase_add_loop_test (tcase, test_letterbox, 0, G_N_ELEMENTS (scalings));
  tcase_add_test (tcase, test_copies_share_the_map);
  tcase_add_test (tcase, test_labels_file);
  tcase_add_test (tcase, test_background);
  tcase_add_test (tcase, test_two_sources);
  tcase_add_test (tcase, test_same_source);
  return suite;
}

GST_CHECK_MAIN (metadata);

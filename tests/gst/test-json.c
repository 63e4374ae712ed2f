/* panopticjson: what a line says about a frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <jansson.h>

#include "model/m2f.h"

/* What a buffer (transfer full) says, one line. */
static json_t *
parse (GstBuffer * buffer)
{
  GstMapInfo map;
  json_error_t error;
  json_t *json;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  fail_unless (map.size > 1 && map.data[map.size - 1] == '\n');
  fail_unless (memchr (map.data, '\n', map.size - 1) == NULL);
  json = json_loadb ((const char *) map.data, map.size, 0, &error);
  fail_unless (json != NULL, "%s", error.text);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return json;
}

/* Pushes a picture and returns the line that comes out, parsed. */
static json_t *
push_picture (GstHarness * h, GstClockTime pts)
{
  GstVideoInfo info;
  GstBuffer *in = picture (&info), *out;

  GST_BUFFER_PTS (in) = pts;
  out = gst_harness_push_and_pull (h, in);
  fail_unless (out != NULL);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), pts);
  return parse (out);
}

static json_int_t
number (json_t * object, const char *key)
{
  json_t *value = json_object_get (object, key);

  fail_unless (json_is_integer (value), "%s", key);
  return json_integer_value (value);
}

GST_START_TEST (test_segments)
{
  GstHarness *h = seg_harness ("overlay=none ! panopticjson");
  json_t *json, *segments, *segment;
  size_t i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  json = push_picture (h, 40 * GST_MSECOND);
  fail_unless_equals_int64 (number (json, "pts"), 40 * GST_MSECOND);
  fail_unless_equals_int64 (number (json, "running_time"), 40 * GST_MSECOND);
  fail_unless_equals_int64 (number (json, "width"), 90);
  fail_unless_equals_int64 (number (json, "height"), 120);
  fail_unless_equals_int64 (number (json, "age"), 0);
  fail_unless_equals_string (json_string_value (json_object_get (json,
              "task")), "panoptic");
  segments = json_object_get (json, "segments");
  fail_unless (json_array_size (segments) > 0);
  json_array_foreach (segments, i, segment) {
    json_t *box = json_object_get (segment, "box");
    json_int_t box_area;

    fail_unless_equals_int (json_array_size (box), 4);
    box_area = json_integer_value (json_array_get (box, 2))
        * json_integer_value (json_array_get (box, 3));
    fail_unless (number (segment, "area") > 0);
    fail_unless (number (segment, "area") <= box_area);
    fail_unless (json_is_string (json_object_get (segment, "label")));
    fail_unless (json_is_boolean (json_object_get (segment, "is_thing")));
    fail_unless (json_is_false (json_object_get (segment, "is_background")));
  }
  json_decref (json);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Boxes and areas follow a frame that was scaled after it was looked at. */
GST_START_TEST (test_scaled)
{
  GstHarness *plain = seg_harness ("overlay=none ! panopticjson");
  GstHarness *scaled = seg_harness ("overlay=none ! videoscale "
      "! video/x-raw,width=180,height=240 ! panopticjson");
  json_t *a, *b, *one, *other;
  guint i;

  set_caps (plain, GST_VIDEO_FORMAT_RGB, 90, 120);
  set_caps (scaled, GST_VIDEO_FORMAT_RGB, 90, 120);
  a = push_picture (plain, 0);
  b = push_picture (scaled, 0);
  fail_unless_equals_int64 (number (b, "width"), 180);
  one = json_array_get (json_object_get (a, "segments"), 0);
  other = json_array_get (json_object_get (b, "segments"), 0);
  fail_unless_equals_int64 (number (other, "area"),
      4 * number (one, "area"));
  for (i = 0; i < 4; i++)
    fail_unless_equals_int64 (json_integer_value (json_array_get
            (json_object_get (other, "box"), i)),
        2 * json_integer_value (json_array_get (json_object_get (one, "box"),
                i)));
  json_decref (a);
  json_decref (b);
  gst_harness_teardown (plain);
  gst_harness_teardown (scaled);
}

GST_END_TEST;

static const char *
text (json_t * object, const char *key)
{
  return json_string_value (json_object_get (object, key));
}

/* The newest of two results is written, or the one that is asked for. */
GST_START_TEST (test_source_id)
{
  GstHarness *h = seg_harness ("overlay=none name=first task=semantic "
      "! mask2formerseg model=" SQUARE " mode=every-frame overlay=none "
      "source-id=second task=instance ! panopticjson");
  json_t *json;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  json = push_picture (h, 0);
  fail_unless_equals_string (text (json, "source_id"), "second");
  fail_unless_equals_string (text (json, "task"), "instance");
  json_decref (json);

  gst_harness_set (h, "panopticjson", "source-id", "first", NULL);
  json = push_picture (h, 0);
  fail_unless_equals_string (text (json, "source_id"), "first");
  fail_unless_equals_string (text (json, "task"), "semantic");
  json_decref (json);

  gst_harness_set (h, "panopticjson", "source-id", "third", NULL);
  json = push_picture (h, 0);
  fail_unless (json_is_null (json_object_get (json, "source_id")));
  fail_unless (json_is_null (json_object_get (json, "segments")));
  json_decref (json);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* No metadata is not the same as nothing found. */
GST_START_TEST (test_without_metadata)
{
  GstHarness *h = gst_harness_new ("panopticjson");
  json_t *json;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  json = push_picture (h, GST_CLOCK_TIME_NONE);
  fail_unless (json_is_null (json_object_get (json, "pts")));
  fail_unless (json_is_null (json_object_get (json, "running_time")));
  fail_unless (json_is_null (json_object_get (json, "task")));
  fail_unless (json_is_null (json_object_get (json, "segments")));
  json_decref (json);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- masks ---- */

/* The mask of a segment: a byte for each pixel of the frame. */
static guint8 *
read_rle (json_t * mask, gint width, gint height)
{
  json_t *size = json_object_get (mask, "size");
  guint8 *pixels = g_malloc (width * height);
  GError *error = NULL;

  fail_unless_equals_int (json_integer_value (json_array_get (size, 0)),
      height);
  fail_unless_equals_int (json_integer_value (json_array_get (size, 1)), width);
  fail_unless (m2f_rle_to_mask (json_string_value (json_object_get (mask,
                  "counts")), width, height, pixels, &error));
  return pixels;
}

static guint8 *
read_polygons (json_t * mask, gint width, gint height)
{
  g_autoptr (GPtrArray) rings = g_ptr_array_new ();
  guint8 *pixels = g_malloc (width * height);
  json_t *polygon, *point;
  size_t i, k;

  json_array_foreach (mask, i, polygon) {
    json_t *points = json_object_get (polygon, "points");
    M2fRing *ring = g_new0 (M2fRing, 1);

    ring->n_points = json_array_size (points) / 2;
    ring->points = g_new (int, 2 * ring->n_points);
    json_array_foreach (points, k, point)
      ring->points[k] = json_integer_value (point);
    g_ptr_array_add (rings, ring);
  }
  m2f_polygons_to_mask (rings, width, height, pixels);
  for (i = 0; i < rings->len; i++) {
    g_free (((M2fRing *) rings->pdata[i])->points);
    g_free (rings->pdata[i]);
  }
  return pixels;
}

/* Masks of a frame of this size are apart, have the areas of their segments and lie in their
 * boxes. */
static void
check_masks (json_t * json, gboolean polygons, gint width, gint height)
{
  json_t *segments = json_object_get (json, "segments"), *segment;
  g_autofree guint8 *seen = g_malloc0 (width * height);
  size_t i;
  gint k;

  fail_unless (json_array_size (segments) > 1);
  json_array_foreach (segments, i, segment) {
    json_t *mask = json_object_get (segment, "mask");
    json_t *box = json_object_get (segment, "box");
    g_autofree guint8 *pixels = polygons ? read_polygons (mask, width, height) :
        read_rle (mask, width, height);
    gint area = 0, x = json_integer_value (json_array_get (box, 0));
    gint y = json_integer_value (json_array_get (box, 1));

    for (k = 0; k < width * height; k++) {
      area += pixels[k];
      fail_unless (!(pixels[k] && seen[k]));
      seen[k] |= pixels[k];
      fail_unless (!pixels[k] || (k % width >= x && k / width >= y));
    }
    if (width == 90)
      fail_unless_equals_int64 (area, number (segment, "area"));
    fail_unless (area > 0);
  }
}

GST_START_TEST (test_masks)
{
  static const gchar *const launches[] = {
    "overlay=none ! panopticjson masks=rle",
    "overlay=none ! panopticjson masks=polygons tolerance=0",
    "overlay=none ! videoscale ! video/x-raw, width=180, height=240 "
        "! panopticjson masks=rle",
    "overlay=none ! videoscale ! video/x-raw, width=180, height=240 "
        "! panopticjson masks=polygons tolerance=0",
  };
  GstHarness *h = seg_harness (launches[__i__]);
  gint factor = __i__ < 2 ? 1 : 2;
  json_t *json;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  json = push_picture (h, 0);
  check_masks (json, __i__ % 2, 90 * factor, 120 * factor);
  json_decref (json);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A time that the camera stamped on the frame. */
GST_START_TEST (test_reference_time)
{
  GstHarness *h = gst_harness_new ("panopticjson");
  g_autoptr (GstCaps) ntp = gst_caps_new_empty_simple ("timestamp/x-ntp");
  GstVideoInfo info;
  GstBuffer *in = picture (&info), *out;
  GstMapInfo map;
  json_t *json, *time;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  gst_buffer_add_reference_timestamp_meta (in, ntp, 1234567890123,
      GST_CLOCK_TIME_NONE);
  out = gst_harness_push_and_pull (h, in);
  fail_unless (gst_buffer_map (out, &map, GST_MAP_READ));
  json = json_loadb ((const char *) map.data, map.size, 0, NULL);
  time = json_object_get (json, "reference_time");
  fail_unless_equals_int64 (number (time, "time"), 1234567890123);
  fail_unless_equals_string (json_string_value (json_object_get (time,
              "clock")), "timestamp/x-ntp");
  fail_unless_equals_int64 (number (json, "version"), 1);
  json_decref (json);
  gst_buffer_unmap (out, &map);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- batches ---- */

#define FRAME (40 * GST_MSECOND)

/* A harness of panopticjson with that batch, into which n pictures were pushed. */
static GstHarness *
batch_harness (guint batch, guint n)
{
  GstHarness *h = gst_harness_new ("panopticjson");
  GstVideoInfo info;
  guint i;

  gst_harness_set (h, "panopticjson", "batch", batch, NULL);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  for (i = 0; i < n; i++) {
    GstBuffer *in = picture (&info);

    GST_BUFFER_PTS (in) = i * FRAME;
    GST_BUFFER_DURATION (in) = FRAME;
    fail_unless_equals_int (gst_harness_push (h, in), GST_FLOW_OK);
  }
  return h;
}

/* The next buffer is an array of n frames, of which `at` is the first. */
static void
pull_batch (GstHarness * h, guint at, guint n)
{
  GstBuffer *out = gst_harness_try_pull (h);
  json_t *json, *frame;
  size_t i;

  fail_unless (out != NULL);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), at * FRAME);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), n * FRAME);
  json = parse (out);
  fail_unless (json_is_array (json));
  fail_unless_equals_int (json_array_size (json), n);
  json_array_foreach (json, i, frame)
    fail_unless_equals_int64 (number (frame, "pts"), (at + i) * FRAME);
  json_decref (json);
}

GST_START_TEST (test_batch)
{
  GstHarness *h = batch_harness (3, 7);

  fail_unless_equals_int (gst_harness_buffers_received (h), 2);
  pull_batch (h, 0, 3);
  pull_batch (h, 3, 3);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  pull_batch (h, 6, 1);
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* What was gathered does not wait for frames after a gap or a new segment, and a flush drops it. */
GST_START_TEST (test_batch_events)
{
  GstHarness *h = batch_harness (100, 2);
  GstSegment segment;

  switch (__i__) {
    case 0:
      gst_harness_push_event (h, gst_event_new_gap (2 * FRAME, FRAME));
      break;
    case 1:
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_harness_push_event (h, gst_event_new_segment (&segment));
      break;
    case 2:
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_harness_push_event (h, gst_event_new_segment (&segment));
      gst_harness_push_event (h, gst_event_new_eos ());
      break;
  }
  if (__i__ < 2)
    pull_batch (h, 0, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A smaller batch lets go of the frames that there are with the next one. */
GST_START_TEST (test_batch_change)
{
  GstHarness *h = batch_harness (100, 2);
  json_t *json;
  GstVideoInfo info;
  GstBuffer *in = picture (&info);

  gst_harness_set (h, "panopticjson", "batch", 1, NULL);
  GST_BUFFER_PTS (in) = 2 * FRAME;
  GST_BUFFER_DURATION (in) = FRAME;
  gst_harness_push (h, in);
  pull_batch (h, 0, 3);
  json = push_picture (h, 3 * FRAME);
  fail_unless (json_is_object (json));
  json_decref (json);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* The first of four frames waits for three of 25 per second. */
GST_START_TEST (test_batch_latency)
{
  GstHarness *h = batch_harness (4, 0);

  gst_harness_set_upstream_latency (h, GST_SECOND);
  fail_unless_equals_uint64 (gst_harness_query_latency (h),
      GST_SECOND + 3 * FRAME);
  gst_harness_set (h, "panopticjson", "batch", 1, NULL);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), GST_SECOND);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* What decides where files go is not changed while they are written. */
GST_START_TEST (test_properties_of_ready)
{
  GstHarness *h = gst_harness_new ("panopticjson");
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;
  gchar *location;

  gst_element_set_bus (h->element, bus);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  g_object_set (h->element, "location", "other", NULL);
  g_object_get (h->element, "location", &location, NULL);
  fail_unless (location == NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, "location") != NULL);
  g_error_free (error);
  gst_message_unref (message);

  g_object_set (h->element, "batch", 2, NULL);
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING) == NULL);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
json_suite (void)
{
  Suite *s = suite_create ("panopticjson");
  TCase *tc = tcase_create ("lines");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_segments);
  tcase_add_test (tc, test_scaled);
  tcase_add_test (tc, test_source_id);
  tcase_add_test (tc, test_without_metadata);
  tcase_add_loop_test (tc, test_masks, 0, 4);
  tcase_add_test (tc, test_reference_time);
  tcase_add_test (tc, test_batch);
  tcase_add_loop_test (tc, test_batch_events, 0, 3);
  tcase_add_test (tc, test_batch_change);
  tcase_add_test (tc, test_batch_latency);
  tcase_add_test (tc, test_properties_of_ready);
  return s;
}

GST_CHECK_MAIN (json);

/* Panoptic metadata that somebody else wrote, with a fault in it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>

#include "gst/panopticwriter.h"
#include "gst/view.h"

#define WIDTH 64
#define HEIGHT 48

static GstStructure *
whole_segment (void)
{
  return gst_structure_new ("segment", "id", G_TYPE_UINT, 1,
      "label-id", G_TYPE_UINT, 2, "label", G_TYPE_STRING, "car",
      "score", G_TYPE_DOUBLE, 0.5, "area", G_TYPE_UINT64, (guint64) 3072,
      "x", G_TYPE_INT, 0, "y", G_TYPE_INT, 0, "width", G_TYPE_INT, WIDTH,
      "height", G_TYPE_INT, HEIGHT, "is-thing", G_TYPE_BOOLEAN, TRUE,
      "was-fused", G_TYPE_BOOLEAN, FALSE, NULL);
}

static GstBuffer *
whole_map (void)
{
  GstBuffer *map = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT, NULL);

  gst_buffer_memset (map, 0, 1, WIDTH * HEIGHT);
  gst_buffer_add_video_meta (map, 0, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  return map;
}

/* Takes the structure as the only segment. */
static void
set_segment (GstStructure * meta, GstStructure * segment)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;

  gst_value_array_init (&list, 1);
  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, segment);
  gst_value_array_append_and_take_value (&list, &item);
  gst_structure_take_value (meta, "segments", &list);
}

/* Metadata with nothing wrong, but without the optional fields. */
static GstStructure *
whole_meta (void)
{
  GstBuffer *map = whole_map ();
  GstStructure *meta = gst_structure_new (GST_PANOPTIC_META_NAME,
      "version", G_TYPE_UINT, 1, "task", G_TYPE_STRING, "panoptic",
      "pts", G_TYPE_UINT64, (guint64) 0, "age", G_TYPE_UINT64, (guint64) 0,
      "x", G_TYPE_INT, 0, "y", G_TYPE_INT, 0, "width", G_TYPE_INT, WIDTH,
      "height", G_TYPE_INT, HEIGHT, "label-map", GST_TYPE_BUFFER, map, NULL);

  gst_buffer_unref (map);
  set_segment (meta, whole_segment ());
  return meta;
}

/* Text of a field to put in place of the right one; NULL: the field is missing. */
typedef struct
{
  const gchar *field, *value;
} Fault;

static const Fault meta_faults[] = {
  {"task", NULL}, {"task", "(string)cat"}, {"task", "(int)1"},
  {"source-id", "(int)1"},
  {"pts", NULL}, {"pts", "(int)1"},
  {"age", NULL}, {"age", "(double)1"}, {"age", "(guint64)9223372036854775808"},
  {"x", NULL}, {"y", "(string)0"}, {"width", "(uint)64"}, {"height", NULL},
  {"width", "(int)0"}, {"height", "(int)-1"}, {"width", "(int)2147483647"},
  {"x", "(int)2147483647"}, {"y", "(int)-2147483648"},
  {"label-map", NULL}, {"label-map", "(string)x"},
  {"segments", NULL}, {"segments", "(string)x"},
};

static const Fault segment_faults[] = {
  {"id", NULL}, {"id", "(int)1"}, {"id", "(uint)0"}, {"id", "(uint)256"},
  {"label-id", NULL}, {"label-id", "(string)2"},
  {"label-id", "(uint)2147483648"},
  {"label", NULL}, {"label", "(int)3"},
  {"score", NULL}, {"score", "(float)1"},
  {"area", NULL}, {"area", "(int)1"}, {"area", "(guint64)3073"},
  {"x", NULL}, {"x", "(int)-5"}, {"x", "(int)1"}, {"y", "(double)1"},
  {"width", "(int)2147483647"}, {"height", "(int)-2147483648"},
  {"height", "(int)49"},
  {"is-thing", NULL}, {"is-thing", "(int)1"}, {"was-fused", NULL},
  {"query", "(uint)1"}, {"query", "(int)-2"},
  {"track-id", "(int)1"}, {"is-background", "(string)yes"},
};

static void
put_in (GstStructure * structure, const Fault * fault)
{
  g_autofree gchar *text = NULL;
  GstStructure *other;

  gst_structure_remove_field (structure, fault->field);
  if (!fault->value)
    return;
  text = g_strdup_printf ("a, v=%s;", fault->value);
  other = gst_structure_from_string (text, NULL);
  fail_unless (other != NULL, "%s", text);
  gst_structure_set_value (structure, fault->field,
      gst_structure_get_value (other, "v"));
  gst_structure_free (other);
}

/* Refused with an error that can be shown, and nothing of it remains. */
static void
check_refused (const GstStructure * meta)
{
  g_auto (GstPanopticView) view = { 0 };
  g_autoptr (GError) error = NULL;

  fail_if (gst_panoptic_view_set_meta (&view, meta, &error));
  fail_unless (g_error_matches (error, GST_STREAM_ERROR,
          GST_STREAM_ERROR_FORMAT));
  fail_unless (view.map == NULL);
  fail_unless_equals_int (view.n_segments, 0);
}

GST_START_TEST (test_whole)
{
  GstStructure *meta = whole_meta ();
  g_auto (GstPanopticView) view = { 0 };

  fail_unless (gst_panoptic_view_set_meta (&view, meta, NULL));
  fail_unless_equals_int (view.n_segments, 1);
  fail_unless_equals_int (view.segments[0].query, -1);
  fail_unless (view.segments[0].track_id == GST_PANOPTIC_NO_TRACK);
  fail_unless_equals_int (gst_panoptic_view_id (&view, 63, 47), 1);
  gst_structure_free (meta);
}

GST_END_TEST;

GST_START_TEST (test_meta_faults)
{
  GstStructure *meta = whole_meta ();

  put_in (meta, &meta_faults[__i__]);
  check_refused (meta);
  gst_structure_free (meta);
}

GST_END_TEST;

/* A segment with a fault is left out, those beside it stay. */
GST_START_TEST (test_segment_faults)
{
  GstStructure *meta = whole_meta (), *broken = whole_segment ();
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
  g_auto (GstPanopticView) view = { 0 };

  put_in (broken, &segment_faults[__i__]);
  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, broken);
  gst_value_array_init (&list, 2);
  gst_value_array_append_and_take_value (&list, &item);
  gst_value_array_append_value (&list, gst_value_array_get_value
      (gst_structure_get_value (meta, "segments"), 0));
  gst_structure_take_value (meta, "segments", &list);

  fail_unless (gst_panoptic_view_set_meta (&view, meta, NULL));
  fail_unless_equals_int (view.n_segments, 1);
  fail_unless_equals_int (view.segments[0].id, 1);
  fail_unless_equals_string (view.segments[0].label, "car");
  gst_structure_free (meta);
}

GST_END_TEST;

/* Every prefix of the fields of a segment: the reader sets all of its struct, whatever it finds. */
GST_START_TEST (test_nothing_uninitialised)
{
  GstStructure *meta = whole_meta (), *segment = whole_segment ();
  GstPanopticSegment read;
  GstVideoRectangle rectangle;

  while (gst_structure_n_fields (segment) > 0) {
    gst_structure_remove_field (segment,
        gst_structure_nth_field_name (segment, 0));
    set_segment (meta, gst_structure_copy (segment));
    memset (&read, 0xa5, sizeof read);
    fail_if (gst_panoptic_meta_get_segment (meta, 0, &read));
    fail_unless (read.id <= 1 && read.label_id <= 2 && read.area <= 3072);
    fail_unless (read.box.w == 0 || read.box.w == WIDTH);
    fail_unless (read.score == 0 || read.score == 0.5);
  }
  memset (&read, 0xa5, sizeof read);
  fail_if (gst_panoptic_meta_get_segment (meta, 1, &read), "there is one");
  fail_unless (read.label == NULL && read.id == 0);

  gst_structure_remove_field (meta, "height");
  memset (&rectangle, 0xa5, sizeof rectangle);
  fail_unless (gst_panoptic_meta_get_label_map (meta, &rectangle) == NULL);
  fail_unless (rectangle.x == 0 && rectangle.w == 0);
  gst_structure_free (segment);
  gst_structure_free (meta);
}

GST_END_TEST;

/* The map's GstVideoMeta is compared with its memory. */
GST_START_TEST (test_map_faults)
{
  GstStructure *meta = whole_meta ();
  GstBuffer *map = whole_map ();
  GstVideoMeta *video = gst_buffer_get_video_meta (map);

  switch (__i__) {
    case 0:
      video->width = 0;
      break;
    case 1:
      video->width = G_MAXUINT;
      break;
    case 2:
      video->height = HEIGHT + 1;
      break;
    case 3:
      video->height = G_MAXUINT;
      break;
    case 4:
      video->stride[0] = WIDTH - 1;
      break;
    case 5:
      video->stride[0] = -WIDTH;
      break;
    case 6:
      video->offset[0] = 1;
      break;
    case 7:
      video->offset[0] = G_MAXSIZE;
      break;
    case 8:
      video->format = GST_VIDEO_FORMAT_RGB;
      break;
    case 9:
      video->format = GST_VIDEO_FORMAT_GRAY16_LE;
      break;
    case 10:
      gst_buffer_remove_meta (map, (GstMeta *) video);
      break;
    case 11:
      video->format = GST_VIDEO_FORMAT_UNKNOWN;
      break;
    case 12:
      video->format = G_MAXINT;
      break;
    default:
      gst_buffer_set_size (map, 0);
      break;
  }
  gst_structure_set (meta, "label-map", GST_TYPE_BUFFER, map, NULL);
  gst_buffer_unref (map);
  check_refused (meta);
  gst_structure_free (meta);
}

GST_END_TEST;

GST_START_TEST (test_too_many)
{
  GstStructure *meta = whole_meta ();
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
  guint i;

  gst_value_array_init (&list, 65536);
  g_value_init (&item, G_TYPE_INT);
  for (i = 0; i < 65536; i++)
    gst_value_array_append_value (&list, &item);
  gst_structure_take_value (meta, "segments", &list);
  check_refused (meta);
  gst_structure_free (meta);
}

GST_END_TEST;

static gboolean
copy_field (GQuark field, const GValue * value, gpointer structure)
{
  gst_structure_id_set_value (structure, field, value);
  return TRUE;
}

/* A frame with that metadata (transfer full). */
static GstBuffer *
frame_with (GstStructure * meta)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT, NULL);

  fail_unless (gst_panoptic_meta_register ());
  GST_BUFFER_PTS (frame) = 0;
  gst_structure_foreach (meta, copy_field, gst_custom_meta_get_structure
      (gst_buffer_add_custom_meta (frame, GST_PANOPTIC_META_NAME)));
  gst_structure_free (meta);
  return frame;
}

/* Pushes a frame with that metadata (transfer full) and returns the line of JSON. */
static json_t *
line_of (const gchar * launch, GstStructure * meta)
{
  GstHarness *h = gst_harness_new_parse (launch);
  GstBuffer *out;
  GstMapInfo map;
  json_t *json;

  set_caps (h, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  out = gst_harness_push_and_pull (h, frame_with (meta));
  fail_unless (out != NULL);
  fail_unless (gst_buffer_map (out, &map, GST_MAP_READ));
  json = json_loadb ((const char *) map.data, map.size, 0, NULL);
  fail_unless (json != NULL);
  gst_buffer_unmap (out, &map);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
  return json;
}

#define JSON "panopticjson"
#define SCALED_JSON \
    "videoscale ! video/x-raw,width=32,height=24 ! panopticjson"

/* No field, of the frame or of a segment, can be missing in a way that harms. */
GST_START_TEST (test_json_of_faults)
{
  GstStructure *meta = whole_meta ();
  json_t *json;

  put_in (meta, &meta_faults[__i__ / 2]);
  json = line_of (__i__ % 2 ? SCALED_JSON : JSON, meta);
  fail_unless (json_is_null (json_object_get (json, "segments")));
  fail_unless (json_is_null (json_object_get (json, "task")));
  fail_unless (json_is_null (json_object_get (json, "age")));
  json_decref (json);
}

GST_END_TEST;

/* The rectangle of metadata once its frame has been scaled. */
static GstVideoRectangle
scaled_rectangle (const GstStructure * meta, gint in_width, gint in_height,
    gint out_width, gint out_height)
{
  GstBuffer *frame = gst_buffer_new (), *scaled = gst_buffer_new ();
  GstVideoInfo from, to;
  GstVideoMetaTransform sizes = { &from, &to };
  GstVideoRectangle found;
  GstMeta *custom;

  fail_unless (gst_panoptic_meta_register ());
  custom = (GstMeta *) gst_buffer_add_custom_meta (frame,
      GST_PANOPTIC_META_NAME);
  gst_structure_foreach (meta, copy_field,
      gst_custom_meta_get_structure ((GstCustomMeta *) custom));
  gst_video_info_set_format (&from, GST_VIDEO_FORMAT_GRAY8, in_width,
      in_height);
  gst_video_info_set_format (&to, GST_VIDEO_FORMAT_GRAY8, out_width,
      out_height);
  fail_unless (custom->info->transform_func (scaled, custom, frame,
          gst_video_meta_transform_scale_get_quark (), &sizes));
  fail_unless (gst_panoptic_meta_get_label_map (gst_buffer_get_panoptic_meta
          (scaled), &found) != NULL);
  gst_buffer_unref (frame);
  gst_buffer_unref (scaled);
  return found;
}

/* No rectangle wraps around when its frame is scaled. */
GST_START_TEST (test_huge_rectangles)
{
  const GstVideoRectangle huge[] = {
    {G_MAXINT, G_MAXINT, G_MAXINT, G_MAXINT},
    {G_MININT, G_MININT, G_MAXINT, G_MAXINT},
  };
  GstStructure *meta = whole_meta ();
  GstVideoRectangle found;

  gst_structure_set (meta, "x", G_TYPE_INT, huge[__i__].x, "y", G_TYPE_INT,
      huge[__i__].y, "width", G_TYPE_INT, huge[__i__].w, "height", G_TYPE_INT,
      huge[__i__].h, NULL);
  found = scaled_rectangle (meta, WIDTH, HEIGHT, 8 * WIDTH, 2 * HEIGHT);
  fail_unless_equals_int (found.x, huge[__i__].x);
  fail_unless_equals_int (found.y, huge[__i__].y);
  fail_unless_equals_int (found.w, G_MAXINT);
  fail_unless_equals_int (found.h, G_MAXINT);
  gst_structure_free (meta);
}

GST_END_TEST;

/* A column of pixels that is scaled to the width of a line would be 3,276,700,000 pixels high: it
 * gets the line's height, and borders beside it. */
GST_START_TEST (test_extreme_aspect_ratio)
{
  GstStructure *meta = whole_meta ();
  GstVideoRectangle found;

  gst_structure_set (meta, "x", G_TYPE_INT, 0, "y", G_TYPE_INT, 0,
      "width", G_TYPE_INT, 1, "height", G_TYPE_INT, 32767, NULL);
  found = scaled_rectangle (meta, 1, 32767, 100000, 4);
  fail_unless_equals_int (found.x, 50000);
  fail_unless_equals_int (found.y, 0);
  fail_unless_equals_int (found.w, 1);
  fail_unless_equals_int (found.h, 4);
  gst_structure_free (meta);
}

GST_END_TEST;

/* Metadata without a fault does come through, scaled with the frame. */
GST_START_TEST (test_json_of_whole)
{
  json_t *json = line_of (SCALED_JSON, whole_meta ());
  json_t *segment = json_array_get (json_object_get (json, "segments"), 0);

  fail_unless_equals_int64 (json_integer_value (json_object_get (segment,
              "area")), 768);
  fail_unless_equals_int64 (json_integer_value (json_array_get
          (json_object_get (segment, "box"), 2)), 32);
  json_decref (json);
}

GST_END_TEST;

/* Everything that a line can say, of a frame 0.5 s into a segment that began at 1 s, is shown 5 s
 * after the pipeline's start and lies 10 s into its stream. */
GST_START_TEST (test_json_of_everything)
{
  GstHarness *h = gst_harness_new_parse (JSON);
  g_autoptr (GstCaps) ntp = gst_caps_new_empty_simple ("timestamp/x-ntp");
  GstStructure *meta = whole_meta (), *segment = whole_segment ();
  GstSegment time;
  GstBuffer *frame, *line;
  GstMapInfo map;
  json_t *json, *expected = json_pack ("{si sI sI sI s{ss sI} si si ss ss sI "
      "s[{si ss si sf si s[iiii] sb sb sb sI}]}",
      "version", 1, "pts", (json_int_t) 1500 * GST_MSECOND,
      "running_time", (json_int_t) 5500 * GST_MSECOND,
      "stream_time", (json_int_t) 10500 * GST_MSECOND,
      "reference_time", "clock", "timestamp/x-ntp", "time",
      (json_int_t) 3900000000 * GST_SECOND, "width", WIDTH, "height", HEIGHT,
      "source_id", "front", "task", "panoptic",
      "age", (json_int_t) 80 * GST_MSECOND, "segments",
      "id", 1, "label", "car", "label_id", 2, "score", 0.5, "area", 3072,
      "box", 0, 0, WIDTH, HEIGHT, "is_thing", TRUE, "was_fused", TRUE,
      "is_background", FALSE, "track_id", (json_int_t) 1 << 40);

  gst_structure_set (segment, "was-fused", G_TYPE_BOOLEAN, TRUE, "track-id",
      G_TYPE_UINT64, (guint64) 1 << 40, NULL);
  set_segment (meta, segment);
  gst_structure_set (meta, "source-id", G_TYPE_STRING, "front", "age",
      G_TYPE_UINT64, 80 * GST_MSECOND, NULL);
  frame = frame_with (meta);
  GST_BUFFER_PTS (frame) = 1500 * GST_MSECOND;
  gst_buffer_add_reference_timestamp_meta (frame, ntp,
      3900000000 * GST_SECOND, GST_CLOCK_TIME_NONE);

  set_caps (h, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  gst_segment_init (&time, GST_FORMAT_TIME);
  time.start = GST_SECOND;
  time.base = 5 * GST_SECOND;
  time.time = 10 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&time));
  line = gst_harness_push_and_pull (h, frame);
  fail_unless (gst_buffer_map (line, &map, GST_MAP_READ));
  json = json_loadb ((const char *) map.data, map.size, 0, NULL);
  fail_unless (expected != NULL && json_equal (json, expected), "%.*s",
      (int) map.size, (const char *) map.data);
  json_decref (json);
  json_decref (expected);
  gst_buffer_unmap (line, &map);
  gst_buffer_unref (line);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* JSON cannot say NaN: the score is null, the segment remains. */
GST_START_TEST (test_json_of_no_number)
{
  const gdouble scores[] = { NAN, INFINITY, -INFINITY };
  GstStructure *meta = whole_meta (), *segment = whole_segment ();
  json_t *json, *segments;

  gst_structure_set (segment, "score", G_TYPE_DOUBLE, scores[__i__], NULL);
  set_segment (meta, segment);
  json = line_of (JSON, meta);
  segments = json_object_get (json, "segments");
  fail_unless_equals_int (json_array_size (segments), 1);
  fail_unless (json_is_null (json_object_get (json_array_get (segments, 0),
              "score")));
  json_decref (json);
}

GST_END_TEST;

/* ---- COCO ---- */

static void
append_segment (GstStructure * meta, guint id, guint label_id,
    const gchar * label)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
  GstStructure *segment = whole_segment ();

  gst_structure_set (segment, "id", G_TYPE_UINT, id, "label-id", G_TYPE_UINT,
      label_id, "label", G_TYPE_STRING, label, NULL);
  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_copy (gst_structure_get_value (meta, "segments"), &list);
  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, segment);
  gst_value_array_append_and_take_value (&list, &item);
  gst_structure_take_value (meta, "segments", &list);
}

/* All that is in the harness as one JSON text. */
static json_t *
pull_text (GstHarness * h)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GstBuffer *buffer;
  GstMapInfo map;
  json_error_t error;
  json_t *json;

  while ((buffer = gst_harness_try_pull (h))) {
    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_string_append_len (text, (gchar *) map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  json = json_loads (text->str, 0, &error);
  fail_unless (json != NULL, "%s: %s", error.text, text->str);
  return json;
}

/* Two segments of one id, one without a pixel, and pixels of no segment: the list has what was
 * painted.  A frame whose metadata cannot be used is left out. */
GST_START_TEST (test_coco)
{
  g_autofree gchar *folder = g_dir_make_tmp ("m2f-XXXXXX", NULL);
  g_autofree gchar *file = g_build_filename (folder, "000000000001.png", NULL);
  g_autofree gchar *launch = g_strdup_printf ("panopticjson "
      "format=coco-panoptic location=%s", folder);
  GstHarness *h = gst_harness_new_parse (launch);
  GstStructure *broken = whole_meta (), *meta = whole_meta ();
  json_t *json, *expected = json_loads ("{\"annotations\": [{\"image_id\": 1, "
      "\"file_name\": \"000000000001.png\", \"segments_info\": [{\"id\": 1, "
      "\"category_id\": 2, \"area\": 3008, \"bbox\": [0, 1, 64, 47], \"iscrowd\": 0}]"
      "}], \"images\": [{\"id\": 1, \"file_name\": \"000000000001.jpg\", \"width\": 64, "
      "\"height\": 48}], \"categories\": [{\"id\": 2, \"name\": \"car\", "
      "\"supercategory\": \"car\", \"isthing\": 1}]}", 0, NULL);

  gst_structure_remove_field (broken, "label-map");
  gst_buffer_memset (gst_panoptic_meta_get_label_map (meta, NULL), 0, 7, WIDTH);
  append_segment (meta, 1, 3, "bus");
  append_segment (meta, 9, 4, "tram");
  set_caps (h, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  gst_harness_push (h, frame_with (broken));
  gst_harness_push (h, frame_with (meta));
  gst_harness_push_event (h, gst_event_new_eos ());
  json = pull_text (h);
  fail_unless (json_equal (json, expected));
  json_decref (json);
  json_decref (expected);
  gst_harness_teardown (h);
  fail_unless_equals_int (g_remove (file), 0);
  fail_unless_equals_int (g_rmdir (folder), 0);
}

GST_END_TEST;

static Suite *
foreign_suite (void)
{
  Suite *suite = suite_create ("foreign");
  TCase *tcase = tcase_create ("foreign");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_whole);
  tcase_add_loop_test (tcase, test_meta_faults, 0, G_N_ELEMENTS (meta_faults));
  tcase_add_loop_test (tcase, test_segment_faults, 0,
      G_N_ELEMENTS (segment_faults));
  tcase_add_test (tcase, test_nothing_uninitialised);
  tcase_add_loop_test (tcase, test_map_faults, 0, 14);
  tcase_add_test (tcase, test_too_many);
  tcase_add_loop_test (tcase, test_json_of_faults, 0,
      2 * G_N_ELEMENTS (meta_faults));
  tcase_add_loop_test (tcase, test_huge_rectangles, 0, 2);
  tcase_add_test (tcase, test_extreme_aspect_ratio);
  tcase_add_test (tcase, test_json_of_whole);
  tcase_add_test (tcase, test_json_of_everything);
  tcase_add_loop_test (tcase, test_json_of_no_number, 0, 3);
  tcase_add_test (tcase, test_coco);
  return suite;
}

GST_CHECK_MAIN (foreign);

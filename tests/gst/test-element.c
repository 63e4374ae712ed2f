/* How the element behaves: states, errors, events, queries, properties.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <glib/gstdio.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

static GstElement *
launch (const gchar * properties, gint frames)
{
  g_autofree gchar *text = g_strdup_printf ("videotestsrc num-buffers=%d "
      "pattern=smpte ! video/x-raw,format=NV12,width=64,height=48 "
      "! mask2formerseg name=seg model=" SQUARE
      " precision=fp32 %s ! fakesink", frames, properties);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  g_assert_no_error (error);
  return pipeline;
}

static void
play (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  fail_if (gst_element_set_state (pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_object_unref (bus);
}

static guint64
read_stat (GstElement * element, const gchar * field)
{
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &value));
  gst_structure_free (stats);
  return value;
}

GST_START_TEST (test_states)
{
  GstElement *pipeline = launch ("", 2);
  GstElement *seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  gint i;

  for (i = 0; i < 3; i++) {
    play (pipeline);
    fail_unless_equals_uint64 (read_stat (seg, "inferences"), 2);
    fail_if (gst_element_set_state (pipeline, i ? GST_STATE_NULL :
            GST_STATE_READY) == GST_STATE_CHANGE_FAILURE);
    g_object_set (seg, "model", i ? SQUARE : FIXTURES "odd-sizes", NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (seg);
  gst_object_unref (pipeline);
}

GST_END_TEST;

static void
write_file (const gchar * directory, const gchar * name, const gchar * text)
{
  g_autofree gchar *path = g_build_filename (directory, name, NULL);

  fail_unless (g_file_set_contents (path, text, -1, NULL));
}

static void
remove_file (const gchar * directory, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (directory, name, NULL);

  g_unlink (path);
}

static const struct
{
  const gchar *property, *value;        /* %s: the scratch directory */
  gint domain;                  /* 0: resource, 1: library */
  gint code;
  const gchar *needle;          /* what the message must name */
} mistakes[] = {
  {"model", "/nonexistent/checkpoint", 0, GST_RESOURCE_ERROR_NOT_FOUND,
      "/nonexistent/checkpoint"},
  {"model", "%s", 0, GST_RESOURCE_ERROR_FAILED, "config.json"},
  {"model", "", 1, GST_LIBRARY_ERROR_SETTINGS, "model"},
  {"device", "abacus", 0, GST_RESOURCE_ERROR_FAILED, "abacus"},
  {"input-size", "wide", 1, GST_LIBRARY_ERROR_SETTINGS, "wide"},
  {"input-size", "32x32x32", 1, GST_LIBRARY_ERROR_SETTINGS, "32x32x32"},
  {"input-size", "0x32", 1, GST_LIBRARY_ERROR_SETTINGS, "0x32"},
  {"label-ids-to-fuse", "1,6", 1, GST_LIBRARY_ERROR_SETTINGS, "\"6\""},
  {"label-ids-to-fuse", "1,,2", 1, GST_LIBRARY_ERROR_SETTINGS, "1,,2"},
  {"labels-file", "%s/missing", 0, GST_RESOURCE_ERROR_NOT_FOUND, "missing"},
  {"labels-file", "%s/short", 0, GST_RESOURCE_ERROR_FAILED,
      "found 2"},
  {"labels-file", "%s/long", 0, GST_RESOURCE_ERROR_FAILED, "found 7"},
  {"labels-file", "%s/bytes", 0, GST_RESOURCE_ERROR_FAILED, "UTF-8"},
};

/* One ERROR message says what is wrong; once put right, the same element works. */
GST_START_TEST (test_mistakes)
{
  GstElement *pipeline = launch ("", 1);
  GstElement *seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  GstBus *bus = gst_element_get_bus (pipeline);
  g_autofree gchar *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree gchar *value =
      g_strdup_printf (mistakes[__i__].value, directory);
  g_autofree gchar *before = NULL;
  GstMessage *message;
  GError *error;

  write_file (directory, "config.json", "{ \"model_type\": ");
  write_file (directory, "short", "a\nb\n");
  write_file (directory, "long", "a\nb\nc\nd\ne\nf\ng\n");
  write_file (directory, "bytes", "a\nb\nc\nd\ne\n\xff\n");

  g_object_get (seg, mistakes[__i__].property, &before, NULL);
  g_object_set (seg, mistakes[__i__].property, value, NULL);
  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);

  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless_equals_int (error->domain, mistakes[__i__].domain ?
      GST_LIBRARY_ERROR : GST_RESOURCE_ERROR);
  fail_unless_equals_int (error->code, mistakes[__i__].code);
  fail_unless (strstr (error->message, mistakes[__i__].needle) != NULL,
      "\"%s\" does not name %s", error->message, mistakes[__i__].needle);
  g_error_free (error);
  gst_message_unref (message);
  fail_if (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR) != NULL,
      "a second error");

  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_object_set (seg, mistakes[__i__].property, before, NULL);
  play (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  remove_file (directory, "config.json");
  remove_file (directory, "short");
  remove_file (directory, "long");
  remove_file (directory, "bytes");
  g_rmdir (directory);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* The text properties that are right, and what they lead to. */
GST_START_TEST (test_settings_accepted)
{
  static const gchar *const good[] = {
    "input-size=64x96", "input-size=64", "label-ids-to-fuse=none",
    "label-ids-to-fuse=\"0, 5\"", "task=semantic", "task=instance",
    "threads=1", "postprocess=transformers", "palette=pastel",
  };
  GstElement *pipeline = launch (good[__i__], 1);

  play (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

GST_END_TEST;

GST_START_TEST (test_buffers_and_events)
{
  GstHarness *h = seg_harness ("");
  GstVideoInfo info;
  GstBuffer *in, *out;
  GstEvent *event;
  GstSegment segment;
  gint i, eos = 0, gaps = 0, flushes = 0;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  for (i = 0; i < 3; i++) {
    in = picture (&info);
    GST_BUFFER_PTS (in) = i * 7 * GST_MSECOND + 3;
    GST_BUFFER_DTS (in) = i * 7 * GST_MSECOND + 1;
    GST_BUFFER_DURATION (in) = 5 * GST_MSECOND;
    GST_BUFFER_OFFSET (in) = 100 + i;
    GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DROPPABLE);
    out = push_frame (h, in);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (out), i * 7 * GST_MSECOND + 3);
    fail_unless_equals_uint64 (GST_BUFFER_DTS (out), i * 7 * GST_MSECOND + 1);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), 5 * GST_MSECOND);
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET (out), 100 + i);
    fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_GAP));
    fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DROPPABLE));
    gst_buffer_unref (out);
  }

  gst_harness_push_event (h, gst_event_new_gap (GST_SECOND, GST_SECOND));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  in = picture (&info);
  GST_BUFFER_PTS (in) = GST_SECOND;
  gst_buffer_unref (push_frame (h, in));
  gst_harness_push_event (h, gst_event_new_eos ());

  while ((event = gst_harness_try_pull_event (h))) {
    eos += GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gaps += GST_EVENT_TYPE (event) == GST_EVENT_GAP;
    flushes += GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;
    gst_event_unref (event);
  }
  fail_unless_equals_int (eos, 1);
  fail_unless_equals_int (gaps, 1);
  fail_unless_equals_int (flushes, 1);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* However late the sink says frames are, all come out. */
GST_START_TEST (test_qos_drops_nothing)
{
  GstHarness *h = seg_harness ("");
  GstVideoInfo info;
  GstBuffer *in;
  gint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  for (i = 0; i < 4; i++) {
    in = picture (&info);
    GST_BUFFER_PTS (in) = i * 40 * GST_MSECOND;
    gst_buffer_unref (push_frame (h, in));
    gst_harness_push_upstream_event (h,
        gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 8.0, 10 * GST_SECOND,
            i * 40 * GST_MSECOND));
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_latency)
{
  GstHarness *h = seg_harness ("");
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstBus *bus = gst_bus_new ();
  GstVideoInfo info;
  GstClockTime latency;
  GstMessage *message;
  guint64 reported;

  gst_element_set_bus (h->element, bus);
  gst_harness_set_upstream_latency (h, 20 * GST_MSECOND);
  gst_harness_set_live (h, TRUE);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), 20 * GST_MSECOND);

  gst_buffer_unref (push_frame (h, picture (&info)));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_LATENCY);
  fail_unless (message != NULL, "the latency grew and nobody was told");
  gst_message_unref (message);
  latency = gst_harness_query_latency (h);
  reported = read_stat (seg, "latency");
  fail_unless (reported > 0);
  fail_unless_equals_uint64 (latency, 20 * GST_MSECOND + reported);

  g_object_set (seg, "pass-through", TRUE, NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_LATENCY);
  fail_unless (message != NULL);
  gst_message_unref (message);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), 20 * GST_MSECOND);

  g_object_set (seg, "pass-through", FALSE, NULL);
  gst_harness_set_live (h, FALSE);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), 0);

  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_pass_through)
{
  GstHarness *h = seg_harness ("pass-through=true");
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstVideoInfo info;
  GstBuffer *in, *out;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  in = picture (&info);
  out = gst_harness_push_and_pull (h, gst_buffer_ref (in));
  fail_unless (out == in);
  fail_if (gst_buffer_get_panoptic_meta (out) != NULL);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  fail_unless_equals_uint64 (read_stat (seg, "frames"), 1);
  fail_unless_equals_uint64 (read_stat (seg, "inferences"), 0);

  g_object_set (seg, "pass-through", FALSE, NULL);
  gst_buffer_unref (push_frame (h, picture (&info)));
  fail_unless_equals_uint64 (read_stat (seg, "frames"), 2);
  fail_unless_equals_uint64 (read_stat (seg, "inferences"), 1);
  gst_object_unref (seg);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Every property that may change while playing does, from another thread. */
GST_START_TEST (test_properties_while_playing)
{
  GstElement *pipeline = launch ("", -1);
  GstElement *seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  GstBus *bus = gst_element_get_bus (pipeline);
  gint i;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (i = 0; i < 60; i++) {
    g_object_set (seg, "threshold", i % 10 * 0.1, "mask-threshold",
        i % 7 * 0.1, "overlap-mask-area-threshold", i % 5 * 0.2, "overlay",
        i % 2, "opacity", i % 11 * 0.1, "draw-outlines", i % 3 != 0,
        "draw-labels", i % 4 != 0, "draw-background", i % 2 == 0, "palette", i % 4, "pass-through",
        i % 13 == 0, NULL);
    (void) read_stat (seg, "frames");
    g_usleep (5000);
  }
  fail_if (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR) != NULL);
  /* NULL straight from PLAYING */
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* Gives a property of NULL and READY a value that it does not have. */
static void
set_another_value (GObject * object, GParamSpec * pspec)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  g_object_get_property (object, pspec->name, &value);
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    g_value_set_enum (&value, !g_value_get_enum (&value));
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (&value, g_value_get_uint (&value) + 1);
  else if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    g_value_set_double (&value, g_value_get_double (&value) + 1);
  else
    g_value_set_string (&value, "64");
  g_object_set_property (object, pspec->name, &value);
  g_value_unset (&value);
}

/* Every property that may not change while playing keeps its value, and a WARNING names it. */
GST_START_TEST (test_properties_of_ready)
{
  GstElement *pipeline = launch ("input-size=32", -1);
  GstElement *seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  GstBus *bus = gst_element_get_bus (pipeline);
  guint n, i, tried = 0;
  GParamSpec **properties =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (seg), &n);

  gst_element_set_state (pipeline,
      __i__ ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  for (i = 0; i < n; i++) {
    GValue before = G_VALUE_INIT, after = G_VALUE_INIT;
    GstMessage *message;
    GError *error;

    if (!(properties[i]->flags & GST_PARAM_MUTABLE_READY))
      continue;
    tried++;
    g_value_init (&before, properties[i]->value_type);
    g_value_init (&after, properties[i]->value_type);
    g_object_get_property (G_OBJECT (seg), properties[i]->name, &before);
    set_another_value (G_OBJECT (seg), properties[i]);
    g_object_get_property (G_OBJECT (seg), properties[i]->name, &after);
    fail_unless_equals_int (gst_value_compare (&before, &after),
        GST_VALUE_EQUAL);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
    fail_unless (message != NULL, "%s", properties[i]->name);
    gst_message_parse_warning (message, &error, NULL);
    fail_unless (strstr (error->message, properties[i]->name) != NULL);
    g_error_free (error);
    gst_message_unref (message);
    g_value_unset (&before);
    g_value_unset (&after);
  }
  fail_unless_equals_int (tried, 11);
  gst_element_set_state (pipeline, GST_STATE_READY);
  g_object_set (seg, "input-size", "64", NULL);
  fail_if (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING) != NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_free (properties);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* A failure is told once, however often caps come again. */
GST_START_TEST (test_one_error)
{
  GstElement *pipeline = launch ("input-size=16384x16384", 3);
  GstElement *seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gint errors = 0;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  gst_element_set_state (pipeline, GST_STATE_READY);
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR))) {
    errors += GST_MESSAGE_SRC (message) == GST_OBJECT (seg);
    gst_message_unref (message);
  }
  fail_unless_equals_int (errors, 1);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_object_unref (pipeline);
}

GST_END_TEST;

static void
push_tag (GstHarness * h, GstTagScope scope, const gchar * orientation)
{
  GstTagList *tags = gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION, orientation,
      NULL);

  gst_tag_list_set_scope (tags, scope);
  fail_unless (gst_harness_push_event (h, gst_event_new_tag (tags)));
}

static gint
count_warnings (GstBus * bus, const gchar * needle)
{
  GstMessage *message;
  gint n = 0;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING))) {
    GError *error;

    gst_message_parse_warning (message, &error, NULL);
    fail_unless (strstr (error->message, needle) != NULL, "%s",
        error->message);
    g_error_free (error);
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* A WARNING for every orientation that is not upright, in tags of the stream or of the file. */
GST_START_TEST (test_orientation)
{
  GstHarness *h = seg_harness ("");
  GstBus *bus = gst_bus_new ();
  GstVideoInfo info;

  gst_element_set_bus (h->element, bus);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  push_tag (h, GST_TAG_SCOPE_STREAM, "rotate-0");
  fail_unless_equals_int (count_warnings (bus, ""), 0);
  push_tag (h, GST_TAG_SCOPE_GLOBAL, "rotate-90");
  fail_unless_equals_int (count_warnings (bus, "rotate-90"), 1);
  push_tag (h, GST_TAG_SCOPE_STREAM, "rotate-90");
  gst_buffer_unref (push_frame (h, picture (&info)));
  push_tag (h, GST_TAG_SCOPE_STREAM, "rotate-90");
  fail_unless_equals_int (count_warnings (bus, ""), 0);
  push_tag (h, GST_TAG_SCOPE_STREAM, "flip-rotate-0");
  fail_unless_equals_int (count_warnings (bus, "flip-rotate-0"), 1);
  push_tag (h, GST_TAG_SCOPE_STREAM, "rotate-0");
  fail_unless_equals_int (count_warnings (bus, ""), 0);

  push_tag (h, GST_TAG_SCOPE_STREAM, "rotate-180");
  fail_unless_equals_int (count_warnings (bus, "rotate-180"), 1);
  gst_harness_push_event (h, gst_event_new_stream_start ("another"));
  push_tag (h, GST_TAG_SCOPE_STREAM, "rotate-180");
  fail_unless_equals_int (count_warnings (bus, "rotate-180"), 1);

  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* The pipelines that are documented turn frames by their tag. */
GST_START_TEST (test_turned_by_tag)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc num-buffers=2 "
      "! video/x-raw,width=64,height=48 "
      "! taginject tags=image-orientation=(string)rotate-90 "
      "! videoflip video-direction=auto ! mask2formerseg name=seg model=" SQUARE
      " ! fakesink", NULL);
  GstElement *seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GstPad *pad;
  GstCaps *caps;
  GstVideoInfo info;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  pad = gst_element_get_static_pad (seg, "sink");
  caps = gst_pad_get_current_caps (pad);
  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (info.width == 48 && info.height == 64, "not turned");

  gst_caps_unref (caps);
  gst_object_unref (pad);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* A control source raises the threshold to 1 at one second. */
GST_START_TEST (test_controllable)
{
  GstHarness *h = seg_harness ("");
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);
  GstVideoInfo info;
  gint i;

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_NONE, NULL);
  gst_timed_value_control_source_set (values, 0, 0);
  gst_timed_value_control_source_set (values, GST_SECOND, 1);
  fail_unless (gst_object_add_control_binding (GST_OBJECT (seg),
          gst_direct_control_binding_new (GST_OBJECT (seg), "threshold",
              source)));

  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  for (i = 0; i < 2; i++) {
    GstBuffer *in = picture (&info), *out;
    guint n;

    GST_BUFFER_PTS (in) = i * GST_SECOND;
    out = push_frame (h, in);
    n = gst_panoptic_meta_get_n_segments (gst_buffer_get_panoptic_meta (out));
    fail_unless_equals_int (n > 0, i == 0);
    gst_buffer_unref (out);
  }
  gst_object_unref (source);
  gst_object_unref (seg);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Two elements of one pipeline run one model at the same time. */
GST_START_TEST (test_two_elements)
{
  g_autofree gchar *branch = g_strdup ("queue ! mask2formerseg model=" SQUARE
      " precision=fp32 ! fakesink");
  g_autofree gchar *text = g_strdup_printf ("videotestsrc num-buffers=5 "
      "! video/x-raw,width=64,height=48 ! tee name=t t. ! %s t. ! %s",
      branch, branch);
  GstElement *pipeline = gst_parse_launch (text, NULL);

  play (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

GST_END_TEST;

static Suite *
element_suite (void)
{
  Suite *suite = suite_create ("element");
  TCase *tcase = tcase_create ("element");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_states);
  tcase_add_loop_test (tcase, test_mistakes, 0, G_N_ELEMENTS (mistakes));
  tcase_add_loop_test (tcase, test_settings_accepted, 0, 9);
  tcase_add_test (tcase, test_buffers_and_events);
  tcase_add_test (tcase, test_qos_drops_nothing);
  tcase_add_test (tcase, test_latency);
  tcase_add_test (tcase, test_pass_through);
  tcase_add_test (tcase, test_properties_while_playing);
  tcase_add_loop_test (tcase, test_properties_of_ready, 0, 2);
  tcase_add_test (tcase, test_one_error);
  tcase_add_test (tcase, test_orientation);
  tcase_add_test (tcase, test_turned_by_tag);
  tcase_add_test (tcase, test_controllable);
  tcase_add_test (tcase, test_two_elements);
  return suite;
}

GST_CHECK_MAIN (element);

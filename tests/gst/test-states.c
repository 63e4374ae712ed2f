/* Pipelines that start, stop, seek, come and go at whatever point the model is.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

/* The reference device takes some frames for one at this size. */
#define SLOW " device=reference input-size=64 "

static GstElement *
launch (const gchar * source, const gchar * properties)
{
  g_autofree gchar *text = g_strdup_printf ("videotestsrc %s ! "
      "video/x-raw,format=NV12,width=64,height=48,framerate=100/1 ! "
      "mask2formerseg name=seg model=" SQUARE " precision=fp32 %s ! fakesink", source,
      properties);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  g_assert_no_error (error);
  return pipeline;
}

static void
check_no_error (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);

  fail_if (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR) != NULL);
  gst_object_unref (bus);
}

static guint64
count_inferences (GstElement * seg)
{
  GstStructure *stats;
  guint64 inferences = 0;

  g_object_get (seg, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "inferences", &inferences));
  gst_structure_free (stats);
  return inferences;
}

/* 200 times from NULL to PLAYING and back, at whatever point the worker is. */
GST_START_TEST (test_cycles)
{
  GstHarness *holds_the_model = seg_harness ("");
  GstElement *pipeline = launch ("is-live=true", "");
  gint i;

  for (i = 0; i < 200; i++) {
    fail_if (gst_element_set_state (pipeline, GST_STATE_PLAYING) ==
        GST_STATE_CHANGE_FAILURE);
    g_usleep (1000 * (i % 20));
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  check_no_error (pipeline);
  gst_object_unref (pipeline);
  gst_harness_teardown (holds_the_model);
}

GST_END_TEST;

/* Seeks faster than results come. */
GST_START_TEST (test_seeks)
{
  GstElement *pipeline = launch ("", __i__ ? "mode=latest" SLOW : SLOW);
  gint i;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  for (i = 0; i < 50; i++) {
    fail_unless (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
            GST_SEEK_FLAG_FLUSH, i * 7 % 13 * GST_SECOND));
    if (i == 25)
      gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_usleep (1000 * (i % 5));
  }
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  check_no_error (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* Elements that come and go leave another one of the same model running. */
GST_START_TEST (test_destroy_others)
{
  GstElement *one = launch ("is-live=true", "");
  GstElement *seg;
  guint64 inferences, more = 0;
  gint i;

  gst_element_set_state (one, GST_STATE_PLAYING);
  for (i = 0; i < 20; i++) {
    GstElement *other = launch (i % 2 ? "is-live=true" : "", "");

    gst_element_set_state (other, GST_STATE_PLAYING);
    g_usleep (1000 * i);
    gst_element_set_state (other, GST_STATE_NULL);
    check_no_error (other);
    gst_object_unref (other);
  }

  seg = gst_bin_get_by_name (GST_BIN (one), "seg");
  inferences = count_inferences (seg);
  while (more < inferences + 10) {
    g_usleep (1000);
    more = count_inferences (seg);
  }
  check_no_error (one);
  gst_object_unref (seg);
  gst_element_set_state (one, GST_STATE_NULL);
  gst_object_unref (one);
}

GST_END_TEST;

static Suite *
states_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tcase = tcase_create ("states");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_cycles);
  tcase_add_loop_test (tcase, test_seeks, 0, 2);
  tcase_add_test (tcase, test_destroy_others);
  return suite;
}

GST_CHECK_MAIN (states);

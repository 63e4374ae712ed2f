/* What passes through the element: times, layouts, frames that cannot be used.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include "gst/runstats.h"

/* ---- latency ---- */

/* Adds a frame of `ms` milliseconds that arrives when the one before it has left. */
static gboolean
add_time (GstMask2FormerRunStats * stats, GstClockTime * clock, guint ms)
{
  const M2fTimings timings = { 0 };
  GstClockTime arrival = *clock;

  *clock += ms * GST_MSECOND;
  return gst_mask2former_run_stats_add (stats, &timings, 0, arrival, *clock);
}

GST_START_TEST (test_latency_policy)
{
  GstMask2FormerRunStats stats = { 0 };
  GstClockTime clock = 0;
  gint i;

  fail_unless (add_time (&stats, &clock, 100));
  fail_unless_equals_uint64 (stats.latency, 105 * GST_MSECOND);
  fail_unless_equals_float (stats.stages[GST_MASK2FORMER_N_STAGES - 1].last,
      100);
  for (i = 0; i < 40; i++)
    fail_if (add_time (&stats, &clock, 90 + i % 16), "within the headroom");
  fail_if (add_time (&stats, &clock, 1000), "one hiccup");
  fail_unless (add_time (&stats, &clock, 200), "a second one");
  fail_unless_equals_uint64 (stats.latency, 210 * GST_MSECOND);
  for (i = 0; i < 40; i++)
    fail_if (add_time (&stats, &clock, 160), "a little faster");
  for (i = 0; i < 40; i++)
    add_time (&stats, &clock, 20);
  fail_unless_equals_uint64 (stats.latency, 21 * GST_MSECOND);
}

GST_END_TEST;

/* Times that rise and fall all the time change the latency of the first frames at once, and then
 * once a second; also where a new size starts it anew. */
GST_START_TEST (test_latency_changes)
{
  GstMask2FormerRunStats stats = { 0 };
  GstClockTime clock = 0, last = 0;
  gint i, changes = 0;

  for (i = 0; i < GST_MASK2FORMER_LATENCY_WARM_UP; i++)
    changes += add_time (&stats, &clock, 10 + 10 * i);
  fail_unless (changes > GST_MASK2FORMER_LATENCY_WARM_UP / 2);

  changes = 0;
  for (i = 0; i < 1000; i++) {
    if (i % 50 == 0)
      gst_mask2former_run_stats_reset_latency (&stats);
    if (!add_time (&stats, &clock, 20 + i % 200))
      continue;
    fail_unless (changes == 0 || clock - last >= GST_SECOND);
    last = clock;
    changes++;
  }
  fail_unless (changes > 10, "the latency follows the times no more");
}

GST_END_TEST;

/* ---- times ---- */

static gint
count_messages (GstBus * bus, GstMessageType type)
{
  GstMessage *message;
  gint n = 0;

  while ((message = gst_bus_pop_filtered (bus, type))) {
    n++;
    gst_message_unref (message);
  }
  return n;
}

/* Sources of bytes: criticals are fatal here.  A control source has no time to follow. */
GST_START_TEST (test_segment_not_time)
{
  static const gchar *const elements[] = {
    "mask2formerseg model=" SQUARE " precision=fp32",
    "mask2formerseg model=" SQUARE " precision=fp32 pass-through=true",
    "mask2formerseg model=" SQUARE " precision=fp32 ! panopticjson",
    "panopticjson",
  };
  g_autofree gchar *text = g_strdup_printf ("fakesrc num-buffers=3 "
      "sizetype=fixed sizemax=9216 filltype=zero do-timestamp=true "
      "format=%s ! video/x-raw,format=RGB,width=64,height=48,framerate=25/1 "
      "! %s ! fakesink", __i__ % 2 ? "bytes" : "default", elements[__i__ / 2]);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  fail_unless_equals_int (count_messages (bus, GST_MESSAGE_WARNING), 0);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_END_TEST;

static Suite *
flow_suite (void)
{
  Suite *suite = suite_create ("flow");
  TCase *tcase = tcase_create ("flow");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_latency_policy);
  tcase_add_test (tcase, test_latency_changes);
  tcase_add_loop_test (tcase, test_segment_not_time, 0, 8);
  return suite;
}

GST_CHECK_MAIN (flow);

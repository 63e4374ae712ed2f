/* Which frames are analysed: every Nth, but not when they are late or to be throttled.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>

#include "gst/schedule.h"

#define FRAME (40 * GST_MSECOND)

static GstMask2FormerSchedule schedule;

static void
setup (void)
{
  gst_mask2former_schedule_reset (&schedule);
}

static void
send (GstQOSType type, GstClockTimeDiff diff, GstClockTime time)
{
  GstEvent *event = gst_event_new_qos (type, 1.5, diff, time);

  gst_mask2former_schedule_event (&schedule, event);
  gst_event_unref (event);
}

/* Lets frames pass, the first of which has that number; 'A'nalyse, 'c'arry or 'l'ate for each. */
static void
check_choices (guint number, guint interval, const gchar * expected)
{
  g_autofree gchar *found = g_strdup (expected);
  guint i;

  for (i = 0; expected[i]; i++)
    found[i] = "Acl"[gst_mask2former_schedule_frame (&schedule,
            (number + i) * FRAME, interval)];
  fail_unless_equals_string (found, expected);
}

GST_START_TEST (test_interval)
{
  check_choices (0, 1, "AAAA");
  check_choices (4, 3, "ccAccAccAc");
  check_choices (14, 1, "A");
  gst_mask2former_schedule_reset (&schedule);
  check_choices (0, 5, "AccccA");
}

GST_END_TEST;

/* Frame 1 is late by 3 frames: the next are skipped up to the 7th. */
GST_START_TEST (test_late)
{
  check_choices (0, 1, "AA");
  send (GST_QOS_TYPE_UNDERFLOW, 3 * FRAME, 1 * FRAME);
  fail_unless_equals_float (schedule.proportion, 1.5);
  fail_unless_equals_int64 (schedule.jitter, 3 * FRAME);
  check_choices (2, 1, "llllllAA");

  /* early */
  send (GST_QOS_TYPE_OVERFLOW, -2 * (GstClockTimeDiff) FRAME, 9 * FRAME);
  check_choices (10, 1, "AA");
}

GST_END_TEST;

/* The turn of a late frame is taken by the first that is not. */
GST_START_TEST (test_late_turn)
{
  check_choices (0, 4, "Acc");
  send (GST_QOS_TYPE_UNDERFLOW, FRAME, 3 * FRAME);
  check_choices (3, 4, "cllAccc");
}

GST_END_TEST;

/* However late frames are, one a second is analysed. */
GST_START_TEST (test_hopeless)
{
  check_choices (0, 1, "A");
  send (GST_QOS_TYPE_UNDERFLOW, 1000 * FRAME, 0);
  check_choices (1, 1, "llllllllllllllllllllllllAllllllllllllllllllllllllA");
}

GST_END_TEST;

GST_START_TEST (test_throttle)
{
  send (GST_QOS_TYPE_THROTTLE, 3 * FRAME, 0);
  check_choices (0, 1, "AccAccA");
  check_choices (7, 2, "ccAcc");
  send (GST_QOS_TYPE_OVERFLOW, 0, 11 * FRAME);
  check_choices (12, 1, "AA");
}

GST_END_TEST;

/* Frames without times follow the interval alone, and so do those after them. */
GST_START_TEST (test_no_times)
{
  send (GST_QOS_TYPE_UNDERFLOW, 1000 * FRAME, 0);
  fail_unless_equals_int (gst_mask2former_schedule_frame (&schedule,
          GST_CLOCK_TIME_NONE, 2), GST_MASK2FORMER_SCHEDULE_ANALYSE);
  fail_unless_equals_int (gst_mask2former_schedule_frame (&schedule,
          GST_CLOCK_TIME_NONE, 2), GST_MASK2FORMER_SCHEDULE_CARRY);
  check_choices (0, 1, "Al");
}

GST_END_TEST;

static Suite *
schedule_suite (void)
{
  Suite *suite = suite_create ("schedule");
  TCase *tcase = tcase_create ("schedule");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, NULL);
  tcase_add_test (tcase, test_interval);
  tcase_add_test (tcase, test_late);
  tcase_add_test (tcase, test_late_turn);
  tcase_add_test (tcase, test_hopeless);
  tcase_add_test (tcase, test_throttle);
  tcase_add_test (tcase, test_no_times);
  return suite;
}

GST_CHECK_MAIN (schedule);

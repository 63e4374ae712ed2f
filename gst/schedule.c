/* Chooses the frames of a stream that are analysed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/schedule.h"

void
gst_mask2former_schedule_reset (GstMask2FormerSchedule * schedule)
{
  *schedule = (GstMask2FormerSchedule) { 0 };
}

void
gst_mask2former_schedule_event (GstMask2FormerSchedule * schedule,
    GstEvent * event)
{
  GstClockTime time;
  GstClockTimeDiff diff;
  GstQOSType type;

  gst_event_parse_qos (event, &type, &schedule->proportion, &diff, &time);
  schedule->throttle = type == GST_QOS_TYPE_THROTTLE ? MAX (diff, 0) : 0;
  schedule->jitter = type == GST_QOS_TYPE_THROTTLE ? 0 : diff;
  /* twice, as video decoders do: by then the stream is ahead by as much as it was behind */
  schedule->is_late = schedule->jitter > 0;
  schedule->on_time = time + 2 * MAX (schedule->jitter, 0);
}

/* True if less time than `distance` has passed since the last frame that was analysed. */
static gboolean
is_close (const GstMask2FormerSchedule * schedule, GstClockTime time,
    GstClockTime distance)
{
  return schedule->n_since > 0 &&
      GST_CLOCK_TIME_IS_VALID (schedule->analysed) &&
      time >= schedule->analysed && time - schedule->analysed < distance;
}

static GstMask2FormerChoice
choose (const GstMask2FormerSchedule * schedule, GstClockTime time,
    guint interval)
{
  if (schedule->n_since > 0 && schedule->n_since < interval)
    return GST_MASK2FORMER_SCHEDULE_CARRY;
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return GST_MASK2FORMER_SCHEDULE_ANALYSE;
  if (is_close (schedule, time, schedule->throttle))
    return GST_MASK2FORMER_SCHEDULE_CARRY;
  if (schedule->is_late && time <= schedule->on_time &&
      is_close (schedule, time, GST_SECOND))
    return GST_MASK2FORMER_SCHEDULE_LATE;
  return GST_MASK2FORMER_SCHEDULE_ANALYSE;
}

GstMask2FormerChoice
gst_mask2former_schedule_frame (GstMask2FormerSchedule * schedule,
    GstClockTime time, guint interval)
{
  GstMask2FormerChoice choice = choose (schedule, time, interval);

  if (choice == GST_MASK2FORMER_SCHEDULE_ANALYSE) {
    schedule->n_since = 1;
    schedule->analysed = time;
  } else {
    schedule->n_since++;
  }
  return choice;
}

/* Chooses the frames of a stream that are analysed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Times of frames are running times; GST_CLOCK_TIME_NONE for a frame without one, which is never
 * late.
 */
#ifndef __GST_MASK2FORMER_SCHEDULE_H__
#define __GST_MASK2FORMER_SCHEDULE_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Zero is the state of a new stream.  No locking of its own. */
typedef struct
{
  guint64 n_since;              /* frames since the last that was analysed, that one included */
  GstClockTime analysed;        /* time of that frame */

  /* of the last QoS event */
  gboolean is_late;             /* frames up to `on_time` come too late */
  GstClockTime on_time;
  GstClockTime throttle;        /* least time between two frames that are analysed */
  gdouble proportion;           /* how fast frames should come, relative to how fast they do */
  GstClockTimeDiff jitter;      /* how late the frame was, in ns */
} GstMask2FormerSchedule;

typedef enum
{
  GST_MASK2FORMER_SCHEDULE_ANALYSE,
  GST_MASK2FORMER_SCHEDULE_CARRY,       /* it is not its turn */
  GST_MASK2FORMER_SCHEDULE_LATE,        /* it is its turn, but too late */
} GstMask2FormerChoice;

/* Forgets the frames so far and what was said about them, as after a flush: the next one is
 * analysed. */
void gst_mask2former_schedule_reset (GstMask2FormerSchedule * schedule);

/* Takes note of a QoS event. */
void gst_mask2former_schedule_event (GstMask2FormerSchedule * schedule,
    GstEvent * event);

/* Says what to do with the next frame.  Every `interval`th is analysed.  One that is late is not,
 * and the next takes its turn; but one is once a second, however late, as sinks show one. */
GstMask2FormerChoice gst_mask2former_schedule_frame (GstMask2FormerSchedule *
    schedule, GstClockTime time, guint interval);

G_END_DECLS

#endif

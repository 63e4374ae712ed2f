/* Frames and results when the model is slower than the frames: modes, intervals, lateness, flushes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No test depends on how long anything takes: what must not wait would wait forever, or for
 * minutes, if it did.
 */
#include "tests/gst/common.h"

#define FRAME (40 * GST_MSECOND)
/* The reference device takes some frames for one at this size, ... */
#define SLOW " device=reference input-size=64 "
/* ... and minutes at this one. */
#define ENDLESS " device=reference input-size=1024 "

static GstHarness *
harness (const gchar * properties, gint width, gint height)
{
  GstHarness *h = seg_harness (properties);

  set_caps (h, GST_VIDEO_FORMAT_RGB, width, height);
  return h;
}

/* A frame whose pts is its number times FRAME. */
static GstBuffer *
frame_of (GstVideoFormat format, gint width, gint height, guint number)
{
  GstVideoInfo info;
  GstBuffer *frame;

  gst_video_info_set_format (&info, format, width, height);
  frame = empty_frame (&info, FALSE, 7 * number);
  GST_BUFFER_PTS (frame) = number * FRAME;
  GST_BUFFER_DURATION (frame) = FRAME;
  return frame;
}

static GstBuffer *
numbered_frame (gint width, gint height, guint number)
{
  return frame_of (GST_VIDEO_FORMAT_RGB, width, height, number);
}

/* Flushes as a seek does; frames that come next begin a new segment of the same time. */
static void
flush (GstHarness * h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

/* The number of the frame that a frame's result is of, or -1 without one; the age must agree. */
static gint
source_of (GstBuffer * frame)
{
  const GstStructure *meta = gst_buffer_get_panoptic_meta (frame);
  guint64 pts, age;

  if (!meta)
    return -1;
  fail_unless (gst_structure_get_uint64 (meta, "pts", &pts));
  fail_unless (gst_structure_get_uint64 (meta, "age", &age));
  fail_unless_equals_uint64 (GST_BUFFER_PTS (frame) - pts, age);
  return pts / FRAME;
}

/* Pushes a frame, which must come out with its times, and returns the number of its source. */
static gint
push_frame_of (GstHarness * h, GstVideoFormat format, gint width, gint height,
    guint number)
{
  GstBuffer *out = gst_harness_push_and_pull (h, frame_of (format, width,
          height, number));
  gint source;

  fail_unless (out != NULL);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), number * FRAME);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), FRAME);
  source = source_of (out);
  gst_buffer_unref (out);
  return source;
}

static gint
push_numbered (GstHarness * h, gint width, gint height, guint number)
{
  return push_frame_of (h, GST_VIDEO_FORMAT_RGB, width, height, number);
}

/* Pushes frames from `number` on until one has a result of `first` or later; returns its number. */
static gint
push_until_result (GstHarness * h, guint number, gint first)
{
  while (push_numbered (h, 32, 32, number) < first) {
    number++;
    g_usleep (1000);
  }
  return number;
}

static GstStructure *
read_stats (GstHarness * h)
{
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstStructure *stats;

  g_object_get (seg, "stats", &stats, NULL);
  gst_object_unref (seg);
  return stats;
}

static guint64
read_stat (GstHarness * h, const gchar * field)
{
  GstStructure *stats = read_stats (h);
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (stats, field, &value));
  gst_structure_free (stats);
  return value;
}

static void
check_mode (GstHarness * h, const gchar * mode)
{
  GstStructure *stats = read_stats (h);

  fail_unless_equals_string (gst_structure_get_string (stats, "mode"), mode);
  gst_structure_free (stats);
}

/* ---- every-frame ---- */

/* Each of 200 frames has its own result, also where frames look different in turn. */
GST_START_TEST (test_every_frame)
{
  GstHarness *h = harness ("task=semantic overlay=none", 90, 120);
  guint8 *maps[2] = { NULL, NULL };
  GstVideoInfo info;
  gint i, width, height;

  for (i = 0; i < 200; i++) {
    GstBuffer *in = i % 2 ? numbered_frame (90, 120, 0) : picture (&info), *out;
    g_autofree guint8 *map = NULL;

    GST_BUFFER_PTS (in) = i * FRAME;
    out = push_frame (h, in);
    fail_unless_equals_int (source_of (out), i);
    map = label_map_bytes (gst_buffer_get_panoptic_meta (out), &width,
        &height);
    if (i < 2)
      maps[i] = g_steal_pointer (&map);
    else
      fail_unless (memcmp (map, maps[i % 2], width * height) == 0);
    gst_buffer_unref (out);
  }
  fail_if (memcmp (maps[0], maps[1], width * height) == 0);
  fail_unless_equals_uint64 (read_stat (h, "inferences"), 200);
  fail_unless_equals_uint64 (read_stat (h, "carried-frames"), 0);
  g_free (maps[0]);
  g_free (maps[1]);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Frames in between carry the last result, and share its label map. */
GST_START_TEST (test_interval)
{
  GstHarness *h = harness ("inference-interval=4 propagate=false", 32, 32);
  GstBuffer *map = NULL;
  gint i;

  for (i = 0; i < 22; i++) {
    GstBuffer *out = push_frame (h, numbered_frame (32, 32, i));
    GstBuffer *its_map =
        gst_panoptic_meta_get_label_map (gst_buffer_get_panoptic_meta (out),
        NULL);

    fail_unless_equals_int (source_of (out), i / 4 * 4);
    fail_unless_equals_int (its_map == map, i % 4 != 0);
    gst_clear_buffer (&map);
    map = gst_buffer_ref (its_map);
    gst_buffer_unref (out);
  }
  gst_clear_buffer (&map);
  fail_unless_equals_uint64 (read_stat (h, "inferences"), 6);
  fail_unless_equals_uint64 (read_stat (h, "carried-frames"), 16);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Pixels of a map that are like those of another, moved by some columns to the right. */
static gint
count_equal (const guint8 * map, const guint8 * other, gint columns)
{
  gint x, y, n = 0;

  for (y = 0; y < 120; y++)
    for (x = 20; x < 90; x++)
      n += map[y * 90 + x] == other[y * 90 + x - columns];
  return n;
}

/* The picture, moved by some columns to the right. */
static GstBuffer *
moved_picture (gint columns)
{
  GstVideoInfo info;
  GstBuffer *buffer = picture (&info);
  GstVideoFrame frame;
  gint y;

  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  for (y = 0; y < 120; y++) {
    guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    memmove (row + 3 * columns, row, 270 - 3 * columns);
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* A picture that moves to the right takes the result of its first frame along. */
GST_START_TEST (test_propagate)
{
  GstHarness *h = harness ("inference-interval=5 task=panoptic overlay=none",
      90, 120);
  g_autofree guint8 *start = NULL;
  gint i, width, height;

  for (i = 0; i < 5; i++) {
    GstBuffer *in = moved_picture (3 * i), *out;
    g_autofree guint8 *map = NULL;

    GST_BUFFER_PTS (in) = i * FRAME;
    out = push_frame (h, in);
    fail_unless_equals_int (source_of (out), 0);
    map = label_map_bytes (gst_buffer_get_panoptic_meta (out), &width,
        &height);
    gst_buffer_unref (out);
    if (i == 0) {
      start = g_steal_pointer (&map);
      continue;
    }
    fail_unless (count_equal (map, start, 3 * i) > 70 * 120 * 4 / 5);
    fail_unless (count_equal (map, start, 3 * i) > count_equal (map, start,
            0) * 6 / 5);
  }
  fail_unless_equals_uint64 (read_stat (h, "carried-frames"), 4);
  fail_unless_equals_uint64 (read_stat (h, "moved-frames"), 4);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* The input's size follows the rate that is wanted, from a third of the checkpoint's 96 pixels on,
 * unless it is fixed. */
GST_START_TEST (test_input_size)
{
  const struct
  {
    const gchar *properties;
    gint first, last;
  } cases[] = {
    {"input-size=auto target-rate=0.01", 32, 96},
    {"input-size=auto target-rate=1000 device=reference", 32, 32},
    {"input-size=64 target-rate=0.01", 64, 64},
    {"target-rate=0.01", 96, 96},
  };
  GstHarness *h = harness (cases[__i__].properties, 90, 120);
  gint i, height = 0, width = 0;

  for (i = 0; i < 12; i++) {
    GstStructure *stats;

    push_numbered (h, 90, 120, i);
    stats = read_stats (h);
    fail_unless (gst_structure_get (stats, "input-height", G_TYPE_INT, &height,
            "input-width", G_TYPE_INT, &width, NULL));
    gst_structure_free (stats);
    if (i == 0)
      fail_unless_equals_int (MIN (height, width), cases[__i__].first);
  }
  fail_unless_equals_int (MIN (height, width), cases[__i__].last);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- latest ---- */

static GstBufferPool *
small_pool (gsize size)
{
  GstBufferPool *pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, NULL, size, 3, 3);
  fail_unless (gst_buffer_pool_set_config (pool, config));
  fail_unless (gst_buffer_pool_set_active (pool, TRUE));
  return pool;
}

/* Upstream has 3 buffers, which the slow model never keeps.  When a result is first seen, which
 * without propagation is at once, the frame that the model looks at next is not older than the one
 * before. */
GST_START_TEST (test_latest)
{
  GstHarness *h = harness ("mode=latest propagate=false" SLOW, 32, 32);
  GstBufferPool *pool = small_pool (32 * 32 * 3);
  GstBufferPoolAcquireParams no_wait = {
    .flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT
  };
  gint i, results = 0, newest = -1, seen = 0;

  for (i = 0; i < 300 || results < 4; i++) {
    GstBuffer *frame = NULL, *out;
    gint source;

    fail_unless_equals_int (gst_buffer_pool_acquire_buffer (pool, &frame,
            &no_wait), GST_FLOW_OK);
    gst_buffer_memset (frame, 0, 0x80, -1);
    GST_BUFFER_PTS (frame) = i * FRAME;
    out = gst_harness_push_and_pull (h, frame);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (out), i * FRAME);
    source = source_of (out);
    gst_buffer_unref (out);
    fail_unless (source >= newest);
    if (source > newest) {
      fail_unless (results == 0 || source >= seen - 1,
          "frame %d after the result seen at %d", source, seen);
      newest = source;
      seen = i;
      results++;
    }
    g_usleep (1000);
  }
  fail_unless_equals_uint64 (read_stat (h, "frames"), i);
  fail_unless (read_stat (h, "inferences") == (guint64) results);
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A model that is not done before the test is delays neither frames nor the end of the stream, and
 * is cancelled when the element stops. */
GST_START_TEST (test_endless)
{
  GstHarness *h = harness ("mode=latest" ENDLESS, 32, 32);
  GstEvent *event;
  gint i;

  for (i = 0; i < 20; i++)
    fail_unless_equals_int (push_numbered (h, 32, 32, i), -1);
  gst_harness_push_event (h, gst_event_new_eos ());
  do {
    event = gst_harness_pull_event (h);
    i = GST_EVENT_TYPE (event);
    gst_event_unref (event);
  } while (i != GST_EVENT_EOS);
  gst_harness_teardown (h);
}

GST_END_TEST;

static gpointer
push_endless (gpointer h)
{
  return GINT_TO_POINTER (gst_harness_push (h, numbered_frame (32, 32, 0)));
}

static GstPadProbeReturn
set_flag (GstPad * pad, GstPadProbeInfo * info, gpointer flag)
{
  g_atomic_int_set ((gint *) flag, TRUE);
  return GST_PAD_PROBE_OK;
}

/* A frame that waits for minutes is let go when the stream is flushed, and when the element
 * stops. */
GST_START_TEST (test_cancel)
{
  GstHarness *h = harness (ENDLESS, 32, 32);
  GstPad *pad = gst_pad_get_peer (h->srcpad);
  gint i, arrived;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, set_flag, &arrived, NULL);
  for (i = 0; i < 3; i++) {
    GThread *thread;

    g_atomic_int_set (&arrived, FALSE);
    thread = g_thread_new ("push", push_endless, h);
    while (!g_atomic_int_get (&arrived))
      g_usleep (1000);
    g_usleep (10000 * i);       /* the model is at it, or not yet */
    if (i < 2)
      flush (h);
    else
      gst_element_set_state (h->element, GST_STATE_READY);
    g_thread_join (thread);
  }
  fail_unless_equals_uint64 (read_stat (h, "inferences"), 0);
  gst_object_unref (pad);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- auto ---- */

GST_START_TEST (test_auto)
{
  GstHarness *h = seg_harness ("mode=auto");
  gint i;

  gst_harness_set_live (h, TRUE);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 32, 32);
  check_mode (h, "latest");
  i = push_until_result (h, 0, 0);

  gst_harness_set_live (h, FALSE);
  gst_harness_query_latency (h);
  check_mode (h, "every-frame");
  fail_unless_equals_int (push_numbered (h, 32, 32, i + 1), i + 1);

  gst_harness_set_live (h, TRUE);
  gst_harness_query_latency (h);
  check_mode (h, "latest");
  push_until_result (h, i + 2, i + 2);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- lateness ---- */

static void
send_qos (GstHarness * h, GstQOSType type, gint frames, gint number)
{
  gst_harness_push_upstream_event (h, gst_event_new_qos (type, 1.5,
          frames * (GstClockTimeDiff) FRAME, number * FRAME));
}

static void
check_qos_message (GstBus * bus, gint number, guint late)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS);
  guint64 pts, analysed, dropped;
  gint64 jitter;
  gdouble proportion;

  fail_unless (message != NULL);
  gst_message_parse_qos (message, NULL, NULL, NULL, &pts, NULL);
  gst_message_parse_qos_values (message, &jitter, &proportion, NULL);
  gst_message_parse_qos_stats (message, NULL, &analysed, &dropped);
  fail_unless_equals_uint64 (pts, number * FRAME);
  fail_unless_equals_int64 (jitter, 2 * FRAME);
  fail_unless (proportion == 1.5);
  fail_unless_equals_uint64 (analysed, 1);
  fail_unless_equals_uint64 (dropped, late);
  gst_message_unref (message);
}

/* Late frames carry the result of the last that was not, and the application is told. */
GST_START_TEST (test_late)
{
  GstHarness *h = harness ("", 32, 32);
  GstBus *bus = gst_bus_new ();
  gint i;

  gst_element_set_bus (h->element, bus);
  fail_unless_equals_int (push_numbered (h, 32, 32, 0), 0);
  send_qos (h, GST_QOS_TYPE_UNDERFLOW, 2, 0);
  for (i = 1; i <= 4; i++) {
    fail_unless_equals_int (push_numbered (h, 32, 32, i), 0);
    check_qos_message (bus, i, i);
  }
  fail_unless_equals_int (push_numbered (h, 32, 32, 5), 5);
  fail_unless_equals_uint64 (read_stat (h, "late-frames"), 4);

  send_qos (h, GST_QOS_TYPE_THROTTLE, 3, 5);
  for (i = 6; i < 15; i++)
    fail_unless_equals_int (push_numbered (h, 32, 32, i), 5 + (i - 5) / 3 * 3);
  fail_if (gst_bus_pop_filtered (bus, GST_MESSAGE_QOS) != NULL);

  gst_harness_set (h, "mask2formerseg", "qos", FALSE, NULL);
  flush (h);
  fail_unless_equals_int (push_numbered (h, 32, 32, 15), 15);
  send_qos (h, GST_QOS_TYPE_UNDERFLOW, 2, 15);
  fail_unless_equals_int (push_numbered (h, 32, 32, 16), 16);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- messages ---- */

/* The number of the frame that the next message is about; it says the same as that frame's
 * metadata.  -1 if there is no message. */
static gint
pop_result (GstBus * bus, const GstStructure * meta)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  const GstStructure *result;
  g_autofree guint8 *map = NULL, *its_map = NULL;
  guint64 pts, running_time, stream_time, age;
  gdouble inference;
  gint width, height;

  if (!message)
    return -1;
  result = gst_message_get_structure (message);
  fail_unless (gst_message_has_name (message, "mask2former-result"));
  fail_unless (gst_structure_get (result, "pts", G_TYPE_UINT64, &pts,
          "age", G_TYPE_UINT64, &age,
          "running-time", G_TYPE_UINT64, &running_time,
          "stream-time", G_TYPE_UINT64, &stream_time,
          "inference", G_TYPE_DOUBLE, &inference, NULL));
  fail_unless_equals_uint64 (age, 0);
  fail_unless_equals_uint64 (running_time, pts);
  fail_unless_equals_uint64 (stream_time, pts + GST_SECOND);
  fail_unless (inference > 0);
  fail_unless_equals_int (gst_panoptic_meta_get_n_segments (result),
      gst_panoptic_meta_get_n_segments (meta));
  map = label_map_bytes (result, &width, &height);
  its_map = label_map_bytes (meta, &width, &height);
  fail_unless (memcmp (map, its_map, width * height) == 0);
  gst_message_unref (message);
  return pts / FRAME;
}

/* One for each result, and not for frames that carry it. */
GST_START_TEST (test_messages)
{
  GstHarness *h = harness ("inference-interval=3 overlay=none", 90, 120);
  GstBus *bus = gst_bus_new ();
  GstSegment segment;
  gint i;

  gst_element_set_bus (h->element, bus);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.time = GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (i = 0; i < 12; i++) {
    GstBuffer *frame = moved_picture (i), *out;

    GST_BUFFER_PTS (frame) = i * FRAME;
    if (i == 6)
      gst_harness_set (h, "mask2formerseg", "post-messages", TRUE, NULL);
    out = push_frame (h, frame);
    fail_unless_equals_int (pop_result (bus, gst_buffer_get_panoptic_meta (out)),
        i >= 6 && i % 3 == 0 ? i : -1);
    gst_buffer_unref (out);
  }
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* None is lost or posted twice where frames do not wait. */
GST_START_TEST (test_all_messages)
{
  GstHarness *h = harness ("mode=latest post-messages=true", 32, 32);
  GstBus *bus = gst_bus_new ();
  guint64 inferences, messages = 0, last = 0;
  GstMessage *message;

  gst_element_set_bus (h->element, bus);
  push_until_result (h, 0, 100);
  inferences = read_stat (h, "inferences");
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT))) {
    guint64 pts;

    fail_unless (gst_structure_get_uint64 (gst_message_get_structure (message),
            "pts", &pts));
    fail_unless (messages == 0 || pts > last);
    last = pts;
    messages++;
    gst_message_unref (message);
  }
  fail_unless (messages > 1);
  fail_unless_equals_uint64 (messages, inferences);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- what begins anew ---- */

/* After each of 50 flushes frames have no result of before it. */
GST_START_TEST (test_flushes)
{
  GstHarness *h = harness (__i__ ? "mode=latest" : "mode=latest" SLOW, 32, 32);
  GRand *rand = g_rand_new_with_seed (1);
  gint i, number = 0;

  for (i = 0; i < 50; i++) {
    gint first = number, n = g_rand_int_range (rand, 1, 9);

    for (; number < first + n; number++) {
      gint source = push_numbered (h, 32, 32, number);

      fail_unless (source == -1 || source >= first);
    }
    if (i % 10 == 0)
      number = push_until_result (h, number, first) + 1;
    flush (h);
  }
  g_rand_free (rand);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* After each of 50 changes of format and size frames have no result of before it. */
GST_START_TEST (test_caps_changes)
{
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB,
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_BGRx
  };
  GstHarness *h = harness (__i__ ? "mode=latest" : "", 32, 32);
  GRand *rand = g_rand_new_with_seed (2);
  gint i, k, number = 0;

  for (i = 0; i < 50; i++) {
    GstVideoFormat format =
        formats[g_rand_int_range (rand, 0, G_N_ELEMENTS (formats))];
    gint width = g_rand_int_range (rand, 1, 99);
    gint height = g_rand_int_range (rand, 1, 99), base = number;

    set_caps (h, format, width, height);
    for (k = 0; k < 3; k++, number++) {
      gint source = push_frame_of (h, format, width, height, number);

      if (__i__ == 0)
        fail_unless_equals_int (source, number);
      fail_unless (source == -1 || source >= base);
      g_usleep (500 * (i % 10));
    }
  }
  g_rand_free (rand);
  gst_harness_teardown (h);
}

GST_END_TEST;

static GstPadProbeReturn
note_kind (GstPad * pad, GstPadProbeInfo * info, gpointer kinds)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    g_string_append_c (kinds, 'f');
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_GAP)
    g_string_append_c (kinds, 'g');
  return GST_PAD_PROBE_OK;
}

/* A gap goes on between the frames between which it came, and the result before it is carried on;
 * it does not wait for the model. */
GST_START_TEST (test_gap)
{
  const gchar *modes[] = { "inference-interval=3", "mode=latest" ENDLESS };
  const gint sources[] = { 0, -1 };
  GstHarness *h = harness (modes[__i__], 32, 32);
  GstPad *pad = gst_pad_get_peer (h->sinkpad);
  g_autoptr (GString) kinds = g_string_new (NULL);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_kind, kinds, NULL);
  fail_unless_equals_int (push_numbered (h, 32, 32, 0), sources[__i__]);
  fail_unless (gst_harness_push_event (h, gst_event_new_gap (FRAME,
              2 * FRAME)));
  fail_unless_equals_int (push_numbered (h, 32, 32, 3), sources[__i__]);
  fail_unless_equals_int (push_numbered (h, 32, 32, 4), sources[__i__]);
  fail_unless_equals_string (kinds->str, "fgff");
  gst_object_unref (pad);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Passing frames through forgets the results of before. */
GST_START_TEST (test_pass_through)
{
  GstHarness *h = harness ("mode=latest", 32, 32);
  gint i = push_until_result (h, 0, 0);

  gst_harness_set (h, "mask2formerseg", "pass-through", TRUE, NULL);
  fail_unless_equals_int (push_numbered (h, 32, 32, i + 1), -1);
  gst_harness_set (h, "mask2formerseg", "pass-through", FALSE, NULL);
  push_until_result (h, i + 2, i + 2);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* One of two elements that share a model is destroyed while both run. */
GST_START_TEST (test_destroy_one)
{
  GstHarness *one = harness ("mode=latest", 32, 32);
  GstHarness *other = harness ("mode=latest", 32, 32);
  gint i;

  for (i = 0; i < 5; i++) {
    push_numbered (one, 32, 32, i);
    push_numbered (other, 32, 32, i);
  }
  gst_harness_teardown (one);
  push_until_result (other, 5, 5);
  gst_harness_teardown (other);
}

GST_END_TEST;

static Suite *
live_suite (void)
{
  Suite *suite = suite_create ("live");
  TCase *tcase = tcase_create ("live");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_every_frame);
  tcase_add_test (tcase, test_interval);
  tcase_add_test (tcase, test_propagate);
  tcase_add_loop_test (tcase, test_input_size, 0, 4);
  tcase_add_test (tcase, test_latest);
  tcase_add_test (tcase, test_endless);
  tcase_add_test (tcase, test_cancel);
  tcase_add_test (tcase, test_auto);
  tcase_add_test (tcase, test_late);
  tcase_add_test (tcase, test_messages);
  tcase_add_test (tcase, test_all_messages);
  tcase_add_loop_test (tcase, test_flushes, 0, 2);
  tcase_add_loop_test (tcase, test_caps_changes, 0, 2);
  tcase_add_loop_test (tcase, test_gap, 0, 2);
  tcase_add_test (tcase, test_pass_through);
  tcase_add_test (tcase, test_destroy_one);
  return suite;
}

GST_CHECK_MAIN (live);

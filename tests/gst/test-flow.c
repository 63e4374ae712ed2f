/* Frames that pass through the element: times, layouts, frames that cannot be used.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include "gst/layout.h"
#include "gst/runstats.h"

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

static guint64
read_stat (GstHarness * h, const gchar * field)
{
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (seg, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &value));
  gst_structure_free (stats);
  gst_object_unref (seg);
  return value;
}

/* ---- latency ---- */

/* Adds a frame of `ms` milliseconds that arrives when the one before it has left. */
static gboolean
add_time (GstMask2FormerRunStats * stats, GstClockTime * clock, guint ms)
{
  GstClockTime arrival = *clock;

  *clock += ms * GST_MSECOND;
  gst_mask2former_run_stats_add_frame (stats, &(GstMask2FormerFrameTimes) {
        .arrival = arrival,.departure = *clock });
  return gst_mask2former_run_stats_add_latency (stats, arrival, *clock);
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
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
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

/* ---- layouts ---- */

static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_ARGB,
  GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_I420,
};

static gboolean
is_offered (GstHarness * h, GType meta)
{
  GstCaps *caps = gst_pad_get_current_caps (h->srcpad);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);
  gboolean offered = gst_pad_peer_query (h->srcpad, query) &&
      gst_query_find_allocation_meta (query, meta, NULL);

  gst_query_unref (query);
  gst_caps_unref (caps);
  return offered;
}

/* Upstream is offered what downstream offers, cropping excepted. */
GST_START_TEST (test_offer)
{
  gboolean pass_through = __i__;
  GstHarness *h = seg_harness (pass_through ? "pass-through=true" : "");

  set_caps (h, GST_VIDEO_FORMAT_NV12, 64, 48);
  fail_if (is_offered (h, GST_VIDEO_META_API_TYPE));
  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_CROP_META_API_TYPE,
      NULL);
  fail_unless (is_offered (h, GST_VIDEO_META_API_TYPE));
  fail_if (is_offered (h, GST_VIDEO_CROP_META_API_TYPE));
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A frame of odd size, its rows padded or not, with times, flags and metadata of others. */
static GstBuffer *
marked_frame (GstVideoInfo * info, GstVideoFormat format, gboolean padded)
{
  GstBuffer *frame = picture_as (info, format, 91, 61, padded);

  GST_BUFFER_PTS (frame) = 3 * GST_SECOND;
  GST_BUFFER_DURATION (frame) = GST_SECOND;
  GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_TFF);
  gst_buffer_add_video_region_of_interest_meta (frame, "mark", 1, 2, 3, 4);
  return frame;
}

/* Compares the pixels of two frames; what is between rows belongs to nobody. */
static void
check_same_pixels (GstBuffer * one, GstBuffer * other,
    const GstVideoInfo * info)
{
  GstVideoFrame a, b;
  guint plane;
  gint y;

  fail_unless (gst_video_frame_map (&a, info, one, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&b, info, other, GST_MAP_READ));
  for (plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (&a); plane++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&a, plane); y++)
      fail_unless (memcmp ((guint8 *) a.data[plane] + y * a.info.stride[plane],
              (guint8 *) b.data[plane] + y * b.info.stride[plane],
              GST_VIDEO_FRAME_COMP_WIDTH (&a, plane) *
              GST_VIDEO_FRAME_COMP_PSTRIDE (&a, plane)) == 0,
          "plane %u, row %d", plane, y);
  gst_video_frame_unmap (&a);
  gst_video_frame_unmap (&b);
}

/* All that is between rows comes from the padding of picture_as(). */
static void
check_between_rows (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstVideoFrame frame;
  guint plane;
  gint x, y;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (&frame); plane++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, plane); y++)
      for (x = GST_VIDEO_FRAME_COMP_WIDTH (&frame, plane) *
          GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, plane);
          x < GST_VIDEO_FRAME_PLANE_STRIDE (&frame, plane); x++)
        fail_unless_equals_int (((guint8 *) frame.data[plane])[x +
                y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, plane)], 0xa5);
  gst_video_frame_unmap (&frame);
}

/* Padded frames leave packed, segmented and drawn into like packed ones. */
GST_START_TEST (test_packed_copy)
{
  GstVideoFormat format = formats[__i__ / 2];
  GstHarness *h = seg_harness (__i__ % 2 ? "overlay=blend" : "overlay=none");
  GstVideoInfo info;
  GstBuffer *expected, *out;
  gint i;

  set_caps (h, format, 91, 61);
  expected = push_frame (h, marked_frame (&info, format, FALSE));
  for (i = 0; i < 3; i++) {
    out = push_frame (h, marked_frame (&info, format, TRUE));
    fail_unless_equals_uint64 (gst_buffer_get_size (out), info.size);
    fail_unless (gst_mask2former_frame_is_packed (out, &info));
    check_same_pixels (out, expected, &info);
    check_between_rows (out, &info);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (out), 3 * GST_SECOND);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), GST_SECOND);
    fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_VIDEO_BUFFER_FLAG_TFF));
    fail_unless (gst_buffer_get_video_region_of_interest_meta_id (out, 0));
    gst_buffer_unref (out);
  }
  gst_buffer_unref (expected);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Pushes a padded frame: whether it comes out in the memory it came in. */
static gboolean
is_memory_kept (GstHarness * h)
{
  GstVideoInfo info;
  GstBuffer *in = marked_frame (&info, GST_VIDEO_FORMAT_NV12, TRUE), *out;
  gboolean kept;

  out = gst_harness_push_and_pull (h, gst_buffer_ref (in));
  fail_unless (out != NULL);
  kept = gst_buffer_peek_memory (in, 0) == gst_buffer_peek_memory (out, 0);
  fail_unless (kept || gst_mask2former_frame_is_packed (out, &info));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  return kept;
}

/* Nothing is copied in pass-through and where downstream reads layouts, which can change. */
GST_START_TEST (test_layout_kept)
{
  GstHarness *h = seg_harness ("overlay=none");
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");

  set_caps (h, GST_VIDEO_FORMAT_NV12, 91, 61);
  fail_if (is_memory_kept (h));
  g_object_set (seg, "pass-through", TRUE, NULL);
  fail_unless (is_memory_kept (h));
  g_object_set (seg, "pass-through", FALSE, NULL);
  fail_if (is_memory_kept (h));

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
  fail_if (is_memory_kept (h), "downstream is asked for every frame");
  gst_harness_push_upstream_event (h, gst_event_new_reconfigure ());
  fail_unless (is_memory_kept (h));
  gst_object_unref (seg);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- frames that cannot be used ---- */

/* Faults of a frame of 91 x 61 pixels of NV12, and a text of the WARNING. */
enum
{
  SHORT, EMPTY, OFFSET, HUGE_OFFSET, STRIDE, NO_STRIDE, NEGATIVE_STRIDE, FORMAT,
  SIZE, SPLIT, CROPPED, UNMAPPABLE, N_FAULTS
};
static const gchar *const fault_texts[N_FAULTS] = {
  "has 8000 bytes, expected 8556", "has 0 bytes, expected 8556",
  "expected 8557", "expected 18446744073709551615", "expected 600091",
  "stride of 0 bytes, expected at least the 91",
  "stride of -100 bytes, expected at least the 91",
  "91 x 61 pixels of format I420, expected 91 x 61 of NV12",
  "90 x 61 pixels of format NV12, expected 91 x 61 of NV12",
  "plane 0 of a frame has 4000 bytes of memory, expected 5611",
  "to be cropped by 2", "cannot be mapped",
};

static gboolean
refuse_map (GstVideoMeta * meta, guint plane, GstMapInfo * info,
    gpointer * data, gint * stride, GstMapFlags flags)
{
  return FALSE;
}

static GstBuffer *
bad_frame (guint fault)
{
  GstVideoInfo info;
  GstBuffer *frame = picture_as (&info, GST_VIDEO_FORMAT_NV12, 91, 61, FALSE);
  GstVideoMeta *meta;

  fail_unless_equals_uint64 (info.size, 8556);
  if (fault <= EMPTY) {
    gst_buffer_set_size (frame, fault == SHORT ? 8000 : 0);
    return frame;
  }
  if (fault == SPLIT) {
    gst_buffer_replace_all_memory (frame, gst_allocator_alloc (NULL, 4000,
            NULL));
    gst_buffer_append_memory (frame, gst_allocator_alloc (NULL, 5000, NULL));
  }
  meta = gst_buffer_add_video_meta_full (frame, 0, info.finfo->format, 91, 61,
      2, info.offset, info.stride);
  switch (fault) {
    case OFFSET:
      meta->offset[1]++;
      break;
    case HUGE_OFFSET:
      meta->offset[0] = G_MAXSIZE;
      break;
    case STRIDE:
      meta->stride[0] = 10000;
      break;
    case NO_STRIDE:
      meta->stride[0] = 0;
      break;
    case NEGATIVE_STRIDE:
      meta->stride[0] = -100;
      break;
    case FORMAT:
      meta->format = GST_VIDEO_FORMAT_I420;
      break;
    case SIZE:
      meta->width = 90;
      break;
    case CROPPED:
      gst_buffer_add_video_crop_meta (frame)->x = 2;
      break;
    case UNMAPPABLE:
      meta->map = refuse_map;
      break;
    default:
      break;
  }
  return frame;
}

/* The first such frame gives one WARNING with what was expected and found; all go on as they are,
 * without metadata, and the stream with them. */
GST_START_TEST (test_unusable)
{
  GstHarness *h = seg_harness (__i__ % 2 ? "" : "overlay=none");
  guint fault = __i__ / 2;
  GstBus *bus = gst_bus_new ();
  GstVideoInfo info;
  GstMessage *message;
  gint i;

  gst_element_set_bus (h->element, bus);
  set_caps (h, GST_VIDEO_FORMAT_NV12, 91, 61);
  for (i = 0; i < 3; i++) {
    GstBuffer *in = bad_frame (fault), *out;
    gsize size = gst_buffer_get_size (in);

    gst_buffer_unref (push_frame (h, picture_as (&info, GST_VIDEO_FORMAT_NV12,
                91, 61, i == 1)));
    out = gst_harness_push_and_pull (h, in);
    fail_unless (out == in);
    fail_unless_equals_uint64 (gst_buffer_get_size (out), size);
    fail_if (gst_buffer_get_panoptic_meta (out) != NULL);
    gst_buffer_unref (out);
  }
  fail_unless_equals_uint64 (read_stat (h, "frames"), 6);
  fail_unless_equals_uint64 (read_stat (h, "inferences"), 3);
  fail_unless_equals_uint64 (read_stat (h, "unusable-frames"), 3);

  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  {
    g_autoptr (GError) error = NULL;

    gst_message_parse_warning (message, &error, NULL);
    fail_unless (strstr (error->message, fault_texts[fault]) != NULL,
        "\"%s\" does not say \"%s\"", error->message, fault_texts[fault]);
  }
  gst_message_unref (message);
  fail_unless_equals_int (count_messages (bus, GST_MESSAGE_WARNING |
          GST_MESSAGE_ERROR), 0);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Pixels beyond the caps' size, on the right, below or behind, are not looked at. */
GST_START_TEST (test_larger_than_caps)
{
  GstHarness *h = layout_harness ("overlay=none");
  GstVideoInfo large;
  GstBuffer *in = picture_as (&large, GST_VIDEO_FORMAT_NV12, 120, 80, FALSE);
  GstBuffer *out;
  gint width, height;

  gst_buffer_add_video_meta_full (in, 0, GST_VIDEO_FORMAT_NV12, 120, 80, 2,
      large.offset, large.stride);
  set_caps (h, GST_VIDEO_FORMAT_NV12, 91, 61);
  out = push_frame (h, in);
  g_free (label_map_bytes (gst_buffer_get_panoptic_meta (out), &width,
          &height));
  fail_unless_equals_int (width, 91);
  fail_unless_equals_int (height, 61);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- caps ---- */

static GstBuffer *
push_with_caps (GstHarness * h, const gchar * fields)
{
  g_autofree gchar *caps = g_strdup_printf ("video/x-raw,format=RGB,width=90,"
      "height=120,framerate=25/1%s", fields);
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, caps);
  return gst_harness_push_and_pull (h, picture (&info));
}

static const gchar *const interlaced[] = {
  ",interlace-mode=mixed", ",interlace-mode=interleaved",
  ",interlace-mode=interleaved,field-order=top-field-first",
  ",interlace-mode=progressive", "",
};

/* Interlaced video is segmented, with one warning. */
GST_START_TEST (test_interlaced)
{
  GstHarness *h = seg_harness ("overlay=none");
  GstBus *bus = gst_bus_new ();
  gint i;

  gst_element_set_bus (h->element, bus);
  for (i = 0; i < 4; i++) {
    GstBuffer *out = push_with_caps (h, i % 2 ? ",colorimetry=(string)1:1:5:1" :
        interlaced[__i__]);

    fail_unless (out && gst_buffer_get_panoptic_meta (out));
    gst_buffer_unref (out);
  }
  fail_unless_equals_int (count_messages (bus, GST_MESSAGE_WARNING), __i__ < 3);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Single fields in buffers of their own are refused. */
GST_START_TEST (test_alternate)
{
  GstHarness *h = seg_harness (__i__ / 2 ? "pass-through=true" : "");
  g_autofree gchar *caps = g_strdup_printf ("video/x-raw%s,format=RGB,width=90,"
      "height=120,framerate=25/1,interlace-mode=alternate", __i__ % 2 ? "" :
      "(format:Interlaced)");
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, caps);
  fail_unless_equals_int (gst_harness_push (h, picture (&info)),
      GST_FLOW_NOT_NEGOTIATED);
  gst_harness_teardown (h);
}

GST_END_TEST;

static const struct
{
  const gchar *caps, *input_size, *explicit_size;
} aspects[] = {
  {",pixel-aspect-ratio=2/1", "64", "64x96"},   /* 180 x 120 */
  {",pixel-aspect-ratio=1/2", "32", "96x32"},   /* 90 x 240 */
  {",pixel-aspect-ratio=2/1", "64x64", "64x64"},
  {",pixel-aspect-ratio=1/1", "64", "96x64"},
  {",pixel-aspect-ratio=1/1000", "64", "96x64"},        /* a mistake */
};

/* The network's input has the aspect of what is displayed. */
GST_START_TEST (test_pixel_aspect_ratio)
{
  const gchar *sizes[] = { aspects[__i__].input_size,
    aspects[__i__].explicit_size
  };
  guint8 *maps[2];
  gint i, width, height;

  for (i = 0; i < 2; i++) {
    g_autofree gchar *properties =
        g_strdup_printf ("overlay=none input-size=%s", sizes[i]);
    GstHarness *h = seg_harness (properties);
    GstBuffer *out = push_with_caps (h, i ? "" : aspects[__i__].caps);

    fail_unless (out != NULL);
    maps[i] = label_map_bytes (gst_buffer_get_panoptic_meta (out), &width,
        &height);
    fail_unless_equals_int (width, 90);
    fail_unless_equals_int (height, 120);
    gst_buffer_unref (out);
    gst_harness_teardown (h);
  }
  fail_unless (memcmp (maps[0], maps[1], 90 * 120) == 0);
  g_free (maps[0]);
  g_free (maps[1]);
}

GST_END_TEST;

/* ---- pass-through ---- */

static gboolean
has_model (GstHarness * h)
{
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  g_autofree gchar *path = NULL;
  GstStructure *stats;
  gboolean found;

  g_object_get (seg, "stats", &stats, NULL);
  path = g_strdup (gst_structure_get_string (stats, "model"));
  found = path && g_str_has_suffix (path, "/square");
  fail_unless (found || !path);
  gst_structure_free (stats);
  gst_object_unref (seg);
  return found;
}

/* The model is loaded when the first frame has to be segmented, and then kept. */
GST_START_TEST (test_pass_through_loads_late)
{
  GstHarness *h = seg_harness ("pass-through=true");
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstBuffer *out;
  gint i;

  for (i = 0; i < 4; i++) {
    g_object_set (seg, "pass-through", i % 2 == 0, NULL);
    out = push_with_caps (h, i < 2 ? "" : ",colorimetry=(string)1:1:5:1");
    fail_unless (out != NULL);
    fail_unless_equals_int (gst_buffer_get_panoptic_meta (out) != NULL, i % 2);
    fail_unless_equals_int (has_model (h), i > 0);
    gst_buffer_unref (out);
  }
  gst_object_unref (seg);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A model that is not there does not keep frames from being passed through; switched off, it is one
 * error of the stream. */
GST_START_TEST (test_pass_through_without_model)
{
  GstHarness *h = gst_harness_new_parse ("mask2formerseg pass-through=true "
      "model=/nonexistent/checkpoint");
  GstElement *seg = gst_harness_find_element (h, "mask2formerseg");
  GstBus *bus = gst_bus_new ();
  GstVideoInfo info;
  GstBuffer *out;

  gst_element_set_bus (h->element, bus);
  out = push_with_caps (h, "");
  fail_unless (out != NULL);
  gst_buffer_unref (out);
  fail_unless_equals_int (count_messages (bus, GST_MESSAGE_ERROR), 0);

  g_object_set (seg, "pass-through", FALSE, NULL);
  fail_unless_equals_int (gst_harness_push (h, picture (&info)),
      GST_FLOW_ERROR);
  fail_unless_equals_int (count_messages (bus, GST_MESSAGE_ERROR), 1);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_object_unref (seg);
  gst_harness_teardown (h);
}

GST_END_TEST;

static TCase *
add_case (Suite * suite, const gchar * name)
{
  TCase *tcase = tcase_create (name);

  suite_add_tcase (suite, tcase);
  return tcase;
}

static Suite *
flow_suite (void)
{
  Suite *suite = suite_create ("flow");
  TCase *times = add_case (suite, "times");
  TCase *layouts = add_case (suite, "layouts");
  TCase *unusable = add_case (suite, "unusable");
  TCase *caps = add_case (suite, "caps");
  TCase *pass_through = add_case (suite, "pass-through");

  tcase_add_test (times, test_latency_policy);
  tcase_add_test (times, test_latency_changes);
  tcase_add_loop_test (times, test_segment_not_time, 0, 8);
  tcase_add_loop_test (layouts, test_offer, 0, 2);
  tcase_add_loop_test (layouts, test_packed_copy, 0,
      2 * G_N_ELEMENTS (formats));
  tcase_add_test (layouts, test_layout_kept);
  tcase_add_test (layouts, test_larger_than_caps);
  tcase_add_loop_test (unusable, test_unusable, 0, 2 * N_FAULTS);
  tcase_add_loop_test (caps, test_interlaced, 0, G_N_ELEMENTS (interlaced));
  tcase_add_loop_test (caps, test_alternate, 0, 4);
  tcase_add_loop_test (caps, test_pixel_aspect_ratio, 0,
      G_N_ELEMENTS (aspects));
  tcase_add_test (pass_through, test_pass_through_loads_late);
  tcase_add_test (pass_through, test_pass_through_without_model);
  return suite;
}

GST_CHECK_MAIN (flow);

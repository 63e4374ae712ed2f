/* Results that follow the picture, on clips of which every pixel is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <math.h>

#include "gst/frame.h"
#include "gst/motion.h"
#include "gst/propagate.h"
#include "tests/clip/clip.h"

#define WIDTH 384
#define HEIGHT 216

/* A clip on its way through the two, with the result of frame 0. */
typedef struct
{
  Clip clip;
  GstVideoFormat format;
  gboolean padded;
  GstMask2FormerMotion *motion;
  GstMask2FormerPropagator *propagator;
  M2fResult result;
  GstPanopticView view;         /* of the result */
  GstPanopticView carried;
  gint t;                       /* number of the newest frame */
} Run;

static GstBuffer *
draw_frame (const Run * run, gint t, GstVideoInfo * info)
{
  const Clip *clip = &run->clip;
  GstVideoInfo rgb;
  GstVideoFrame frame;
  GstBuffer *drawn, *buffer;

  fail_unless (gst_video_info_set_format (&rgb, GST_VIDEO_FORMAT_RGB,
          clip->width, clip->height));
  fail_unless (gst_video_info_set_format (info, run->format, clip->width,
          clip->height));
  drawn = empty_frame (&rgb, FALSE, 0);
  buffer = empty_frame (info, run->padded, 0xa5);
  fail_unless (gst_video_frame_map (&frame, &rgb, drawn, GST_MAP_WRITE));
  clip_draw (clip, t, GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
      GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0));
  gst_video_frame_unmap (&frame);
  convert (drawn, &rgb, buffer, info);
  gst_buffer_unref (drawn);
  return buffer;
}

/* Returns the number of the frame. */
static guint64
push (Run * run, gint t)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer = draw_frame (run, t, &info);
  guint64 number;

  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  fail_unless (gst_mask2former_motion_push (run->motion, &frame, &number));
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  run->t = t;
  return number;
}

static void
start (Run * run, const Clip * clip)
{
  run->clip = *clip;
  if (run->format == GST_VIDEO_FORMAT_UNKNOWN)
    run->format = GST_VIDEO_FORMAT_NV12;
  run->motion = gst_mask2former_motion_new ();
  run->propagator = gst_mask2former_propagator_new ();
  run->result = clip_result (clip, 0);
  gst_panoptic_view_set_result (&run->view, &run->result, M2F_TASK_PANOPTIC,
      clip->width, clip->height, 7 * GST_SECOND);
  gst_mask2former_propagator_set_result (run->propagator, run->motion,
      &run->view, push (run, 0));
}

static gboolean
carry (Run * run)
{
  return gst_mask2former_propagator_carry (run->propagator, run->motion,
      &run->carried);
}

/* Carries the result of frame 0 to frame t, frame by frame. */
static void
carry_to (Run * run, gint t)
{
  while (run->t < t) {
    push (run, run->t + 1);
    fail_unless (carry (run));
  }
}

static void
stop (Run * run)
{
  gst_mask2former_motion_free (run->motion);
  gst_mask2former_propagator_free (run->propagator);
  clip_result_clear (&run->result);
  gst_panoptic_view_clear (&run->view);
}

/* Overlap of a segment, as it was and as carried, with what it is in the newest frame. */
static void
measure (const Run * run, guint id, gdouble * before, gdouble * after)
{
  gint width = run->clip.width, height = run->clip.height;
  g_autofree guint8 *truth = g_malloc (width * height);

  clip_label (&run->clip, run->t, truth);
  *before = clip_iou (run->result.map, width, truth, width, width, height, id);
  *after = clip_iou (run->carried.map, run->carried.stride, truth, width, width,
      height, id);
}

/* The purpose: where the result of frame 0 is at most half right, the carried one is at least four
 * fifths right. */
static void
check_follows (const Run * run, guint id)
{
  gdouble before, after;

  measure (run, id, &before, &after);
  GST_INFO ("segment %u: %.3f, carried %.3f", id, before, after);
  fail_unless (before <= 0.5, "segment %u did not move: %g", id, before);
  fail_unless (after >= 0.8, "segment %u: %g, carried %g", id, before, after);
}

static gboolean
is_unchanged (const Run * run)
{
  gint y;

  for (y = 0; y < run->clip.height; y++)
    if (memcmp (run->carried.map + y * run->carried.stride,
            run->result.map + y * run->result.map_stride, run->clip.width) != 0)
      return FALSE;
  return TRUE;
}

/* Boxes and areas are those of the map, and every id in it is listed. */
static void
check_segments (const Run * run)
{
  const GstPanopticView *view = &run->carried;
  guint64 areas[256] = { 0 }, listed = 0, all = 0;
  gint x, y;
  guint i;

  for (y = 0; y < view->height; y++)
    for (x = 0; x < view->width; x++) {
      guint id = gst_panoptic_view_id (view, x, y);

      areas[id]++;
      all += id != 0;
      for (i = 0; i < view->n_segments; i++)
        if (view->segments[i].id == id)
          fail_unless (x >= view->segments[i].box.x &&
              x < view->segments[i].box.x + view->segments[i].box.w &&
              y >= view->segments[i].box.y &&
              y < view->segments[i].box.y + view->segments[i].box.h);
    }
  for (i = 0; i < view->n_segments; i++) {
    fail_unless (view->segments[i].area > 0);
    fail_unless_equals_uint64 (view->segments[i].area,
        areas[view->segments[i].id]);
    listed += view->segments[i].area;
  }
  fail_unless_equals_uint64 (listed, all);
}

/* ---- what moves ---- */

static const ClipShape two[] = {
  {TRUE, 120, 110, 54, 72, 5, 1.5},
  {FALSE, 270, 150, 50, 60, -4, 0},
};

GST_START_TEST (test_moving)
{
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = two,.n_shapes = 2 });
  carry_to (&run, 10);
  check_follows (&run, CLIP_SHAPES);
  check_follows (&run, CLIP_SHAPES + 1);
  check_segments (&run);
  fail_unless_equals_int (run.carried.n_segments, 4);
  fail_unless_equals_uint64 (run.carried.pts, 7 * GST_SECOND);
  fail_unless_equals_string (run.carried.segments[2].label, "thing");
  /* nobody has seen what was behind the shape */
  fail_unless_equals_int (gst_panoptic_view_id (&run.carried, 110, 110), 0);
  stop (&run);
}

GST_END_TEST;

GST_START_TEST (test_noise)
{
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.noise = 25,.shapes = two,
          .n_shapes = 2 });
  carry_to (&run, 10);
  check_follows (&run, CLIP_SHAPES);
  check_follows (&run, CLIP_SHAPES + 1);
  stop (&run);
}

GST_END_TEST;

/* The camera turns: things move against a background that moves too. */
GST_START_TEST (test_pan)
{
  Run run = { 0 };
  gdouble before, after;

  start (&run, &(Clip) { WIDTH, HEIGHT,.dx = 6,.dy = 4,.shapes = two,
          .n_shapes = 2 });
  carry_to (&run, 10);
  check_follows (&run, CLIP_SHAPES);
  check_follows (&run, CLIP_SHAPES + 1);
  measure (&run, CLIP_SKY, &before, &after);
  fail_unless (before < 0.75 && after > 0.9, "sky: %g, carried %g", before,
      after);
  /* the background goes on to the edge that it came from */
  fail_unless_equals_int (gst_panoptic_view_id (&run.carried, 0, 0), CLIP_SKY);
  stop (&run);
}

GST_END_TEST;

GST_START_TEST (test_growing)
{
  static const ClipShape growing[] = { {TRUE, 150, 110, 50, 60, 1, 0, 0.04} };
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = growing,.n_shapes = 1 });
  carry_to (&run, 10);
  check_follows (&run, CLIP_SHAPES);
  stop (&run);
}

GST_END_TEST;

/* One shape passes behind the other, is lost from sight and comes out again. */
GST_START_TEST (test_crossing)
{
  static const ClipShape crossing[] = {
    {TRUE, 150, 120, 50, 60, 6, 0},
    {FALSE, 240, 125, 56, 84, -6, 0},
  };
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = crossing,.n_shapes = 2 });
  carry_to (&run, 15);
  check_follows (&run, CLIP_SHAPES);
  check_follows (&run, CLIP_SHAPES + 1);
  check_segments (&run);
  stop (&run);
}

GST_END_TEST;

/* The shape that stands higher in the picture is in front, which only the picture tells. */
GST_START_TEST (test_in_front)
{
  static const ClipShape crossing[] = {
    {FALSE, 240, 130, 64, 90, -5, 0},
    {TRUE, 150, 110, 60, 70, 5, 0},
  };
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = crossing,.n_shapes = 2 });
  carry_to (&run, 7);
  check_follows (&run, CLIP_SHAPES + 1);
  stop (&run);
}

GST_END_TEST;

GST_START_TEST (test_leaving)
{
  static const ClipShape leaving[] = { {TRUE, 30, 110, 50, 60, -10, 0} };
  Run run = { 0 };
  guint i;

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = leaving,.n_shapes = 1 });
  carry_to (&run, 8);
  check_segments (&run);
  for (i = 0; i < run.carried.n_segments; i++)
    fail_unless (run.carried.segments[i].id < CLIP_SHAPES);
  stop (&run);
}

GST_END_TEST;

/* A plain shape has an outline only, which on a textured background looks other in every frame. */
GST_START_TEST (test_flat_shape)
{
  static const ClipShape flat[] = { {TRUE, 120, 110, 54, 72, 4, 1, 0, TRUE} };
  gint i;

  for (i = 0; i < 2; i++) {
    Run run = { 0 };

    start (&run, &(Clip) { WIDTH, HEIGHT,.is_flat = i,.shapes = flat,
            .n_shapes = 1 });
    carry_to (&run, 10);
    check_follows (&run, CLIP_SHAPES);
    stop (&run);
  }
}

GST_END_TEST;

/* Shapes smaller than a block, with a camera that turns. */
GST_START_TEST (test_small_shapes)
{
  static const ClipShape small[] = {
    {TRUE, 100, 120, 14, 36, 3, 0},
    {TRUE, 240, 110, 14, 36, -3, 0.5},
  };
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.dx = 4,.shapes = small,.n_shapes = 2 });
  carry_to (&run, 10);
  check_follows (&run, CLIP_SHAPES);
  check_follows (&run, CLIP_SHAPES + 1);
  stop (&run);
}

GST_END_TEST;

/* ---- what does not ---- */

static const ClipShape still[] = { {TRUE, 120, 110, 54, 72} };

GST_START_TEST (test_stillness)
{
  const gdouble noise[] = { 0, 25 };
  gint i;

  for (i = 0; i < 2; i++) {
    Run run = { 0 };

    start (&run, &(Clip) { WIDTH, HEIGHT,.noise = noise[i],.shapes = still,
            .n_shapes = 1 });
    carry_to (&run, 10);
    fail_unless (is_unchanged (&run));
    check_segments (&run);
    stop (&run);
  }
}

GST_END_TEST;

/* Nothing tells how a picture of one colour moves: it does not. */
GST_START_TEST (test_flat_picture)
{
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.is_flat = TRUE });
  carry_to (&run, 5);
  fail_unless (is_unchanged (&run));
  stop (&run);
}

GST_END_TEST;

/* The frame that a result was made for shows the result itself. */
GST_START_TEST (test_age_0)
{
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = two,.n_shapes = 2 });
  fail_unless (carry (&run));
  fail_unless (is_unchanged (&run));
  stop (&run);
}

GST_END_TEST;

/* ---- histories ---- */

/* A result that comes ten frames late is where it would be if it had come at once. */
GST_START_TEST (test_late_result)
{
  const Clip clip = { WIDTH, HEIGHT,.dx = 2,.shapes = two,.n_shapes = 2 };
  Run prompt = { 0 }, late = { 0 };
  gint t;

  start (&prompt, &clip);
  carry_to (&prompt, 10);
  start (&late, &clip);
  for (t = 1; t <= 10; t++)
    push (&late, t);
  gst_mask2former_propagator_set_result (late.propagator, late.motion,
      &late.view, 0);
  fail_unless (carry (&late));
  check_follows (&late, CLIP_SHAPES);
  fail_unless_equals_int (late.carried.n_segments, prompt.carried.n_segments);
  fail_unless (memcmp (late.carried.map, prompt.carried.map,
          WIDTH * HEIGHT) == 0);
  stop (&prompt);
  stop (&late);
}

GST_END_TEST;

static void
check_given_up (Run * run)
{
  guint8 *map;

  fail_if (carry (run));
  fail_unless_equals_int (run->carried.n_segments, 0);
  fail_unless_equals_int (run->carried.width, run->clip.width);
  for (map = (guint8 *) run->carried.map;
      map < run->carried.map + run->clip.width * run->clip.height; map++)
    fail_unless_equals_int (*map, 0);
}

/* Following in steps comes to the same as following at once. */
GST_START_TEST (test_steps)
{
  const Clip clip = { WIDTH, HEIGHT,.dx = 2,.shapes = two,.n_shapes = 2 };
  Run at_once = { 0 }, in_steps = { 0 };
  gint t;

  start (&at_once, &clip);
  start (&in_steps, &clip);
  for (t = 1; t <= 7; t++) {
    push (&at_once, t);
    push (&in_steps, t);
  }
  for (t = 0; t < 2; t++)
    fail_if (gst_mask2former_propagator_follow (in_steps.propagator,
            in_steps.motion, 3));
  fail_unless (gst_mask2former_propagator_follow (in_steps.propagator,
          in_steps.motion, 3));
  fail_unless (carry (&at_once));
  fail_unless (carry (&in_steps));
  fail_unless (memcmp (in_steps.carried.map, at_once.carried.map,
          WIDTH * HEIGHT) == 0);
  stop (&at_once);
  stop (&in_steps);
}

GST_END_TEST;

/* A result of before a cut says nothing of what is after it, one of after it does. */
GST_START_TEST (test_cut)
{
  Run run = { 0 };
  M2fResult result;
  guint64 number;

  start (&run, &(Clip) { WIDTH, HEIGHT,.cut = 4,.shapes = two,.n_shapes = 2 });
  carry_to (&run, 3);
  number = push (&run, 4);
  check_given_up (&run);
  push (&run, 5);
  check_given_up (&run);

  result = clip_result (&run.clip, 4);
  gst_panoptic_view_set_result (&run.view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, 0);
  gst_mask2former_propagator_set_result (run.propagator, run.motion, &run.view,
      number);
  fail_unless (carry (&run));
  carry_to (&run, 10);
  check_follows (&run, CLIP_SHAPES);
  clip_result_clear (&result);
  stop (&run);
}

GST_END_TEST;

/* The light goes on: no cut. */
GST_START_TEST (test_brightness)
{
  Run run = { 0 };
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;
  guint64 number;
  gsize i;

  run.format = GST_VIDEO_FORMAT_GRAY8;
  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = still,.n_shapes = 1 });
  buffer = draw_frame (&run, 1, &info);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  for (i = 0; i < info.size; i++)
    ((guint8 *) frame.data[0])[i] = MIN (((guint8 *) frame.data[0])[i] + 25,
        255);
  fail_unless (gst_mask2former_motion_push (run.motion, &frame, &number));
  fail_unless (carry (&run));
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  stop (&run);
}

GST_END_TEST;

GST_START_TEST (test_reset)
{
  Run run = { 0 };

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = still,.n_shapes = 1 });
  carry_to (&run, 1);
  gst_mask2former_motion_reset (run.motion);
  check_given_up (&run);
  fail_unless_equals_uint64 (push (&run, 2), 2);
  check_given_up (&run);
  stop (&run);
}

GST_END_TEST;

/* Results older than the history stay where they were, frames of another size start anew. */
GST_START_TEST (test_history)
{
  Run run = { 0 };
  gint t;

  start (&run, &(Clip) { 40, 30,.shapes = still,.n_shapes = 1 });
  for (t = 1; t <= GST_MASK2FORMER_MOTION_HISTORY; t++)
    push (&run, t);
  fail_if (gst_mask2former_motion_frame (run.motion, 0));
  fail_unless (gst_mask2former_motion_frame (run.motion, 1));
  fail_if (carry (&run));
  fail_unless (is_unchanged (&run));
  fail_unless_equals_int (run.carried.n_segments, run.view.n_segments);

  gst_mask2former_propagator_set_result (run.propagator, run.motion, &run.view,
      t - 1);
  fail_unless (carry (&run));
  run.clip.width = 48;
  push (&run, t);
  run.clip.width = 40;
  check_given_up (&run);
  gst_mask2former_propagator_set_result (run.propagator, run.motion, &run.view,
      0);
  check_given_up (&run);
  stop (&run);
}

GST_END_TEST;

/* ---- frames of all kinds ---- */

GST_START_TEST (test_formats)
{
  GstCaps *caps = gst_caps_from_string (GST_VIDEO_CAPS_MAKE
      (GST_MASK2FORMER_FORMATS));
  const GValue *list = gst_structure_get_value (gst_caps_get_structure (caps,
          0), "format");
  guint i;

  for (i = 0; i < gst_value_list_get_size (list); i++) {
    Run run = { 0 };

    run.format = gst_video_format_from_string (g_value_get_string
        (gst_value_list_get_value (list, i)));
    run.padded = i % 2;
    start (&run, &(Clip) { 191, 143,.shapes = &(ClipShape) {
            TRUE, 60, 70, 50, 60, 6, 0},.n_shapes = 1 });
    carry_to (&run, 8);
    check_follows (&run, CLIP_SHAPES);
    stop (&run);
  }
  gst_caps_unref (caps);
}

GST_END_TEST;

/* Deeper samples and other layouts, which the network does not read yet. */
GST_START_TEST (test_other_formats)
{
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_P010_10LE,
    GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_UYVY,
    GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_GRAY16_LE,
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    Run run = { 0 };

    run.format = formats[i];
    start (&run, &(Clip) { 191, 143,.shapes = &(ClipShape) {
            TRUE, 60, 70, 50, 60, 6, 0},.n_shapes = 1 });
    carry_to (&run, 8);
    check_follows (&run, CLIP_SHAPES);
    stop (&run);
  }
}

GST_END_TEST;

/* No format of this kind is read, and the history ends there. */
GST_START_TEST (test_unreadable_format)
{
  Run run = { 0 };
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;
  guint64 number;

  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = still,.n_shapes = 1 });
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_v210, WIDTH, HEIGHT);
  buffer = empty_frame (&info, FALSE, 0);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  fail_if (gst_mask2former_motion_push (run.motion, &frame, &number));
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  check_given_up (&run);
  stop (&run);
}

GST_END_TEST;

/* Every size up to some blocks, and frames much longer than wide. */
GST_START_TEST (test_sizes)
{
  const gint sizes[][2] = { {1, 1}, {1, 9}, {2, 1}, {3, 3}, {4, 4}, {5, 7},
  {8, 8}, {9, 8}, {17, 3}, {33, 31}, {700, 5}, {5, 700}, {271, 405},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Run run = { 0 };
    ClipShape shape = { FALSE, sizes[i][0] / 2.0, sizes[i][1] / 2.0,
      sizes[i][0] / 2.0, sizes[i][1] / 2.0, 1, 1
    };

    run.format = i % 2 ? GST_VIDEO_FORMAT_I420 : GST_VIDEO_FORMAT_BGRx;
    run.padded = i % 3 == 0;
    start (&run, &(Clip) { sizes[i][0], sizes[i][1],.shapes = &shape,
            .n_shapes = 1 });
    for (; run.t < 4;) {
      push (&run, run.t + 1);
      carry (&run);
      check_segments (&run);
    }
    stop (&run);
  }
}

GST_END_TEST;

/* A map of two bytes a pixel, smaller than the frame, that covers a part of it: as metadata has. */
GST_START_TEST (test_part_of_frame)
{
  const ClipShape shape = { FALSE, 192, 108, 60, 60, 6, 3 };
  Run run = { 0 };
  guint16 *map = g_new0 (guint16, 100 * 50);
  GstPanopticSegment segment = {.id = 300,.label = "thing",.is_thing = TRUE,
    .area = 30 * 30,.box = {31, 9, 30, 30},
  };
  GstPanopticView view = {.map = (guint8 *) map,.width = 100,.height = 50,
    .stride = 200,.depth = 2,.rectangle = {100, 60, 200, 100},
    .segments = &segment,.n_segments = 1,
  };
  gint x, y;

  for (y = 9; y < 39; y++)
    for (x = 31; x < 61; x++)
      map[y * 100 + x] = 300;
  start (&run, &(Clip) { WIDTH, HEIGHT,.shapes = &shape,.n_shapes = 1 });
  gst_mask2former_propagator_set_result (run.propagator, run.motion, &view, 0);
  for (; run.t < 8;) {
    push (&run, run.t + 1);
    fail_unless (carry (&run));
  }
  fail_unless_equals_int (run.carried.n_segments, 1);
  fail_unless_equals_int (run.carried.depth, 2);
  /* 8 frames of 6 x 3 pixels are 24 x 12 of the map; what is below its edge is gone */
  fail_unless (ABS (run.carried.segments[0].box.x - (31 + 24)) <= 2);
  fail_unless (ABS (run.carried.segments[0].box.y - (9 + 12)) <= 2);
  fail_unless_equals_int (run.carried.segments[0].box.y +
      run.carried.segments[0].box.h, 50);
  g_free (map);
  stop (&run);
}

GST_END_TEST;

static Suite *
motion_suite (void)
{
  Suite *s = suite_create ("motion");
  TCase *moves = tcase_create ("moves"), *rests = tcase_create ("rests");
  TCase *history = tcase_create ("history"), *frames = tcase_create ("frames");

  suite_add_tcase (s, moves);
  tcase_add_test (moves, test_moving);
  tcase_add_test (moves, test_noise);
  tcase_add_test (moves, test_pan);
  tcase_add_test (moves, test_growing);
  tcase_add_test (moves, test_crossing);
  tcase_add_test (moves, test_in_front);
  tcase_add_test (moves, test_leaving);
  tcase_add_test (moves, test_flat_shape);
  tcase_add_test (moves, test_small_shapes);
  suite_add_tcase (s, rests);
  tcase_add_test (rests, test_stillness);
  tcase_add_test (rests, test_flat_picture);
  tcase_add_test (rests, test_age_0);
  suite_add_tcase (s, history);
  tcase_add_test (history, test_late_result);
  tcase_add_test (history, test_steps);
  tcase_add_test (history, test_cut);
  tcase_add_test (history, test_brightness);
  tcase_add_test (history, test_reset);
  tcase_add_test (history, test_history);
  suite_add_tcase (s, frames);
  tcase_add_test (frames, test_formats);
  tcase_add_test (frames, test_other_formats);
  tcase_add_test (frames, test_unreadable_format);
  tcase_add_test (frames, test_sizes);
  tcase_add_test (frames, test_part_of_frame);
  return s;
}

GST_CHECK_MAIN (motion);

/* panopticoverlay: what it does to every sample of a frame, in every format, beside a twin that
 * looks at one at a time.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/overlay.h"
#include "tests/gst/scene.h"

static GArray *formats;         /* GstVideoFormat: all that the elements take */

/* ---- effects ---- */

static const gint sizes[][2] = { {96, 50}, {67, 35}, {9, 5}, {1, 1} };

/* The person is filled, in even and odd sizes, rows with and without padding. */
GST_START_TEST (test_fill)
{
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  GstHarness *h = overlay_harness ("effect=fill labels=person" GREEN);
  guint i;

  for (i = 0; i < 2 * G_N_ELEMENTS (sizes); i++) {
    gint width = sizes[i / 2][0], height = sizes[i / 2][1];
    GstVideoInfo info;
    GstBuffer *in = noise (&info, format, width, height, i % 2), *out;
    Scene scene;

    set_caps (h, format, width, height);
    scene_init (&scene, width, height);
    attach (in, &scene.view);
    out = push (h, in);
    check_plain (in, out, &info, is_person, &scene, green);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

/* White where things are, black where they are not. */
GST_START_TEST (test_mask)
{
  static const gfloat white[] = { 255, 255, 255 };
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  GstHarness *h = overlay_harness ("effect=mask");
  GstVideoInfo info;
  GstBuffer *in = noise (&info, format, 67, 35, TRUE), *dark, *out;
  GstHarness *fill = overlay_harness ("effect=fill");
  Scene scene;

  set_caps (h, format, 67, 35);
  set_caps (fill, format, 67, 35);
  scene_init (&scene, 67, 35);
  dark = push (fill, in);       /* nothing is known of it */
  check_plain (in, dark, &info, everywhere, &scene, black);
  attach (in, &scene.view);
  out = push (h, in);
  check_plain (dark, out, &info, is_thing, &scene, white);
  gst_buffer_unref (in);
  gst_buffer_unref (dark);
  gst_buffer_unref (out);
  scene_clear (&scene);
  gst_harness_teardown (h);
  gst_harness_teardown (fill);
}

GST_END_TEST;

/* Colours, outlines and labels are those of mask2formerseg. */
GST_START_TEST (test_drawn)
{
  static const struct
  {
    const gchar *properties;
    GstMask2FormerLook look;
    guint first, n_segments;    /* of the scene */
  } cases[] = {
    {"", {.opacity = 0.5,.outlines = TRUE,.labels = TRUE}, 0, 3},
    {"opacity=0.8 draw-outlines=false draw-labels=false palette=vivid",
        {.opacity = 0.8,.palette = M2F_PALETTE_VIVID}, 0, 3},
    {"segments=things draw-labels=false",
        {.opacity = 0.5,.outlines = TRUE}, 0, 2},
    {"effect=outline labels=car draw-labels=false", {.outlines = TRUE}, 1, 1},
    {"effect=outline", {.outlines = TRUE,.labels = TRUE}, 0, 3},
  };
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = overlay_harness ("%s", cases[i].properties);
    GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
    GstVideoInfo info;
    GstBuffer *in = noise (&info, format, 161, 91, TRUE), *out;
    GstPanopticView view;
    GstVideoFrame frame;
    Scene scene;

    set_caps (h, format, 161, 91);
    scene_init (&scene, 161, 91);
    attach (in, &scene.view);
    out = push (h, in);
    fail_if (are_equal (in, out));
    view = scene.view;
    view.segments += cases[i].first;
    view.n_segments = cases[i].n_segments;
    fail_unless (gst_video_frame_map (&frame, &info, in, GST_MAP_READWRITE));
    fail_unless (gst_mask2former_overlay_draw (overlay, &frame, &view,
            &cases[i].look));
    gst_video_frame_unmap (&frame);
    fail_unless (are_equal (in, out), "%s", cases[i].properties);
    gst_mask2former_overlay_free (overlay);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* ---- means ---- */

/* A frame, and a blur's standard deviation or a block's edge in pixels. */
typedef struct
{
  GstVideoFrame frame;
  gint size;
} Source;

static void
source_init (Source * source, GstBuffer * buffer, const GstVideoInfo * info,
    gint size)
{
  source->size = size;
  fail_unless (gst_video_frame_map (&source->frame, info, buffer,
          GST_MAP_READ));
}

/* The mean of the samples in the block that this one is in. */
static gdouble
block_mean (gconstpointer data, gint comp, gint x, gint y)
{
  const Source *source = data;
  const GstVideoFrame *frame = &source->frame;
  gint width = source->size >> frame->info.finfo->w_sub[comp];
  gint height = source->size >> frame->info.finfo->h_sub[comp];
  gint left = x / width * width, top = y / height * height, n = 0;
  gdouble sum = 0;

  for (y = top; y < MIN (top + height, GST_VIDEO_FRAME_COMP_HEIGHT (frame,
              comp)); y++)
    for (x = left; x < MIN (left + width, GST_VIDEO_FRAME_COMP_WIDTH (frame,
                comp)); x++, n++)
      sum += get_sample (frame, comp, x, y);
  return sum / n;
}

GST_START_TEST (test_pixelate)
{
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  static const gint edges[] = { 2, 8, 12, 130 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (edges); i++) {
    GstHarness *h = overlay_harness ("effect=pixelate strength=%d", edges[i]);
    GstVideoInfo info;
    GstBuffer *in = noise (&info, format, 67, 150, TRUE), *out;
    Scene scene;
    Source source;
    const Check check = { is_thing, &scene, block_mean, &source, 0.6 };

    set_caps (h, format, 67, 150);
    scene_init (&scene, 67, 150);
    attach (in, &scene.view);
    out = push (h, in);
    source_init (&source, in, &info, edges[i]);
    check_frame (&check, in, out, &info);
    gst_video_frame_unmap (&source.frame);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

#define REACH 48                /* samples that a Gaussian goes to each side */

/* Shares of samples along a row or a column. */
static void
gaussian_shares (gdouble deviation, gdouble shares[2 * REACH + 1])
{
  gdouble sum = 0;
  gint i;

  for (i = 0; i <= 2 * REACH; i++)
    sum += shares[i] = exp (-(i - REACH) * (i - REACH) /
        (2 * deviation * deviation));
  for (i = 0; i <= 2 * REACH; i++)
    shares[i] /= sum;
}

/* A Gaussian around the sample; the frame's border goes on beyond it. */
static gdouble
gaussian (gconstpointer data, gint comp, gint x, gint y)
{
  const Source *source = data;
  const GstVideoFrame *frame = &source->frame;
  gint right = GST_VIDEO_FRAME_COMP_WIDTH (frame, comp) - 1, dx, dy;
  gint bottom = GST_VIDEO_FRAME_COMP_HEIGHT (frame, comp) - 1;
  gdouble across[2 * REACH + 1], down[2 * REACH + 1], sum = 0;

  gaussian_shares (source->size / (1. + frame->info.finfo->w_sub[comp]),
      across);
  gaussian_shares (source->size / (1. + frame->info.finfo->h_sub[comp]), down);
  for (dy = -REACH; dy <= REACH; dy++)
    for (dx = -REACH; dx <= REACH; dx++)
      if (across[REACH + dx] * down[REACH + dy] > 1e-7)
        sum += across[REACH + dx] * down[REACH + dy] * get_sample (frame, comp,
            CLAMP (x + dx, 0, right), CLAMP (y + dy, 0, bottom));
  return sum;
}

/* Noise on large, dark and bright squares. */
static GstBuffer *
squares (GstVideoInfo * info, GstVideoFormat format, gint width, gint height)
{
  GstBuffer *buffer = noise (info, format, width, height, TRUE);
  GstVideoFrame frame;
  gint comp, x, y;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  for (comp = 0; comp < n_colours (&frame); comp++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, comp); y++)
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, comp); x++) {
        gboolean bright = (x << info->finfo->w_sub[comp]) / 24 % 2 ==
            (y << info->finfo->h_sub[comp]) / 24 % 2;
        gint top = 1 << GST_VIDEO_FRAME_COMP_DEPTH (&frame, comp);

        set_sample (&frame, comp, x, y, get_sample (&frame, comp, x, y) / 4 +
            (bright ? top * 3 / 4 : 0));
      }
  gst_video_frame_unmap (&frame);
  return buffer;
}

GST_START_TEST (test_blur)
{
  static const GstVideoFormat some[] = {
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_RGB,
    GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE,
    GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_Y42B,
    GST_VIDEO_FORMAT_GBR,
  };
  static const gint deviations[] = { 3, 7, 14 };
  GstVideoFormat format = some[__i__];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (deviations); i++) {
    GstHarness *h = overlay_harness ("effect=blur strength=%d labels=car",
        deviations[i]);
    GstVideoInfo info;
    GstBuffer *in = squares (&info, format, 83, 61), *out;
    Scene scene;
    Source source;
    const Check check = { is_car, &scene, gaussian, &source, 10 };

    set_caps (h, format, 83, 61);
    scene_init (&scene, 83, 61);
    attach (in, &scene.view);
    out = push (h, in);
    source_init (&source, in, &info, deviations[i]);
    check_frame (&check, in, out, &info);
    gst_video_frame_unmap (&source.frame);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* ---- backgrounds ---- */

static gdouble
black_value (gconstpointer data, gint comp, gint x, gint y)
{
  return 0;
}

/* Bright things do not shine into a dark background. */
GST_START_TEST (test_background_blur)
{
  GstHarness *white = overlay_harness ("effect=fill fill-colour=0xffffffff");
  GstHarness *dark = overlay_harness ("effect=fill");
  GstHarness *h = overlay_harness ("effect=background-blur strength=14");
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_RGB, 83, 61, TRUE), *out;
  Scene scene;
  const Check check = { is_no_thing, &scene, black_value, NULL, 16 };

  scene_init (&scene, 83, 61);
  set_caps (white, GST_VIDEO_FORMAT_RGB, 83, 61);
  set_caps (dark, GST_VIDEO_FORMAT_RGB, 83, 61);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 83, 61);
  out = push (dark, in);
  gst_buffer_unref (in);
  attach (out, &scene.view);
  in = push (white, out);
  gst_buffer_unref (out);
  attach (in, &scene.view);
  out = push (h, in);
  check_frame (&check, in, out, &info);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  scene_clear (&scene);
  gst_harness_teardown (white);
  gst_harness_teardown (dark);
  gst_harness_teardown (h);
}

GST_END_TEST;

static gdouble
same_sample (gconstpointer data, gint comp, gint x, gint y)
{
  return get_sample (&((const Source *) data)->frame, comp, x, y);
}

/* A colour, then a picture, cut to the frame's shape; things stay. */
GST_START_TEST (test_background_replace)
{
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  GstHarness *h = overlay_harness ("effect=background-replace" GREEN);
  GstVideoInfo info, rgb;
  GstBuffer *in = noise (&info, format, 45, 30, TRUE), *out;
  GstBuffer *wanted = picture (&rgb), *scaled;
  Scene scene;
  Source source;
  const Check check = { is_no_thing, &scene, same_sample, &source, 0 };

  set_caps (h, format, 45, 30);
  scene_init (&scene, 45, 30);
  attach (in, &scene.view);
  out = push (h, in);
  check_plain (in, out, &info, is_no_thing, &scene, green);
  gst_buffer_unref (out);

  gst_harness_set (h, ELEMENT, "background-picture", SQUARE "/image.ppm", NULL);
  out = push (h, in);
  scaled = empty_frame (&info, FALSE, 0);
  /* the middle 90 x 60 pixels of the picture, half as large */
  convert_with (wanted, &rgb, scaled, &info, gst_structure_new ("options",
          GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, 30,
          GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, 60, NULL));
  source_init (&source, scaled, &info, 0);
  check_frame (&check, in, out, &info);
  gst_video_frame_unmap (&source.frame);
  gst_buffer_unref (wanted);
  gst_buffer_unref (scaled);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- where ---- */

typedef struct
{
  const Scene *scene;
  gint radius;
} Near;

static gdouble
is_near_car (gconstpointer data, gint x, gint y)
{
  const Near *near = data;
  const Scene *scene = near->scene;
  gint r = near->radius, px, py;

  for (py = MAX (y - r, 0); py <= MIN (y + r, scene->height - 1); py++)
    for (px = MAX (x - r, 0); px <= MIN (x + r, scene->width - 1); px++)
      if ((px - x) * (px - x) + (py - y) * (py - y) <= r * r + r &&
          id_at (scene, px, py) == CAR)
        return 1;
  return 0;
}

/* Segments are widened by a disc. */
GST_START_TEST (test_dilate)
{
  static const gint radii[] = { 1, 2, 5, 13, 200 };
  static const GstVideoFormat some[] = {
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_GRAY8
  };
  gint radius = radii[__i__];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (some); i++) {
    GstHarness *h = overlay_harness ("effect=fill labels=car dilate=%d" GREEN,
        radius);
    GstVideoInfo info;
    GstBuffer *in = noise (&info, some[i], 61, 37, TRUE), *out;
    Scene scene;
    Near near = { &scene, radius };

    set_caps (h, some[i], 61, 37);
    scene_init (&scene, 61, 37);
    attach (in, &scene.view);
    out = push (h, in);
    check_plain (in, out, &info, is_near_car, &near, green);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

typedef struct
{
  const Scene *scene;
  GstVideoRectangle rectangle;
} Placed;

static gdouble
is_placed_person (gconstpointer data, gint x, gint y)
{
  const Placed *placed = data;
  const GstVideoRectangle *at = &placed->rectangle;
  gint map_x = (2 * (x - at->x) + 1) * placed->scene->width / (2 * at->w);
  gint map_y = (2 * (y - at->y) + 1) * placed->scene->height / (2 * at->h);

  return x >= at->x && y >= at->y && x < at->x + at->w && y < at->y + at->h &&
      id_at (placed->scene, map_x, map_y) == PERSON;
}

/* Label maps of other sizes, on a part of the frame or reaching beyond it. */
GST_START_TEST (test_placed)
{
  static const GstVideoRectangle rectangles[] = {
    {0, 0, 64, 48}, {10, 6, 40, 31}, {-20, -9, 120, 90}, {30, 20, 100, 100},
    {0, 0, 31, 97}, {100, 100, 10, 10}, {-50, 0, 50, 48}, {63, 47, 1, 1},
  };
  static const gint maps[][2] = { {64, 48}, {31, 97}, {200, 120}, {5, 4} };
  GstHarness *h = overlay_harness ("effect=fill labels=person" GREEN);
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_I420, 64, 48, TRUE);
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_I420, 64, 48);
  for (i = 0; i < G_N_ELEMENTS (rectangles) * G_N_ELEMENTS (maps); i++) {
    const gint *map = maps[i % G_N_ELEMENTS (maps)];
    GstBuffer *frame = gst_buffer_copy_deep (in), *out;
    Scene scene;
    Placed placed = { &scene, rectangles[i / G_N_ELEMENTS (maps)] };

    scene_init (&scene, map[0], map[1]);
    scene.view.rectangle = placed.rectangle;
    attach (frame, &scene.view);
    out = push (h, frame);
    check_plain (in, out, &info, is_placed_person, &placed, green);
    gst_buffer_unref (frame);
    gst_buffer_unref (out);
    scene_clear (&scene);
  }
  gst_buffer_unref (in);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
effects_suite (void)
{
  Suite *suite = suite_create ("effects");
  TCase *tcase = tcase_create ("effects");

  g_assert_true (gst_panoptic_meta_register ());
  formats = all_formats ();
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_fill, 0, formats->len);
  tcase_add_loop_test (tcase, test_mask, 0, formats->len);
  tcase_add_loop_test (tcase, test_drawn, 0, formats->len);
  tcase_add_loop_test (tcase, test_pixelate, 0, formats->len);
  tcase_add_loop_test (tcase, test_blur, 0, 9);
  tcase_add_test (tcase, test_background_blur);
  tcase_add_loop_test (tcase, test_background_replace, 0, formats->len);
  tcase_add_loop_test (tcase, test_dilate, 0, 5);
  tcase_add_test (tcase, test_placed);
  return suite;
}

GST_CHECK_MAIN (effects);

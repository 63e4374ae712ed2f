/* panopticoverlay: soft edges, and segments cut out of frames with alpha.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/effects.h"
#include "tests/gst/scene.h"

/* ---- soft edges ---- */

/* An effect, and an object of `rectangle` whose segment is `shift` pixels to the right of it. */
typedef struct
{
  GstVideoRectangle rectangle;
  gint shift;
  guint8 inside, outside;       /* levels of grey */
} Object;

#define WIDTH 160
#define HEIGHT 90

/* A frame of GRAY8 with the object in it and metadata. */
static GstBuffer *
frame_with (const Object * object, GstVideoInfo * info)
{
  const GstVideoRectangle *at = &object->rectangle;
  GstBuffer *buffer;
  GstVideoFrame frame;
  Scene scene;
  gint x, y;

  gst_video_info_set_format (info, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  buffer = empty_frame (info, TRUE, object->outside);
  scene_init (&scene, WIDTH, HEIGHT);
  memset (scene.map, 0, WIDTH * HEIGHT);
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  for (y = at->y; y < at->y + at->h; y++)
    for (x = at->x; x < at->x + at->w; x++) {
      set_sample (&frame, 0, x, y, object->inside);
      scene.map[y * WIDTH + x + object->shift] = PERSON;
    }
  gst_video_frame_unmap (&frame);
  ((GstPanopticSegment *) scene.view.segments)[0].box = (GstVideoRectangle) {
  at->x + object->shift, at->y, at->w, at->h};
  attach (buffer, &scene.view);
  scene_clear (&scene);
  return buffer;
}

/* The levels of the frame's middle row that come out. */
static void
middle_row (const gchar * properties, const Object * object,
    guint8 levels[WIDTH])
{
  GstHarness *h = overlay_harness ("labels=person %s", properties);
  GstVideoInfo info;
  GstBuffer *in = frame_with (object, &info), *out;
  GstVideoFrame frame;
  gint x;

  set_caps (h, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  out = push (h, in);
  fail_unless (gst_video_frame_map (&frame, &info, out, GST_MAP_READ));
  for (x = 0; x < WIDTH; x++)
    levels[x] = get_sample (&frame, 0, x, HEIGHT / 2);
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

/* A segment that is some pixels off its object finds the object's edges. */
GST_START_TEST (test_follows_picture)
{
  static const gint widths[] = { 5, 8, 12, 24 };
  const Object object = {.rectangle = {50, 20, 60, 50},
    .shift = widths[__i__] / 8 + 1,.inside = 200,.outside = 40
  };
  g_autofree gchar *properties =
      g_strdup_printf ("effect=mask feather=%d", widths[__i__]);
  guint8 levels[WIDTH];
  gint x;

  middle_row (properties, &object, levels);
  for (x = 0; x < WIDTH; x++)
    fail_unless (x >= 50 && x < 110 ? levels[x] > 128 : levels[x] < 128,
        "feather=%d: %d at %d", widths[__i__], levels[x], x);
  fail_unless (levels[80] == 255 && levels[5] == 0);
}

GST_END_TEST;

/* Without an edge in the picture, the mask goes over evenly. */
GST_START_TEST (test_even_picture)
{
  const Object object = {.rectangle = {50, 20, 60, 50},.inside = 90,.outside = 90
  };
  guint8 levels[WIDTH];
  gint x, n_soft = 0;

  middle_row ("effect=mask feather=12", &object, levels);
  for (x = 1; x < WIDTH; x++) {
    fail_unless (x <= 80 ? levels[x] >= levels[x - 1] : levels[x] <=
        levels[x - 1]);
    n_soft += levels[x] > 0 && levels[x] < 255;
  }
  fail_unless (n_soft >= 12 && n_soft <= 48, "%d", n_soft);
  fail_unless (levels[80] == 255 && levels[5] == 0);
}

GST_END_TEST;

/* What is hidden is hidden wholly, whatever the feather, and fades outside of it. */
GST_START_TEST (test_outwards)
{
  static const gint widths[] = { 1, 3, 6, 12, 30, 64 };
  const Object object = {.rectangle = {50, 20, 60, 50},.inside = 255,
    .outside = 255
  };
  g_autofree gchar *properties =
      g_strdup_printf ("effect=fill feather=%d dilate=3", widths[__i__]);
  guint8 levels[WIDTH];
  gint x;

  middle_row (properties, &object, levels);
  for (x = 1; x < WIDTH; x++) {
    if (x >= 47 && x < 113) {
      fail_unless_equals_int (levels[x], 0);
      continue;
    }
    fail_unless (x < 47 ? levels[x] <= levels[x - 1] : levels[x] >=
        levels[x - 1]);
  }
  fail_unless (levels[46] < 255 && levels[113] < 255);
  if (widths[__i__] <= 12)
    fail_unless (levels[20] == 255 && levels[140] == 255);
}

GST_END_TEST;

/* Frames of all formats, down to a pixel: nothing outside of their rows changes. */
GST_START_TEST (test_stays_inside)
{
  static const gchar *const effects[] = {
    "effect=fill feather=12", "effect=background-replace feather=64",
    "effect=background-blur feather=1 strength=400",
    "effect=blur feather=5 dilate=7", "effect=pixelate strength=512 feather=2",
    "effect=background-blur",
  };
  static const gint sizes[][2] = { {95, 50}, {9, 31}, {2, 3}, {1, 1} };
  GArray *formats = all_formats ();
  guint f, i;

  for (f = 0; f < formats->len; f++)
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      GstVideoFormat format = g_array_index (formats, GstVideoFormat, f);
      gint width = sizes[i][0], height = sizes[i][1];
      GstHarness *h = overlay_harness ("segments=all %s", effects[__i__]);
      GstVideoInfo info;
      GstBuffer *in = noise (&info, format, width, height, TRUE), *out;
      Scene scene;
      const Check any = { everywhere, &scene, plain_value,
        (gfloat[3]) { 0 }, 1 << 16
      };

      set_caps (h, format, width, height);
      scene_init (&scene, width, height);
      attach (in, &scene.view);
      out = push (h, in);
      check_frame (&any, in, out, &info);
      gst_buffer_unref (in);
      gst_buffer_unref (out);
      scene_clear (&scene);
      gst_harness_teardown (h);
    }
  g_array_unref (formats);
}

GST_END_TEST;

/* ---- alpha ---- */

static const struct
{
  GstVideoFormat in, out;
} pairs[] = {
  {GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_RGBA},
  {GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_BGRA},
  {GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_ARGB},
  {GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_ABGR},
  {GST_VIDEO_FORMAT_GBRA, GST_VIDEO_FORMAT_GBRA},
  {GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_RGBA},
  {GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_BGRA},
  {GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_ARGB},
  {GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_ABGR},
};

/* The format of the caps downstream. */
static GstVideoFormat
format_out (GstHarness * h)
{
  GstCaps *caps = gst_pad_get_current_caps (h->sinkpad);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_caps_unref (caps);
  return GST_VIDEO_INFO_FORMAT (&info);
}

/* Compares all components: colours stay where `cover` does not, alpha is cut. */
static void
check_cut (GstBuffer * before, GstBuffer * after, const GstVideoInfo * in_info,
    GstVideoFormat format, Cover kept, const Scene * scene)
{
  gboolean had_alpha = GST_VIDEO_INFO_HAS_ALPHA (in_info);
  GstVideoInfo out_info;
  GstVideoFrame in, out;
  gint comp, x, y;

  gst_video_info_set_format (&out_info, format, in_info->width,
      in_info->height);
  fail_unless (gst_video_frame_map (&in, in_info, before, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, &out_info, after, GST_MAP_READ));
  fail_unless_equals_int (GST_VIDEO_FRAME_FORMAT (&out), format);
  for (comp = 0; comp < 4; comp++)
    for (y = 0; y < in_info->height; y++)
      for (x = 0; x < in_info->width; x++) {
        gint value = comp == 3 && !had_alpha ? 255 :
            get_sample (&in, comp, x, y);

        fail_unless_equals_int (get_sample (&out, comp, x, y),
            kept (scene, x, y) ? value : 0);
      }
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
}

/* All but things become transparent and black; frames of which nothing is known wholly, or they
 * stay and are opaque. */
GST_START_TEST (test_cutout)
{
  GstVideoFormat format = pairs[__i__].in;
  gint padded;

  for (padded = 0; padded < 2; padded++) {
    GstHarness *h = overlay_harness ("effect=cutout");
    GstVideoInfo info;
    GstBuffer *in = noise (&info, format, 45, 30, padded), *out;
    GstBuffer *unknown = gst_buffer_copy_deep (in);
    Scene scene;

    set_caps (h, format, 45, 30);
    scene_init (&scene, 45, 30);
    attach (in, &scene.view);
    out = push (h, in);
    fail_unless_equals_int (format_out (h), pairs[__i__].out);
    check_cut (in, out, &info, pairs[__i__].out, is_thing, &scene);
    gst_buffer_unref (out);
    out = push (h, unknown);
    check_cut (in, out, &info, pairs[__i__].out, nowhere, &scene);
    gst_buffer_unref (out);
    gst_harness_set (h, ELEMENT, "hide-unknown", FALSE, NULL);
    out = push (h, unknown);
    check_cut (in, out, &info, pairs[__i__].out, everywhere, &scene);
    gst_buffer_unref (out);
    gst_buffer_unref (in);
    gst_buffer_unref (unknown);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* Formats with alpha come out, whatever goes into a converter before, and only while they are
 * needed. */
GST_START_TEST (test_negotiation)
{
  GstHarness *h = gst_harness_new_parse ("videoconvert ! " ELEMENT);
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_NV12, 46, 30, FALSE);
  Scene scene;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_NV12, 46, 30);
  scene_init (&scene, 46, 30);
  attach (in, &scene.view);
  for (i = 0; i < 4; i++) {
    gst_harness_set (h, ELEMENT, "effect", i % 2 ? GST_MASK2FORMER_EFFECT_CUTOUT :
        GST_MASK2FORMER_EFFECT_BLUR, NULL);
    gst_buffer_unref (gst_harness_push_and_pull (h, gst_buffer_copy_deep (in)));
    gst_video_info_set_format (&info, format_out (h), 46, 30);
    fail_unless_equals_int (GST_VIDEO_INFO_HAS_ALPHA (&info), i % 2);
  }
  gst_buffer_unref (in);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A switch while frames have padding where alpha goes. */
GST_START_TEST (test_switch)
{
  GstHarness *h = overlay_harness ("effect=blur");
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_BGRx, 45, 30, TRUE), *out;
  Scene scene;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_BGRx, 45, 30);
  scene_init (&scene, 45, 30);
  attach (in, &scene.view);
  for (i = 0; i < 4; i++) {
    gst_harness_set (h, ELEMENT, "effect", i % 2 ? GST_MASK2FORMER_EFFECT_CUTOUT :
        GST_MASK2FORMER_EFFECT_BLUR, NULL);
    out = push (h, in);
    fail_unless_equals_int (format_out (h), i % 2 ? GST_VIDEO_FORMAT_BGRA :
        GST_VIDEO_FORMAT_BGRx);
    if (i % 2)
      check_cut (in, out, &info, GST_VIDEO_FORMAT_BGRA, is_thing, &scene);
    gst_buffer_unref (out);
  }
  gst_buffer_unref (in);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
cutout_suite (void)
{
  Suite *suite = suite_create ("cutout");
  TCase *tcase = tcase_create ("cutout");

  g_assert_true (gst_panoptic_meta_register ());
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_follows_picture, 0, 4);
  tcase_add_test (tcase, test_even_picture);
  tcase_add_loop_test (tcase, test_outwards, 0, 6);
  tcase_add_loop_test (tcase, test_stays_inside, 0, 6);
  tcase_add_loop_test (tcase, test_cutout, 0, G_N_ELEMENTS (pairs));
  tcase_add_test (tcase, test_negotiation);
  tcase_add_test (tcase, test_switch);
  return suite;
}

GST_CHECK_MAIN (cutout);

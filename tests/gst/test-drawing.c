/* What the overlay draws, in every format, beside a twin that computes one sample at a time.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <math.h>

#include "gst/overlay.h"
#include "tests/gst/samples.h"

#define N_IDS 5                 /* 0 is void, the last has no segment */

typedef struct
{
  GstVideoColorRange range;
  GstVideoColorMatrix matrix;
  gdouble kr, kb;
} Colours;

static const Colours colours[] = {
  {GST_VIDEO_COLOR_RANGE_16_235, GST_VIDEO_COLOR_MATRIX_BT601, 0.299, 0.114},
  {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_BT709, 0.2126, 0.0722},
  {GST_VIDEO_COLOR_RANGE_16_235, GST_VIDEO_COLOR_MATRIX_BT2020, 0.2627, 0.0593},
};

static GArray *formats;         /* GstVideoFormat, all that the elements take */

/* ---- frames ---- */

/* A colour, R'G'B' in 0..255, as the frame's components. */
static void
components_of (const GstVideoFrame * frame, const Colours * c,
    const gdouble rgb[3], gdouble out[3])
{
  gint bits = GST_VIDEO_FRAME_COMP_DEPTH (frame, 0), i;
  gdouble unit = 1 << (bits - 8);
  gboolean full = c->range == GST_VIDEO_COLOR_RANGE_0_255;
  gdouble luma = full ? (1 << bits) - 1 : 219 * unit;
  gdouble chroma = full ? (1 << bits) - 1 : 224 * unit;
  gdouble black = full ? 0 : 16 * unit;
  gdouble y =
      (c->kr * rgb[0] + (1 - c->kr - c->kb) * rgb[1] + c->kb * rgb[2]) / 255;

  if (GST_VIDEO_INFO_IS_RGB (&frame->info)) {
    for (i = 0; i < 3; i++)
      out[i] = black + luma * rgb[i] / 255;
    return;
  }
  out[0] = black + luma * y;
  out[1] = 128 * unit + chroma * (rgb[2] / 255 - y) / (2 - 2 * c->kb);
  out[2] = 128 * unit + chroma * (rgb[0] / 255 - y) / (2 - 2 * c->kr);
}

static GstBuffer *
new_frame (GstVideoInfo * info, GstVideoFormat format, const Colours * c,
    gint width, gint height)
{
  fail_unless (gst_video_info_set_format (info, format, width, height));
  info->colorimetry.range = c->range;
  if (!GST_VIDEO_INFO_IS_RGB (info))
    info->colorimetry.matrix = c->matrix;
  return empty_frame (info, TRUE, 0xa5);
}

/* ---- what is drawn ---- */

typedef struct
{
  M2fSegment segments[N_IDS - 2];
  M2fResult result;
  GstPanopticView view;
} Scene;

/* Rectangles of all ids, from single pixels to the whole frame. */
static void
scene_init (Scene * scene, GRand * rand, gint width, gint height)
{
  M2fResult *result = &scene->result;
  gint i, x, y;

  *scene = (Scene) {
    .result = {
      .map = g_malloc0 (width * height),.map_width = width,
      .map_height = height,.map_stride = width,.map_depth = 1,
      .segments = scene->segments,.n_segments = N_IDS - 2,
    },
  };
  for (i = 0; i < 60; i++) {
    gint left = g_rand_int_range (rand, 0, width);
    gint top = g_rand_int_range (rand, 0, height);
    gint edge = g_rand_int_range (rand, 1, 3 + 600 / (i + 3));

    for (y = top; y < MIN (top + edge, height); y++)
      for (x = left; x < MIN (left + 2 * edge, width); x++)
        result->map[y * width + x] = i % N_IDS;
  }
  for (i = 0; i < N_IDS - 2; i++)
    scene->segments[i] = (M2fSegment) {
      .id = i + 1,.label_id = 3 * i,.label = "car",.query = i,
      .width = width,.height = height,.area = width * height,
    };
  gst_panoptic_view_set_result (&scene->view, result, M2F_TASK_PANOPTIC, width,
      height, GST_CLOCK_TIME_NONE);
}

static void
scene_clear (Scene * scene)
{
  gst_panoptic_view_clear (&scene->view);
  g_free (scene->result.map);
}

static gint
id_at (const Scene * scene, gint x, gint y)
{
  const M2fResult *result = &scene->result;

  return result->map[CLAMP (y, 0, result->map_height - 1) * result->map_width +
      CLAMP (x, 0, result->map_width - 1)];
}

/* The share of a pixel that is drawn over, and the colour. */
static gdouble
drawn_at (const Scene * scene, const GstMask2FormerLook * look, gint x, gint y,
    gdouble rgb[3])
{
  gint id = id_at (scene, x, y), i;
  guint8 colour[3];
  gboolean outline = FALSE;

  if (id == 0 || id == N_IDS - 1)
    return 0;
  outline = look->outlines && (id_at (scene, x - 1, y) != id ||
      id_at (scene, x + 1, y) != id || id_at (scene, x, y - 1) != id ||
      id_at (scene, x, y + 1) != id);
  m2f_palette_colour (look->palette, &scene->segments[id - 1], colour);
  for (i = 0; i < 3; i++)
    rgb[i] = outline ? colour[i] + rint ((255 - colour[i]) * 0.3) : colour[i];
  return rint ((outline ? 0.85 : look->opacity) * 256) / 256;
}

/* The mean of the pixels that a sample is of. */
static gdouble
expected_sample (const Scene * scene, const GstMask2FormerLook * look,
    const GstVideoFrame * before, const Colours * c, gint comp, gint x, gint y)
{
  const GstVideoFormatInfo *format = before->info.finfo;
  gint w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (format, comp);
  gint h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (format, comp);
  gdouble old = get_sample (before, comp, x, y), sum = 0, rgb[3], value[3];
  gint px, py, n = 0;

  for (py = y << h_sub; py < MIN ((y + 1) << h_sub, before->info.height); py++)
    for (px = x << w_sub; px < MIN ((x + 1) << w_sub, before->info.width);
        px++, n++) {
      gdouble share = drawn_at (scene, look, px, py, rgb);

      if (share > 0)
        components_of (before, c, rgb, value);
      sum += share > 0 ? old + share * (value[comp] - old) : old;
    }
  return sum / n;
}

static void
compare (const Scene * scene, const GstMask2FormerLook * look,
    const GstVideoFrame * before, const GstVideoFrame * after,
    const Colours * c)
{
  gint comp, x, y;

  for (comp = 0; comp < (gint) GST_VIDEO_FRAME_N_COMPONENTS (before); comp++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (before, comp); y++)
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (before, comp); x++) {
        gdouble expected = comp == 3 ? get_sample (before, comp, x, y) :
            expected_sample (scene, look, before, c, comp, x, y);
        gint found = get_sample (after, comp, x, y);

        fail_unless (fabs (found - expected) <= (comp == 3 ? 0 : 1),
            "%s: component %d at (%d, %d) is %d, expected %g, was %d",
            gst_video_format_to_string (before->info.finfo->format), comp, x, y,
            found, expected, get_sample (before, comp, x, y));
      }
}

/* Areas and outlines over noise, with every colorimetry, in frames of even and odd sizes. */
GST_START_TEST (test_areas)
{
  static const gint sizes[][2] = { {120, 50}, {67, 35}, {3, 2}, {1, 1} };
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
  GRand *rand = g_rand_new_with_seed (__i__);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes) * G_N_ELEMENTS (colours); i++) {
    const Colours *c = &colours[i % G_N_ELEMENTS (colours)];
    const gint *size = sizes[i / G_N_ELEMENTS (colours)];
    const GstMask2FormerLook look = {
      .opacity = i % 2 ? 1 : 0.37,.outlines = i % 3 > 0,
    };
    GstVideoInfo info;
    GstBuffer *in = new_frame (&info, format, c, size[0], size[1]), *out;
    GstVideoFrame before, after;
    Scene scene;

    scene_init (&scene, rand, size[0], size[1]);
    fail_unless (gst_video_frame_map (&before, &info, in, GST_MAP_READWRITE));
    fill_with_noise (&before, rand);
    out = gst_buffer_copy_deep (in);
    fail_unless (gst_video_frame_map (&after, &info, out, GST_MAP_READWRITE));
    fail_unless (gst_mask2former_overlay_draw (overlay, &after, &scene.view,
            &look));
    compare (&scene, &look, &before, &after, c);
    gst_video_frame_unmap (&before);
    gst_video_frame_unmap (&after);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
  }
  gst_mask2former_overlay_free (overlay);
  g_rand_free (rand);
}

GST_END_TEST;

/* ---- labels ---- */

/* The mean of the pixels of an RGB frame that a sample of another is of. */
static gdouble
mean_sample (const GstVideoFrame * rgb, const GstVideoFrame * frame,
    const Colours * c, gint comp, gint x, gint y)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gint w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (format, comp);
  gint h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (format, comp);
  gdouble sum[3] = { 0 }, out[3];
  gint px, py, i, n = 0;

  for (py = y << h_sub; py < MIN ((y + 1) << h_sub, rgb->info.height); py++)
    for (px = x << w_sub; px < MIN ((x + 1) << w_sub, rgb->info.width);
        px++, n++)
      for (i = 0; i < 3; i++)
        sum[i] += get_sample (rgb, i, px, py);
  for (i = 0; i < 3; i++)
    sum[i] /= n;
  components_of (frame, c, sum, out);
  return out[comp];
}

static void
fill_with_grey (GstVideoFrame * frame, const Colours * c)
{
  const gdouble grey[3] = { 90, 90, 90 };
  gdouble value[3];
  gint comp, x, y;

  components_of (frame, c, grey, value);
  for (comp = 0; comp < n_colours (frame); comp++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, comp); y++)
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (frame, comp); x++)
        set_sample (frame, comp, x, y, rint (value[comp]));
}

/* Labels are the picture that they are on a frame of RGB. */
GST_START_TEST (test_labels)
{
  GstVideoFormat format = g_array_index (formats, GstVideoFormat, __i__);
  const Colours full_rgb = {.range = GST_VIDEO_COLOR_RANGE_0_255 };
  const Colours *c = &colours[__i__ % G_N_ELEMENTS (colours)];
  const GstMask2FormerLook look = {.labels = TRUE };
  GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
  GRand *rand = g_rand_new_with_seed (__i__);
  GstVideoInfo info, rgb_info;
  GstBuffer *buffer = new_frame (&info, format, c, 161, 91);
  GstBuffer *rgb_buffer = new_frame (&rgb_info, GST_VIDEO_FORMAT_RGB,
      &full_rgb, 161, 91);
  GstVideoFrame frame, rgb;
  gint comp, x, y, drawn = 0;
  Scene scene;

  scene_init (&scene, rand, 161, 91);
  for (y = 0; y < 91; y++)      /* room for two */
    for (x = 0; x < 161; x++)
      scene.result.map[y * 161 + x] = x < 70 ? 1 : 2;
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  fail_unless (gst_video_frame_map (&rgb, &rgb_info, rgb_buffer,
          GST_MAP_READWRITE));
  fill_with_grey (&frame, c);
  fill_with_grey (&rgb, &full_rgb);
  fail_unless (gst_mask2former_overlay_draw (overlay, &frame, &scene.view,
          &look));
  fail_unless (gst_mask2former_overlay_draw (overlay, &rgb, &scene.view,
          &look));
  for (comp = 0; comp < n_colours (&frame); comp++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, comp); y++)
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, comp); x++) {
        gdouble expected = mean_sample (&rgb, &frame, c, comp, x, y);
        gint found = get_sample (&frame, comp, x, y);

        drawn += comp == 0 && get_sample (&rgb, 0, x, y) != 90;
        fail_unless (fabs (found - expected) <=
            1.5 * (1 << (GST_VIDEO_FRAME_COMP_DEPTH (&frame, comp) - 8)),
            "%s: component %d at (%d, %d) is %d, expected %g",
            gst_video_format_to_string (format), comp, x, y, found, expected);
      }
  fail_unless (drawn > 100);
  gst_video_frame_unmap (&frame);
  gst_video_frame_unmap (&rgb);
  gst_buffer_unref (buffer);
  gst_buffer_unref (rgb_buffer);
  scene_clear (&scene);
  gst_mask2former_overlay_free (overlay);
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
drawing_suite (void)
{
  Suite *suite = suite_create ("drawing");
  TCase *tcase = tcase_create ("drawing");

  formats = all_formats ();
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_areas, 0, formats->len);
  tcase_add_loop_test (tcase, test_labels, 0, formats->len);
  return suite;
}

GST_CHECK_MAIN (drawing);

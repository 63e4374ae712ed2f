/* A frame of noise with a person, a car and a road in it, and what panopticoverlay makes of it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_GST_SCENE_H
#define M2F_TESTS_GST_SCENE_H

#include <math.h>

#include "gst/panopticwriter.h"
#include "tests/gst/common.h"
#include "tests/gst/samples.h"

#define ELEMENT "panopticoverlay"

/* ---- a frame and what is in it ---- */

enum
{ VOID, PERSON, CAR, ROAD, N_IDS };

typedef struct
{
  M2fSegment segments[N_IDS - 1];
  guint8 *map;
  gint width, height;           /* of the map */
  GstPanopticView view;
} Scene;

/* A person and a car, which touch, a road below them, and void above. */
static inline void
scene_init (Scene * scene, gint width, gint height)
{
  static const gchar *const labels[] = { "person", "car", "road" };
  M2fResult result;
  gint x, y, i;

  *scene = (Scene) {
    .map = g_malloc0 (width * height),.width = width,.height = height
  };
  for (y = 0; y < height; y++)
    for (x = 0; x < width; x++)
      scene->map[y * width + x] = y >= height * 3 / 4 ? ROAD :
          y < height / 4 || x < width / 5 || x >= width * 4 / 5 ? VOID :
          x + y / 3 < width / 2 ? PERSON : CAR;
  for (i = 0; i < N_IDS - 1; i++) {
    M2fSegment *segment = &scene->segments[i];
    gint right = 0, bottom = 0;

    *segment = (M2fSegment) {.id = i + 1,.label_id = i,.label = labels[i],
      .score = 0.9,.is_thing = i + 1 != ROAD,.query = i,.x = width,
      .y = height,.track_id = i + 1 == ROAD ? 0 : 5 + i,
    };
    for (y = 0; y < height; y++)
      for (x = 0; x < width; x++)
        if (scene->map[y * width + x] == i + 1) {
          segment->area++;
          segment->x = MIN (segment->x, x);
          segment->y = MIN (segment->y, y);
          right = MAX (right, x + 1);
          bottom = MAX (bottom, y + 1);
        }
    segment->width = MAX (right - segment->x, 0);
    segment->height = MAX (bottom - segment->y, 0);
  }
  result = (M2fResult) {
    .map = scene->map,.map_width = width,.map_height = height,
    .map_stride = width,.map_depth = 1,.segments = scene->segments,
    .n_segments = N_IDS - 1,
  };
  gst_panoptic_view_set_result (&scene->view, &result, M2F_TASK_PANOPTIC,
      width, height, 0);
}

static inline void
scene_clear (Scene * scene)
{
  gst_panoptic_view_clear (&scene->view);
  g_free (scene->map);
}

static inline void
attach (GstBuffer * buffer, const GstPanopticView * view)
{
  GstPanopticWriter *writer = gst_panoptic_writer_new ();

  fail_unless (gst_panoptic_writer_attach (writer, buffer, view, FALSE));
  gst_panoptic_writer_free (writer);
}

static inline GstBuffer *
noise (GstVideoInfo * info, GstVideoFormat format, gint width, gint height,
    gboolean padded)
{
  GRand *rand = g_rand_new_with_seed (width * 1000 + height);
  GstVideoFrame frame;
  GstBuffer *buffer;

  fail_unless (gst_video_info_set_format (info, format, width, height));
  buffer = empty_frame (info, padded, 0xa5);
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  fill_with_noise (&frame, rand);
  gst_video_frame_unmap (&frame);
  g_rand_free (rand);
  return buffer;
}

G_GNUC_PRINTF (1, 2)
static inline GstHarness *
overlay_harness (const gchar * properties, ...)
{
  g_autofree gchar *values = NULL, *launch = NULL;
  GstHarness *h;
  va_list args;

  va_start (args, properties);
  values = g_strdup_vprintf (properties, args);
  va_end (args);
  launch = g_strdup_printf (ELEMENT " feather=0 %s", values);
  h = gst_harness_new_parse (launch);

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
  return h;
}

/* What comes out for a copy of a frame. */
static inline GstBuffer *
push (GstHarness * h, GstBuffer * buffer)
{
  GstBuffer *out = gst_harness_push_and_pull (h, gst_buffer_copy_deep (buffer));

  fail_unless (out != NULL);
  fail_unless_equals_uint64 (gst_buffer_get_size (out),
      gst_buffer_get_size (buffer));
  return out;
}

static inline gboolean
are_equal (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map;
  gboolean equal;

  fail_unless (gst_buffer_map (a, &map, GST_MAP_READ));
  equal = gst_buffer_get_size (b) == map.size &&
      gst_buffer_memcmp (b, 0, map.data, map.size) == 0;
  gst_buffer_unmap (a, &map);
  return equal;
}

/* ---- what is expected of a sample ---- */

/* The share of a pixel that is covered, 0..1. */
typedef gdouble (*Cover) (gconstpointer scene, gint x, gint y);

/* What a sample is where it is covered. */
typedef gdouble (*Expect) (gconstpointer data, gint comp, gint x, gint y);

/* What is expected of a frame: `expect` where `cover` covers `scene`. */
typedef struct
{
  Cover cover;
  gconstpointer scene;
  Expect expect;
  gconstpointer data;
  gdouble tolerance;            /* in steps of 8 bits */
} Check;

/* The share of a sample's pixels that is covered. */
static inline gdouble
covered_share (const Check * check, const GstVideoInfo * info, gint comp,
    gint x, gint y)
{
  gint w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, comp);
  gint h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, comp), px, py;
  gdouble share = 0;

  for (py = 0; py < 1 << h_sub; py++)
    for (px = 0; px < 1 << w_sub; px++)
      share += check->cover (check->scene,
          MIN ((x << w_sub) + px, info->width - 1),
          MIN ((y << h_sub) + py, info->height - 1));
  return share / (1 << (w_sub + h_sub));
}

/* Checks a sample, and restores it from the frame before if it was covered. */
static inline void
check_sample (const Check * check, const GstVideoFrame * in,
    GstVideoFrame * out, gint comp, gint x, gint y)
{
  gdouble share = covered_share (check, &in->info, comp, x, y), expected;
  gdouble step = 1 << (GST_VIDEO_FRAME_COMP_DEPTH (in, comp) - 8);
  gint old = get_sample (in, comp, x, y), found = get_sample (out, comp, x, y);

  if (share == 0)
    return;
  expected = old + share * (check->expect (check->data, comp, x, y) - old);
  fail_unless (fabs (found - expected) <= check->tolerance * step +
      (share == 1 ? 0 : 1 + step), "%s: component %d at (%d, %d) is %d, "
      "expected %g, was %d", gst_video_format_to_string (in->info.finfo->format),
      comp, x, y, found, expected, old);
  memcpy (sample_at (out, comp, x, y), sample_at (in, comp, x, y),
      GST_VIDEO_FRAME_COMP_DEPTH (in, comp) > 8 ? 2 : 1);
}

/* Compares the samples that are covered at all with what is expected, and all other bytes with
 * those before. */
static inline void
check_frame (const Check * check, GstBuffer * before, GstBuffer * after,
    const GstVideoInfo * info)
{
  GstBuffer *restored = gst_buffer_copy_deep (after);
  GstVideoFrame in, out;
  gint comp, x, y;

  fail_unless (gst_video_frame_map (&in, info, before, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, info, restored, GST_MAP_READWRITE));
  for (comp = 0; comp < n_colours (&in); comp++) {
    gint w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, comp);
    gint h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, comp);
    gint right = ((info->width - 1) >> w_sub) + 1;
    gint bottom = ((info->height - 1) >> h_sub) + 1;

    /* the second luma sample of an odd row's last block is padding */
    if (info->finfo->format == GST_VIDEO_FORMAT_YUY2 ||
        info->finfo->format == GST_VIDEO_FORMAT_UYVY)
      if (comp == 0 && right % 2)
        for (y = 0; y < bottom; y++)
          *sample_at (&out, 0, right, y) = *sample_at (&in, 0, right, y);
    for (y = 0; y < bottom; y++)
      for (x = 0; x < right; x++)
        check_sample (check, &in, &out, comp, x, y);
  }
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  fail_unless (are_equal (before, restored),
      "%s: bytes beside what is covered have changed",
      gst_video_format_to_string (info->finfo->format));
  gst_buffer_unref (restored);
}

static inline gdouble
plain_value (gconstpointer data, gint comp, gint x, gint y)
{
  return rintf (((const gfloat *) data)[comp]);
}

/* All that is covered has one colour. */
static inline void
check_plain (GstBuffer * before, GstBuffer * after, const GstVideoInfo * info,
    Cover cover, gconstpointer scene, const gfloat rgb[3])
{
  GstMask2FormerColourSpace space;
  gfloat value[3];
  const Check check = { cover, scene, plain_value, value };

  gst_mask2former_colour_space_init (&space, info);
  gst_mask2former_colour_space_convert (&space, rgb, 1, value);
  check_frame (&check, before, after, info);
}

static inline gint
id_at (const Scene * scene, gint x, gint y)
{
  return scene->map[y * scene->width + x];
}

static inline gdouble
is_person (gconstpointer scene, gint x, gint y)
{
  return id_at (scene, x, y) == PERSON;
}

static inline gdouble
is_road (gconstpointer scene, gint x, gint y)
{
  return id_at (scene, x, y) == ROAD;
}

static inline gdouble
is_thing (gconstpointer scene, gint x, gint y)
{
  return id_at (scene, x, y) == PERSON || id_at (scene, x, y) == CAR;
}

static inline gdouble
is_car (gconstpointer scene, gint x, gint y)
{
  return id_at (scene, x, y) == CAR;
}

static inline gdouble
is_any (gconstpointer scene, gint x, gint y)
{
  return id_at (scene, x, y) != VOID;
}

static inline gdouble
is_no_thing (gconstpointer scene, gint x, gint y)
{
  return !is_thing (scene, x, y);
}

static inline gdouble
everywhere (gconstpointer scene, gint x, gint y)
{
  return 1;
}

static inline gdouble
nowhere (gconstpointer scene, gint x, gint y)
{
  return 0;
}

static const gfloat green[] = { 0, 255, 0 };

static const gfloat black[] = { 0, 0, 0 };

#define GREEN " fill-colour=0xff00ff00 "

#endif

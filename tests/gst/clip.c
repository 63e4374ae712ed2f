/* Clips of moving shapes of which every pixel's segment is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/clip.h"

#include <math.h>

#define FLAT_LEVEL 60           /* of the background; shapes are brighter */
#define FINE 0.12               /* cells of the finer texture per pixel of a frame of 480 lines */
#define COARSE 0.035

/* ---- textures ---- */

static guint
hash (guint a, guint b, guint c)
{
  guint h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ c * 0xc2b2ae3du;

  h = (h ^ (h >> 15)) * 0x2c1b3c6du;
  h = (h ^ (h >> 12)) * 0x297a2d39u;
  return h ^ (h >> 15);
}

/* Random values 0..1 on a grid, with smooth passages. */
static gdouble
smooth_noise (gdouble x, gdouble y, guint seed)
{
  gint left = floor (x), top = floor (y);
  gdouble fx = x - left, fy = y - top;
  gdouble corner[4];
  gint i;

  for (i = 0; i < 4; i++)
    corner[i] = (hash (left + i % 2, top + i / 2, seed) & 0xffff) / 65535.0;
  fx = fx * fx * (3 - 2 * fx);
  fy = fy * fy * (3 - 2 * fy);
  return (corner[0] * (1 - fx) + corner[1] * fx) * (1 - fy) +
      (corner[2] * (1 - fx) + corner[3] * fx) * fy;
}

static gdouble
texture (const Clip * clip, gdouble x, gdouble y, guint seed)
{
  gdouble unit = 480.0 / MIN (clip->width, clip->height);

  return 200 * (0.6 * smooth_noise (x * unit * COARSE, y * unit * COARSE,
          seed) + 0.4 * smooth_noise (x * unit * FINE, y * unit * FINE,
          seed + 1));
}

/* ---- geometry ---- */

/* Where a pixel's middle lies in the shape, from its middle, in pixels of frame 0. */
static gboolean
find_in_shape (const ClipShape * shape, gint t, gint x, gint y,
    gdouble place[2])
{
  gdouble size = pow (1 + shape->growth, t);
  gdouble u, v;

  place[0] = (x + 0.5 - shape->x - t * shape->dx) / size;
  place[1] = (y + 0.5 - shape->y - t * shape->dy) / size;
  u = 2 * place[0] / shape->width;
  v = 2 * place[1] / shape->height;
  return shape->is_round ? u * u + v * v < 1 : fabs (u) < 1 && fabs (v) < 1;
}

static void
find_in_background (const Clip * clip, gint t, gint x, gint y,
    gdouble place[2])
{
  gdouble size = pow (1 + clip->growth, t);

  place[0] = (x + 0.5 - clip->width / 2.0 - t * clip->dx) / size;
  place[1] = (y + 0.5 - clip->height / 2.0 - t * clip->dy) / size;
}

/* The id at a pixel, and where in what has that id the pixel is. */
static guint
look_up (const Clip * clip, gint t, gint x, gint y, gdouble place[2])
{
  guint i;

  for (i = clip->n_shapes; i > 0; i--)
    if (find_in_shape (&clip->shapes[i - 1], t, x, y, place))
      return CLIP_SHAPES + i - 1;
  find_in_background (clip, t, x, y, place);
  return place[1] < 0 ? CLIP_SKY : CLIP_GROUND;
}

/* ---- frames and results ---- */

void
clip_draw (const Clip * clip, gint t, guint8 * rgb, gint stride)
{
  gint x, y, c;

  for (y = 0; y < clip->height; y++)
    for (x = 0; x < clip->width; x++) {
      gdouble place[2];
      guint id = look_up (clip, t, x, y, place);
      gboolean is_shape = id >= CLIP_SHAPES;
      gboolean is_flat = is_shape ?
          clip->shapes[id - CLIP_SHAPES].is_flat : clip->is_flat;
      guint seed = is_shape ? id * 16 : 0;

      if (clip->cut > 0 && t >= clip->cut)
        seed += 4096;
      for (c = 0; c < 3; c++) {
        gdouble value = is_flat ? FLAT_LEVEL + (is_shape ? 60 + 20 * c : 0) :
            texture (clip, place[0], place[1], seed + 4 * c) +
            (is_shape ? 40 : 0);

        value += clip->noise *
            ((hash (y * clip->width + x, t, c) & 0xffff) / 32767.5 - 1);
        rgb[y * stride + 3 * x + c] = CLAMP (value + 0.5, 0, 255);
      }
    }
}

void
clip_label (const Clip * clip, gint t, guint8 * map)
{
  gdouble place[2];
  gint x, y;

  for (y = 0; y < clip->height; y++)
    for (x = 0; x < clip->width; x++)
      *map++ = look_up (clip, t, x, y, place);
}

static M2fSegment
measure (const M2fResult * result, guint id)
{
  gint left = result->map_width, top = result->map_height, right = 0, x, y;
  M2fSegment segment = {
    .id = id,.label_id = id,.label = id < CLIP_SHAPES ? "stuff" : "thing",
    .score = 0.9f,.is_thing = id >= CLIP_SHAPES,.query = id,
  };

  for (y = 0; y < result->map_height; y++)
    for (x = 0; x < result->map_width; x++)
      if (result->map[y * result->map_stride + x] == id) {
        segment.area++;
        left = MIN (left, x);
        right = MAX (right, x + 1);
        top = MIN (top, y);
        segment.height = y + 1 - top;
      }
  if (segment.area > 0) {
    segment.x = left;
    segment.y = top;
    segment.width = right - left;
  }
  return segment;
}

M2fResult
clip_result (const Clip * clip, gint t)
{
  M2fResult result = {
    .map_width = clip->width,.map_height = clip->height,
    .map_stride = clip->width,.map_depth = 1,
    .map = g_malloc (clip->width * clip->height),
    .segments = g_new0 (M2fSegment, CLIP_SHAPES + clip->n_shapes),
  };
  guint id;

  clip_label (clip, t, result.map);
  for (id = CLIP_SKY; id < CLIP_SHAPES + clip->n_shapes; id++) {
    M2fSegment segment = measure (&result, id);

    if (segment.area > 0)
      result.segments[result.n_segments++] = segment;
  }
  return result;
}

void
clip_result_clear (M2fResult * result)
{
  g_free (result->map);
  g_free (result->segments);
  *result = (M2fResult) { 0 };
}

gdouble
clip_iou (const guint8 * a, gint a_stride, const guint8 * b, gint b_stride,
    gint width, gint height, guint id)
{
  guint64 both = 0, either = 0;
  gint x, y;

  for (y = 0; y < height; y++)
    for (x = 0; x < width; x++) {
      gboolean in_a = a[y * a_stride + x] == id;
      gboolean in_b = b[y * b_stride + x] == id;

      both += in_a && in_b;
      either += in_a || in_b;
    }
  return either > 0 ? (gdouble) both / either : 1;
}

/* Clips of moving shapes of which every pixel's segment is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_GST_CLIP_H
#define M2F_TESTS_GST_CLIP_H

#include <glib.h>

#include "model/m2f.h"

/* Ids of the label map. The background's upper and lower half are stuff. */
enum
{
  CLIP_SKY = 1,
  CLIP_GROUND = 2,
  CLIP_SHAPES = 3,              /* the first shape, the rearmost; the others follow */
};

typedef struct
{
  gboolean is_round;            /* an ellipse rather than a rectangle */
  gdouble x, y;                 /* middle in frame 0, in pixels */
  gdouble width, height;        /* in frame 0 */
  gdouble dx, dy;               /* pixels per frame */
  gdouble growth;               /* of width and height per frame: 0.01 is one percent */
  gboolean is_flat;             /* of one colour rather than textured */
} ClipShape;

typedef struct
{
  gint width, height;
  gdouble dx, dy;               /* pixels by which the background moves per frame */
  gdouble growth;               /* of the background about the middle of the frame */
  gboolean is_flat;             /* background of one colour */
  gdouble noise;                /* largest error of a sample, in levels */
  gint cut;                     /* frame from which on all textures are others; 0: none */
  const ClipShape *shapes;      /* from the rearmost to the front */
  guint n_shapes;
} Clip;

/* Draws frame t as RGB. */
void clip_draw (const Clip * clip, gint t, guint8 * rgb, gint stride);

/* Writes the ids of frame t, one byte per pixel, width bytes per row. */
void clip_label (const Clip * clip, gint t, guint8 * map);

/* The result a perfect model gives for frame t: sky and ground are stuff, shapes are things.  Those
 * that are not in the frame are not listed.  Freed by clip_result_clear(). */
M2fResult clip_result (const Clip * clip, gint t);
void clip_result_clear (M2fResult * result);

/* Intersection over union of an id in two maps of a byte per pixel; 1 if neither has it. */
gdouble clip_iou (const guint8 * a, gint a_stride, const guint8 * b,
    gint b_stride, gint width, gint height, guint id);

#endif

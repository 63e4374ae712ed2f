/* Looks for a part of an earlier picture where it is thought to be by now.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/registration.h"

#include <math.h>
#include <stdlib.h>

#define RADIUS 2                /* pixels around the expected place */
#define SIDE (2 * RADIUS + 3)   /* and one more, for fractions */
#define MAX_DIFFERENCE 48       /* levels from which on a pixel is something else */
#define FEWEST 12               /* pixels by which to judge */
#define ENOUGH 512
#define CLEARLY 0.97            /* part of the difference that may be left */
#define GAIN 0.7                /* part of the shift that is made */

/* Sums of differences by shift, the expected place being in the middle. */
typedef struct
{
  guint sum[SIDE][SIDE];
  gdouble x, y;                 /* mean distance of expected places from those of whole pixels */
  guint n;
} Match;

static inline void
add_pixel (Match * match, gint value, const guint8 * at, gint stride)
{
  gint x, y;

  for (y = 0; y < SIDE; y++)
    for (x = 0; x < SIDE; x++)
      match->sum[y][x] += MIN (abs (at[y * stride + x] - value),
          MAX_DIFFERENCE);
}

static void
match_pixels (Match * match, const GstMask2FormerLuma * before,
    const GstMask2FormerLuma * now, const GstMask2FormerList * pixels,
    const GstMask2FormerMovement * movement)
{
  gsize i, step = 1 + pixels->len / ENOUGH;

  for (i = 0; i < pixels->len; i += step) {
    const GstMask2FormerPixel *pixel =
        (const GstMask2FormerPixel *) pixels->data + i;
    gdouble x = movement->scale * (pixel->x + 0.5) + movement->x;
    gdouble y = movement->scale * (pixel->y + 0.5) + movement->y;
    gint to_x = floor (x), to_y = floor (y);

    if (to_x < 0 || to_x >= now->width || to_y < 0 || to_y >= now->height)
      continue;
    match->x += x - 0.5 - to_x;
    match->y += y - 0.5 - to_y;
    match->n++;
    add_pixel (match, before->pixels[pixel->y * before->stride + pixel->x],
        now->pixels + (to_y - SIDE / 2) * now->stride + to_x - SIDE / 2,
        now->stride);
  }
}

/* The lowest point of the parabola through three. */
static gdouble
lowest (gdouble before, gdouble at, gdouble after)
{
  gdouble bend = before - 2 * at + after;

  return bend > 0 ? CLAMP ((before - after) / (2 * bend), -0.5, 0.5) : 0;
}

void
gst_mask2former_register (const GstMask2FormerLuma * before,
    const GstMask2FormerLuma * now, const GstMask2FormerList * pixels,
    gboolean is_exact, GstMask2FormerMovement * movement)
{
  Match match = { {{0}} };
  gint best_x = SIDE / 2, best_y = SIDE / 2, x, y;
  gdouble middle;

  match_pixels (&match, before, now, pixels, movement);
  if (match.n < FEWEST)
    return;
  middle = match.sum[SIDE / 2][SIDE / 2] * CLEARLY;
  for (y = 1; y < SIDE - 1; y++)
    for (x = 1; x < SIDE - 1; x++)
      if (match.sum[y][x] < middle &&
          match.sum[y][x] < match.sum[best_y][best_x]) {
        best_x = x;
        best_y = y;
      }
  if (!is_exact && best_x == SIDE / 2 && best_y == SIDE / 2)
    return;
  movement->x += GAIN * (best_x - SIDE / 2 +
      lowest (match.sum[best_y][best_x - 1], match.sum[best_y][best_x],
          match.sum[best_y][best_x + 1]) - match.x / match.n);
  movement->y += GAIN * (best_y - SIDE / 2 +
      lowest (match.sum[best_y - 1][best_x], match.sum[best_y][best_x],
          match.sum[best_y + 1][best_x]) - match.y / match.n);
}

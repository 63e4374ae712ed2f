/* How a segment moves: a shift and a change of size, fitted to the motion of blocks.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Least squares, weighted again and again by how well each block agrees, from the medians on, so
 * that blocks of something in front or behind do not count.
 */
#include "gst/movement.h"

#include <math.h>
#include <string.h>

#define ROUNDS 5                /* of weighting */
#define OUTLIER 9               /* squared standard deviations at which a weight is a quarter */
#define SHIFT_PRIOR 4.0         /* 1 / pixels^2: velocities change by half a pixel per frame */
#define SCALE_PRIOR 40000.0     /* sizes change by 0.5 % */
#define SIGNIFICANT 24.0        /* times what one block disagrees by */
#define AGREEMENT 0.02          /* what a block disagrees by, at least */

#define BINS 1024               /* of the medians */
#define BINS_PER_PIXEL 8

/* A movement about a centre, as a vector to solve for. */
typedef struct
{
  gdouble centre_x, centre_y;
  gdouble p[3];                 /* shift of the centre, growth */
} Fit;

static void
find_centre (Fit * fit, const GstMask2FormerEvidence * evidence, guint n)
{
  gdouble x = 0, y = 0, sum = 1e-9;
  guint i;

  for (i = 0; i < n; i++) {
    gdouble weight = evidence[i].xx + evidence[i].yy;

    x += weight * evidence[i].x;
    y += weight * evidence[i].y;
    sum += weight;
  }
  fit->centre_x = x / sum;
  fit->centre_y = y / sum;
}

static void
express (Fit * fit, const GstMask2FormerMovement * movement)
{
  fit->p[2] = movement->scale - 1;
  fit->p[0] = fit->p[2] * fit->centre_x + movement->x;
  fit->p[1] = fit->p[2] * fit->centre_y + movement->y;
}

static GstMask2FormerMovement
to_movement (const Fit * fit)
{
  return (GstMask2FormerMovement) {
    .scale = 1 + fit->p[2],
    .x = fit->p[0] - fit->p[2] * fit->centre_x,
    .y = fit->p[1] - fit->p[2] * fit->centre_y,
  };
}

/* ---- medians ---- */

static void
add_to_bin (gdouble * bins, gdouble value, gdouble weight)
{
  gint bin = floor (value * BINS_PER_PIXEL + 0.5) + BINS / 2;

  bins[CLAMP (bin, 0, BINS - 1)] += weight;
}

static gdouble
median_bin (const gdouble * bins, gdouble sum)
{
  gdouble below = 0;
  gint i;

  for (i = 0; i < BINS - 1; i++) {
    below += bins[i];
    if (below >= sum / 2)
      break;
  }
  return (gdouble) (i - BINS / 2) / BINS_PER_PIXEL;
}

/* Weighted medians of the blocks' shifts, the expected one being one of them. */
static void
start_at_medians (Fit * fit, const GstMask2FormerEvidence * evidence, guint n)
{
  gdouble bins_x[BINS] = { 0 }, bins_y[BINS] = { 0 };
  gdouble sum_x = SHIFT_PRIOR, sum_y = SHIFT_PRIOR;
  guint i;

  add_to_bin (bins_x, fit->p[0], SHIFT_PRIOR);
  add_to_bin (bins_y, fit->p[1], SHIFT_PRIOR);
  for (i = 0; i < n; i++) {
    add_to_bin (bins_x, evidence[i].dx, evidence[i].xx);
    add_to_bin (bins_y, evidence[i].dy, evidence[i].yy);
    sum_x += evidence[i].xx;
    sum_y += evidence[i].yy;
  }
  fit->p[0] = median_bin (bins_x, sum_x);
  fit->p[1] = median_bin (bins_y, sum_y);
  fit->p[2] = 0;
}

/* ---- least squares ---- */

/* Squared standard deviations between a block and a shift. */
static inline gdouble
disagreement (const GstMask2FormerEvidence * e, gdouble dx, gdouble dy)
{
  gdouble x = e->dx - dx, y = e->dy - dy;

  return x * x * e->xx + 2 * x * y * e->xy + y * y * e->yy;
}

static inline void
predict (const Fit * fit, const GstMask2FormerEvidence * e, gdouble shift[2])
{
  shift[0] = fit->p[0] + fit->p[2] * (e->x - fit->centre_x);
  shift[1] = fit->p[1] + fit->p[2] * (e->y - fit->centre_y);
}

static inline gdouble
weigh (const Fit * fit, const GstMask2FormerEvidence * e)
{
  gdouble shift[2], weight;

  predict (fit, e, shift);
  weight = 1 / (1 + disagreement (e, shift[0], shift[1]) / OUTLIER);
  return weight * weight;
}

/* Solves a x = b in place; a is symmetric and positive definite. */
static void
solve (gdouble a[3][3], gdouble b[3])
{
  gint i, j, k;

  for (i = 0; i < 3; i++)
    for (j = i + 1; j < 3; j++) {
      gdouble factor = a[j][i] / a[i][i];

      for (k = i; k < 3; k++)
        a[j][k] -= factor * a[i][k];
      b[j] -= factor * b[i];
    }
  for (i = 2; i >= 0; i--) {
    for (k = i + 1; k < 3; k++)
      b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
}

static void
improve (Fit * fit, const GstMask2FormerEvidence * evidence, guint n,
    const Fit * expected)
{
  gdouble a[3][3] = { {SHIFT_PRIOR, 0, 0}, {0, SHIFT_PRIOR, 0},
  {0, 0, SCALE_PRIOR}
  };
  gdouble b[3] = { SHIFT_PRIOR * expected->p[0], SHIFT_PRIOR * expected->p[1],
    SCALE_PRIOR * expected->p[2]
  };
  guint i;

  for (i = 0; i < n; i++) {
    const GstMask2FormerEvidence *e = &evidence[i];
    gdouble weight = weigh (fit, e);
    gdouble xx = weight * e->xx, xy = weight * e->xy, yy = weight * e->yy;
    gdouble x = e->x - fit->centre_x, y = e->y - fit->centre_y;
    gdouble ax = xx * x + xy * y, ay = xy * x + yy * y;

    a[0][0] += xx, a[0][1] += xy, a[0][2] += ax;
    a[1][1] += yy, a[1][2] += ay, a[2][2] += ax * x + ay * y;
    b[0] += xx * e->dx + xy * e->dy;
    b[1] += xy * e->dx + yy * e->dy;
    b[2] += ax * e->dx + ay * e->dy;
  }
  a[1][0] = a[0][1], a[2][0] = a[0][2], a[2][1] = a[1][2];
  solve (a, b);
  memcpy (fit->p, b, sizeof fit->p);
}

/* True if the evidence tells the fit from the other. */
static gboolean
differs (const Fit * fit, const Fit * other,
    const GstMask2FormerEvidence * evidence, guint n)
{
  gdouble apart = 0, spread = 0, sum = 1e-9;
  guint i;

  for (i = 0; i < n; i++) {
    const GstMask2FormerEvidence *e = &evidence[i];
    GstMask2FormerEvidence at = *e;
    gdouble weight = weigh (fit, e), shift[2], other_shift[2];

    predict (fit, e, shift);
    predict (other, e, other_shift);
    at.dx = shift[0];
    at.dy = shift[1];
    apart += weight * disagreement (&at, other_shift[0], other_shift[1]);
    spread += weight * disagreement (e, shift[0], shift[1]);
    sum += weight;
  }
  return apart > SIGNIFICANT * MAX (spread / sum, AGREEMENT);
}

GstMask2FormerMovement
gst_mask2former_movement_fit (const GstMask2FormerEvidence * evidence, guint n,
    const GstMask2FormerMovement * expected,
    const GstMask2FormerMovement * fallback)
{
  Fit fit, prior, other;
  guint i;

  find_centre (&fit, evidence, n);
  prior = other = fit;
  express (&prior, expected);
  express (&other, fallback);
  fit = prior;
  start_at_medians (&fit, evidence, n);
  for (i = 0; i < ROUNDS; i++)
    improve (&fit, evidence, n, &prior);
  return differs (&fit, &other, evidence, n) ? to_movement (&fit) : *fallback;
}

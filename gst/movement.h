/* How a segment moves: a shift and a change of size, fitted to the motion of blocks.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_MOVEMENT_H__
#define __GST_MASK2FORMER_MOVEMENT_H__

#include <glib.h>

G_BEGIN_DECLS

/* Takes a point p to scale * p + (x, y). */
typedef struct
{
  gdouble scale, x, y;
} GstMask2FormerMovement;

/* The movement of a block at (x, y) by (dx, dy), and how sure that is: the inverse of the
 * covariance, multiplied by how much of the block counts. */
typedef struct
{
  gfloat x, y;
  gfloat dx, dy;
  gfloat xx, xy, yy;
} GstMask2FormerEvidence;

/* No movement. */
#define GST_MASK2FORMER_REST ((GstMask2FormerMovement) { 1, 0, 0 })

/* The movement that most of the evidence tells of.  Without much evidence it is near `expected`,
 * and if it differs from `fallback` by no more than noise may, it is `fallback`. */
GstMask2FormerMovement gst_mask2former_movement_fit (const
    GstMask2FormerEvidence * evidence, guint n,
    const GstMask2FormerMovement * expected,
    const GstMask2FormerMovement * fallback);

/* First `first`, then `then`. */
static inline GstMask2FormerMovement
gst_mask2former_movement_chain (const GstMask2FormerMovement * first,
    const GstMask2FormerMovement * then)
{
  return (GstMask2FormerMovement) {
    .scale = then->scale * first->scale,
    .x = then->scale * first->x + then->x,
    .y = then->scale * first->y + then->y,
  };
}

G_END_DECLS

#endif

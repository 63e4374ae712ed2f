/* Looks for a part of an earlier picture where it is thought to be by now.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_REGISTRATION_H__
#define __GST_MASK2FORMER_REGISTRATION_H__

#include "gst/luma.h"
#include "gst/movement.h"
#include "gst/scratch.h"

G_BEGIN_DECLS

/* A pixel of the part, in the earlier picture. */
typedef struct
{
  gint16 x, y;
} GstMask2FormerPixel;

/* Compares the pixels (GstMask2FormerPixel), or some of many, with those of `now` at and around the
 * places where `movement` takes them, and corrects it by a shift if they are clearly more alike
 * there.  Shifts by less than a pixel are made only if `is_exact`: noise makes such of anything. */
void gst_mask2former_register (const GstMask2FormerLuma * before,
    const GstMask2FormerLuma * now, const GstMask2FormerList * pixels,
    gboolean is_exact, GstMask2FormerMovement * movement);

G_END_DECLS

#endif

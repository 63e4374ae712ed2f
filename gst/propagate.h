/* Lets the result of an earlier frame follow the picture to the newest one.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Things move each on their own, all else with the background, by what motion.h found frame by
 * frame.  Where a thing has gone and nothing else has come there is void, as nobody has looked
 * behind it.  One thread at a time.
 */
#ifndef __GST_MASK2FORMER_PROPAGATE_H__
#define __GST_MASK2FORMER_PROPAGATE_H__

#include "gst/motion.h"
#include "gst/view.h"

G_BEGIN_DECLS

typedef struct _GstMask2FormerPropagator GstMask2FormerPropagator;

GstMask2FormerPropagator *gst_mask2former_propagator_new (void);
/* Accepts NULL. */
void gst_mask2former_propagator_free (GstMask2FormerPropagator * propagator);

/* Takes the result of the frame with that number, which may have come late: the way to the newest
 * frame is made up for.  What the view shows is read until the next result. */
void gst_mask2former_propagator_set_result (GstMask2FormerPropagator *
    propagator, const GstMask2FormerMotion * motion,
    const GstPanopticView * view, guint64 number);

/* Follows the picture from the result's frame, or from where the last call ended, towards the
 * newest frame, by `max_frames` at most.  TRUE if nothing is left to do. */
gboolean gst_mask2former_propagator_follow (GstMask2FormerPropagator *
    propagator, const GstMask2FormerMotion * motion, guint max_frames);

/* Shows the result as it is in the newest frame: a map of the same size, areas and boxes of what is
 * in it, without the segments that left the picture.  Time and age are those of the result given.
 * What it shows is valid until the next call of this, of carry_to() or of set_result().
 *
 * FALSE if the way to the newest frame is not known: when a new scene has begun the view shows no
 * segments, and void everywhere; a result older than the history, or for which there is no memory,
 * it shows where it was. */
gboolean gst_mask2former_propagator_carry (GstMask2FormerPropagator *
    propagator, const GstMask2FormerMotion * motion, GstPanopticView * carried);

/* Shows the result as it was in a frame between its own and the newest, in the way of carry().
 * FALSE, and the view as it was before, if that is not known. */
gboolean gst_mask2former_propagator_carry_to (GstMask2FormerPropagator *
    propagator, const GstMask2FormerMotion * motion, guint64 number,
    GstPanopticView * carried);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMask2FormerPropagator,
    gst_mask2former_propagator_free)

G_END_DECLS

#endif

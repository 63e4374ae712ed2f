/* Motion of the picture from frame to frame, in blocks, and a history of it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Works on small pictures of the luma, see luma.h; lengths and places are in their pixels unless
 * said otherwise.  One thread at a time.
 */
#ifndef __GST_MASK2FORMER_MOTION_H__
#define __GST_MASK2FORMER_MOTION_H__

#include <gst/video/video.h>

#include "gst/luma.h"

G_BEGIN_DECLS

/* Number of frames that the history reaches back: four seconds of a camera, and 19 MB at 1080p. */
#define GST_MASK2FORMER_MOTION_HISTORY 128

/* Number of no frame. */
#define GST_MASK2FORMER_NO_FRAME G_MAXUINT64

/* Distance of the centres of blocks; that of the first is at (STEP / 2, STEP / 2).  Blocks are
 * twice as wide and overlap. */
#define GST_MASK2FORMER_MOTION_STEP 4

/* How a block of the frame before moved to the frame, and how sure that is: the inverse of the
 * covariance of its motion.  A flat block has 0, one on a straight edge a matrix of rank 1. */
typedef struct
{
  gfloat x, y;
  gfloat xx, xy, yy;
} GstMask2FormerBlock;

/* A frame of the history. */
typedef struct
{
  guint64 number;
  GstMask2FormerLuma luma;
  gint factor;                  /* pixels of the frame per pixel of the small picture */
  gboolean is_new_scene;        /* has nothing in common with the frame before */
  gint columns, rows;           /* of blocks */
  GstMask2FormerBlock *blocks;  /* by rows; undefined in a new scene */
} GstMask2FormerMotionFrame;

typedef struct _GstMask2FormerMotion GstMask2FormerMotion;

GstMask2FormerMotion *gst_mask2former_motion_new (void);
/* Accepts NULL. */
void gst_mask2former_motion_free (GstMask2FormerMotion * motion);

/* Adds a frame mapped for reading, every frame of the stream in its order, and sets its number,
 * which counts on forever.  A frame of another size than the one before starts a new scene.  FALSE
 * if its format cannot be read (see gst_mask2former_luma_shrink()) or there is no memory; it has no
 * number then. */
gboolean gst_mask2former_motion_push (GstMask2FormerMotion * motion,
    const GstVideoFrame * frame, guint64 * number);

/* Lets the next frame start a new scene, as after a flush. */
void gst_mask2former_motion_reset (GstMask2FormerMotion * motion);

/* The newest frame; NULL before the first.  Valid until the next is pushed. */
const GstMask2FormerMotionFrame *gst_mask2former_motion_newest (const
    GstMask2FormerMotion * motion);

/* A frame of the history, NULL if that does not reach back so far. */
const GstMask2FormerMotionFrame *gst_mask2former_motion_frame (const
    GstMask2FormerMotion * motion, guint64 number);

/* True if a frame and the newest are of one scene, also if the history does not reach so far. */
gboolean gst_mask2former_motion_is_same_scene (const GstMask2FormerMotion *
    motion, guint64 number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMask2FormerMotion,
    gst_mask2former_motion_free)

G_END_DECLS

#endif

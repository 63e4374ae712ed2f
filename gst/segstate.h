/* The object mask2formerseg, for the files that the element is made of.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_SEGSTATE_H__
#define __GST_MASK2FORMER_SEGSTATE_H__

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "gst/composition.h"
#include "gst/overlay.h"
#include "gst/packer.h"
#include "gst/panopticwriter.h"
#include "gst/runstats.h"
#include "gst/segmenter.h"
#include "gst/settings.h"
#include "gst/sides.h"
#include "gst/vulkanimages.h"

G_BEGIN_DECLS

#define GST_TYPE_MASK2FORMER_SEG (gst_mask2former_seg_get_type ())
G_DECLARE_FINAL_TYPE (GstMask2FormerSeg, gst_mask2former_seg,
    GST, MASK2FORMER_SEG, GstBaseTransform)

GST_DEBUG_CATEGORY_EXTERN (mask2formerseg_debug);

/* Warnings that are posted once. */
enum
{
  GST_MASK2FORMER_WARNED_INTERLACED = 1 << 8,
  GST_MASK2FORMER_WARNED_NON_FINITE = 1 << 9,
  GST_MASK2FORMER_WARNED_NO_MEMORY = 1 << 10,
  GST_MASK2FORMER_WARNED_IMAGES = 1 << 11,
};

struct _GstMask2FormerSeg
{
  GstBaseTransform parent;

  /* under the object lock: */
  GstMask2FormerSettings settings;
  GstMask2FormerRunStats stats;
  M2fModel *model;              /* NULL until it is loaded */
  gboolean live;                /* upstream's answer to the last latency query */
  guint warned;                 /* of the enum above, or bit 1 << GstMask2FormerLayoutError */

  GstMask2FormerSegmenter *segmenter;
  GstMask2FormerSides *sides;

  /* from start() to stop(), only for the streaming thread: */
  GstVideoOrientationMethod orientation;        /* that the stream's tags ask for */
  gboolean failed;              /* an ERROR was posted, and no caps were accepted since */
  GstVideoInfo info;
  gboolean prepared;            /* the analyser is there, and prepared for `info` */
  gboolean waits;               /* the newest frame waited for its own result */
  GstMask2FormerOverlay *overlay;
  GstMask2FormerComposer *composer;     /* NULL until it is needed */
  GstPanopticWriter *writer;

  GstMask2FormerImageReader *images;    /* NULL unless frames are in Vulkan images */

  GstMask2FormerPacker packer;
};

/* True if frames wait for their own result.  Called with the object lock held. */
gboolean gst_mask2former_seg_waits (GstMask2FormerSeg * self);

/* True if segments are left to downstream to draw, if it can.  Called with the object lock held. */
gboolean gst_mask2former_seg_composes (GstMask2FormerSeg * self);

/* Makes the pipeline ask for the latency again, if it has one. */
void gst_mask2former_seg_post_latency (GstMask2FormerSeg * self);

/* True once for a kind of warning. */
gboolean gst_mask2former_seg_is_first (GstMask2FormerSeg * self, guint kind);

/* Posts the library's error as the one ERROR message of a failure: caps that were refused come
 * again with the next frame. */
void gst_mask2former_seg_post_error (GstMask2FormerSeg * self,
    const GError * error);

/* Lets the CPU go on where the GPU that device=auto has chosen does not take the frames, or no
 * longer answers, and says so in a warning.  FALSE if the error is another, or the CPU's own. */
gboolean gst_mask2former_seg_fall_back (GstMask2FormerSeg * self,
    const GError * error);

/* Time since a time of gst_util_get_timestamp(). */
static inline gdouble
gst_mask2former_seg_milliseconds_since (GstClockTime start)
{
  return (gdouble) (gst_util_get_timestamp () - start) / GST_MSECOND;
}

G_END_DECLS

#endif

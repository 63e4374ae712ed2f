/* The planes of a mapped frame as rows of blocks of samples.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of a plane consist of blocks of samples: those of one pixel, or of the pixels that share
 * chroma samples.  Seen like that, one loop serves every plane of every format.
 */
#ifndef __GST_MASK2FORMER_PLANES_H__
#define __GST_MASK2FORMER_PLANES_H__

#include <gst/video/video.h>

#include "gst/frame.h"

G_BEGIN_DECLS

#define GST_MASK2FORMER_MAX_PLANES 3    /* with colours; a fourth one has alpha */
#define GST_MASK2FORMER_MAX_BLOCK 4     /* samples */

typedef struct
{
  guint8 *data;
  gint stride;                  /* bytes from row to row */
  gint columns, rows;           /* blocks in a row, and rows of blocks */
  gint n_samples;               /* of a block */
  gint sample_size;             /* bytes, 1 or 2 */
  guint w_shift, h_shift;       /* a block is of 2^w_shift x 2^h_shift pixels, 0 or 1 */
  guint8 is_colour[GST_MASK2FORMER_MAX_BLOCK];  /* 0 for a sample that is alpha or padding */
  /* four of a block's pixels (upper left, upper right, lower left, lower right) that a sample is
   * of; each as often as the others */
  guint8 pixels[GST_MASK2FORMER_MAX_BLOCK][4];
} GstMask2FormerPlane;

/* Valid as long as the frame is mapped. */
typedef struct
{
  const GstVideoFormatInfo *format;
  gint width, height;           /* pixels */
  guint n_planes;               /* with colours */
  GstMask2FormerPlane plane[GST_MASK2FORMER_MAX_PLANES];
  gint band;                    /* rows of pixels that share chroma samples: 1 or 2 */
  gint depth, shift;            /* bits of a number, and of its word below it */
} GstMask2FormerPlanes;

/* Describes a mapped frame of a format in GST_MASK2FORMER_FORMATS. */
void gst_mask2former_planes_init (GstMask2FormerPlanes * planes,
    const GstVideoFrame * frame);

/* Number of components that are colours: alpha is not. */
static inline gint
gst_mask2former_n_colours (const GstVideoFormatInfo * format)
{
  return MIN (GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format), 3);
}

/* Index of the first sample of a component in its block. */
static inline gint
gst_mask2former_first_sample (const GstVideoFormatInfo * format, gint comp,
    gint sample_size)
{
  return gst_mask2former_sample_offset (format, comp) / sample_size;
}

/* Samples from one of a component to the next. */
static inline gint
gst_mask2former_sample_step (const GstVideoFormatInfo * format, gint comp,
    gint sample_size)
{
  return GST_VIDEO_FORMAT_INFO_PSTRIDE (format, comp) / sample_size;
}

static inline guint8 *
gst_mask2former_block_at (const GstMask2FormerPlane * plane, gint x, gint y)
{
  return plane->data + (gsize) y * plane->stride +
      (gsize) x * plane->n_samples * plane->sample_size;
}

G_END_DECLS

#endif

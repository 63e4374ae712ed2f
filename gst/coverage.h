/* How much of each pixel of a frame an effect covers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_COVERAGE_H__
#define __GST_MASK2FORMER_COVERAGE_H__

#include "gst/scratch.h"
#include "gst/view.h"

G_BEGIN_DECLS

/* A byte per pixel, 0..255.  Rows are kept only where they are not of one value.  All zero at
 * first; one caller at a time. */
typedef struct
{
  gint width, height;           /* of the frame */
  gint stride;                  /* bytes of a row, a multiple of 8 */
  guint8 outside;               /* value outside of `inside`: 0 or 255 */
  GstVideoRectangle inside;     /* may be empty */
  GstMask2FormerScratch pixels; /* guint8: the rows of `inside`, all of each */
  GstMask2FormerScratch even;   /* guint8: a row of `outside` */

  /*< private > */
  GstMask2FormerScratch selected;       /* guint8 by id: 255 if it is covered */
  GstMask2FormerScratch columns;        /* gint: of the map, by column of `inside` */
  GstMask2FormerScratch row;    /* guint8: of the map */
  GstMask2FormerScratch distances;      /* guint8: to what is covered, along the row */
} GstMask2FormerCoverage;

/* Frees what it holds. */
void gst_mask2former_coverage_clear (GstMask2FormerCoverage * coverage);

/* Covers all of a frame, or nothing of it.  FALSE if there is no memory. */
gboolean gst_mask2former_coverage_set_even (GstMask2FormerCoverage * coverage,
    gint width, gint height, guint8 value);

/* Covers the segments of a view and what is up to `dilate` pixels, at most 253, from them, in a
 * frame of width x height pixels.  `margin` more pixels of 0 on either side belong to `inside`.
 * FALSE if there is no memory. */
gboolean gst_mask2former_coverage_set (GstMask2FormerCoverage * coverage,
    const GstPanopticView * view, gint width, gint height, gint dilate,
    gint margin);

/* Repeats the last pixel of rows whose pixels were changed. */
void gst_mask2former_coverage_pad (GstMask2FormerCoverage * coverage);

/* Covers what was not, and the other way round. */
void gst_mask2former_coverage_invert (GstMask2FormerCoverage * coverage);

/* True if pixels of rows first <= y < last are covered. */
static inline gboolean
gst_mask2former_coverage_is_empty (const GstMask2FormerCoverage * coverage,
    gint first, gint last)
{
  return coverage->outside == 0 && (last <= coverage->inside.y ||
      first >= coverage->inside.y + coverage->inside.h);
}

/* The bytes of a row, and after them up to `stride` the last repeated; below the frame those of its
 * last row. */
static inline const guint8 *
gst_mask2former_coverage_row (const GstMask2FormerCoverage * coverage, gint y)
{
  gint row = MIN (y, coverage->height - 1) - coverage->inside.y;

  return row < 0 || row >= coverage->inside.h ? coverage->even.data :
      (const guint8 *) coverage->pixels.data + (gsize) row * coverage->stride;
}

G_END_DECLS

#endif

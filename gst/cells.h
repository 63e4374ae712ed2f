/* A coarse copy of a frame: means of square cells, blurred or not, shown at the frame's size.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_CELLS_H__
#define __GST_MASK2FORMER_CELLS_H__

#include "gst/coverage.h"
#include "gst/planes.h"
#include "gst/scratch.h"

G_BEGIN_DECLS

/* Rows of one plane at the frame's width, of the two rows of cells that were asked for last. */
typedef struct
{
  GstMask2FormerScratch memory;
  guint16 *row[2];              /* samples, 12 bits; by the parity of the cells' row */
  gint cells_row[2];            /* which that is, or -1 */
} GstMask2FormerShown;

/* All zero at first; one caller at a time. */
typedef struct
{
  const GstMask2FormerPlanes *planes;
  gint size;                    /* pixels of a cell's edge */
  gboolean is_smooth;           /* interpolated between cells rather than in blocks */
  gint column, row;             /* first of the cells that are kept */
  gint columns, rows;           /* number of them */
  gfloat *component[3];         /* means of 12 bits, rows x columns */
  gfloat *weight;               /* of cells, rows x columns */
  gfloat *spare;

  /*< private > */
  GstMask2FormerScratch memory;
  GstMask2FormerScratch sums;
  GstMask2FormerShown shown[GST_MASK2FORMER_MAX_PLANES];
} GstMask2FormerCells;

/* Frees what it holds. */
void gst_mask2former_cells_clear (GstMask2FormerCells * cells);

/* Copies what is covered of a frame into cells of `size` pixels, an even number, and `margin` more
 * cells on each side.  FALSE if there is no memory. */
gboolean gst_mask2former_cells_set (GstMask2FormerCells * cells,
    const GstMask2FormerPlanes * planes,
    const GstMask2FormerCoverage * coverage, gint size, gint margin);

/* Cells on each side that have a part in a blur of this standard deviation, in cells. */
gint gst_mask2former_cells_blur_reach (gfloat deviation);

/* Blurs them by about a Gaussian: three boxes, one after the other. */
void gst_mask2former_cells_blur (GstMask2FormerCells * cells, gfloat deviation);

/* The same, but what is not covered hardly counts: it does not shine into what is. */
void gst_mask2former_cells_blur_covered (GstMask2FormerCells * cells,
    const GstMask2FormerCoverage * coverage, gfloat deviation);

/* The cells at the frame's size, a GstMask2FormerSource. */
void gst_mask2former_cells_write (gpointer cells, guint plane, gint x, gint y,
    gint n, gpointer samples);

G_END_DECLS

#endif

/* Runs of equal values in the rows of a label map or a frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_RUNS_H__
#define __GST_MASK2FORMER_RUNS_H__

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The value at a pixel of 1 or 2 bytes, in the byte order of the map. */
static inline guint
gst_mask2former_run_value (const guint8 * row, gint x, gint depth)
{
  return depth == 1 ? row[x] : ((const guint16 *) row)[x];
}

/* Zero if eight bytes are those of the pattern. */
static inline guint64
gst_mask2former_run_differs (const guint8 * bytes, guint64 pattern)
{
  guint64 word;

  memcpy (&word, bytes, sizeof word);
  return word ^ pattern;
}

/* End of the run of equal values that starts at `x`; 32 bytes are compared at once, then eight. */
static inline gint
gst_mask2former_run_end (const guint8 * row, gint x, gint width, gint depth)
{
  guint value = gst_mask2former_run_value (row, x, depth);
  guint64 pattern = depth == 1 ? value * G_GUINT64_CONSTANT (0x0101010101010101)
      : value * G_GUINT64_CONSTANT (0x0001000100010001);
  const guint8 *at = row + (gsize) (x + 1) * depth;
  const guint8 *end = row + (gsize) width * depth;

  while (end - at >= 32 && !(gst_mask2former_run_differs (at, pattern) |
          gst_mask2former_run_differs (at + 8, pattern) |
          gst_mask2former_run_differs (at + 16, pattern) |
          gst_mask2former_run_differs (at + 24, pattern)))
    at += 32;
  while (end - at >= 8 && !gst_mask2former_run_differs (at, pattern))
    at += 8;
  for (x = (at - row) / depth; x < width; x++)
    if (gst_mask2former_run_value (row, x, depth) != value)
      break;
  return x;
}

typedef struct
{
  gint end;                     /* column after the last pixel */
  guint16 value;
} GstMask2FormerRun;

/* A row of pixels from its first column on. */
typedef struct
{
  GstMask2FormerRun *runs;      /* neighbours differ; none is empty */
  gint n;
} GstMask2FormerRuns;

/* The column after the last run. */
static inline gint
gst_mask2former_runs_end (const GstMask2FormerRuns * row)
{
  return row->n > 0 ? row->runs[row->n - 1].end : 0;
}

/* Continues the row up to a column with a value; there must be room for one run more. */
static inline void
gst_mask2former_runs_add (GstMask2FormerRuns * row, gint end, guint16 value)
{
  if (end <= gst_mask2former_runs_end (row))
    return;
  if (row->n > 0 && row->runs[row->n - 1].value == value)
    row->runs[row->n - 1].end = end;
  else
    row->runs[row->n++] = (GstMask2FormerRun) { end, value };
}

G_END_DECLS

#endif

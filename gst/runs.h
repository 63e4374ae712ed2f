/* Runs of equal values in the rows of a label map.
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

/* End of the run of equal values that starts at `x`; eight bytes are compared at once. */
static inline gint
gst_mask2former_run_end (const guint8 * row, gint x, gint width, gint depth)
{
  guint value = gst_mask2former_run_value (row, x, depth);
  guint64 pattern = depth == 1 ? value * G_GUINT64_CONSTANT (0x0101010101010101)
      : value * G_GUINT64_CONSTANT (0x0001000100010001);
  gint step = 8 / depth;
  guint64 next;

  for (x++; x + step <= width; x += step) {
    memcpy (&next, row + (gsize) x * depth, sizeof next);
    if (next != pattern)
      break;
  }
  while (x < width && gst_mask2former_run_value (row, x, depth) == value)
    x++;
  return x;
}

G_END_DECLS

#endif

/* Adds up rows of samples, then the columns of each cell.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_SUMS_H__
#define __GST_MASK2FORMER_SUMS_H__

#include <glib.h>

G_BEGIN_DECLS

/* Rows of numbers of 10 bits that add up to one of 16 bits. */
#define GST_MASK2FORMER_MAX_SUM 64

/* Adds a row of n samples to `sum`: bytes, or words with a number above `shift` bits. */
void gst_mask2former_sum_bytes (const guint8 * row, gint n, guint16 * sum);
void gst_mask2former_sum_words (const guint16 * row, gint n, gint shift,
    guint16 mask, guint16 * sum);

/* Adds the `width` sums of each of so many cells, which are `step` apart, to its total; the last
 * cell has fewer if there are only `n` sums. */
void gst_mask2former_sum_cells (const guint16 * sum, gint step, gint n,
    gint width, gint cells, gfloat * total);

/* Replaces rows x columns values by the means of the 2 * radius + 1 around them in both directions;
 * the first and the last go on beyond the border.  `spare` is as large, and `sum` has room for
 * `columns` values. */
void gst_mask2former_box_blur (gfloat * values, gint columns, gint rows,
    gint radius, gfloat * spare, gfloat * sum);

G_END_DECLS

#endif

/* Adds up rows of samples, then the columns of each cell.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/sums.h"

#include <string.h>

#include "gst/isa.h"

#define FEW 4                   /* radius up to which values are added anew for every mean */

FOR_EACH_ISA void
gst_mask2former_sum_bytes (const guint8 * restrict row, gint n, guint16 * restrict sum)
{
  gint i;

  for (i = 0; i < n; i++)
    sum[i] += row[i];
}

FOR_EACH_ISA void
gst_mask2former_sum_words (const guint16 * restrict row, gint n, gint shift, guint16 mask,
    guint16 * restrict sum)
{
  gint i;

  for (i = 0; i < n; i++)
    sum[i] += row[i] >> shift & mask;
}

/* Adds up the samples of `n` cells, `width` of them `step` apart. */
static inline void
add_cells (const guint16 * restrict sum, gint step, gint width, gint n,
    gfloat * restrict total)
{
  gint i, k;

  for (i = 0; i < n; i++, sum += width * step) {
    guint32 all = 0;

    for (k = 0; k < width; k++)
      all += sum[k * step];
    total[i] += all;
  }
}

void
gst_mask2former_sum_cells (const guint16 * sum, gint step, gint n,
    gint width, gint cells, gfloat * total)
{
  gint whole = MIN (cells, n / width), done = whole * width;

  switch (width) {              /* constants, so that each is unrolled */
    case 4:
      add_cells (sum, step, 4, whole, total);
      break;
    case 8:
      add_cells (sum, step, 8, whole, total);
      break;
    default:
      add_cells (sum, step, width, whole, total);
      break;
  }
  if (whole < cells)
    add_cells (sum + done * step, step, n - done, 1, total + whole);
}

/* ---- means ---- */

/* Means of 2 * radius + 1 values of a row, by adding the next and taking away the last. */
static void
slide_row (const gfloat * restrict in, gint n, gint radius,
    gfloat * restrict out)
{
  gfloat scale = 1.f / (2 * radius + 1), sum = 0;
  gint i;

  for (i = -radius; i <= radius; i++)
    sum += in[CLAMP (i, 0, n - 1)];
  for (i = 0; i < n; i++) {
    out[i] = sum * scale;
    sum += in[MIN (i + radius + 1, n - 1)] - in[MAX (i - radius, 0)];
  }
}

/* The mean around one value. */
static inline gfloat
mean_at (const gfloat * in, gint n, gint i, gint radius)
{
  gfloat sum = 0;
  gint k;

  for (k = -radius; k <= radius; k++)
    sum += in[CLAMP (i + k, 0, n - 1)];
  return sum / (2 * radius + 1);
}

/* The same by adding all: of a few values that is faster, for many means are made at once. */
FOR_EACH_ISA static void
add_row (const gfloat * restrict in, gint n, gint radius, gfloat * restrict out)
{
  gfloat scale = 1.f / (2 * radius + 1);
  gint edge = MIN (radius, n), end = MAX (n - radius, edge), i, k;

  for (i = 0; i < edge; i++)
    out[i] = mean_at (in, n, i, radius);
  for (i = edge; i < end; i++)
    out[i] = in[i];
  for (k = 1; k <= radius; k++)
    for (i = edge; i < end; i++)
      out[i] += in[i - k] + in[i + k];
  for (i = edge; i < end; i++)
    out[i] *= scale;
  for (i = end; i < n; i++)
    out[i] = mean_at (in, n, i, radius);
}

static inline void
add_difference (gfloat * restrict sum, const gfloat * restrict plus,
    const gfloat * restrict minus, gint n)
{
  gint i;

  for (i = 0; i < n; i++)
    sum[i] += plus[i] - minus[i];
}

/* Means of columns. */
FOR_EACH_ISA static void
blur_columns (const gfloat * in, gint columns, gint rows, gint radius,
    gfloat * restrict sum, gfloat * restrict out)
{
  gfloat scale = 1.f / (2 * radius + 1);
  gint x, y;

  memset (sum, 0, columns * sizeof (*sum));
  for (y = -radius; y <= radius; y++)
    for (x = 0; x < columns; x++)
      sum[x] += in[CLAMP (y, 0, rows - 1) * columns + x];
  for (y = 0; y < rows; y++) {
    for (x = 0; x < columns; x++)
      out[y * columns + x] = sum[x] * scale;
    add_difference (sum, in + MIN (y + radius + 1, rows - 1) * columns,
        in + MAX (y - radius, 0) * columns, columns);
  }
}

void
gst_mask2former_box_blur (gfloat * values, gint columns, gint rows,
    gint radius, gfloat * spare, gfloat * sum)
{
  gint y;

  for (y = 0; y < rows; y++) {
    gsize at = (gsize) y * columns;

    if (radius <= FEW)
      add_row (values + at, columns, radius, spare + at);
    else
      slide_row (values + at, columns, radius, spare + at);
  }
  blur_columns (spare, columns, rows, radius, sum, values);
}

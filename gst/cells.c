/* A coarse copy of a frame: means of square cells, blurred or not, shown at the frame's size.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A wide blur needs no more than a value for every few pixels: what costs time is reading the frame
 * once and writing it once.  Reading adds up rows before it adds up columns, and writing stretches
 * rows of cells to the frame's width before it mixes two of them, so that both are loops over the
 * samples of a row, whatever the format.
 */
#include "gst/cells.h"

#include <math.h>
#include <string.h>

#include "gst/isa.h"
#include "gst/sums.h"

#define BITS 12                 /* of values; 16 times as much fits 16 bits */
#define STEPS 16                /* of the way from a cell to the next */
#define BARELY 0.002f           /* weight of a cell that does not count */
#define N_BOXES 3

void
gst_mask2former_cells_clear (GstMask2FormerCells * cells)
{
  guint i;

  g_free (cells->memory.data);
  g_free (cells->sums.data);
  for (i = 0; i < G_N_ELEMENTS (cells->shown); i++)
    g_free (cells->shown[i].memory.data);
  *cells = (GstMask2FormerCells) { 0 };
}

/* ---- reading the frame ---- */

/* Adds rows first..last - 1 of a plane, at most GST_MASK2FORMER_MAX_SUM, from block `x` on. */
static void
add_rows (const GstMask2FormerPlanes * planes, guint number, gint x, gint n,
    gint first, gint last, guint16 * sum)
{
  const GstMask2FormerPlane *plane = &planes->plane[number];
  gint y;

  memset (sum, 0, (gsize) n * plane->n_samples * sizeof (*sum));
  for (y = first; y < last; y++) {
    const guint8 *row = gst_mask2former_block_at (plane, x, y);

    if (plane->sample_size == 1)
      gst_mask2former_sum_bytes (row, n * plane->n_samples, sum);
    else
      gst_mask2former_sum_words ((const guint16 *) row, n * plane->n_samples, planes->shift,
          (1 << planes->depth) - 1, sum);
  }
}

/* A component's samples in a plane, and its share of a cell. */
typedef struct
{
  guint plane;
  gint first, step;             /* samples of the plane's row */
  gint width;                   /* samples of the component */
  gint row_width;               /* the same, with padding to a whole block */
  gint cell_width;
} Component;

static Component
component_of (const GstMask2FormerCells * cells, gint comp)
{
  const GstMask2FormerPlanes *planes = cells->planes;
  const GstVideoFormatInfo *format = planes->format;
  guint number = GST_VIDEO_FORMAT_INFO_PLANE (format, comp);
  const GstMask2FormerPlane *plane = &planes->plane[number];
  gint step = gst_mask2former_sample_step (format, comp, plane->sample_size);

  return (Component) {
    .plane = number,
    .first = gst_mask2former_first_sample (format, comp, plane->sample_size),
    .step = step,
    .width = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, comp, planes->width),
    .row_width = plane->columns * plane->n_samples / step,
    .cell_width = cells->size >> GST_VIDEO_FORMAT_INFO_W_SUB (format, comp),
  };
}

/* Makes the sums of a row of cells their means, in 12 bits. */
static void
average (const GstMask2FormerCells * cells, const Component * c, gint rows,
    gfloat * total)
{
  gfloat unit = 1 << (BITS - cells->planes->depth);
  gint i, left = c->width - cells->column * c->cell_width;

  for (i = 0; i < cells->columns; i++, left -= c->cell_width)
    total[i] *= unit / (rows * MIN (left, c->cell_width));
}

/* Reads a row of cells in one plane. */
static void
read_cells (GstMask2FormerCells * cells, guint number, gint row)
{
  const GstMask2FormerPlanes *planes = cells->planes;
  const GstMask2FormerPlane *plane = &planes->plane[number];
  gint height = cells->size >> plane->h_shift, y, end, comp;
  gint first = (cells->row + row) * height;
  gint last = MIN (first + height, plane->rows);
  gint x = cells->column * cells->size >> plane->w_shift;
  gint n = MIN (cells->columns * cells->size >> plane->w_shift,
      plane->columns - x);

  for (y = first; y < last; y = end) {
    end = MIN (y + GST_MASK2FORMER_MAX_SUM, last);
    add_rows (planes, number, x, n, y, end, cells->sums.data);
    for (comp = 0; comp < gst_mask2former_n_colours (planes->format); comp++) {
      Component c = component_of (cells, comp);

      if (c.plane == number)
        gst_mask2former_sum_cells ((guint16 *) cells->sums.data + c.first, c.step,
            c.width - cells->column * c.cell_width, c.cell_width,
            cells->columns, cells->component[comp] + row * cells->columns);
    }
  }
  for (comp = 0; comp < gst_mask2former_n_colours (planes->format); comp++) {
    Component c = component_of (cells, comp);

    if (c.plane == number)
      average (cells, &c, last - first,
          cells->component[comp] + row * cells->columns);
  }
}

/* Chooses the cells that are kept. */
static void
choose (GstMask2FormerCells * cells, const GstMask2FormerCoverage * coverage,
    gint margin)
{
  const GstVideoRectangle whole = { 0, 0, coverage->width, coverage->height };
  const GstVideoRectangle *seen = coverage->outside ? &whole :
      &coverage->inside;
  gint size = cells->size;
  gint columns = (coverage->width + size - 1) / size;
  gint rows = (coverage->height + size - 1) / size;

  cells->column = MAX (seen->x / size - margin, 0);
  cells->row = MAX (seen->y / size - margin, 0);
  cells->columns = MIN ((seen->x + seen->w + size - 1) / size + margin,
      columns) - cells->column;
  cells->rows = MIN ((seen->y + seen->h + size - 1) / size + margin, rows) -
      cells->row;
}

/* FALSE if there is no memory. */
static gboolean
reserve (GstMask2FormerCells * cells)
{
  gsize n = (gsize) cells->columns * cells->rows;
  gsize row = (gsize) GST_MASK2FORMER_MAX_BLOCK * (cells->planes->width + 1);
  gfloat *memory;
  guint i;

  if (!gst_mask2former_scratch_reserve (&cells->memory, 5 * n, sizeof (gfloat))
      || !gst_mask2former_scratch_reserve (&cells->sums, row, sizeof (guint16)))
    return FALSE;
  for (i = 0; i < cells->planes->n_planes; i++) {
    GstMask2FormerShown *shown = &cells->shown[i];

    if (!gst_mask2former_scratch_reserve (&shown->memory, 2 * row,
            sizeof (guint16)))
      return FALSE;
    /* alpha and padding, which no cell is shown in, are read with their block */
    memset (shown->memory.data, 0, 2 * row * sizeof (guint16));
    shown->row[0] = shown->memory.data;
    shown->row[1] = shown->row[0] + row;
    shown->cells_row[0] = shown->cells_row[1] = -1;
  }
  memory = cells->memory.data;
  memset (memory, 0, 3 * n * sizeof (gfloat));
  for (i = 0; i < 3; i++)
    cells->component[i] = memory + i * n;
  cells->weight = memory + 3 * n;
  cells->spare = memory + 4 * n;
  return TRUE;
}

gboolean
gst_mask2former_cells_set (GstMask2FormerCells * cells,
    const GstMask2FormerPlanes * planes,
    const GstMask2FormerCoverage * coverage, gint size, gint margin)
{
  guint plane;
  gint row;

  cells->planes = planes;
  cells->size = size;
  cells->is_smooth = FALSE;
  choose (cells, coverage, margin);
  if (!reserve (cells))
    return FALSE;
  for (plane = 0; plane < planes->n_planes; plane++)
    for (row = 0; row < cells->rows; row++)
      read_cells (cells, plane, row);
  return TRUE;
}

/* ---- blur ---- */

/* The radius of the `number`th of the boxes that together have this standard deviation: they differ
 * by one at most. */
static gint
box_radius (gfloat deviation, gint number)
{
  /* a box of 2 * r + 1 cells has a variance of r * (r + 1) / 3 */
  gfloat sum = 3 * deviation * deviation;
  gint radius = sqrtf (sum / N_BOXES + 0.25f) - 0.5f;
  gint more = lrintf ((sum - N_BOXES * radius * (radius + 1)) /
      (2 * (radius + 1)));

  return radius + (number < more);
}

gint
gst_mask2former_cells_blur_reach (gfloat deviation)
{
  gint reach = 0, i;

  for (i = 0; i < N_BOXES; i++)
    reach += box_radius (deviation, i);
  return reach;
}

static void
blur (GstMask2FormerCells * cells, gfloat * values, gfloat deviation)
{
  gint i;

  for (i = 0; i < N_BOXES; i++)
    gst_mask2former_box_blur (values, cells->columns, cells->rows,
        box_radius (deviation, i), cells->spare, cells->sums.data);
}

void
gst_mask2former_cells_blur (GstMask2FormerCells * cells,
    gfloat deviation)
{
  gint comp;

  cells->is_smooth = TRUE;
  for (comp = 0; comp < gst_mask2former_n_colours (cells->planes->format);
      comp++)
    blur (cells, cells->component[comp], deviation);
}

/* How much cells of a row count: a cell that is covered in part has something of both. */
static void
weigh (GstMask2FormerCells * cells, const GstMask2FormerCoverage * coverage,
    gint row)
{
  gfloat *weight = cells->weight + row * cells->columns;
  gint first = (cells->row + row) * cells->size;
  gint last = MIN (first + cells->size, coverage->height);
  gint left = cells->column * cells->size, i, y;
  gint n = MIN (cells->columns * cells->size, coverage->width - left);
  guint16 *sum = cells->sums.data;

  memset (weight, 0, cells->columns * sizeof (*weight));
  memset (sum, 0, n * sizeof (*sum));
  for (y = first; y < last; y++)
    gst_mask2former_sum_bytes (gst_mask2former_coverage_row (coverage, y) + left, n, sum);
  gst_mask2former_sum_cells (sum, 1, n, cells->size, cells->columns, weight);
  for (i = 0; i < cells->columns; i++) {
    gint width = MIN (n - i * cells->size, cells->size);
    gfloat share = weight[i] / (255.f * width * (last - first));

    weight[i] = MAX (share * share * share, BARELY);
  }
}

void
gst_mask2former_cells_blur_covered (GstMask2FormerCells * cells,
    const GstMask2FormerCoverage * coverage, gfloat deviation)
{
  gsize n = (gsize) cells->columns * cells->rows, i;
  gint n_comps = gst_mask2former_n_colours (cells->planes->format), row, comp;

  for (row = 0; row < cells->rows; row++)
    weigh (cells, coverage, row);
  for (comp = 0; comp < n_comps; comp++)
    for (i = 0; i < n; i++)
      cells->component[comp][i] *= cells->weight[i];
  blur (cells, cells->weight, deviation);
  gst_mask2former_cells_blur (cells, deviation);
  for (comp = 0; comp < n_comps; comp++)
    for (i = 0; i < n; i++)
      cells->component[comp][i] /= cells->weight[i];
}

/* ---- showing ---- */

/* Repeats every cell of a row. */
static void
stretch_blocks (const gfloat * cells, gint width, gint n, gint step,
    guint16 * out)
{
  gint x, k, end;

  for (x = 0; x < n; x = end, cells++) {
    guint16 value = lrintf (*cells);

    end = MIN (x + width, n);
    for (k = x; k < end; k++)
      out[k * step] = value;
  }
}

/* Goes evenly from the middle of a cell to that of the next, through `width` samples, an even
 * number or 1, for the `column`th of `columns` cells; the first and the last go on beyond. */
static inline void
stretch_cell (const gfloat * cells, gint column, gint columns, gint width,
    gint step, guint16 * out)
{
  gfloat at = cells[column] + 0.5f;     /* to be cut to a whole number */
  gfloat before = cells[MAX (column - 1, 0)] + 0.5f;
  gfloat after = cells[MIN (column + 1, columns - 1)] + 0.5f;
  gfloat rise = (at - before) / width, fall = (after - at) / width;
  gint half = width / 2, k;

  if (width == 1)
    out[0] = at;
  for (k = 0; k < half; k++)
    out[k * step] = at - rise * (half - k - 0.5f);
  for (k = 0; k < half; k++)
    out[(half + k) * step] = at + fall * (k + 0.5f);
}

/* All cells of a row, of which `n` samples are shown. */
static void
stretch_smoothly (const gfloat * cells, gint columns, gint width, gint n,
    gint step, guint16 * out)
{
  gint whole = n / width, column, k;
  guint16 rest[8];

  switch (width) {              /* constants, so that each is unrolled */
    case 4:
      for (column = 0; column < whole; column++)
        stretch_cell (cells, column, columns, 4, step, out + column * 4 * step);
      break;
    case 8:
      for (column = 0; column < whole; column++)
        stretch_cell (cells, column, columns, 8, step, out + column * 8 * step);
      break;
    default:
      for (column = 0; column < whole; column++)
        stretch_cell (cells, column, columns, width, step,
            out + column * width * step);
      break;
  }
  if (whole * width == n)
    return;
  stretch_cell (cells, whole, columns, width, 1, rest);
  for (k = 0; k < n - whole * width; k++)
    out[(whole * width + k) * step] = rest[k];
}

/* The samples of a plane's row for a row of cells. */
static const guint16 *
show_row (GstMask2FormerCells * cells, guint number, gint row)
{
  GstMask2FormerShown *shown = &cells->shown[number];
  gint comp, parity = row & 1;

  if (shown->cells_row[parity] == row)
    return shown->row[parity];
  shown->cells_row[parity] = row;
  for (comp = 0; comp < gst_mask2former_n_colours (cells->planes->format);
      comp++) {
    Component c = component_of (cells, comp);
    gint left = cells->column * c.cell_width;
    gint n = MIN (cells->columns * c.cell_width, c.row_width - left);
    const gfloat *from = cells->component[comp] + row * cells->columns;
    guint16 *to = shown->row[parity] + c.first + left * c.step;

    if (c.plane != number)
      continue;
    if (cells->is_smooth)
      stretch_smoothly (from, cells->columns, c.cell_width, n, c.step, to);
    else
      stretch_blocks (from, c.cell_width, n, c.step, to);
  }
  return shown->row[parity];
}

/* `way` of STEPS from one row to the next. */
FOR_EACH_ISA static void
write_bytes (const guint16 * restrict from, const guint16 * restrict to,
    guint16 way, gint n, guint8 * restrict samples)
{
  guint16 rest = STEPS - way;
  gint i;

  for (i = 0; i < n; i++)
    samples[i] = (guint16) (from[i] * rest + to[i] * way + 128) >> 8;
}

FOR_EACH_ISA static void
write_words (const guint16 * restrict from, const guint16 * restrict to,
    guint16 way, gint n, const GstMask2FormerPlanes * planes,
    guint16 * restrict samples)
{
  gint down = 16 - planes->depth, up = planes->shift, i;
  guint16 rest = STEPS - way, half = 1 << (down - 1);

  for (i = 0; i < n; i++)
    samples[i] = (guint16) (from[i] * rest + to[i] * way + half) >> down << up;
}

void
gst_mask2former_cells_write (gpointer data, guint number, gint x, gint y,
    gint n, gpointer samples)
{
  GstMask2FormerCells *cells = data;
  const GstMask2FormerPlane *plane = &cells->planes->plane[number];
  gint height = cells->size >> plane->h_shift;
  gint row = y / height - cells->row, way = 0, next;
  gint start = x * plane->n_samples;
  const guint16 *from, *to;

  if (cells->is_smooth) {
    way = (2 * (y % height) + 1) * (STEPS / 2) / height - STEPS / 2;
    row -= way < 0;
    way += way < 0 ? STEPS : 0;
  }
  next = CLAMP (row + (way > 0), 0, cells->rows - 1);
  row = CLAMP (row, 0, cells->rows - 1);
  from = show_row (cells, number, row) + start;
  to = show_row (cells, number, next) + start;
  if (plane->sample_size == 1)
    write_bytes (from, to, way, n * plane->n_samples, samples);
  else
    write_words (from, to, way, n * plane->n_samples, cells->planes, samples);
}

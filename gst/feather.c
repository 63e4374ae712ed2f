/* Soft edges of a coverage.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guided filter (He, Sun and Tang, "Guided Image Filtering", 2010): around each pixel the
 * coverage is taken for a linear function of the picture's brightness, a * brightness + b.  As in
 * "Fast Guided Filter" (He and Sun, 2015), a and b come from means of cells of a few pixels, and
 * only the brightness is looked at pixel by pixel.  Far from a border a is 0 and b is 0 or 1: there
 * nothing is done.
 */
#include "gst/feather.h"

#include <math.h>
#include <string.h>

#include "gst/isa.h"
#include "gst/sums.h"

#define NOISE 3e-4f             /* variance of the brightness, 0..1, that is no edge */
#define UNGUIDED 1e6f           /* the same where nothing is */
#define DOUBT 0.2f              /* guided coverage up to which there is none */
#define SURE (1 / 512.f)        /* share that is as good as none */

/* The samples of the picture that say most about brightness: luma, or green. */
typedef struct
{
  const GstMask2FormerPlane *plane;
  gint first, step;
} Guide;

/* Coverage and brightness in cells of the coverage's `inside`. */
typedef struct
{
  const GstMask2FormerCoverage *coverage;
  const GstMask2FormerPlanes *picture;  /* or NULL */
  Guide guide;
  gint size;                    /* pixels of a cell's edge */
  gfloat step;                  /* half of a pixel, in cells */
  gint radius;                  /* cells */
  gint columns, rows;
  gfloat *covered, *bright, *both, *square;     /* means of cells, 0..1; later: */
  gfloat *a, *b;                /* `both` and `covered` */
  gfloat *spare;
  guint16 *sums;                /* of a row */
  gfloat *row;                  /* of cells, twice */
  gint *border;                 /* columns of cells */
  gfloat *pixel_a, *pixel_b, *pixel_bright;     /* of a row of pixels */
  guint8 *outcome;              /* Outcome by cell */
} Grid;

void
gst_mask2former_feather_clear (GstMask2FormerFeather * feather)
{
  g_free (feather->memory.data);
  g_free (feather->sums.data);
  *feather = (GstMask2FormerFeather) { 0 };
}

static gint
cell_size (gint width)
{
  return width >= 8 ? 4 : width >= 4 ? 2 : 1;
}

/* So that a box is about as wide as the feather. */
static gint
box_radius (gint width)
{
  return MAX (width / cell_size (width) / 2, 1);
}

gint
gst_mask2former_feather_reach (gint width)
{
  return width == 0 ? 0 : cell_size (width) * (2 * box_radius (width) + 2);
}

/* ---- cells ---- */

/* FALSE if there is no memory. */
static gboolean
grid_init (Grid * grid, GstMask2FormerFeather * feather,
    const GstMask2FormerCoverage * coverage,
    const GstMask2FormerPlanes * picture, gint width)
{
  gint size = cell_size (width);
  gsize n, row;

  *grid = (Grid) {
    .coverage = coverage,
    .picture = picture,
    .size = size,
    .step = 0.5f / size,
    .radius = box_radius (width),
    .columns = (coverage->inside.w + size - 1) / size,
    .rows = (coverage->inside.h + size - 1) / size,
  };
  n = (gsize) grid->columns * grid->rows;
  row = (gsize) GST_MASK2FORMER_MAX_BLOCK * (coverage->width + 1);
  if (!gst_mask2former_scratch_reserve (&feather->memory,
          6 * n + 3 * (grid->columns + 2) + 3 * grid->columns * size,
          sizeof (gfloat))
      || !gst_mask2former_scratch_reserve (&feather->sums, row,
          sizeof (gfloat)))
    return FALSE;
  memset (feather->memory.data, 0, 4 * n * sizeof (gfloat));
  grid->covered = feather->memory.data;
  grid->bright = grid->covered + n;
  grid->both = grid->bright + n;
  grid->square = grid->both + n;
  grid->spare = grid->square + n;
  grid->outcome = (guint8 *) (grid->spare + n);
  grid->row = grid->spare + 2 * n;
  grid->border = (gint *) (grid->row + 2 * (grid->columns + 2));
  grid->pixel_a = grid->row + 3 * (grid->columns + 2);
  grid->pixel_b = grid->pixel_a + grid->columns * size;
  grid->pixel_bright = grid->pixel_b + grid->columns * size;
  grid->a = grid->both;
  grid->b = grid->covered;
  grid->sums = feather->sums.data;
  return TRUE;
}

static Guide
guide_of (const GstMask2FormerPlanes * picture)
{
  const GstVideoFormatInfo *format = picture->format;
  gint comp = GST_VIDEO_FORMAT_INFO_IS_RGB (format) ? 1 : 0;
  const GstMask2FormerPlane *plane =
      &picture->plane[GST_VIDEO_FORMAT_INFO_PLANE (format, comp)];

  return (Guide) {
    plane,
        gst_mask2former_first_sample (format, comp, plane->sample_size),
        gst_mask2former_sample_step (format, comp, plane->sample_size)
  };
}

static void
read_coverage (Grid * grid, gint row, gint first, gint last)
{
  const GstVideoRectangle *inside = &grid->coverage->inside;
  gint y;

  memset (grid->sums, 0, inside->w * sizeof (guint16));
  for (y = first; y < last; y++)
    gst_mask2former_sum_bytes (gst_mask2former_coverage_row (grid->coverage,
            y) + inside->x, inside->w, grid->sums);
  gst_mask2former_sum_cells (grid->sums, 1, inside->w, grid->size,
      grid->columns, grid->covered + row * grid->columns);
}

static void
read_picture (Grid * grid, gint row, gint first, gint last)
{
  const GstVideoRectangle *inside = &grid->coverage->inside;
  const GstMask2FormerPlanes *picture = grid->picture;
  Guide guide = grid->guide;
  gint start = inside->x * guide.step, n = inside->w * guide.step, y;

  memset (grid->sums, 0, n * sizeof (guint16));
  for (y = first; y < last; y++) {
    const guint8 *bytes = gst_mask2former_block_at (guide.plane, 0, y);

    if (guide.plane->sample_size == 1)
      gst_mask2former_sum_bytes (bytes + start, n, grid->sums);
    else
      gst_mask2former_sum_words ((const guint16 *) bytes + start, n,
          picture->shift, (1 << picture->depth) - 1, grid->sums);
  }
  gst_mask2former_sum_cells (grid->sums + guide.first, guide.step, inside->w,
      grid->size, grid->columns, grid->bright + row * grid->columns);
}

/* Makes sums of a row of cells means, 0..1. */
static void
average (const Grid * grid, gint rows, gfloat most, gfloat * total)
{
  gint left = grid->coverage->inside.w, i;

  for (i = 0; i < grid->columns; i++, left -= grid->size)
    total[i] /= most * rows * MIN (left, grid->size);
}

static void
read_cells (Grid * grid)
{
  const GstVideoRectangle *inside = &grid->coverage->inside;
  gsize n = (gsize) grid->columns * grid->rows, i;
  gint row;

  for (row = 0; row < grid->rows; row++) {
    gint first = inside->y + row * grid->size;
    gint last = MIN (first + grid->size, inside->y + inside->h);
    gsize at = (gsize) row * grid->columns;

    read_coverage (grid, row, first, last);
    average (grid, last - first, 255, grid->covered + at);
    if (!grid->picture)
      continue;
    read_picture (grid, row, first, last);
    average (grid, last - first, (1 << grid->picture->depth) - 1,
        grid->bright + at);
  }
  for (i = 0; grid->picture && i < n; i++) {
    grid->both[i] = grid->covered[i] * grid->bright[i];
    grid->square[i] = grid->bright[i] * grid->bright[i];
  }
}

/* ---- the filter ---- */

static void
blur (Grid * grid, gfloat * values)
{
  gst_mask2former_box_blur (values, grid->columns, grid->rows, grid->radius,
      grid->spare, (gfloat *) grid->sums);
}

/* The coverage of cells as a function of their brightness. */
FOR_EACH_ISA static void
fit (Grid * grid)
{
  gsize n = (gsize) grid->columns * grid->rows, i;

  for (i = 0; i < n; i++) {
    gfloat covered = grid->covered[i], bright = grid->bright[i];
    gfloat variance = grid->square[i] - bright * bright;
    gfloat covariance = grid->both[i] - covered * bright;
    gboolean even = covered < SURE || covered > 1 - SURE;
    gfloat a = even ? 0 : covariance / (MAX (variance, 0) + NOISE);

    grid->a[i] = a;
    grid->b[i] = covered - a * bright;
  }
}

static void
filter (Grid * grid)
{
  blur (grid, grid->covered);
  if (grid->picture) {
    blur (grid, grid->bright);
    blur (grid, grid->both);
    blur (grid, grid->square);
    fit (grid);
    blur (grid, grid->a);
  }
  blur (grid, grid->b);
}

/* ---- pixels ---- */

/* The values of a row of pixels in the middle between rows of cells, with one more at both ends;
 * `way` is 0..1 from the row above. */
static void
mix_rows (const Grid * grid, const gfloat * values, gint row, gfloat way,
    gfloat * out)
{
  const gfloat *upper = values + MAX (row, 0) * grid->columns;
  const gfloat *lower = values + MIN (row + 1, grid->rows - 1) * grid->columns;
  gint i;

  for (i = 0; i < grid->columns; i++)
    out[i + 1] = upper[i] + way * (lower[i] - upper[i]);
  out[0] = out[1];
  out[grid->columns + 1] = out[grid->columns];
}

/* What the function of a cell can give. */
typedef enum
{
  NOTHING = 1 << 0,
  ALL = 1 << 1,
  SOME = NOTHING | ALL,
} Outcome;

FOR_EACH_ISA static void
classify (const Grid * grid, guint8 * restrict outcome)
{
  gsize n = (gsize) grid->columns * grid->rows, i;

  for (i = 0; i < n; i++) {
    gboolean flat = fabsf (grid->a[i]) < SURE;

    outcome[i] = flat && grid->b[i] < SURE ? NOTHING :
        flat && grid->b[i] > 1 - SURE ? ALL : SOME;
  }
}

/* The columns of cells where pixels between two rows of cells are not all of one kind; tells how
 * many. */
static gint
find_border (const Grid * grid, gint row, gint * border)
{
  const guint8 *upper = grid->outcome + MAX (row, 0) * grid->columns;
  const guint8 *lower = grid->outcome +
      MIN (row + 1, grid->rows - 1) * grid->columns;
  gint last = grid->columns - 1, n = 0, i;

  for (i = 0; i <= last; i++) {
    gint before = MAX (i - 1, 0), after = MIN (i + 1, last);

    if ((upper[before] | upper[i] | upper[after] | lower[before] | lower[i] |
            lower[after]) == SOME)
      border[n++] = i;
  }
  return n;
}

/* The functions of the pixels of a cell, from those of the cells around it. */
static inline void
stretch_cell (const Grid * grid, gint column, const gfloat * a,
    const gfloat * b)
{
  gint k, first = column * grid->size;

  for (k = 0; k < grid->size; k++) {
    gfloat way = (2 * k + 1) * grid->step - 0.5f;
    gint from = column + (way >= 0);
    gfloat part = way >= 0 ? way : way + 1;

    grid->pixel_a[first + k] = a[from] + part * (a[from + 1] - a[from]);
    grid->pixel_b[first + k] = b[from] + part * (b[from + 1] - b[from]);
  }
}

/* The brightness of pixels first..last - 1 of row y of the frame, 0..1. */
static inline void
read_brightness (const Grid * grid, gint first, gint last, gint y,
    gfloat * restrict bright)
{
  const Guide *guide = &grid->guide;
  const guint8 *bytes = gst_mask2former_block_at (guide->plane, 0, y);
  const guint16 *words = (const guint16 *) bytes;
  gint most = (1 << grid->picture->depth) - 1, x;
  gint at = grid->coverage->inside.x * guide->step + guide->first;
  gfloat unit = 1.f / most;

  if (guide->plane->sample_size == 1)
    for (x = first; x < last; x++)
      bright[x] = bytes[at + x * guide->step] * unit;
  else
    for (x = first; x < last; x++)
      bright[x] = (words[at + x * guide->step] >> grid->picture->shift & most) *
          unit;
}

/* Pixels of row y of the frame whose functions are known. */
static inline void
feather_pixels (const Grid * grid, gint first, gint last, gint y,
    guint8 * restrict covered)
{
  const gfloat *a = grid->pixel_a, *b = grid->pixel_b;
  gfloat *bright = grid->pixel_bright, scale = 255 / (1 - 2 * DOUBT);
  gint x;

  if (!grid->picture) {         /* outwards only */
    for (x = first; x < last; x++)
      covered[x] = MAX (covered[x], (gint) (CLAMP (b[x] * 255, 0, 255) + 0.5f));
    return;
  }
  read_brightness (grid, first, last, y, bright);
  for (x = first; x < last; x++) {      /* what is left of textures goes */
    gfloat share = (b[x] + a[x] * bright[x] - DOUBT) * scale;

    covered[x] = (gint) (CLAMP (share, 0, 255) + 0.5f);
  }
}

/* The pixels of `n` cells in row y of the frame. */
FOR_EACH_ISA static void
feather_cells (const Grid * grid, gint n, gint y, const gfloat * a,
    const gfloat * b, guint8 * covered)
{
  gint width = grid->coverage->inside.w, i, end;

  for (i = 0; i < n; i = end) {
    const gint *border = grid->border + i;

    stretch_cell (grid, border[0], a, b);
    for (end = i + 1; end < n && border[end - i] == border[0] + end - i; end++)
      stretch_cell (grid, border[end - i], a, b);
    feather_pixels (grid, border[0] * grid->size,
        MIN ((border[0] + end - i) * grid->size, width), y, covered);
  }
}

static void
feather_rows (const Grid * grid)
{
  const GstVideoRectangle *inside = &grid->coverage->inside;
  guint8 *covered = (guint8 *) grid->coverage->pixels.data + inside->x;
  gfloat *a = grid->row, *b = a + grid->columns + 2;
  gint last = G_MININT, n = 0, y;

  for (y = 0; y < inside->h; y++, covered += grid->coverage->stride) {
    gfloat at = (y + 0.5f) / grid->size - 0.5f;
    gint row = floorf (at);

    if (row != last)
      n = find_border (grid, row, grid->border);
    last = row;
    if (n == 0)
      continue;
    mix_rows (grid, grid->a, row, at - row, a);
    mix_rows (grid, grid->b, row, at - row, b);
    feather_cells (grid, n, inside->y + y, a, b, covered);
  }
}

static gboolean
feather_edges (GstMask2FormerFeather * feather,
    GstMask2FormerCoverage * coverage, const GstMask2FormerPlanes * picture,
    gint width)
{
  Grid grid;

  if (coverage->inside.w == 0 || width == 0)
    return TRUE;
  if (!grid_init (&grid, feather, coverage, picture, width))
    return FALSE;
  if (picture)
    grid.guide = guide_of (picture);
  read_cells (&grid);
  filter (&grid);
  classify (&grid, grid.outcome);
  feather_rows (&grid);
  gst_mask2former_coverage_pad (coverage);
  return TRUE;
}

gboolean
gst_mask2former_feather_along (GstMask2FormerFeather * feather,
    GstMask2FormerCoverage * coverage, const GstMask2FormerPlanes * picture,
    gint width)
{
  return feather_edges (feather, coverage, picture, width);
}

gboolean
gst_mask2former_feather_outwards (GstMask2FormerFeather * feather,
    GstMask2FormerCoverage * coverage, gint width)
{
  return feather_edges (feather, coverage, NULL, width);
}

/* Lays one picture over another where a coverage says so.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row is looked at in groups of eight pixels.  Those that are not covered cost a comparison,
 * those that are wholly covered are copied, and only the others are blended.
 */
#include "gst/compose.h"

#include <string.h>

#include "gst/isa.h"

#define GROUP 8                 /* pixels; the stride of a coverage is a multiple */

typedef struct
{
  const GstMask2FormerPlanes *planes;
  GstMask2FormerSource source;
  gpointer picture;
  guint8 *alpha;                /* by sample of a row */
  gpointer samples;             /* of the picture's row */
} Job;

/* ---- rows of samples ---- */

/* Alpha is 0..255; 255 gives `src` exactly. */
static inline void
blend_bytes (guint8 * restrict dst, const guint8 * restrict src,
    const guint8 * restrict alpha, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    guint16 share = alpha[i] + (alpha[i] >> 7);

    dst[i] = (guint16) (dst[i] * (256 - share) + src[i] * share + 128) >> 8;
  }
}

static inline void
blend_words (guint16 * restrict dst, const guint16 * restrict src,
    const guint8 * restrict alpha, gint n, const GstMask2FormerPlanes * planes)
{
  guint16 mask = (1 << planes->depth) - 1;
  gint shift = planes->shift, i;

  for (i = 0; i < n; i++) {
    guint32 share = alpha[i] + (alpha[i] >> 7);
    guint32 below = dst[i] >> shift & mask, above = src[i] >> shift & mask;
    guint16 sum = (below * (256 - share) + above * share + 128) >> 8;

    dst[i] = share == 0 ? dst[i] : sum << shift;
  }
}

FOR_EACH_ISA static void
blend (const GstMask2FormerPlanes * planes, gint sample_size, gpointer dst,
    gconstpointer src, const guint8 * alpha, gint n)
{
  if (sample_size == 1)
    blend_bytes (dst, src, alpha, n);
  else
    blend_words (dst, src, alpha, n, planes);
}

/* The alpha of `n` blocks' samples; `upper` and `lower` are their pixels in the rows of a block,
 * the same if it is one pixel high. */
static inline void
spread_alpha (const GstMask2FormerPlane * plane, const guint8 * restrict upper,
    const guint8 * restrict lower, gint n, guint8 * restrict alpha)
{
  gint step = plane->n_samples, width = 1 << plane->w_shift, s, i;

  for (s = 0; s < step; s++) {
    const guint8 *at = plane->pixels[s];
    const guint8 *a = at[0] & 2 ? lower + (at[0] & 1) : upper + (at[0] & 1);
    const guint8 *b = at[1] & 2 ? lower + (at[1] & 1) : upper + (at[1] & 1);
    const guint8 *c = at[2] & 2 ? lower + (at[2] & 1) : upper + (at[2] & 1);
    const guint8 *d = at[3] & 2 ? lower + (at[3] & 1) : upper + (at[3] & 1);

    if (plane->is_colour[s])
      for (i = 0; i < n; i++)
        alpha[i * step + s] = (a[i * width] + b[i * width] + c[i * width] +
            d[i * width] + 2) >> 2;
    else
      for (i = 0; i < n; i++)
        alpha[i * step + s] = 0;
  }
}

FOR_EACH_ISA static void
find_alpha (const GstMask2FormerPlane * plane, const guint8 * upper,
    const guint8 * lower, gint n, guint8 * alpha)
{
  spread_alpha (plane, upper, lower, n, alpha);
}

/* Copies blocks of four bytes of which one is alpha or padding. */
FOR_EACH_ISA static void
copy_colours (const GstMask2FormerPlane * plane, guint8 * dst,
    const guint8 * src, gint n)
{
  guint32 above, below, mask;
  guint8 colours[4];
  gint i;

  for (i = 0; i < 4; i++)
    colours[i] = plane->is_colour[i] ? 0xff : 0;
  memcpy (&mask, colours, sizeof mask);
  for (i = 0; i < n; i++) {
    memcpy (&below, dst + 4 * i, sizeof below);
    memcpy (&above, src + 4 * i, sizeof above);
    below = (below & ~mask) | (above & mask);
    memcpy (dst + 4 * i, &below, sizeof below);
  }
}

/* ---- runs ---- */

static gboolean
has_padding (const GstMask2FormerPlane * plane)
{
  gint i;

  for (i = 0; i < plane->n_samples; i++)
    if (!plane->is_colour[i])
      return TRUE;
  return FALSE;
}

/* Blocks that are wholly covered. */
static void
cover (const Job * job, guint number, gint x, gint y, gint n)
{
  const GstMask2FormerPlane *plane = &job->planes->plane[number];
  guint8 *dst = gst_mask2former_block_at (plane, x, y);

  if (!has_padding (plane)) {
    job->source (job->picture, number, x, y, n, dst);
    return;
  }
  job->source (job->picture, number, x, y, n, job->samples);
  copy_colours (plane, dst, job->samples, n);
}

/* Blocks that are covered in part. */
static void
mix (const Job * job, guint number, gint x, gint y, gint n,
    const guint8 * const *rows)
{
  const GstMask2FormerPlane *plane = &job->planes->plane[number];
  gint pixel = x << plane->w_shift;
  const guint8 *alpha = job->alpha;

  job->source (job->picture, number, x, y, n, job->samples);
  if (plane->n_samples == 1 && plane->w_shift + plane->h_shift == 0)
    alpha = rows[0] + pixel;
  else
    find_alpha (plane, rows[0] + pixel, rows[1] + pixel, n, job->alpha);
  blend (job->planes, plane->sample_size,
      gst_mask2former_block_at (plane, x, y), job->samples, alpha,
      n * plane->n_samples);
}

typedef enum
{ NONE, PART, ALL } Share;

/* How much of a group of pixels is covered. */
static inline Share
share_of (const guint8 * const *rows, gint group)
{
  guint64 upper, lower;

  memcpy (&upper, rows[0] + group * GROUP, sizeof upper);
  memcpy (&lower, rows[1] + group * GROUP, sizeof lower);
  if ((upper | lower) == 0)
    return NONE;
  return (upper & lower) == G_MAXUINT64 ? ALL : PART;
}

/* Row y of blocks; `rows` are the coverage of their pixels' rows, the same if a block is one pixel
 * high. */
static void
compose_row (const Job * job, guint number, gint y, const guint8 * const *rows)
{
  const GstMask2FormerPlane *plane = &job->planes->plane[number];
  gint n_groups = (job->planes->width + GROUP - 1) / GROUP, group, end;

  for (group = 0; group < n_groups; group = end) {
    Share share = share_of (rows, group);
    gint x = group * GROUP >> plane->w_shift, n;

    for (end = group + 1; end < n_groups && share_of (rows, end) == share;)
      end++;
    n = MIN (end * GROUP >> plane->w_shift, plane->columns) - x;
    if (share == ALL)
      cover (job, number, x, y, n);
    else if (share == PART)
      mix (job, number, x, y, n, rows);
  }
}

/* Rows that share chroma samples. */
static void
compose_band (const Job * job, const GstMask2FormerCoverage * coverage, gint y)
{
  gint n = MIN (job->planes->band, job->planes->height - y), row;
  const guint8 *rows[] = { gst_mask2former_coverage_row (coverage, y),
    gst_mask2former_coverage_row (coverage, y + 1)
  };
  guint i;

  for (i = 0; i < job->planes->n_planes; i++) {
    if (job->planes->plane[i].h_shift > 0) {
      compose_row (job, i, y / 2, rows);
      continue;
    }
    for (row = 0; row < n; row++) {
      const guint8 *same[] = { rows[row], rows[row] };

      compose_row (job, i, y + row, same);
    }
  }
}

gboolean
gst_mask2former_compose (const GstMask2FormerPlanes * planes,
    const GstMask2FormerCoverage * coverage, GstMask2FormerSource source,
    gpointer picture, GstMask2FormerScratch * scratch)
{
  gsize n = (gsize) (planes->width + 1) * GST_MASK2FORMER_MAX_BLOCK;
  Job job = { planes, source, picture };
  gint y;

  if (!gst_mask2former_scratch_reserve (scratch, n, 1 + sizeof (guint16)))
    return FALSE;
  job.samples = scratch->data;
  job.alpha = (guint8 *) scratch->data + n * sizeof (guint16);
  for (y = 0; y < planes->height; y += planes->band)
    if (!gst_mask2former_coverage_is_empty (coverage, y, y + planes->band))
      compose_band (&job, coverage, y);
  return TRUE;
}

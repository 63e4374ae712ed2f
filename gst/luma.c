/* Small pictures of the luma of video frames, for finding motion in them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/luma.h"

#include <string.h>

#include "gst/isa.h"

#define SHORT_SIDE 135          /* pixels that the factor aims at */
#define MARGIN GST_MASK2FORMER_LUMA_MARGIN
#define MAX_ROWS 16             /* of a square that are read: sums of bytes fit 16 bits */

/* What is summed up of a frame, and how. */
typedef struct
{
  gint factor;
  gint rows, row_step;          /* rows of each square that are read: number, distance */
  gint shift;                   /* from a sample of 16 bits to its upper 8 */
  gint sample_size;             /* bytes */
  gint step[3];                 /* samples from pixel to pixel, by plane; 0: not read */
  gint16 *weights[3];           /* of the samples of a square's row; together 256 per pixel */
} Sampling;

gint
gst_mask2former_luma_factor (const GstVideoInfo * info)
{
  gint edge = MIN (info->width, info->height);

  return MAX ((edge + SHORT_SIDE / 2) / SHORT_SIDE, 1);
}

static gboolean
is_readable (const GstVideoFormatInfo * format)
{
  gint depth = GST_VIDEO_FORMAT_INFO_DEPTH (format, 0);

  if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (format) ||
      GST_VIDEO_FORMAT_INFO_HAS_PALETTE (format) ||
      GST_VIDEO_FORMAT_INFO_IS_TILED (format))
    return FALSE;
  return depth == 8 || (depth > 8 && depth <= 16 &&
      !GST_VIDEO_FORMAT_INFO_IS_LE (format) ==
      (G_BYTE_ORDER != G_LITTLE_ENDIAN));
}

static void
weigh_component (Sampling * sampling, const GstVideoFormatInfo * format,
    guint comp, gint weight)
{
  gint plane = GST_VIDEO_FORMAT_INFO_PLANE (format, comp);
  gint size = sampling->sample_size, i;

  sampling->step[plane] = GST_VIDEO_FORMAT_INFO_PSTRIDE (format, comp) / size;
  if (!sampling->weights[plane])
    sampling->weights[plane] = g_new0 (gint16, sampling->factor *
        sampling->step[plane]);
  for (i = 0; i < sampling->factor; i++)
    sampling->weights[plane][i * sampling->step[plane] +
        GST_VIDEO_FORMAT_INFO_POFFSET (format, comp) / size] = weight;
}

static void
plan_sampling (Sampling * sampling, const GstVideoInfo * info)
{
  static const gint luma_of_rgb[3] = { 77, 150, 29 };   /* BT.601 */
  gint depth = GST_VIDEO_FORMAT_INFO_DEPTH (info->finfo, 0);
  gint factor = gst_mask2former_luma_factor (info);
  guint comp;

  *sampling = (Sampling) {
    .factor = factor,
    /* every other row of large squares, or fewer: reading the frame is most of the work */
    .row_step = MAX (factor / 4, 1),
    .sample_size = depth == 8 ? 1 : 2,
    .shift = depth - 8 + GST_VIDEO_FORMAT_INFO_SHIFT (info->finfo, 0),
  };
  sampling->rows = MIN ((factor + sampling->row_step - 1) / sampling->row_step,
      MAX_ROWS);
  if (!GST_VIDEO_INFO_IS_RGB (info))
    weigh_component (sampling, info->finfo, 0, 256);
  else
    for (comp = 0; comp < 3; comp++)
      weigh_component (sampling, info->finfo, comp, luma_of_rgb[comp]);
}

/* ---- memory and margins ---- */

static gboolean
reserve (GstMask2FormerLuma * luma, gint width, gint height)
{
  gsize stride = width + 2 * MARGIN, size = stride * (height + 2 * MARGIN);

  if (size > luma->capacity) {
    g_free (luma->memory);
    luma->memory = g_try_malloc (size);
    luma->capacity = luma->memory ? size : 0;
    if (!luma->memory)
      return FALSE;
  }
  luma->width = width;
  luma->height = height;
  luma->stride = stride;
  luma->pixels = luma->memory + MARGIN * stride + MARGIN;
  return TRUE;
}

static void
continue_edges (GstMask2FormerLuma * luma)
{
  gint stride = luma->stride, y;
  guint8 *row = luma->pixels, *first, *last;

  for (y = 0; y < luma->height; y++, row += stride) {
    memset (row - MARGIN, row[0], MARGIN);
    memset (row + luma->width, row[luma->width - 1], MARGIN);
  }
  first = luma->pixels - MARGIN;
  last = first + (luma->height - 1) * stride;
  for (y = 1; y <= MARGIN; y++) {
    memcpy (first - y * stride, first, stride);
    memcpy (last + y * stride, last, stride);
  }
}

void
gst_mask2former_luma_clear (GstMask2FormerLuma * luma)
{
  g_free (luma->memory);
  *luma = (GstMask2FormerLuma) { 0 };
}

/* ---- shrinking ---- */

static inline void
add_row (gint16 * restrict sums, const guint8 * restrict row, gint n,
    const Sampling * sampling)
{
  const guint16 *row16 = (const guint16 *) row;
  gint i;

  if (sampling->sample_size == 1)
    for (i = 0; i < n; i++)
      sums[i] += row[i];
  else
    for (i = 0; i < n; i++)
      sums[i] += (guint8) (row16[i] >> sampling->shift);
}

/* Adds up the rows of a plane that belong to row y of the small picture. */
static inline void
add_rows (gint16 * sums, const GstVideoFrame * frame, gint plane, gint n,
    gint y, const Sampling * sampling)
{
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane), i;
  const guint8 *row = (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane)
      + (gssize) (y * sampling->factor + sampling->row_step / 2) * stride;

  memset (sums, 0, n * sizeof (*sums));
  for (i = 0; i < sampling->rows; i++)
    add_row (sums, row + (gssize) i * sampling->row_step * stride, n, sampling);
}

/* Adds the weighted sums of `length` samples to each of n pixels. */
static inline void
add_columns (gint32 * restrict out, const gint16 * restrict sums,
    const gint16 * restrict weights, gint n, gint length)
{
  gint x, i;

  for (x = 0; x < n; x++, sums += length) {
    gint32 sum = 0;

    for (i = 0; i < length; i++)
      sum += sums[i] * weights[i];
    out[x] += sum;
  }
}

/* The usual lengths, known when compiled: a row of a square of 8 in planes, RGB and RGBA. */
static inline void
add_columns_of (gint32 * out, const gint16 * sums, const gint16 * weights,
    gint n, gint length)
{
  switch (length) {
    case 8:
      add_columns (out, sums, weights, n, 8);
      break;
    case 24:
      add_columns (out, sums, weights, n, 24);
      break;
    case 32:
      add_columns (out, sums, weights, n, 32);
      break;
    default:
      add_columns (out, sums, weights, n, length);
      break;
  }
}

/* One row of the small picture; `sums` has room for the samples of a row of the frame. */
FOR_EACH_ISA static void
shrink_row (GstMask2FormerLuma * luma, const GstVideoFrame * frame,
    const Sampling * sampling, gint y, gint16 * sums, gint32 * out)
{
  guint8 *dst = luma->pixels + y * luma->stride;
  gfloat mean = 1.f / (256 * sampling->factor * sampling->rows);
  gint plane, x;

  memset (out, 0, luma->width * sizeof (*out));
  for (plane = 0; plane < 3; plane++) {
    gint length = sampling->factor * sampling->step[plane];

    if (length == 0)
      continue;
    add_rows (sums, frame, plane, luma->width * length, y, sampling);
    add_columns_of (out, sums, sampling->weights[plane], luma->width, length);
  }
  for (x = 0; x < luma->width; x++)
    dst[x] = out[x] * mean + 0.5f;
}

gboolean
gst_mask2former_luma_shrink (GstMask2FormerLuma * luma,
    const GstVideoFrame * frame)
{
  const GstVideoInfo *info = &frame->info;
  g_autofree gint16 *sums = NULL;
  g_autofree gint32 *out = NULL;
  Sampling sampling;
  gboolean reserved;
  gint i;

  if (!is_readable (info->finfo))
    return FALSE;

  plan_sampling (&sampling, info);
  reserved = reserve (luma, info->width / sampling.factor,
      info->height / sampling.factor);
  sums = g_try_new (gint16, (gsize) info->width * MAX (MAX (sampling.step[0],
              sampling.step[1]), sampling.step[2]));
  out = g_try_new (gint32, info->width / sampling.factor);
  reserved = reserved && sums && out;
  for (i = 0; reserved && i < luma->height; i++)
    shrink_row (luma, frame, &sampling, i, sums, out);
  if (reserved)
    continue_edges (luma);
  for (i = 0; i < 3; i++)
    g_free (sampling.weights[i]);
  return reserved;
}

gboolean
gst_mask2former_luma_halve (GstMask2FormerLuma * half,
    const GstMask2FormerLuma * luma)
{
  gint x, y;

  if (!reserve (half, MAX (luma->width / 2, 1), MAX (luma->height / 2, 1)))
    return FALSE;
  for (y = 0; y < half->height; y++) {
    const guint8 *upper = luma->pixels + 2 * y * luma->stride;
    const guint8 *lower = upper + luma->stride;
    guint8 *dst = half->pixels + y * half->stride;

    for (x = 0; x < half->width; x++)
      dst[x] = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] +
          lower[2 * x + 1] + 2) / 4;
  }
  continue_edges (half);
  return TRUE;
}

static gint64
sum_up (const GstMask2FormerLuma * luma)
{
  gint64 sum = 0;
  gint x, y;

  for (y = 0; y < luma->height; y++) {
    const guint8 *row = luma->pixels + y * luma->stride;
    guint row_sum = 0;

    for (x = 0; x < luma->width; x++)
      row_sum += row[x];
    sum += row_sum;
  }
  return sum;
}

gboolean
gst_mask2former_luma_match (GstMask2FormerLuma * matched,
    const GstMask2FormerLuma * luma, const GstMask2FormerLuma * like)
{
  gint by = (sum_up (like) - sum_up (luma)) / (luma->width * luma->height);
  gint x, y;

  if (!reserve (matched, luma->width, luma->height))
    return FALSE;
  for (y = 0; y < luma->height; y++) {
    const guint8 *src = luma->pixels + y * luma->stride;
    guint8 *dst = matched->pixels + y * matched->stride;

    for (x = 0; x < luma->width; x++)
      dst[x] = CLAMP (src[x] + by, 0, 255);
  }
  continue_edges (matched);
  return TRUE;
}

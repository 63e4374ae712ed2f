/* Blends colours over the pixels of a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of pixels is a run of blocks in each plane (see planes.h), which are blended at once:
 * samples are multiplied and added to by a pattern that repeats every PERIOD of them, a multiple of
 * the samples of all blocks, so that one vectorized loop serves every plane of every format.
 */
#include "gst/painter.h"

#include <math.h>
#include <string.h>

#include "gst/isa.h"
#include "gst/planes.h"
#include "gst/scratch.h"

#define PERIOD 48               /* samples; a multiple of 1, 2, 3, 4 and of a vector register */

/* out = (in * mul + add) / 256, for samples with more than 8 bits in the upper bits of 16 */
typedef struct
{
  guint16 mul[PERIOD];
  guint16 add[PERIOD];
} Pattern;

/* The same of one sample, for 32 bits: an invisible paint has a factor of 1. */
typedef struct
{
  guint32 mul, add;
} Factor;

typedef struct
{
  gboolean visible;
  Factor block[GST_MASK2FORMER_MAX_PLANES][GST_MASK2FORMER_MAX_BLOCK];
  Pattern plane[GST_MASK2FORMER_MAX_PLANES];
} Paint;

struct _GstMask2FormerPainter
{
  GstMask2FormerScratch paints; /* Paint */
  GstMask2FormerScratch runs;   /* GstMask2FormerRun: as many as pixels, for both rows */
  GstMask2FormerRuns rows[2];

  /* of the frame: */
  GstMask2FormerColourSpace space;
  GstMask2FormerPlanes planes;
  gint up, down;                /* shifts to the upper bits of 16, and from there to a number */
};

GstMask2FormerPainter *
gst_mask2former_painter_new (void)
{
  return g_new0 (GstMask2FormerPainter, 1);
}

void
gst_mask2former_painter_free (GstMask2FormerPainter * painter)
{
  g_free (painter->paints.data);
  g_free (painter->runs.data);
  g_free (painter);
}

static void
hide (Paint * paint, Factor one)
{
  guint plane, i;

  paint->visible = FALSE;
  for (plane = 0; plane < GST_MASK2FORMER_MAX_PLANES; plane++)
    for (i = 0; i < GST_MASK2FORMER_MAX_BLOCK; i++)
      paint->block[plane][i] = one;
}

gboolean
gst_mask2former_painter_begin (GstMask2FormerPainter * painter,
    const GstVideoFrame * frame, guint n_paints)
{
  GstMask2FormerPlanes *planes = &painter->planes;
  gint width = GST_VIDEO_FRAME_WIDTH (frame);
  guint i;

  gst_mask2former_planes_init (planes, frame);
  painter->up = 16 - planes->depth - planes->shift;
  painter->down = 16 - planes->depth;
  gst_mask2former_colour_space_init (&painter->space, &frame->info);

  if (!gst_mask2former_scratch_reserve (&painter->runs, 2 * (gsize) width,
          sizeof (GstMask2FormerRun))
      || !gst_mask2former_scratch_reserve (&painter->paints, n_paints,
          sizeof (Paint)))
    return FALSE;
  painter->rows[0] = (GstMask2FormerRuns) { painter->runs.data, 0 };
  painter->rows[1] = (GstMask2FormerRuns) { painter->rows[0].runs + width, 0 };
  for (i = 0; i < n_paints; i++)
    hide ((Paint *) painter->paints.data + i, painter->planes.depth > 8 ?
        (Factor) { 1 << 16, 1 << painter->down >> 1 } : (Factor) { 1 << 8, 128 });
  return TRUE;
}

/* ---- paints ---- */

/* The paint's values of component `comp` into the pattern of its plane. */
static void
mix_component (GstMask2FormerPainter * painter, Pattern * pattern, gint comp,
    gint sample_size, gfloat value, gint weight)
{
  gint step = gst_mask2former_sample_step (painter->planes.format, comp,
      sample_size);
  gint i;

  for (i = gst_mask2former_first_sample (painter->planes.format, comp,
          sample_size); i < PERIOD; i += step) {
    if (sample_size == 1) {
      pattern->mul[i] = 256 - weight;
      pattern->add[i] = lrintf (value * weight) + 128;
    } else {                    /* in 1/65536, so that the product's upper half is the result */
      pattern->mul[i] = (256 - weight) << 8;
      pattern->add[i] = lrintf (value * (1 << painter->down) * weight / 256) +
          (1 << painter->down) / 2;
    }
  }
}

void
gst_mask2former_painter_set (GstMask2FormerPainter * painter, guint number,
    const guint8 rgb[3], gdouble opacity)
{
  Paint *paint = (Paint *) painter->paints.data + number;
  gfloat in[3] = { rgb[0], rgb[1], rgb[2] }, value[3];
  gint weight = lrint (opacity * 256), comp;
  guint plane, i;

  paint->visible = weight > 0;
  if (!paint->visible)
    return;
  gst_mask2former_colour_space_convert (&painter->space, in, 1, value);
  for (plane = 0; plane < painter->planes.n_planes; plane++) {
    for (i = 0; i < PERIOD; i++) {      /* leaves alpha and padding alone */
      paint->plane[plane].mul[i] = 256;
      paint->plane[plane].add[i] = 0;
    }
  }
  for (comp = 0; comp < gst_mask2former_n_colours (painter->planes.format);
      comp++) {
    guint at = GST_VIDEO_FORMAT_INFO_PLANE (painter->planes.format, comp);

    mix_component (painter, &paint->plane[at], comp,
        painter->planes.plane[at].sample_size, value[comp], weight);
  }
  for (plane = 0; plane < painter->planes.n_planes; plane++)
    for (i = 0; i < GST_MASK2FORMER_MAX_BLOCK; i++)
      paint->block[plane][i] = (Factor) { paint->plane[plane].mul[i],
        paint->plane[plane].add[i]
      };
}

void
gst_mask2former_painter_set_rgba (GstMask2FormerPainter * painter,
    guint number, const guint8 rgb[3], gdouble opacity)
{
  Paint *paint = (Paint *) painter->paints.data + number;
  const guint8 rgba[4] = { rgb[0], rgb[1], rgb[2], lrint (opacity * 255) };
  gint comp, i;

  paint->visible = rgba[3] > 0;
  for (comp = 0; comp < 4; comp++) {
    for (i = gst_mask2former_first_sample (painter->planes.format, comp, 1);
        i < PERIOD; i += 4) {
      paint->plane[0].mul[i] = 0;
      paint->plane[0].add[i] = rgba[comp] << 8;
    }
  }
}

/* ---- rows ---- */

gint
gst_mask2former_painter_rows (const GstMask2FormerPainter * painter)
{
  return painter->planes.band;
}

GstMask2FormerRuns *
gst_mask2former_painter_row (GstMask2FormerPainter * painter, gint row)
{
  return &painter->rows[row];
}

static inline void
blend_bytes (guint8 * restrict dst, gsize n, const Pattern * restrict pattern)
{
  gsize i;

  for (; n >= PERIOD; n -= PERIOD, dst += PERIOD)
    for (i = 0; i < PERIOD; i++)
      dst[i] = (guint16) (dst[i] * pattern->mul[i] + pattern->add[i]) >> 8;
  for (i = 0; i < n; i++)
    dst[i] = (guint16) (dst[i] * pattern->mul[i] + pattern->add[i]) >> 8;
}

/* Bits of the number in a word of the frame, in the upper bits. */
static inline guint16
upper_bits (guint16 word, gint up, gint down)
{
  return (guint16) (word << up) >> down << down;
}

static inline guint16
blend_word (guint16 word, guint16 mul, guint16 add, gint up, gint down)
{
  guint16 scaled = (guint32) upper_bits (word, up, down) * mul >> 16;

  return (guint16) (scaled + add) >> down << (down - up);
}

static inline void
blend_words (guint16 * restrict dst, gsize n, const Pattern * restrict pattern,
    gint up, gint down)
{
  gsize i;

  for (; n >= PERIOD; n -= PERIOD, dst += PERIOD)
    for (i = 0; i < PERIOD; i++)
      dst[i] = blend_word (dst[i], pattern->mul[i], pattern->add[i], up, down);
  for (i = 0; i < n; i++)
    dst[i] = blend_word (dst[i], pattern->mul[i], pattern->add[i], up, down);
}

/* `n` blocks of one paint. */
static inline void
blend_blocks (const GstMask2FormerPainter * painter, guint number, gint x,
    gint y, gint n, const Paint * paint)
{
  const GstMask2FormerPlane *plane = &painter->planes.plane[number];
  const Pattern *pattern = &paint->plane[number];
  guint8 *dst = gst_mask2former_block_at (plane, x, y);
  gsize n_samples = (gsize) n * plane->n_samples;

  if (plane->sample_size == 1)
    blend_bytes (dst, n_samples, pattern);
  else
    blend_words ((guint16 *) dst, n_samples, pattern, painter->up,
        painter->down);
}

/* One block whose four pixels do not all have the same paint. */
static inline void
blend_mixed_block (const GstMask2FormerPainter * painter, guint number,
    gint x, gint y, const guint16 of_pixels[4])
{
  const GstMask2FormerPlane *plane = &painter->planes.plane[number];
  const Paint *paints = painter->paints.data;
  guint8 *bytes = gst_mask2former_block_at (plane, x, y);
  guint16 *words = (guint16 *) bytes;
  gint s, i;

  for (s = 0; s < plane->n_samples; s++) {
    guint64 mul = 0;
    guint add = 0;

    for (i = 0; i < 4; i++) {
      const Factor *factor =
          &paints[of_pixels[plane->pixels[s][i]]].block[number][s];

      mul += factor->mul;
      add += factor->add;
    }
    if (plane->sample_size == 1)
      bytes[s] = (bytes[s] * mul + add) >> 10;
    else
      words[s] = ((upper_bits (words[s], painter->up, painter->down) *
              mul >> 16) + add) >> 2 >> painter->down << (painter->down -
          painter->up);
  }
}

/* A row of blocks of one pixel each. */
FOR_EACH_ISA static void
paint_pixels (const GstMask2FormerPainter * painter, guint number, gint y,
    const GstMask2FormerRuns * row)
{
  const Paint *paints = painter->paints.data;
  const GstMask2FormerRun *run;
  gint x = 0;

  for (run = row->runs; run < row->runs + row->n; run++) {
    if (paints[run->value].visible)
      blend_blocks (painter, number, x, y, run->end - x, &paints[run->value]);
    x = run->end;
  }
}

/* The paint of the pixel after x, which is in the run; the row's last pixel is repeated. */
static inline guint16
next_paint (const GstMask2FormerRun * run, gint x, gint width)
{
  return x + 1 < run->end || x + 1 == width ? run->value : run[1].value;
}

/* A row of blocks two pixels wide; `upper` and `lower` are the same if they are one pixel high. */
FOR_EACH_ISA static void
paint_pairs (const GstMask2FormerPainter * painter, guint number, gint y,
    const GstMask2FormerRuns * upper, const GstMask2FormerRuns * lower)
{
  const Paint *paints = painter->paints.data;
  const GstMask2FormerRun *above = upper->runs, *below = lower->runs;
  gint width = painter->planes.width, x, end;

  for (x = 0; x < width; x = end) {
    while (above->end <= x)
      above++;
    while (below->end <= x)
      below++;
    end = MIN (above->end, below->end);
    end = end == width ? GST_ROUND_UP_2 (width) : end & ~1;
    if (above->value == below->value && end > x) {
      if (paints[above->value].visible)
        blend_blocks (painter, number, x / 2, y, (end - x) / 2,
            &paints[above->value]);
    } else {
      guint16 block[4] = {
        above->value, next_paint (above, x, width),
        below->value, next_paint (below, x, width),
      };

      blend_mixed_block (painter, number, x / 2, y, block);
      end = x + 2;
    }
  }
}

static void
paint_plane (const GstMask2FormerPainter * painter, guint number, gint y,
    gint n)
{
  const GstMask2FormerPlane *plane = &painter->planes.plane[number];
  const GstMask2FormerRuns *rows = painter->rows;
  gint i;

  if (plane->h_shift > 0) {
    paint_pairs (painter, number, y / 2, &rows[0], &rows[n - 1]);
    return;
  }
  for (i = 0; i < n; i++) {
    if (plane->w_shift > 0)
      paint_pairs (painter, number, y + i, &rows[i], &rows[i]);
    else
      paint_pixels (painter, number, y + i, &rows[i]);
  }
}

void
gst_mask2former_painter_paint (GstMask2FormerPainter * painter, gint y)
{
  gint n = MIN (painter->planes.band, painter->planes.height - y), row;
  guint i;

  for (row = 0; row < n; row++)
    gst_mask2former_runs_add (&painter->rows[row], painter->planes.width, 0);
  for (i = 0; i < painter->planes.n_planes; i++)
    paint_plane (painter, i, y, n);
  painter->rows[0].n = painter->rows[1].n = 0;
}

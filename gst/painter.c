/* Blends colours over the pixels of a frame, in the frame's own format.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs of blocks (see planes.h) of one paint are blended at once: samples are multiplied and added
 * to by a pattern that repeats every PERIOD of them, a multiple of the samples of all blocks, so
 * that one vectorized loop serves every plane of every format.
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

typedef struct
{
  gboolean visible;
  Pattern plane[GST_MASK2FORMER_MAX_PLANES];
} Paint;

struct _GstMask2FormerPainter
{
  GstMask2FormerScratch paints; /* Paint */
  GstMask2FormerScratch keys;   /* guint16: of two rows, padded to an even width */

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
  g_free (painter->keys.data);
  g_free (painter);
}

gboolean
gst_mask2former_painter_begin (GstMask2FormerPainter * painter,
    const GstVideoFrame * frame, guint n_paints)
{
  GstMask2FormerPlanes *planes = &painter->planes;
  gsize n_keys = 2 * (GST_VIDEO_FRAME_WIDTH (frame) + 2);
  guint i;

  gst_mask2former_planes_init (planes, frame);
  painter->up = 16 - planes->depth - planes->shift;
  painter->down = 16 - planes->depth;
  gst_mask2former_colour_space_init (&painter->space, &frame->info);

  if (!gst_mask2former_scratch_reserve (&painter->keys, n_keys,
          sizeof (guint16))
      || !gst_mask2former_scratch_reserve (&painter->paints, n_paints,
          sizeof (Paint)))
    return FALSE;
  memset (painter->keys.data, 0, n_keys * sizeof (guint16));
  for (i = 0; i < n_paints; i++)
    ((Paint *) painter->paints.data)[i].visible = FALSE;
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

guint16 *
gst_mask2former_painter_keys (GstMask2FormerPainter * painter, gint row)
{
  return (guint16 *) painter->keys.data + row * (painter->planes.width + 2);
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
    gint x, gint y, const guint16 keys[4])
{
  const GstMask2FormerPlane *plane = &painter->planes.plane[number];
  const Paint *paints = painter->paints.data;
  guint8 *bytes = gst_mask2former_block_at (plane, x, y);
  guint16 *words = (guint16 *) bytes;
  gint s, i;

  for (s = 0; s < plane->n_samples; s++) {
    gboolean is_byte = plane->sample_size == 1;
    guint one = is_byte ? 1 << 8 : 1 << 16, mul = 0;
    guint rounding = is_byte ? 128 : 1 << painter->down >> 1, add = 0;

    for (i = 0; i < 4; i++) {
      const Paint *paint = &paints[keys[plane->pixels[s][i]]];

      mul += paint->visible ? paint->plane[number].mul[s] : one;
      add += paint->visible ? paint->plane[number].add[s] : rounding;
    }
    if (is_byte)
      bytes[s] = (bytes[s] * mul + add) >> 10;
    else
      words[s] = (((guint64) upper_bits (words[s], painter->up, painter->down) *
              mul >> 16) + add) >> 2 >> painter->down << (painter->down -
          painter->up);
  }
}

/* End of the run of equal values that starts at `x`, at most `width`. */
static inline gint
run_end (const guint16 * keys, gint x, gint width)
{
  const guint64 four = keys[x] * G_GUINT64_CONSTANT (0x0001000100010001);
  guint64 next[2];
  gint end = x + 1;

  for (; end + 8 <= width; end += 8) {
    memcpy (next, keys + end, sizeof next);
    if ((next[0] ^ four) | (next[1] ^ four))
      break;
  }
  while (end < width && keys[end] == keys[x])
    end++;
  return end;
}

/* End of the run that starts at `x` of values that are equal in both rows. */
static inline gint
common_run_end (const guint16 * upper, const guint16 * lower, gint x,
    gint width)
{
  const guint64 four = upper[x] * G_GUINT64_CONSTANT (0x0001000100010001);
  guint64 next[4];
  gint end = x;

  for (; end + 8 <= width; end += 8) {
    memcpy (next, upper + end, sizeof next / 2);
    memcpy (next + 2, lower + end, sizeof next / 2);
    if ((next[0] ^ four) | (next[1] ^ four) | (next[2] ^ four) |
        (next[3] ^ four))
      break;
  }
  while (end < width && upper[end] == upper[x] && lower[end] == upper[x])
    end++;
  return end;
}

/* A row of blocks of one pixel each. */
FOR_EACH_ISA static void
paint_pixels (const GstMask2FormerPainter * painter, guint number, gint y,
    const guint16 * keys)
{
  const Paint *paints = painter->paints.data;
  gint x, end;

  for (x = 0; x < painter->planes.width; x = end) {
    end = run_end (keys, x, painter->planes.width);
    if (paints[keys[x]].visible)
      blend_blocks (painter, number, x, y, end - x, &paints[keys[x]]);
  }
}

/* A row of blocks two pixels wide; `upper` and `lower` are the same if they are one pixel high. */
FOR_EACH_ISA static void
paint_pairs (const GstMask2FormerPainter * painter, guint number, gint y,
    const guint16 * upper, const guint16 * lower)
{
  const Paint *paints = painter->paints.data;
  gint width = (painter->planes.width + 1) / 2, x, end;

  for (x = 0; x < width; x = end) {
    guint16 key = upper[2 * x];

    /* blocks whose pixels are all in the run */
    end = (lower == upper ? run_end (upper, 2 * x, 2 * width) :
        common_run_end (upper, lower, 2 * x, 2 * width)) / 2;
    if (end > x) {
      if (paints[key].visible)
        blend_blocks (painter, number, x, y, end - x, &paints[key]);
    } else {
      guint16 keys[4] = { key, upper[2 * x + 1], lower[2 * x],
        lower[2 * x + 1]
      };

      blend_mixed_block (painter, number, x, y, keys);
      end = x + 1;
    }
  }
}

void
gst_mask2former_painter_paint (GstMask2FormerPainter * painter, gint y)
{
  gint n = MIN (painter->planes.band, painter->planes.height - y), row;
  guint16 *keys[2] = { NULL };
  guint i;

  for (row = 0; row < painter->planes.band; row++) {
    keys[row] = gst_mask2former_painter_keys (painter, row);
    if (row == n)               /* the last row's chroma */
      memcpy (keys[row], keys[0], painter->planes.width * sizeof (guint16));
    keys[row][painter->planes.width] = keys[row][painter->planes.width - 1];
  }
  for (i = 0; i < painter->planes.n_planes; i++) {
    const GstMask2FormerPlane *plane = &painter->planes.plane[i];

    if (plane->h_shift > 0) {
      paint_pairs (painter, i, y / 2, keys[0], keys[1]);
      continue;
    }
    for (row = 0; row < n; row++) {
      if (plane->w_shift > 0)
        paint_pairs (painter, i, y + row, keys[row], keys[row]);
      else
        paint_pixels (painter, i, y + row, keys[row]);
    }
  }
}

/* What panopticoverlay does to a frame: one effect at a time, where the segments are.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An effect is a row of a table.  Those that draw leave it to the overlay.  The others lay a
 * picture over a part of the frame, and say which part and what picture.
 */
#include "gst/effects.h"

#include <math.h>
#include <string.h>

#include "gst/cells.h"
#include "gst/compose.h"
#include "gst/coverage.h"
#include "gst/cutout.h"
#include "gst/feather.h"
#include "gst/planes.h"
#include "gst/scratch.h"

/* Parts of the frame's height that edges, blurs and blocks have by default. */
#define FEATHER_FRACTION 135
#define BLUR_FRACTION 54
#define BACKGROUND_BLUR_FRACTION 72
#define BLOCK_FRACTION 27

#define PLAIN 64                /* blocks */

/* A frame of one colour: some blocks of each plane, bytes or words as the frame has. */
typedef struct
{
  const GstMask2FormerPlanes *planes;
  guint16 blocks[GST_MASK2FORMER_MAX_PLANES][PLAIN * GST_MASK2FORMER_MAX_BLOCK];
} Plain;

struct _GstMask2FormerEffects
{
  GstMask2FormerOverlay *overlay;
  GstMask2FormerCoverage coverage;
  GstMask2FormerCoverage whole; /* of the frame, for who covers all of it */
  GstMask2FormerFeather feather;
  GstMask2FormerScratch row;

  GstVideoFrame *frame;
  GstMask2FormerPlanes planes;
  GstMask2FormerColourSpace space;
  const GstMask2FormerEffectSettings *settings;
  Plain plain;
  GstMask2FormerCells cells;
  GstMask2FormerPlanes background;
};

/* How an effect lays its picture over what is covered; FALSE if there is no memory. */
typedef gboolean (*Cover) (GstMask2FormerEffects * effects);

typedef struct
{
  Cover cover;                  /* NULL: the effect draws the look */
  gboolean inverted;            /* covers what is not in a segment */
  gboolean changes_all;         /* of the frame, wherever segments are */
  gboolean outwards;            /* what it covers must not be seen at all */
  guint8 unknown;               /* coverage of a frame without a result */
} Effect;

GType
gst_mask2former_effect_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MASK2FORMER_EFFECT_COLOUR, "Segments in colours, with outlines",
        "colour"},
    {GST_MASK2FORMER_EFFECT_OUTLINE, "Outlines of segments", "outline"},
    {GST_MASK2FORMER_EFFECT_BLUR, "Segments blurred", "blur"},
    {GST_MASK2FORMER_EFFECT_PIXELATE, "Segments in coarse blocks", "pixelate"},
    {GST_MASK2FORMER_EFFECT_FILL, "Segments in one colour that hides them",
        "fill"},
    {GST_MASK2FORMER_EFFECT_BACKGROUND_BLUR, "All but the segments blurred",
        "background-blur"},
    {GST_MASK2FORMER_EFFECT_BACKGROUND_REPLACE,
        "Segments before a picture or a colour", "background-replace"},
    {GST_MASK2FORMER_EFFECT_CUTOUT,
        "All but the segments transparent; frames must be RGB", "cutout"},
    {GST_MASK2FORMER_EFFECT_MASK, "Segments white, all else black", "mask"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstPanopticOverlayEffect", values));
  return type;
}

/* ---- plain colours ---- */

static void
write_plain (gpointer picture, guint number, gint x, gint y, gint n,
    gpointer samples)
{
  const Plain *plain = picture;
  const GstMask2FormerPlane *plane = &plain->planes->plane[number];
  gsize block = (gsize) plane->n_samples * plane->sample_size;
  guint8 *dst = samples;

  for (; n > PLAIN; n -= PLAIN, dst += PLAIN * block)
    memcpy (dst, plain->blocks[number], PLAIN * block);
  memcpy (dst, plain->blocks[number], n * block);
}

/* Sets every sample of a component. */
static void
set_component (GstMask2FormerEffects * effects, gint comp, guint16 value)
{
  const GstVideoFormatInfo *format = effects->planes.format;
  guint number = GST_VIDEO_FORMAT_INFO_PLANE (format, comp);
  const GstMask2FormerPlane *plane = &effects->planes.plane[number];
  guint16 *words = effects->plain.blocks[number];
  guint8 *bytes = (guint8 *) words;
  gint step = gst_mask2former_sample_step (format, comp, plane->sample_size);
  gint i = gst_mask2former_first_sample (format, comp, plane->sample_size);

  for (; i < PLAIN * plane->n_samples; i += step) {
    if (plane->sample_size == 1)
      bytes[i] = value;
    else
      words[i] = value << effects->planes.shift;
  }
}

static void
set_plain (GstMask2FormerEffects * effects, guint32 colour)
{
  const gfloat rgb[3] =
      { colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff };
  gfloat value[3];
  gint comp;

  effects->plain.planes = &effects->planes;
  gst_mask2former_colour_space_convert (&effects->space, rgb, 1, value);
  for (comp = 0; comp < gst_mask2former_n_colours (effects->planes.format);
      comp++)
    set_component (effects, comp, lrintf (value[comp]));
}

static gboolean
cover_plain (GstMask2FormerEffects * effects,
    const GstMask2FormerCoverage * coverage, guint32 colour)
{
  set_plain (effects, colour);
  return gst_mask2former_compose (&effects->planes, coverage, write_plain,
      &effects->plain, &effects->row);
}

static gboolean
cover_fill (GstMask2FormerEffects * effects)
{
  return cover_plain (effects, &effects->coverage,
      effects->settings->fill_colour);
}

/* White on black. */
static gboolean
cover_mask (GstMask2FormerEffects * effects)
{
  return gst_mask2former_coverage_set_even (&effects->whole,
      effects->planes.width, effects->planes.height, 255)
      && cover_plain (effects, &effects->whole, 0x000000)
      && cover_plain (effects, &effects->coverage, 0xffffff);
}

/* ---- blurs and blocks ---- */

static gint
strength (const GstMask2FormerEffects * effects, gint fraction)
{
  return effects->settings->strength > 0 ? effects->settings->strength :
      MAX (effects->planes.height / fraction, 4);
}

static gboolean
cover_cells (GstMask2FormerEffects * effects)
{
  return gst_mask2former_compose (&effects->planes, &effects->coverage,
      gst_mask2former_cells_write, &effects->cells, &effects->row);
}

/* Copies what is covered into cells for a blur of so many pixels, and tells how many cells that is;
 * FALSE if there is no memory. */
static gboolean
set_blur (GstMask2FormerEffects * effects, gint deviation, gfloat * cells)
{
  gint size = deviation < 6 ? 2 : deviation < 12 ? 4 : 8;

  *cells = (gfloat) deviation / size;
  return gst_mask2former_cells_set (&effects->cells, &effects->planes,
      &effects->coverage, size, gst_mask2former_cells_blur_reach (*cells));
}

static gboolean
cover_blur (GstMask2FormerEffects * effects)
{
  gfloat deviation;

  if (!set_blur (effects, strength (effects, BLUR_FRACTION), &deviation))
    return FALSE;
  gst_mask2former_cells_blur (&effects->cells, deviation);
  return cover_cells (effects);
}

static gboolean
cover_background_blur (GstMask2FormerEffects * effects)
{
  gfloat deviation;

  if (!set_blur (effects, strength (effects, BACKGROUND_BLUR_FRACTION),
          &deviation))
    return FALSE;
  gst_mask2former_cells_blur_covered (&effects->cells, &effects->coverage,
      deviation);
  return cover_cells (effects);
}

static gboolean
cover_pixelate (GstMask2FormerEffects * effects)
{
  return gst_mask2former_cells_set (&effects->cells, &effects->planes,
      &effects->coverage, GST_ROUND_UP_2 (strength (effects, BLOCK_FRACTION)),
      0) && cover_cells (effects);
}

/* ---- another picture ---- */

static void
write_frame (gpointer picture, guint number, gint x, gint y, gint n,
    gpointer samples)
{
  const GstMask2FormerPlane *plane =
      &((const GstMask2FormerPlanes *) picture)->plane[number];

  memcpy (samples, gst_mask2former_block_at (plane, x, y),
      (gsize) n * plane->n_samples * plane->sample_size);
}

static gboolean
cover_background_replace (GstMask2FormerEffects * effects)
{
  if (!effects->settings->background)
    return cover_fill (effects);
  gst_mask2former_planes_init (&effects->background,
      effects->settings->background);
  return gst_mask2former_compose (&effects->planes, &effects->coverage,
      write_frame, &effects->background, &effects->row);
}

/* All but the segments transparent; black while frames without alpha still arrive. */
static gboolean
cover_cutout (GstMask2FormerEffects * effects)
{
  if (gst_mask2former_cut_out (effects->frame, &effects->coverage))
    return TRUE;
  gst_mask2former_coverage_invert (&effects->coverage);
  return cover_plain (effects, &effects->coverage, 0x000000);
}

/* ---- the table ---- */

static const Effect effects_table[] = {
  [GST_MASK2FORMER_EFFECT_COLOUR] = {.cover = NULL},
  [GST_MASK2FORMER_EFFECT_OUTLINE] = {.cover = NULL},
  [GST_MASK2FORMER_EFFECT_BLUR] = {cover_blur,.outwards = TRUE,
        .unknown = 255},
  [GST_MASK2FORMER_EFFECT_PIXELATE] = {cover_pixelate,.outwards = TRUE,
        .unknown = 255},
  [GST_MASK2FORMER_EFFECT_FILL] = {cover_fill,.outwards = TRUE,
        .unknown = 255},
  [GST_MASK2FORMER_EFFECT_BACKGROUND_BLUR] = {cover_background_blur,
        .inverted = TRUE,.unknown = 255},
  [GST_MASK2FORMER_EFFECT_BACKGROUND_REPLACE] = {cover_background_replace,
        .inverted = TRUE,.unknown = 255},
  [GST_MASK2FORMER_EFFECT_CUTOUT] = {cover_cutout,.changes_all = TRUE},
  [GST_MASK2FORMER_EFFECT_MASK] = {cover_mask,.changes_all = TRUE},
};

gboolean
gst_mask2former_effect_draws (GstMask2FormerEffect effect)
{
  return !effects_table[effect].cover;
}

gboolean
gst_mask2former_effect_changes_rest (GstMask2FormerEffect effect)
{
  return effects_table[effect].inverted || effects_table[effect].changes_all;
}

/* ---- frames ---- */

GstMask2FormerEffects *
gst_mask2former_effects_new (void)
{
  GstMask2FormerEffects *effects = g_new0 (GstMask2FormerEffects, 1);

  effects->overlay = gst_mask2former_overlay_new ();
  return effects;
}

void
gst_mask2former_effects_free (GstMask2FormerEffects * effects)
{
  gst_mask2former_overlay_free (effects->overlay);
  gst_mask2former_coverage_clear (&effects->coverage);
  gst_mask2former_coverage_clear (&effects->whole);
  gst_mask2former_cells_clear (&effects->cells);
  gst_mask2former_feather_clear (&effects->feather);
  g_free (effects->row.data);
  g_free (effects);
}

void
gst_mask2former_effects_prepare_labels (GstMask2FormerEffects * effects)
{
  gst_mask2former_overlay_prepare_labels (effects->overlay);
}

static gboolean
draw (GstMask2FormerEffects * effects, GstVideoFrame * frame,
    const GstPanopticView * view)
{
  GstMask2FormerLook look = effects->settings->look;

  if (effects->settings->effect == GST_MASK2FORMER_EFFECT_OUTLINE) {
    look.opacity = 0;
    look.outlines = TRUE;
  }
  look.background = TRUE;       /* only if it was selected */
  return gst_mask2former_overlay_draw (effects->overlay, frame, view, &look);
}

/* Makes the edges of the coverage soft.  Those of what must not be seen give nothing away: they
 * are soft outwards only. */
static gboolean
soften (GstMask2FormerEffects * effects, const Effect * effect, gint width)
{
  return effect->outwards ?
      gst_mask2former_feather_outwards (&effects->feather, &effects->coverage,
      width) : gst_mask2former_feather_along (&effects->feather,
      &effects->coverage, &effects->planes, width);
}

/* What the effect covers; FALSE if there is no memory. */
static gboolean
set_coverage (GstMask2FormerEffects * effects, const GstPanopticView * view,
    const Effect * effect)
{
  gint width = effects->planes.width, height = effects->planes.height;
  gint feather = effects->settings->feather < 0 ? height / FEATHER_FRACTION :
      effects->settings->feather;

  if (!view)
    return gst_mask2former_coverage_set_even (&effects->coverage, width, height,
        effect->unknown);
  if (!gst_mask2former_coverage_set (&effects->coverage, view, width, height,
          effects->settings->dilate,
          gst_mask2former_feather_reach (feather))
      || !soften (effects, effect, feather))
    return FALSE;
  if (effect->inverted)
    gst_mask2former_coverage_invert (&effects->coverage);
  return TRUE;
}

gboolean
gst_mask2former_effects_apply (GstMask2FormerEffects * effects,
    GstVideoFrame * frame, const GstPanopticView * view,
    const GstMask2FormerEffectSettings * settings)
{
  const Effect *effect = &effects_table[settings->effect];

  effects->settings = settings;
  if (!effect->cover)
    return !view || draw (effects, frame, view);
  effects->frame = frame;
  gst_mask2former_planes_init (&effects->planes, frame);
  gst_mask2former_colour_space_init (&effects->space, &frame->info);
  if (!set_coverage (effects, view, effect))
    return FALSE;
  return (gst_mask2former_coverage_is_empty (&effects->coverage, 0,
          effects->planes.height) && !effect->changes_all)
      || effect->cover (effects);
}

gboolean
gst_mask2former_effects_show (GstMask2FormerEffects * effects,
    GstVideoFrame * frame)
{
  if (!gst_mask2former_coverage_set_even (&effects->whole,
          GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame), 255))
    return FALSE;
  gst_mask2former_cut_out (frame, &effects->whole);
  return TRUE;
}

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

#include "gst/compose.h"
#include "gst/coverage.h"
#include "gst/planes.h"
#include "gst/scratch.h"

/* A frame of one colour: a block of each plane. */
typedef struct
{
  const GstMask2FormerPlanes *planes;
  guint16 block[GST_MASK2FORMER_MAX_PLANES][GST_MASK2FORMER_MAX_BLOCK];
} Plain;

struct _GstMask2FormerEffects
{
  GstMask2FormerOverlay *overlay;
  GstMask2FormerCoverage coverage;
  GstMask2FormerCoverage whole; /* of the frame, for who covers all of it */
  GstMask2FormerScratch row;

  /* of the frame: */
  GstMask2FormerPlanes planes;
  GstMask2FormerColourSpace space;
  const GstMask2FormerEffectSettings *settings;
  Plain plain;
};

/* How an effect lays its picture over what is covered; FALSE if there is no memory. */
typedef gboolean (*Cover) (GstMask2FormerEffects * effects);

typedef struct
{
  Cover cover;                  /* NULL: the effect draws the look */
  gboolean inverted;            /* covers what is not in a segment */
  gboolean changes_rest;        /* what is not in a segment does not stay as it is */
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
    {GST_MASK2FORMER_EFFECT_FILL, "Segments in one colour that hides them",
        "fill"},
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
  const guint16 *block = plain->block[number];
  gint i, s;

  if (plane->sample_size == 1 && plane->n_samples == 1)
    memset (samples, block[0], n);
  else if (plane->sample_size == 1)
    for (i = 0; i < n; i++)
      for (s = 0; s < plane->n_samples; s++)
        ((guint8 *) samples)[i * plane->n_samples + s] = block[s];
  else
    for (i = 0; i < n; i++)
      for (s = 0; s < plane->n_samples; s++)
        ((guint16 *) samples)[i * plane->n_samples + s] = block[s];
}

static void
set_plain (GstMask2FormerEffects * effects, guint32 colour)
{
  const GstMask2FormerPlanes *planes = &effects->planes;
  const gfloat rgb[3] =
      { colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff };
  gfloat value[3];
  gint comp, s;

  effects->plain.planes = planes;
  memset (effects->plain.block, 0, sizeof effects->plain.block);
  gst_mask2former_colour_space_convert (&effects->space, rgb, 1, value);
  for (comp = 0; comp < gst_mask2former_n_colours (planes->format); comp++) {
    guint number = GST_VIDEO_FORMAT_INFO_PLANE (planes->format, comp);
    const GstMask2FormerPlane *plane = &planes->plane[number];

    for (s = gst_mask2former_first_sample (planes->format, comp,
            plane->sample_size); s < plane->n_samples;
        s += gst_mask2former_sample_step (planes->format, comp,
            plane->sample_size))
      effects->plain.block[number][s] = lrintf (value[comp]) << planes->shift;
  }
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

/* ---- the table ---- */

static const Effect effects_table[] = {
  [GST_MASK2FORMER_EFFECT_COLOUR] = {NULL},
  [GST_MASK2FORMER_EFFECT_OUTLINE] = {NULL},
  [GST_MASK2FORMER_EFFECT_FILL] = {cover_fill, FALSE, FALSE, 255},
  [GST_MASK2FORMER_EFFECT_MASK] = {cover_mask, FALSE, TRUE, 0},
};

gboolean
gst_mask2former_effect_draws (GstMask2FormerEffect effect)
{
  return !effects_table[effect].cover;
}

gboolean
gst_mask2former_effect_changes_rest (GstMask2FormerEffect effect)
{
  return effects_table[effect].changes_rest;
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

/* What the effect covers; FALSE if there is no memory. */
static gboolean
set_coverage (GstMask2FormerEffects * effects, const GstPanopticView * view,
    const Effect * effect)
{
  gint width = effects->planes.width, height = effects->planes.height;

  if (!view)
    return gst_mask2former_coverage_set_even (&effects->coverage, width, height,
        effect->unknown);
  if (!gst_mask2former_coverage_set (&effects->coverage, view, width, height,
          effects->settings->dilate, 0))
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
  gst_mask2former_planes_init (&effects->planes, frame);
  gst_mask2former_colour_space_init (&effects->space, &frame->info);
  return set_coverage (effects, view, effect) && effect->cover (effects);
}

/* What panopticoverlay does to a frame: one effect at a time, where the segments are.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_EFFECTS_H__
#define __GST_MASK2FORMER_EFFECTS_H__

#include "gst/overlay.h"
#include "gst/view.h"

G_BEGIN_DECLS

typedef enum
{
  GST_MASK2FORMER_EFFECT_COLOUR,
  GST_MASK2FORMER_EFFECT_OUTLINE,
  GST_MASK2FORMER_EFFECT_BLUR,
  GST_MASK2FORMER_EFFECT_PIXELATE,
  GST_MASK2FORMER_EFFECT_FILL,
  GST_MASK2FORMER_EFFECT_BACKGROUND_BLUR,
  GST_MASK2FORMER_EFFECT_BACKGROUND_REPLACE,
  GST_MASK2FORMER_EFFECT_CUTOUT,
  GST_MASK2FORMER_EFFECT_MASK,
} GstMask2FormerEffect;

#define GST_TYPE_MASK2FORMER_EFFECT (gst_mask2former_effect_get_type ())
GType gst_mask2former_effect_get_type (void);

typedef struct
{
  GstMask2FormerEffect effect;
  GstMask2FormerLook look;      /* of colour and outline */
  gint dilate;                  /* pixels by which segments are widened, 0..200 */
  gint feather;                 /* pixels over which edges are soft; -1: by the height */
  gint strength;                /* pixels: of a blur, or edge of its blocks; 0: by the height */
  guint32 fill_colour;          /* 0xAARRGGBB, alpha is not used */
  const GstVideoFrame *background;      /* mapped, of the frames' format and size; or NULL */
} GstMask2FormerEffectSettings;

/* True if the effect draws the look, so that a frame of which nothing is known stays as it is.  The
 * others hide something, and hide all of such a frame. */
gboolean gst_mask2former_effect_draws (GstMask2FormerEffect effect);

/* True if the effect changes frames in which there is no segment, too. */
gboolean gst_mask2former_effect_changes_rest (GstMask2FormerEffect effect);

/* Memory of the effects of one stream; one caller at a time. */
typedef struct _GstMask2FormerEffects GstMask2FormerEffects;

GstMask2FormerEffects *gst_mask2former_effects_new (void);
void gst_mask2former_effects_free (GstMask2FormerEffects * effects);

/* Gets ready to draw labels, see gst_mask2former_overlay_prepare_labels(). */
void gst_mask2former_effects_prepare_labels (GstMask2FormerEffects * effects);

/* Changes a frame mapped for reading and writing, of a format in GST_MASK2FORMER_FORMATS, where the
 * segments of the view are, or where they are not.  Without a view nothing is known of the frame.
 * FALSE if there is no memory: the frame may be as it was. */
gboolean gst_mask2former_effects_apply (GstMask2FormerEffects * effects,
    GstVideoFrame * frame, const GstPanopticView * view,
    const GstMask2FormerEffectSettings * settings);

/* Makes a frame opaque, whose format has alpha, or will have it in the place of padding.  FALSE if
 * there is no memory. */
gboolean gst_mask2former_effects_show (GstMask2FormerEffects * effects,
    GstVideoFrame * frame);

G_END_DECLS

#endif

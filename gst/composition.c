/* The overlay as GstVideoOverlayCompositionMeta: whether downstream draws it, and the metadata.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/composition.h"

#include "gst/layout.h"
#include "gst/log.h"

#define GST_CAT_DEFAULT gst_mask2former_overlay_log ()

#define FEATURE GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION
#define FORMAT GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB

/* ---- negotiation ---- */

static gboolean
has_feature (const GstCaps * caps, guint index)
{
  return gst_caps_features_contains (gst_caps_get_features (caps, index),
      FEATURE);
}

gboolean
gst_mask2former_composition_in_caps (const GstCaps * caps)
{
  return gst_caps_get_size (caps) > 0 && !gst_caps_is_any (caps) &&
      has_feature (caps, 0);
}

/* A copy in which every structure has the feature, or none has. */
static GstCaps *
copy_caps (const GstCaps * caps, gboolean with)
{
  GstCaps *copy = gst_caps_copy (caps);
  guint i;

  for (i = 0; i < gst_caps_get_size (copy); i++) {
    GstCapsFeatures *features = gst_caps_get_features (copy, i);

    if (gst_caps_features_is_any (features))
      continue;
    if (with && !has_feature (copy, i))
      gst_caps_features_add (features, FEATURE);
    if (!with)
      gst_caps_features_remove (features, FEATURE);
  }
  return copy;
}

GstCaps *
gst_mask2former_composition_transform_caps (const GstCaps * caps,
    GstPadDirection direction)
{
  /* downstream's own preference decides, where both are possible */
  if (direction == GST_PAD_SINK)
    return gst_caps_merge (copy_caps (caps, TRUE), gst_caps_copy (caps));
  return gst_caps_merge (gst_caps_copy (caps), copy_caps (caps, FALSE));
}

/* True if downstream promises to draw the metadata of frames of these caps. */
static gboolean
is_drawn (GstPad * pad, GstCaps * caps)
{
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, FALSE);

  /* elements answer for the caps that they have only */
  return gst_pad_push_event (pad, gst_event_new_caps (caps)) &&
      gst_pad_peer_query (pad, query) &&
      gst_query_find_allocation_meta (query,
      GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
}

GstCaps *
gst_mask2former_composition_choose (GstPad * pad, const GstCaps * caps,
    GstCaps * taken)
{
  g_autoptr (GstCaps) with = copy_caps (caps, TRUE);
  GstCaps *plain = gst_caps_copy (caps);
  gboolean can_draw = gst_caps_can_intersect (taken, with);
  gboolean needs_none = gst_caps_can_intersect (taken, plain);

  gst_caps_unref (taken);
  if (can_draw && (!needs_none || is_drawn (pad, with))) {
    gst_caps_unref (plain);
    plain = g_steal_pointer (&with);
  }
  GST_DEBUG_OBJECT (pad, "downstream %s the overlay",
      gst_mask2former_composition_in_caps (plain) ? "draws" : "does not draw");
  return plain;
}

/* ---- metadata ---- */

struct _GstMask2FormerComposer
{
  GstMask2FormerOverlay *overlay;
  GstVideoInfo info;
  GstBufferPool *pool;          /* of `info` */
  GstVideoOverlayRectangle *newest;     /* or NULL */
  GstMask2FormerLook look;      /* that it was drawn with */
};

GstMask2FormerComposer *
gst_mask2former_composer_new (void)
{
  GstMask2FormerComposer *composer = g_new0 (GstMask2FormerComposer, 1);

  composer->overlay = gst_mask2former_overlay_new ();
  gst_mask2former_overlay_prepare_labels (composer->overlay);
  return composer;
}

void
gst_mask2former_composer_free (GstMask2FormerComposer * composer)
{
  g_clear_pointer (&composer->newest, gst_video_overlay_rectangle_unref);
  gst_mask2former_packed_pool_free (composer->pool);
  gst_mask2former_overlay_free (composer->overlay);
  g_free (composer);
}

static gboolean
pool_fits (const GstMask2FormerComposer * composer, const GstVideoInfo * info)
{
  return composer->pool && composer->info.width == info->width &&
      composer->info.height == info->height;
}

static gboolean
make_pool (GstMask2FormerComposer * composer, const GstVideoInfo * info)
{
  g_clear_pointer (&composer->pool, gst_mask2former_packed_pool_free);
  if (!gst_video_info_set_format (&composer->info, FORMAT, info->width,
          info->height))
    return FALSE;
  composer->pool = gst_mask2former_packed_pool_new (&composer->info);
  return composer->pool != NULL;
}

/* The segments on nothing, as large as a frame; NULL if there is no memory for them. */
static GstVideoOverlayRectangle *
draw (GstMask2FormerComposer * composer, const GstVideoInfo * info,
    const GstPanopticView * view, const GstMask2FormerLook * look)
{
  GstVideoOverlayRectangle *rectangle;
  GstBuffer *pixels = NULL;
  GstVideoFrame frame;
  gboolean drawn;

  if ((!pool_fits (composer, info) && !make_pool (composer, info)) ||
      gst_buffer_pool_acquire_buffer (composer->pool, &pixels,
          NULL) != GST_FLOW_OK)
    return NULL;
  if (!gst_video_frame_map (&frame, &composer->info, pixels, GST_MAP_WRITE)) {
    gst_buffer_unref (pixels);
    return NULL;
  }
  drawn = gst_mask2former_overlay_draw_alone (composer->overlay, &frame, view,
      look);
  gst_video_frame_unmap (&frame);
  if (!drawn) {
    gst_buffer_unref (pixels);
    return NULL;
  }

  rectangle = gst_video_overlay_rectangle_new_raw (pixels, 0, 0, info->width,
      info->height, GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
  gst_buffer_unref (pixels);
  return rectangle;
}

static gboolean
looks_same (const GstMask2FormerLook * a, const GstMask2FormerLook * b)
{
  return a->opacity == b->opacity && a->outlines == b->outlines &&
      a->labels == b->labels && a->background == b->background &&
      a->palette == b->palette;
}

static void
attach (GstBuffer * buffer, GstVideoOverlayRectangle * rectangle)
{
  GstVideoOverlayCompositionMeta *meta =
      gst_buffer_get_video_overlay_composition_meta (buffer);
  GstVideoOverlayComposition *composition;

  if (meta) {
    meta->overlay = gst_video_overlay_composition_make_writable (meta->overlay);
    gst_video_overlay_composition_add_rectangle (meta->overlay, rectangle);
    return;
  }
  composition = gst_video_overlay_composition_new (rectangle);
  gst_buffer_add_video_overlay_composition_meta (buffer, composition);
  gst_video_overlay_composition_unref (composition);
}

gboolean
gst_mask2former_composer_attach (GstMask2FormerComposer * composer,
    GstBuffer * buffer, const GstVideoInfo * info,
    const GstPanopticView * view, const GstMask2FormerLook * look,
    gboolean same)
{
  if (!same || !pool_fits (composer, info) || !looks_same (&composer->look, look))
    g_clear_pointer (&composer->newest, gst_video_overlay_rectangle_unref);
  composer->look = *look;
  if (!composer->newest)
    composer->newest = draw (composer, info, view, look);
  if (!composer->newest)
    return FALSE;
  attach (buffer, composer->newest);
  return TRUE;
}

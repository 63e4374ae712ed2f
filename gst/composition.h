/* The overlay as GstVideoOverlayCompositionMeta: whether downstream draws it, and the metadata.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_COMPOSITION_H__
#define __GST_MASK2FORMER_COMPOSITION_H__

#include <gst/video/video.h>

#include "gst/overlay.h"
#include "gst/view.h"

G_BEGIN_DECLS

/* ---- negotiation ---- */

/* Caps of frames without such metadata, and with. */
#define GST_MASK2FORMER_COMPOSITION_CAPS(formats) \
    GST_VIDEO_CAPS_MAKE (formats) "; " \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY \
        ", " GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, formats)

/* True if frames of these caps may have such metadata. */
gboolean gst_mask2former_composition_in_caps (const GstCaps * caps);

/* What the other pad can have, where `caps` are those of a pad of this direction: an element that
 * adds the metadata can add the feature to the caps. */
GstCaps *gst_mask2former_composition_transform_caps (const GstCaps * caps,
    GstPadDirection direction);
/* Chooses among the caps that downstream of a source pad takes (transfer full), for frames of
 * these caps: with the metadata if downstream promises to draw it, else without.  The pad has the
 * caps chosen for a question. */
GstCaps *gst_mask2former_composition_choose (GstPad * pad,
    const GstCaps * caps, GstCaps * taken);

/* ---- metadata ---- */

typedef struct _GstMask2FormerComposer GstMask2FormerComposer;

GstMask2FormerComposer *gst_mask2former_composer_new (void);
void gst_mask2former_composer_free (GstMask2FormerComposer * composer);

/* Adds the segments to a writable buffer, above what the buffer has.  `same`: they look the same
 * as at the last call, so that sinks need not upload them again.  FALSE if there is no memory for
 * them. */
gboolean gst_mask2former_composer_attach (GstMask2FormerComposer * composer,
    GstBuffer * buffer, const GstVideoInfo * info,
    const GstPanopticView * view, const GstMask2FormerLook * look,
    gboolean same);

G_END_DECLS

#endif

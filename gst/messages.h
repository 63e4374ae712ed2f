/* Messages of the element to the application.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_MESSAGES_H__
#define __GST_MASK2FORMER_MESSAGES_H__

#include <gst/gst.h>

#include "gst/segmenter.h"

G_BEGIN_DECLS

/* Posts the library's error as the one ERROR message of a failure. */
void gst_mask2former_post_error (GstElement * element, const GError * error);

/* Warns that frames of two moments are segmented as one picture. */
void gst_mask2former_post_interlaced (GstElement * element,
    const GstVideoInfo * info);

/* Warns that frames are to be turned or mirrored, as the value of their image-orientation says. */
void gst_mask2former_post_turned (GstElement * element, const gchar * tag);

/* Posts that a frame was not analysed because frames are late: the `n_late`th, whereas `n_analysed`
 * were. */
void gst_mask2former_post_late (GstElement * element, GstBuffer * frame,
    const GstSegment * segment, gboolean live,
    const GstMask2FormerOutcome * outcome, guint64 n_analysed, guint64 n_late);

/* Name of the message with a result. */
#define GST_MASK2FORMER_RESULT_MESSAGE "mask2former-result"

/* Posts what was found in a frame: `result` (transfer full) has the fields of GstPanopticMeta, and
 * gets those of the time. */
void gst_mask2former_post_result (GstElement * element, GstStructure * result,
    const GstMask2FormerFinding * finding);

G_END_DECLS

#endif

/* Places labels inside their segment, apart from one another, whole within the frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_PLACEMENT_H__
#define __GST_MASK2FORMER_PLACEMENT_H__

#include <gst/video/video.h>

#include "gst/view.h"

G_BEGIN_DECLS

/* Sets x and y of boxes[i], whose w and h are the size of the label of segment i, in a frame of
 * width x height pixels; both come out even, for subsampled chroma.  A label that finds no free
 * place, or is much larger than its segment or larger than the frame, gets w = 0; one that has it
 * already takes no place.  FALSE if there is no memory: nothing is placed. */
gboolean gst_mask2former_place_labels (const GstPanopticView * view, gint width,
    gint height, GstVideoRectangle * boxes);

G_END_DECLS

#endif

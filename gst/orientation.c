/* Frames that lie on their side: what a stream's tags say, and whether something turns them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/orientation.h"

#include "gst/neighbours.h"

/* True of videoflip and its like.  They cannot be told from the tag: some leave it as it is, and
 * videoflip of GStreamer 1.22 takes away all but the first. */
static gboolean
turns_frames (GstElement * element, gconstpointer user_data)
{
  GstVideoOrientationMethod method;

  if (!GST_IS_VIDEO_DIRECTION (element))
    return FALSE;
  g_object_get (element, "video-direction", &method, NULL);
  return method != GST_VIDEO_ORIENTATION_IDENTITY;
}

gchar *
gst_mask2former_orientation_update (GstVideoOrientationMethod * orientation,
    GstTagList * tags, GstPad * pad)
{
  GstVideoOrientationMethod before = *orientation;
  g_autoptr (GstElement) flip = NULL;
  gchar *tag = NULL;

  if (!gst_video_orientation_from_tag (tags, orientation) ||
      *orientation == before || *orientation == GST_VIDEO_ORIENTATION_IDENTITY)
    return NULL;
  flip = gst_mask2former_find_neighbour (pad, turns_frames, NULL);
  if (!flip)
    gst_tag_list_get_string (tags, GST_TAG_IMAGE_ORIENTATION, &tag);
  return tag;
}

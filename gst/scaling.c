/* The place of the picture in a scaled frame: elements that scale may add borders.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/scaling.h"

#include <gst/video/gstvideofilter.h>

#include "gst/log.h"
#include "gst/neighbours.h"

#define GST_CAT_DEFAULT gst_panoptic_meta_log ()

/* ---- the element that scales ---- */

static GMutex sources_lock;
static GList *sources;          /* GstPad, each with a reference */

void
gst_panoptic_scaling_add_source (GstPad * pad)
{
  g_mutex_lock (&sources_lock);
  sources = g_list_prepend (sources, gst_object_ref (pad));
  g_mutex_unlock (&sources_lock);
}

void
gst_panoptic_scaling_remove_source (GstPad * pad)
{
  GList *link;

  g_mutex_lock (&sources_lock);
  link = g_list_find (sources, pad);
  if (link) {
    sources = g_list_delete_link (sources, link);
    gst_object_unref (pad);
  }
  g_mutex_unlock (&sources_lock);
}

/* `info` is, by its address, the member of a GstVideoFilter. */
static gboolean
owns_info (GstElement * element, gconstpointer info)
{
  return GST_IS_VIDEO_FILTER (element) &&
      &GST_VIDEO_FILTER (element)->in_info == info;
}

/* The GstVideoFilter to which the info belongs (transfer full), or NULL. */
static GstElement *
find_filter (const GstVideoInfo * info)
{
  GstElement *filter = NULL;
  GList *link;

  g_mutex_lock (&sources_lock);
  for (link = sources; link && !filter; link = link->next)
    filter = gst_mask2former_find_neighbour (link->data, owns_info, info);
  g_mutex_unlock (&sources_lock);
  return filter;
}

static gboolean
adds_borders (const GstVideoMetaTransform * sizes)
{
  GstElement *filter = find_filter (sizes->in_info);
  GParamSpec *property;
  gboolean add = FALSE;

  if (!filter) {
    GST_DEBUG ("an unknown element scales frames: is taken to add borders");
    return TRUE;
  }
  property = g_object_class_find_property (G_OBJECT_GET_CLASS (filter),
      "add-borders");
  if (property && property->value_type == G_TYPE_BOOLEAN)
    g_object_get (filter, "add-borders", &add, NULL);
  gst_object_unref (filter);
  return add;
}

/* ---- borders ---- */

/* width * par_n / (height * par_d); FALSE if that is no number. */
static gboolean
display_aspect_ratio (const GstVideoInfo * info, gint * n, gint * d)
{
  return info->width > 0 && info->height > 0 && info->par_n > 0 &&
      info->par_d > 0 && gst_util_fraction_multiply (info->width, info->height,
      info->par_n, info->par_d, n, d);
}

/* The arithmetic is that of GstVideoConvertScale, which all of GStreamer's other elements with
 * add-borders copy. */
GstVideoRectangle
gst_panoptic_scaling_picture (const GstVideoMetaTransform * sizes)
{
  const GstVideoInfo *out = sizes->out_info;
  GstVideoRectangle picture = { 0, 0, out->width, out->height };
  gint in_n, in_d, out_n, out_d, n, d;
  guint64 height;

  if (!display_aspect_ratio (sizes->in_info, &in_n, &in_d) ||
      !display_aspect_ratio (out, &out_n, &out_d) ||
      (in_n == out_n && in_d == out_d) ||
      !gst_util_fraction_multiply (in_n, in_d, out->par_d, out->par_n, &n, &d)
      || !adds_borders (sizes))
    return picture;

  height = gst_util_uint64_scale_int (out->width, d, n);
  if (height > (guint64) out->height)
    picture.w = gst_util_uint64_scale_int (out->height, n, d);
  else
    picture.h = height;
  picture.x = (out->width - picture.w) / 2;
  picture.y = (out->height - picture.h) / 2;
  return picture;
}

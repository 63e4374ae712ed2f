/* Where in a scaled frame its picture is: elements that scale may add borders.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/scaling.h"

#include <gst/video/gstvideofilter.h>

#include "gst/log.h"

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

typedef struct
{
  const GstVideoInfo *info;     /* by its address the member of a GstVideoFilter */
  GHashTable *seen;             /* sink pads, without references: only compared */
  GstElement *element;          /* transfer full; NULL: not found yet */
} Search;

static void
search_behind (const GValue * value, gpointer user_data)
{
  Search *search = user_data;
  GstPad *sink = gst_pad_get_peer (g_value_get_object (value));
  GstElement *element;

  if (!sink)
    return;
  if (search->element || !g_hash_table_add (search->seen, sink)) {
    gst_object_unref (sink);
    return;
  }

  element = gst_pad_get_parent_element (sink);
  if (element && GST_IS_VIDEO_FILTER (element) &&
      &GST_VIDEO_FILTER (element)->in_info == search->info) {
    search->element = element;
  } else {
    GstIterator *links = gst_pad_iterate_internal_links (sink);

    while (links && gst_iterator_foreach (links, search_behind,
            search) == GST_ITERATOR_RESYNC)
      gst_iterator_resync (links);
    g_clear_pointer (&links, gst_iterator_free);
    gst_clear_object (&element);
  }
  gst_object_unref (sink);
}

/* The GstVideoFilter to which the info belongs (transfer full), or NULL. */
static GstElement *
find_filter (const GstVideoInfo * info)
{
  Search search = { info, g_hash_table_new (NULL, NULL), NULL };
  GList *link;

  g_mutex_lock (&sources_lock);
  for (link = sources; link && !search.element; link = link->next) {
    GValue pad = G_VALUE_INIT;

    g_value_init (&pad, GST_TYPE_PAD);
    g_value_set_object (&pad, link->data);
    search_behind (&pad, &search);
    g_value_unset (&pad);
  }
  g_mutex_unlock (&sources_lock);
  g_hash_table_unref (search.seen);
  return search.element;
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

  if (!display_aspect_ratio (sizes->in_info, &in_n, &in_d) ||
      !display_aspect_ratio (out, &out_n, &out_d) ||
      (in_n == out_n && in_d == out_d) ||
      !gst_util_fraction_multiply (in_n, in_d, out->par_d, out->par_n, &n, &d)
      || !adds_borders (sizes))
    return picture;

  picture.h = gst_util_uint64_scale_int (out->width, d, n);
  if (picture.h > out->height) {
    picture.h = out->height;
    picture.w = gst_util_uint64_scale_int (out->height, n, d);
  }
  picture.x = (out->width - picture.w) / 2;
  picture.y = (out->height - picture.h) / 2;
  return picture;
}

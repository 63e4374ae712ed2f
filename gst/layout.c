/* The planes of a video frame in its buffer: checked, mapped, packed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/layout.h"

#include <string.h>

G_DEFINE_QUARK (gst-mask2former-layout-error-quark,
    gst_mask2former_layout_error);

gchar *
gst_mask2former_format_name (GstVideoFormat format)
{
  static const gchar prefix[] = "GST_VIDEO_FORMAT_";
  g_autofree gchar *name = g_enum_to_string (GST_TYPE_VIDEO_FORMAT, format);

  return g_strdup (g_str_has_prefix (name, prefix) ?
      name + strlen (prefix) : name);
}

/* Bytes of a row of a plane, and its rows. */
static void
plane_size (const GstVideoInfo * info, guint plane, gsize * row, gsize * rows)
{
  gint comps[GST_VIDEO_MAX_COMPONENTS];
  guint i;

  gst_video_format_info_component (info->finfo, plane, comps);
  *row = *rows = 0;
  /* those of YUY2 have rows of several lengths if the width is odd */
  for (i = 0; i < GST_VIDEO_MAX_COMPONENTS && comps[i] >= 0; i++) {
    *row = MAX (*row, (gsize) GST_VIDEO_INFO_COMP_WIDTH (info, comps[i]) *
        GST_VIDEO_INFO_COMP_PSTRIDE (info, comps[i]));
    *rows = MAX (*rows, (gsize) GST_VIDEO_INFO_COMP_HEIGHT (info, comps[i]));
  }
}

/* Bytes from the first to the last that is read of a plane, whose stride is checked. */
static gsize
plane_extent (const GstVideoInfo * info, guint plane, gint stride)
{
  gsize row, rows;

  plane_size (info, plane, &row, &rows);
  return (gsize) stride * (rows - 1) + row;
}

static gboolean
check_stride (const GstVideoInfo * info, guint plane, gint stride,
    GError ** error)
{
  gsize row, rows;

  plane_size (info, plane, &row, &rows);
  if (stride >= 0 && (gsize) stride >= row)
    return TRUE;
  g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
      GST_MASK2FORMER_LAYOUT_ERROR_META, "plane %u of a frame has a stride of "
      "%d bytes, expected at least the %" G_GSIZE_FORMAT " of a row", plane,
      stride, row);
  return FALSE;
}

static gboolean
check_meta (const GstVideoMeta * meta, const GstVideoInfo * info,
    GError ** error)
{
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (meta->buffer);
  guint plane;

  if (meta->format != GST_VIDEO_INFO_FORMAT (info) ||
      meta->n_planes != GST_VIDEO_INFO_N_PLANES (info) ||
      meta->width < (guint) info->width || meta->height < (guint) info->height) {
    g_autofree gchar *format = gst_mask2former_format_name (meta->format);

    g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
        GST_MASK2FORMER_LAYOUT_ERROR_META, "the GstVideoMeta of a frame is for "
        "%u x %u pixels of format %s, expected %d x %d of %s as in the caps",
        meta->width, meta->height, format, info->width, info->height,
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)));
    return FALSE;
  }
  if (crop && (crop->x > 0 || crop->y > 0)) {
    g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
        GST_MASK2FORMER_LAYOUT_ERROR_META, "a frame is to be cropped by %u and "
        "%u pixels, which nobody offered", crop->x, crop->y);
    return FALSE;
  }
  for (plane = 0; plane < meta->n_planes; plane++)
    if (!check_stride (info, plane, meta->stride[plane], error))
      return FALSE;
  return TRUE;
}

/* Bytes that a buffer must have, whose GstVideoMeta, if any, is checked. */
static gsize
needed_size (const GstVideoMeta * meta, const GstVideoInfo * info)
{
  gsize size = 0, extent;
  guint plane;

  if (!meta)
    return info->size;
  for (plane = 0; plane < meta->n_planes; plane++) {
    extent = plane_extent (info, plane, meta->stride[plane]);
    if (meta->offset[plane] > G_MAXSIZE - extent)
      return G_MAXSIZE;
    size = MAX (size, meta->offset[plane] + extent);
  }
  return size;
}

/* Mapped bytes from the start of a plane, whose stride is checked.  A plane lies in one mapping,
 * which may be a part of the buffer.  Only a map function of the GstVideoMeta's own returns a
 * pointer to elsewhere; it knows what it does. */
static gsize
plane_memory (const GstVideoFrame * frame, guint plane)
{
  const GstMapInfo *map = &frame->map[frame->meta ? plane : 0];
  const guint8 *data = frame->data[plane];

  if (data < map->data || data > map->data + map->size)
    return plane_extent (&frame->info, plane,
        GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane));
  return map->size - (data - map->data);
}

static gboolean
check_plane (const GstVideoFrame * frame, guint plane, GError ** error)
{
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gsize extent, found;

  if (!check_stride (&frame->info, plane, stride, error))
    return FALSE;
  if (GST_VIDEO_FRAME_COMP_DEPTH (frame, 0) > 8 &&
      (GPOINTER_TO_SIZE (frame->data[plane]) | stride) % sizeof (guint16)) {
    g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
        GST_MASK2FORMER_LAYOUT_ERROR_META, "plane %u of a frame of %s has words "
        "at odd addresses", plane,
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)));
    return FALSE;
  }
  extent = plane_extent (&frame->info, plane, stride);
  found = plane_memory (frame, plane);
  if (found >= extent)
    return TRUE;
  g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
      GST_MASK2FORMER_LAYOUT_ERROR_SIZE, "plane %u of a frame has %"
      G_GSIZE_FORMAT " bytes of memory, expected %" G_GSIZE_FORMAT, plane,
      found, extent);
  return FALSE;
}

gboolean
gst_mask2former_frame_map (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, GError ** error)
{
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  gsize size = gst_buffer_get_size (buffer), needed;
  guint plane;

  if (meta && !check_meta (meta, info, error))
    return FALSE;
  needed = needed_size (meta, info);
  if (size < needed) {
    g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
        GST_MASK2FORMER_LAYOUT_ERROR_SIZE, "a frame has %" G_GSIZE_FORMAT
        " bytes, expected %" G_GSIZE_FORMAT, size, needed);
    return FALSE;
  }
  if (!gst_video_frame_map (frame, info, buffer,
          flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
        GST_MASK2FORMER_LAYOUT_ERROR_MAP, "the %" G_GSIZE_FORMAT " bytes of a "
        "frame cannot be mapped", size);
    return FALSE;
  }

  frame->info.width = info->width;
  frame->info.height = info->height;
  for (plane = 0; plane < GST_VIDEO_INFO_N_PLANES (info); plane++) {
    if (!check_plane (frame, plane, error)) {
      gst_video_frame_unmap (frame);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
gst_mask2former_frame_is_packed (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  guint plane;

  if (!meta)
    return TRUE;
  if (meta->n_planes != GST_VIDEO_INFO_N_PLANES (info) ||
      gst_buffer_get_size (buffer) != info->size)
    return FALSE;
  for (plane = 0; plane < meta->n_planes; plane++)
    if (meta->offset[plane] != info->offset[plane] ||
        meta->stride[plane] != info->stride[plane])
      return FALSE;
  return TRUE;
}

GstBufferPool *
gst_mask2former_packed_pool_new (const GstVideoInfo * info)
{
  GstBufferPool *pool = gst_video_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstCaps *caps = gst_video_info_to_caps (info);

  gst_buffer_pool_config_set_params (config, caps, info->size, 0, 0);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_caps_unref (caps);
  if (gst_buffer_pool_set_config (pool, config) &&
      gst_buffer_pool_set_active (pool, TRUE))
    return pool;
  gst_object_unref (pool);
  return NULL;
}

void
gst_mask2former_packed_pool_free (GstBufferPool * pool)
{
  if (!pool)
    return;
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
}

/* Copies a plane.  What the copy has between rows comes from between the frame's and, where that
 * is less, repeats the last byte, so that it is not what another frame left in the pool. */
static void
copy_plane (GstVideoFrame * to, const GstVideoFrame * from, guint plane)
{
  gsize to_stride = GST_VIDEO_FRAME_PLANE_STRIDE (to, plane);
  gsize stride = GST_VIDEO_FRAME_PLANE_STRIDE (from, plane);
  gsize available = plane_memory (from, plane), row, rows, y;
  const guint8 *src = from->data[plane];
  guint8 *dst = to->data[plane];

  plane_size (&from->info, plane, &row, &rows);
  for (y = 0; y < rows; y++, src += stride, dst += to_stride) {
    gsize n = MIN (MIN (to_stride, stride), available - y * stride);

    memcpy (dst, src, n);
    memset (dst + n, dst[n - 1], to_stride - n);
  }
}

GstBuffer *
gst_mask2former_frame_pack (const GstVideoFrame * frame,
    const GstVideoInfo * info, GstBufferPool * pool)
{
  GstBuffer *packed = NULL;
  GstVideoFrame copy;
  guint plane;

  if (gst_buffer_pool_acquire_buffer (pool, &packed, NULL) != GST_FLOW_OK)
    return NULL;
  if (!gst_video_frame_map (&copy, info, packed, GST_MAP_WRITE)) {
    gst_buffer_unref (packed);
    return NULL;
  }
  for (plane = 0; plane < GST_VIDEO_INFO_N_PLANES (info); plane++)
    copy_plane (&copy, frame, plane);
  gst_video_frame_unmap (&copy);
  gst_buffer_copy_into (packed, frame->buffer, GST_BUFFER_COPY_FLAGS |
      GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_META, 0, -1);
  return packed;
}

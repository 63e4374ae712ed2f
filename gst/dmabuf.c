/* Frames in DMABufs: memory that devices share by file descriptors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/dmabuf.h"

#include <gst/allocators/gstdmabuf.h>

/* ---- caps ---- */

#if GST_CHECK_VERSION (1, 24, 0)
/* Appends the name of a linear layout of the format, if it has one. */
static void
append_drm_format (GValue * list, const GValue * format)
{
  GstVideoFormat known =
      gst_video_format_from_string (g_value_get_string (format));
  guint32 fourcc = gst_video_dma_drm_fourcc_from_format (known);
  GValue name = G_VALUE_INIT;

  if (fourcc == 0)
    return;
  g_value_init (&name, G_TYPE_STRING);
  g_value_take_string (&name, gst_video_dma_drm_fourcc_to_string (fourcc, 0));
  gst_value_list_append_and_take_value (list, &name);
}

GstCaps *
gst_mask2former_dmabuf_caps (const GstCaps * caps)
{
  GstCaps *result = gst_caps_new_empty ();
  guint i, k;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_structure_copy (gst_caps_get_structure (caps, i));
    const GValue *formats = gst_structure_get_value (s, "format");
    GstCapsFeatures *features =
        gst_caps_features_copy (gst_caps_get_features (caps, i));
    GValue list = G_VALUE_INIT;

    g_value_init (&list, GST_TYPE_LIST);
    for (k = 0; k < gst_value_list_get_size (formats); k++)
      append_drm_format (&list, gst_value_list_get_value (formats, k));
    gst_structure_take_value (s, "drm-format", &list);
    gst_structure_set (s, "format", G_TYPE_STRING, "DMA_DRM", NULL);
    gst_caps_features_remove (features,
        GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
    gst_caps_features_add (features, GST_CAPS_FEATURE_MEMORY_DMABUF);
    gst_caps_append_structure_full (result, s, features);
  }
  return result;
}

gboolean
gst_mask2former_dmabuf_in_caps (const GstCaps * caps)
{
  return gst_video_is_dma_drm_caps (caps);
}

gboolean
gst_mask2former_dmabuf_info_from_caps (GstVideoInfo * info,
    const GstCaps * caps)
{
  GstVideoInfoDmaDrm drm;

  if (!gst_video_is_dma_drm_caps (caps))
    return gst_video_info_from_caps (info, caps);
  return gst_video_info_dma_drm_from_caps (&drm, caps) &&
      gst_video_info_dma_drm_to_video_info (&drm, info);
}
#else
GstCaps *
gst_mask2former_dmabuf_caps (const GstCaps * caps)
{
  return gst_caps_new_empty ();
}

gboolean
gst_mask2former_dmabuf_in_caps (const GstCaps * caps)
{
  return FALSE;
}

gboolean
gst_mask2former_dmabuf_info_from_caps (GstVideoInfo * info,
    const GstCaps * caps)
{
  return gst_video_info_from_caps (info, caps);
}
#endif

/* ---- frames ---- */

/* FALSE if the byte of a buffer is not in a DMABuf. */
static gboolean
find_byte (GstBuffer * buffer, gsize at, gint * fd, gsize * offset)
{
  guint first, n;
  gsize skip, start;
  GstMemory *memory;

  if (!gst_buffer_find_memory (buffer, at, 1, &first, &n, &skip))
    return FALSE;
  memory = gst_buffer_peek_memory (buffer, first);
  if (!gst_is_dmabuf_memory (memory))
    return FALSE;
  gst_memory_get_sizes (memory, &start, NULL);
  *fd = gst_dmabuf_memory_get_fd (memory);
  *offset = start + skip;
  return TRUE;
}

gboolean
gst_mask2former_dmabuf_of_frame (const GstVideoFrame * frame,
    M2fDmabuf * dmabuf)
{
  guint n = MIN (GST_VIDEO_FRAME_N_PLANES (frame), G_N_ELEMENTS (dmabuf->fd));
  const gsize *offsets;
  guint i;

  if (!frame->buffer)           /* a copy */
    return FALSE;
  offsets = frame->meta ? ((const GstVideoMeta *) frame->meta)->offset :
      frame->info.offset;
  *dmabuf = (M2fDmabuf) { .modifier = 0 };
  for (i = 0; i < n; i++)
    if (!find_byte (frame->buffer, offsets[i], &dmabuf->fd[i],
            &dmabuf->offset[i]))
      return FALSE;
  return TRUE;
}

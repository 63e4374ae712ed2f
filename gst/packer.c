/* Packed copies of frames that downstream would misread.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/packer.h"

#include "gst/dmabuf.h"
#include "gst/layout.h"
#include "gst/vulkanimages.h"

void
gst_mask2former_packer_set_format (GstMask2FormerPacker * packer,
    const GstVideoInfo * info)
{
  g_clear_pointer (&packer->pool, gst_mask2former_packed_pool_free);
  packer->info = *info;
  gst_mask2former_packer_reconfigure (packer);
}

void
gst_mask2former_packer_reconfigure (GstMask2FormerPacker * packer)
{
  g_atomic_int_set (&packer->ask, TRUE);
}

void
gst_mask2former_packer_clear (GstMask2FormerPacker * packer)
{
  g_clear_pointer (&packer->pool, gst_mask2former_packed_pool_free);
}

/* True if downstream takes frames that are not packed. */
static gboolean
reads_layouts (GstMask2FormerPacker * packer, GstPad * pad)
{
  GstCaps *caps;
  GstQuery *query;

  if (!g_atomic_int_compare_and_exchange (&packer->ask, TRUE, FALSE))
    return packer->reads_layouts;

  caps = gst_pad_get_current_caps (pad);
  query = gst_query_new_allocation (caps, FALSE);
  /* who takes DMABufs reads it, as nothing else says where planes are in them, and images are never
   * packed */
  packer->reads_layouts = gst_mask2former_dmabuf_in_caps (caps) ||
      gst_mask2former_vulkan_in_caps (caps) ||
      (gst_pad_peer_query (pad, query) &&
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  GST_DEBUG_OBJECT (pad, "downstream %s", packer->reads_layouts ?
      "reads GstVideoMeta" : "needs packed frames");
  gst_query_unref (query);
  gst_clear_caps (&caps);
  return packer->reads_layouts;
}

gboolean
gst_mask2former_packer_pack (GstMask2FormerPacker * packer, GstPad * pad,
    GstBuffer * buffer, GstBuffer ** packed)
{
  GstVideoFrame frame;

  *packed = NULL;
  if (gst_mask2former_frame_is_packed (buffer, &packer->info) ||
      reads_layouts (packer, pad) ||
      !gst_mask2former_frame_map (&frame, &packer->info, buffer, GST_MAP_READ,
          NULL))
    return TRUE;
  if (!packer->pool)
    packer->pool = gst_mask2former_packed_pool_new (&packer->info);
  if (packer->pool)
    *packed = gst_mask2former_frame_pack (&frame, &packer->info, packer->pool);
  gst_video_frame_unmap (&frame);
  return *packed != NULL;
}

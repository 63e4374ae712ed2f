/* Frames in Vulkan images: memory:VulkanImage of GStreamer's Vulkan library.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/vulkanimages.h"

#include <gst/vulkan/vulkan.h>

#include "gst/layout.h"

#define MAX_PLANES 2

/* Formats whose planes are images of one texel per pixel, as everything that makes such frames has
 * them. */
#define FORMATS "{ NV12, P010_10LE, RGBA, BGRA, RGBx, BGRx, GRAY8 }"

struct _GstMask2FormerImageReader
{
  GstVulkanDevice *device;      /* of what follows; NULL before the first frame */
  GstVulkanOperation *operation;
  PFN_vkCmdCopyImageToBuffer copy;
  PFN_vkCmdPipelineBarrier barrier;
  GstVideoInfo info;
  GstBuffer *buffer;            /* for frames like `info`, or NULL */
};

GstCaps *
gst_mask2former_vulkan_caps (void)
{
  return gst_caps_from_string (GST_VIDEO_CAPS_MAKE_WITH_FEATURES
      (GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE, FORMATS) "; "
      GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE
          ", " GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, FORMATS));
}

gboolean
gst_mask2former_vulkan_in_caps (const GstCaps * caps)
{
  return gst_caps_features_contains (gst_caps_get_features (caps, 0),
      GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE);
}

/* ---- the reader ---- */

GstMask2FormerImageReader *
gst_mask2former_image_reader_new (void)
{
  return g_new0 (GstMask2FormerImageReader, 1);
}

static void
reader_clear (GstMask2FormerImageReader * reader)
{
  gst_clear_buffer (&reader->buffer);
  gst_clear_object (&reader->operation);
  gst_clear_object (&reader->device);
}

void
gst_mask2former_image_reader_free (GstMask2FormerImageReader * reader)
{
  if (!reader)
    return;
  reader_clear (reader);
  g_free (reader);
}

static gboolean
refuse (GError ** error, const gchar * why)
{
  g_set_error (error, GST_MASK2FORMER_LAYOUT_ERROR,
      GST_MASK2FORMER_LAYOUT_ERROR_MAP,
      "a frame in Vulkan images cannot be read: %s", why);
  return FALSE;
}

/* Makes ready for images of a device. */
static gboolean
set_device (GstMask2FormerImageReader * reader, GstVulkanDevice * device,
    GError ** error)
{
  g_autoptr (GstVulkanQueue) queue = NULL;
  g_autoptr (GstVulkanCommandPool) pool = NULL;
  g_autoptr (GError) failure = NULL;

  if (reader->device == device)
    return TRUE;
  reader_clear (reader);
  /* the family that uploads and draws, so that images need not change their owner */
  queue = gst_vulkan_device_select_queue (device, VK_QUEUE_GRAPHICS_BIT);
  if (!queue)
    return refuse (error, "their device has no queue for graphics");
  pool = gst_vulkan_queue_create_command_pool (queue, &failure);
  if (!pool)
    return refuse (error, failure->message);
  reader->copy = (PFN_vkCmdCopyImageToBuffer)
      gst_vulkan_device_get_proc_address (device, "vkCmdCopyImageToBuffer");
  reader->barrier = (PFN_vkCmdPipelineBarrier)
      gst_vulkan_device_get_proc_address (device, "vkCmdPipelineBarrier");
  reader->operation = gst_vulkan_operation_new (pool);
  reader->device = gst_object_ref (device);
  return TRUE;
}

/* Memory for a plane, cached for the host if the device has such. */
static GstMemory *
plane_memory (GstVulkanDevice * device, gsize size)
{
  VkMemoryPropertyFlags flags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  GstMemory *memory = gst_vulkan_buffer_memory_alloc (device, size,
      VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      flags | VK_MEMORY_PROPERTY_HOST_CACHED_BIT);

  return memory ? memory : gst_vulkan_buffer_memory_alloc (device, size,
      VK_BUFFER_USAGE_TRANSFER_DST_BIT, flags);
}

/* Makes room for frames of a format and size. */
static gboolean
set_info (GstMask2FormerImageReader * reader, const GstVideoInfo * info,
    GError ** error)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 }, size;
  guint plane, n = GST_VIDEO_INFO_N_PLANES (info);

  if (reader->buffer && gst_video_info_is_equal (&reader->info, info))
    return TRUE;
  gst_clear_buffer (&reader->buffer);
  reader->buffer = gst_buffer_new ();
  for (plane = 0; plane < n; plane++) {
    GstMemory *memory;

    size = (gsize) GST_VIDEO_INFO_PLANE_STRIDE (info, plane) *
        GST_VIDEO_INFO_COMP_HEIGHT (info, plane);
    memory = plane_memory (reader->device, size);
    if (!memory) {
      gst_clear_buffer (&reader->buffer);
      return refuse (error, "there is no memory for a copy");
    }
    gst_buffer_append_memory (reader->buffer, memory);
    if (plane + 1 < n)
      offset[plane + 1] = offset[plane] + size;
  }
  gst_buffer_add_video_meta_full (reader->buffer, 0,
      GST_VIDEO_INFO_FORMAT (info), info->width, info->height, n, offset,
      (gint *) info->stride);
  reader->info = *info;
  return TRUE;
}

/* ---- copies ---- */

/* The image of a plane: one of its own, or the one that all planes share. */
static GstVulkanImageMemory *
plane_image (GstBuffer * frame, guint plane)
{
  guint n = gst_buffer_n_memory (frame);
  GstMemory *memory = n > 0 ?
      gst_buffer_peek_memory (frame, n > plane ? plane : 0) : NULL;
  GstVulkanImageMemory *image = (GstVulkanImageMemory *) memory;

  return memory && gst_is_vulkan_image_memory (memory) &&
      (image->usage & VK_IMAGE_USAGE_TRANSFER_SRC_BIT) ? image : NULL;
}

/* Checks a frame; returns the device of its images, or NULL with an error. */
static GstVulkanDevice *
check_frame (GstBuffer * frame, const GstVideoInfo * info, GError ** error)
{
  guint plane, n = GST_VIDEO_INFO_N_PLANES (info);
  guint n_memory = gst_buffer_n_memory (frame);

  for (plane = 0; plane < n; plane++) {
    GstVulkanImageMemory *image = plane_image (frame, plane);
    gboolean shared = n_memory < n;

    if (!image) {
      refuse (error, "it has other memory, or images that must not be copied");
      return NULL;
    }
    if (image->create_info.extent.width <
        (guint) GST_VIDEO_INFO_COMP_WIDTH (info, shared ? 0 : plane) ||
        image->create_info.extent.height <
        (guint) GST_VIDEO_INFO_COMP_HEIGHT (info, shared ? 0 : plane)) {
      refuse (error, "its images are smaller than the caps say");
      return NULL;
    }
  }
  return plane_image (frame, 0)->device;
}

/* Lets the copies wait for what was done to the images. */
static void
wait_for_images (GstMask2FormerImageReader * reader)
{
  VkCommandBuffer commands = reader->operation->cmd_buf->cmd;
  g_autoptr (GArray) barriers =
      gst_vulkan_operation_retrieve_image_barriers (reader->operation);

  if (gst_vulkan_operation_use_sync2 (reader->operation)) {
    VkDependencyInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO_KHR,
      .imageMemoryBarrierCount = barriers->len,
      .pImageMemoryBarriers = (gpointer) barriers->data,
    };

    gst_vulkan_operation_pipeline_barrier2 (reader->operation, &info);
  } else {
    reader->barrier (commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
        VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, barriers->len,
        (gpointer) barriers->data);
  }
}

static void
copy_planes (GstMask2FormerImageReader * reader, GstBuffer * frame)
{
  static const VkImageAspectFlags aspects[MAX_PLANES] = {
    VK_IMAGE_ASPECT_PLANE_0_BIT, VK_IMAGE_ASPECT_PLANE_1_BIT
  };
  const GstVideoInfo *info = &reader->info;
  VkCommandBuffer commands = reader->operation->cmd_buf->cmd;
  guint plane, n = GST_VIDEO_INFO_N_PLANES (info);
  gboolean shared = gst_buffer_n_memory (frame) < n;
  VkMemoryBarrier barrier = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
    .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
    .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
  };

  for (plane = 0; plane < n; plane++) {
    GstVulkanBufferMemory *copy = (GstVulkanBufferMemory *)
        gst_buffer_peek_memory (reader->buffer, plane);
    VkBufferImageCopy region = {
      .bufferRowLength = GST_VIDEO_INFO_COMP_STRIDE (info, plane) /
          GST_VIDEO_INFO_COMP_PSTRIDE (info, plane),
      .imageSubresource = {
        .aspectMask = shared ? aspects[plane] : VK_IMAGE_ASPECT_COLOR_BIT,
        .layerCount = 1,
      },
      .imageExtent = {
        GST_VIDEO_INFO_COMP_WIDTH (info, plane),
        GST_VIDEO_INFO_COMP_HEIGHT (info, plane), 1
      },
    };

    reader->copy (commands, plane_image (frame, plane)->image,
        VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, copy->buffer, 1, &region);
  }
  reader->barrier (commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}

/* Copies a frame that was checked, and waits for that. */
static gboolean
copy_frame (GstMask2FormerImageReader * reader, GstBuffer * frame,
    GError ** error)
{
  GstVulkanOperation *operation = reader->operation;
  g_autoptr (GError) failure = NULL;

  if (!gst_vulkan_operation_begin (operation, &failure))
    return refuse (error, failure->message);
  if (!gst_vulkan_operation_add_dependency_frame (operation, frame,
          VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT)
      || !gst_vulkan_operation_add_frame_barrier (operation, frame,
          VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
          VK_ACCESS_TRANSFER_READ_BIT, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
          NULL)) {
    gst_vulkan_operation_reset (operation);
    return refuse (error, "its images cannot be waited for");
  }
  wait_for_images (reader);
  copy_planes (reader, frame);
  if (!gst_vulkan_operation_end (operation, &failure))
    return refuse (error, failure->message);
  return gst_vulkan_operation_wait (operation) ||
      refuse (error, "copying its images takes too long");
}

GstBuffer *
gst_mask2former_image_reader_read (GstMask2FormerImageReader * reader,
    GstBuffer * frame, const GstVideoInfo * info, GError ** error)
{
  GstVulkanDevice *device = check_frame (frame, info, error);

  return device && set_device (reader, device, error) &&
      set_info (reader, info, error) && copy_frame (reader, frame, error) ?
      reader->buffer : NULL;
}

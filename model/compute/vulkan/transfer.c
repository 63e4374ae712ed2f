/* Host copies: straight where the CPU sees a buffer, through one staging buffer where it does not.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A copy that fails has no way to say so; the device remembers, and its next run fails.
 */
#include "model/compute/vulkan/vk.h"

#include <string.h>

#include "model/compute/half.h"

#define STAGING_SIZE (8u << 20)

/* ---- transfers, with the transfer lock held ------------------------------------------------- */

/* What is copied to the device gathers in vk->transfer and in the staging memory, until that is
 * full or something depends on it: loading a network is tens of submissions, not a thousand. */

/* Submits what has gathered and waits for it. */
static VkResult
finish_gathered (VulkanDevice *vk)
{
    if (!vk->gathers)
        return VK_SUCCESS;
    vk->gathers = false;
    vk->staged = 0;
    VkResult result = vkEndCommandBuffer (vk->transfer);

    if (result == VK_SUCCESS && vk->staging)
        result = vk_flush_host (vk, vk->staging);
    const VkSubmitInfo submission = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &vk->transfer,
    };
    if (result == VK_SUCCESS)
        result = vk_submit (vk, &submission, 1, &vk->transferred);
    return result == VK_SUCCESS ? vk_wait (vk, &vk->transferred) : result;
}

/* Lets further commands gather, in order. */
static VkResult
gather (VulkanDevice *vk)
{
    const VkCommandBufferBeginInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
    };

    if (g_atomic_int_get (&vk->lost))
        return VK_ERROR_DEVICE_LOST;
    if (vk->gathers) {
        vkCmdPipelineBarrier (vk->transfer, VK_PIPELINE_STAGE_TRANSFER_BIT,
            VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
        return VK_SUCCESS;
    }
    VkResult result = vkResetCommandPool (vk->device, vk->transfer_pool, 0);
    if (result == VK_SUCCESS)
        result = vkBeginCommandBuffer (vk->transfer, &info);
    vk->gathers = result == VK_SUCCESS;
    return result;
}

/* Makes the writes of a transfer visible to the host. */
static void
make_visible (VulkanDevice *vk)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
    };

    vkCmdPipelineBarrier (vk->transfer, VK_PIPELINE_STAGE_TRANSFER_BIT,
        VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}

/* Copies at most STAGING_SIZE bytes to a buffer. */
static VkResult
upload (VulkanDevice *vk, const VulkanBuffer *buffer, size_t offset, size_t size, const char *host)
{
    VkResult result = vk->staged + size > STAGING_SIZE ? finish_gathered (vk) : VK_SUCCESS;

    if (result == VK_SUCCESS)
        result = gather (vk);
    if (result != VK_SUCCESS)
        return result;
    const VkBufferCopy region = { .srcOffset = vk->staged, .dstOffset = offset, .size = size };
    memcpy ((char *) vk->staging->host + vk->staged, host, size);
    vkCmdCopyBuffer (vk->transfer, ((VulkanBuffer *) vk->staging)->buffer, buffer->buffer, 1,
        &region);
    vk->staged += size;
    return VK_SUCCESS;
}

/* Copies at most STAGING_SIZE bytes out of a buffer. */
static VkResult
download (VulkanDevice *vk, const VulkanBuffer *buffer, size_t offset, size_t size, char *host)
{
    const VkBufferCopy region = { .srcOffset = offset, .size = size };
    VkResult result = finish_gathered (vk);

    if (result == VK_SUCCESS)
        result = gather (vk);
    if (result != VK_SUCCESS)
        return result;
    vkCmdCopyBuffer (vk->transfer, buffer->buffer, ((VulkanBuffer *) vk->staging)->buffer, 1,
        &region);
    make_visible (vk);
    result = finish_gathered (vk);
    if (result == VK_SUCCESS)
        result = vk_invalidate_host (vk, vk->staging);
    if (result == VK_SUCCESS)
        memcpy (host, vk->staging->host, size);
    return result;
}

/* ---- transfers ------------------------------------------------------------------------------ */

static void
remember (VulkanDevice *vk, VkResult result)
{
    if (result != VK_SUCCESS)
        g_atomic_int_set (&vk->transfer_result, result);
}

VkResult
vk_finish_transfers (VulkanDevice *vk)
{
    g_mutex_lock (&vk->transfer_lock);
    VkResult result = finish_gathered (vk);
    g_mutex_unlock (&vk->transfer_lock);
    return result;
}

void
vk_drop_transfers (VulkanDevice *vk)
{
    remember (vk, vk_finish_transfers (vk));
}

VkResult
vk_transfer_now (VulkanDevice *vk, VulkanRecord record, const void *data)
{
    g_mutex_lock (&vk->transfer_lock);
    VkResult result = finish_gathered (vk);

    if (result == VK_SUCCESS)
        result = gather (vk);
    if (result == VK_SUCCESS) {
        record (vk->transfer, data);
        result = finish_gathered (vk);
    }
    g_mutex_unlock (&vk->transfer_lock);
    return result;
}

void
vk_clear (VulkanDevice *vk, VulkanBuffer *buffer)
{
    g_mutex_lock (&vk->transfer_lock);
    VkResult result = gather (vk);
    if (result == VK_SUCCESS)
        vkCmdFillBuffer (vk->transfer, buffer->buffer, 0, VK_WHOLE_SIZE, 0);
    g_mutex_unlock (&vk->transfer_lock);
    remember (vk, result);
}

bool
vk_staging_new (VulkanDevice *vk, GError **error)
{
    M2fBuffer *probe = vk_buffer_new (&vk->base, 4, error);
    bool needed = probe && !probe->host;

    if (needed)
        vk->staging = vk_buffer_new_readback (&vk->base, STAGING_SIZE, error);
    vk_buffer_free (&vk->base, probe);
    return probe && (!needed || vk->staging);
}

/* Copies bytes of a buffer that the CPU does not see to or from `host`. */
static void
copy_bytes (VulkanDevice *vk, const VulkanBuffer *buffer, size_t offset, size_t size, char *host,
    bool to_device)
{
    VkResult result = VK_SUCCESS;

    g_mutex_lock (&vk->transfer_lock);
    for (size_t done = 0, n; done < size && result == VK_SUCCESS; done += n) {
        n = MIN (size - done, STAGING_SIZE);
        result = to_device ? upload (vk, buffer, offset + done, n, host + done)
                           : download (vk, buffer, offset + done, n, host + done);
    }
    g_mutex_unlock (&vk->transfer_lock);
    remember (vk, result);
}

/* ---- tensors ------------------------------------------------------------------------------- */

static void
copy_rows (char *dst, size_t dst_step, const char *src, size_t src_step, const M2fTensor *t)
{
    size_t row = (size_t) t->ne[3] * m2f_type_size (t->type);

    for (int64_t i = 0; i < m2f_tensor_rows (t); i++, dst += dst_step, src += src_step)
        memcpy (dst, src, row);
}

/* Writes rows `src_step` bytes apart. */
static void
write_rows (M2fDevice *device, const M2fTensor *t, const char *src, size_t src_step)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = (VulkanBuffer *) t->buffer;
    size_t step = (size_t) t->stride * m2f_type_size (t->type), size = m2f_tensor_extent (t);

    if (buffer->base.host) {
        copy_rows (m2f_tensor_host (t), step, src, src_step, t);
    } else if (t->stride == t->ne[3] && src_step == step) {
        copy_bytes (vk, buffer, t->offset, size, (char *) src, true);
    } else {
        /* what lies between the rows stays */
        g_autofree char *rows = g_try_malloc (size);
        if (!rows) {
            remember (vk, VK_ERROR_OUT_OF_HOST_MEMORY);
            return;
        }
        if (t->stride != t->ne[3])
            copy_bytes (vk, buffer, t->offset, size, rows, false);
        copy_rows (rows, step, src, src_step, t);
        copy_bytes (vk, buffer, t->offset, size, rows, true);
    }
}

void
vk_write (M2fDevice *device, const M2fTensor *tensor, const void *data)
{
    write_rows (device, tensor, data, (size_t) tensor->ne[3] * m2f_type_size (tensor->type));
}

void
vk_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride)
{
    write_rows (device, tensor, rows, (size_t) stride * m2f_type_size (tensor->type));
}

/* The tensor's elements in memory that the CPU sees: its own, or the last run's copy. */
static const char *
visible (const M2fTensor *t)
{
    const VulkanBuffer *buffer = (const VulkanBuffer *) t->buffer;

    if (buffer->base.host)
        return m2f_tensor_host (t);
    for (guint i = 0; buffer->copies && i < buffer->copies->len; i++) {
        const VulkanCopy *copy = &g_array_index (buffer->copies, VulkanCopy, i);
        if (copy->offset <= t->offset
            && copy->offset + copy->size >= t->offset + m2f_tensor_extent (t))
            return (const char *) copy->buffer->host + (t->offset - copy->offset);
    }
    return NULL;
}

void
vk_read (M2fDevice *device, const M2fTensor *tensor, void *data)
{
    const char *host = visible (tensor);
    size_t row = (size_t) tensor->ne[3] * m2f_type_size (tensor->type);
    size_t step = (size_t) tensor->stride * m2f_type_size (tensor->type);
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = (VulkanBuffer *) tensor->buffer;

    if (host)
        copy_rows (data, row, host, step, tensor);
    else if (row == step)
        copy_bytes (vk, buffer, tensor->offset, m2f_tensor_extent (tensor), data, false);
    else
        for (int64_t i = 0; i < m2f_tensor_rows (tensor); i++)
            copy_bytes (vk, buffer, tensor->offset + (size_t) i * step, row,
                (char *) data + (size_t) i * row, false);
}

const void *
vk_map (M2fDevice *device, const M2fTensor *tensor)
{
    VulkanBuffer *buffer = (VulkanBuffer *) tensor->buffer;
    const char *host = visible (tensor);

    if (host)
        return host;
    g_free (buffer->mapped);
    buffer->mapped = g_try_malloc0 (m2f_tensor_extent (tensor));
    if (!buffer->mapped) {
        remember (vulkan_device (device), VK_ERROR_OUT_OF_HOST_MEMORY);
        return NULL;
    }
    copy_bytes (vulkan_device (device), buffer, tensor->offset, m2f_tensor_extent (tensor),
        buffer->mapped, false);
    return buffer->mapped;
}

/* ---- weights ------------------------------------------------------------------------------- */

static bool
stored_half (const M2fDevice *device, M2fLayout layout)
{
    return device->precision == M2F_PRECISION_FP16
        && (layout == M2F_LINEAR_WEIGHT || layout == M2F_LINEAR_WEIGHT_TOLERANT
            || layout == M2F_CONV3X3_WEIGHT || layout == M2F_CONV2D_WEIGHT);
}

size_t
vk_weight_size (M2fDevice *device, M2fLayout layout, const int ne[4], M2fType *type)
{
    size_t n = (size_t) ne[0] * (size_t) ne[1] * (size_t) ne[2] * (size_t) ne[3];

    *type = stored_half (device, layout) ? M2F_F16 : M2F_F32;
    return n * m2f_type_size (*type);
}

/* Taps outermost, so that a tap's input channels are contiguous as in memory: (rows, columns, taps)
 * to (rows, taps, columns). */
static void
taps_first (size_t rows, size_t columns, size_t taps, const float *data, float *out)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            for (size_t tap = 0; tap < taps; tap++)
                out[(i * taps + tap) * columns + j] = data[(i * columns + j) * taps + tap];
}

/* The elements in the order of the shaders: `data` itself, or `room`. */
static const float *
reorder (const M2fTensor *weight, const float *data, float *room)
{
    const size_t n = (size_t) weight->ne[0], c = (size_t) weight->ne[1];
    const size_t taps = (size_t) weight->ne[2] * (size_t) weight->ne[3];

    switch (weight->layout) {
    case M2F_CONV3X3_WEIGHT:
    case M2F_CONV2D_WEIGHT:
        taps_first (n, c, taps, data, room);
        return room;
    case M2F_DEPTHWISE_WEIGHT: /* all channels of a tap together */
        taps_first (1, n, taps, data, room);
        return room;
    default:
        return data;
    }
}

/* Says so once for a device if its precision does not hold a weight. */
static void
round_to_halves (M2fDevice *device, const M2fTensor *weight, const float *values, uint16_t *halves,
    size_t n)
{
    size_t beyond = 0;

    for (size_t i = 0; i < n; i++) {
        halves[i] = m2f_half_from_float (values[i]);
        beyond += values[i] > M2F_GREATEST_HALF || values[i] < -M2F_GREATEST_HALF;
    }
    if (beyond > 0 && g_atomic_int_compare_and_exchange (&vulkan_device (device)->saturated, 0, 1))
        g_warning ("%s: %zu numbers of %s are beyond fp16 and become %d; fp32 holds them",
            device->info.name, beyond, weight->name, M2F_GREATEST_HALF);
}

bool
vk_weight_write (M2fDevice *device, const M2fTensor *weight, const float *data, GError **error)
{
    const int *ne = weight->ne;
    const size_t n = (size_t) ne[0] * (size_t) ne[1] * (size_t) ne[2] * (size_t) ne[3];
    const M2fTensor flat = { .buffer = weight->buffer, .offset = weight->offset,
        .type = weight->type, .ne = { 1, 1, 1, (int) n }, .stride = (int) n };
    g_autofree float *room = g_try_new (float, n);
    g_autofree uint16_t *halves = weight->type == M2F_F16 ? g_try_new (uint16_t, n) : NULL;

    if (!room || (weight->type == M2F_F16 && !halves)) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "no memory for %zu bytes while converting", n * sizeof (float));
        return false;
    }

    const float *values = reorder (weight, data, room);

    if (halves)
        round_to_halves (device, weight, values, halves, n);
    vk_write (device, &flat, halves ? (const void *) halves : values);
    return true;
}

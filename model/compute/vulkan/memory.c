/* Buffers, suballocated from blocks; host copies through staging where the CPU has no view.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vk.h"

#include <string.h>

#define BLOCK_SIZE (64u << 20)
#define DEDICATED_SIZE (16u << 20) /* from here on a buffer gets a block of its own */
#define ALIGNMENT 256u             /* no device asks for more */

/* One vkAllocateMemory: filled front to back, given back when its last buffer goes. */
struct VulkanBlock {
    VkDeviceMemory memory;
    uint32_t type;
    VkDeviceSize size, used;
    int buffers;
    void *host; /* mapped for good if the type can be */
};

/* The first type with all of `wanted` and, where there is a choice, none of `unwanted`. */
static int
find_type (const VulkanDevice *vk, uint32_t allowed, VkMemoryPropertyFlags wanted,
    VkMemoryPropertyFlags unwanted)
{
    for (uint32_t i = 0; i < vk->memory.memoryTypeCount; i++) {
        VkMemoryPropertyFlags flags = vk->memory.memoryTypes[i].propertyFlags;
        if ((allowed >> i & 1) && (flags & wanted) == wanted && !(flags & unwanted))
            return (int) i;
    }
    return unwanted ? find_type (vk, allowed, wanted, 0) : -1;
}

/* What the CPU reads back must be cached for it; what only the device touches is best where the
 * CPU cannot see it, unless all of the device's memory is visible anyway (integrated, software). */
static int
choose_type (const VulkanDevice *vk, uint32_t allowed, bool shared)
{
    const VkMemoryPropertyFlags visible
        = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    int type = -1;

    if (shared) {
        type = find_type (vk, allowed, visible | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, 0);
        return type >= 0 ? type : find_type (vk, allowed, visible, 0);
    }
    if (vk->properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
        type = find_type (vk, allowed, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | visible, 0);
    if (type < 0)
        type = find_type (vk, allowed, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
            VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
    return type >= 0 ? type : find_type (vk, allowed, 0, 0);
}

static void
block_free (VulkanDevice *vk, VulkanBlock *block)
{
    vkFreeMemory (vk->device, block->memory, NULL);
    g_free (block);
}

static VulkanBlock *
block_new (VulkanDevice *vk, uint32_t type, VkDeviceSize size, GError **error)
{
    VulkanBlock *block = g_new0 (VulkanBlock, 1);
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = size,
        .memoryTypeIndex = type,
    };

    block->type = type;
    block->size = size;
    VK (vk, vkAllocateMemory (vk->device, &info, NULL, &block->memory));
    g_atomic_int_inc (&vk->created);
    if (vk->memory.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
        VK (vk, vkMapMemory (vk->device, block->memory, 0, VK_WHOLE_SIZE, 0, &block->host));
    return block;

error:
    block_free (vk, block);
    return NULL;
}

/* A block of the type with `size` bytes left at `*begin`, with the memory lock held. */
static VulkanBlock *
block_for (VulkanDevice *vk, uint32_t type, VkDeviceSize size, VkDeviceSize *begin, GError **error)
{
    VulkanBlock *block = NULL;

    for (guint i = 0; size < DEDICATED_SIZE && i < vk->blocks->len && !block; i++) {
        VulkanBlock *candidate = vk->blocks->pdata[i];
        if (candidate->type == type && candidate->size - candidate->used >= size)
            block = candidate;
    }
    if (!block) {
        block = block_new (vk, type, size < DEDICATED_SIZE ? BLOCK_SIZE : size, error);
        if (!block)
            return NULL;
        g_ptr_array_add (vk->blocks, block);
    }
    *begin = block->used;
    block->used += size;
    block->buffers++;
    return block;
}

static M2fBuffer *
buffer_new (M2fDevice *device, size_t size, bool shared, GError **error)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = g_new0 (VulkanBuffer, 1);
    VkMemoryRequirements need;
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = (MAX (size, 4) + 3) & ~(VkDeviceSize) 3,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT
            | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };

    buffer->base.size = size;
    VK (vk, vkCreateBuffer (vk->device, &info, NULL, &buffer->buffer));
    g_atomic_int_inc (&vk->created);
    vkGetBufferMemoryRequirements (vk->device, buffer->buffer, &need);
    int type = choose_type (vk, need.memoryTypeBits, shared);
    VkDeviceSize bytes = (need.size + MAX (need.alignment, ALIGNMENT) - 1)
        / MAX (need.alignment, ALIGNMENT) * MAX (need.alignment, ALIGNMENT);
    if (type < 0) {
        vk_set_error (vk, VK_ERROR_FEATURE_NOT_PRESENT, "choosing a memory type", error);
        goto error;
    }
    g_mutex_lock (&vk->memory_lock);
    buffer->block = block_for (vk, (uint32_t) type, bytes, &buffer->begin, error);
    g_mutex_unlock (&vk->memory_lock);
    if (!buffer->block)
        goto error;
    VK (vk, vkBindBufferMemory (vk->device, buffer->buffer, buffer->block->memory, buffer->begin));
    if (buffer->block->host) {
        buffer->base.host = (char *) buffer->block->host + buffer->begin;
        memset (buffer->base.host, 0, size);
    } else {
        const M2fTensor all = { .buffer = &buffer->base, .type = M2F_U8,
            .ne = { 1, 1, 1, (int) MIN (size, G_MAXINT) } };
        vk_write (device, &all, NULL);
    }
    return &buffer->base;

error:
    vk_buffer_free (device, &buffer->base);
    return NULL;
}

M2fBuffer *
vk_buffer_new (M2fDevice *device, size_t size, GError **error)
{
    return buffer_new (device, size, false, error);
}

void
vk_buffer_free (M2fDevice *device, M2fBuffer *base)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = (VulkanBuffer *) base;

    if (!buffer)
        return;
    vkDestroyBuffer (vk->device, buffer->buffer, NULL);
    if (buffer->block) {
        g_mutex_lock (&vk->memory_lock);
        if (--buffer->block->buffers == 0) {
            g_ptr_array_remove_fast (vk->blocks, buffer->block);
            block_free (vk, buffer->block);
        }
        g_mutex_unlock (&vk->memory_lock);
    }
    g_free (buffer);
}

/* ---- copies -------------------------------------------------------------------------------- */

/* Starts the one-time command buffer; the queue lock is held until transfer_finish(). */
static bool
transfer_start (VulkanDevice *vk)
{
    const VkCommandBufferBeginInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };

    g_mutex_lock (&vk->queue_lock);
    return vkBeginCommandBuffer (vk->transfer, &info) == VK_SUCCESS;
}

static void
transfer_finish (VulkanDevice *vk)
{
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &vk->transfer,
    };

    /* a lost device shows at the next run, which reports it */
    if (vkEndCommandBuffer (vk->transfer) == VK_SUCCESS
        && vkQueueSubmit (vk->queue, 1, &submit, vk->transfer_fence) == VK_SUCCESS) {
        vkWaitForFences (vk->device, 1, &vk->transfer_fence, VK_TRUE, UINT64_MAX);
        vkResetFences (vk->device, 1, &vk->transfer_fence);
    }
    g_mutex_unlock (&vk->queue_lock);
}

/* Bytes from the tensor's first element to behind its last. */
static size_t
span (const M2fTensor *t)
{
    size_t elements = (size_t) (m2f_tensor_rows (t) - 1) * (size_t) t->stride + (size_t) t->ne[3];

    return elements * m2f_type_size (t->type);
}

static void
copy_rows (const M2fTensor *t, char *strided, char *dense, bool to_strided)
{
    size_t row = (size_t) t->ne[3] * m2f_type_size (t->type);
    size_t step = (size_t) t->stride * m2f_type_size (t->type);

    for (int64_t i = 0; i < m2f_tensor_rows (t); i++, strided += step, dense += row)
        memcpy (to_strided ? strided : dense, to_strided ? dense : strided, row);
}

/* `data` NULL zeroes the whole buffer. */
void
vk_write (M2fDevice *device, const M2fTensor *tensor, const void *data)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = (VulkanBuffer *) tensor->buffer;

    if (!data) {
        if (transfer_start (vk))
            vkCmdFillBuffer (vk->transfer, buffer->buffer, 0, VK_WHOLE_SIZE, 0);
        transfer_finish (vk);
        return;
    }
    if (buffer->base.host) {
        copy_rows (tensor, m2f_tensor_host (tensor), (char *) data, true);
        return;
    }
    VulkanBuffer *staging = (VulkanBuffer *) buffer_new (device, span (tensor), true, NULL);
    if (!staging)
        return;
    /* rows between which another tensor lies must keep what is there */
    if (tensor->stride != tensor->ne[3])
        vk_read (device, &(M2fTensor) { .buffer = tensor->buffer, .offset = tensor->offset,
                             .type = M2F_U8, .ne = { 1, 1, 1, (int) span (tensor) },
                             .stride = (int) span (tensor) },
            staging->base.host);
    copy_rows (tensor, staging->base.host, (char *) data, true);
    const VkBufferCopy copy = { .dstOffset = tensor->offset, .size = span (tensor) };
    if (transfer_start (vk))
        vkCmdCopyBuffer (vk->transfer, staging->buffer, buffer->buffer, 1, &copy);
    transfer_finish (vk);
    vk_buffer_free (device, &staging->base);
}

void
vk_read (M2fDevice *device, const M2fTensor *tensor, void *data)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = (VulkanBuffer *) tensor->buffer;

    if (buffer->base.host) {
        copy_rows (tensor, m2f_tensor_host (tensor), data, false);
        return;
    }
    VulkanBuffer *staging = (VulkanBuffer *) buffer_new (device, span (tensor), true, NULL);
    if (!staging)
        return;
    const VkBufferCopy copy = { .srcOffset = tensor->offset, .size = span (tensor) };
    if (transfer_start (vk))
        vkCmdCopyBuffer (vk->transfer, buffer->buffer, staging->buffer, 1, &copy);
    transfer_finish (vk);
    copy_rows (tensor, staging->base.host, data, false);
    vk_buffer_free (device, &staging->base);
}

void
vk_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride)
{
    const char *row = rows;
    size_t bytes = (size_t) tensor->ne[3] * m2f_type_size (tensor->type);

    if (!tensor->buffer->host || stride == tensor->ne[3]) {
        vk_write (device, tensor, rows);
        return;
    }
    for (int64_t i = 0; i < m2f_tensor_rows (tensor); i++)
        memcpy ((char *) m2f_tensor_host (tensor) + (size_t) i * bytes,
            row + (size_t) i * (size_t) stride * m2f_type_size (tensor->type), bytes);
}

const void *
vk_map (M2fDevice *device, const M2fTensor *tensor)
{
    return tensor->buffer->host ? m2f_tensor_host (tensor) : NULL;
}

/* ---- weights ------------------------------------------------------------------------------- */

static bool
stored_half (const M2fDevice *device, M2fLayout layout)
{
    return device->precision == M2F_PRECISION_FP16
        && (layout == M2F_LINEAR_WEIGHT || layout == M2F_CONV3X3_WEIGHT);
}

/* Products read their weights in fp16 two at a time, so rows have an even length there. */
size_t
vk_weight_size (M2fDevice *device, M2fLayout layout, const int ne[4], M2fType *type)
{
    size_t n = (size_t) ne[0] * (size_t) ne[1] * (size_t) ne[2] * (size_t) ne[3];

    *type = stored_half (device, layout) ? M2F_F16 : M2F_F32;
    return n * m2f_type_size (*type);
}

/* Round to nearest even; weights were checked to be finite, too large ones become infinite. */
static uint16_t
half_from_float (float value)
{
    union { float f; uint32_t u; } in = { value }, magic = { 0 };
    uint32_t sign = in.u >> 16 & 0x8000, bits = in.u & 0x7fffffff;

    if (bits >= 0x47800000)
        return (uint16_t) (sign | 0x7c00);
    if (bits < 0x38800000) { /* subnormal: let the adder round */
        magic.u = (uint32_t) (127 - 15 + 23 - 10 + 1) << 23;
        in.u = bits;
        in.f += magic.f;
        return (uint16_t) (sign | (in.u - magic.u));
    }
    bits += 0xc8000fff + (bits >> 13 & 1);
    return (uint16_t) (sign | bits >> 13);
}

/* A convolution's taps outermost, so that a tap's input channels are contiguous as in memory. */
static float *
taps_first (const int ne[4], const float *data)
{
    int n = ne[0], c = ne[1];
    float *out = g_new (float, (size_t) n * (size_t) c * 9);

    for (int i = 0; i < n; i++)
        for (int j = 0; j < c; j++)
            for (int tap = 0; tap < 9; tap++)
                out[((size_t) i * 9 + (size_t) tap) * (size_t) c + (size_t) j]
                    = data[((size_t) i * (size_t) c + (size_t) j) * 9 + (size_t) tap];
    return out;
}

void
vk_weight_write (M2fDevice *device, const M2fTensor *weight, const float *data)
{
    const int *ne = weight->ne;
    size_t n = (size_t) ne[0] * (size_t) ne[1] * (size_t) ne[2] * (size_t) ne[3];
    g_autofree float *reordered
        = weight->layout == M2F_CONV3X3_WEIGHT ? taps_first (ne, data) : NULL;
    const float *values = reordered ? reordered : data;
    M2fTensor flat = { .buffer = weight->buffer, .offset = weight->offset, .type = weight->type,
        .ne = { 1, 1, 1, (int) n }, .stride = (int) n };

    if (!stored_half (device, weight->layout)) {
        vk_write (device, &flat, values);
        return;
    }
    g_autofree uint16_t *halves = g_new (uint16_t, n);
    for (size_t i = 0; i < n; i++)
        halves[i] = half_from_float (values[i]);
    vk_write (device, &flat, halves);
}

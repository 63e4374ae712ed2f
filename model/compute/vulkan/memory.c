/* Buffers, suballocated from blocks of device memory.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/vk.h"

#include <string.h>

#define BLOCK_SIZE (64u << 20)
#define DEDICATED_SIZE (16u << 20) /* from here on a buffer gets a block of its own */
#define ALIGNMENT 256u             /* no device asks for more */

/* Who touches a buffer. */
typedef enum BufferUse {
    DEVICE_ONLY, /* the device; the host too if its memory is fast and coherent for both */
    SHARED,      /* the host writes, the device reads */
    READBACK,    /* the device writes, the host reads */
} BufferUse;

/* One vkAllocateMemory: filled front to back, given back when its last buffer goes. */
struct VulkanBlock {
    VkDeviceMemory memory;
    uint32_t type;
    BufferUse use;
    VkDeviceSize size, used;
    int buffers;
    void *host; /* mapped for good if the type can be */
    VulkanBuffer whole; /* all of a block that buffers share; no buffer if there is one alone */
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

/* The first type that has all of one of the sets of flags, which are tried in order. */
static int
first_type (const VulkanDevice *vk, uint32_t allowed, const VkMemoryPropertyFlags *sets, int n)
{
    int type = -1;

    for (int i = 0; i < n && type < 0; i++)
        type = find_type (vk, allowed, sets[i], 0);
    return type;
}

/* What the CPU reads must be cached for it: reading write-combined memory is many times slower.
 * Memory of the device is best where the CPU does not see it, unless all of it is visible anyway
 * (integrated, software). */
static int
choose_type (const VulkanDevice *vk, uint32_t allowed, BufferUse use)
{
    const VkMemoryPropertyFlags visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
    const VkMemoryPropertyFlags coherent = visible | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    const VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    const VkMemoryPropertyFlags shared[] = { coherent | cached, coherent };
    const VkMemoryPropertyFlags readback[] = { coherent | cached, visible | cached, coherent };
    int type = -1;

    if (use != DEVICE_ONLY)
        return use == SHARED ? first_type (vk, allowed, shared, G_N_ELEMENTS (shared))
            : first_type (vk, allowed, readback, G_N_ELEMENTS (readback));
    if (vk->properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
        type = find_type (vk, allowed, local | coherent | cached, 0);
    if (type < 0)
        type = find_type (vk, allowed, local, visible);
    return type >= 0 ? type : find_type (vk, allowed, 0, 0);
}

static VkMemoryPropertyFlags
flags_of (const VulkanDevice *vk, uint32_t type)
{
    return vk->memory.memoryTypes[type].propertyFlags;
}

/* Whether the host touches buffers of this type and use where they are, without a copy. */
static bool
is_mapped (const VulkanDevice *vk, uint32_t type, BufferUse use)
{
    const VkMemoryPropertyFlags fast = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT
        | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;

    return use != DEVICE_ONLY || (!vk->unmapped && (flags_of (vk, type) & fast) == fast);
}

static void
block_free (VulkanDevice *vk, VulkanBlock *block)
{
    vkDestroyBuffer (vk->device, block->whole.buffer, NULL);
    vkFreeMemory (vk->device, block->memory, NULL);
    g_free (block);
}

/* A buffer of at least `size` bytes, not bound to memory. */
static VkResult
create_buffer (VulkanDevice *vk, VkDeviceSize size, VkBuffer *buffer)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = (MAX (size, 4) + 3) & ~(VkDeviceSize) 3,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT
            | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };

    g_atomic_int_inc (&vk->created);
    return vkCreateBuffer (vk->device, &info, NULL, buffer);
}

static VulkanBlock *
block_new (VulkanDevice *vk, uint32_t type, BufferUse use, VkDeviceSize size, GError **error)
{
    VulkanBlock *block = g_new0 (VulkanBlock, 1);
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = size,
        .memoryTypeIndex = type,
    };

    block->type = type;
    block->use = use;
    block->size = size;
    VK (vk, vkAllocateMemory (vk->device, &info, NULL, &block->memory));
    g_atomic_int_inc (&vk->created);
    if (is_mapped (vk, type, use))
        VK (vk, vkMapMemory (vk->device, block->memory, 0, VK_WHOLE_SIZE, 0, &block->host));
    if (size == BLOCK_SIZE && use == DEVICE_ONLY) {
        VkMemoryRequirements need; /* those of the buffers in it, for which it was chosen */

        VK (vk, create_buffer (vk, size, &block->whole.buffer));
        vkGetBufferMemoryRequirements (vk->device, block->whole.buffer, &need);
        VK (vk, vkBindBufferMemory (vk->device, block->whole.buffer, block->memory, 0));
    }
    return block;

error:
    block_free (vk, block);
    return NULL;
}

/* A block of the type with `size` bytes left at `*begin`, with the memory lock held. */
static VulkanBlock *
block_for (VulkanDevice *vk, uint32_t type, BufferUse use, VkDeviceSize size, VkDeviceSize *begin,
    GError **error)
{
    VulkanBlock *block = NULL;

    /* the newest first, so that weights of neighbouring layers lie together */
    for (guint i = vk->blocks->len; size < DEDICATED_SIZE && i > 0 && !block; i--) {
        VulkanBlock *candidate = vk->blocks->pdata[i - 1];
        if (candidate->type == type && candidate->use == use
            && candidate->size - candidate->used >= size)
            block = candidate;
    }
    if (!block) {
        block = block_new (vk, type, use, size < DEDICATED_SIZE ? BLOCK_SIZE : size, error);
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
buffer_new (M2fDevice *device, size_t size, BufferUse use, GError **error)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = g_new0 (VulkanBuffer, 1);
    VkMemoryRequirements need;

    buffer->base.size = size;
    VK (vk, create_buffer (vk, size, &buffer->buffer));
    vkGetBufferMemoryRequirements (vk->device, buffer->buffer, &need);
    int type = choose_type (vk, need.memoryTypeBits, use);
    buffer->bytes = (need.size + MAX (need.alignment, ALIGNMENT) - 1)
        / MAX (need.alignment, ALIGNMENT) * MAX (need.alignment, ALIGNMENT);
    if (type < 0) {
        vk_set_error (vk, VK_ERROR_FEATURE_NOT_PRESENT, "choosing a memory type", error);
        goto error;
    }
    g_mutex_lock (&vk->memory_lock);
    buffer->block = block_for (vk, (uint32_t) type, use, buffer->bytes, &buffer->begin, error);
    g_mutex_unlock (&vk->memory_lock);
    if (!buffer->block)
        goto error;
    VK (vk, vkBindBufferMemory (vk->device, buffer->buffer, buffer->block->memory, buffer->begin));
    if (buffer->block->host) {
        buffer->base.host = (char *) buffer->block->host + buffer->begin;
        memset (buffer->base.host, 0, size);
    } else {
        vk_clear (vk, buffer);
    }
    return &buffer->base;

error:
    vk_buffer_free (device, &buffer->base);
    return NULL;
}

M2fBuffer *
vk_buffer_new (M2fDevice *device, size_t size, GError **error)
{
    return buffer_new (device, size, DEVICE_ONLY, error);
}

M2fBuffer *
vk_buffer_new_shared (M2fDevice *device, size_t size, GError **error)
{
    return buffer_new (device, size, SHARED, error);
}

M2fBuffer *
vk_buffer_new_readback (M2fDevice *device, size_t size, GError **error)
{
    return buffer_new (device, size, READBACK, error);
}

bool
vk_block_view (const M2fTensor *tensor, M2fTensor *view)
{
    const VulkanBuffer *buffer = (const VulkanBuffer *) tensor->buffer;

    if (!buffer->block || !buffer->block->whole.buffer)
        return false;
    *view = *tensor;
    view->buffer = &buffer->block->whole.base;
    view->offset += buffer->begin;
    return true;
}

/* The whole block of a buffer, for flushing or invalidating: its ends need no alignment. */
static VkMappedMemoryRange
whole_block (const M2fBuffer *buffer)
{
    return (VkMappedMemoryRange) {
        .sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
        .memory = ((const VulkanBuffer *) buffer)->block->memory,
        .size = VK_WHOLE_SIZE,
    };
}

static bool
is_coherent (const VulkanDevice *vk, const M2fBuffer *buffer)
{
    return flags_of (vk, ((const VulkanBuffer *) buffer)->block->type)
        & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
}

VkResult
vk_flush_host (VulkanDevice *vk, M2fBuffer *buffer)
{
    const VkMappedMemoryRange range = whole_block (buffer);

    return is_coherent (vk, buffer) ? VK_SUCCESS
        : vkFlushMappedMemoryRanges (vk->device, 1, &range);
}

VkResult
vk_invalidate_host (VulkanDevice *vk, M2fBuffer *buffer)
{
    const VkMappedMemoryRange range = whole_block (buffer);

    return is_coherent (vk, buffer) ? VK_SUCCESS
        : vkInvalidateMappedMemoryRanges (vk->device, 1, &range);
}

void
vk_buffer_free (M2fDevice *device, M2fBuffer *base)
{
    VulkanDevice *vk = vulkan_device (device);
    VulkanBuffer *buffer = (VulkanBuffer *) base;

    if (!buffer)
        return;
    vk_drop_transfers (vk);
    vk_settle (vk); /* also if what was dropped has just been lost */
    g_free (buffer->mapped);
    vkDestroyBuffer (vk->device, buffer->buffer, NULL);
    if (buffer->block) {
        g_mutex_lock (&vk->memory_lock);
        if (buffer->begin + buffer->bytes == buffer->block->used)
            buffer->block->used = buffer->begin; /* what comes and goes does not fill it */
        if (--buffer->block->buffers == 0) {
            g_ptr_array_remove (vk->blocks, buffer->block);
            block_free (vk, buffer->block);
        }
        g_mutex_unlock (&vk->memory_lock);
    }
    g_free (buffer);
}

/* Copies out of memory that devices share by file descriptors, DMABufs.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory is bound to a buffer for as long as the copy takes.  Its rows stay as far apart as
 * they are, so that a tensor is one region of a copy.  Only linear memory is seen as a buffer.
 */
#include "model/compute/vulkan/vk.h"

#include <fcntl.h>
#include <unistd.h>

#define HANDLE_TYPE VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define MOST_IMPORTS 4
#define PRODUCER_WAIT_MS 1000

const char *const vk_import_extensions[VK_N_IMPORT_EXTENSIONS] = {
    VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
    VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
    VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
};

/* Memory of another device.  Those with the same file descriptor are one. */
typedef struct Foreign {
    int fd;
    VkDeviceSize size;
    VkBuffer buffer;
    VkDeviceMemory memory;
} Foreign;

/* What is copied: foreign[source[i]] to tensors[i]. */
typedef struct Imports {
    const M2fTensor *tensors;
    const M2fImport *imports;
    int n;
    int source[MOST_IMPORTS];
    Foreign foreign[MOST_IMPORTS];
    int n_foreign;
    uint32_t family;
} Imports;

void
vk_import_choose (VulkanDevice *vk)
{
    const VkPhysicalDeviceExternalBufferInfo info = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
        .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
        .handleType = HANDLE_TYPE,
    };
    VkExternalBufferProperties found
        = { .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES };

    for (int i = 0; i < VK_N_IMPORT_EXTENSIONS; i++)
        if (!vk_has_extension (vk->physical, vk_import_extensions[i]))
            return;
    vkGetPhysicalDeviceExternalBufferProperties (vk->physical, &info, &found);
    const VkExternalMemoryFeatureFlags features
        = found.externalMemoryProperties.externalMemoryFeatures;
    if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)
        || (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT))
        return;
    vk->fd_properties = (PFN_vkGetMemoryFdPropertiesKHR) vkGetInstanceProcAddr (vk->instance,
        "vkGetMemoryFdPropertiesKHR");
    vk->base.imports = vk->fd_properties != NULL;
}

/* ---- memory --------------------------------------------------------------------------------- */

static bool
refuse (const VulkanDevice *vk, int fd, const char *why, GError **error)
{
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
        "%s: the memory of file descriptor %d cannot be imported: %s", vk->base.info.name, fd, why);
    return false;
}

/* Waits for whoever still writes the memory, which can be polled for that. */
static bool
wait_for_producer (const VulkanDevice *vk, int fd, GError **error)
{
    GPollFD readable = { .fd = fd, .events = G_IO_IN };

    return g_poll (&readable, 1, PRODUCER_WAIT_MS) == 1 && (readable.revents & G_IO_IN)
        ? true : refuse (vk, fd, "it is not written in time", error);
}

/* The first type of memory that both a buffer and the file descriptor can have, or -1. */
static int
common_type (const VulkanDevice *vk, int fd, uint32_t allowed)
{
    VkMemoryFdPropertiesKHR properties
        = { .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR };

    if (vk->fd_properties (vk->device, HANDLE_TYPE, fd, &properties) != VK_SUCCESS)
        return -1;
    return g_bit_nth_lsf (allowed & properties.memoryTypeBits, -1);
}

/* Vulkan takes a file descriptor of its own if it succeeds. */
static VkResult
allocate (VulkanDevice *vk, Foreign *f, uint32_t type)
{
    const VkImportMemoryFdInfoKHR import = {
        .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
        .handleType = HANDLE_TYPE,
        .fd = fcntl (f->fd, F_DUPFD_CLOEXEC, 0),
    };
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .pNext = &import,
        .allocationSize = f->size,
        .memoryTypeIndex = type,
    };

    if (import.fd < 0)
        return VK_ERROR_TOO_MANY_OBJECTS;
    VkResult result = vkAllocateMemory (vk->device, &info, NULL, &f->memory);
    if (result != VK_SUCCESS)
        close (import.fd);
    return result;
}

/* Fills in all of `f` but its fd; foreign_free() is due in any case. */
static bool
foreign_new (VulkanDevice *vk, Foreign *f, GError **error)
{
    const VkExternalMemoryBufferCreateInfo external = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
        .handleTypes = HANDLE_TYPE,
    };
    const off_t size = lseek (f->fd, 0, SEEK_END);
    VkMemoryRequirements need;

    if (size <= 0)
        return refuse (vk, f->fd, "it has no size", error);
    if (!wait_for_producer (vk, f->fd, error))
        return false;
    f->size = (VkDeviceSize) size;
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .pNext = &external,
        .size = f->size,
        .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
    };
    VK (vk, vkCreateBuffer (vk->device, &info, NULL, &f->buffer));
    vkGetBufferMemoryRequirements (vk->device, f->buffer, &need);
    const int type = common_type (vk, f->fd, need.memoryTypeBits);
    if (type < 0 || need.size > f->size)
        return refuse (vk, f->fd, type < 0 ? "no type of memory is like it" : "it is too small",
            error);
    VK (vk, allocate (vk, f, (uint32_t) type));
    VK (vk, vkBindBufferMemory (vk->device, f->buffer, f->memory, 0));
    g_atomic_int_add (&vk->created, 2);
    return true;

error:
    return false;
}

static void
foreign_free (VulkanDevice *vk, Foreign *f)
{
    vkDestroyBuffer (vk->device, f->buffer, NULL);
    vkFreeMemory (vk->device, f->memory, NULL);
}

/* ---- copies --------------------------------------------------------------------------------- */

/* Takes foreign memory over from whom it belongs to, or gives it back. */
static void
change_owner (VkCommandBuffer commands, const Imports *imports, bool take)
{
    const VkPipelineStageFlags copy = VK_PIPELINE_STAGE_TRANSFER_BIT;
    VkBufferMemoryBarrier barriers[MOST_IMPORTS];

    for (int i = 0; i < imports->n_foreign; i++)
        barriers[i] = (VkBufferMemoryBarrier) {
            .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
            .dstAccessMask = take ? VK_ACCESS_TRANSFER_READ_BIT : 0,
            .srcQueueFamilyIndex = take ? VK_QUEUE_FAMILY_FOREIGN_EXT : imports->family,
            .dstQueueFamilyIndex = take ? imports->family : VK_QUEUE_FAMILY_FOREIGN_EXT,
            .buffer = imports->foreign[i].buffer,
            .size = VK_WHOLE_SIZE,
        };
    vkCmdPipelineBarrier (commands, take ? VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT : copy,
        take ? copy : VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0, NULL,
        (uint32_t) imports->n_foreign, barriers, 0, NULL);
}

static void
record_copies (VkCommandBuffer commands, const void *data)
{
    const Imports *imports = data;

    change_owner (commands, imports, true);
    for (int i = 0; i < imports->n; i++) {
        const M2fTensor *t = &imports->tensors[i];
        const VkBufferCopy region = {
            .srcOffset = imports->imports[i].offset,
            .dstOffset = t->offset,
            .size = m2f_tensor_extent (t),
        };

        vkCmdCopyBuffer (commands, imports->foreign[imports->source[i]].buffer,
            ((const VulkanBuffer *) t->buffer)->buffer, 1, &region);
    }
    change_owner (commands, imports, false);
}

/* The number of the memory with a file descriptor, which is imported if it is not yet; -1 with an
 * error. */
static int
find_foreign (VulkanDevice *vk, Imports *imports, int fd, GError **error)
{
    int i = 0;

    while (i < imports->n_foreign && imports->foreign[i].fd != fd)
        i++;
    if (i < imports->n_foreign)
        return i;
    imports->foreign[i].fd = fd;
    imports->n_foreign++;
    return foreign_new (vk, &imports->foreign[i], error) ? i : -1;
}

static bool
import_all (VulkanDevice *vk, Imports *imports, GError **error)
{
    for (int i = 0; i < imports->n; i++) {
        const M2fImport *import = &imports->imports[i];
        const int source = find_foreign (vk, imports, import->fd, error);

        if (source < 0)
            return false;
        const VkDeviceSize size = imports->foreign[source].size;
        if (import->offset > size
            || m2f_tensor_extent (&imports->tensors[i]) > size - import->offset)
            return refuse (vk, import->fd, "it ends before the last row", error);
        imports->source[i] = source;
    }
    return true;
}

bool
vk_import (M2fDevice *device, const M2fTensor *tensors, const M2fImport *imports, int n,
    GError **error)
{
    VulkanDevice *vk = vulkan_device (device);
    Imports all = { .tensors = tensors, .imports = imports, .n = n, .family = vk->family };
    bool ok = false;

    g_assert (n <= MOST_IMPORTS);
    if (import_all (vk, &all, error)) {
        VkResult result = vk_transfer_now (vk, record_copies, &all);
        ok = result == VK_SUCCESS;
        if (!ok)
            vk_set_error (vk, result, "copying imported memory", error);
    }
    vk_settle (vk);
    for (int i = 0; i < all.n_foreign; i++)
        foreign_free (vk, &all.foreign[i]);
    return ok;
}

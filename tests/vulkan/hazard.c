/* Two writes of the same bytes without a barrier between them, in a buffer with an allocation of
 * its own, which is too small for one: what the validation layer must report for its silence about
 * anything else to mean something.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exits with 77 when there is no Vulkan device or the layers asked for are not installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <vulkan/vulkan.h>

#define CALL(call)                                                    \
    do {                                                              \
        VkResult result_ = (call);                                    \
        if (result_ != VK_SUCCESS) {                                  \
            fprintf (stderr, "%s: VkResult %d\n", #call, result_);    \
            exit (77);                                                \
        }                                                             \
    } while (0)

/* A buffer of 256 bytes with memory of any kind. */
static VkBuffer
make_buffer (VkDevice device)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = 256,
        .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };
    VkMemoryRequirements need;
    VkDeviceMemory memory;
    VkBuffer buffer;
    uint32_t type = 0;

    CALL (vkCreateBuffer (device, &info, NULL, &buffer));
    vkGetBufferMemoryRequirements (device, buffer, &need);
    while (!(need.memoryTypeBits >> type & 1))
        type++;
    const VkMemoryAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = need.size,
        .memoryTypeIndex = type,
    };
    CALL (vkAllocateMemory (device, &allocate, NULL, &memory));
    CALL (vkBindBufferMemory (device, buffer, memory, 0));
    return buffer;
}

static void
record_hazard (VkDevice device)
{
    const VkCommandPoolCreateInfo pool_info
        = { .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO };
    VkBuffer buffer = make_buffer (device);
    VkCommandPool pool;
    VkCommandBuffer commands;

    CALL (vkCreateCommandPool (device, &pool_info, NULL, &pool));
    const VkCommandBufferAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    CALL (vkAllocateCommandBuffers (device, &allocate, &commands));
    const VkCommandBufferBeginInfo begin
        = { .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO };
    CALL (vkBeginCommandBuffer (commands, &begin));
    vkCmdFillBuffer (commands, buffer, 0, 256, 0);
    vkCmdFillBuffer (commands, buffer, 128, 128, 1);
    CALL (vkEndCommandBuffer (commands));
}

int
main (void)
{
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .apiVersion = VK_API_VERSION_1_2,
    };
    const VkInstanceCreateInfo instance_info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &application,
    };
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo device_info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    VkInstance instance;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device;
    uint32_t one = 1;

    CALL (vkCreateInstance (&instance_info, NULL, &instance));
    if (vkEnumeratePhysicalDevices (instance, &one, &physical) < 0 || !physical) {
        fprintf (stderr, "no Vulkan device\n");
        return 77;
    }
    CALL (vkCreateDevice (physical, &device_info, NULL, &device));
    record_hazard (device);
    return 0; /* the end of the process tidies up */
}

/* The functions of the Vulkan loader, which is opened at run time.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_VK_LOADER_H
#define M2F_VK_LOADER_H

#define VK_NO_PROTOTYPES
#include <glib.h>
#include <stdbool.h>
#include <vulkan/vulkan.h>

#define VULKAN_FUNCTIONS(FUNCTION)                         \
    FUNCTION (vkAllocateCommandBuffers)                    \
    FUNCTION (vkAllocateDescriptorSets)                    \
    FUNCTION (vkAllocateMemory)                            \
    FUNCTION (vkBeginCommandBuffer)                        \
    FUNCTION (vkBindBufferMemory)                          \
    FUNCTION (vkCmdBindDescriptorSets)                     \
    FUNCTION (vkCmdBindPipeline)                           \
    FUNCTION (vkCmdCopyBuffer)                             \
    FUNCTION (vkCmdDispatch)                               \
    FUNCTION (vkCmdDispatchBase)                           \
    FUNCTION (vkCmdFillBuffer)                             \
    FUNCTION (vkCmdPipelineBarrier)                        \
    FUNCTION (vkCmdPushConstants)                          \
    FUNCTION (vkCmdResetQueryPool)                         \
    FUNCTION (vkCmdWriteTimestamp)                         \
    FUNCTION (vkCreateBuffer)                              \
    FUNCTION (vkCreateCommandPool)                         \
    FUNCTION (vkCreateComputePipelines)                    \
    FUNCTION (vkCreateDescriptorPool)                      \
    FUNCTION (vkCreateDescriptorSetLayout)                 \
    FUNCTION (vkCreateDevice)                              \
    FUNCTION (vkCreateFence)                               \
    FUNCTION (vkCreateInstance)                            \
    FUNCTION (vkCreatePipelineCache)                       \
    FUNCTION (vkCreatePipelineLayout)                      \
    FUNCTION (vkCreateQueryPool)                           \
    FUNCTION (vkCreateSemaphore)                           \
    FUNCTION (vkCreateShaderModule)                        \
    FUNCTION (vkDestroyBuffer)                             \
    FUNCTION (vkDestroyCommandPool)                        \
    FUNCTION (vkDestroyDescriptorPool)                     \
    FUNCTION (vkDestroyDescriptorSetLayout)                \
    FUNCTION (vkDestroyDevice)                             \
    FUNCTION (vkDestroyFence)                              \
    FUNCTION (vkDestroyInstance)                           \
    FUNCTION (vkDestroyPipeline)                           \
    FUNCTION (vkDestroyPipelineCache)                      \
    FUNCTION (vkDestroyPipelineLayout)                     \
    FUNCTION (vkDestroyQueryPool)                          \
    FUNCTION (vkDestroySemaphore)                          \
    FUNCTION (vkDestroyShaderModule)                       \
    FUNCTION (vkDeviceWaitIdle)                            \
    FUNCTION (vkEndCommandBuffer)                          \
    FUNCTION (vkEnumerateDeviceExtensionProperties)        \
    FUNCTION (vkEnumerateInstanceExtensionProperties)      \
    FUNCTION (vkEnumeratePhysicalDevices)                  \
    FUNCTION (vkFlushMappedMemoryRanges)                   \
    FUNCTION (vkFreeMemory)                                \
    FUNCTION (vkGetBufferMemoryRequirements)               \
    FUNCTION (vkGetDeviceQueue)                            \
    FUNCTION (vkGetInstanceProcAddr)                       \
    FUNCTION (vkGetPhysicalDeviceExternalBufferProperties) \
    FUNCTION (vkGetPhysicalDeviceFeatures2)                \
    FUNCTION (vkGetPhysicalDeviceMemoryProperties)         \
    FUNCTION (vkGetPhysicalDeviceProperties)               \
    FUNCTION (vkGetPhysicalDeviceProperties2)              \
    FUNCTION (vkGetPhysicalDeviceQueueFamilyProperties)    \
    FUNCTION (vkGetPipelineCacheData)                      \
    FUNCTION (vkGetQueryPoolResults)                       \
    FUNCTION (vkInvalidateMappedMemoryRanges)              \
    FUNCTION (vkMapMemory)                                 \
    FUNCTION (vkQueueSubmit)                               \
    FUNCTION (vkResetCommandPool)                          \
    FUNCTION (vkResetFences)                               \
    FUNCTION (vkUpdateDescriptorSets)                      \
    FUNCTION (vkWaitForFences)                             \
    FUNCTION (vkWaitSemaphores)

/* They are called by their names, as if they had been linked. */
#define DECLARE(name) extern G_GNUC_INTERNAL PFN_##name name;
VULKAN_FUNCTIONS (DECLARE)
#undef DECLARE

/* Opens the loader, once in a process, before the first call of a function.  False with
 * M2F_COMPUTE_ERROR_NO_DEVICE if it is not installed, lacks a function, or M2F_VULKAN=off says that
 * no driver is to be asked. */
bool vk_load (GError **error);

#endif

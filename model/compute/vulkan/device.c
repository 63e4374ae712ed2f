/* Instance, choice of physical device, logical device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/coopmat.h"
#include "model/compute/vulkan/ops.h"

#include <string.h>

const char *
vk_result_name (VkResult result)
{
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY: return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return "out of device memory";
    case VK_ERROR_INITIALIZATION_FAILED: return "initialization failed";
    case VK_ERROR_DEVICE_LOST: return "device lost";
    case VK_ERROR_MEMORY_MAP_FAILED: return "memory cannot be mapped";
    case VK_ERROR_LAYER_NOT_PRESENT: return "layer not present";
    case VK_ERROR_EXTENSION_NOT_PRESENT: return "extension not present";
    case VK_ERROR_FEATURE_NOT_PRESENT: return "feature not present";
    case VK_ERROR_INCOMPATIBLE_DRIVER: return "no compatible driver";
    case VK_ERROR_TOO_MANY_OBJECTS: return "too many objects";
    case VK_TIMEOUT: return "timeout";
    default: return "unexpected result";
    }
}

void
vk_set_error (const VulkanDevice *vk, VkResult result, const char *what, GError **error)
{
    M2fComputeError code = result == VK_ERROR_OUT_OF_DEVICE_MEMORY
            || result == VK_ERROR_OUT_OF_HOST_MEMORY ? M2F_COMPUTE_ERROR_OUT_OF_MEMORY
        : result == VK_ERROR_DEVICE_LOST ? M2F_COMPUTE_ERROR_LOST
        : result == VK_ERROR_INCOMPATIBLE_DRIVER || result == VK_ERROR_INITIALIZATION_FAILED
        ? M2F_COMPUTE_ERROR_NO_DEVICE
        : M2F_COMPUTE_ERROR_UNSUPPORTED;

    if (error && !*error)
        g_set_error (error, M2F_COMPUTE_ERROR, code, "%s: %s (%d) at %.60s",
            vk && vk->base.info.name[0] ? vk->base.info.name : "vulkan", vk_result_name (result),
            result, what);
}

/* VK_NULL_HANDLE with an error. */
static VkInstance
create_instance (GError **error)
{
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "m2f",
        .apiVersion = VK_API_VERSION_1_2,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &application,
    };
    VkInstance instance = VK_NULL_HANDLE;

    if (!vk_load (error))
        return VK_NULL_HANDLE;
    VK (NULL, vkCreateInstance (&info, NULL, &instance));
    return instance;

error:
    return VK_NULL_HANDLE;
}

/* Physical devices in the driver's order: the N of "vulkan:N" (g_free). */
static VkPhysicalDevice *
enumerate (VkInstance instance, uint32_t *count)
{
    *count = 0;
    if (vkEnumeratePhysicalDevices (instance, count, NULL) != VK_SUCCESS || *count == 0)
        return NULL;
    VkPhysicalDevice *devices = g_new (VkPhysicalDevice, *count);
    vkEnumeratePhysicalDevices (instance, count, devices);
    return devices;
}

static const char *
kind_name (VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return "virtual";
    default: return "software";
    }
}

/* Larger is better; 0 is only taken when asked for by number. */
static int
rank (const VkPhysicalDeviceProperties *properties)
{
    if (properties->apiVersion < VK_API_VERSION_1_2)
        return 0;
    switch (properties->deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 3;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 2;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 1;
    default: return 0;
    }
}

static void
fill_info (M2fDeviceInfo *info, const VkPhysicalDeviceProperties *properties, uint32_t index)
{
    memset (info, 0, sizeof *info);
    g_snprintf (info->spec, sizeof info->spec, "vulkan:%u", index);
    g_strlcpy (info->name, properties->deviceName, sizeof info->name);
    g_strlcpy (info->backend, "vulkan", sizeof info->backend);
    g_strlcpy (info->kind, kind_name (properties->deviceType), sizeof info->kind);
    g_strlcpy (info->precisions, "fp32,fp16", sizeof info->precisions);
}

void
vk_list (GArray *infos)
{
    VkInstance instance = create_instance (NULL);
    uint32_t count = 0;
    g_autofree VkPhysicalDevice *devices = instance ? enumerate (instance, &count) : NULL;

    for (uint32_t i = 0; devices && i < count; i++) {
        VkPhysicalDeviceProperties properties;
        M2fDeviceInfo info;

        vkGetPhysicalDeviceProperties (devices[i], &properties);
        if (properties.apiVersion < VK_API_VERSION_1_2)
            continue;
        fill_info (&info, &properties, i);
        g_array_append_val (infos, info);
    }
    if (instance)
        vkDestroyInstance (instance, NULL);
}

/* Sets vk->physical and its properties from "vulkan" (index < 0) or "vulkan:N". */
static bool
choose_physical (VulkanDevice *vk, int index, GError **error)
{
    uint32_t count = 0;
    g_autofree VkPhysicalDevice *devices = enumerate (vk->instance, &count);
    int best = 0;

    if (index >= 0 && (uint32_t) index >= count) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "vulkan:%d: there %s %u Vulkan device%s", index, count == 1 ? "is" : "are", count,
            count == 1 ? "" : "s");
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceProperties properties;

        vkGetPhysicalDeviceProperties (devices[i], &properties);
        if (index < 0 ? rank (&properties) <= best : (int) i != index)
            continue;
        best = rank (&properties);
        vk->physical = devices[i];
        vk->properties = properties;
        fill_info (&vk->base.info, &properties, i);
    }
    if (!vk->physical) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "no Vulkan GPU (%u device%s, none of them hardware; vulkan:N takes a software "
            "renderer)",
            count, count == 1 ? "" : "s");
        return false;
    }
    if (vk->properties.apiVersion < VK_API_VERSION_1_2) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "%s: expected Vulkan 1.2, the driver offers %u.%u", vk->base.info.name,
            VK_API_VERSION_MAJOR (vk->properties.apiVersion),
            VK_API_VERSION_MINOR (vk->properties.apiVersion));
        return false;
    }
    vkGetPhysicalDeviceMemoryProperties (vk->physical, &vk->memory);
    return true;
}

/* The compute queue family with the fewest other duties: a dedicated one leaves rendering alone. */
static bool
choose_family (VulkanDevice *vk, GError **error)
{
    uint32_t count = 0, best_bits = UINT32_MAX;

    vkGetPhysicalDeviceQueueFamilyProperties (vk->physical, &count, NULL);
    g_autofree VkQueueFamilyProperties *families = g_new0 (VkQueueFamilyProperties, count + 1);
    vkGetPhysicalDeviceQueueFamilyProperties (vk->physical, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        VkQueueFlags flags = families[i].queueFlags;
        if (!(flags & VK_QUEUE_COMPUTE_BIT) || (flags & VK_QUEUE_GRAPHICS_BIT) >= best_bits)
            continue;
        best_bits = flags & VK_QUEUE_GRAPHICS_BIT;
        vk->family = i;
        vk->ns_per_tick = families[i].timestampValidBits
            ? vk->properties.limits.timestampPeriod : 0;
    }
    if (best_bits != UINT32_MAX)
        return true;
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE, "%s: no compute queue",
        vk->base.info.name);
    return false;
}

static bool
create_device (VulkanDevice *vk, GError **error)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = vk->family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    static const char *const extensions[] = { VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME,
        VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME };
    VulkanCoopmatFeatures features;
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = vk->coopmat.m ? &features : NULL,
        .enabledExtensionCount = vk->coopmat.m ? G_N_ELEMENTS (extensions) : 0,
        .ppEnabledExtensionNames = extensions,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
        .queueFamilyIndex = vk->family,
    };
    const VkFenceCreateInfo fence = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };

    vk_coopmat_features (&features, true);
    VK (vk, vkCreateDevice (vk->physical, &info, NULL, &vk->device));
    vkGetDeviceQueue (vk->device, vk->family, 0, &vk->queue);
    VK (vk, vkCreateCommandPool (vk->device, &pool, NULL, &vk->transfer_pool));
    const VkCommandBufferAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = vk->transfer_pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VK (vk, vkAllocateCommandBuffers (vk->device, &allocate, &vk->transfer));
    VK (vk, vkCreateFence (vk->device, &fence, NULL, &vk->transfer_fence));
    return true;

error:
    return false;
}

int
vk_created (M2fDevice *device)
{
    return g_atomic_int_get (&vulkan_device (device)->created);
}

/* M2F_VULKAN_MEMORY=discrete lets a renderer in main memory take the ways of a discrete GPU. */
M2fDevice *
vk_open (int index, M2fPrecision precision, int threads, GError **error)
{
    VulkanDevice *vk = g_new0 (VulkanDevice, 1);

    g_mutex_init (&vk->queue_lock);
    g_mutex_init (&vk->memory_lock);
    vk->blocks = g_ptr_array_new ();
    vk->base.threads = 1;
    vk->base.limits = (M2fDeviceLimits) {
        .head_channels = MAX_HEAD_CHANNELS,
        .mask_channels = MAX_CHANNELS,
        .weight_bytes = vk->properties.limits.maxStorageBufferRange,
    };
    vk->unmapped = g_strcmp0 (g_getenv ("M2F_VULKAN_MEMORY"), "discrete") == 0;
    vk->instance = create_instance (error);
    if (!vk->instance || !choose_physical (vk, index, error) || !choose_family (vk, error))
        goto error;
    if (precision == M2F_PRECISION_AUTO)
        precision = M2F_PRECISION_FP16;
    if (precision != M2F_PRECISION_FP32 && precision != M2F_PRECISION_FP16) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
            "%s: expected a precision of %s, got %s", vk->base.info.name,
            vk->base.info.precisions, m2f_precision_name (precision));
        goto error;
    }
    vk->base.precision = precision;
    vk_coopmat_choose (vk);
    if (vk->coopmat.m)
        g_strlcat (vk->base.info.name, ", cooperative matrices", sizeof vk->base.info.name);
    if (!create_device (vk, error))
        goto error;
    vk->null_buffer = vk_buffer_new (&vk->base, 64, error);
    if (!vk->null_buffer || !vk_pipelines_new (vk, error))
        goto error;
    return &vk->base;

error:
    vk_close (&vk->base);
    return NULL;
}

void
vk_close (M2fDevice *device)
{
    VulkanDevice *vk = vulkan_device (device);

    if (vk->device) {
        vkDeviceWaitIdle (vk->device);
        vk_pipelines_free (vk);
        vk_buffer_free (device, vk->null_buffer);
        vk_buffer_free (device, vk->staging);
        vkDestroyFence (vk->device, vk->transfer_fence, NULL);
        vkDestroyCommandPool (vk->device, vk->transfer_pool, NULL);
        vkDestroyDevice (vk->device, NULL);
    }
    if (vk->instance)
        vkDestroyInstance (vk->instance, NULL);
    g_ptr_array_unref (vk->blocks);
    g_mutex_clear (&vk->queue_lock);
    g_mutex_clear (&vk->memory_lock);
    g_free (vk);
}

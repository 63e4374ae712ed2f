/* Instance, choice of physical device, logical device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/coopmat.h"
#include "model/compute/vulkan/ops.h"

#include <string.h>

#define PORTABILITY_SUBSET "VK_KHR_portability_subset" /* declared in a beta header */

/* Longest time that a submission may take.  The slowest GPUs take 10 s for the largest network at
 * the size that it was trained at; a software renderer may take its time. */
#define GPU_WAIT_NS (UINT64_C (60) * 1000000000)
#define SOFTWARE_WAIT_NS (60 * GPU_WAIT_NS)

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
    case VK_ERROR_INVALID_EXTERNAL_HANDLE: return "invalid external handle";
    case VK_TIMEOUT: return "timeout";
    default: return "unexpected result";
    }
}

void
vk_set_error (const VulkanDevice *vk, VkResult result, const char *what, GError **error)
{
    M2fComputeError code = result == VK_ERROR_OUT_OF_DEVICE_MEMORY
            || result == VK_ERROR_OUT_OF_HOST_MEMORY ? M2F_COMPUTE_ERROR_OUT_OF_MEMORY
        : result == VK_ERROR_DEVICE_LOST || result == VK_TIMEOUT ? M2F_COMPUTE_ERROR_LOST
        : result == VK_ERROR_INCOMPATIBLE_DRIVER || result == VK_ERROR_INITIALIZATION_FAILED
        ? M2F_COMPUTE_ERROR_NO_DEVICE
        : M2F_COMPUTE_ERROR_UNSUPPORTED;

    if (error && !*error)
        g_set_error (error, M2F_COMPUTE_ERROR, code, "%s: %s (%d) at %.60s",
            vk && vk->base.info.name[0] ? vk->base.info.name : "vulkan", vk_result_name (result),
            result, what);
}

static bool
contains (const VkExtensionProperties *extensions, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp (extensions[i].extensionName, name) == 0)
            return true;
    return false;
}

static bool
instance_has_extension (const char *name)
{
    uint32_t count = 0;

    if (vkEnumerateInstanceExtensionProperties (NULL, &count, NULL) != VK_SUCCESS)
        return false;
    g_autofree VkExtensionProperties *extensions = g_new0 (VkExtensionProperties, count + 1);
    return vkEnumerateInstanceExtensionProperties (NULL, &count, extensions) >= VK_SUCCESS
        && contains (extensions, count, name);
}

bool
vk_has_extension (VkPhysicalDevice physical, const char *name)
{
    uint32_t count = 0;

    if (vkEnumerateDeviceExtensionProperties (physical, NULL, &count, NULL) != VK_SUCCESS)
        return false;
    g_autofree VkExtensionProperties *extensions = g_new0 (VkExtensionProperties, count + 1);
    return vkEnumerateDeviceExtensionProperties (physical, NULL, &count, extensions) >= VK_SUCCESS
        && contains (extensions, count, name);
}

/* VK_NULL_HANDLE with an error.  Drivers on top of another API, such as MoltenVK, are only listed
 * for programs that ask for them. */
static VkInstance
create_instance (GError **error)
{
    static const char *const portability = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "m2f",
        .apiVersion = VK_API_VERSION_1_2,
    };
    VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &application,
    };
    VkInstance instance = VK_NULL_HANDLE;

    if (!vk_load (error))
        return VK_NULL_HANDLE;
    if (instance_has_extension (portability)) {
        info.flags = VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
        info.enabledExtensionCount = 1;
        info.ppEnabledExtensionNames = &portability;
    }
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
    g_autofree VkPhysicalDevice *devices = g_new (VkPhysicalDevice, *count);
    if (vkEnumeratePhysicalDevices (instance, count, devices) >= VK_SUCCESS)
        return g_steal_pointer (&devices);
    *count = 0;
    return NULL;
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
        const uint32_t bits = families[i].timestampValidBits;
        vk->ns_per_tick = bits ? vk->properties.limits.timestampPeriod : 0;
        vk->tick_mask = bits < 64 ? ((uint64_t) 1 << bits) - 1 : UINT64_MAX;
    }
    if (best_bits != UINT32_MAX)
        return true;
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE, "%s: no compute queue",
        vk->base.info.name);
    return false;
}

/* Refuses a device with a limit below what the shaders and their recordings are written for.  What
 * they need of workgroup counts, shared memory and storage ranges every device has. */
static bool
check_device_limits (const VulkanDevice *vk, GError **error)
{
    const VkPhysicalDeviceLimits *l = &vk->properties.limits;
    const struct {
        const char *name;
        uint32_t found, needed;
    } limits[] = {
        { "maxComputeWorkGroupInvocations", l->maxComputeWorkGroupInvocations, VK_INVOCATIONS },
        { "maxComputeWorkGroupSize[0]", l->maxComputeWorkGroupSize[0], VK_INVOCATIONS },
        { "maxComputeSharedMemorySize", l->maxComputeSharedMemorySize, VK_SHARED_BYTES },
        { "maxPerStageDescriptorStorageBuffers", l->maxPerStageDescriptorStorageBuffers,
            VK_MAX_BINDINGS },
        { "maxDescriptorSetStorageBuffers", l->maxDescriptorSetStorageBuffers, VK_MAX_BINDINGS },
        { "maxPushConstantsSize", l->maxPushConstantsSize, VK_PUSH_BYTES },
    };

    for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
        if (limits[i].found < limits[i].needed) {
            g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
                "%s: its %s is %u, expected at least %u", vk->base.info.name, limits[i].name,
                limits[i].found, limits[i].needed);
            return false;
        }
    return true;
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
    const char *extensions[3 + VK_N_IMPORT_EXTENSIONS];
    uint32_t n_extensions = 0;
    VulkanCoopmatFeatures features;
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
        .queueFamilyIndex = vk->family,
    };
    const VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
        .timelineSemaphore = VK_TRUE,
    };

    if (vk->coopmat.m) {
        extensions[n_extensions++] = VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME;
        extensions[n_extensions++] = VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME;
    }
    for (guint i = 0; vk->base.imports && i < VK_N_IMPORT_EXTENSIONS; i++)
        extensions[n_extensions++] = vk_import_extensions[i];
    if (vk_has_extension (vk->physical, PORTABILITY_SUBSET)) /* then enabling it is required */
        extensions[n_extensions++] = PORTABILITY_SUBSET;
    vk_coopmat_features (&features, true);
    features.vulkan12.timelineSemaphore = vk->has_timeline;
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = vk->coopmat.m ? (const void *) &features : vk->has_timeline ? &timeline : NULL,
        .enabledExtensionCount = n_extensions,
        .ppEnabledExtensionNames = extensions,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
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
    return vk_queue_init (vk, error) && vk_ticket_init (vk, &vk->transferred, error);

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
    g_mutex_init (&vk->transfer_lock);
    g_mutex_init (&vk->pipelines_lock);
    vk->blocks = g_ptr_array_new ();
    vk->base.threads = 1;
    vk->unmapped = g_strcmp0 (g_getenv ("M2F_VULKAN_MEMORY"), "discrete") == 0;
    vk->instance = create_instance (error);
    if (!vk->instance || !choose_physical (vk, index, error) || !choose_family (vk, error)
        || !check_device_limits (vk, error))
        goto error;
    vk->base.limits = (M2fDeviceLimits) {
        .head_channels = MAX_HEAD_CHANNELS,
        .mask_channels = MAX_CHANNELS,
        .weight_bytes = vk->properties.limits.maxStorageBufferRange,
        .batch = M2F_MAX_BATCH,
        .has_queue = true,
    };
    vk->is_software = strcmp (vk->base.info.kind, "software") == 0;
    vk->wait_ns = vk->is_software ? SOFTWARE_WAIT_NS : GPU_WAIT_NS;
    vk_cost_init (vk);
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
    vk_import_choose (vk);
    vk_queue_choose (vk);
    if (!create_device (vk, error) || !vk_staging_new (vk, error))
        goto error;
    vk->null_buffer = vk_buffer_new (&vk->base, 64, error);
    if (!vk->null_buffer || !vk_pipelines_new (vk, error))
        goto error;
    vk_trial (vk);
    if (g_atomic_int_get (&vk->uses_coopmat))
        g_strlcat (vk->base.info.name, ", cooperative matrices", sizeof vk->base.info.name);
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
        vk_ticket_clear (vk, &vk->transferred);
        vkDestroySemaphore (vk->device, vk->timeline, NULL);
        vkDestroyCommandPool (vk->device, vk->transfer_pool, NULL);
        vkDestroyDevice (vk->device, NULL);
    }
    if (vk->instance)
        vkDestroyInstance (vk->instance, NULL);
    g_ptr_array_unref (vk->blocks);
    g_mutex_clear (&vk->queue_lock);
    g_mutex_clear (&vk->memory_lock);
    g_mutex_clear (&vk->transfer_lock);
    g_mutex_clear (&vk->pipelines_lock);
    g_free (vk);
}

/* Cooperative matrices: whether the device multiplies halves with sums in fp32, and in what shape.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/coopmat.h"

#include <string.h>

#define VENDOR_INTEL 0x8086u
#define COOPMAT_SHARED_BYTES 29696u /* of gemm_cm.comp */

static bool
has_features (VkPhysicalDevice physical)
{
    VulkanCoopmatFeatures have;

    vk_coopmat_features (&have, false);
    vkGetPhysicalDeviceFeatures2 (physical, &have.features);
    return have.coopmat.cooperativeMatrix && have.vulkan12.shaderFloat16
        && have.vulkan12.vulkanMemoryModel && have.vulkan12.vulkanMemoryModelDeviceScope
        && have.sizes.subgroupSizeControl && have.sizes.computeFullSubgroups;
}

/* Whether the shader can be specialised for it: parts of 32 x 32 from slabs of 32. */
static bool
fits (const VkCooperativeMatrixPropertiesKHR *p)
{
    return p->AType == VK_COMPONENT_TYPE_FLOAT16_KHR && p->BType == VK_COMPONENT_TYPE_FLOAT16_KHR
        && p->CType == VK_COMPONENT_TYPE_FLOAT32_KHR
        && p->ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR && p->scope == VK_SCOPE_SUBGROUP_KHR
        && !p->saturatingAccumulation && p->MSize > 0 && 32 % p->MSize == 0 && p->NSize > 0
        && 32 % p->NSize == 0 && p->KSize > 0 && 32 % p->KSize == 0;
}

static uint32_t
products (const VkCooperativeMatrixPropertiesKHR *p)
{
    return p->MSize * p->NSize * p->KSize;
}

/* The largest shape that fits, but for 16 x 16 x 16, which is what most devices are built for. */
static void
choose_shape (VulkanDevice *vk)
{
    PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR query
        = (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR) vkGetInstanceProcAddr (
            vk->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    uint32_t count = 0;

    if (!query || query (vk->physical, &count, NULL) != VK_SUCCESS)
        return;
    g_autofree VkCooperativeMatrixPropertiesKHR *shapes
        = g_new0 (VkCooperativeMatrixPropertiesKHR, count + 1);
    for (uint32_t i = 0; i < count; i++)
        shapes[i].sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
    if (query (vk->physical, &count, shapes) < 0)
        return;
    const VkCooperativeMatrixPropertiesKHR *best = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!fits (&shapes[i]))
            continue;
        bool usual = shapes[i].MSize == 16 && shapes[i].NSize == 16 && shapes[i].KSize == 16;
        if (!best || usual || products (&shapes[i]) > products (best))
            best = &shapes[i];
        if (usual)
            break;
    }
    if (best)
        vk->coopmat = (VulkanCoopmat) { best->MSize, best->NSize, best->KSize,
            vk->coopmat.subgroup };
}

/* Whether the limits allow workgroups of four subgroups with tiles in shared memory, and matrices
 * are not emulated.  Intel's are before Xe2, which is the first whose smallest subgroup has 16
 * invocations. */
static bool
has_room (const VulkanDevice *vk, const VkPhysicalDeviceSubgroupSizeControlPropertiesEXT *sizes,
    uint32_t subgroup)
{
    const VkPhysicalDeviceLimits *limits = &vk->properties.limits;

    if (vk->properties.vendorID == VENDOR_INTEL && sizes->minSubgroupSize < 16)
        return false;
    return (sizes->requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT)
        && sizes->maxComputeWorkgroupSubgroups >= 4
        && limits->maxComputeWorkGroupInvocations >= 4 * subgroup
        && limits->maxComputeWorkGroupSize[0] >= 4 * subgroup
        && limits->maxComputeSharedMemorySize >= COOPMAT_SHARED_BYTES;
}

void
vk_coopmat_choose (VulkanDevice *vk)
{
    VkPhysicalDeviceSubgroupSizeControlPropertiesEXT sizes
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT };
    VkPhysicalDeviceSubgroupProperties subgroup
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, .pNext = &sizes };
    VkPhysicalDeviceProperties2 properties
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &subgroup };

    if (!M2F_SHADERS_COOPMAT || vk->base.precision != M2F_PRECISION_FP16
        || !vk_has_extension (vk->physical, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME)
        || !vk_has_extension (vk->physical, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)
        || !has_features (vk->physical))
        return;
    vkGetPhysicalDeviceProperties2 (vk->physical, &properties);
    if (!has_room (vk, &sizes, subgroup.subgroupSize))
        return;
    vk->coopmat.subgroup = subgroup.subgroupSize;
    choose_shape (vk);
}

void
vk_coopmat_features (VulkanCoopmatFeatures *f, bool enable)
{
    *f = (VulkanCoopmatFeatures) {
        .features = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &f->vulkan12 },
        .vulkan12 = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, &f->sizes,
            .shaderFloat16 = enable, .vulkanMemoryModel = enable,
            .vulkanMemoryModelDeviceScope = enable },
        .sizes = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES_EXT,
            &f->coopmat, enable, enable },
        .coopmat = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
            .cooperativeMatrix = enable },
    };
}

void
vk_coopmat_constants (const VulkanDevice *vk, uint32_t constants[4])
{
    constants[0] = 4 * vk->coopmat.subgroup;
    constants[1] = vk->coopmat.m;
    constants[2] = vk->coopmat.n;
    constants[3] = vk->coopmat.k;
}

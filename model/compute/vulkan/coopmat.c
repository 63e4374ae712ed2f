/* Cooperative matrices: whether the device multiplies halves with sums in fp32, and in what shape.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/coopmat.h"

#include <string.h>

#include "shaders/push.h"

#define VENDOR_INTEL 0x8086u
#define COOPMAT_SHARED_BYTES 29696u /* of gemm_cm.comp */
#define MOST_PART 32u

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

/* Whether the shader can be specialised for it: parts of `part` x `part` or less, slabs of 32. */
static bool
fits (const VkCooperativeMatrixPropertiesKHR *p, uint32_t part)
{
    const uint32_t least = MIN (part, PRODUCT_SMALL_TILE / 2);

    return p->AType == VK_COMPONENT_TYPE_FLOAT16_KHR && p->BType == VK_COMPONENT_TYPE_FLOAT16_KHR
        && p->CType == VK_COMPONENT_TYPE_FLOAT32_KHR
        && p->ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR && p->scope == VK_SCOPE_SUBGROUP_KHR
        && !p->saturatingAccumulation && p->MSize > 0 && least % p->MSize == 0 && p->NSize > 0
        && least % p->NSize == 0 && p->KSize > 0 && 32 % p->KSize == 0;
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
        if (!fits (&shapes[i], vk->coopmat.part))
            continue;
        bool usual = shapes[i].MSize == 16 && shapes[i].NSize == 16 && shapes[i].KSize == 16;
        if (!best || usual || products (&shapes[i]) > products (best))
            best = &shapes[i];
        if (usual)
            break;
    }
    if (best)
        vk->coopmat = (VulkanCoopmat) { best->MSize, best->NSize, best->KSize,
            vk->coopmat.subgroup, vk->coopmat.part };
}

/* Number of parts, each of a subgroup, that a tile has. */
static uint32_t
parts (const VulkanCoopmat *c, uint32_t tile_m, uint32_t tile_n)
{
    return tile_m / MIN (tile_m / 2, c->part) * (tile_n / MIN (tile_n / 2, c->part));
}

/* Subgroups of 32 invocations and more have registers for 32 x 32 sums each.  Intel's smallest are
 * the ones that its matrix units are made for, and have registers for as many sums in each
 * direction as they have invocations. */
static void
choose_subgroup (VulkanDevice *vk, uint32_t usual, uint32_t least)
{
    const bool intel = vk->properties.vendorID == VENDOR_INTEL;

    vk->coopmat.subgroup = intel ? least : usual;
    vk->coopmat.part = intel ? MIN (least, MOST_PART) : MOST_PART;
}

/* Whether the limits allow workgroups of as many subgroups as a tile has parts, with tiles in
 * shared memory. */
static bool
has_room (const VulkanDevice *vk, const VkPhysicalDeviceSubgroupSizeControlPropertiesEXT *sizes)
{
    const VkPhysicalDeviceLimits *limits = &vk->properties.limits;
    const uint32_t subgroups = parts (&vk->coopmat, PRODUCT_TILE, PRODUCT_TILE);
    const uint32_t invocations = subgroups * vk->coopmat.subgroup;

    return (sizes->requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT)
        && sizes->maxComputeWorkgroupSubgroups >= subgroups
        && limits->maxComputeWorkGroupInvocations >= invocations
        && limits->maxComputeWorkGroupSize[0] >= invocations
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
    choose_subgroup (vk, subgroup.subgroupSize, sizes.minSubgroupSize);
    if (has_room (vk, &sizes))
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
vk_coopmat_constants (const VulkanDevice *vk, uint32_t constants[VK_MAX_CONSTANTS])
{
    const VulkanCoopmat *c = &vk->coopmat;

    constants[0] = parts (c, constants[8], constants[9]) * c->subgroup;
    constants[1] = c->m;
    constants[2] = c->n;
    constants[3] = c->k;
    constants[10] = c->part;
}

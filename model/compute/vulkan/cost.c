/* How long a dispatch is going to take, roughly: what its shader computes and reads.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No display server and no driver likes work that it cannot interrupt; some take a device away that
 * is at one submission for two seconds.  So a recording goes to the device in submissions that are
 * not expected to take longer than SUBMIT_SECONDS.  Until a recording has run, devices are taken to
 * be slow; then by how much the expectation was wrong is known.
 */
#include "model/compute/vulkan/recording.h"

#include "shaders/push.h"

#define SUBMIT_SECONDS 0.05

/* What a pace of 1 means: a discrete GPU at less than it could do. */
#define FLOPS_PER_SECOND 1e12
#define BYTES_PER_SECOND 1e11
#define SLOW_PACE 20 /* of a GPU in a processor */

#define SAMPLE_FLOPS 8 /* a bilinear value and its weight */

#define GROUPS_OF_CORE 2 /* that a multiprocessor is busy with */
#define DISCRETE_CORES 64 /* where the driver does not say; software goes the ways of a large one */
#define INTEGRATED_CORES 12

/* Number of multiprocessors, compute units and so on. */
static uint32_t
count_cores (const VulkanDevice *vk)
{
    VkPhysicalDeviceShaderSMBuiltinsPropertiesNV nvidia
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV };
    VkPhysicalDeviceShaderCorePropertiesAMD amd
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD };
    VkPhysicalDeviceProperties2 properties
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2 };

    if (vk_has_extension (vk->physical, VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME))
        properties.pNext = &nvidia;
    else if (vk_has_extension (vk->physical, VK_AMD_SHADER_CORE_PROPERTIES_EXTENSION_NAME))
        properties.pNext = &amd;
    vkGetPhysicalDeviceProperties2 (vk->physical, &properties);
    if (nvidia.shaderSMCount > 0)
        return nvidia.shaderSMCount;
    if (amd.computeUnitsPerShaderArray > 0)
        return amd.shaderEngineCount * amd.shaderArraysPerEngineCount
            * amd.computeUnitsPerShaderArray;
    return vk->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU ? INTEGRATED_CORES
                                                                              : DISCRETE_CORES;
}

/* M2F_VULKAN_SUBMIT_MS lets a software renderer take the ways of a slow GPU. */
void
vk_cost_init (VulkanDevice *vk)
{
    const char *ms = g_getenv ("M2F_VULKAN_SUBMIT_MS");
    const bool discrete = vk->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;

    vk->pace = discrete ? 1 : SLOW_PACE;
    vk->groups = (int) CLAMP (count_cores (vk), 1, PRODUCT_TILES / GROUPS_OF_CORE) * GROUPS_OF_CORE;
    if (ms)
        vk->submit_seconds = g_ascii_strtod (ms, NULL) / 1000;
    else if (!vk->is_software)
        vk->submit_seconds = SUBMIT_SECONDS;
}

/* Floating-point operations; 0 if the shader is not known to have many for what it reads. */
static double
flops (const VulkanDispatch *d)
{
    const uint32_t *constants = d->variant.constants;
    const double batch = (double) d->groups[2];

    switch (d->variant.shader) {
    case VK_SHADER_gemm_f32:
    case VK_SHADER_gemm_f16:
    case VK_SHADER_gemm_cm: {
        const struct GemmPush *p = d->push;
        return 2.0 * p->m * p->n * p->k * batch / MAX (p->splits, 1);
    }
    case VK_SHADER_conv_f32:
    case VK_SHADER_conv_f16:
    case VK_SHADER_conv_cm: {
        const struct ConvPush *p = d->push;
        return 2.0 * p->height * p->width * p->n * p->kernel * p->kernel * p->channels * batch
            / MAX (p->splits, 1);
    }
    case VK_SHADER_attention: { /* channels of a head are constant 0 */
        const struct AttentionPush *p = d->push;
        return 4.0 * p->queries * p->keys * p->heads * constants[0] * batch;
    }
    case VK_SHADER_mask_attention: { /* the number of heads is constant 1 */
        const struct MaskAttentionPush *p = d->push;
        return 2.0 * p->queries * p->keys * (p->depth + 2.0 * constants[0] * constants[1]);
    }
    case VK_SHADER_window_attention: { /* the window is constant 1 */
        const struct WindowPush *p = d->push;
        const double pixels = (double) constants[1] * constants[1];
        return 4.0 * p->columns * p->rows * pixels * pixels * p->channels * batch;
    }
    case VK_SHADER_deform_attention: {
        const struct DeformPush *p = d->push;
        return (double) SAMPLE_FLOPS * p->levels * p->points * p->channels * p->tokens * p->batch;
    }
    case VK_SHADER_class_sums: {
        const struct ClassPush *p = d->push;
        return 2.0 * p->rows * p->mid_width * p->channels * p->classes;
    }
    default:
        return 0;
    }
}

double
vk_cost (VulkanRecording *r, const VulkanDispatch *d, VkDeviceSize bytes)
{
    const VulkanWork found = { flops (d), (double) bytes };
    const VulkanWork work = d->work.bytes > 0 ? d->work : found;

    g_mutex_lock (&r->vk->queue_lock);
    r->vk->recorded.flops += work.flops;
    r->vk->recorded.bytes += work.bytes;
    g_mutex_unlock (&r->vk->queue_lock);
    return work.flops / FLOPS_PER_SECOND + work.bytes / BYTES_PER_SECOND;
}

/* Whether the workgroups of a dispatch may be divided: those of products that share an output
 * count each other, and are too few to take long. */
static bool
is_divisible (const VulkanDispatch *d)
{
    switch (d->variant.shader) {
    case VK_SHADER_gemm_f32:
    case VK_SHADER_gemm_f16:
    case VK_SHADER_gemm_cm:
    case VK_SHADER_conv_f32:
    case VK_SHADER_conv_f16:
    case VK_SHADER_conv_cm:
        return !(d->variant.constants[5] & M2F_IS_SPLIT);
    default:
        return flops (d) > 0;
    }
}

int
vk_cost_parts (const VulkanRecording *r, const VulkanDispatch *d, double cost)
{
    const double limit = r->vk->submit_seconds;
    const double parts = limit > 0 && is_divisible (d) ? cost * r->pace / limit : 0;

    return (int) CLAMP (parts, 0, 1e6) + 1;
}

bool
vk_cost_ends (const VulkanRecording *r, double cost)
{
    const double limit = r->vk->submit_seconds;

    return limit > 0 && r->cost > 0 && (r->cost + cost) * r->pace > limit;
}

void
vk_cost_learn (VulkanRecording *r, double seconds)
{
    const double limit = r->vk->submit_seconds, expected = r->whole_cost * r->pace;

    if (limit <= 0 || r->measured || r->whole_cost <= 0 || (expected < limit && seconds < limit))
        return;
    r->measured = true;
    g_mutex_lock (&r->vk->queue_lock);
    r->vk->pace = seconds / r->whole_cost;
    g_mutex_unlock (&r->vk->queue_lock);
    g_debug ("%s: %.1f ms, expected %.1f ms in %u submissions", r->vk->base.info.name,
        seconds * 1e3, expected * 1e3, r->earlier + 1);
    r->complete = r->complete && expected < 1.5 * seconds && seconds < 1.5 * expected;
}

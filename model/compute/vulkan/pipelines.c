/* Compute pipelines, all made when the device is opened, and their cache on disk.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define M2F_SHADER_WORDS
#include "model/compute/vulkan/coopmat.h"

#include <string.h>

#include "model/compute/vulkan/cache_file.h"

static const struct {
    const char *name;
    const uint32_t *words;
    size_t size;
} shaders[VK_N_SHADERS] = {
#define SHADER(shader) { #shader, shader##_words, sizeof shader##_words },
    M2F_SHADERS (SHADER)
#undef SHADER
};

/* ---- the cache on disk --------------------------------------------------------------------- */

static VulkanCacheKey
cache_key (const VulkanDevice *vk)
{
    VulkanCacheKey key;
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);
    gsize length = sizeof key.build;

    for (int i = 0; i < VK_N_SHADERS; i++) {
        g_checksum_update (sum, (const guchar *) &shaders[i].size, sizeof shaders[i].size);
        g_checksum_update (sum, (const guchar *) shaders[i].words, (gssize) shaders[i].size);
    }
    g_checksum_get_digest (sum, key.build, &length);
    memcpy (key.device, vk->properties.pipelineCacheUUID, sizeof key.device);
    return key;
}

static char *
cache_path (const VulkanDevice *vk)
{
    const uint8_t *id = vk->properties.pipelineCacheUUID;
    g_autofree char *name = g_strdup_printf ("pipelines-%04x-%04x-%02x%02x%02x%02x",
        vk->properties.vendorID, vk->properties.deviceID, id[0], id[1], id[2], id[3]);

    return g_build_filename (g_get_user_cache_dir (), "m2f", name, NULL);
}

/* Creates vk->cache from the file, or empty if there is none that fits. */
static bool
load_cache (VulkanDevice *vk, GError **error)
{
    const VulkanCacheKey key = cache_key (vk);
    VkPipelineCacheCreateInfo info = { .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO };

    vk->cache_path = cache_path (vk);
    g_autofree char *blob = vk_cache_file_read (vk->cache_path, &key, &info.initialDataSize);
    info.pInitialData = blob;
    VK (vk, vkCreatePipelineCache (vk->device, &info, NULL, &vk->cache));
    return true;

error:
    return false;
}

/* A cache that cannot be written is no error: the next start is slower, that is all. */
static void
save_cache (VulkanDevice *vk)
{
    const VulkanCacheKey key = cache_key (vk);
    size_t size = 0;

    if (vkGetPipelineCacheData (vk->device, vk->cache, &size, NULL) != VK_SUCCESS || size == 0)
        return;
    g_autofree char *blob = g_try_malloc (size);
    if (blob && vkGetPipelineCacheData (vk->device, vk->cache, &size, blob) == VK_SUCCESS)
        vk_cache_file_write (vk->cache_path, &key, blob, size);
}

/* ---- layouts and pipelines ------------------------------------------------------------------ */

static bool
create_layout (VulkanDevice *vk, GError **error)
{
    VkDescriptorSetLayoutBinding bindings[VK_MAX_BINDINGS];

    for (uint32_t i = 0; i < VK_MAX_BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding) {
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    const VkDescriptorSetLayoutCreateInfo set_info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = VK_MAX_BINDINGS,
        .pBindings = bindings,
    };
    VK (vk, vkCreateDescriptorSetLayout (vk->device, &set_info, NULL, &vk->set_layout));

    const VkPushConstantRange range = {
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        .size = VK_PUSH_BYTES,
    };
    const VkPipelineLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &vk->set_layout,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &range,
    };
    VK (vk, vkCreatePipelineLayout (vk->device, &info, NULL, &vk->layout));
    return true;

error:
    return false;
}

static bool
is_cooperative (int index)
{
    return index == VK_SHADER_gemm_cm || index == VK_SHADER_conv_cm;
}

static bool
create_pipeline (VulkanDevice *vk, int index, GError **error)
{
    VkShaderModule module = VK_NULL_HANDLE;
    const VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = shaders[index].size,
        .pCode = shaders[index].words,
    };

    const bool cooperative = is_cooperative (index);
    VulkanCoopmatStage coopmat;

    vk_coopmat_specialise (vk, &coopmat);
    VK (vk, vkCreateShaderModule (vk->device, &module_info, NULL, &module));
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {
            .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            .pNext = cooperative ? &coopmat.size : NULL,
            .flags = cooperative
                ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT_EXT : 0,
            .stage = VK_SHADER_STAGE_COMPUTE_BIT,
            .module = module,
            .pName = "main",
            .pSpecializationInfo = cooperative ? &coopmat.info : NULL,
        },
        .layout = vk->layout,
    };
    VK (vk, vkCreateComputePipelines (vk->device, vk->cache, 1, &info, NULL,
                &vk->pipelines[index]));
    g_atomic_int_inc (&vk->created);
    vkDestroyShaderModule (vk->device, module, NULL);
    return true;

error:
    g_prefix_error (error, "shader %s: ", shaders[index].name);
    vkDestroyShaderModule (vk->device, module, NULL);
    return false;
}

bool
vk_pipelines_new (VulkanDevice *vk, GError **error)
{
    if (!load_cache (vk, error) || !create_layout (vk, error))
        return false;
    for (int i = 0; i < VK_N_SHADERS; i++)
        if (!is_cooperative (i) && !create_pipeline (vk, i, error))
            return false;
    for (int i = 0; i < VK_N_SHADERS && vk->coopmat.m; i++) {
        g_autoptr (GError) problem = NULL;

        if (is_cooperative (i) && !create_pipeline (vk, i, &problem)) {
            g_info ("products without cooperative matrices: %s", problem->message);
            vk->coopmat.m = 0;
        }
    }
    save_cache (vk);
    return true;
}

void
vk_pipelines_free (VulkanDevice *vk)
{
    for (int i = 0; i < VK_N_SHADERS; i++)
        vkDestroyPipeline (vk->device, vk->pipelines[i], NULL);
    vkDestroyPipelineLayout (vk->device, vk->layout, NULL);
    vkDestroyDescriptorSetLayout (vk->device, vk->set_layout, NULL);
    vkDestroyPipelineCache (vk->device, vk->cache, NULL);
    g_free (vk->cache_path);
}

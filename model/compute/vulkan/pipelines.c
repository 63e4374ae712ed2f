/* Compute pipelines, one per variant of a shader, and their cache on disk.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define M2F_SHADER_WORDS
#include "model/compute/vulkan/coopmat.h"

#include <string.h>

#include "shaders/push.h"

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

VulkanCacheKey
vk_cache_key (const VulkanDevice *vk)
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

static guint
hash_blob (const char *blob, size_t size)
{
    g_autoptr (GBytes) bytes = g_bytes_new_static (blob, size);

    return g_bytes_hash (bytes);
}

/* Creates vk->cache from the file, or empty if there is none that fits. */
static bool
load_cache (VulkanDevice *vk, GError **error)
{
    const VulkanCacheKey key = vk_cache_key (vk);
    VkPipelineCacheCreateInfo info = { .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO };

    vk->cache_path = cache_path (vk);
    g_autofree char *blob = vk_cache_file_read (vk->cache_path, &key, &info.initialDataSize);
    info.pInitialData = blob;
    vk->cached = blob ? hash_blob (blob, info.initialDataSize) : 0;
    VK (vk, vkCreatePipelineCache (vk->device, &info, NULL, &vk->cache));
    return true;

error:
    return false;
}

/* A cache that cannot be written is no error: the next start is slower, that is all. */
static void
save_cache (VulkanDevice *vk)
{
    const VulkanCacheKey key = vk_cache_key (vk);
    size_t size = 0;

    if (vkGetPipelineCacheData (vk->device, vk->cache, &size, NULL) != VK_SUCCESS || size == 0)
        return;
    g_autofree char *blob = g_try_malloc (size);
    if (!blob || vkGetPipelineCacheData (vk->device, vk->cache, &size, blob) != VK_SUCCESS)
        return;
    vk->cache_is_old = false;
    guint hash = hash_blob (blob, size);
    if (hash == vk->cached)
        return;
    vk->cached = hash;
    vk_cache_file_write (vk->cache_path, &key, blob, size);
}

/* ---- layouts -------------------------------------------------------------------------------- */

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

/* ---- pipelines ------------------------------------------------------------------------------ */

#define PRODUCT { [0] = 256, [8] = PRODUCT_TILE, [9] = PRODUCT_TILE }

/* The variants that are made when the device is opened; zeros are the usual constants of others. */
static const uint32_t usual[VK_N_SHADERS][VK_MAX_CONSTANTS] = {
    [VK_SHADER_layer_norm] = { 64, 256 },
    [VK_SHADER_patch_merge] = { 64, 384 },
    [VK_SHADER_window_attention] = { 32, 7 },
    [VK_SHADER_deform_attention] = { 8, 1 },
    [VK_SHADER_attention] = { 32 },
    [VK_SHADER_mask_attention] = { 32, 8 },
    [VK_SHADER_gemm_f32] = PRODUCT,
    [VK_SHADER_gemm_f16] = PRODUCT,
    [VK_SHADER_gemm_cm] = PRODUCT,
    [VK_SHADER_conv_f32] = PRODUCT,
    [VK_SHADER_conv_f16] = PRODUCT,
    [VK_SHADER_conv_cm] = PRODUCT,
};
#undef PRODUCT

static guint
hash_variant (gconstpointer key)
{
    const VulkanVariant *v = key;
    guint hash = (guint) v->shader;

    for (int i = 0; i < VK_MAX_CONSTANTS; i++)
        hash = hash * 31 + v->constants[i];
    return hash;
}

static gboolean
equal_variants (gconstpointer a, gconstpointer b)
{
    return memcmp (a, b, sizeof (VulkanVariant)) == 0;
}

/* The shader that takes the place of one with cooperative matrices; the shader itself if it has
 * none. */
static VulkanShader
portable_shader (VulkanShader shader)
{
    return shader == VK_SHADER_gemm_cm ? VK_SHADER_gemm_f16
        : shader == VK_SHADER_conv_cm  ? VK_SHADER_conv_f16 : shader;
}

static bool
is_cooperative (VulkanShader shader)
{
    return portable_shader (shader) != shader;
}

/* VK_NULL_HANDLE with an error. */
static VkPipeline
create_pipeline (VulkanDevice *vk, const VulkanVariant *variant, GError **error)
{
    const VulkanShader shader = variant->shader;
    const bool cooperative = M2F_SHADERS_COOPMAT && is_cooperative (shader);
    VkShaderModule module = VK_NULL_HANDLE;
    VkPipeline pipeline = VK_NULL_HANDLE;
    uint32_t constants[VK_MAX_CONSTANTS];
    VkSpecializationMapEntry entries[VK_MAX_CONSTANTS];
    const VkSpecializationInfo specialisation
        = { VK_MAX_CONSTANTS, entries, sizeof constants, constants };
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfoEXT subgroup = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO_EXT,
        .requiredSubgroupSize = vk->coopmat.subgroup,
    };
    const VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = shaders[shader].size,
        .pCode = shaders[shader].words,
    };

    for (uint32_t i = 0; i < VK_MAX_CONSTANTS; i++)
        entries[i] = (VkSpecializationMapEntry) { i, i * sizeof *constants, sizeof *constants };
    memcpy (constants, variant->constants, sizeof constants);
    if (cooperative)
        vk_coopmat_constants (vk, constants);
    VK (vk, vkCreateShaderModule (vk->device, &module_info, NULL, &module));
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {
            .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            .pNext = cooperative ? &subgroup : NULL,
            .flags = cooperative
                ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT_EXT : 0,
            .stage = VK_SHADER_STAGE_COMPUTE_BIT,
            .module = module,
            .pName = "main",
            .pSpecializationInfo = &specialisation,
        },
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,
        .layout = vk->layout,
    };
    VK (vk, vkCreateComputePipelines (vk->device, vk->cache, 1, &info, NULL, &pipeline));
    g_atomic_int_inc (&vk->created);
    vkDestroyShaderModule (vk->device, module, NULL);
    return pipeline;

error:
    g_prefix_error (error, "shader %s: ", shaders[shader].name);
    vkDestroyShaderModule (vk->device, module, NULL);
    return VK_NULL_HANDLE;
}

/* The lock is held. */
static VkPipeline
find_or_create (VulkanDevice *vk, const VulkanVariant *variant, GError **error)
{
    VulkanPipeline *found = g_hash_table_lookup (vk->pipelines, variant);
    VkPipeline pipeline = found ? found->pipeline : create_pipeline (vk, variant, error);

    if (pipeline && !found) {
        found = g_new (VulkanPipeline, 1);
        *found = (VulkanPipeline) { *variant, pipeline };
        g_hash_table_insert (vk->pipelines, &found->variant, found);
        vk->cache_is_old = true;
    }
    return pipeline;
}

VkPipeline
vk_pipeline (VulkanDevice *vk, const VulkanVariant *variant, GError **error)
{
    const bool cooperative = is_cooperative (variant->shader);
    VulkanVariant portable = *variant;
    g_autoptr (GError) problem = NULL;

    portable.shader = portable_shader (variant->shader);
    g_mutex_lock (&vk->pipelines_lock);
    VkPipeline pipeline = find_or_create (vk, variant, cooperative ? &problem : error);
    if (problem) {
        g_info ("%s: products without cooperative matrices: %s", vk->base.info.name,
            problem->message);
        g_atomic_int_set (&vk->uses_coopmat, 0);
        pipeline = find_or_create (vk, &portable, error);
    }
    g_mutex_unlock (&vk->pipelines_lock);
    return pipeline;
}

static bool
make_usual (VulkanDevice *vk, VulkanShader shader, GError **error)
{
    VulkanVariant variant = { .shader = shader };

    memcpy (variant.constants, usual[shader], sizeof variant.constants);
    return vk_pipeline (vk, &variant, error) != VK_NULL_HANDLE;
}

bool
vk_pipelines_new (VulkanDevice *vk, GError **error)
{
    vk->pipelines = g_hash_table_new_full (hash_variant, equal_variants, NULL, g_free);
    if (!load_cache (vk, error) || !create_layout (vk, error))
        return false;
    g_atomic_int_set (&vk->uses_coopmat, vk->coopmat.m > 0);
    for (int i = 0; i < VK_N_SHADERS; i++)
        if (!is_cooperative ((VulkanShader) i) || g_atomic_int_get (&vk->uses_coopmat))
            if (!make_usual (vk, (VulkanShader) i, error))
                return false;
    save_cache (vk);
    return true;
}

void
vk_pipelines_free (VulkanDevice *vk)
{
    GHashTableIter iter;
    gpointer pipeline;

    if (!vk->pipelines)
        return;
    if (vk->cache_is_old)
        save_cache (vk);
    g_hash_table_iter_init (&iter, vk->pipelines);
    while (g_hash_table_iter_next (&iter, NULL, &pipeline))
        vkDestroyPipeline (vk->device, ((VulkanPipeline *) pipeline)->pipeline, NULL);
    g_hash_table_unref (vk->pipelines);
    vkDestroyPipelineLayout (vk->device, vk->layout, NULL);
    vkDestroyDescriptorSetLayout (vk->device, vk->set_layout, NULL);
    vkDestroyPipelineCache (vk->device, vk->cache, NULL);
    g_free (vk->cache_path);
}

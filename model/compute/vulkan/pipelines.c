/* Compute pipelines, all made when the device is opened, and their cache on disk.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define M2F_SHADER_WORDS
#include "model/compute/vulkan/coopmat.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

#define MAX_CACHE_SIZE (64 << 20) /* bytes; those of our pipelines are below 1 MiB */

/* Before the driver's own blob: a file of another build or device is not handed to the driver. */
typedef struct CacheHeader {
    char magic[8];
    uint8_t build[16];  /* digest of every shader */
    uint8_t device[16]; /* pipelineCacheUUID: device and driver */
    uint8_t blob[16];   /* digest of what follows */
} CacheHeader;

static void
digest (uint8_t out[16], const void *data, size_t size)
{
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);
    gsize length = 16;

    g_checksum_update (sum, data, (gssize) size);
    g_checksum_get_digest (sum, out, &length);
}

static CacheHeader
expected_header (const VulkanDevice *vk, const void *blob, size_t size)
{
    CacheHeader header = { .magic = "M2FVKPC" };
    uint8_t digests[VK_N_SHADERS][16];

    for (int i = 0; i < VK_N_SHADERS; i++)
        digest (digests[i], shaders[i].words, shaders[i].size);
    digest (header.build, digests, sizeof digests);
    memcpy (header.device, vk->properties.pipelineCacheUUID, sizeof header.device);
    digest (header.blob, blob, size);
    return header;
}

static char *
cache_path (const VulkanDevice *vk)
{
    const uint8_t *id = vk->properties.pipelineCacheUUID;
    g_autofree char *name = g_strdup_printf ("pipelines-%04x-%04x-%02x%02x%02x%02x",
        vk->properties.vendorID, vk->properties.deviceID, id[0], id[1], id[2], id[3]);

    return g_build_filename (g_get_user_cache_dir (), "m2f", name, NULL);
}

/* Reads `size` bytes from the start of a file. */
static bool
read_whole (int fd, char *data, size_t size)
{
    size_t done = 0;

    for (ssize_t n = 1; done < size && n > 0; done += (size_t) MAX (n, 0))
        n = pread (fd, data + done, size - done, (off_t) done);
    return done == size;
}

/* The file's bytes (g_free), or NULL if it is no regular file of a size that a cache has.  It is
 * opened without waiting: whatever stands at that place, even a FIFO, must not stop the program. */
static char *
read_cache (const char *path, size_t *size)
{
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *data = NULL;

    if (fd < 0)
        return NULL;
    if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode)
        && st.st_size > (off_t) sizeof (CacheHeader) && st.st_size <= MAX_CACHE_SIZE) {
        *size = (size_t) st.st_size;
        data = g_try_malloc (*size);
        if (data && !read_whole (fd, data, *size))
            g_clear_pointer (&data, g_free);
    }
    close (fd);
    return data;
}

/* Creates vk->cache from the file, or empty if there is none that fits. */
static bool
load_cache (VulkanDevice *vk, GError **error)
{
    g_autofree char *data = NULL;
    size_t size = 0;
    VkPipelineCacheCreateInfo info = { .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO };

    vk->cache_path = cache_path (vk);
    data = read_cache (vk->cache_path, &size);
    if (data) {
        const char *blob = data + sizeof (CacheHeader);
        CacheHeader header = expected_header (vk, blob, size - sizeof header);
        if (memcmp (&header, data, sizeof header) == 0) {
            info.initialDataSize = size - sizeof header;
            info.pInitialData = blob;
        }
    }
    VK (vk, vkCreatePipelineCache (vk->device, &info, NULL, &vk->cache));
    return true;

error:
    return false;
}

/* A cache that cannot be written is no error: the next start is slower, that is all.  The file is
 * written beside its place and renamed, so that a reader finds an old or a new one. */
static void
save_cache (VulkanDevice *vk)
{
    size_t size = 0;

    if (vkGetPipelineCacheData (vk->device, vk->cache, &size, NULL) != VK_SUCCESS || size == 0
        || size > MAX_CACHE_SIZE - sizeof (CacheHeader))
        return;
    g_autofree char *data = g_try_malloc (sizeof (CacheHeader) + size);
    if (!data)
        return;
    char *blob = data + sizeof (CacheHeader);
    if (vkGetPipelineCacheData (vk->device, vk->cache, &size, blob) != VK_SUCCESS)
        return;
    CacheHeader header = expected_header (vk, blob, size);
    memcpy (data, &header, sizeof header);
    g_autofree char *dir = g_path_get_dirname (vk->cache_path);
    if (g_mkdir_with_parents (dir, 0700) == 0)
        g_file_set_contents (vk->cache_path, data, (gssize) (sizeof header + size), NULL);
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
        if ((vk->coopmat.m || !is_cooperative (i)) && !create_pipeline (vk, i, error))
            return false;
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

/* Compiles compute shaders on a Vulkan device and prints what the driver's compiler says of them
 * (VK_KHR_pipeline_executable_properties): registers, scratch memory, spills.  Nothing is run, so
 * the device may be one that answers and computes nothing.
 *
 *     pipeline-statistics A.spv[@ID=VALUE...]...
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ID=VALUE sets a specialisation constant.  Shaders named *_cm are for cooperative matrices: theirs
 * are set as the backend does, for the first shape with fp16 operands and an fp32 sum; where there
 * is none these shaders are left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

enum { BINDINGS = 13, PUSH_BYTES = 128, MAX_STATISTICS = 64 };
enum { CONSTANTS = 16, ADDED = 5 };             /* most of a variant; those that are added */
enum { VENDOR_INTEL = 0x8086, MOST_PART = 32 }; /* as model/compute/vulkan/coopmat.c */
enum { ATTENTION_SUBGROUPS = 4 };                /* as shaders/push.h */

/* VK_KHR_cooperative_matrix, which the headers of Debian 12 do not know. */
#define COOPMAT_NAME "VK_KHR_cooperative_matrix"
enum { COOPMAT_FEATURES = 1000506000, COOPMAT_PROPERTIES = 1000506001 };
enum { COMPONENT_FLOAT16 = 0, COMPONENT_FLOAT32 = 1, SCOPE_SUBGROUP = 3 };

typedef struct CoopmatShape {
    VkStructureType sType;
    void *pNext;
    uint32_t m, n, k;
    int a, b, c, result; /* component types */
    VkBool32 saturating;
    int scope;
} CoopmatShape;

typedef struct CoopmatFeatures {
    VkStructureType sType;
    void *pNext;
    VkBool32 matrix, robust_access;
} CoopmatFeatures;

typedef VkResult (VKAPI_PTR *CoopmatShapesFunc) (VkPhysicalDevice, uint32_t *, CoopmatShape *);

typedef struct Compiler {
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkPipelineLayout layout;
    uint32_t family, subgroup;
    uint32_t shape[4]; /* 0, M, N, K; zeros without cooperative matrices */
    uint32_t part;     /* sums of a subgroup, in one direction */
    PFN_vkGetPipelineExecutablePropertiesKHR properties;
    PFN_vkGetPipelineExecutableStatisticsKHR statistics;
} Compiler;

static void
check (VkResult result, const char *what)
{
    if (result == VK_SUCCESS)
        return;
    fprintf (stderr, "pipeline-statistics: %s: VkResult %d\n", what, result);
    exit (EXIT_FAILURE);
}

/* ---- the device ----------------------------------------------------------------------------- */

static VkBool32
has_extension (VkPhysicalDevice physical, const char *name)
{
    VkExtensionProperties *extensions;
    VkBool32 found = VK_FALSE;
    uint32_t count = 0;

    vkEnumerateDeviceExtensionProperties (physical, NULL, &count, NULL);
    extensions = calloc (count + 1, sizeof *extensions);
    vkEnumerateDeviceExtensionProperties (physical, NULL, &count, extensions);
    for (uint32_t i = 0; i < count; i++)
        found |= strcmp (extensions[i].extensionName, name) == 0;
    free (extensions);
    return found;
}

static void
choose_shape (Compiler *c)
{
    CoopmatShapesFunc get_shapes = (CoopmatShapesFunc) vkGetInstanceProcAddr (c->instance,
        "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    uint32_t count = 0;

    if (!get_shapes || !has_extension (c->physical, COOPMAT_NAME)
        || get_shapes (c->physical, &count, NULL) != VK_SUCCESS)
        return;
    CoopmatShape *shapes = calloc (count + 1, sizeof *shapes);
    for (uint32_t i = 0; i < count; i++)
        shapes[i].sType = (VkStructureType) COOPMAT_PROPERTIES;
    get_shapes (c->physical, &count, shapes);
    for (uint32_t i = 0; i < count && !c->shape[1]; i++) {
        const CoopmatShape *s = &shapes[i];

        if (s->a == COMPONENT_FLOAT16 && s->b == COMPONENT_FLOAT16 && s->c == COMPONENT_FLOAT32
            && s->result == COMPONENT_FLOAT32 && s->scope == SCOPE_SUBGROUP)
            memcpy (c->shape, (uint32_t[]) { 0, s->m, s->n, s->k }, sizeof c->shape);
    }
    free (shapes);
}

static void
choose_device (Compiler *c)
{
    const VkApplicationInfo application = { VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .apiVersion = VK_API_VERSION_1_2 };
    const VkInstanceCreateInfo info = { VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &application };
    VkPhysicalDeviceSubgroupSizeControlPropertiesEXT sizes
        = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT };
    VkPhysicalDeviceSubgroupProperties subgroup
        = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, &sizes };
    VkPhysicalDeviceProperties2 properties
        = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &subgroup };
    VkQueueFamilyProperties families[16];
    uint32_t one = 1, count = 16;

    check (vkCreateInstance (&info, NULL, &c->instance), "vkCreateInstance");
    vkEnumeratePhysicalDevices (c->instance, &one, &c->physical);
    if (one == 0 || !c->physical)
        check (VK_ERROR_INITIALIZATION_FAILED, "no device");
    vkGetPhysicalDeviceProperties2 (c->physical, &properties);
    printf ("# device %s\n", properties.properties.deviceName);
    const VkBool32 intel = properties.properties.vendorID == VENDOR_INTEL;
    c->subgroup = intel ? sizes.minSubgroupSize : subgroup.subgroupSize;
    c->part = intel && c->subgroup < MOST_PART ? c->subgroup : MOST_PART;
    vkGetPhysicalDeviceQueueFamilyProperties (c->physical, &count, families);
    while (c->family + 1 < count && !(families[c->family].queueFlags & VK_QUEUE_COMPUTE_BIT))
        c->family++;
    choose_shape (c);
}

/* Creates the device, with what the shaders ask for where there is such a thing. */
static void
open_device (Compiler *c)
{
    static const char *const extensions[] = { "VK_KHR_pipeline_executable_properties",
        "VK_EXT_subgroup_size_control", COOPMAT_NAME };
    const VkBool32 matrices = c->shape[1] != 0;
    CoopmatFeatures coopmat = { (VkStructureType) COOPMAT_FEATURES, NULL, VK_TRUE, VK_FALSE };
    VkPhysicalDeviceSubgroupSizeControlFeaturesEXT sizes = {
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES_EXT,
        matrices ? &coopmat : NULL, VK_TRUE, VK_TRUE };
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables = {
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, &sizes,
        VK_TRUE };
    VkPhysicalDeviceVulkan12Features vulkan12 = {
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, &executables,
        .shaderFloat16 = matrices, .vulkanMemoryModel = matrices,
        .vulkanMemoryModelDeviceScope = matrices };
    const VkPhysicalDeviceFeatures2 features
        = { VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &vulkan12 };
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = { VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = c->family, .queueCount = 1, .pQueuePriorities = &priority };
    const VkDeviceCreateInfo info = { VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, &features,
        .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue,
        .enabledExtensionCount = matrices ? 3 : 2, .ppEnabledExtensionNames = extensions };

    check (vkCreateDevice (c->physical, &info, NULL, &c->device), "vkCreateDevice");
    c->properties = (PFN_vkGetPipelineExecutablePropertiesKHR) vkGetDeviceProcAddr (c->device,
        "vkGetPipelineExecutablePropertiesKHR");
    c->statistics = (PFN_vkGetPipelineExecutableStatisticsKHR) vkGetDeviceProcAddr (c->device,
        "vkGetPipelineExecutableStatisticsKHR");
}

/* The pipeline layout of the backend. */
static void
make_layout (Compiler *c)
{
    VkDescriptorSetLayoutBinding bindings[BINDINGS];
    VkDescriptorSetLayout set;

    for (uint32_t i = 0; i < BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding) { i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
            VK_SHADER_STAGE_COMPUTE_BIT, NULL };
    const VkDescriptorSetLayoutCreateInfo set_info = {
        VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = BINDINGS,
        .pBindings = bindings };
    check (vkCreateDescriptorSetLayout (c->device, &set_info, NULL, &set), "layout of the set");
    const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 0, PUSH_BYTES };
    const VkPipelineLayoutCreateInfo info = { VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1, .pSetLayouts = &set, .pushConstantRangeCount = 1,
        .pPushConstantRanges = &push };
    check (vkCreatePipelineLayout (c->device, &info, NULL, &c->layout), "layout of the pipeline");
}

/* ---- a shader ------------------------------------------------------------------------------- */

/* Prints "NAME sgSIZE: STATISTIC=VALUE; ..." for the pipeline's compute shader. */
static void
print_statistics (const Compiler *c, const char *name, VkPipeline pipeline)
{
    const VkPipelineInfoKHR info = { VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline };
    const VkPipelineExecutableInfoKHR executable
        = { VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, 0 };
    VkPipelineExecutablePropertiesKHR properties
        = { VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR };
    VkPipelineExecutableStatisticKHR found[MAX_STATISTICS];
    uint32_t one = 1, count = MAX_STATISTICS;

    c->properties (c->device, &info, &one, &properties);
    for (int i = 0; i < MAX_STATISTICS; i++)
        found[i] = (VkPipelineExecutableStatisticKHR) {
            VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR };
    c->statistics (c->device, &executable, &count, found);
    printf ("%s sg%u:", name, properties.subgroupSize);
    for (uint32_t i = 0; i < count; i++)
        if (found[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR)
            printf (" %s=%g;", found[i].name, found[i].value.f64);
        else
            printf (" %s=%llu;", found[i].name, (unsigned long long) found[i].value.u64);
    printf ("\n");
    fflush (stdout);
}

static uint32_t *
read_file (const char *path, size_t *size)
{
    FILE *file = fopen (path, "rb");
    uint32_t *data = NULL;

    if (!file)
        return NULL;
    fseek (file, 0, SEEK_END);
    *size = (size_t) ftell (file);
    rewind (file);
    data = malloc (*size + 1);
    if (fread (data, 1, *size, file) != *size) {
        free (data);
        data = NULL;
    }
    fclose (file);
    return data;
}

/* Reads "@ID=VALUE..." into entries and values; returns their number. */
static uint32_t
read_constants (const char *text, VkSpecializationMapEntry *entries, uint32_t *values)
{
    uint32_t n = 0;

    for (; n < CONSTANTS - ADDED && text && *text == '@'; n++) {
        char *end;

        entries[n] = (VkSpecializationMapEntry) { .size = 4 };
        entries[n].constantID = (uint32_t) strtoul (text + 1, &end, 10);
        values[n] = *end == '=' ? (uint32_t) strtoul (end + 1, &end, 10) : 0;
        text = end;
    }
    return n;
}

/* The value of a constant among `n`, or 64, which is the shaders' own tile. */
static uint32_t
tile_of (const VkSpecializationMapEntry *entries, const uint32_t *values, uint32_t n, uint32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (entries[i].constantID == id)
            return values[i];
    return 64;
}

static uint32_t
count_parts (const Compiler *c, uint32_t tile)
{
    return tile / 2 < c->part ? 2 : tile / c->part;
}

/* Adds workgroup size, shape of the matrices and, of a product, part of a subgroup to `n`
 * constants. */
static uint32_t
add_shape (const Compiler *c, const char *name, VkSpecializationMapEntry *entries,
    uint32_t *values, uint32_t n)
{
    const VkBool32 attends = strstr (name, "attention") != NULL;
    const uint32_t subgroups = attends ? ATTENTION_SUBGROUPS
        : count_parts (c, tile_of (entries, values, n, 8))
            * count_parts (c, tile_of (entries, values, n, 9));
    const uint32_t size = c->subgroup * subgroups;
    const uint32_t product[ADDED][2] = { { 0, size }, { 1, c->shape[1] }, { 2, c->shape[2] },
        { 3, c->shape[3] }, { 10, c->part } };
    const uint32_t attention[ADDED - 1][2]
        = { { 6, size }, { 3, c->shape[1] }, { 4, c->shape[2] }, { 5, c->shape[3] } };

    for (uint32_t i = 0; i < (attends ? ADDED - 1 : ADDED); i++, n++) {
        const uint32_t *added = attends ? attention[i] : product[i];
        entries[n] = (VkSpecializationMapEntry) { .constantID = added[0], .size = 4 };
        values[n] = added[1];
    }
    return n;
}

/* `argument` is a path with constants behind it. */
static void
compile (const Compiler *c, const char *argument)
{
    const char *slash = strrchr (argument, '/'), *name = slash ? slash + 1 : argument;
    const char *at = strchr (name, '@');
    char path[4096];
    const VkBool32 matrices = strstr (name, "_cm") != NULL;
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfoEXT required = {
        VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO_EXT, NULL,
        c->subgroup };
    VkSpecializationMapEntry entries[CONSTANTS];
    uint32_t values[CONSTANTS];
    VkShaderModule module;
    VkPipeline pipeline;
    size_t size = 0;

    if (matrices && !c->shape[1]) {
        printf ("# %s: left out\n", name);
        return;
    }
    snprintf (path, sizeof path, "%.*s", at ? (int) (at - argument) : 4095, argument);
    uint32_t n = read_constants (at, entries, values);
    n = matrices ? add_shape (c, name, entries, values, n) : n;
    for (uint32_t i = 0; i < n; i++)
        entries[i].offset = 4 * i;
    const VkSpecializationInfo constants = { n, entries, sizeof values, values };
    uint32_t *code = read_file (path, &size);
    if (!code)
        check (VK_ERROR_UNKNOWN, path);
    const VkShaderModuleCreateInfo module_info = { VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = size, .pCode = code };
    check (vkCreateShaderModule (c->device, &module_info, NULL, &module), name);
    const VkComputePipelineCreateInfo info = { VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR,
        .stage = { VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            matrices ? &required : NULL,
            matrices ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT_EXT : 0,
            VK_SHADER_STAGE_COMPUTE_BIT, module, "main", &constants },
        .layout = c->layout };
    check (vkCreateComputePipelines (c->device, VK_NULL_HANDLE, 1, &info, NULL, &pipeline), name);
    print_statistics (c, name, pipeline);
    free (code);
}

int
main (int argc, char **argv)
{
    Compiler c = { 0 };

    choose_device (&c);
    open_device (&c);
    make_layout (&c);
    for (int i = 1; i < argc; i++)
        compile (&c, argv[i]);
    return EXIT_SUCCESS; /* the end of the process tidies up */
}

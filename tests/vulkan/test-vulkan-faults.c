/* Every Vulkan call that can fail fails once, while a model is loaded and run: nothing crashes or
 * hangs, an error names the device, and what is computed afterwards is right.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The backend calls Vulkan through variables, which point at the functions below here.  Runs on
 * vulkan:0, and exits with 77 where there is none.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compute/ops.h"
#include "model/compute/vulkan/loader.h"
#include "model/model.h"
#include "tests/unit/fixture.h"
#include "tests/vulkan/device.h"

/* ---- calls that fail ------------------------------------------------------------------------ */

/* FAULT (function, parameters, arguments) for every call that returns a VkResult and is made. */
#define FAULTS(FAULT)                                                                              \
    FAULT (vkAllocateCommandBuffers,                                                               \
        (VkDevice d, const VkCommandBufferAllocateInfo *i, VkCommandBuffer *c), (d, i, c))         \
    FAULT (vkAllocateDescriptorSets,                                                               \
        (VkDevice d, const VkDescriptorSetAllocateInfo *i, VkDescriptorSet *s), (d, i, s))         \
    FAULT (vkAllocateMemory, (VkDevice d, const VkMemoryAllocateInfo *i,                           \
        const VkAllocationCallbacks *a, VkDeviceMemory *m), (d, i, a, m))                          \
    FAULT (vkBeginCommandBuffer, (VkCommandBuffer c, const VkCommandBufferBeginInfo *i), (c, i))   \
    FAULT (vkBindBufferMemory,                                                                     \
        (VkDevice d, VkBuffer b, VkDeviceMemory m, VkDeviceSize o), (d, b, m, o))                  \
    FAULT (vkCreateBuffer, (VkDevice d, const VkBufferCreateInfo *i,                               \
        const VkAllocationCallbacks *a, VkBuffer *b), (d, i, a, b))                                \
    FAULT (vkCreateCommandPool, (VkDevice d, const VkCommandPoolCreateInfo *i,                     \
        const VkAllocationCallbacks *a, VkCommandPool *p), (d, i, a, p))                           \
    FAULT (vkCreateComputePipelines, (VkDevice d, VkPipelineCache c, uint32_t n,                   \
        const VkComputePipelineCreateInfo *i, const VkAllocationCallbacks *a, VkPipeline *p),      \
        (d, c, n, i, a, p))                                                                        \
    FAULT (vkCreateDescriptorPool, (VkDevice d, const VkDescriptorPoolCreateInfo *i,               \
        const VkAllocationCallbacks *a, VkDescriptorPool *p), (d, i, a, p))                        \
    FAULT (vkCreateDescriptorSetLayout, (VkDevice d, const VkDescriptorSetLayoutCreateInfo *i,     \
        const VkAllocationCallbacks *a, VkDescriptorSetLayout *l), (d, i, a, l))                   \
    FAULT (vkCreateDevice, (VkPhysicalDevice p, const VkDeviceCreateInfo *i,                       \
        const VkAllocationCallbacks *a, VkDevice *d), (p, i, a, d))                                \
    FAULT (vkCreateFence, (VkDevice d, const VkFenceCreateInfo *i,                                 \
        const VkAllocationCallbacks *a, VkFence *f), (d, i, a, f))                                 \
    FAULT (vkCreateInstance, (const VkInstanceCreateInfo *i, const VkAllocationCallbacks *a,       \
        VkInstance *o), (i, a, o))                                                                 \
    FAULT (vkCreatePipelineCache, (VkDevice d, const VkPipelineCacheCreateInfo *i,                 \
        const VkAllocationCallbacks *a, VkPipelineCache *c), (d, i, a, c))                         \
    FAULT (vkCreatePipelineLayout, (VkDevice d, const VkPipelineLayoutCreateInfo *i,               \
        const VkAllocationCallbacks *a, VkPipelineLayout *l), (d, i, a, l))                        \
    FAULT (vkCreateQueryPool, (VkDevice d, const VkQueryPoolCreateInfo *i,                         \
        const VkAllocationCallbacks *a, VkQueryPool *p), (d, i, a, p))                             \
    FAULT (vkCreateShaderModule, (VkDevice d, const VkShaderModuleCreateInfo *i,                   \
        const VkAllocationCallbacks *a, VkShaderModule *m), (d, i, a, m))                          \
    FAULT (vkCreateSemaphore, (VkDevice d, const VkSemaphoreCreateInfo *i,                         \
        const VkAllocationCallbacks *a, VkSemaphore *s), (d, i, a, s))                             \
    FAULT (vkEndCommandBuffer, (VkCommandBuffer c), (c))                                           \
    FAULT (vkEnumerateDeviceExtensionProperties, (VkPhysicalDevice p, const char *l, uint32_t *n,  \
        VkExtensionProperties *e), (p, l, n, e))                                                   \
    FAULT (vkEnumerateInstanceExtensionProperties, (const char *l, uint32_t *n,                    \
        VkExtensionProperties *e), (l, n, e))                                                      \
    FAULT (vkEnumeratePhysicalDevices, (VkInstance i, uint32_t *n, VkPhysicalDevice *p),           \
        (i, n, p))                                                                                 \
    FAULT (vkFlushMappedMemoryRanges,                                                              \
        (VkDevice d, uint32_t n, const VkMappedMemoryRange *r), (d, n, r))                         \
    FAULT (vkGetPipelineCacheData, (VkDevice d, VkPipelineCache c, size_t *n, void *p),            \
        (d, c, n, p))                                                                              \
    FAULT (vkGetQueryPoolResults, (VkDevice d, VkQueryPool p, uint32_t first, uint32_t n,          \
        size_t size, void *data, VkDeviceSize stride, VkQueryResultFlags flags),                   \
        (d, p, first, n, size, data, stride, flags))                                               \
    FAULT (vkInvalidateMappedMemoryRanges,                                                         \
        (VkDevice d, uint32_t n, const VkMappedMemoryRange *r), (d, n, r))                         \
    FAULT (vkMapMemory, (VkDevice d, VkDeviceMemory m, VkDeviceSize o, VkDeviceSize n,             \
        VkMemoryMapFlags f, void **p), (d, m, o, n, f, p))                                         \
    FAULT (vkQueueSubmit, (VkQueue q, uint32_t n, const VkSubmitInfo *s, VkFence f), (q, n, s, f)) \
    FAULT (vkResetCommandPool,                                                                     \
        (VkDevice d, VkCommandPool p, VkCommandPoolResetFlags f), (d, p, f))                       \
    FAULT (vkResetFences, (VkDevice d, uint32_t n, const VkFence *f), (d, n, f))                   \
    FAULT (vkWaitForFences, (VkDevice d, uint32_t n, const VkFence *f, VkBool32 all, uint64_t t),  \
        (d, n, f, all, t))                                                                         \
    FAULT (vkWaitSemaphores, (VkDevice d, const VkSemaphoreWaitInfo *i, uint64_t t), (d, i, t))

typedef enum Call {
#define FAULT(name, parameters, arguments) CALL_##name,
    FAULTS (FAULT)
#undef FAULT
    N_CALLS
} Call;

static const char *const call_names[N_CALLS] = {
#define FAULT(name, parameters, arguments) #name,
    FAULTS (FAULT)
#undef FAULT
};

static gint made[N_CALLS];        /* number of calls so far */
static gint made_before[N_CALLS]; /* those before the last run */

/* The call that fails: its number from 1, 0 for none, and with what. */
static Call failing;
static int failing_at;
static VkResult failing_with;

static VkResult
count_call (Call call)
{
    const int number = g_atomic_int_add (&made[call], 1) + 1;

    return call == failing && number == failing_at ? failing_with : VK_SUCCESS;
}

#define FAULT(name, parameters, arguments)                       \
    static PFN_##name real_##name;                               \
    static VKAPI_ATTR VkResult VKAPI_CALL fault_##name parameters \
    {                                                            \
        const VkResult result = count_call (CALL_##name);        \
        return result ? result : real_##name arguments;          \
    }
FAULTS (FAULT)
#undef FAULT

/* A GPU with two types of memory that the host sees: one cached and not coherent, one coherent and
 * not cached.  Both are type 0 of the real device. */
static PFN_vkGetPhysicalDeviceMemoryProperties real_memory_properties;
static PFN_vkGetBufferMemoryRequirements real_requirements;
static PFN_vkAllocateMemory counted_allocate;

static VKAPI_ATTR void VKAPI_CALL
incoherent_properties (VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *memory)
{
    const VkMemoryPropertyFlags seen
        = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;

    real_memory_properties (physical, memory);
    memory->memoryTypeCount = 2;
    memory->memoryTypes[0].propertyFlags = seen | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    memory->memoryTypes[1] = memory->memoryTypes[0];
    memory->memoryTypes[1].propertyFlags = seen | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
}

static VKAPI_ATTR void VKAPI_CALL
any_type (VkDevice device, VkBuffer buffer, VkMemoryRequirements *need)
{
    real_requirements (device, buffer, need);
    need->memoryTypeBits = 3;
}

static VKAPI_ATTR VkResult VKAPI_CALL
allocate_type_0 (VkDevice device, const VkMemoryAllocateInfo *info,
    const VkAllocationCallbacks *allocator, VkDeviceMemory *memory)
{
    VkMemoryAllocateInfo real = *info;

    real.memoryTypeIndex = 0;
    return counted_allocate (device, &real, allocator, memory);
}

static VkPhysicalDeviceLimits changed_limits;
static PFN_vkGetPhysicalDeviceProperties real_properties;

static VKAPI_ATTR void VKAPI_CALL
limited_properties (VkPhysicalDevice physical, VkPhysicalDeviceProperties *properties)
{
    real_properties (physical, properties);
    properties->limits = changed_limits;
}

static void
intercept (void)
{
    ck_assert (vk_load (NULL));
#define FAULT(name, parameters, arguments) \
    real_##name = name;                    \
    name = fault_##name;
    FAULTS (FAULT)
#undef FAULT
}

/* ---- a model that is loaded and run --------------------------------------------------------- */

#define RUNS 3

typedef struct Outcome {
    M2fResult result;
    GError *error; /* of loading or of the run; NULL if `result` is there */
} Outcome;

static void
run_once (M2fModel *model, M2fSession *session, Outcome *outcome)
{
    M2fImage image = fixture_image ("square");
    M2fParams params;

    m2f_params_init (&params, model);
    params.task = M2F_TASK_PANOPTIC;
    params.threshold = 0.2;
    params.overlap_mask_area_threshold = 0;
    if (!m2f_session_run (session, &image, &params, &outcome->result, &outcome->error))
        m2f_result_clear (&outcome->result);
    g_free ((void *) image.data[0]);
}

/* Loads the model and runs it several times; a load that fails is tried again. */
static void
load_and_run (Outcome outcomes[RUNS], GError **load_error)
{
    g_autofree char *path = fixture_path ("square", NULL);
    const M2fLoadOptions options = { .path = path, .device = DEVICE, .precision = "fp16" };
    M2fModel *model = m2f_model_load (&options, load_error);

    if (!model)
        model = m2f_model_load (&options, NULL);
    ck_assert_msg (model != NULL, "loading fails twice");
    M2fSession *session = m2f_session_new (model);
    for (int i = 0; i < RUNS; i++) {
        memcpy (made_before, made, sizeof (made));
        run_once (model, session, &outcomes[i]);
    }
    m2f_session_free (session);
    m2f_model_unref (model);
}

static bool
maps_equal (const M2fResult *a, const M2fResult *b)
{
    if (a->map_width != b->map_width || a->map_height != b->map_height)
        return false;
    for (int y = 0; y < a->map_height; y++)
        if (memcmp (a->map + (size_t) y * a->map_stride, b->map + (size_t) y * b->map_stride,
                (size_t) a->map_width * a->map_depth))
            return false;
    return true;
}

static void
clear_outcomes (Outcome outcomes[RUNS])
{
    for (int i = 0; i < RUNS; i++) {
        m2f_result_clear (&outcomes[i].result);
        g_clear_error (&outcomes[i].error);
    }
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* One call fails; then nothing is wrong that is not said to be, and unless the device is lost the
 * last run is as good as ever. */
static void
fail_call (Call call, int number, VkResult with, const M2fResult *expected)
{
    Outcome outcomes[RUNS] = { 0 };
    g_autoptr (GError) load_error = NULL;
    const bool lost = with == VK_ERROR_DEVICE_LOST || with == VK_TIMEOUT;

    memset (made, 0, sizeof (made));
    failing = call;
    failing_at = number;
    failing_with = with;
    load_and_run (outcomes, &load_error);
    failing_at = 0;
    for (int i = 0; i < RUNS; i++) {
        const char *message = outcomes[i].error ? outcomes[i].error->message : NULL;

        if (message)
            ck_assert_msg (*message, "%s %d: an error without a message", call_names[call], number);
        else
            ck_assert_msg (maps_equal (&outcomes[i].result, expected),
                "%s %d: run %d gives another map and no error", call_names[call], number, i);
    }
    ck_assert_msg (lost || !outcomes[RUNS - 1].error, "%s %d: run %d: %s", call_names[call], number,
        RUNS - 1, lost ? "" : outcomes[RUNS - 1].error ? outcomes[RUNS - 1].error->message : "");
    clear_outcomes (outcomes);
}

static void
fail_calls (Call call)
{
    const bool is_wait = call == CALL_vkWaitForFences || call == CALL_vkWaitSemaphores;
    Outcome expected[RUNS] = { 0 };
    g_autoptr (GError) error = NULL;

    intercept ();
    load_and_run (expected, &error);
    ck_assert (!error && !expected[0].error);
    const int calls = made_before[call], numbers[] = { 1, calls };
    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
        if (numbers[i] < 1 || (i > 0 && numbers[i] <= numbers[i - 1]))
            continue;
        fail_call (call, numbers[i], VK_ERROR_OUT_OF_HOST_MEMORY, &expected[0].result);
        if (call == CALL_vkQueueSubmit || is_wait)
            fail_call (call, numbers[i], VK_ERROR_DEVICE_LOST, &expected[0].result);
        if (is_wait)
            fail_call (call, numbers[i], VK_TIMEOUT, &expected[0].result);
    }
    clear_outcomes (expected);
}

START_TEST (call_fails)
{
    fail_calls ((Call) _i);
}
END_TEST

/* The same where fences tell when the device is done. */
START_TEST (call_with_fences_fails)
{
    static const Call calls[] = { CALL_vkCreateFence, CALL_vkQueueSubmit, CALL_vkResetFences,
        CALL_vkWaitForFences };

    g_setenv ("M2F_VULKAN_WAIT", "fences", TRUE);
    fail_calls (calls[_i]);
    ck_assert_int_gt (made[CALL_vkWaitForFences], 0);
    ck_assert_int_eq (made[CALL_vkWaitSemaphores], 0);
}
END_TEST

/* What the host reads is cached and, where it is not coherent, invalidated. */
START_TEST (incoherent_memory)
{
    Outcome outcomes[2][RUNS] = { 0 };
    g_autoptr (GError) error = NULL;

    intercept ();
    load_and_run (outcomes[0], &error);
    ck_assert_int_eq (made[CALL_vkInvalidateMappedMemoryRanges], 0);
    real_memory_properties = vkGetPhysicalDeviceMemoryProperties;
    vkGetPhysicalDeviceMemoryProperties = incoherent_properties;
    real_requirements = vkGetBufferMemoryRequirements;
    vkGetBufferMemoryRequirements = any_type;
    counted_allocate = vkAllocateMemory;
    vkAllocateMemory = allocate_type_0;
    load_and_run (outcomes[1], &error);
    ck_assert (!error);
    ck_assert_int_ge (made[CALL_vkInvalidateMappedMemoryRanges], RUNS);
    ck_assert_int_gt (made[CALL_vkFlushMappedMemoryRanges], 0);
    for (int i = 0; i < RUNS; i++)
        ck_assert (!outcomes[1][i].error
            && maps_equal (&outcomes[0][i].result, &outcomes[1][i].result));
    clear_outcomes (outcomes[0]);
    clear_outcomes (outcomes[1]);
}
END_TEST

/* A device with a limit that is too low is refused by the limit's name; "auto" takes the CPU. */
static void
refuse_limit (const char *name, size_t offset, uint32_t value)
{
    const VkPhysicalDeviceLimits good = changed_limits;
    g_autoptr (GError) error = NULL;

    *(uint32_t *) (void *) ((char *) &changed_limits + offset) = value;
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_AUTO, 1, &error);
    ck_assert_msg (!device, "a device opens whose %s is %u", name, value);
    ck_assert_msg (strstr (error->message, name) != NULL, "no %s in: %s", name, error->message);
    changed_limits = good;
}

/* Lets devices have changed_limits, which are the real ones at first. */
static void
change_limits (void)
{
    VkPhysicalDeviceProperties properties;
    VkInstance instance;
    VkPhysicalDevice physical;
    uint32_t one = 1;
    const VkInstanceCreateInfo info = { .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO };

    ck_assert (vk_load (NULL));
    ck_assert_int_eq (vkCreateInstance (&info, NULL, &instance), VK_SUCCESS);
    ck_assert_int_ge (vkEnumeratePhysicalDevices (instance, &one, &physical), VK_SUCCESS);
    vkGetPhysicalDeviceProperties (physical, &properties);
    vkDestroyInstance (instance, NULL);
    changed_limits = properties.limits;
    real_properties = vkGetPhysicalDeviceProperties;
    vkGetPhysicalDeviceProperties = limited_properties;
}

START_TEST (limits_are_checked)
{
    change_limits ();
#define REFUSE(name, value) \
    refuse_limit (#name, offsetof (VkPhysicalDeviceLimits, name), value)
    REFUSE (maxComputeWorkGroupInvocations, 128);
    REFUSE (maxComputeWorkGroupSize, 128);
    REFUSE (maxComputeSharedMemorySize, 8192);
    REFUSE (maxPerStageDescriptorStorageBuffers, 4);
    REFUSE (maxDescriptorSetStorageBuffers, 4);
    REFUSE (maxPushConstantsSize, 64);
#undef REFUSE
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_AUTO, 1, NULL);
    ck_assert (device && m2f_device_limits (device)->weight_bytes
        == changed_limits.maxStorageBufferRange);
    m2f_device_unref (&device);
}
END_TEST

/* ---- tensors that are larger than a binding -------------------------------------------------- */

#define RANGE (1 << 20)

enum { ROWS = 5000, CHANNELS = 96, OUTPUTS = 128 };

/* A linear layer with rows for an addend (0 for none). */
typedef struct Layer {
    int addend_rows;
    M2fTensor src, weight, bias, addend, dst;
} Layer;

static void
run_layer (M2fPlan *plan, void *data)
{
    const Layer *l = data;

    m2f_linear (plan, .dst = l->dst, .src = l->src, .weight = l->weight, .bias = l->bias,
        .addend = l->addend_rows ? l->addend : (M2fTensor) { 0 }, .residual = l->dst);
}

/* A tensor of numbers in [-1, 1). */
static void
new_numbers (M2fDevice *device, M2fTensor *t, M2fLayout layout, int rows, int columns)
{
    const int64_t n = (int64_t) rows * columns;
    g_autofree float *numbers = g_new (float, n);
    uint32_t seed = (uint32_t) n;

    for (int64_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        numbers[i] = (float) (seed >> 8) / (1 << 23) - 1;
    }
    if (layout != M2F_PLAIN) {
        ck_assert (m2f_tensor_new_weight (device, t, "weight", layout,
            (const int[4]) { 1, 1, rows, columns }, numbers, NULL));
        return;
    }
    ck_assert (m2f_tensor_new (device, t, "rows", M2F_F32, M2F_SHAPE (1, 1, rows, columns), NULL));
    m2f_tensor_write (device, t, numbers);
}

/* What the layer makes of numbers on a device (g_free). */
static float *
compute_layer (const char *spec, int addend_rows)
{
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 1, NULL);
    Layer l = { .addend_rows = addend_rows };
    M2fTensor *const tensors[] = { &l.src, &l.weight, &l.bias, &l.dst, &l.addend };
    float *out = g_new (float, ROWS * OUTPUTS);
    g_autoptr (GError) error = NULL;

    ck_assert (device != NULL);
    new_numbers (device, &l.src, M2F_PLAIN, ROWS, CHANNELS);
    new_numbers (device, &l.weight, M2F_LINEAR_WEIGHT, OUTPUTS, CHANNELS);
    new_numbers (device, &l.bias, M2F_PLAIN, 1, OUTPUTS);
    new_numbers (device, &l.dst, M2F_PLAIN, ROWS, OUTPUTS);
    new_numbers (device, &l.addend, M2F_PLAIN, MAX (addend_rows, 1), OUTPUTS);
    M2fPlan *plan = m2f_plan_new (device, run_layer, &l, &error);
    ck_assert_msg (plan && m2f_plan_run (plan, &error), "%s", error ? error->message : "");
    m2f_tensor_read (device, &l.dst, out);
    m2f_plan_free (&plan);
    for (guint i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    m2f_device_unref (&device);
    return out;
}

/* A linear layer is divided by rows. */
START_TEST (layers_are_divided)
{
    static const int addend_rows[] = { 0, 1, ROWS };
    const float tolerance = 1e-4f;

    change_limits ();
    g_autofree float *expected = compute_layer ("reference", addend_rows[_i]);
    changed_limits.maxStorageBufferRange = RANGE;
    g_autofree float *found = compute_layer (DEVICE, addend_rows[_i]);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        ck_assert_msg (ABS (found[i] - expected[i]) <= tolerance, "%d: %g, expected %g", i,
            (double) found[i], (double) expected[i]);
}
END_TEST

enum { PICTURES = 2, WIDTH = 50, HEADS = 2, WINDOW = 7 };

/* Attention in windows of pictures whose projections are larger than a binding. */
typedef struct Windows {
    int height, shift;
    M2fTensor qkv, pad, bias, dst;
} Windows;

static const Windows windows[] = {
    { .height = 40 },
    { .height = 40, .shift = 3 },
    { .height = 36, .shift = 3 }, /* the last windows have no rows but padding and the first ones */
    { .height = 42, .shift = 6 },
};

static void
run_windows (M2fPlan *plan, void *data)
{
    const Windows *w = data;

    m2f_window_attention (plan,
        .dst = m2f_tensor_reshape (w->dst, PICTURES, w->height, WIDTH, CHANNELS),
        .qkv = m2f_tensor_reshape (w->qkv, PICTURES, w->height, WIDTH, 3 * CHANNELS),
        .pad = w->pad, .bias = w->bias, .heads = HEADS, .window = WINDOW, .shift = w->shift);
}

/* What a device makes of the windows (g_free). */
static float *
compute_windows (const char *spec, Windows w)
{
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 1, NULL);
    M2fTensor *const tensors[] = { &w.qkv, &w.pad, &w.bias, &w.dst };
    const int pixels = PICTURES * w.height * WIDTH;
    float *out = g_new (float, pixels * CHANNELS);
    g_autoptr (GError) error = NULL;

    ck_assert (device != NULL);
    new_numbers (device, &w.qkv, M2F_PLAIN, pixels, 3 * CHANNELS);
    new_numbers (device, &w.pad, M2F_PLAIN, 1, 3 * CHANNELS);
    new_numbers (device, &w.bias, M2F_WINDOW_BIAS, (2 * WINDOW - 1) * (2 * WINDOW - 1), HEADS);
    new_numbers (device, &w.dst, M2F_PLAIN, pixels, CHANNELS);
    M2fPlan *plan = m2f_plan_new (device, run_windows, &w, &error);
    ck_assert_msg (plan && m2f_plan_run (plan, &error), "%s", error ? error->message : "");
    m2f_tensor_read (device, &w.dst, out);
    m2f_plan_free (&plan);
    for (guint i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    m2f_device_unref (&device);
    return out;
}

/* Window attention is divided by rows of windows. */
START_TEST (windows_are_divided)
{
    const int n = PICTURES * windows[_i].height * WIDTH * CHANNELS;
    const float tolerance = 1e-5f;

    change_limits ();
    g_autofree float *expected = compute_windows ("reference", windows[_i]);
    changed_limits.maxStorageBufferRange = 2 * RANGE;
    g_autofree float *found = compute_windows (DEVICE, windows[_i]);
    for (int i = 0; i < n; i++)
        ck_assert_msg (ABS (found[i] - expected[i]) <= tolerance, "%d: %g, expected %g", i,
            (double) found[i], (double) expected[i]);
}
END_TEST

static void
run_copy (M2fPlan *plan, void *data)
{
    const Layer *l = data;

    m2f_resize (plan, .dst = m2f_tensor_reshape (l->dst, 1, 1, ROWS, OUTPUTS),
        .src = m2f_tensor_reshape (l->src, 1, 1, ROWS, OUTPUTS));
}

/* Other ops are refused when a plan is built, by the size and the limit. */
START_TEST (large_operands_are_refused)
{
    Layer l = { 0 };
    g_autoptr (GError) error = NULL;

    change_limits ();
    changed_limits.maxStorageBufferRange = RANGE;
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP32, 1, NULL);
    ck_assert (device != NULL);
    new_numbers (device, &l.src, M2F_PLAIN, ROWS, OUTPUTS);
    new_numbers (device, &l.dst, M2F_PLAIN, ROWS, OUTPUTS);
    ck_assert_ptr_null (m2f_plan_new (device, run_copy, &l, &error));
    ck_assert (g_error_matches (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED));
    ck_assert_msg (strstr (error->message, "2560000") && strstr (error->message, "1048576"), "%s",
        error->message);
    m2f_tensor_free (device, &l.src);
    m2f_tensor_free (device, &l.dst);
    m2f_device_unref (&device);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("vulkan-faults");
    TCase *tcase = tcase_create ("vulkan-faults"), *ranges = tcase_create ("ranges");

    tcase_set_timeout (tcase, 300);
    tcase_set_timeout (ranges, 300);
    tcase_add_loop_test (tcase, call_fails, 0, N_CALLS);
    tcase_add_loop_test (tcase, call_with_fences_fails, 0, 4);
    tcase_add_test (tcase, incoherent_memory);
    tcase_add_test (tcase, limits_are_checked);
    tcase_add_loop_test (ranges, layers_are_divided, 0, 3);
    tcase_add_loop_test (ranges, windows_are_divided, 0, G_N_ELEMENTS (windows));
    tcase_add_test (ranges, large_operands_are_refused);
    suite_add_tcase (suite, tcase);
    suite_add_tcase (suite, ranges);
    return suite;
}

int
main (void)
{
    return run_suite_on_device (make_suite ());
}

/* Pictures in DMABufs are imported on vulkan:0, and read by the host where that fails.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the driver imports no memory, functions in the place of Vulkan's say that it does, and copy
 * what it would share.  Exits with 77 without a vulkan:0.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compute/backend.h"
#include "model/compute/vulkan/loader.h"
#include "model/model.h"
#include "tests/unit/fixture.h"
#include "tests/unit/shared_picture.h"
#include "tests/vulkan/device.h"

static const char *const extensions[] = { "VK_KHR_external_memory_fd",
    "VK_EXT_external_memory_dma_buf", "VK_EXT_queue_family_foreign" };

static bool is_fake;     /* the driver does not import */
static int fake_n = 3;   /* extensions that it is said to have */
static VkExternalMemoryFeatureFlags fake_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
static uint32_t fake_types = UINT32_MAX;
static gint imports;     /* imported memories that there are */
static gint imports_made;
static int failing_at;   /* the number of the import that fails, from 1; 0 for none */

static PFN_vkEnumerateDeviceExtensionProperties real_extensions;
static PFN_vkGetPhysicalDeviceExternalBufferProperties real_buffer_properties;
static PFN_vkGetInstanceProcAddr real_proc_addr;
static PFN_vkGetMemoryFdPropertiesKHR real_fd_properties;
static PFN_vkCreateDevice real_create_device;
static PFN_vkCreateBuffer real_create_buffer;
static PFN_vkAllocateMemory real_allocate;
static PFN_vkFreeMemory real_free;

/* ---- a driver that imports ------------------------------------------------------------------ */

static VKAPI_ATTR VkResult VKAPI_CALL
fake_extensions (VkPhysicalDevice physical, const char *layer, uint32_t *n,
    VkExtensionProperties *found)
{
    if (found)
        *n -= (uint32_t) fake_n;
    const VkResult result = real_extensions (physical, layer, n, found);
    for (int i = 0; found && i < fake_n; i++)
        g_strlcpy (found[*n + (uint32_t) i].extensionName, extensions[i],
            sizeof found->extensionName);
    *n += (uint32_t) fake_n;
    return result;
}

static VKAPI_ATTR void VKAPI_CALL
fake_buffer_properties (VkPhysicalDevice physical, const VkPhysicalDeviceExternalBufferInfo *info,
    VkExternalBufferProperties *properties)
{
    properties->externalMemoryProperties.externalMemoryFeatures = fake_features;
}

static VKAPI_ATTR VkResult VKAPI_CALL
fake_fd_properties (VkDevice device, VkExternalMemoryHandleTypeFlagBits type, int fd,
    VkMemoryFdPropertiesKHR *properties)
{
    properties->memoryTypeBits = fake_types;
    return is_fake ? VK_SUCCESS : real_fd_properties (device, type, fd, properties);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
fake_proc_addr (VkInstance instance, const char *name)
{
    return strcmp (name, "vkGetMemoryFdPropertiesKHR") == 0
        ? (PFN_vkVoidFunction) fake_fd_properties : real_proc_addr (instance, name);
}

static VKAPI_ATTR VkResult VKAPI_CALL
fake_create_device (VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkDevice *device)
{
    VkDeviceCreateInfo real = *info;
    const char *names[16];

    real.ppEnabledExtensionNames = names;
    real.enabledExtensionCount = 0;
    for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
        bool is_ours = false;

        for (guint e = 0; e < G_N_ELEMENTS (extensions); e++)
            is_ours |= strcmp (info->ppEnabledExtensionNames[i], extensions[e]) == 0;
        if (!is_ours)
            names[real.enabledExtensionCount++] = info->ppEnabledExtensionNames[i];
    }
    return real_create_device (physical, &real, allocator, device);
}

static VKAPI_ATTR VkResult VKAPI_CALL
fake_create_buffer (VkDevice device, const VkBufferCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkBuffer *buffer)
{
    VkBufferCreateInfo real = *info;

    real.pNext = NULL;
    return real_create_buffer (device, &real, allocator, buffer);
}

/* Memory with a copy of what the file descriptor has, which is closed as Vulkan does. */
static VkResult
allocate_copy (VkDevice device, const VkMemoryAllocateInfo *info, VkDeviceMemory *memory)
{
    const VkImportMemoryFdInfoKHR *import = info->pNext;
    VkMemoryAllocateInfo real = *info;
    void *host;

    real.pNext = NULL;
    VkResult result = real_allocate (device, &real, NULL, memory);
    if (result != VK_SUCCESS)
        return result;
    ck_assert_int_eq (vkMapMemory (device, *memory, 0, VK_WHOLE_SIZE, 0, &host), VK_SUCCESS);
    ck_assert_int_eq (pread (import->fd, host, info->allocationSize, 0),
        (ssize_t) info->allocationSize);
    close (import->fd);
    return result;
}

static VkDeviceMemory imported[16];

static VKAPI_ATTR VkResult VKAPI_CALL
counting_allocate (VkDevice device, const VkMemoryAllocateInfo *info,
    const VkAllocationCallbacks *allocator, VkDeviceMemory *memory)
{
    if (!info->pNext)
        return real_allocate (device, info, allocator, memory);
    if (++imports_made == failing_at)
        return VK_ERROR_INVALID_EXTERNAL_HANDLE;
    const VkResult result = is_fake ? allocate_copy (device, info, memory)
        : real_allocate (device, info, allocator, memory);
    if (result == VK_SUCCESS)
        imported[imports++] = *memory;
    return result;
}

static VKAPI_ATTR void VKAPI_CALL
counting_free (VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *allocator)
{
    for (int i = 0; memory && i < imports; i++)
        if (imported[i] == memory)
            imported[i] = imported[--imports];
    real_free (device, memory, allocator);
}

#define REPLACE(name, real, fake) \
    do {                          \
        real = name;              \
        name = fake;              \
    } while (0)

/* Puts the functions above in the place of Vulkan's, as far as needed. */
static void
intercept (void)
{
    g_autoptr (GError) error = NULL;
    M2fDevice *device = m2f_device_open (DEVICE, M2F_PRECISION_FP32, 1, &error);

    ck_assert_msg (device != NULL, "%s", error ? error->message : "");
    is_fake = !m2f_device_imports (device);
    m2f_device_unref (&device);
    REPLACE (vkAllocateMemory, real_allocate, counting_allocate);
    REPLACE (vkFreeMemory, real_free, counting_free);
    if (!is_fake)
        return;
    REPLACE (vkEnumerateDeviceExtensionProperties, real_extensions, fake_extensions);
    REPLACE (vkGetPhysicalDeviceExternalBufferProperties, real_buffer_properties,
        fake_buffer_properties);
    REPLACE (vkGetInstanceProcAddr, real_proc_addr, fake_proc_addr);
    REPLACE (vkCreateDevice, real_create_device, fake_create_device);
    REPLACE (vkCreateBuffer, real_create_buffer, fake_create_buffer);
}

/* ---- runs ----------------------------------------------------------------------------------- */

typedef struct Stream {
    M2fModel *model;
    M2fSession *session;
    M2fParams params;
} Stream;

static void
stream_init (Stream *s)
{
    s->model = fixture_model ("square", DEVICE);
    s->session = m2f_session_new (s->model);
    m2f_params_init (&s->params, s->model);
    s->params.threshold = 0.2;
    s->params.overlap_mask_area_threshold = 0;
}

static void
stream_clear (Stream *s)
{
    m2f_session_free (s->session);
    m2f_model_unref (s->model);
}

/* The picture's DMABuf gives the label map of its copy. */
static void
check_picture (Stream *s, const SharedPicture *picture)
{
    const M2fImage images[] = { shared_picture_copy (picture), shared_picture_only (picture) };
    M2fResult results[2] = { { 0 } };
    g_autoptr (GError) error = NULL;

    for (int i = 0; i < 2; i++)
        ck_assert_msg (m2f_session_run (s->session, &images[i], &s->params, &results[i], &error),
            "%s", error ? error->message : "");
    ck_assert_int_gt (results[0].n_segments, 0);
    for (int y = 0; y < results[0].map_height; y++)
        ck_assert_mem_eq (results[0].map + (size_t) y * results[0].map_stride,
            results[1].map + (size_t) y * results[1].map_stride,
            (size_t) results[0].map_width * results[0].map_depth);
    m2f_result_clear (&results[0]);
    m2f_result_clear (&results[1]);
}

static void
check_stream (Stream *s, M2fFormat format, int padding, bool one_memory, int seed)
{
    SharedPicture picture;

    shared_picture_init (&picture, format, 80, 64, padding, one_memory, seed);
    check_picture (s, &picture);
    shared_picture_clear (&picture);
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* Planes in one memory are imported once; nothing stays imported after a run. */
START_TEST (planes_are_imported)
{
    Stream s;

    intercept ();
    stream_init (&s);
    check_stream (&s, M2F_FORMAT_NV12, 48, true, 0);
    ck_assert_int_eq (imports_made, 1);
    check_stream (&s, M2F_FORMAT_NV12, 48, false, 1);
    ck_assert_int_eq (imports_made, 3);
    check_stream (&s, M2F_FORMAT_NV12, 0, true, 2);
    check_stream (&s, M2F_FORMAT_BGRA, 64, true, 3);
    ck_assert_int_eq (imports_made, 5);
    ck_assert_int_eq (imports, 0);
    stream_clear (&s);
}
END_TEST

/* The first or second plane cannot be imported: the host reads both, then and later. */
START_TEST (refused_planes_are_mapped)
{
    Stream s;

    intercept ();
    failing_at = _i;
    stream_init (&s);
    check_stream (&s, M2F_FORMAT_NV12, 16, false, 0);
    check_stream (&s, M2F_FORMAT_NV12, 16, false, 1);
    ck_assert_int_eq (imports_made, _i);
    ck_assert_int_eq (imports, 0);
    stream_clear (&s);
}
END_TEST

/* A device without one of the extensions, one that wants dedicated memory, and one without a type
 * for the memory. */
START_TEST (devices_that_do_not_import)
{
    Stream s;

    intercept ();
    fake_n = _i == 0 ? 2 : 3;
    fake_features |= _i == 1 ? VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT : 0;
    fake_types = _i == 2 ? 0 : UINT32_MAX;
    stream_init (&s);
    ck_assert (!is_fake || m2f_device_imports (s.model->device) == (_i == 2));
    check_stream (&s, M2F_FORMAT_NV12, 0, true, 0);
    if (is_fake)
        ck_assert_int_eq (imports_made, 0);
    stream_clear (&s);
}
END_TEST

/* A failed copy is no reason to fail a run. */
static PFN_vkQueueSubmit real_submit;
static int submits;

static VKAPI_ATTR VkResult VKAPI_CALL
failing_submit (VkQueue queue, uint32_t n, const VkSubmitInfo *submit, VkFence fence)
{
    return imports > 0 && submits++ == 0 ? VK_ERROR_OUT_OF_DEVICE_MEMORY
        : real_submit (queue, n, submit, fence);
}

START_TEST (failed_copies_are_mapped)
{
    Stream s;

    intercept ();
    REPLACE (vkQueueSubmit, real_submit, failing_submit);
    stream_init (&s);
    check_stream (&s, M2F_FORMAT_NV12, 0, true, 0);
    ck_assert_int_eq (imports_made, 1);
    ck_assert_int_eq (submits, 1);
    ck_assert_int_eq (imports, 0);
    stream_clear (&s);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("vulkan-dmabuf");
    TCase *tcase = tcase_create ("vulkan-dmabuf");

    tcase_set_timeout (tcase, 300);
    tcase_add_test (tcase, planes_are_imported);
    tcase_add_loop_test (tcase, refused_planes_are_mapped, 1, 3);
    tcase_add_loop_test (tcase, devices_that_do_not_import, 0, 3);
    tcase_add_test (tcase, failed_copies_are_mapped);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    return run_suite_on_device (make_suite ());
}

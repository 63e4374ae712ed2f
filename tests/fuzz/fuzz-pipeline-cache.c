/* Fuzzes the file of the Vulkan backend's pipeline cache: the whole file, or one that was written
 * right and then changed or cut off.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/cache_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

static const VulkanCacheKey key = { "build", "device" }, others[2] = { { "build", "another" },
    { "another", "device" } };

/* What is written comes back, unless a byte of the file is another or missing. */
static void
write_and_read (FuzzInput *in, const char *path)
{
    const int change = fuzz_int (in, 0, 2), at = fuzz_int (in, 0, G_MAXINT);
    const char *blob = (const char *) in->data;
    g_autofree char *file = NULL;
    gsize size, read;

    vk_cache_file_write (path, &key, blob, in->size);
    g_assert_true (g_file_get_contents (path, &file, &size, NULL));
    if (change == 1)
        file[(gsize) at % size] ^= 1;
    if (change)
        g_assert_true (g_file_set_contents (path, file,
            (gssize) (change == 2 ? (gsize) at % size : size), NULL));

    g_autofree char *again = vk_cache_file_read (path, &key, &read);
    g_assert_true ((again != NULL) == (change == 0 && in->size > 0));
    g_assert_cmpmem (again, read, blob, again ? in->size : 0);
    for (int i = 0; i < 2; i++) {
        g_autofree char *foreign = vk_cache_file_read (path, &others[i], &read);
        g_assert_true (!foreign && read == 0);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    const int kind = fuzz_int (&in, 0, 1);
    g_autofree char *path
        = g_build_filename (fuzz_write ("pipelines", in.data, in.size), "pipelines", NULL);
    gsize read;

    if (kind == 0) {
        g_autofree char *blob = vk_cache_file_read (path, &key, &read);
        g_assert_true (blob ? read < in.size : read == 0);
        g_assert_true (!blob || memcmp (blob, in.data + in.size - read, read) == 0);
    } else {
        write_and_read (&in, path);
    }
    return 0;
}

/* The file that keeps the driver's compiled pipelines from one start to the next.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_VK_CACHE_FILE_H
#define M2F_VK_CACHE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A file of another build or device is not handed to the driver. */
typedef struct VulkanCacheKey {
    uint8_t build[16];  /* digest of every shader */
    uint8_t device[16]; /* pipelineCacheUUID: device and driver */
} VulkanCacheKey;

/* The driver's bytes (g_free) as they were written with that key.  NULL, and size 0, if there is no
 * such file, or something else stands at its place. */
char *vk_cache_file_read (const char *path, const VulkanCacheKey *key, size_t *size);
/* Writes the file, or leaves the old one where that fails; makes its directory. */
void vk_cache_file_write (const char *path, const VulkanCacheKey *key, const char *blob,
    size_t size);

#endif
